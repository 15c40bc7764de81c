"""How true, how complete and how varied drafts are.

- unsupported-claim rate: share of claims without a source, by the rules of `grounding.py`; drafts
  have passed those rules, so the figure is also given by figures and listed words alone, compared
  with plain string search in the facts, which shares no code with them;
- coverage: share of attributes whose value the draft says;
- distinct-2: different word pairs over all word pairs of all drafts, beside a fixed template.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ml.artefacts import bundled
from ml.description.facts import Fact, Facts, plain
from ml.description.grounding import check
from ml.description.predict import Drafter, load_drafter
from ml.description.request import DraftRequest
from ml.description.vocabulary import COLOURS, MATERIALS, SUPERLATIVES
from ml.records import ItemRecord, read_catalogue, split_of

MOST_ATTRIBUTES = 8


def facts_of(item: ItemRecord) -> Facts:
    """An item of the catalogue as the facts of a listing, its first attributes only."""
    kept = list(item.attributes.items())[:MOST_ATTRIBUTES]
    category = " > ".join(item.category)
    return Facts(item.title, category, "good", tuple(Fact(name, value) for name, value in kept))


def template(facts: Facts) -> str:
    """The fixed text that drafts are compared with."""
    said = " ".join(f"{fact.name}: {fact.value}." for fact in facts.attributes)
    return f"{facts.title}. {said} Condition: {facts.condition}."


def evaluate(drafter: Drafter, samples: Sequence[Facts]) -> dict[str, Any]:
    """All figures as fractions over `samples`."""
    drafts = [drafter.draft(DraftRequest(facts)) for facts in samples]
    texts = [draft.text for draft in drafts]
    claims = [
        claim for text, facts in zip(texts, samples, strict=True) for claim in check(text, facts)
    ]
    strict = [
        found for text, facts in zip(texts, samples, strict=True) for found in searched(text, facts)
    ]
    said = [
        normal(fact.value) in normal(text)
        for text, facts in zip(texts, samples, strict=True)
        for fact in facts.attributes
    ]
    return {
        "n": len(samples),
        "claims": len(claims),
        "unsupported_claim_rate": share(claim.source is None for claim in claims),
        "unsupported_by_string_search": share(not found for found in strict),
        "coverage": share(said),
        "distinct_2": distinct_2(texts),
        "distinct_2_template": distinct_2([template(facts) for facts in samples]),
        "words_median": sorted(len(text.split()) for text in texts)[len(texts) // 2],
    }


def searched(text: str, facts: Facts) -> list[bool]:
    """For every figure, colour, material and word of praise: does it occur in the facts at all?"""
    stated = [facts.title, facts.category, facts.condition, facts.seller_text]
    stated += [part for fact in facts.attributes for part in (fact.name, fact.value)]
    source = plain(" ".join(stated)).lower()
    words = set(re.findall(r"\d+(?:\.\d+)?", text))
    words |= set(re.findall(r"[a-z-]+", text.lower())) & (COLOURS | MATERIALS | SUPERLATIVES)
    return [word in source for word in words]


def distinct_2(texts: Iterable[str]) -> float:
    pairs = [pair for text in texts for words in [text.lower().split()] for pair in pairwise(words)]
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def share(flags: Iterable[bool]) -> float:
    held = list(flags)
    return sum(held) / len(held) if held else 0.0


def normal(text: str) -> str:
    """Letters and digits only, without the `and` that joins a list."""
    return re.sub(r"[\W_]+", "", re.sub(r"\band\b", " ", plain(text).lower()))


def held_out(folder: Path, source: str, count: int) -> list[Facts]:
    """Facts of the first `count` items of a source that no model trains on."""
    items = (
        item
        for item in read_catalogue(folder)
        if item.source == source and item.attributes and split_of(item.id) != "train"
    )
    return [facts_of(item) for item, _ in zip(items, range(count), strict=False)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Truth, coverage and variety of drafts.")
    parser.add_argument("--data", type=Path, required=True, help="folder of catalogue.jsonl.gz")
    parser.add_argument("--source", default="flipkart")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--artefact", type=Path, default=bundled("description"))
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    arguments = parser.parse_args()
    samples = held_out(arguments.data, arguments.source, arguments.count)
    figures = evaluate(load_drafter(arguments.artefact), samples)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
