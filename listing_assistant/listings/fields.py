"""Checking what somebody typed into a listing's fields. Pure but for looking up the category.

A cleaner returns the value to store or raises ListingError saying what is wrong and what to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from listing_assistant.catalogue.models import Category

from . import policy
from .errors import ListingError, Problem, invalid
from .models import Condition, Format, Listing

MAX_TITLE = Listing._meta.get_field("title").max_length or 0
MAX_DESCRIPTION = Listing._meta.get_field("description").max_length or 0
MAX_CONDITION_NOTE = Listing._meta.get_field("condition_note").max_length or 0
MAX_PRICE = Decimal("9999999999.99")
MAX_AD_RATE = Decimal(30)


def clean(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values to store. Raises one ListingError("invalid") with a Problem for each bad field."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in changes.items():
        cleaner = CLEANERS.get(name)
        if cleaner is None:
            known = ", ".join(CLEANERS)
            problems.append(
                Problem(name, "unknown_field", f"There is no field {name!r}. Fields: {known}.")
            )
            continue
        try:
            values[name] = cleaner(value)
        except ListingError as error:
            problems.append(Problem(name, error.code, error.message))
    if problems:
        raise invalid(problems)
    return values


def readable_text(value: Any, name: str, longest: int, *, lines: bool = False) -> str:
    """Text as typed, without characters that cannot be stored or seen. Raises ListingError."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ListingError("not_text", f"{name} must be text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ListingError(
            "bad_characters", f"{name} has a broken character. Type it again."
        ) from error
    text = unicodedata.normalize("NFC", value)
    if lines:
        text = re.sub(r"\r\n?", "\n", text)
        text = "".join(char for char in text if char in "\n\t" or not _is_control(char)).strip()
    else:
        text = " ".join("".join(" " if _is_control(char) else char for char in text).split())
    if len(text) > longest:
        raise ListingError(
            "too_long",
            f"{name} has {len(text)} characters; shorten it to at most {longest}.",
        )
    return text


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def _title(value: Any) -> str:
    return readable_text(value, "The title", MAX_TITLE)


def _description(value: Any) -> str:
    return readable_text(value, "The description", MAX_DESCRIPTION, lines=True)


def _category(value: Any) -> Category | None:
    if value is None or value == "":
        return None
    pk = value.pk if isinstance(value, Category) else _whole(value, "The category")
    # Imports bring categories that the editor does not offer; listings may stay in them.
    leaves = Category.objects.filter(is_leaf=True, is_active=True)
    category = leaves.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if category is None:
        raise ListingError(
            "no_such_category", "Things are not listed in this category. Choose one without parts."
        )
    return category


def _condition(value: Any) -> str:
    return _choice(value, Condition.values, "The condition") if value else ""


def _condition_note(value: Any) -> str:
    return readable_text(value, "The note on the condition", MAX_CONDITION_NOTE)


def _format(value: Any) -> str:
    return _choice(value, Format.values, "The format")


def _choice(value: Any, choices: list[str], name: str) -> str:
    if value not in choices:
        raise ListingError("not_a_choice", f"{name} must be one of {', '.join(choices)}.")
    return str(value)


def _price(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    price = _decimal(value, "The price")
    if not Decimal("0.01") <= price <= MAX_PRICE:
        raise ListingError("out_of_range", "The price must be more than 0 and under ten billion.")
    return price


def _currency(value: Any) -> str:
    code = str(value).strip().upper()
    if code not in policy.CURRENCIES:
        known = ", ".join(sorted(policy.CURRENCIES))
        raise ListingError("not_a_choice", f"The currency must be one of {known}.")
    return code


def _quantity(value: Any) -> int:
    quantity = _whole(value, "The quantity")
    if not 1 <= quantity <= policy.MAX_QUANTITY:
        raise ListingError("out_of_range", f"The quantity must be 1 to {policy.MAX_QUANTITY}.")
    return quantity


def _ad_rate(value: Any) -> Decimal:
    rate = _decimal(value if value not in (None, "") else 0, "The ad rate")
    if not 0 <= rate <= MAX_AD_RATE:
        raise ListingError("out_of_range", f"The ad rate must be 0 to {MAX_AD_RATE} per cent.")
    return rate


def _whole(value: Any, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ListingError("not_a_number", f"{name} must be a whole number.")
    return int(text)


def _decimal(value: Any, name: str) -> Decimal:
    """12, 12.5, "12,50" and "1,234.50"; at most two decimal places."""
    text = re.sub(r"[\s\u00a0']", "", str(value))
    if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(r"-?[0-9]+,[0-9]{1,2}", text):
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ListingError(
            "not_a_number", f"{name} must be a number such as 12.50, without other signs."
        ) from error
    if not number.is_finite() or abs(number) > MAX_PRICE * 10:
        raise ListingError("out_of_range", f"{name} is not a sensible number.")
    rounded = number.quantize(Decimal("0.01"))
    if rounded != number:
        raise ListingError("too_precise", f"{name} may have two decimal places at most.")
    return rounded


CLEANERS: dict[str, Callable[[Any], Any]] = {
    "title": _title,
    "description": _description,
    "category": _category,
    "condition": _condition,
    "condition_note": _condition_note,
    "price": _price,
    "currency": _currency,
    "format": _format,
    "quantity": _quantity,
    "ad_rate": _ad_rate,
}
