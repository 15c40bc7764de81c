"""What a search finds, in which order, and what it never shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings import search as search_module
from listing_assistant.listings.criteria import Criteria, Sort, read_criteria
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.search import Facet, Results, search_listings

pytestmark = pytest.mark.django_db
Sell = Callable[..., Listing]


def titles(words: str = "", **asked: object) -> list[str]:
    results = search_listings(Criteria(words=words, **asked))  # type: ignore[arg-type]
    return [listing.title for listing in results.listings]


def facet(results: Results, label: str) -> Facet:
    return next(facet for facet in results.facets if facet.label == label)


def counts(facet: Facet) -> dict[str, int | None]:
    return {value.label: value.count for value in facet.values}


def test_words_are_found_in_any_form(sell: Sell) -> None:
    sell("Running shoes")
    sell("Teapot")
    assert titles("run shoe") == ["Running shoes"]


def test_every_word_must_occur(sell: Sell) -> None:
    sell("Red teapot")
    sell("Blue teapot")
    assert titles("blue teapot") == ["Blue teapot"]


def test_the_last_word_may_be_unfinished(sell: Sell) -> None:
    sell("Blue teapot")
    assert titles("blue teap") == ["Blue teapot"]
    assert titles("bl teapot") == []


def test_quotes_minus_and_or_mean_what_they_mean_on_the_web(sell: Sell) -> None:
    sell("Blue tea pot")
    sell("Blue tea from a pot")
    assert titles('"tea pot"') == ["Blue tea pot"]
    assert titles('blue -"tea pot"') == ["Blue tea from a pot"]
    assert len(titles("pot or kettle")) == 2


def test_a_model_number_is_found_as_written(sell: Sell) -> None:
    sell("Sony WH-1000XM4")
    assert titles("wh-1000xm4") == ["Sony WH-1000XM4"]


def test_a_word_in_the_title_counts_more_than_one_in_the_description(sell: Sell) -> None:
    now = timezone.now()
    sell("Teapot", published_at=now - timedelta(days=9))
    sell("Tray", description="For a teapot", published_at=now)
    assert titles("teapot") == ["Teapot", "Tray"]


def test_an_attribute_is_found(sell: Sell, colour: Attribute) -> None:
    sell("Trainers", stated={colour: "Grey"})
    assert titles("grey") == ["Trainers"]


@pytest.mark.parametrize("state", [state for state in State if state != State.LIVE])
def test_only_live_listings_are_found(sell: Sell, state: State) -> None:
    sell("Teapot", state=state)
    assert titles("teapot") == []
    assert titles() == []


def test_a_listing_that_was_sold_while_the_search_ran_is_left_out(
    sell: Sell, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell("Teapot")
    real_cards = search_module.cards

    def sold_meanwhile() -> object:
        Listing.objects.update(state=State.SOLD)
        return real_cards()

    monkeypatch.setattr(search_module, "cards", sold_meanwhile)
    assert titles("teapot") == []


def test_a_category_includes_what_is_below_it(
    sell: Sell, fashion: Category, shoes: Category
) -> None:
    sell("Trainers", category=shoes)
    elsewhere = Category.objects.create(
        taxonomy=fashion.taxonomy, source_id="h", name="Home", slug="home", path="Home"
    )
    sell("Teapot", category=elsewhere)
    assert titles(category=fashion) == ["Trainers"]
    assert titles(category=elsewhere) == ["Teapot"]


def test_prices_are_compared_in_one_currency_only(sell: Sell) -> None:
    sell("Cheap", price=5)
    sell("Fair", price=20)
    sell("Foreign", price=20, currency="EUR")
    assert titles(minimum=Decimal(10), maximum=Decimal(20)) == ["Fair"]
    assert titles(maximum=Decimal(20), home_currency="EUR") == ["Foreign"]


def test_sorting_by_price_keeps_the_currencies_apart(sell: Sell) -> None:
    sell("A", price=30)
    sell("B", price=10)
    sell("C", price=1, currency="EUR")
    assert titles(sort=Sort.CHEAPEST) == ["B", "A", "C"]
    assert titles(sort=Sort.DEAREST) == ["A", "B", "C"]
    assert titles(sort=Sort.CHEAPEST, home_currency="EUR") == ["C", "B", "A"]


def test_values_of_one_attribute_are_alternatives_and_of_two_requirements(
    sell: Sell, colour: Attribute, height: Attribute
) -> None:
    sell("A", stated={colour: "Red", height: "10 cm"})
    sell("B", stated={colour: "Grey", height: "20 cm"})
    sell("C", stated={colour: "Blue", height: "10 cm"})
    both_colours = ((colour.pk, "Red"), (colour.pk, "Grey"))
    assert set(titles(attributes=both_colours)) == {"A", "B"}
    assert titles(attributes=(*both_colours, (height.pk, "20 cm"))) == ["B"]


def test_facets_count_what_was_found(sell: Sell, colour: Attribute) -> None:
    sell("Teapot", condition="new", stated={colour: "Red"})
    sell("Teapot", condition="new", stated={colour: "Red"})
    sell("Teapot", condition="fair", stated={colour: "Grey"})
    sell("Lamp", condition="fair", stated={colour: "Grey"})
    results = search_listings(Criteria(words="teapot"))
    assert counts(facet(results, "Colour")) == {"Red": 2, "Grey": 1}
    found = counts(facet(results, "Condition"))
    assert found == {"New": 2, "Fair": 1}


def test_a_chosen_value_stays_in_its_facet_when_nothing_else_is_left(
    sell: Sell, colour: Attribute
) -> None:
    sell("Teapot", stated={colour: "Red"})
    results = search_listings(Criteria(attributes=((colour.pk, "Red"),)))
    assert [value.selected for value in facet(results, "Colour").values] == [True]


def test_categories_are_counted_one_level_down(
    sell: Sell, fashion: Category, shoes: Category
) -> None:
    sell("A", category=shoes)
    sell("B", category=shoes)
    top = search_listings(Criteria())
    assert [(item.slug, item.count) for item in top.categories] == [(fashion.slug, 2)]
    below = search_listings(Criteria(category=fashion))
    assert [(item.slug, item.count) for item in below.categories] == [(shoes.slug, 2)]
    assert search_listings(Criteria(category=shoes)).categories == []


def test_pages_hold_every_listing_once_even_when_all_are_alike(sell: Sell) -> None:
    now = timezone.now()
    made = {sell("Teapot", published_at=now).pk for _ in range(2 * search_module.PAGE_SIZE + 3)}
    pages = [search_listings(Criteria(words="teapot", page=page)) for page in (1, 2, 3)]
    seen = [listing.pk for page in pages for listing in page.listings]
    assert len(seen) == len(made)
    assert set(seen) == made
    assert (pages[0].count, pages[0].pages) == (len(made), 3)


def test_a_page_beyond_the_last_gives_the_last(sell: Sell) -> None:
    sell("Teapot")
    results = search_listings(Criteria(page=999_999))
    assert (results.page, len(results.listings)) == (1, 1)


def test_counting_stops_at_the_bound(sell: Sell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "MAX_RESULTS", 2)
    for _ in range(3):
        sell("Teapot")
    results = search_listings(Criteria(words="teapot"))
    assert (results.count, results.is_bounded, len(results.listings)) == (2, True, 2)


def test_a_search_takes_as_many_queries_for_many_hits_as_for_one(
    sell: Sell, colour: Attribute
) -> None:
    sell("Teapot", stated={colour: "Red"})
    with CaptureQueriesContext(
        connection,
    ) as few:
        search_listings(Criteria(words="teapot"))
    for number in range(12):
        sell("Teapot", stated={colour: f"Shade {number}"})
    with CaptureQueriesContext(connection) as many:
        search_listings(Criteria(words="teapot"))
    assert len(many) == len(few) <= 6


@pytest.mark.parametrize(
    "words",
    [
        "'",
        '"',
        "-",
        "the of and",
        "🫖",
        "a | b & c:* !",
        "\\",
        "%",
        "x" * 10_000,
        "';--",
        "or",
        "- -",
    ],
)
def test_odd_words_find_nothing_and_break_nothing(sell: Sell, words: str) -> None:
    sell("Teapot")
    query = QueryDict(mutable=True)
    query["q"] = words
    assert titles(read_criteria(query).words) in ([], ["Teapot"])


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=st.text(max_size=40))
def test_no_text_breaks_the_search(db: None, words: str) -> None:
    query = QueryDict(mutable=True)
    query["q"] = words
    assert search_listings(read_criteria(query)).count == 0


def test_the_seller_is_found_like_everybody_else(sell: Sell, bob: User) -> None:
    sell("Teapot")
    sell("Teapot", seller=bob)
    assert len(titles("teapot")) == 2
