"""The database keeps the search vector right, whoever writes."""

from __future__ import annotations

import pytest
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings import services
from listing_assistant.listings.models import Listing, ListingAttribute

pytestmark = pytest.mark.django_db


def found(words: str, config: str = "english") -> set[str]:
    query = SearchQuery(words, config=config, search_type="websearch")
    return set(Listing.objects.filter(search=query).values_list("title", flat=True))


@pytest.fixture
def lamp(alice: User) -> Listing:
    return Listing.objects.create(
        seller=alice, title="Reading lamp TX-500/B", description="Bends in every direction"
    )


def test_a_word_finds_its_other_forms(lamp: Listing) -> None:
    assert found("lamps") == {lamp.title}
    assert found("bending") == {lamp.title}
    assert found("chair") == set()


@pytest.mark.parametrize("words", ["TX-500", "tx 500", "tx500", '"reading lamp"'])
def test_a_model_number_is_found_as_written(lamp: Listing, words: str) -> None:
    assert found(words) == {lamp.title}


def test_a_changed_title_is_found_by_its_new_words_only(lamp: Listing) -> None:
    services.edit_listing(listing=lamp, user=lamp.seller, changes={"title": "Sofa"}, version=None)
    assert found("sofa") == {"Sofa"}
    assert found("lamp") == set()


def test_a_listing_is_found_by_its_category_and_the_categorys_other_names(
    lamp: Listing, shoes: Category
) -> None:
    Listing.objects.filter(pk=lamp.pk).update(category=shoes)
    assert found("fashion trainers") == {lamp.title}
    assert found("sneaker") == {lamp.title}


def test_a_stated_attribute_finds_the_listing_until_it_is_taken_back(
    lamp: Listing, alice: User, colour: Attribute
) -> None:
    services.set_attribute(listing=lamp, user=alice, attribute=colour, text="Turquoise")
    assert found("turquoise") == {lamp.title}
    services.set_attribute(listing=lamp, user=alice, attribute=colour, text="Red")
    assert (found("turquoise"), found("red")) == (set(), {lamp.title})
    services.set_attribute(listing=lamp, user=alice, attribute=colour, text=None)
    assert found("red") == set()


def test_attributes_written_in_bulk_are_found_too(
    lamp: Listing, alice: User, colour: Attribute
) -> None:
    chair = Listing.objects.create(seller=alice, title="Chair")
    rows = ListingAttribute.objects.bulk_create(
        ListingAttribute(listing=listing, attribute=colour, text="Violet")
        for listing in (lamp, chair)
    )
    assert found("violet") == {lamp.title, "Chair"}
    for row in rows:
        row.text = "Ochre"
    ListingAttribute.objects.bulk_update(rows, ["text"])
    assert found("ochre") == {lamp.title, "Chair"}
    assert found("violet") == set()


def test_a_renamed_category_is_found_by_its_new_name(lamp: Listing, shoes: Category) -> None:
    Listing.objects.filter(pk=lamp.pk).update(category=shoes)
    Category.objects.filter(pk=shoes.pk).update(path="Fashion > Plimsolls")
    assert found("plimsolls") == {lamp.title}
    assert found("trainers") == set()


def test_a_word_in_the_title_counts_more_than_in_attribute_or_description(
    alice: User, colour: Attribute
) -> None:
    for title, description in (("Velvet", ""), ("Chair", ""), ("Bench", "velvet")):
        Listing.objects.create(seller=alice, title=title, description=description)
    ListingAttribute.objects.create(
        listing=Listing.objects.get(title="Chair"), attribute=colour, text="Velvet"
    )
    query = SearchQuery("velvet", config="english")
    ranked = Listing.objects.filter(search=query).order_by(-SearchRank(F("search"), query))
    assert [listing.title for listing in ranked] == ["Velvet", "Chair", "Bench"]
