"""What staff type when they plan an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from recommender import policy
from recommender.experiments.arms import Arm, ArmError, read_field
from recommender.experiments.assigning import BUCKETS
from recommender.experiments.metrics import PRIMARY
from recommender.experiments.services import Plan
from recommender.models import Experiment, ExperimentLayer, Surface

ROWS = range(1, policy.MOST_ARMS + 1)


@dataclass(frozen=True)
class ArmRow:
    """The fields of one arm as the page shows them."""

    number: int
    name: BoundField
    share: BoundField
    overrides: BoundField


class PlanForm(forms.Form):
    """An arm's fields are typed as “field = value, field = value”.

    Rows without a name are left out. `plan` gives what was typed, once it is valid.
    """

    key = forms.SlugField(max_length=20, help_text="Short and for good: the log has it")
    hypothesis = forms.CharField(
        max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), help_text="What changes and why"
    )
    layer = forms.ModelChoiceField(
        ExperimentLayer.objects.all(), empty_label=None, help_text="What may be changed"
    )
    surfaces = forms.MultipleChoiceField(
        choices=Surface.choices, widget=forms.CheckboxSelectMultiple, initial=[Surface.SIMILAR]
    )
    unit = forms.ChoiceField(choices=Experiment.Unit.choices, initial=Experiment.Unit.SESSION)
    metric = forms.ChoiceField(
        choices=[(metric.name, metric.words) for metric in PRIMARY],
        help_text="The one that decides",
    )
    planned_units = forms.IntegerField(
        min_value=1, initial=10_000, help_text="About how many will be in it"
    )
    reason = forms.CharField(max_length=300, help_text="For those who look back")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in ROWS:
            is_first = number == 1
            name = {1: "control", 2: "new"}.get(number, "")
            self.fields[f"name_{number}"] = forms.CharField(
                label="Name", max_length=20, required=is_first, initial=name
            )
            self.fields[f"share_{number}"] = forms.FloatField(
                label="Share, %", required=is_first, initial=50 if name else None
            )
            self.fields[f"overrides_{number}"] = forms.CharField(
                label="What it changes", max_length=300, required=False
            )

    def arm_rows(self) -> Iterator[ArmRow]:
        for number in ROWS:
            fields = (self[f"{name}_{number}"] for name in ("name", "share", "overrides"))
            yield ArmRow(number, *fields)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        told["arms"] = [arm for number in ROWS if (arm := self._arm(number, told)) is not None]
        return told

    def plan(self) -> Plan:
        told = self.cleaned_data
        names = (
            "key",
            "layer",
            "surfaces",
            "unit",
            "hypothesis",
            "metric",
            "planned_units",
            "arms",
        )
        return Plan(**{name: told[name] for name in names})

    def add_service_error(self, field: str, message: str) -> None:
        """Beside the field, or above all where the page has none of that name."""
        is_known = field in self.fields
        self.add_error(field if is_known else None, message if is_known else f"{field}: {message}")

    def _arm(self, number: int, told: dict[str, Any]) -> Arm | None:
        name, share = told.get(f"name_{number}"), told.get(f"share_{number}")
        if not name:
            return None
        if share is None:
            if f"share_{number}" not in self.errors:
                self.add_error(f"share_{number}", "Say which share of the traffic it gets.")
            return None
        try:
            overrides = dict(_overrides(told.get(f"overrides_{number}") or ""))
        except ArmError as error:
            self.add_error(f"overrides_{number}", str(error))
            return None
        return Arm(name, share / 100, overrides)


class ShareForm(forms.Form):
    """How much of the layer's traffic, in per cent."""

    share = forms.FloatField(min_value=100 / BUCKETS, max_value=100)


def _overrides(text: str) -> Iterator[tuple[str, Any]]:
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise ArmError(part, "write field = value, with a comma between two of them")
        yield name, read_field(name, value)
