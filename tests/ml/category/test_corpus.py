"""What the tower may learn from: nothing that the test split will ask about."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from ml.category.corpus import Example, examples_of, leaves_of, read_styles
from ml.category.model import TokenBags
from ml.records import ItemRecord, split_of

SHIRTS = ("Apparel", "Topwear", "Shirts")


def ids(split: str, count: int, source: str = "myntra") -> list[str]:
    every = (f"{source}:{number}" for number in range(10_000))
    return [item for item in every if split_of(item) == split][:count]


def record(item: str, title: str = "Blue shirt", **changes: object) -> ItemRecord:
    values = {"source": "myntra", "category": SHIRTS, "photos": (Path(f"{item}.jpg"),)} | changes
    return ItemRecord(id=item, title=title, **values)


def styles(folder: Path, *rows: tuple[str, str]) -> Path:
    (folder / "text").mkdir()
    lines = ["id,masterCategory,subCategory,articleType,productDisplayName"]
    lines += [f"{item},Apparel,Topwear,Shirts,{title}" for item, title in rows]
    with gzip.open(folder / "text" / "myntra_styles_all_44k.csv.gz", "wt") as file:
        file.write("\n".join(lines) + "\n")
    return folder


def test_items_and_titles_that_are_held_out_are_not_learnt_from_the_long_list(tmp_path):
    kept, listed, other = (item.removeprefix("myntra:") for item in ids("train", 3))
    (held,) = ids("test", 1)
    folder = styles(
        tmp_path,
        (kept, "Green shirt"),
        (listed, "Red shirt"),
        (other, "blue SHIRT"),
        (held.removeprefix("myntra:"), "White shirt"),
    )
    records = [record(f"myntra:{listed}", "Red shirt"), record(ids("test", 2)[1], "Blue shirt")]
    assert [each.title for each in read_styles(folder, records)] == ["Green shirt"]


def test_without_the_long_list_nothing_is_read_from_it(tmp_path):
    assert read_styles(tmp_path, []) == []


def test_a_photo_shared_with_a_held_out_item_is_not_learnt():
    (seen,), (held,) = ids("train", 1), ids("test", 1)
    shared = (Path("both.jpg"),)
    trained, tested = examples_of([record(seen, photos=shared), record(held, photos=shared)])
    assert (trained.photo, tested.photo) == (None, shared[0])


def test_sources_that_may_only_be_measured_are_left_out():
    assert examples_of([record("ikea:1", source="ikea"), record("hm:1", source="hm")]) == []


def test_a_title_that_only_repeats_its_label_is_not_shown():
    (example,) = examples_of([record("clothing:1", "Shirt", source="clothing")])
    assert (example.title, example.photo) == ("", Path("clothing:1.jpg"))


def test_a_vague_title_lacks_the_words_of_its_leaf():
    example = Example("Nike Men T-Shirt, blue (T-shirts)", "A > B > T-shirts", 0, "myntra", "test")
    assert example.unnamed == "Nike Men -, blue (-)"


def test_leaves_are_those_of_ten_products_of_a_marketplace():
    many = [record(f"myntra:{number}") for number in range(10)]
    few = [record(f"myntra:{number}", category=("Apparel", "Ties")) for number in range(9)]
    labels = [record(f"clothing:{n}", source="clothing", category=("C", "Hat")) for n in range(20)]
    assert leaves_of(examples_of([*many, *few, *labels])) == ["Apparel > Topwear > Shirts"]


def test_chosen_bags_are_those_built_of_the_chosen_texts():
    texts = [[(3, 1.0), (5, 0.5)], [], [(7, 1.0)], [(1, 1.0), (2, 1.0), (4, 1.0)]]
    chosen = [3, 1, 0, 0]
    found = TokenBags.of(texts).rows(np.array(chosen))
    expected = TokenBags.of([texts[row] for row in chosen])
    assert found.tokens.tolist() == expected.tokens.tolist()
    assert found.lengths.tolist() == expected.lengths.tolist()
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-6)
