"""What goes with what on the demo marketplace, and what fits what: known, not learnt.

The simulated people shop by these tables; reports and benchmarks judge by them. The recommender
must not read them: it has titles, attributes and behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

# Phones before this one are charged through Lightning, all others through USB-C.
LIGHTNING = frozenset({"iPhone 11", "iPhone 12", "iPhone 13", "iPhone 14"})
PORT = "Charging Port"
# A companion in another style or colour than its anchor is worth this much of one that matches.
OFF_STYLE = 0.6


class Thing(Protocol):
    """`kind` is a recipe's; `facts` are all that is true of it, whether or not it is stated."""

    @property
    def kind(self) -> str: ...

    @property
    def facts(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Companion:
    """`weight` is the share of buyers of the one who look for the other, too."""

    kind: str
    weight: float


@dataclass(frozen=True)
class FitRule:
    """Things of these kinds fit each other where these facts are equal."""

    kinds: frozenset[str]
    fact: str
    other_kinds: frozenset[str]
    other_fact: str


def _all(**companions: float) -> tuple[Companion, ...]:
    return tuple(Companion(kind, weight) for kind, weight in companions.items())


GOES_WITH: Mapping[str, tuple[Companion, ...]] = {
    # Electronics
    "phone": _all(phone_case=0.75, screen_protector=0.5, charger=0.25, cable=0.2, earbuds=0.25),
    "phone_case": _all(screen_protector=0.45, cable=0.15, earbuds=0.1),
    "screen_protector": _all(phone_case=0.4, cable=0.1),
    "tablet": _all(charger=0.2, headphones=0.25, keyboard=0.2),
    "laptop": _all(laptop_sleeve=0.6, mouse=0.5, monitor=0.25, drive=0.3, keyboard=0.2),
    "laptop_sleeve": _all(mouse=0.25, backpack=0.1),
    "monitor": _all(keyboard=0.45, mouse=0.4),
    "keyboard": _all(mouse=0.6),
    "camera": _all(lens=0.6, backpack=0.2, drive=0.15),
    "game_controller": _all(headphones=0.3, monitor=0.15),
    "printer": _all(router=0.1, cable=0.15),
    "router": _all(speaker=0.1, cable=0.15),
    "speaker": _all(cable=0.2, headphones=0.1),
    "memory_module": _all(drive=0.45),
    # Home
    "sofa": _all(cushion=0.65, blanket=0.4, rug=0.35, lamp=0.3),
    "armchair": _all(cushion=0.5, blanket=0.4, lamp=0.3),
    "table": _all(chair=0.6, pendant_lamp=0.3, vase=0.25),
    "chair": _all(cushion=0.3, table=0.2),
    "bookshelf": _all(book=0.45, frame=0.25, plant_pot=0.25),
    "lamp": _all(candle=0.15, frame=0.15),
    "rug": _all(cushion=0.3, plant_pot=0.2),
    "cushion": _all(blanket=0.4),
    "vase": _all(candle=0.35, plant_pot=0.25),
    "candle": _all(vase=0.25),
    "frame": _all(clock=0.2, plant_pot=0.25),
    "plant_pot": _all(vase=0.2, candle=0.2),
    "teapot": _all(mug=0.7),
    "mug": _all(teapot=0.25),
    "pan": _all(mug=0.15),
    # Fashion
    "dress": _all(heels=0.5, handbag=0.4, necklace=0.35),
    "skirt": _all(heels=0.3, sweater=0.3, belt=0.25),
    "jeans": _all(belt=0.5, sneaker=0.4, t_shirt=0.3),
    "shirt": _all(belt=0.3, jeans=0.3, watch=0.15),
    "t_shirt": _all(jeans=0.2, cap=0.25),
    "hoodie": _all(cap=0.3, sneaker=0.3),
    "jacket": _all(beanie=0.35, boot=0.3),
    "boot": _all(beanie=0.2, jeans=0.2),
    "sneaker": _all(cap=0.2, backpack=0.2),
    "suitcase": _all(backpack=0.35, sunglasses=0.25),
    "necklace": _all(ring=0.3, perfume=0.2),
    "handbag": _all(sunglasses=0.25, perfume=0.15),
    # Leisure
    "guitar": _all(book=0.2, speaker=0.15),
    "electric_guitar": _all(speaker=0.5, headphones=0.35),
    "digital_piano": _all(headphones=0.5, speaker=0.2),
    "tent": _all(backpack=0.5, blanket=0.25),
    "bicycle": _all(backpack=0.3, sunglasses=0.25),
    "dumbbell": _all(headphones=0.25, t_shirt=0.2),
    "football": _all(sneaker=0.3, t_shirt=0.25),
    "basketball": _all(sneaker=0.4, cap=0.2),
    "racket": _all(cap=0.35, sneaker=0.3),
    "skateboard": _all(sneaker=0.45, backpack=0.25, beanie=0.2),
    "bodysuit": _all(baby_bottle=0.45, teddy=0.35),
    "pushchair": _all(baby_bottle=0.4, bodysuit=0.4, teddy=0.3),
    "baby_bottle": _all(bodysuit=0.3),
    "teddy": _all(building_blocks=0.25, toy_car=0.2),
    "toy_car": _all(building_blocks=0.35),
    "board_game": _all(book=0.2, building_blocks=0.15),
}

_PHONE = frozenset({"phone"})
_FOR_PHONES = frozenset({"phone_case", "screen_protector"})
_CHARGING = frozenset({"charger", "cable"})
_LAPTOP, _SLEEVE = frozenset({"laptop"}), frozenset({"laptop_sleeve"})
_CAMERA, _LENS = frozenset({"camera"}), frozenset({"lens"})
_PAD = frozenset({"game_controller"})
# Two accessories lie in one basket for one thing, so they must agree with each other as well.
FIT_RULES = (
    FitRule(_PHONE, "Model", _FOR_PHONES, "Compatible Model"),
    FitRule(_FOR_PHONES, "Compatible Model", _FOR_PHONES, "Compatible Model"),
    FitRule(_PHONE, PORT, _CHARGING, "Connector"),
    FitRule(_LAPTOP, "Laptop Size", _SLEEVE, "Compatible Laptop Size"),
    FitRule(_SLEEVE, "Compatible Laptop Size", _SLEEVE, "Compatible Laptop Size"),
    FitRule(_CAMERA, "Lens Mount", _LENS, "Compatible Mount"),
    FitRule(_LENS, "Compatible Mount", _LENS, "Compatible Mount"),
    FitRule(_PAD, "Compatible Platform", _PAD, "Compatible Platform"),
)
# Where these are equal, two things look as if they belong together.
_MATCHING = ("Style", "Colour")


def charging_port(model: str) -> str:
    """Of a phone, by its model."""
    return "Lightning" if model in LIGHTNING else "USB-C"


def fits_known(a: Thing, b: Thing) -> bool | None:
    """Whether two things can be used together; None where fit is no question between them."""
    answers = [
        left.facts.get(rule.fact) == right.facts.get(rule.other_fact)
        for rule in FIT_RULES
        for left, right in ((a, b), (b, a))
        if left.kind in rule.kinds and right.kind in rule.other_kinds
    ]
    return all(answers) if answers else None


def harmony(a: Thing, b: Thing) -> float:
    """1 where the two share a style or colour or have none to share, else OFF_STYLE."""
    shared = [name for name in _MATCHING if name in a.facts and name in b.facts]
    if not shared or any(a.facts[name] == b.facts[name] for name in shared):
        return 1.0
    return OFF_STYLE


def relevance(a: Thing, b: Thing) -> float:
    """0..1: how well `b` completes `a`. 0 for what does not go with it, or does not fit it."""
    weight = next((each.weight for each in GOES_WITH.get(a.kind, ()) if each.kind == b.kind), 0.0)
    return 0.0 if fits_known(a, b) is False else weight * harmony(a, b)
