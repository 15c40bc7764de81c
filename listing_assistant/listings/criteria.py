"""What a buyer asks for, read from a query string and written back into one."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from listing_assistant.catalogue.models import Category

from .models import Condition, Format

MAX_WORDS_LENGTH = 200
MAX_ATTRIBUTES = 20
MAX_PRICE = Decimal("9999999999.99")


class Sort(enum.StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"

    @property
    def label(self) -> str:
        return {
            Sort.RELEVANCE: "Best match",
            Sort.NEWEST: "Newest first",
            Sort.CHEAPEST: "Lowest price first",
            Sort.DEAREST: "Highest price first",
        }[self]


@dataclass(frozen=True)
class Chip:
    """One thing asked for, and the query string without it."""

    label: str
    query_without: str


@dataclass(frozen=True)
class Criteria:
    words: str = ""
    category: Category | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    home_currency: str = "USD"
    conditions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    attributes: tuple[tuple[int, str], ...] = ()
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    notes: tuple[str, ...] = field(default=(), compare=False)  # what was not understood

    @property
    def has_filters(self) -> bool:
        prices = (self.minimum, self.maximum)
        return bool(self.conditions or self.formats or self.attributes) or any(
            price is not None for price in prices
        )

    def attribute_texts(self) -> dict[int, list[str]]:
        texts: dict[int, list[str]] = {}
        for attribute, text in self.attributes:
            texts.setdefault(attribute, []).append(text)
        return texts

    def query_string(self, **changes: Any) -> str:
        """The criteria as "?q=…"; page 1 unless a page is given. The category is in the path."""
        asked = replace(self, **({"page": 1} | changes))
        pairs: list[tuple[str, str]] = [
            ("q", asked.words),
            ("min", "" if asked.minimum is None else str(asked.minimum)),
            ("max", "" if asked.maximum is None else str(asked.maximum)),
            *(("condition", condition) for condition in asked.conditions),
            *(("format", format) for format in asked.formats),
            *(("attr", f"{attribute}:{text}") for attribute, text in asked.attributes),
            ("sort", "" if asked.sort is Sort.RELEVANCE else asked.sort.value),
            ("page", "" if asked.page == 1 else str(asked.page)),
        ]
        if asked.minimum is not None or asked.maximum is not None:
            pairs.append(("currency", asked.home_currency))
        return "?" + urlencode([pair for pair in pairs if pair[1]])

    @property
    def query_without_filters(self) -> str:
        return self.query_string(
            conditions=(), formats=(), attributes=(), minimum=None, maximum=None
        )

    def chips(self) -> list[Chip]:
        """Each filter with the way to drop it."""
        found = []
        for condition in self.conditions:
            rest = tuple(c for c in self.conditions if c != condition)
            found.append(Chip(Condition(condition).label, self.query_string(conditions=rest)))
        for format in self.formats:
            rest = tuple(f for f in self.formats if f != format)
            found.append(Chip(Format(format).label, self.query_string(formats=rest)))
        for pair in self.attributes:
            others = tuple(other for other in self.attributes if other != pair)
            found.append(Chip(pair[1], self.query_string(attributes=others)))
        if self.minimum is not None:
            label = f"from {self.minimum} {self.home_currency}"
            found.append(Chip(label, self.query_string(minimum=None)))
        if self.maximum is not None:
            label = f"up to {self.maximum} {self.home_currency}"
            found.append(Chip(label, self.query_string(maximum=None)))
        return found


def read_criteria(
    query: QueryDict, *, category: Category | None = None, home_currency: str = "USD"
) -> Criteria:
    """Never raises: what makes no sense is left out, and `notes` tells the buyer so."""
    notes: list[str] = []
    minimum = _price(query.get("min", ""), notes)
    maximum = _price(query.get("max", ""), notes)
    if minimum is not None and maximum is not None and minimum > maximum:
        notes.append("The lowest price was above the highest; they were swapped.")
        minimum, maximum = maximum, minimum
    currency = query.get("currency", "").upper()
    sort = query.get("sort", "")
    return Criteria(
        words=_words(query.get("q", ""), notes),
        category=category,
        minimum=minimum,
        maximum=maximum,
        home_currency=currency if re.fullmatch(r"[A-Z]{3}", currency) else home_currency,
        conditions=_known(query.getlist("condition"), Condition.values),
        formats=_known(query.getlist("format"), Format.values),
        attributes=_attributes(query.getlist("attr")),
        sort=Sort(sort) if sort in list(Sort) else Sort.RELEVANCE,
        page=_page(query.get("page", "")),
        notes=tuple(notes),
    )


def _words(text: str, notes: list[str]) -> str:
    # Control characters, among them NUL, which PostgreSQL cannot store, are as good as spaces.
    words = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
    if len(words) > MAX_WORDS_LENGTH:
        notes.append(f"Only the first {MAX_WORDS_LENGTH} characters were searched for.")
        words = words[:MAX_WORDS_LENGTH].rstrip()
    return words


def _price(text: str, notes: list[str]) -> Decimal | None:
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        price = Decimal(text)
        if not price.is_finite() or not 0 <= price <= MAX_PRICE:
            raise InvalidOperation
    except InvalidOperation:
        notes.append(f"“{text[:20]}” is not a price, so it was left out. Write 25 or 25.50.")
        return None
    return price.quantize(Decimal("0.01"))


def _known(texts: list[str], values: list[str]) -> tuple[str, ...]:
    return tuple(value for value in values if value in texts)


def _attributes(texts: list[str]) -> tuple[tuple[int, str], ...]:
    pairs = []
    for text in texts[:MAX_ATTRIBUTES]:
        match = re.fullmatch(r"([0-9]{1,9}):([^\x00]{1,160})", text)
        if match:
            pairs.append((int(match[1]), match[2]))
    return tuple(dict.fromkeys(pairs))


def _page(text: str) -> int:
    return max(1, int(text)) if re.fullmatch(r"[0-9]{1,6}", text) else 1
