"""A strip of similar items, as a page or an app shows it now (PLSIM: recall, rank, re-rank).

  1  candidates with their sources (finding.py), the same for all who look at the seed
  2  the recipe: the surface's own, or that of an experiment's arm
  3  what this viewer wants most of them (engine.py)
  4  one query for which of the best can be bought, and for more where many of those are sold: what
     is re-ranked can all be shown, so that the propensities are those of what is seen
  5  the order shown: ad rates within bounds, seller cap, diversity, exploration (reranking.py)
  6  how it was made, signed, to come back with the impression; who was exposed to what

The database's word is the last one: a kept list that is minutes old shows nothing that is sold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.experiments.choosing import Choice, choose, note_exposures
from recommender.features import NAMES
from recommender.items.columns import Ids
from recommender.items.table import ItemTable, current_table
from recommender.ranking import shadow
from recommender.reranking import Reranked, rerank
from recommender.similar import metrics
from recommender.similar.context import Asker, Setting, setting_of
from recommender.similar.engine import Ranked, Stage, rank_candidates
from recommender.similar.explaining import Explanation, explain_slots
from recommender.similar.finding import Found, Sources, find_similar
from recommender.similar.reasons import reason_of
from recommender.similar.recipe import BY_SIMILARITY
from recommender.similar.served import TOLD_OF_ID, Served
from recommender.strips.cards import Card, live_cards
from recommender.strips.metrics import SHORT_STRIPS, STRIP_SECONDS

SIMILAR = "similar"

Features = Mapping[str, float]
ReasonOf = Callable[[Sources, Features], str]


@dataclass(frozen=True)
class SimilarSlot:
    """A place of a strip, from 1. `reason` is for buyers and may be empty. `sources` are what each
    recall set said of the listing, `score` is the ranker's, which compares within one strip."""

    position: int
    card: Card
    reason: str
    is_sponsored: bool
    propensity: float
    score: float
    sources: Sources

    @property
    def listing_id(self) -> int:
        return self.card.pk

    @property
    def recall_set(self) -> str:
        """That of those which proposed it where it stood nearest to the top."""
        return next(iter(self.sources))


@dataclass(frozen=True)
class SimilarStrip:
    """`served` goes to the page or app and comes back with the impression of what was seen."""

    slots: list[SimilarSlot] = field(default_factory=list)
    served: str = ""
    explanation: Explanation | None = None


def similar_strip(
    listing: Listing,
    *,
    viewer_id: int | None = None,
    session_key: str = "",
    country: str = "",
    device: str = "",
    limit: int = policy.STRIP_SIZE,
    explain: bool = False,
) -> SimilarStrip:
    """What is like the listing and can be bought now, for this viewer; nothing of their own.

    With `explain` it says how it came about; staff's looks are no exposures to experiments.
    """
    started = time.perf_counter()
    return strip_of(
        SIMILAR,
        find_similar(listing),
        asker=Asker(viewer_id, session_key, country, device),
        seed_id=listing.pk,
        limit=limit,
        explain=explain,
        started=started,
    )


def strip_of(
    name: str,
    found: Found,
    *,
    asker: Asker,
    seed_id: int | None = None,
    hidden: Collection[int] = (),
    limit: int = policy.STRIP_SIZE,
    explain: bool = False,
    reason: ReasonOf = reason_of,
    started: float | None = None,
) -> SimilarStrip:
    """A strip of candidates from anywhere, from step 2 on; `hidden` listings are left out.

    `name` is the strip's and its surface's. `started` is when the work on it began, by
    time.perf_counter, where that was before.
    """
    clock = _Clock(started)
    clock.note(Stage.FIND)
    choice = choose(name, user_id=asker.viewer_id, session_key=asker.session_key)
    table = current_table()
    setting = setting_of(asker, table, but=() if seed_id is None else (seed_id,))
    clock.note(Stage.SETTING)
    ranked = rank_candidates(
        found.sources,
        setting=setting,
        table=table,
        recipe=choice.recipe,
        seed_id=seed_id,
        strip=name,
    )
    clock.note(Stage.RANK)
    shown = _shown(ranked, limit, viewer_id=asker.viewer_id, hidden={*hidden, seed_id})
    clock.note(Stage.CARDS)
    reranked = rerank(
        ranked.items.take(shown.rows),
        ranked.scores[shown.rows],
        limit=limit,
        recipe=choice.recipe,
        rng=np.random.default_rng(),
    )
    clock.note(Stage.RERANK)
    slots = _slots(reranked, shown, ranked, reason)
    strip = SimilarStrip(slots, _served(slots, ranked, setting, choice, table).sign())
    if explain:
        explanation = _explanation(found, ranked, shown, reranked, choice, clock.stages)
        return replace(strip, explanation=explanation)
    _count(name, found.cache, strip, clock)
    _let_know(ranked, choice, asker, clock.milliseconds)
    return strip


# --- What may be shown --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Shown:
    """Rows of `Ranked`, the best first, and their cards by listing id."""

    rows: Ids
    cards: Mapping[int, Card]


def _shown(
    ranked: Ranked, limit: int, *, viewer_id: int | None, hidden: Collection[int | None]
) -> _Shown:
    """The best policy.RERANKED of which nothing is sold, the viewer's own, or hidden; more are
    looked up only where those do not fill a strip."""
    ids = ranked.items.ids.tolist()
    rows: list[int] = []
    cards: dict[int, Card] = {}
    most = max(policy.RERANKED, limit)
    for start in range(0, len(ids), most):
        wanted = {pk: row for row, pk in enumerate(ids[start : start + most], start)}
        found = live_cards([pk for pk in wanted if pk not in hidden])
        cards |= {pk: card for pk, card in found.items() if card.seller_id != viewer_id}
        rows += [row for pk, row in wanted.items() if pk in cards]
        if len(rows) >= limit:
            break
    return _Shown(np.array(rows, dtype=np.int64), cards)


def _slots(
    reranked: Reranked, shown: _Shown, ranked: Ranked, reason: ReasonOf
) -> list[SimilarSlot]:
    slots = []
    for position, each in enumerate(reranked.slots, start=1):
        row = int(shown.rows[each.row])
        listing_id = int(ranked.items.ids[row])
        card, sources = shown.cards[listing_id], ranked.sources[listing_id]
        features = dict(zip(NAMES, ranked.matrix[row].tolist(), strict=True))
        slots.append(
            SimilarSlot(
                position=position,
                card=card,
                reason=reason(sources, features),
                # By what moved it, too: an ad rate may have been taken back since.
                is_sponsored=card.is_promoted or bool(ranked.items.ad_rates[row] > 0),
                propensity=each.propensity,
                score=float(ranked.scores[row]),
                sources=sources,
            )
        )
    return slots


# --- What is told of it -------------------------------------------------------------------------


class _Clock:
    """What each stage took, in milliseconds."""

    def __init__(self, started: float | None) -> None:
        self._started = self._last = time.perf_counter() if started is None else started
        self.stages: dict[str, float] = {}

    def note(self, stage: Stage) -> None:
        now = time.perf_counter()
        self.stages[stage] = (now - self._last) * 1000
        self._last = now

    @property
    def milliseconds(self) -> float:
        return (self._last - self._started) * 1000


def _served(
    slots: list[SimilarSlot],
    ranked: Ranked,
    setting: Setting,
    choice: Choice,
    table: ItemTable | None,
) -> Served:
    return Served(
        table=table.day if table else "",
        ranker=ranked.ranker,
        country=setting.context.country,
        device=setting.context.device,
        recent=setting.recent,
        propensities=tuple(round(each.propensity, 6) for each in slots),
        arms=choice.arms,
        shown=tuple(str(each.card.public_id)[:TOLD_OF_ID] for each in slots),
        at=setting.context.at,
    )


def _let_know(ranked: Ranked, choice: Choice, asker: Asker, milliseconds: float) -> None:
    """The shadow of the ranker, and the experiments."""
    if ranked.ranker != BY_SIMILARITY:
        shadow.offer(ranked.matrix, ranked.scores, ranked.ranker)
    if asker.device:  # a robot has none
        note_exposures(
            choice,
            user_id=asker.viewer_id,
            session_key=asker.session_key,
            milliseconds=milliseconds,
        )


def _explanation(
    found: Found,
    ranked: Ranked,
    shown: _Shown,
    reranked: Reranked,
    choice: Choice,
    stages: Mapping[str, float],
) -> Explanation:
    return Explanation(
        runs=found.runs,
        ranker=ranked.ranker,
        fallback=ranked.fallback,
        stages=stages,
        candidates=len(ranked.items),
        costs=reranked.costs,
        ad_weight=reranked.ad_weight,
        slots=explain_slots(
            listing_ids=ranked.items.ids[shown.rows].tolist(),
            scores=ranked.scores[shown.rows],
            matrix=ranked.matrix[shown.rows],
            sources=ranked.sources,
            reranked=reranked,
            ranker=ranked.ranker,
        ),
        arms=choice.arms,
        cache=found.cache,
    )


def _count(name: str, cache: str, strip: SimilarStrip, clock: _Clock) -> None:
    STRIP_SECONDS.labels(name, cache).observe(clock.milliseconds / 1000)
    for stage, milliseconds in clock.stages.items():
        metrics.STAGE_SECONDS.labels(name, stage).observe(milliseconds / 1000)
    if len(strip.slots) < policy.LEAST_SHOWN:
        SHORT_STRIPS.labels(name).inc()
