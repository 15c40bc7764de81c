"""What figures mean, in words that need no statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recommender import policy
from recommender.experiments.metrics import BY_NAME, Metric
from recommender.experiments.readings import ArmFigures, Comparison, Figures
from recommender.models import Experiment


@dataclass(frozen=True)
class Verdict:
    """`weight` is "good", "bad" or "open"."""

    weight: str
    text: str


def verdict_on(one: Comparison) -> Verdict:
    """Every metric is better when it is higher."""
    if one.effect is None or one.low is None or one.high is None:
        return Verdict(
            "open",
            f"not yet known: each arm needs {policy.LEAST_UNITS_AN_ARM} units and"
            f" {policy.LEAST_ACTS_AN_ARM} acts",
        )
    if one.low > 0:
        return Verdict("good", f"better, at least {told(one, one.low)}")
    if one.high < 0:
        return Verdict("bad", f"worse, at least {told(one, one.high)}")
    return Verdict("open", f"not yet known: {told(one, one.low)} to {told(one, one.high)}")


def told(one: Comparison, value: float | None) -> str:
    """A difference as a share of the control's value, or as it is where that is 0."""
    relative = one.relative(value)
    if value is None:
        return "–"
    signed = f"{value:+.4g}" if relative is None else f"{relative:+.1%}"
    return signed.replace("-", "−")


def primary_verdicts(experiment: Experiment, figures: Figures | None) -> list[tuple[str, Verdict]]:
    """Of each arm but the control, by its name, on the metric that decides."""
    if figures is None:
        return []
    return [(each.arm, verdict_on(each)) for each in figures.of_metric(experiment.metric)]


def in_short(experiment: Experiment, figures: Figures | None) -> str:
    """For a list."""
    if figures is None or not figures.units:
        return "nobody has been exposed yet"
    if figures.is_ratio_off:
        return "not to be trusted: the arms are not shared out as planned"
    verdicts = primary_verdicts(experiment, figures)
    return "; ".join(f"{arm}: {verdict.text}" for arm, verdict in verdicts)


def guardrails(figures: Figures) -> list[Verdict]:
    """What should hold whatever the metric says."""
    return [_ratio(figures), *_slowness(figures.arms), *_harm(figures)]


def _ratio(figures: Figures) -> Verdict:
    if figures.is_ratio_off:
        return Verdict(
            "bad",
            "The arms are not shared out as planned: something drops or doubles people of one arm."
            " Do not read the effects; stop, find the cause and begin again under a new key.",
        )
    return Verdict("good", "The arms are shared out as planned.")


def _slowness(arms: Sequence[ArmFigures]) -> Iterator[Verdict]:
    control, *others = arms
    for arm in others:
        if control.slow is None or arm.slow is None:
            yield Verdict(
                "open",
                f"How long strips of “{arm.name}” take is not yet known:"
                f" {policy.LEAST_UNITS_AN_ARM} of each arm have to be timed.",
            )
            continue
        slower = arm.slow[0] / control.slow[0] - 1 if control.slow[0] else 0.0
        # The interval's lower end, so that a few slow strips sound no alarm.
        is_bad = arm.slow[1] > control.slow[0] * (1 + policy.SLOWER_BY_MOST)
        yield Verdict(
            "bad" if is_bad else "good",
            f"95% of first strips of “{arm.name}” take at most {arm.slow[0]:.0f} ms"
            f" ({slower:+.0%} beside the control).",
        )


def _harm(figures: Figures) -> Iterator[Verdict]:
    for one in figures.of_metric("anywhere"):
        verdict = verdict_on(one)
        if verdict.weight == "bad":
            yield Verdict("bad", f"“{one.arm}” costs purchases on the whole site: {verdict.text}.")


def words_of(one: Comparison) -> str:
    metric: Metric = BY_NAME[one.metric]
    return f"{metric.words}, {one.currency}" if one.currency else metric.words
