"""What does the checker let through? Real listings' attributes, said truly and said wrongly.

    python benchmarks/grounding.py [--quick] [--json OUT] [--data FOLDER]

For every attribute of held-out listings three sentences: its own value, another listing's value of
the same attribute (one with a word that occurs nowhere in the facts), and another attribute's value
of the same listing (of no word in common). Baseline, same run: a word is backed if the facts have
it anywhere, which is what a bag of words can tell. 95 % intervals: Wilson. The time is for checking
all sentences of one listing at once, facts not read before; it is printed and never asserted.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ml.description.checking.backing import knowledge_of  # noqa: E402
from ml.description.facts import Fact, Facts, plain  # noqa: E402
from ml.description.grounding import check, checked  # noqa: E402
from ml.records import ItemRecord, read_catalogue, split_of  # noqa: E402

SOURCES = ("flipkart", "myntra", "magento", "implicitave", "ikea")
MOST_ATTRIBUTES = 8
SEED = 5
Z95 = 1.96
_GLUE = frozenset(["the", "is", "and", "a", "of", "in", "yes", "no"])
Sample = tuple[Facts, str]


@dataclass(frozen=True)
class Share:
    """How many of `n` sentences passed, with the 95 % interval of the share."""

    passed: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        share, z2 = self.passed / self.n, Z95**2 / self.n
        centre = (share + z2 / 2) / (1 + z2)
        half = Z95 * (share * (1 - share) / self.n + z2 / (4 * self.n)) ** 0.5 / (1 + z2)
        return max(centre - half, 0.0), min(centre + half, 1.0)

    def __str__(self) -> str:
        low, high = self.interval
        share = self.passed / self.n if self.n else 0.0
        return f"{share:7.2%} [{low:.2%}, {high:.2%}] of {self.n}"


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", plain(text).casefold())) - _GLUE


def facts_of(item: ItemRecord) -> Facts:
    kept = list(item.attributes.items())[:MOST_ATTRIBUTES]
    attributes = tuple(Fact(name, value) for name, value in kept)
    return Facts(item.title, " > ".join(item.category), "good", attributes)


def stated(facts: Facts) -> set[str]:
    said = [facts.title, facts.category, *(f"{f.name} {f.value}" for f in facts.attributes)]
    return words(" ".join(said))


def sentence(name: str, value: str) -> str:
    return f"The {plain(name).lower()} is {plain(value).rstrip('.')}."


def true_sentences(listings: Sequence[Facts]) -> Iterator[Sample]:
    for facts in listings:
        yield from ((facts, sentence(f.name, f.value)) for f in facts.attributes if words(f.value))


def foreign_sentences(listings: Sequence[Facts]) -> Iterator[Sample]:
    rng = random.Random(SEED)
    values: dict[str, set[str]] = defaultdict(set)
    for facts in listings:
        for fact in facts.attributes:
            values[fact.name].add(fact.value)
    for facts in listings:
        known = stated(facts)
        for fact in facts.attributes:
            others = [value for value in sorted(values[fact.name]) if words(value) - known]
            if others:
                yield facts, sentence(fact.name, rng.choice(others))


def swapped_sentences(listings: Sequence[Facts]) -> Iterator[Sample]:
    for facts in listings:
        for own in facts.attributes:
            for other in facts.attributes:
                said = words(other.value)
                if said and not said & (words(own.value) | words(own.name)):
                    yield facts, sentence(own.name, other.value)


def passes_checker(sample: Sample) -> bool:
    facts, text = sample
    return all(claim.source for claim in check(text, facts))


def passes_bag(sample: Sample) -> bool:
    facts, text = sample
    return words(text) <= stated(facts)


def share_of(samples: Sequence[Sample], passes: Callable[[Sample], bool]) -> Share:
    return Share(sum(map(passes, samples)), len(samples))


def milliseconds(listings: Sequence[Facts]) -> float:
    """Median processor time to read the facts and check a draft of all attributes."""
    times = []
    for facts in listings:
        text = " ".join(sentence(fact.name, fact.value) for fact in facts.attributes)
        knowledge_of.cache_clear()
        start = time.process_time()
        checked(text, facts)
        times.append((time.process_time() - start) * 1000)
    return median(times)


def measured(listings: Sequence[Facts]) -> dict[str, Any]:
    figures: dict[str, Any] = {"listings": len(listings)}
    kinds = {
        "own value": list(true_sentences(listings)),
        "foreign value": list(foreign_sentences(listings)),
        "swapped value": list(swapped_sentences(listings)),
    }
    for kind, samples in kinds.items():
        for name, passes in (("checker", passes_checker), ("bag of words", passes_bag)):
            figures[f"{kind}, {name}"] = share_of(samples, passes)
    figures["ms per draft"] = milliseconds(listings)
    return figures


def held_out(folder: Path, source: str, count: int) -> list[Facts]:
    """The first `count` listings of a source that no model trains on."""
    items = (
        item
        for item in read_catalogue(folder)
        if item.source == source and item.attributes and split_of(item.id) != "train"
    )
    return [facts_of(item) for item, _ in zip(items, range(count), strict=False)]


def plain_figures(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        key: {"passed": value.passed, "n": value.n, "interval": value.interval}
        if isinstance(value, Share)
        else value
        for key, value in figures.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="True and wrong sentences before the checker.")
    parser.add_argument("--quick", action="store_true", help="30 listings a source")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": platform.processor() or platform.machine()}
    for source in SOURCES:
        listings = held_out(arguments.data, source, 30 if arguments.quick else 300)
        figures = measured(listings)
        print(f"\n{source}: {len(listings)} held-out listings, share of sentences that pass")
        for key, value in figures.items():
            if isinstance(value, Share):
                print(f"  {key:28} {value}")
        print(f"  processor time per draft     {figures['ms per draft']:.1f} ms (median)")
        report[source] = plain_figures(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
