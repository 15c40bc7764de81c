from recommender.strips.complementary import complementary_items


def titles(strip):
    return [item.card.title for item in strip.items]


def test_a_phone_gets_cases_that_fit_and_none_that_does_not(market, relate, make_popular, bob):
    relate(market.phones, market.cases, market.chargers)
    phone = market.phone(seller=bob)
    make_popular(
        market.case("Pixel 8"), market.case("iPhone 15 Pro"), market.case(), market.charger()
    )
    assert sorted(titles(complementary_items(phone))) == ["Case for iPhone 15", "Charger"]
