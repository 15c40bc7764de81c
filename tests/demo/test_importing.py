from __future__ import annotations

import gzip
import json
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from listing_assistant.demo.imports import CatalogueError, ImportOptions, import_catalogue, loading
from listing_assistant.demo.imports.vocabulary import CategoryFinder
from listing_assistant.demo.photo_work import map_in_processes
from listing_assistant.listings.models import Listing, State, StoredImage

pytestmark = pytest.mark.django_db

HERE = ImportOptions(processes=0)
PRICED = ImportOptions(processes=0, default_price=(Decimal("10.00"), "USD"))


def product(number: int, **changes: object) -> dict[str, object]:
    return {
        "id": f"shop:{number}",
        "source": "shop",
        "photos": [f"photos/{number}.jpg"],
        "title": f"Thing {number}",
        "title_is_label": False,
        "category": ["Clothing", "T-Shirt"],
        "attributes": {"Color": "Navy Blue", "Gender": "Men", "Thread mood": "calm"},
        "description": "Soft.",
        "price": 12.5,
        "currency": "USD",
    } | changes


@pytest.fixture
def catalogue(tmp_path):
    """Writes a catalogue of the products (or raw lines) given, with a photo for each number."""

    def write(*products: dict[str, object] | str) -> Path:
        (tmp_path / "photos").mkdir(exist_ok=True)
        for number in range(len(products)):
            image = Image.new("RGB", (96, 96), (number * 20 % 255, 90, 200))
            image.save(tmp_path / "photos" / f"{number}.jpg")
        lines = [each if isinstance(each, str) else json.dumps(each) for each in products]
        with gzip.open(tmp_path / "catalogue.jsonl.gz", "wt") as file:
            file.write("\n".join(lines) + "\n")
        return tmp_path

    return write


def test_a_product_becomes_a_live_listing_in_our_words(starter, catalogue, alice):
    summary = import_catalogue(catalogue(product(0)), seller=alice, options=HERE)

    listing = Listing.objects.get()
    assert (summary.read, summary.live, summary.drafts, summary.bad) == (1, 1, 0, [])
    assert listing.category is not None and listing.category.slug == "men-tshirts"
    assert (listing.title, listing.price, listing.state) == ("Thing 0", Decimal("12.50"), "live")
    stated = {row.attribute.name: row for row in listing.attribute_rows.all()}
    assert stated["Colour"].text == "Navy" and stated["Colour"].value is not None
    assert stated["Thread mood"].value is None
    assert stated["Thread mood"].attribute.taxonomy.name == "imported"
    assert listing.photos.count() == 1


def test_bad_lines_are_reported_with_their_reason_and_the_rest_comes_in(
    starter, catalogue, alice, tmp_path
):
    folder = catalogue(
        product(0),
        "{not json",
        product(2, title=""),
        product(3, photos=["photos/nowhere.jpg"]),
        product(4, photos=["../secret.jpg"]),
        product(5, price="cheap"),
        product(6, category="Shoes"),
        product(7, photos=["photos/broken.jpg"]),
        "[1, 2]",
        product(9),
    )
    (folder / "photos" / "broken.jpg").write_bytes((folder / "photos" / "7.jpg").read_bytes()[:400])

    summary = import_catalogue(folder, seller=alice, options=HERE)

    reasons = {bad.line: bad.reason for bad in summary.bad}
    assert reasons.keys() == {2, 3, 4, 5, 6, 7, 8, 9}
    for line, words in {
        2: "no JSON", 3: "title", 4: "does not exist", 5: "outside", 6: "price", 7: "category",
        8: "cut off", 9: "object",
    }.items():  # fmt: skip
        assert words in reasons[line]
    assert set(Listing.objects.values_list("title", flat=True)) == {"Thing 0", "Thing 9"}
    assert summary.read == 10 == summary.live + len(summary.bad)


def test_importing_again_brings_nothing_twice(starter, catalogue, alice):
    folder = catalogue(*(product(number) for number in range(5)))
    import_catalogue(folder, seller=alice, options=HERE)

    again = import_catalogue(folder, seller=alice, options=HERE)

    assert (again.read, again.known, again.live) == (5, 5, 0)
    assert Listing.objects.count() == 5


def test_an_import_that_was_interrupted_goes_on(starter, catalogue, alice, monkeypatch):
    folder = catalogue(*(product(number) for number in range(7)))

    def interrupted(work, jobs, *, processes):
        yield from islice(map_in_processes(work, jobs, processes=processes), 5)
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "BATCH", 2)
    with monkeypatch.context() as interrupting:
        interrupting.setattr(loading, "map_in_processes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            import_catalogue(folder, seller=alice, options=HERE)
    assert Listing.objects.count() == 4

    summary = import_catalogue(folder, seller=alice, options=HERE)

    assert (summary.known, summary.live) == (4, 3)
    assert Listing.objects.count() == 7


def test_without_a_price_a_listing_stays_a_draft_unless_one_is_given(starter, catalogue, alice):
    folder = catalogue(
        product(0, price=None, currency=None), product(1, price=900.0, currency="INR")
    )

    summary = import_catalogue(folder, seller=alice, options=HERE)
    assert (summary.live, summary.drafts) == (0, 2)
    assert set(Listing.objects.values_list("price", flat=True)) == {None}

    Listing.objects.all().delete()
    summary = import_catalogue(folder, seller=alice, options=PRICED)
    assert (summary.live, summary.drafts) == (2, 0)
    assert set(Listing.objects.values_list("price", "currency")) == {(Decimal("10.00"), "USD")}


def test_a_path_that_is_not_ours_keeps_its_names(starter, catalogue, alice):
    path = ["Goods", "Euphonium stands"]
    import_catalogue(catalogue(product(0, category=path)), seller=alice, options=HERE)

    category = Listing.objects.get().category
    assert category is not None
    assert (category.path, category.taxonomy.name) == ("Goods > Euphonium stands", "imported")
    assert category.parent is not None and not category.parent.is_leaf
    assert category.category_attributes.filter(attribute__name="Thread mood").exists()


def test_a_long_title_is_shortened_at_a_word_and_counted(starter, catalogue, alice):
    folder = catalogue(product(0, title="word " * 40))

    summary = import_catalogue(folder, seller=alice, options=HERE)

    assert summary.shortened == 1
    assert Listing.objects.get().title.split() == ["word"] * 24


def test_photos_and_reasons_come_back_from_other_processes(starter, catalogue, alice):
    folder = catalogue(*(product(number) for number in range(4)))
    (folder / "photos" / "2.jpg").write_bytes(b"")

    summary = import_catalogue(folder, seller=alice, options=ImportOptions(processes=1))

    assert summary.live == 3
    assert StoredImage.objects.count() == 3
    assert [str(bad) for bad in summary.bad] == [
        "line 3: photos: 2.jpg is empty (0 bytes). Choose the photo again."
    ]


@pytest.mark.parametrize(
    ("path", "attributes", "slug"),
    [
        (["Footwear", "Shoes", "Heels"], {}, "heels"),
        (["Accessories", "Watches"], {"Gender": "Men"}, "watches"),
        (["Apparel", "Bottomwear", "Jeans"], {"Gender": "Women"}, "women-jeans"),
        (["Men", "Bottoms", "Jeans"], {}, "men-jeans"),
        (["Apparel", "Bottomwear", "Jeans"], {}, None),
        (["Goods", "grand piano"], {}, "keyboards"),
        (["Nothing", "known"], {}, None),
        ([], {}, None),
    ],
)
def test_a_path_is_mapped_only_where_that_is_certain(starter, path, attributes, slug):
    found = CategoryFinder().find(path, attributes)

    assert (found.slug if found else None) == slug


def test_a_folder_without_a_catalogue_is_refused(tmp_path, alice):
    with pytest.raises(CatalogueError, match=r"catalogue\.jsonl\.gz"):
        import_catalogue(tmp_path, seller=alice, options=HERE)


def test_a_file_that_was_cut_off_is_refused_behind_its_last_line(starter, catalogue, alice):
    folder = catalogue(*(product(number) for number in range(60)))
    file = folder / "catalogue.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-40])

    with pytest.raises(CatalogueError, match="damaged behind line"):
        import_catalogue(folder, seller=alice, options=HERE)


def test_the_command_reports_and_makes_drafts_on_request(starter, catalogue, capsys):
    folder = catalogue(product(0), "broken", product(2))

    call_command("import_catalogue", str(folder), "--drafts", "--limit", "2", "--processes", "0")

    output = capsys.readouterr()
    assert "2 lines" in output.out and "1 drafts" in output.out and "1 bad" in output.out
    assert "line 2" in output.err
    assert Listing.objects.get().state == State.DRAFT
    assert Listing.objects.get().seller.email == "imports@demo.example"


def test_the_command_wants_a_seller_who_exists(catalogue):
    with pytest.raises(CommandError, match="nobody@"):
        call_command("import_catalogue", str(catalogue()), "--seller", "nobody@example.org")


def test_the_command_explains_a_price_it_cannot_use(catalogue):
    with pytest.raises(CommandError, match="price"):
        call_command("import_catalogue", str(catalogue()), "--default-price", "ten pounds")


def test_real_products_come_in(starter, shared_data, alice):
    summary = import_catalogue(
        shared_data, seller=alice, options=ImportOptions(processes=0, limit=40)
    )

    assert summary.read == 40
    assert summary.bad == []
    assert Listing.objects.count() == 40
