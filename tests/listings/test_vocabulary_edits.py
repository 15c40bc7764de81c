"""Staff change the vocabulary: listings follow in one transaction, and an undo puts all back."""

from __future__ import annotations

import pytest

from listing_assistant.catalogue.editing import VocabularyError
from listing_assistant.catalogue.models import Attribute, AttributeKind, AttributeValue, Taxonomy
from listing_assistant.catalogue.selectors import current_value, find_value
from listing_assistant.listings import services, vocabulary
from listing_assistant.listings.models import Listing, ListingAttribute, VocabularyEdit


def value_of(attribute: Attribute, name: str) -> AttributeValue:
    return attribute.values.get(value=name)


def said_by(listing: Listing) -> list[tuple[str, int | None]]:
    rows = ListingAttribute.objects.filter(listing=listing).order_by("text")
    return list(rows.values_list("text", "value_id"))


@pytest.fixture
def anthracite(colour: Attribute) -> AttributeValue:
    return AttributeValue.objects.create(
        attribute=colour, source_id="Anthracite", value="Anthracite", synonyms=["anthra"]
    )


@pytest.fixture
def stated(colour, anthracite, sell):
    """A live listing whose colour is stated as the taxonomy has it."""

    def make(text: str) -> Listing:
        listing = sell()
        services.set_attribute(listing=listing, user=listing.seller, attribute=colour, text=text)
        return listing

    return make


def test_a_merge_rewrites_listings_and_keeps_the_old_spellings(colour, anthracite, stated, mona):
    listing = stated("Anthracite")
    grey = value_of(colour, "Grey")
    edit = vocabulary.merge_values(value=anthracite, into=grey, user=mona)
    assert said_by(listing) == [("Grey", grey.pk)]
    assert (edit.listing_count, edit.gained) == (1, ["anthracite", "anthra"])
    assert find_value(colour, "ANTHRACITE") == grey
    assert current_value(AttributeValue.objects.get(pk=anthracite.pk)) == grey


def test_a_merge_is_in_the_search_of_buyers_at_once(colour, anthracite, stated, mona):
    listing = stated("Anthracite")
    vocabulary.merge_values(value=anthracite, into=value_of(colour, "Grey"), user=mona)
    assert Listing.objects.filter(pk=listing.pk, search="grey").exists()
    assert not Listing.objects.filter(pk=listing.pk, search="anthracite").exists()


def test_an_undone_merge_puts_listings_and_vocabulary_back(colour, anthracite, stated, mona):
    listing = stated("Anthracite")
    grey = value_of(colour, "Grey")
    edit = vocabulary.merge_values(value=anthracite, into=grey, user=mona)
    vocabulary.undo_edit(edit=edit, user=mona)
    assert said_by(listing) == [("Anthracite", anthracite.pk)]
    assert find_value(colour, "anthracite") == anthracite
    assert AttributeValue.objects.get(pk=grey.pk).synonyms == ["gray"]
    with pytest.raises(VocabularyError, match="undone already"):
        vocabulary.undo_edit(edit=edit, user=mona)


def test_an_undo_leaves_what_the_seller_has_stated_since(colour, anthracite, stated, mona):
    changed, chosen = stated("Anthracite"), stated("Grey")
    edit = vocabulary.merge_values(value=anthracite, into=value_of(colour, "Grey"), user=mona)
    services.set_attribute(listing=changed, user=changed.seller, attribute=colour, text="Red")
    vocabulary.undo_edit(edit=edit, user=mona)
    assert [text for text, _ in said_by(changed)] == ["Red"]
    assert [text for text, _ in said_by(chosen)] == ["Grey"]


def test_a_listing_that_says_both_says_one_and_after_the_undo_both(
    colour, anthracite, sell, alice, mona
):
    Attribute.objects.filter(pk=colour.pk).update(kind=AttributeKind.MULTI)
    colour.refresh_from_db()
    listing = sell()
    services.set_attribute(
        listing=listing, user=alice, attribute=colour, text=["Grey", "Anthracite"]
    )
    edit = vocabulary.merge_values(value=anthracite, into=value_of(colour, "Grey"), user=mona)
    assert [text for text, _ in said_by(listing)] == ["Grey"]
    vocabulary.undo_edit(edit=edit, user=mona)
    assert [text for text, _ in said_by(listing)] == ["Anthracite", "Grey"]


def test_merges_that_stand_on_each_other_are_undone_from_the_last(colour, anthracite, mona):
    grey, red = value_of(colour, "Grey"), value_of(colour, "Red")
    first = vocabulary.merge_values(value=anthracite, into=grey, user=mona)
    second = vocabulary.merge_values(value=grey, into=red, user=mona)
    assert current_value(AttributeValue.objects.get(pk=anthracite.pk)) == red
    assert find_value(colour, "anthra") == red
    with pytest.raises(VocabularyError, match="Undo that first"):
        vocabulary.undo_edit(edit=first, user=mona)
    vocabulary.undo_edit(edit=second, user=mona)
    vocabulary.undo_edit(edit=first, user=mona)
    assert find_value(colour, "anthra") == anthracite


def test_values_of_two_attributes_are_never_merged(colour, taxonomy, mona):
    size = Attribute.objects.create(taxonomy=taxonomy, source_id="size", name="Size")
    small = AttributeValue.objects.create(attribute=size, source_id="S", value="S")
    with pytest.raises(VocabularyError, match="one attribute"):
        vocabulary.merge_values(value=small, into=value_of(colour, "Grey"), user=mona)
    with pytest.raises(VocabularyError, match="two different"):
        vocabulary.merge_values(value=small, into=small, user=mona)
    assert not VocabularyEdit.objects.exists()


def test_a_typed_text_becomes_a_value_of_every_listing_that_typed_it(colour, sell, mona):
    listings = [sell(stated={colour: text}) for text in ("Sea Green", "sea-green", "Lilac")]
    edit = vocabulary.adopt_as_value(attribute=colour, text="Sea Green", user=mona)
    green = value_of(colour, "Sea Green")
    assert [said_by(listing) for listing in listings] == [
        [("Sea Green", green.pk)],
        [("Sea Green", green.pk)],
        [("Lilac", None)],
    ]
    vocabulary.undo_edit(edit=edit, user=mona)
    assert said_by(listings[1]) == [("sea-green", None)]
    assert find_value(colour, "Sea Green") is None


def test_a_typed_text_becomes_a_synonym(colour, sell, mona):
    listing = sell(stated={colour: "Slate"})
    grey = value_of(colour, "Grey")
    vocabulary.adopt_as_synonym(value=grey, text="Slate", user=mona)
    assert said_by(listing) == [("Grey", grey.pk)]
    assert find_value(colour, "slate") == grey


@pytest.mark.parametrize(
    ("text", "code"), [("gray", "known"), ("  ", "empty"), ("x" * 161, "too_long")]
)
def test_a_text_that_can_be_no_value_says_why(colour, mona, text, code):
    with pytest.raises(VocabularyError) as caught:
        vocabulary.adopt_as_value(attribute=colour, text=text, user=mona)
    assert caught.value.code == code


def test_a_synonym_of_another_value_is_refused(colour, mona):
    with pytest.raises(VocabularyError, match="Merge the two"):
        vocabulary.adopt_as_synonym(value=value_of(colour, "Red"), text="gray", user=mona)


def test_every_edit_raises_the_version_that_caches_look_at(colour, anthracite, taxonomy, mona):
    def version() -> int:
        return Taxonomy.objects.get(pk=taxonomy.pk).version

    seen = [version()]
    edit = vocabulary.merge_values(value=anthracite, into=value_of(colour, "Grey"), user=mona)
    seen.append(version())
    vocabulary.undo_edit(edit=edit, user=mona)
    seen.append(version())
    value = value_of(colour, "Red")
    value.synonyms = ["scarlet"]
    value.save()
    seen.append(version())
    value.delete()
    seen.append(version())
    assert seen == sorted(set(seen))
