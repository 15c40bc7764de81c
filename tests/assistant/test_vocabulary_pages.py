"""Staff see how listings use the vocabulary, and edit it with one click, a question and an undo."""

from __future__ import annotations

import pytest
from django.urls import reverse

from listing_assistant.assistant.models import Analysis, Choice, Suggestion
from listing_assistant.assistant.vocabulary import selectors
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings.models import ListingAttribute, State, VocabularyEdit


@pytest.fixture
def suggest(colour):
    """A suggestion of a colour for a listing, with what the seller made of it."""

    def make(listing, text, state="open", wrote=None):
        analysis = Analysis.objects.create(listing=listing, input_hash=f"{text}{state}{wrote}")
        suggestion = Suggestion.objects.create(
            analysis=analysis,
            kind=Suggestion.Kind.ATTRIBUTE,
            key=str(colour.pk),
            label=f"Colour: {text}",
            value={"attribute": colour.pk, "value": None, "text": text, "texts": [text]},
            confidence=0.9,
            state=state,
        )
        if wrote:
            Choice.objects.create(
                suggestion=suggestion, user=listing.seller, action="edit", value=[wrote]
            )
        return suggestion

    return make


def test_coverage_counts_listings_that_could_state_the_attribute(
    colour, height, fashion, taxonomy, sell, suggest
):
    filled, empty = sell(stated={colour: "Red"}), sell()
    sell(state=State.SOLD, stated={colour: "Red"})
    hats = Category.objects.create(
        taxonomy=taxonomy, source_id="h", parent=fashion, name="Hats", slug="hats",
        path="Fashion > Hats",
    )  # fmt: skip
    sell(category=hats)
    suggest(filled, "Red", "accepted")
    suggest(empty, "Grey")
    for place in (fashion, taxonomy):
        rows = {row.attribute: row for row in selectors.coverage_of(place)}
        said = rows[colour]
        assert (said.live, said.filled, said.suggested, said.accepted) == (2, 1, 2, 1)
        assert (rows[height].live, rows[height].filled) == (2, 0)
    assert selectors.coverage_of(hats) == []


def test_a_nearer_attribute_of_the_same_name_stands_for_its_listings(
    colour, fashion, taxonomy, sell
):
    general = Attribute.objects.create(taxonomy=taxonomy, source_id="c2", name="Colour")
    fashion.category_attributes.create(attribute=general)
    sell()
    assert [row.attribute for row in selectors.coverage_of(taxonomy)] == [colour]


def test_corrections_are_counted_with_what_was_written_instead(colour, shoes, sell, suggest):
    for _ in range(2):
        suggest(sell(), "Grey", "edited", "Slate")
    suggest(sell(), "Red", "rejected")
    suggest(sell(), "Red", "accepted")
    said = [(row.suggested, row.wanted, row.listings) for row in selectors.corrections_in(shoes)]
    assert said == [("Grey", "Slate", 2), ("Red", "", 1)]
    assert selectors.corrections_in(colour) == selectors.corrections_in(shoes)


def test_typed_values_are_counted_by_spelling_with_the_nearest_value(colour, height, shoes, sell):
    for text in ("Greyy", "greyy", "Mauve"):
        sell(stated={colour: text, height: f"{len(text)} cm"})
    found = [
        (row.text, row.listings, row.nearest and row.nearest.value)
        for row in selectors.typed_values_in(shoes)
    ]
    assert found == [("Greyy", 2, "Grey"), ("Mauve", 1, None)]


def test_the_pages_say_so_where_there_is_nothing(admin_client, colour, shoes, taxonomy):
    pages = {
        reverse("admin:assistant_categoryuse_change", args=[shoes.pk]): "Nothing is for sale here",
        reverse("admin:assistant_taxonomyuse", args=[taxonomy.pk]): "Nothing is for sale here",
        reverse("admin:assistant_attributeuse_change", args=[colour.pk]): "No merge and no",
        reverse("admin:assistant_categoryuse_changelist"): "Fashion &gt; Trainers",
        reverse("admin:assistant_attributeuse_changelist"): "Colour",
    }
    for address, said in pages.items():
        page = admin_client.get(address)
        assert page.status_code == 200 and said in page.content.decode(), address


def test_one_click_adds_a_typed_text_and_leads_back(admin_client, colour, shoes, sell):
    listing = sell(stated={colour: "Mauve"})
    place = reverse("admin:assistant_categoryuse_change", args=[shoes.pk])
    assert "Add as a value" in admin_client.get(place).content.decode()
    edit = reverse("admin:assistant_vocabulary_edit", args=[colour.pk])
    answer = admin_client.post(edit, {"text": "Mauve", "back": place}, follow=True)
    assert answer.redirect_chain == [(place, 302)]
    assert "1 listing changed" in answer.content.decode()
    assert ListingAttribute.objects.get(listing=listing).value.value == "Mauve"


def test_a_merge_asks_first_and_can_be_undone(admin_client, colour, sell):
    red, grey = colour.values.get(value="Red"), colour.values.get(value="Grey")
    listing = sell()
    ListingAttribute.objects.create(listing=listing, attribute=colour, value=red, text="Red")
    choose = reverse("admin:assistant_vocabulary_choose", args=[colour.pk])
    question = admin_client.get(choose, {"value": red.pk}).content.decode()
    assert "1 listing states it, 1 of them live" in question and "Grey" in question
    edit = reverse("admin:assistant_vocabulary_edit", args=[colour.pk])
    admin_client.post(edit, {"value": red.pk, "into": grey.pk})
    assert ListingAttribute.objects.get(listing=listing).text == "Grey"
    made = VocabularyEdit.objects.get()
    undo = reverse("admin:assistant_vocabulary_undo", args=[made.pk])
    assert admin_client.get(undo).status_code == 405
    admin_client.post(undo)
    assert ListingAttribute.objects.get(listing=listing).text == "Red"
    assert "undone already" in admin_client.post(undo, follow=True).content.decode()


def test_a_form_leads_to_no_other_site(admin_client, colour):
    edit = reverse("admin:assistant_vocabulary_edit", args=[colour.pk])
    for back in ("https://elsewhere.example/", "//elsewhere.example", "/admin/..//elsewhere"):
        answer = admin_client.post(edit, {"text": f"New {back}", "back": back})
        assert answer["Location"] == reverse(
            "admin:assistant_attributeuse_change", args=[colour.pk]
        )


def test_who_is_not_staff_neither_sees_nor_edits(client, mona, colour):
    client.force_login(mona)
    page = reverse("admin:assistant_attributeuse_change", args=[colour.pk])
    assert client.get(page).status_code == 302
    client.post(reverse("admin:assistant_vocabulary_edit", args=[colour.pk]), {"text": "Mauve"})
    assert not VocabularyEdit.objects.exists()


def test_staff_without_the_right_to_edit_only_look(client, mona, colour):
    from django.contrib.auth.models import Permission

    mona.is_staff = True
    mona.save()
    mona.user_permissions.add(Permission.objects.get(codename="view_attributeuse"))
    client.force_login(mona)
    page = client.get(reverse("admin:assistant_attributeuse_change", args=[colour.pk]))
    assert page.status_code == 200 and "Merge into" not in page.content.decode()
    edit = reverse("admin:assistant_vocabulary_edit", args=[colour.pk])
    assert client.post(edit, {"text": "Mauve"}).status_code == 403
