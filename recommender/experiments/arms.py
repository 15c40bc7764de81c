"""What an arm may change of a recipe, and within which bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from recommender import policy
from recommender.models import ModelRelease
from recommender.similar.recipe import BY_SIMILARITY, IN_SERVICE, Recipe

Overrides = Mapping[str, Any]
FIELDS = {each.name: each for each in fields(Recipe)}


class ArmError(Exception):
    """`field` names what is wrong, `message` says why and what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


@dataclass(frozen=True)
class Arm:
    name: str
    share: float
    overrides: Overrides

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "share": self.share, "overrides": dict(self.overrides)}


def arms_of(told: Sequence[Mapping[str, Any]]) -> list[Arm]:
    """Of `Experiment.arms`."""
    return [Arm(each["name"], each["share"], each["overrides"]) for each in told]


def recipe_of(recipe: Recipe, overrides: Overrides) -> Recipe:
    """The recipe with these fields changed; what a later version knows no more is left out."""
    return replace(recipe, **{name: value for name, value in overrides.items() if name in FIELDS})


def check_arms(arms: Sequence[Arm], *, allowed: Sequence[str]) -> None:
    """Raises ArmError. `allowed` are the fields of the layer."""
    if not 2 <= len(arms) <= policy.MOST_ARMS:
        raise ArmError("arms", f"an experiment has 2 to {policy.MOST_ARMS} arms, the control first")
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        raise ArmError("arms", "two arms have the same name; give each its own")
    for arm in arms:
        _check_arm(arm, allowed)
    total = sum(arm.share for arm in arms)
    if abs(total - 1) > 1e-6:
        raise ArmError("arms", f"the shares add up to {100 * total:.6g}%; make them 100%")


def check_difference(arms: Sequence[Arm], *, defaults: Sequence[Overrides]) -> None:
    """Raises ArmError where two arms are the same. `defaults` are those of the surfaces now."""
    bases = [recipe_of(Recipe(), default) for default in defaults]
    recipes = {tuple(recipe_of(base, arm.overrides) for base in bases) for arm in arms}
    if len(recipes) < len(arms):
        raise ArmError("arms", "two arms make the same strips; change a field of one of them")


def _check_arm(arm: Arm, allowed: Sequence[str]) -> None:
    if not arm.name.replace("-", "").isalnum() or not arm.name.isascii() or len(arm.name) > 20:
        raise ArmError("arms", f"“{arm.name}”: a name is 1 to 20 letters, digits and dashes")
    if not 0 < arm.share < 1:
        raise ArmError("arms", f"{arm.name}: a share is more than 0 and less than 100%")
    for name, value in arm.overrides.items():
        if name not in allowed:
            raise ArmError(name, f"not a field of this layer; it has {', '.join(allowed)}")
        check_field(name, value)


def check_field(name: str, value: Any) -> None:
    """Raises ArmError for what no recipe may have."""
    if name not in FIELDS:
        raise ArmError(name, f"no field of a recipe; those are {', '.join(FIELDS)}")
    if name == "ranker":
        _check_ranker(value)
        return
    low, high = policy.RECIPE_BOUNDS[name]
    is_whole = FIELDS[name].type == "int"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (is_whole and not float(value).is_integer()):
        raise ArmError(name, f"“{value}” is no {'whole ' if is_whole else ''}number")
    if not low <= value <= high:
        raise ArmError(name, f"{value:g} is out of bounds; use {low:g} to {high:g}")


def read_field(name: str, text: str) -> Any:
    """A field's value from what was typed. Raises ArmError."""
    text = text.strip()
    if name not in FIELDS:
        check_field(name, text)
    value: Any = text
    if name != "ranker":
        try:
            value = float(text)
        except ValueError as error:
            raise ArmError(name, f"“{text}” is no number") from error
    check_field(name, value)
    return int(value) if FIELDS[name].type == "int" else value


def _check_ranker(value: Any) -> None:
    if value in (IN_SERVICE, BY_SIMILARITY):
        return
    known = ModelRelease.objects.filter(kind="ranker").values_list("release", flat=True)
    if value not in set(known):
        found = ", ".join(known) or "none is registered yet"
        raise ArmError(
            "ranker",
            f"“{value}” is no release of the ranker ({found}); or “{BY_SIMILARITY}” for none",
        )
