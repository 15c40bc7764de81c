"""Which categories go with one, and who said so."""

from __future__ import annotations

import pytest
from django.urls import reverse

from listing_assistant.catalogue.models import (
    Attribute,
    Category,
    CategoryAttribute,
    CompatibilityPair,
    Taxonomy,
)
from recommender.aggregates import update_rows
from recommender.models import AggregateKind, AggregationRun, CategoryOverride
from recommender.recall_sets.base import RelatedCategory
from recommender.related_categories import decide, related_to, undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy.objects.create(
        name="shop", source_version="1", checksum="x", is_offered=True, inherits_attributes=True
    )


@pytest.fixture
def leaf(taxonomy: Taxonomy):
    root = Category.objects.create(
        taxonomy=taxonomy, source_id="r", name="All", slug="all", path="All", is_leaf=False
    )

    def make(name: str) -> Category:
        return Category.objects.create(
            taxonomy=taxonomy, source_id=name, name=name, slug=name, path=f"All > {name}",
            parent=root, depth=1,
        )  # fmt: skip

    return make


def tell(category: Category, *related: tuple[Category, float, int]) -> None:
    entries = [(str(other.pk), score, support) for other, score, support in related]
    update_rows(kind=AggregateKind.RELATED_CATEGORY, rows={str(category.pk): entries})


def test_what_people_bought_together_is_related_best_first(leaf):
    phones, cases, cards = leaf("phones"), leaf("cases"), leaf("cards")
    tell(phones, (cases, 0.4, 30), (cards, 0.2, 12))
    assert related_to(phones.pk) == (
        RelatedCategory(cases.pk, 0.4, 30),
        RelatedCategory(cards.pk, 0.2, 12),
    )


def test_staffs_word_comes_before_what_people_buy_and_can_be_taken_back(leaf, mona):
    phones, cases, cards = leaf("phones"), leaf("cases"), leaf("cards")
    tell(phones, (cases, 0.4, 30))
    decide(category=phones, related=cases, decision="never", user=mona, reason="wrong")
    decide(category=phones, related=cards, decision="always", user=mona)
    assert related_to(phones.pk) == (RelatedCategory(cards.pk, 1.0),)
    assert undo(category=phones, related=cases) and undo(category=phones, related=cards)
    assert related_to(phones.pk) == (RelatedCategory(cases.pk, 0.4, 30),)
    assert not undo(category=phones, related=cases)


def test_the_pair_of_a_category_with_itself_decides_whether_it_is_shown_beside_itself(leaf, mona):
    games, shoes = leaf("games"), leaf("shoes")
    tell(games, (games, 0.6, 40), (shoes, 0.1, 9))
    decide(category=games, related=games, decision="never", user=mona)
    assert [each.category_id for each in related_to(games.pk)] == [shoes.pk]
    decide(category=shoes, related=shoes, decision="always", user=mona)
    assert related_to(shoes.pk)[0] == RelatedCategory(shoes.pk, 1.0)


def test_where_nobody_bought_things_that_fit_come_first_then_what_goes_with_siblings(
    leaf, taxonomy
):
    phones, cases, bags, dresses = leaf("phones"), leaf("cases"), leaf("bags"), leaf("dresses")
    model, fits = (
        Attribute.objects.create(taxonomy=taxonomy, source_id=name, name=name)
        for name in ("model", "compatible model")
    )
    CategoryAttribute.objects.create(category=phones, attribute=model)
    CategoryAttribute.objects.create(category=cases, attribute=fits)
    CompatibilityPair.objects.create(fits=fits, property=model)
    assert [each.category_id for each in related_to(phones.pk)] == [cases.pk]
    assert [each.category_id for each in related_to(cases.pk)] == [phones.pk]
    tell(dresses, (bags, 0.4, 20))
    cold = {each.category_id: each.score for each in related_to(phones.pk)}
    assert list(cold) == [cases.pk, bags.pk]
    assert cold[bags.pk] == pytest.approx(0.2)
    tell(phones, (bags, 0.1, 8))
    assert [each.category_id for each in related_to(phones.pk)] == [bags.pk], "it is cold no more"


def test_a_category_that_nobody_knows_of_goes_with_nothing():
    assert related_to(123_456) == ()


def test_staff_see_the_table_and_decide_with_a_reason(client, leaf, mona, admin_user):
    phones, cases, cards = leaf("phones"), leaf("cases"), leaf("cards")
    tell(phones, (cases, 0.4, 30))
    update_rows(
        kind=AggregateKind.CATEGORY_BUYING, rows={str(phones.pk): [(str(phones.pk), 1.25, 80)]}
    )
    client.force_login(admin_user)
    table = client.get(reverse("admin:recommender_categoryoverride_changelist"), {"q": "phon"})
    assert "1.25" in table.text and "cases" in table.text and "cards" not in table.text
    page = reverse("admin:recommender_related", args=[phones.pk])
    assert "0.400" in client.get(page).text
    address = reverse("admin:recommender_decide", args=[phones.pk])
    client.post(address, {"related": cases.pk, "step": "never", "reason": "They never fit"})
    override = CategoryOverride.objects.get()
    assert (override.decision, override.made_by, override.reason) == (
        "never", admin_user, "They never fit",
    )  # fmt: skip
    assert "They never fit" in client.get(page).text
    assert "cards" in client.get(page, {"q": "car"}).text
    client.post(address, {"related": cases.pk, "step": "undo"})
    assert not CategoryOverride.objects.exists()
    client.force_login(mona)
    assert client.post(address, {"related": cards.pk, "step": "always"}).status_code in (302, 403)
    assert not CategoryOverride.objects.exists()


def test_staff_see_how_a_run_went(client, admin_user):
    run = AggregationRun.objects.create(
        engine="duckdb", first_day="2026-03-01", last_day="2026-03-02", state="failed",
        steps=[{"name": "export", "rows": 1234, "seconds": 0.5}], error="EngineError: no Java",
    )  # fmt: skip
    client.force_login(admin_user)
    assert client.get(reverse("admin:recommender_aggregationrun_changelist")).status_code == 200
    page = client.get(reverse("admin:recommender_aggregationrun_change", args=[run.pk]))
    assert "1,234" in page.text and "no Java" in page.text
