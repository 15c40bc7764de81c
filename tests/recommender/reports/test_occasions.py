from __future__ import annotations

from datetime import timedelta

import pytest

from recommender.reports.occasions import acts_between, occasions

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(now):
    """The occasions of the last days as {(seed, how it was met): what was bought afterwards}."""

    def find():
        acts = acts_between(now - timedelta(days=10), now + timedelta(days=1))
        return {(each.seed_id, each.act): set(each.targets) for each in occasions(acts)}

    return find


def test_what_is_bought_within_a_day_of_a_look_was_wanted_with_it(shop, do, people, found):
    phone, case, tent = (shop[name][0] for name in ("Phones", "Cases", "Tents"))
    do("click", people[0], phone, days=5)
    do("purchase", people[0], case, days=5, minutes=30)
    do("purchase", people[0], tent, days=3)

    assert found()[phone.pk, "click"] == {case.pk}


def test_what_is_bought_within_a_week_of_buying_was_wanted_with_it(shop, do, people, found):
    phone, case, tent = (shop[name][0] for name in ("Phones", "Cases", "Tents"))
    do("click", people[0], phone, days=9)
    do("purchase", people[0], phone, days=9, minutes=1)
    do("purchase", people[0], case, days=4)
    do("purchase", people[0], tent, days=1)

    assert found() == {(phone.pk, "purchase"): {case.pk}, (case.pk, "purchase"): {tent.pk}}


def test_what_is_bought_in_the_place_of_the_seed_does_not_count(shop, do, people, found):
    do("click", people[0], shop["Phones"][0], days=5)
    do("purchase", people[0], shop["Phones"][1], days=5, minutes=10)

    assert found() == {}


def test_what_another_person_buys_or_what_comes_back_does_not_count(shop, do, people, found):
    phone, case = shop["Phones"][0], shop["Cases"][0]
    do("click", people[0], phone, days=5)
    do("purchase", people[1], case, days=5, minutes=10)
    do("purchase", people[0], case, days=5, minutes=10)
    do("refund", people[0], case, days=2)

    assert found() == {}


def test_what_was_bought_before_the_look_was_not_wanted_with_it(shop, do, people, found):
    do("purchase", people[0], shop["Cases"][0], days=5)
    do("click", people[0], shop["Phones"][0], days=5, minutes=10)

    assert found() == {}


def test_the_searches_of_the_visit_come_newest_first(shop, do, people, now):
    do("search", people[0], None, days=5, query="  Old  Phone ")
    do("search", people[0], None, days=5, minutes=1, query="phone")
    do("click", people[0], shop["Phones"][0], days=5, minutes=2)
    do("search", people[0], None, days=5, minutes=3, query="case")
    do("purchase", people[0], shop["Cases"][0], days=5, minutes=4)

    acts = acts_between(now - timedelta(days=10), now)

    assert [each.queries for each in occasions(acts)] == [("phone", "old phone")]


def test_robots_are_no_judges(shop, do, people, found):
    do("click", people[0], shop["Phones"][0], days=5)
    bought = do("purchase", people[0], shop["Cases"][0], days=5, minutes=10)
    type(bought).objects.update(flags="bot")

    assert found() == {}
