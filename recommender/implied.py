"""What everybody knows who knows something else: the plug of a phone, by its model.

Nobody states the obvious, so a thing that names its model is taken to have what that model has.
Values are spelt as the vocabulary spells them; a model may have several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_LIGHTNING = (
    *("iPhone SE (2020)", "iPhone SE (2022)", "iPhone 8", "iPhone X", "iPhone XR", "iPhone XS"),
    *("iPhone 11", "iPhone 11 Pro", "iPhone 11 Pro Max"),
    *("iPhone 12 mini", "iPhone 12", "iPhone 12 Pro", "iPhone 12 Pro Max"),
    *("iPhone 13 mini", "iPhone 13", "iPhone 13 Pro", "iPhone 13 Pro Max"),
    *("iPhone 14", "iPhone 14 Plus", "iPhone 14 Pro", "iPhone 14 Pro Max"),
)
_USB_C_AND_WIRELESS = (
    *("iPhone 15", "iPhone 15 Plus", "iPhone 15 Pro", "iPhone 15 Pro Max"),
    *("Galaxy S9", "Galaxy S10", "Galaxy S20", "Galaxy S20 FE", "Galaxy S21", "Galaxy S21+"),
    *("Galaxy S21 Ultra", "Galaxy S22", "Galaxy S22 Ultra", "Galaxy S23", "Galaxy S23 Ultra"),
    *("Galaxy S24", "Galaxy S24 Ultra", "Galaxy Z Flip 5", "Galaxy Z Fold 5"),
    *("Pixel 6", "Pixel 7", "Pixel 7a", "Pixel 8", "Pixel 8 Pro"),
)
_USB_C = (
    *("Galaxy A52", "Galaxy A54", "Pixel 6a", "OnePlus 11", "OnePlus Nord", "Redmi Note 10"),
    *("Redmi Note 12", "Huawei P30", "Moto G54", "Fairphone 4", "Fairphone 5"),
)


@dataclass(frozen=True)
class Implication:
    """`source` and `property` are attributes of one thing, by name in lower case."""

    source: str
    property: str
    values: Mapping[str, tuple[str, ...]]  # of the property → of the source


IMPLICATIONS = (
    Implication(
        "model",
        "charging port",
        {
            "Lightning": _LIGHTNING,
            "USB-C": (*_USB_C_AND_WIRELESS, *_USB_C),
            "Qi wireless": (*_LIGHTNING, *_USB_C_AND_WIRELESS),
        },
    ),
)
