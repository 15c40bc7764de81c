"""The simulated market as a ranker's data: a large demo marketplace and a month of similar strips.

Nothing is in a database. Listings are the demo's plans, scaled up; their vectors are noisy
projections of what the plans say, so that likeness informs without being the truth. Histories and
viewers are counted from the month day by day as the item table does it, and columns are made by
recommender/features.py. What is true of each act is demo/wanting.py's, which no arm sees.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from listing_assistant.catalogue.selectors import spelling_key
from listing_assistant.demo.behaviour import simulate_month
from listing_assistant.demo.catalogue import DemoListing, plan_listings
from listing_assistant.demo.history import ware_of
from listing_assistant.demo.month import Month, Shown
from listing_assistant.demo.people import PLACES, taste_of
from listing_assistant.demo.recipes import RECIPES
from listing_assistant.demo.similar import SimilarStrips
from listing_assistant.demo.wares import Shopper, Ware
from ml.ranker.labels import acts_mask, strongest
from ml.ranker.model import LEVELS, RankingData
from recommender import features
from recommender.features import Context, Viewer
from recommender.items import profiles
from recommender.items.columns import (
    CONDITIONS,
    FORMATS,
    HISTORY,
    MOST_DETAILS,
    Ids,
    Items,
    key_of,
)
from recommender.items.history import PriorMaker, Tally, day_number, weight
from recommender.products import product_key

Row = NDArray[np.float64]

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 30
# The first days only fill the histories; then learning, choosing and judging, in order of time.
LEARN_FROM, CHOOSE_FROM, JUDGE_FROM = 7, 21, 25
STRIP_SEEN = 0.9
SELLERS = 300
DIM = 48
# Of a unit vector, so much is chance: photos and titles say less than the plan.
JOINT_NOISE, IMAGE_NOISE, TEXT_NOISE = 0.45, 0.6, 0.7


@dataclass(frozen=True)
class Size:
    """Of a market: `scale` of the demo's catalogue, and how many people."""

    scale: float
    people: int


FULL, QUICK = Size(10.0, 860), Size(1.0, 70)


@dataclass(frozen=True, eq=False)
class Log:
    """Rows of the strips in which something was done, in order of time, and what each row was
    beside what the ranker sees. Of the others, no measure and no loss over pairs says anything:
    `shown` counts them all."""

    data: RankingData
    shown: int
    rows: Ids  # (n,) of Market.items
    people: Ids  # (n,) the viewer's number
    positions: Ids  # (n,)
    purchase: Row  # (n,) the truth: that who sees it buys it


@dataclass(eq=False)
class Market:
    wares: Sequence[Ware]
    shoppers: Sequence[Shopper]
    month: Month
    items: Items
    strips: SimilarStrips
    histories: list[Items]  # by day: the items as of its midnight
    masks: dict[tuple[int, int], int]  # what was done: number of the strip, place from 0
    acts: dict[int, Ids]  # by person: person, listing, day, kind's place from 1, how often
    order: tuple[str, ...] = LEVELS
    viewers: dict[tuple[int, int], Viewer] = field(default_factory=dict)

    def viewer(self, person: int, day: int) -> Viewer:
        """As of the day's midnight, without what the visit opened."""
        if (person, day) not in self.viewers:
            self.viewers[person, day] = self._viewer(person, day)
        return self.viewers[person, day]

    def _viewer(self, person: int, day: int) -> Viewer:
        at = date_of(day)
        own = self.acts.get(person)
        own = None if own is None else own[own[:, 2] < day_number(at)]
        if own is None or not len(own):
            return features.NOBODY
        listings, worths = profiles.worths_as_of(own, at)
        return profiles.viewer_from(self.items, listings, worths)

    def matrix(self, shown: Shown, rows: Ids, positions: Ids | None = None) -> features.Matrix:
        """What the ranker sees of the things in `rows` when this strip was made."""
        assert shown.similar is not None
        day = day_of(shown.at)
        items = self.histories[day]
        recent = np.array(shown.similar.recent, dtype=np.int64) - 1
        viewer = self.viewer(shown.shopper.id, day)
        return features.feature_matrix(
            items.take(rows),
            seed=items.take(np.array([shown.similar.seed.id - 1])),
            context=Context(shown.at.timestamp(), shown.shopper.country, shown.similar.device),
            viewer=replace(viewer, recent=items.take(recent) if len(recent) else None),
            positions=positions,
        )

    def purchase(self, shown: Shown, rows: Ids) -> Row:
        """The truth: that who was shown this strip would buy each of these, having seen it."""
        assert shown.similar is not None
        seed = shown.similar.seed.id - 1
        return self.strips.wanting.chances(shown.shopper.taste, seed, rows).purchase

    def similar_strips(self, first: int, last: int) -> Iterator[tuple[int, Shown]]:
        """Number and strip of those shown on the days first ≤ day < last, in order of time."""
        found = [
            (number, shown)
            for number, shown in enumerate(self.month.shown)
            if shown.similar is not None and first <= day_of(shown.at) < last
        ]
        return iter(sorted(found, key=lambda each: (each[1].at, each[0])))

    def log(self, first: int, last: int) -> Log:
        """Of those days, with the place where each thing stood."""
        matrices, masks, rows, people, truth = [], [], [], [], []
        count = 0
        for number, shown in self.similar_strips(first, last):
            count += 1
            done = [self.masks.get((number, place), 0) for place in range(len(shown.wares))]
            if any(done):
                own = np.array(shown.wares, dtype=np.int64) - 1
                matrices.append(self.matrix(shown, own, np.arange(1, len(own) + 1)))
                masks.append(done)
                rows.append(own)
                people.append(np.full(len(own), shown.shopper.id))
                truth.append(self.purchase(shown, own))
        labels = strongest(np.concatenate(masks).astype(np.int64), self.order)
        sizes = np.array([len(each) for each in rows])
        return Log(
            RankingData(np.concatenate(matrices), labels, sizes, None, features.NAMES),
            count,
            np.concatenate(rows),
            np.concatenate(people),
            np.concatenate([np.arange(1, size + 1) for size in sizes.tolist()]),
            np.concatenate(truth),
        )

    def places(self, first: int, last: int) -> tuple[Ids, Row, NDArray[np.bool_]]:
        """Of every place shown on those days: which it was, its propensity, whether it was opened.

        All (n,).
        """
        places: list[int] = []
        propensities: list[float] = []
        opened: list[bool] = []
        for number, shown in self.similar_strips(first, last):
            assert shown.similar is not None
            places.extend(range(1, len(shown.wares) + 1))
            propensities.extend(shown.similar.propensities)
            opened.extend((number, place) in self.masks for place in range(len(shown.wares)))
        return np.array(places), np.array(propensities), np.array(opened)

    def masks_between(self, first: int, last: int) -> Ids:
        """What was done in the strips of those days, a mask for each thing that was opened."""
        numbers = {number for number, _ in self.similar_strips(first, last)}
        found = [mask for (number, _), mask in self.masks.items() if number in numbers]
        return np.array(found, dtype=np.int64)


def build(size: Size, seed: int) -> Market:
    """The market of that seed: another one has other people, things and chance."""
    plans = plan_listings(size.scale)
    rng = random.Random(f"market {seed}")
    wares = [
        ware_of(
            plan,
            id=row + 1,
            seller_id=1_000_000 + rng.randrange(SELLERS),
            published_at=UNTIL - timedelta(days=rng.uniform(1, 60)),
        )
        for row, plan in enumerate(plans)
    ]
    shoppers = [_shopper(number, seed, rng) for number in range(size.people)]
    month = simulate_month(wares, shoppers, until=UNTIL, seed=seed, strip_seen=STRIP_SEEN)
    items, departments = _items(plans, wares, np.random.default_rng(seed))
    return Market(
        wares,
        shoppers,
        month,
        items,
        SimilarStrips(wares, random.Random(seed)),
        list(_histories(items, month, PriorMaker(departments))),
        _masks(month),
        _acts(month),
    )


def day_of(at: datetime) -> int:
    """From 0, the first of the month that was simulated."""
    return (at - UNTIL).days + DAYS


def date_of(day: int) -> date:
    return (UNTIL - timedelta(days=DAYS - day)).date()


def _shopper(number: int, seed: int, rng: random.Random) -> Shopper:
    country = rng.choices([place[0] for place in PLACES], [place[2] for place in PLACES])[0]
    return Shopper(number, taste_of(seed * 100_000 + number), country)


# --- Listings as columns ------------------------------------------------------------------------


def _items(
    plans: Sequence[DemoListing], wares: Sequence[Ware], rng: np.random.Generator
) -> tuple[Items, dict[int, int]]:
    """The columns without histories, and the department of each category."""
    slugs = sorted({plan.category for plan in plans})
    category_of = {slug: number for number, slug in enumerate(slugs, start=1)}
    wings = {recipe.category: recipe.brands for recipe in RECIPES}
    number_of = {
        wing: number
        for number, wing in enumerate(sorted(set(wings.values())), start=len(slugs) + 1)
    }
    departments = {category_of[slug]: number_of[wings[slug]] for slug in slugs}
    categories = np.array([category_of[plan.category] for plan in plans])
    n = len(plans)
    joint, image, text = _vectors(plans, rng)
    items = Items(
        ids=np.arange(1, n + 1),
        categories=categories,
        departments=np.array([departments[each] for each in categories.tolist()]),
        sellers=np.array([ware.seller_id for ware in wares]),
        products=np.array(
            [
                key_of(
                    product_key(
                        product_id=None, category_id=category, attributes=plan.attributes.items()
                    )
                )
                for plan, category in zip(plans, categories.tolist(), strict=True)
            ]
        ),
        brands=np.array([key_of(spelling_key(plan.attributes.get("Brand", ""))) for plan in plans]),
        details=_details(plans),
        conditions=np.array([CONDITIONS.index(plan.condition) for plan in plans], np.int8),
        formats=np.array([FORMATS.index(plan.format) for plan in plans], np.int8),
        currencies=np.array([key_of(plan.currency) for plan in plans]),
        log_prices=np.array([math.log(plan.price) for plan in plans], np.float32),
        ad_rates=np.array([float(plan.ad_rate) for plan in plans], np.float32),
        quantities=np.array([plan.quantity for plan in plans], np.float32),
        published=np.array([ware.published_at.timestamp() for ware in wares]),
        history=np.zeros((n, len(HISTORY)), np.float32),
        prior=np.zeros((n, len(HISTORY)), np.float32),
        joint=joint,
        image=image,
        text=text,
    )
    return items, departments


def _details(plans: Sequence[DemoListing]) -> Ids:
    details = np.zeros((len(plans), MOST_DETAILS), np.int64)
    for row, plan in enumerate(plans):
        keys = sorted(
            key_of(f"{name}|{spelling_key(text)}") for name, text in plan.attributes.items()
        )
        details[row, : len(keys[:MOST_DETAILS])] = keys[:MOST_DETAILS]
    return details


def _vectors(
    plans: Sequence[DemoListing], rng: np.random.Generator
) -> tuple[NDArray[np.float16], NDArray[np.float16], NDArray[np.float16]]:
    """Joint, image and text: a direction for each word that is said or shown, added up."""
    directions: dict[str, Row] = {}

    def direction(word: str) -> Row:
        if word not in directions:
            found = rng.standard_normal(DIM)
            directions[word] = found / np.linalg.norm(found)
        return directions[word]

    def seen(plan: DemoListing) -> Row:
        look = plan.shown
        return direction(look.kind) + 0.6 * direction(look.colour) + 0.3 * direction(look.pattern)

    def said(plan: DemoListing) -> Row:
        words = [f"{name} {text}" for name, text in plan.attributes.items()]
        details = sum((direction(word) for word in words), np.zeros(DIM))
        return direction(plan.kind) + 0.6 * details / max(1.0, math.sqrt(len(words)))

    images = [_unit(seen(plan)) for plan in plans]
    texts = [_unit(said(plan)) for plan in plans]
    joints = [_unit(image + text) for image, text in zip(images, texts, strict=True)]
    return (
        _noisy(joints, JOINT_NOISE, rng),
        _noisy(images, IMAGE_NOISE, rng),
        _noisy(texts, TEXT_NOISE, rng),
    )


def _noisy(vectors: Sequence[Row], share: float, rng: np.random.Generator) -> NDArray[np.float16]:
    clean = np.stack(vectors)
    chance = rng.standard_normal(clean.shape)
    chance /= np.linalg.norm(chance, axis=1, keepdims=True)
    mixed = clean + share * chance
    unit: NDArray[np.float16] = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(
        np.float16
    )
    return unit


def _unit(vector: Row) -> Row:
    unit: Row = vector / np.linalg.norm(vector)
    return unit


# --- What was done ------------------------------------------------------------------------------


def _histories(items: Items, month: Month, priors: PriorMaker) -> Iterator[Items]:
    """The items as of each day's midnight."""
    counts = _counts(month, len(items))  # (days, n, kinds)
    half = weight(1)
    decayed = np.zeros(counts.shape[1:])
    keys, at = np.unique(items.categories, return_inverse=True)
    for day in range(DAYS):
        if day:
            decayed = (decayed + counts[day - 1]) * half
        of_categories = np.zeros((len(keys), len(HISTORY)))
        np.add.at(of_categories, at, decayed)
        yield replace(
            items,
            history=decayed.astype(np.float32),
            prior=priors.made(Tally(keys, of_categories)).of(items.categories),
        )


def _counts(month: Month, n: int) -> Row:
    counts = np.zeros((DAYS, n, len(HISTORY)))
    places = {kind: place for place, kind in enumerate(HISTORY)}
    for event in month.events:
        if event.ware is not None and event.kind in places and event.at < UNTIL:
            counts[day_of(event.at), event.ware.id - 1, places[event.kind]] += 1
    for shown in month.shown:
        counts[day_of(shown.at), np.array(shown.wares, dtype=np.int64) - 1, 0] += 1
    return counts


def _masks(month: Month) -> dict[tuple[int, int], int]:
    """What came of each place of a similar strip: the click on it, and all that this visit did
    with the listing from then on."""
    strips: dict[str, list[int]] = {}
    for number, shown in enumerate(month.shown):
        if shown.similar is not None:
            strips.setdefault(shown.session_key, []).append(number)
    opened: dict[tuple[str, int], tuple[int, int]] = {}
    acts: dict[tuple[int, int], set[str]] = {}
    forms: dict[tuple[int, int], str] = {}
    for event in month.events:
        if event.ware is None or event.session_key not in strips:
            continue
        what = event.session_key, event.ware.id
        if event.kind == "click" and event.data["strip"] == "similar":
            place = int(event.data["position"]) - 1
            number = next(
                number
                for number in reversed(strips[event.session_key])
                if month.shown[number].at <= event.at
                and month.shown[number].wares[place : place + 1] == (event.ware.id,)
            )
            opened[what] = number, place
            forms[number, place] = event.ware.format
        if what in opened:
            acts.setdefault(opened[what], set()).add(event.kind)
    return {slot: acts_mask(done, forms[slot]) for slot, done in acts.items()}


def _acts(month: Month) -> dict[int, Ids]:
    """As recommender/items/profiles.py reads them from the log."""
    kinds = {kind: place for place, kind in enumerate(profiles.KINDS, start=1)}
    found: dict[int, list[tuple[int, int, int, int, int]]] = {}
    for event in month.events:
        if event.ware is not None and event.kind in kinds:
            day = day_number(event.at.date())
            row = (event.shopper.id, event.ware.id, day, kinds[event.kind], 1)
            found.setdefault(event.shopper.id, []).append(row)
    return {person: np.array(rows, dtype=np.int64) for person, rows in found.items()}
