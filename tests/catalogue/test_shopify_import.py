"""Shopify's files: a hand-made folder with known answers, then the published ones."""

from __future__ import annotations

import gzip
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from listing_assistant.catalogue.editing import add_value, retire_into
from listing_assistant.catalogue.models import Attribute, AttributeValue, Category, Taxonomy
from listing_assistant.catalogue.selectors import attributes_of, leaf_categories
from listing_assistant.catalogue.services import import_shopify_taxonomy
from listing_assistant.catalogue.source import TaxonomyError

pytestmark = pytest.mark.django_db

VALUES = """
- {id: 1, name: Red, friendly_id: colour__red}
- {id: 2, name: 'No', friendly_id: colour__no}
- {id: 3, name: 38, friendly_id: size__38}
"""
ATTRIBUTES = """
base_attributes:
- {id: 1, name: Colour, friendly_id: colour, description: Its colour,
   values: [colour__red, colour__no]}
- {id: 2, name: Size, friendly_id: size, values: [size__38]}
extended_attributes:
- {name: Lid colour, friendly_id: lid_colour, values_from: colour}
"""
POTS = """
- {id: ho, name: Home, children: [ho-2, ho-1], attributes: [colour]}
- {id: ho-1, name: Pots & Pans, children: [], attributes: [lid_colour, size]}
- {id: ho-2, name: Cups, children: [], attributes: []}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, values=VALUES, attributes=ATTRIBUTES, ho_home=POTS)
    (tmp_path / "shopify_categories.txt").write_text("# Shopify - Categories: 2025-01\n")
    return tmp_path


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / f"shopify_{name}.yml.gz").write_bytes(gzip.compress(content.encode()))


def test_a_small_folder_gives_the_known_rows(folder: Path) -> None:
    report = import_shopify_taxonomy(folder)
    assert (report.categories.created, report.attributes.created) == (3, 3)
    assert report.values.created == 5  # the lid's colours are copies
    assert report.links == 3
    assert report.taxonomy.source_version == "2025-01"
    pots = Category.objects.get(source_id="ho-1")
    assert (pots.path, pots.depth, pots.is_leaf) == ("Home > Pots & Pans", 1, True)
    assert pots.slug == "pots-pans-ho-1"
    assert not Category.objects.get(source_id="ho").is_leaf


def test_words_and_numbers_stay_as_they_are_written(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    assert {value.value for value in AttributeValue.objects.all()} == {"Red", "No", "38"}


def test_siblings_keep_the_order_in_which_their_parent_names_them(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    children = Category.objects.get(source_id="ho").children.order_by("position")
    assert [child.name for child in children] == ["Cups", "Pots & Pans"]


def test_a_category_lists_all_its_attributes_itself(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    links = attributes_of(Category.objects.get(source_id="ho-1"))
    assert [link.attribute.name for link in links] == ["Lid colour", "Size"]


def test_sellers_are_offered_its_categories_only_when_asked(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    assert not leaf_categories().exists()
    import_shopify_taxonomy(folder, offered=True)
    import_shopify_taxonomy(folder)
    assert {category.name for category in leaf_categories()} == {"Cups", "Pots & Pans"}


def test_the_same_files_are_not_imported_twice(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    again = import_shopify_taxonomy(folder)
    forced = import_shopify_taxonomy(folder, force=True)
    assert not again.changed and not forced.changed
    assert (forced.values.unchanged, forced.values.updated) == (5, 0)
    assert Taxonomy.objects.get().version == 1


def test_a_changed_name_is_taken_over_and_the_address_stays(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    before = Category.objects.get(source_id="ho-1")
    write(folder, ho_home=POTS.replace("name: Home", "name: House"))
    report = import_shopify_taxonomy(folder)
    after = Category.objects.get(source_id="ho-1")
    assert report.changed and report.taxonomy.version == 2
    assert report.categories.updated == 3  # the children's paths too
    assert (after.pk, after.slug, after.path) == (before.pk, before.slug, "House > Pots & Pans")


def test_what_vanished_is_retired_and_returns_as_the_same_row(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    no = AttributeValue.objects.get(attribute__source_id="colour", value="No")
    write(folder, attributes=ATTRIBUTES.replace(", colour__no", ""))
    write(folder, ho_home=POTS.replace("[ho-2, ho-1]", "[ho-1]").rsplit("- {id: ho-2", 1)[0])
    report = import_shopify_taxonomy(folder)
    assert (report.values.retired, report.categories.retired) == (2, 1)
    no.refresh_from_db()
    assert not no.is_active and not Category.objects.get(source_id="ho-2").is_active

    write(folder, attributes=ATTRIBUTES, ho_home=POTS)
    import_shopify_taxonomy(folder)
    no.refresh_from_db()
    assert no.is_active and Taxonomy.objects.get().version == 3


def test_what_staff_merged_and_added_outlives_the_next_import(folder: Path) -> None:
    import_shopify_taxonomy(folder)
    no, red = (
        AttributeValue.objects.get(attribute__source_id="colour", value=v) for v in ("No", "Red")
    )
    retire_into(no, red)
    mauve = add_value(red.attribute, "Mauve")
    write(folder, ho_home=POTS.replace("name: Home", "name: House"))
    report = import_shopify_taxonomy(folder)
    assert report.changed and report.values.retired == 0
    no.refresh_from_db()
    mauve.refresh_from_db()
    assert (no.is_active, no.merged_into, mauve.is_active) == (False, red, True)


@pytest.mark.parametrize(
    ("files", "code", "place"),
    [
        ({"values": "- {id: 1, friendly_id: a}"}, "bad_field", "entry 1 (id 1), name"),
        ({"values": VALUES + "- {name: Red, friendly_id: colour__red}"}, "duplicate", "entry 4"),
        ({"values": "- {id: 1"}, "bad_yaml", "shopify_values.yml.gz, line 1"),
        ({"values": "{}"}, "bad_structure", "shopify_values.yml.gz"),
        ({"attributes": "[]"}, "bad_structure", "shopify_attributes.yml.gz"),
        (
            {"attributes": ATTRIBUTES.replace("values_from: colour", "values_from: x")},
            "unknown_reference",
            "extended_attributes, entry 1, values_from",
        ),
        (
            {"attributes": ATTRIBUTES.replace("[size__38]", "[size__39]")},
            "unknown_reference",
            "base_attributes, entry 2 (id 2), values",
        ),
        ({"ho_home": POTS.replace("ho-2, ho-1", "ho-2, ho-9")}, "unknown_reference", "(id ho)"),
        ({"ho_home": POTS.replace("[lid_colour", "[odd")}, "unknown_reference", "category ho-1"),
        ({"ho_home": POTS.replace("- {id: ho-2", "- {id: ho-1")}, "duplicate", "(id ho-1)"),
        (
            {"ho_home": "- {id: a, name: A, children: [b]}\n- {id: b, name: B, children: [a]}"},
            "cycle",
            "(id a)",
        ),
        ({"ho_home": POTS.replace("Cups", "C" * 121)}, "too_long", "(id ho-2), name"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_nothing_is_written(
    folder: Path, files: dict[str, str], code: str, place: str
) -> None:
    write(folder, **files)
    with pytest.raises(TaxonomyError) as refused:
        import_shopify_taxonomy(folder)
    assert refused.value.code == code
    assert place in refused.value.field
    assert not Taxonomy.objects.exists() and not Attribute.objects.exists()


def test_a_truncated_file_is_named(folder: Path) -> None:
    path = folder / "shopify_values.yml.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(TaxonomyError, match=r"shopify_values\.yml\.gz: cannot be read"):
        import_shopify_taxonomy(folder)


def test_the_command_prints_counts_and_refuses_a_missing_folder(folder: Path) -> None:
    output = StringIO()
    call_command("import_taxonomy", str(folder), stdout=output)
    assert "shopify 2025-01 (version 1 here)" in output.getvalue()
    call_command("import_taxonomy", str(folder), stdout=output)
    assert "nothing to do" in output.getvalue()
    with pytest.raises(CommandError, match="does not exist"):
        call_command("import_taxonomy", str(folder / "absent"), stdout=output)
    (folder / "empty").mkdir()
    with pytest.raises(CommandError, match="no file"):
        call_command("import_taxonomy", str(folder / "empty"), stdout=output)


def test_the_published_files_are_imported_whole(shared_data: Path) -> None:
    report = import_shopify_taxonomy(shared_data / "text" / "taxonomy")
    assert report.taxonomy.source_version == "2025-01-unstable"
    assert report.categories.created == 10_595
    assert AttributeValue.objects.values("source_id").distinct().count() == 20_635
    assert report.attributes.created == 1_987 + 312
    # Independent of the reader: the published list of full paths.
    with gzip.open(shared_data / "text/taxonomy/shopify_categories.txt.gz", "rt") as file:
        lines = file.readlines()
    published = {line.split(" : ", 1)[1].strip() for line in lines if line.startswith("gid:")}
    assert set(Category.objects.values_list("path", flat=True)) == published
