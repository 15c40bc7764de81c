"""Titles and descriptions as people write them: careful, terse, shouting, with typing errors."""

from __future__ import annotations

import random
from collections.abc import Mapping

from listing_assistant.demo.goes_with import Thing
from listing_assistant.demo.recipes import Recipe
from listing_assistant.listings.models import Condition

Facts = Mapping[str, str]
STYLES = {"good": 46, "no_brand": 14, "terse": 16, "shouting": 10, "typo": 14}
# Attributes worth a word in a careful title, most telling first.
TITLE_FACTS = ("Storage Capacity", "Laptop Size", "Compatible Laptop Size", "Size",
               "Lens Mount", "Compatible Mount", "Frame Size", "Connector", "Volume")  # fmt: skip
# What people who look for an accessory say that it is for, most telling first.
FOR_FACTS = ("Model", "Compatible Model", "Laptop Size", "Lens Mount")
SHORT_NAMES = {"phone_case": "case", "screen_protector": "screen protector"}
NOISE = ("BARGAIN", "LOOK", "WOW", "MUST SEE", "QUICK SALE")

CONDITION_SENTENCES: dict[Condition, tuple[str, ...]] = {
    Condition.NEW: (
        "Brand new and never used.",
        "Still in its packaging, an unwanted gift.",
        "New, bought two of them by mistake.",
    ),
    Condition.LIKE_NEW: (
        "Used once or twice, looks like new.",
        "Hardly used, no marks that I can find.",
        "As good as new apart from the missing box.",
    ),
    Condition.GOOD: (
        "Used but well looked after.",
        "A few light signs of use, nothing that bothers.",
        "In good order, everything works as it should.",
    ),
    Condition.FAIR: (
        "Clearly used, please look at the photos.",
        "Has some marks and scratches, priced accordingly.",
        "Worn in places, plenty of life left.",
    ),
    Condition.PARTS: (
        "Sold for parts or repair.",
        "Damaged, I do not know whether it can be mended.",
    ),
}
REASONS = (
    "Selling because we are moving.",
    "I simply have too many.",
    "Clearing out the cupboard.",
    "It has to make room for another one.",
    "Bought last year and no longer needed.",
)
CLOSINGS = (
    "Posted within two days.",
    "Collection is possible too.",
    "From a home without smokers or pets.",
    "Ask me if you want to know more.",
    "I pack carefully and post with tracking.",
    "Happy to post several things together.",
)


def title(rng: random.Random, recipe: Recipe, facts: Facts, *, style: str | None = None) -> str:
    """A title in one of STYLES, at random unless `style` names it."""
    style = style or rng.choices(list(STYLES), weights=list(STYLES.values()))[0]
    name = rng.choice(recipe.names)
    if style == "terse":
        return (
            rng.choice((name, f"{facts['Colour']} {name}", f"{name} {_model(facts)}"))
            .strip()
            .lower()
        )
    careful = _careful_title(rng, name, facts, with_brand=style != "no_brand")
    if style == "shouting":
        return f"{careful.upper()} {rng.choice(NOISE)}!!"
    return _mistyped(rng, careful) if style == "typo" else careful


def _careful_title(rng: random.Random, name: str, facts: Facts, *, with_brand: bool) -> str:
    pattern = facts.get("Pattern", "Plain")
    words = [
        facts.get("Brand", "") if with_brand else "",
        facts.get("Model", ""),
        pattern if pattern != "Plain" else "",
        facts.get("Material", "") if rng.random() < 0.6 else "",
        name,
    ]
    head = " ".join(word for word in words if word)
    if fits := facts.get("Compatible Model") or facts.get("Compatible Platform"):
        head += f" for {fits}"
    details = [facts["Colour"], *(facts[key] for key in TITLE_FACTS if key in facts)]
    if "Size" in facts:
        details = [f"Size {text}" if text == facts["Size"] else text for text in details]
    return ", ".join([head, *details[:3]])


def _model(facts: Facts) -> str:
    return facts.get("Model") or facts.get("Compatible Model", "")


def _mistyped(rng: random.Random, text: str) -> str:
    """Two neighbouring letters swapped, one left out, or one doubled, inside a word."""
    places = [at for at in range(1, len(text) - 2) if text[at - 1 : at + 2].isalpha()]
    at = rng.choice(places)
    kind = rng.randrange(3)
    if kind == 0 and text[at] != text[at + 1]:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if kind == 1 else text[:at] + text[at] + text[at:]


def description(rng: random.Random, recipe: Recipe, facts: Facts, condition: Condition) -> str:
    """From nothing at all to a paragraph that says everything."""
    quality = rng.random()
    if quality < 0.12:
        return ""
    state = rng.choice(CONDITION_SENTENCES[condition])
    if quality < 0.35:
        return state
    sentences = [_opening(rng, recipe, facts), state]
    if quality > 0.5:
        sentences += _fact_sentences(rng, facts)
    if quality > 0.7:
        sentences.append(rng.choice(REASONS))
    sentences.append(rng.choice(CLOSINGS))
    return " ".join(sentences)


def _opening(rng: random.Random, recipe: Recipe, facts: Facts) -> str:
    name = recipe.names[0]
    thing = f"{facts['Colour'].lower()} {name if name.isupper() else name.lower()}"
    brand = facts.get("Brand")
    by = rng.choice((f" by {brand}", f" from {brand}")) if brand else ""
    article = "An" if thing[0] in "aeio" else "A"
    return rng.choice(
        (f"{article} {thing}{by}.", f"I am selling my {thing}{by}.", f"For sale: {thing}{by}.")
    )


def _fact_sentences(rng: random.Random, facts: Facts) -> list[str]:
    told = [
        (name, text)
        for name, text in facts.items()
        if name not in {"Type", "Colour", "Brand", "Pattern"}
    ]
    chosen = rng.sample(told, k=min(len(told), rng.randint(1, 3)))
    forms = ("{name}: {text}.", "The {lower} is {text}.")
    return [
        rng.choice(forms).format(name=name, lower=name.lower(), text=text) for name, text in chosen
    ]


def search_for(rng: random.Random, thing: Thing) -> str:
    """What somebody types who looks for such a thing."""
    name = thing.kind.replace("_", " ")
    model = thing.facts.get("Model")
    if model and rng.random() < 0.7:
        return model.lower()
    if fits := thing.facts.get("Compatible Model"):
        return f"{fits} {SHORT_NAMES.get(thing.kind, name)}".lower()
    colour = thing.facts.get("Colour", "")
    return f"{colour} {name}".lower() if colour and rng.random() < 0.25 else name


def search_for_companion(rng: random.Random, anchor: Thing, kind: str) -> str:
    """What somebody types who has the anchor and looks for a thing of that kind to go with it."""
    name = SHORT_NAMES.get(kind, kind.replace("_", " "))
    owned = next((anchor.facts[fact] for fact in FOR_FACTS if fact in anchor.facts), "")
    if owned and rng.random() < 0.7:
        return f"{owned} {name}".lower()
    return name
