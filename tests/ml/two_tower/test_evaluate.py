"""Recall and hits are what a loop over whole rankings counts; truths are what the records say."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from ml.records import ItemRecord, split_of
from ml.shop_links import LINK_FILES
from ml.two_tower.evaluate import (
    Truth,
    alike_truth,
    figure,
    filtered_hits,
    linked_truth,
    recalls,
    relative_gain,
    room_links,
)
from ml.two_tower.items import wordings_of
from ml.two_tower.pairs import likeness_of, look_of, read_links


def item(number: int | str, source: str = "shop", **attributes: str) -> ItemRecord:
    return ItemRecord(
        id=f"{source}:{number}", title="Thing", source=source, attributes=dict(attributes)
    )


@pytest.fixture(params=range(4))
def ranked(request) -> tuple[np.ndarray, Truth]:
    generator = np.random.default_rng(request.param)
    scores = generator.random((15, 40)).astype(np.float32)
    right = generator.random((15, 40)) < 0.15
    queries = generator.permutation(40)[:15]
    right[np.arange(15), queries] = False
    right[:, 39] |= ~right.any(axis=1) & (queries != 39)
    right[:, 38] |= ~right.any(axis=1)
    return scores, Truth(queries, right, np.arange(15))


def test_recall_agrees_with_a_sorted_list_without_the_query(ranked):
    scores, truth = ranked
    for row, found in enumerate(recalls(scores, truth)):
        order = [
            column
            for column in sorted(range(40), key=lambda column: -scores[row, column])
            if column != truth.queries[row]
        ]
        wanted = set(np.flatnonzero(truth.right[row]).tolist())
        assert found == pytest.approx(len(wanted & set(order[:10])) / len(wanted))


def test_hits_agree_with_ranks_among_the_wrong_answers(ranked):
    scores, truth = ranked
    for row, found in enumerate(filtered_hits(scores, truth)):
        hits = []
        for column in np.flatnonzero(truth.right[row]):
            better = [
                other
                for other in range(40)
                if other != truth.queries[row]
                and not truth.right[row, other]
                and scores[row, other] >= scores[row, column]
            ]
            hits.append(len(better) < 10)
        assert found == pytest.approx(np.mean(hits))


def test_alike_is_the_same_type_and_colour_in_one_source():
    records = [
        item(1, Type="Shirt", Color="Blue"),
        item(2, Type="shirt", Color="blue "),
        item(3, Type="Shirt", Color="Red"),
        item(4, Type="Shirt"),
        item(5, "elsewhere", Type="Shirt", Color="Blue"),
    ]
    truth = alike_truth(records)
    assert truth.queries.tolist() == [0, 1]
    assert truth.right.tolist() == [[False, True, False, False, False], [True] + [False] * 4]


def test_unlike_needs_both_colours_known_and_one_source():
    records = [
        item(1, Type="Shirt", Color="Blue"),
        item(2, Type="Shirt", Color="Red"),
        item(3, Type="Shirt"),
        item(4, Type="Shoe"),
        item(5, "elsewhere", Type="Shoe"),
    ]
    everyone = np.arange(5)
    unlike = likeness_of(records).unlike(everyone, everyone)
    assert unlike[0].tolist() == [False, True, False, True, False]
    assert unlike[2].tolist() == [False, False, False, True, False]
    assert (unlike == unlike.T).all()


def test_a_type_comes_from_the_narrowest_category_where_none_is_stated():
    record = ItemRecord("m:1", "Tee", "m", category=("Men", "Tees"), attributes={"Color": "Blue"})
    assert look_of(record) == ("m", "tees", "blue")
    assert look_of(ItemRecord("m:2", "Tee", "m", category=("Men", "Tees"))) is None


def test_variants_of_one_product_are_one_unit():
    records = [item(name) for name in ("a-red", "a-blue", "b", "c")]
    links = [("shop:a-red", "shop:b"), ("shop:a-blue", "shop:b"), ("shop:b", "shop:c")]
    truth = linked_truth(records, [*links, ("shop:gone", "shop:b")])
    assert truth.queries.tolist() == [0, 1, 2]
    assert truth.units[0] == truth.units[1] != truth.units[2]
    found = figure(np.array([1.0, 0.0, 1.0]), truth.units)
    assert found["value"] == pytest.approx(0.75) and found["n"] == 2


def test_a_gain_is_the_ratio_of_means_with_an_interval_around_it():
    generator = np.random.default_rng(0)
    baseline = generator.random(400)
    gain = relative_gain(1.2 * baseline, baseline)
    assert gain["value"] == pytest.approx(0.2)
    assert gain["interval"] == pytest.approx([0.2, 0.2])


def test_links_are_split_by_product_and_name_its_variants(tmp_path):
    folder = tmp_path / "text" / "magento_links"
    folder.mkdir(parents=True)
    skus = [f"A{number}" for number in range(60)]
    lines = [f'"{sku}","B1\nB2"' for sku in skus]
    (folder / LINK_FILES[0]).write_text("\n".join(["sku,linked_sku", *lines]) + "\n")
    names = [f"{sku}-{colour}" for sku in skus for colour in ("Red", "Blue")]
    records = [item(name, "magento") for name in [*names, "B1", "B2-Red", "C9"]]
    found = {split: read_links(tmp_path, records, split) for split in ("train", "valid", "test")}
    heads = {
        split: {head.partition(":")[2].partition("-")[0] for head, _ in links}
        for split, links in found.items()
    }
    assert all(split_of(f"magento:{sku}") == split for split, all_ in heads.items() for sku in all_)
    assert heads["valid"] and heads["test"]
    assert {tail for _, tail in found["test"]} == {"magento:B1", "magento:B2-Red"}
    assert all(split_of(end) == "train" for link in found["train"] for end in link)
    assert read_links(tmp_path / "elsewhere", records, "train") == []


def test_furniture_of_one_room_goes_together_both_ways(tmp_path):
    rooms = {"images/a/1.jpg": ["x", "y"], "images/2.jpg": ["x"], "images/3.jpg": ["z"]}
    (tmp_path / "text").mkdir()
    path = tmp_path / "text" / "ikea_item_to_room.json.gz"
    path.write_bytes(gzip.compress(json.dumps(rooms).encode()))
    records = [item(number, "ikea") for number in (1, 2, 3)]
    assert room_links(tmp_path, records) == [("ikea:1", "ikea:2"), ("ikea:2", "ikea:1")]
    assert room_links(tmp_path / "elsewhere", records) == []


def test_a_title_without_its_look_keeps_the_other_words():
    record = ItemRecord(
        "m:1",
        "Nike Men's Navy-Blue T-Shirts with Pocket",
        "m",
        attributes={"Type": "Tshirt", "Color": "Navy Blue"},
    )
    title, _, stated, unnamed = (texts[0] for texts in wordings_of([record]))
    assert (title, stated) == (record.title, "navy blue tshirt")
    assert unnamed == "Nike Men's with Pocket"
