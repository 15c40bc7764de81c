"""Which recipe a strip is made by, and the note of who got what differs.

  1  `choose` before the strip is made: the surface's default, changed by the arms of the
     experiments that the person or visit is in
  2  `note_exposures` once it is about to be shown: the first time alone is kept

Nobody is exposed by being assigned: who never came to a strip that differs would only add noise.
Neither may fail a strip.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from listing_assistant.remembered import Remembered
from recommender.events.event import person_of
from recommender.experiments.arms import Arm, Overrides, arms_of, recipe_of
from recommender.experiments.assigning import arm_of, bucket_of
from recommender.models import Experiment
from recommender.similar.recipe import Recipe

log = structlog.get_logger()

# Exposures that this process has noted, so that a page seen again costs nothing.
MOST_NOTED = 100_000
_noted: set[tuple[int, str]] = set()

RUNNING = """
SELECT
  (SELECT coalesce(json_object_agg(surface, overrides), '{}') FROM (
     SELECT DISTINCT ON (surface) surface, overrides FROM recommender_recipedefault
     ORDER BY surface, id DESC) newest),
  (SELECT coalesce(json_agg(json_build_object(
       'id', e.id, 'key', e.key, 'surfaces', e.surfaces, 'unit', e.unit, 'salt', e.salt,
       'layer_salt', l.salt, 'first_bucket', e.first_bucket, 'end_bucket', e.end_bucket,
       'arms', e.arms) ORDER BY e.id), '[]')
   FROM recommender_experiment e JOIN recommender_experimentlayer l ON l.id = e.layer_id
   WHERE e.state = 'running')
"""


@dataclass(frozen=True)
class Choice:
    """`arms` are those of the experiments that may change the strip, by the experiments' keys."""

    recipe: Recipe = field(default_factory=Recipe)
    arms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """An experiment as choosing needs it."""

    id: int
    key: str
    surfaces: Sequence[str]
    unit: str
    salt: str
    layer_salt: str
    first_bucket: int
    end_bucket: int
    arms: Sequence[Arm]

    def unit_of(self, user_id: int | None, session_key: str) -> str:
        """`person_of` the one who counts; empty for nobody, as without signing in."""
        if self.unit == Experiment.Unit.USER:
            return person_of(user_id, "") if user_id else ""
        return person_of(None, session_key) if session_key else ""

    def arm_for(self, unit: str) -> Arm | None:
        """None for those who are not in it."""
        if not unit:
            return None
        if not self.first_bucket <= bucket_of(self.layer_salt, unit) < self.end_bucket:
            return None
        return self.arms[arm_of(self.salt, unit, [arm.share for arm in self.arms])]


@dataclass(frozen=True)
class Plan:
    """What all processes go by until it changes."""

    defaults: Mapping[str, Overrides] = field(default_factory=dict)
    running: Sequence[Running] = ()


def read_plan() -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(RUNNING)
        defaults, running = (_plain(each) for each in cursor.fetchone())
    return Plan(defaults, [_running(each) for each in running])


current_plan = Remembered(read_plan)


def choose(surface: str, *, user_id: int | None, session_key: str) -> Choice:
    """The recipe for this viewer. Where it cannot be known, that of policy.py and no arms."""
    try:
        plan = current_plan()
    except DatabaseError:
        log.exception("experiments_unknown", surface=surface)
        return Choice()
    recipe = recipe_of(Recipe(), plan.defaults.get(surface, {}))
    arms = {}
    for experiment in plan.running:
        if surface not in experiment.surfaces:
            continue
        arm = experiment.arm_for(experiment.unit_of(user_id, session_key))
        if arm is not None:
            recipe = recipe_of(recipe, arm.overrides)
            arms[experiment.key] = arm.name
    return Choice(recipe, arms)


def note_exposures(
    choice: Choice, *, user_id: int | None, session_key: str, milliseconds: float | None = None
) -> None:
    """Keep who got which arm for the first time, and how long that strip took to make.

    Not to be called for robots, previews and pages that nobody will see.
    """
    if not choice.arms:
        return
    try:
        rows = _rows(choice, user_id, session_key, milliseconds)
        if rows:
            _write(rows)
            # What a transaction around it takes back was not noted.
            transaction.on_commit(lambda: _remember(rows))
    except DatabaseError:
        log.exception("exposures_lost", arms=dict(choice.arms))


Row = tuple[int, str, str, float | None]


def _rows(
    choice: Choice, user_id: int | None, session_key: str, milliseconds: float | None
) -> list[Row]:
    """Of those that this process has not noted yet."""
    rows = []
    for experiment in current_plan().running:
        arm = choice.arms.get(experiment.key)
        unit = experiment.unit_of(user_id, session_key)
        if arm and unit and (experiment.id, unit) not in _noted:
            rows.append((experiment.id, unit, arm, milliseconds))
    return rows


def _write(rows: Sequence[Row]) -> None:
    values = ", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    now = timezone.now()
    # Apart, so that a failure takes nothing else along.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recommender_exposure (experiment_id, unit, arm, first_at, milliseconds)"
            f" VALUES {values} ON CONFLICT DO NOTHING",
            [value for pk, unit, arm, took in rows for value in (pk, unit, arm, now, took)],
        )


def _remember(rows: Sequence[Row]) -> None:
    """Forgetting all costs questions that change nothing."""
    if len(_noted) > MOST_NOTED:
        _noted.clear()
    _noted.update((pk, unit) for pk, unit, *_ in rows)


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _running(told: Mapping[str, Any]) -> Running:
    return Running(**{**told, "arms": arms_of(told["arms"])})
