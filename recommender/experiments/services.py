"""What staff do to an experiment. Each step is noted with who, when, what and why.

draft → running → stopped, or shipped: the arm's fields become the default of its surfaces. `undo`
takes that back, and leaves the experiment stopped.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from recommender.experiments.arms import (
    Arm,
    ArmError,
    Overrides,
    arms_of,
    check_arms,
    check_difference,
)
from recommender.experiments.assigning import BUCKETS
from recommender.experiments.metrics import PRIMARY
from recommender.models import (
    Experiment,
    ExperimentChange,
    ExperimentLayer,
    RecipeDefault,
)

log = structlog.get_logger()

State = Experiment.State


class ExperimentError(Exception):
    """A step that cannot be taken; `field` names what is wrong, `message` what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class By:
    """Who takes a step and why; None for the command line."""

    user: User | None
    reason: str


@dataclass(frozen=True)
class Plan:
    """An experiment before it is made."""

    key: str
    layer: ExperimentLayer
    surfaces: Sequence[str]
    unit: str
    hypothesis: str
    metric: str
    planned_units: int
    arms: Sequence[Arm]


@transaction.atomic
def create_experiment(*, plan: Plan, by: By) -> Experiment:
    """A draft. Raises ExperimentError for what could not be started."""
    _check_plan(plan)
    experiment = Experiment.objects.create(
        key=plan.key,
        layer=plan.layer,
        surfaces=list(plan.surfaces),
        unit=plan.unit,
        hypothesis=plan.hypothesis.strip(),
        metric=plan.metric,
        planned_units=plan.planned_units,
        arms=[arm.as_json() for arm in plan.arms],
        salt=secrets.token_hex(16),
    )
    _note(experiment, "create", ", ".join(arm.name for arm in plan.arms), by)
    return experiment


@transaction.atomic
def start_experiment(*, experiment: Experiment, share: float, by: By) -> None:
    """On a share of the layer's traffic. Raises ExperimentError."""
    experiment = _locked(experiment, State.DRAFT, "started")
    arms = arms_of(experiment.arms)
    _check_arms(arms, experiment.layer)
    _check_difference(arms, experiment.surfaces)
    taken = _taken(experiment)
    size = _buckets(share)
    first, end = max(_gaps(taken), key=lambda gap: gap[1] - gap[0], default=(0, 0))
    if size > end - first:
        raise ExperimentError("share", _no_room(experiment, end - first))
    experiment.first_bucket, experiment.end_bucket = first, first + size
    experiment.state, experiment.started_at = State.RUNNING, timezone.now()
    experiment.save()
    _note(experiment, "start", f"on {share:.2%} of the traffic", by)


@transaction.atomic
def ramp_experiment(*, experiment: Experiment, share: float, by: By) -> None:
    """To more traffic or less. Nobody moves to another arm. Raises ExperimentError.

    Who falls out by a smaller share gets the default from then on, and stays in the figures.
    """
    experiment = _locked(experiment, State.RUNNING, "ramped")
    size = _buckets(share)
    room = next(
        end - experiment.first_bucket
        for first, end in _gaps(_taken(experiment))
        if first <= experiment.first_bucket < end
    )
    if size > room:
        raise ExperimentError("share", _no_room(experiment, room))
    before = (experiment.end_bucket - experiment.first_bucket) / BUCKETS
    experiment.end_bucket = experiment.first_bucket + size
    experiment.save()
    _note(experiment, "ramp", f"from {before:.2%} to {share:.2%} of the traffic", by)


@transaction.atomic
def stop_experiment(*, experiment: Experiment, by: By) -> None:
    """Everybody gets the default again. Raises ExperimentError."""
    experiment = _locked(experiment, State.RUNNING, "stopped")
    _end(experiment, State.STOPPED)
    _note(experiment, "stop", "everybody gets the default", by)


@transaction.atomic
def ship_arm(*, experiment: Experiment, arm: str, by: By) -> None:
    """The arm's fields become the default of the experiment's surfaces. Raises ExperimentError."""
    experiment = _locked(experiment, State.RUNNING, "shipped")
    arms = arms_of(experiment.arms)
    chosen = next((each for each in arms[1:] if each.name == arm), None)
    if chosen is None:
        raise ExperimentError(
            "arm", f"“{arm}” is no arm that could be shipped; to keep the control, stop"
        )
    _check_arms(arms, experiment.layer)
    change = _note(experiment, "ship", f"“{arm}” on {', '.join(experiment.surfaces)}", by)
    for surface in experiment.surfaces:
        overrides = {**default_of(surface), **chosen.overrides}
        RecipeDefault.objects.create(surface=surface, overrides=overrides, change=change)
    experiment.shipped_arm = arm
    _end(experiment, State.SHIPPED)


@transaction.atomic
def undo_ship(*, experiment: Experiment, by: By) -> None:
    """The defaults of before. Raises ExperimentError where something else was shipped since."""
    experiment = _locked(experiment, State.SHIPPED, "taken back")
    shipped = RecipeDefault.objects.filter(change__experiment=experiment, change__step="ship")
    before = {row.surface: _before(row) for row in shipped}
    change = _note(experiment, "undo", f"“{experiment.shipped_arm}” is not the default", by)
    for surface, overrides in before.items():
        RecipeDefault.objects.create(surface=surface, overrides=overrides, change=change)
    experiment.state, experiment.shipped_arm = State.STOPPED, ""
    experiment.save()


def _before(shipped: RecipeDefault) -> Overrides:
    """The default that it took the place of. Raises ExperimentError where another builds on it."""
    on_surface = RecipeDefault.objects.filter(surface=shipped.surface)
    # What was taken back since has left no trace.
    later = on_surface.filter(
        id__gt=shipped.pk, change__step="ship", change__experiment__state=State.SHIPPED
    ).first()
    if later is not None:
        key = later.change.experiment.key
        raise ExperimentError("state", f"take back “{key}” first: it was shipped later")
    earlier = on_surface.filter(id__lt=shipped.pk).order_by("-id").first()
    return earlier.overrides if earlier else {}


def default_of(surface: str) -> Overrides:
    """What staff shipped for the surface so far."""
    newest = RecipeDefault.objects.filter(surface=surface).order_by("-id").first()
    return newest.overrides if newest else {}


def room_in(layer: ExperimentLayer) -> float:
    """The largest share of traffic that a new experiment could have."""
    running = layer.experiments.filter(state=State.RUNNING)
    taken = [(each.first_bucket, each.end_bucket) for each in running]
    return max((end - first for first, end in _gaps(taken)), default=0) / BUCKETS


# --- Checks ---------------------------------------------------------------------------------------


def _check_plan(plan: Plan) -> None:
    if Experiment.objects.filter(key=plan.key).exists():
        raise ExperimentError("key", f"“{plan.key}” has been used; the log needs another name")
    if not plan.surfaces or not set(plan.surfaces) <= set(plan.layer.surfaces):
        known = ", ".join(plan.layer.surfaces)
        raise ExperimentError("surfaces", f"choose from those of the layer: {known}")
    if plan.metric not in {metric.name for metric in PRIMARY}:
        known = ", ".join(metric.name for metric in PRIMARY)
        raise ExperimentError("metric", f"“{plan.metric}” cannot decide; use {known}")
    if plan.planned_units < 1:
        raise ExperimentError("planned_units", "say about how many there will be; 1 or more")
    _check_arms(plan.arms, plan.layer)
    _check_difference(plan.arms, plan.surfaces)


def _check_arms(arms: Sequence[Arm], layer: ExperimentLayer) -> None:
    """At every step once more: a release that an arm names may be gone by now."""
    try:
        check_arms(arms, allowed=layer.fields)
    except ArmError as error:
        raise ExperimentError(error.field, error.message) from error


def _check_difference(arms: Sequence[Arm], surfaces: Sequence[str]) -> None:
    """Before the start alone: what was shipped since must not keep an arm from being shipped."""
    try:
        check_difference(arms, defaults=[default_of(surface) for surface in surfaces])
    except ArmError as error:
        raise ExperimentError(error.field, error.message) from error


def _buckets(share: float) -> int:
    size = round(share * BUCKETS)
    if not 1 <= size <= BUCKETS:
        raise ExperimentError("share", "use more than 0 and at most 100% of the traffic")
    return size


def _no_room(experiment: Experiment, room: int) -> str:
    others = experiment.layer.experiments.filter(state=State.RUNNING).exclude(pk=experiment.pk)
    keys = ", ".join(f"“{each.key}”" for each in others)
    if not room:
        return f"no traffic of the layer is left; stop one of {keys} first"
    return f"at most {room / BUCKETS:.2%} is free beside {keys}"


def _taken(experiment: Experiment) -> list[tuple[int, int]]:
    """Of the layer's other experiments that run."""
    running = experiment.layer.experiments.filter(state=State.RUNNING).exclude(pk=experiment.pk)
    return [(each.first_bucket, each.end_bucket) for each in running]


def _gaps(taken: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of the layer's buckets is free, as first and end."""
    gaps, free = [], 0
    for first, end in sorted(taken):
        if first > free:
            gaps.append((free, first))
        free = max(free, end)
    return [*gaps, (free, BUCKETS)] if free < BUCKETS else gaps


def _locked(experiment: Experiment, state: str, step: str) -> Experiment:
    """As it is now, after everybody else's step in the same layer."""
    list(ExperimentLayer.objects.select_for_update().order_by("pk"))
    fresh = Experiment.objects.select_related("layer").get(pk=experiment.pk)
    if fresh.state != state:
        raise ExperimentError(
            "state", f"{fresh.key} is {fresh.get_state_display().lower()}: it cannot be {step}"
        )
    return fresh


def _end(experiment: Experiment, state: str) -> None:
    experiment.state, experiment.ended_at = state, timezone.now()
    experiment.save()


def _note(experiment: Experiment, step: str, told: str, by: By) -> ExperimentChange:
    reason = by.reason.strip()
    if not reason:
        raise ExperimentError("reason", "say why, for those who look back")
    log.info("experiment_changed", experiment=experiment.key, step=step, told=told)
    return ExperimentChange.objects.create(
        experiment=experiment, step=step, told=told[:300], reason=reason[:300], made_by=by.user
    )
