"""What the vocabulary says of fitting: which attributes meet, and which things have them.

A pair of the vocabulary says that what one thing `fits` is a `property` of another: Compatible
Model of a case, Model of a phone. All pairs with one property are one dimension of fitting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from listing_assistant.catalogue.models import (
    Attribute,
    AttributeKind,
    AttributeValue,
    Category,
    CategoryAttribute,
)
from listing_assistant.catalogue.selectors import (
    ValueFinder,
    active_values,
    compatibility_pairs,
    editions,
    spelling_key,
)
from listing_assistant.remembered import Remembered
from recommender import policy
from recommender.implied import IMPLICATIONS
from recommender.title_reading import TitleReader, after_made_for, tokens_of

_UNIVERSAL_KEYS = frozenset(spelling_key(text) for text in policy.UNIVERSAL)
_UNIVERSAL_READER = TitleReader((text, "universal") for text in policy.UNIVERSAL)


@dataclass(frozen=True)
class Role:
    """What a category's things are in one dimension, and the attributes that say it.

    A thing that fits others is no host, whatever its own property: the brand of an ink cartridge
    is its maker's and fits no printer by being the same.
    """

    is_accessory: bool
    attributes: frozenset[int]
    takes_several: bool


@dataclass(frozen=True)
class Claim:
    """What a thing has or fits in one dimension; no values and not universal: nobody knows."""

    is_accessory: bool
    values: frozenset[str] = frozenset()
    is_universal: bool = False

    @property
    def is_known(self) -> bool:
        return self.is_universal or bool(self.values)


@dataclass(frozen=True)
class Dimension:
    """One property, how its values are spelt, and the attributes that state it."""

    property_id: int
    is_brand: bool
    attributes: frozenset[int]
    finder: ValueFinder
    reader: TitleReader
    names: Mapping[str, str]
    spellings: Mapping[str, str]

    def value_of(self, spelt: str) -> str:
        """What all spellings of a value share; a text that is no value stands for itself."""
        if (known := self.spellings.get(spelt)) is not None:
            return known
        found = self.finder.find(spelt)  # by its measure, if at all
        return _spelt(found.value) if found else spelt


@dataclass(frozen=True)
class Implied:
    """Values of one dimension that a value of another brings with it (implied.py)."""

    source: int
    target: int
    values: Mapping[str, frozenset[str]]  # of the source → of the target


@dataclass(frozen=True)
class Fitment:
    """The vocabulary's dimensions, and the roles that categories have in them."""

    dimensions: Mapping[int, Dimension]
    roles: Mapping[int, Mapping[int, Role]]  # category → dimension → role
    implied: tuple[Implied, ...] = ()

    @property
    def attributes(self) -> frozenset[int]:
        """All that say anything of fitting."""
        return frozenset().union(*(each.attributes for each in self.dimensions.values()))

    def claims(
        self, category_id: int | None, title: str, stated: Iterable[tuple[int, str]]
    ) -> dict[int, Claim]:
        """Dimension → what the thing says there: its attributes, and where they are silent its
        title. `stated` are pairs of an attribute's id and a text."""
        roles = self.roles.get(category_id, {}) if category_id is not None else {}
        texts = list(stated) if roles else []
        claims = {}
        for dimension_id, role in roles.items():
            said = [text for attribute_id, text in texts if attribute_id in role.attributes]
            dimension = self.dimensions[dimension_id]
            claims[dimension_id] = (
                _stated(dimension, role, said) if said else _read(dimension, role, title)
            )
        return claims | self._implied_by(claims)

    def _implied_by(self, claims: Mapping[int, Claim]) -> dict[int, Claim]:
        """What a host says nothing of, and has by what else it is."""
        found = {}
        for each in self.implied:
            source, target = claims.get(each.source), claims.get(each.target)
            if source and target and not (target.is_known or target.is_accessory):
                sets = (each.values.get(value, frozenset()) for value in source.values)
                found[each.target] = Claim(False, frozenset[str]().union(*sets))
        return found


@lru_cache(maxsize=8192)
def _spelt(text: str) -> str:
    """Hundreds of candidates state the same few texts."""
    return spelling_key(text)


def _stated(dimension: Dimension, role: Role, texts: Iterable[str]) -> Claim:
    keys = {_spelt(text) for text in texts}
    universal = role.is_accessory and not keys.isdisjoint(_UNIVERSAL_KEYS)
    values = {dimension.value_of(key) for key in keys - _UNIVERSAL_KEYS if key}
    return Claim(role.is_accessory, frozenset(values), universal)


def _read(dimension: Dimension, role: Role, title: str) -> Claim:
    """Of several values that a title names none counts, unless the attribute may have several."""
    tokens = tokens_of(title)
    ours = after_made_for(tokens) if role.is_accessory and dimension.is_brand else tokens
    values = dimension.reader.read(ours)
    if len(values) > 1 and not role.takes_several:
        values = frozenset()
    # "Universal stand, here with an iPhone 15" says more by the model than by the word.
    universal = role.is_accessory and not values and bool(_UNIVERSAL_READER.read(tokens))
    return Claim(role.is_accessory, values, universal)


def current_fitment() -> Fitment:
    """As the vocabulary is, or was REMEMBERED_SECONDS ago; kept until somebody edits it."""
    return _fitment(_current_editions())


_current_editions = Remembered(editions)


@lru_cache(maxsize=2)
def _fitment(_editions: tuple[tuple[int, int, str], ...]) -> Fitment:
    fits: dict[int, set[int]] = {}
    attributes: dict[int, Attribute] = {}
    for pair in compatibility_pairs():
        fits.setdefault(pair.property_id, set()).add(pair.fits_id)
        attributes |= {pair.property_id: pair.property, pair.fits_id: pair.fits}
    values: dict[int, list[AttributeValue]] = {}
    for value in active_values().filter(attribute__in=attributes):
        values.setdefault(value.attribute_id, []).append(value)
    dimensions = {
        property_id: _dimension(attributes[property_id], fitting, values)
        for property_id, fitting in sorted(fits.items())
    }
    implied = _implied(dimensions, {pk: each.name.lower() for pk, each in attributes.items()})
    return Fitment(dimensions, _roles(fits, attributes), implied)


def _implied(dimensions: Mapping[int, Dimension], names: Mapping[int, str]) -> tuple[Implied, ...]:
    return tuple(
        Implied(source, target, _turned(each.values))
        for each in IMPLICATIONS
        for source in dimensions
        for target in dimensions
        if names[source] == each.source and names[target] == each.property
    )


def _turned(values: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    brought: dict[str, set[str]] = {}
    for value, sources in values.items():
        for source in sources:
            brought.setdefault(_spelt(source), set()).add(_spelt(value))
    return {source: frozenset(found) for source, found in brought.items()}


def _dimension(
    property_: Attribute, fitting: Iterable[int], values: Mapping[int, list[AttributeValue]]
) -> Dimension:
    ids = [property_.pk, *sorted(fitting)]
    known = [value for attribute_id in ids for value in values.get(attribute_id, ())]
    names = [(value.value, spelling_key(value.value)) for value in known]
    synonyms = [
        (synonym, spelling_key(value.value)) for value in known for synonym in value.synonyms
    ]
    return Dimension(
        property_id=property_.pk,
        is_brand=property_.name.lower() in policy.BRAND_NAMES,
        attributes=frozenset(ids),
        finder=ValueFinder(known),
        reader=TitleReader([*names, *synonyms]),
        names={key: name for name, key in reversed(names)},
        # A name goes before another value's synonym.
        spellings={_spelt(text): key for text, key in reversed([*names, *synonyms])},
    )


def _roles(
    fits: Mapping[int, set[int]], attributes: Mapping[int, Attribute]
) -> dict[int, dict[int, Role]]:
    several = {pk for pk, each in attributes.items() if each.kind == AttributeKind.MULTI}
    roles: dict[int, dict[int, Role]] = {}
    for category_id, owned in _owned_attributes({each.name for each in attributes.values()}):
        for property_id, fitting in fits.items():
            mine = (fitting & owned) or ({property_id} & owned)
            if mine:
                role = Role(property_id not in mine, frozenset(mine), bool(mine & several))
                roles.setdefault(category_id, {})[property_id] = role
    return roles


def _owned_attributes(names: set[str]) -> list[tuple[int, set[int]]]:
    """Each category with its attributes of these names, its own and its ancestors'; of two of one
    name the nearest stands, as in catalogue.selectors.attributes_of."""
    own: dict[int, dict[str, int]] = {}
    links = CategoryAttribute.objects.filter(attribute__name__in=names, attribute__is_active=True)
    for category_id, name, pk in links.values_list("category_id", "attribute__name", "attribute"):
        own.setdefault(category_id, {})[name] = pk
    tree = {
        pk: parent if inherits else None
        for pk, parent, inherits in Category.objects.values_list(
            "pk", "parent_id", "taxonomy__inherits_attributes"
        )
    }
    return [(pk, set(_inherited(pk, own, tree).values())) for pk in tree]


def _inherited(
    category_id: int, own: Mapping[int, dict[str, int]], tree: Mapping[int, int | None]
) -> dict[str, int]:
    found: dict[str, int] = {}
    at: int | None = category_id
    while at is not None:
        found = own.get(at, {}) | found
        at = tree[at]
    return found
