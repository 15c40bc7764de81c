"""The listings of the demo marketplace, planned without a database: the same plan every time.

Titles, attributes and descriptions are as good and as bad as people's. About one listing in
twenty-five shows another thing than it says; `DemoListing.mismatch` remembers which.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from listing_assistant.demo import wording
from listing_assistant.demo.drawing import COLOURS, DRAWERS, Look, Pattern
from listing_assistant.demo.goes_with import PORT, charging_port
from listing_assistant.demo.recipes import PHONES, RECIPES, Recipe
from listing_assistant.listings.models import Condition, Format

# Of these a photo says little about their colour.
COLOURLESS = frozenset(
    {
        *("screen_protector", "memory_module", "ring", "necklace", "building_blocks"),
        *("baby_bottle", "pan", "racket", "book", "game_controller"),
    }
)
MISMATCH_SHARE = 0.045
PATTERNED_SHARE = 0.45
# A third are promoted.
AD_RATES = (*("0",) * 8, "2", "4", "6.5", "10")
KEY = "demo:{number:05d}"
COPIES = 100
PATTERN_NAMES: dict[Pattern, str] = {
    "plain": "Plain",
    "striped": "Striped",
    "checked": "Checked",
    "dotted": "Polka dot",
    "floral": "Floral",
}
# Against the price in good order, and how often.
CONDITIONS = {
    Condition.NEW: (1.25, 30),
    Condition.LIKE_NEW: (1.05, 25),
    Condition.GOOD: (0.85, 30),
    Condition.FAIR: (0.55, 12),
    Condition.PARTS: (0.25, 3),
}
CURRENCIES = {"USD": (1.0, 80), "EUR": (0.92, 12), "GBP": (0.79, 8)}
# Colours a glance confuses are no mismatch that anybody could be blamed for.
MIN_COLOUR_DISTANCE = 150.0


@dataclass(frozen=True)
class DemoListing:
    """`look` is what the listing says, `shown` what its photos show; they differ on a mismatch.

    `facts` are all that is true of what the listing says; `attributes` those that it states.
    """

    key: str
    number: int
    category: str
    title: str
    description: str
    attributes: dict[str, str]
    facts: dict[str, str]
    look: Look
    shown: Look
    mismatch: str
    photos: int
    condition: Condition
    price: Decimal
    currency: str
    format: Format
    quantity: int
    ad_rate: Decimal

    @property
    def kind(self) -> str:
        return self.look.kind


def plan_listings(scale: float = 1.0) -> list[DemoListing]:
    """Every listing of the marketplace. A `scale` below 1 keeps every kind, with fewer of each."""
    return [plan_listing(number, recipe) for number, recipe in _numbered_recipes(scale)]


def planned(key: str) -> DemoListing:
    """The plan of the listing of that key. Raises ValueError for a key that is none of ours."""
    number = int(key.removeprefix(KEY.partition("{")[0]))
    return plan_listing(number, RECIPES[number // COPIES % len(RECIPES)])


def _numbered_recipes(scale: float) -> Iterator[tuple[int, Recipe]]:
    """Numbers belong to recipes, so that a smaller plan is a part of the whole one."""
    for index, recipe in enumerate(RECIPES):
        for copy in range(max(1, round(recipe.count * scale))):
            hundreds, rest = divmod(copy, COPIES)
            yield (hundreds * len(RECIPES) + index) * COPIES + rest, recipe


def plan_listing(number: int, recipe: Recipe) -> DemoListing:
    rng = random.Random(f"demo listing {number}")
    look, facts = _choose_thing(rng, recipe)
    mismatch = _plant_mismatch(rng, look)
    shown = _other_look(rng, look, mismatch)
    # A planted mismatch says its colour: else there would be nothing to disagree with.
    title = wording.title(rng, recipe, facts, style="good" if mismatch else None)
    condition = rng.choices(
        list(CONDITIONS), weights=[weight for _, weight in CONDITIONS.values()]
    )[0]
    currency = rng.choices(list(CURRENCIES), weights=[weight for _, weight in CURRENCIES.values()])[
        0
    ]
    several = rng.random() < recipe.several and condition is not Condition.PARTS
    return DemoListing(
        key=KEY.format(number=number),
        number=number,
        category=recipe.category,
        title=title,
        description=wording.description(rng, recipe, facts, condition),
        attributes={name: text for name, text in facts.items() if rng.random() < 0.78},
        facts=facts | _unstated_facts(facts),
        look=look,
        shown=shown,
        mismatch=mismatch,
        photos=rng.choices((1, 2, 3, 4), weights=(68, 21, 8, 3))[0],
        condition=condition,
        price=_price(rng, recipe, condition, currency),
        currency=currency,
        format=_format(rng, several=several),
        quantity=rng.randint(3, 40) if several else 1,
        ad_rate=Decimal(rng.choice(AD_RATES)),
    )


def _choose_thing(rng: random.Random, recipe: Recipe) -> tuple[Look, dict[str, str]]:
    """What it looks like, and what is true of it by attribute."""
    colour = rng.choice(recipe.colours)
    second = rng.choice([name for name in COLOURS if _distance(name, colour) > MIN_COLOUR_DISTANCE])
    pattern: Pattern = "plain"
    if recipe.patterned and rng.random() < PATTERNED_SHARE:
        pattern = rng.choice(("striped", "checked", "dotted", "floral"))
    facts = {"Type": recipe.type, "Colour": colour}
    brand = rng.choice(recipe.brands) if recipe.brands else ""
    if recipe.phones:
        maker = rng.choice(list(PHONES))
        facts[recipe.phones] = rng.choice(PHONES[maker])
        if recipe.phones == "Model":
            facts["Brand"] = maker
        else:
            facts["Compatible Brand"] = maker
    if brand:
        facts["Brand"] = brand
    for name, choices in recipe.attributes.items():
        facts[name] = rng.choice(choices)
    if recipe.patterned:
        facts["Pattern"] = PATTERN_NAMES[pattern]
    # A few things carry no print at all.
    printed = brand if rng.random() < 0.85 else ""
    return Look(recipe.kind, colour, second, pattern, printed, facts.get("Material", "")), facts


def _unstated_facts(facts: dict[str, str]) -> dict[str, str]:
    """What everybody knows who knows the rest."""
    return {PORT: charging_port(facts["Model"])} if "Model" in facts else {}


def _plant_mismatch(rng: random.Random, look: Look) -> str:
    if rng.random() >= MISMATCH_SHARE:
        return ""
    return "kind" if look.kind in COLOURLESS else rng.choice(("colour", "kind"))


def _other_look(rng: random.Random, look: Look, mismatch: str) -> Look:
    if mismatch == "colour":
        others = [name for name in COLOURS if _distance(name, look.colour) > MIN_COLOUR_DISTANCE]
        return replace(look, colour=rng.choice(others), pattern="plain")
    if mismatch == "kind":
        return replace(look, kind=rng.choice([kind for kind in DRAWERS if kind != look.kind]))
    return look


def _distance(a: str, b: str) -> float:
    difference = [x - y for x, y in zip(COLOURS[a], COLOURS[b], strict=True)]
    return math.hypot(*difference)


def _price(rng: random.Random, recipe: Recipe, condition: Condition, currency: str) -> Decimal:
    low, high = recipe.price
    dollars = low * (high / low) ** rng.random() * CONDITIONS[condition][0]
    amount = dollars * CURRENCIES[currency][0]
    cents = rng.choice((0.0, 0.0, 0.5, 0.99))
    return Decimal(f"{max(1, round(amount)) + cents:.2f}")


def _format(rng: random.Random, *, several: bool) -> Format:
    if several:
        return Format.BUY_NOW
    return rng.choices((Format.BUY_NOW, Format.BEST_OFFER, Format.AUCTION), weights=(70, 24, 6))[0]
