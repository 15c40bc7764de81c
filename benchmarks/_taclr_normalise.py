"""What reaches the scorer: how often the right value is among the candidates, and of how many.

    python benchmarks/_taclr_normalise.py [--quick] [--json OUT] [--data FOLDER]

Training offers only, five folds: the lists hold what the other four folds know. A candidate is a
listed value that the offer states or a value read off its text. Baseline, same run: the listed
values that stand in the offer letter by letter, case aside; "listed" is the share of pairs whose
value the list holds at all. AE-110k's attributes are taken as free text. Then the hand-made table
of spellings under tests/, where the one right answer must be the only one: the rules were made to
pass it, so it shows what they cover, not how well they do elsewhere.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

if TYPE_CHECKING:
    from ml.taclr.offers import Offer
    from ml.taclr.taxonomy import AttributeSpec

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "ml" / "taclr" / "normalisation" / "cases.tsv"
FOLDS = 5
DRAWS = 1000


@dataclass(frozen=True)
class Pair:
    """One (offer, attribute) that has a value: what each way of looking found."""

    offer: int
    listed: bool
    literal: bool
    found: bool
    candidates: int


def main() -> None:
    parser = argparse.ArgumentParser(description="Candidates and normalisation.")
    parser.add_argument("--quick", action="store_true", help="150 offers of each set")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    figures = measure(arguments.quick, arguments.data)
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def measure(quick: bool, data: Path) -> dict[str, Any]:
    """Candidate recall on each set that `data` holds, and the table of spellings."""
    sets: dict[str, Callable[[Path], list[Offer]]] = {
        "wdc-pave": wdc_pave,
        "ae-110k": ae_110k,
        "flipkart": flipkart,
    }
    report: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "sets": {},
        "table": table(),
    }
    for name, read in sets.items():
        try:
            offers = read(data)
        except FileNotFoundError as error:
            report["sets"][name] = {"missing": str(error)}
            continue
        report["sets"][name] = candidates(offers[: 150 if quick else None], free=name == "ae-110k")
    return report


def wdc_pave(data: Path) -> list[Offer]:
    from ml.taclr.offers import read_offers

    return read_offers(existing(data / "text" / "wdc_pave" / "train_large.jsonl"))


def ae_110k(data: Path) -> list[Offer]:
    from ml.taclr.offers import Offer

    offers = []
    path = existing(data / "text" / "ae-110k_train.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            gold = {
                attribute: tuple(value for value in values if value != "n/a")
                for attribute, values in row["target_scores"].items()
            }
            offers.append(Offer(str(number), row["category"], row["input"], "", gold))
    return offers


def flipkart(data: Path) -> list[Offer]:
    from ml.records import read_catalogue, split_of
    from ml.taclr.offers import Offer

    existing(data / "catalogue.jsonl.gz")
    return [
        Offer(
            item.id,
            item.category[0] if item.category else "",
            item.title,
            item.description,
            {name: (value,) for name, value in item.attributes.items() if value},
        )
        for item in read_catalogue(data)
        if item.source == "flipkart" and split_of(item.id) == "train"
    ]


def existing(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is not there")
    return path


def candidates(offers: Sequence[Offer], *, free: bool) -> dict[str, Any]:
    """The figures of one set; `free` makes every attribute one of free text."""
    pairs: list[Pair] = []
    seconds = 0.0
    for fold in range(FOLDS):
        taxonomy = taxonomy_without(offers, fold, free=free)
        for number in range(fold, len(offers), FOLDS):
            offer = offers[number]
            listed = taxonomy.get(offer.category, {})
            specs = [listed.get(name) or unlisted(offer, name) for name in offer.gold]
            warm(specs)
            start = time.thread_time()
            found = [candidates_of(spec, offer) for spec in specs]
            seconds += time.thread_time() - start
            pairs += judged(number, offer, specs, found)
    return summary(pairs) | {"ms_per_offer": 1000 * seconds / len(offers), "offers": len(offers)}


def taxonomy_without(
    offers: Sequence[Offer], fold: int, *, free: bool
) -> Mapping[str, Mapping[str, AttributeSpec]]:
    from ml.taclr.taxonomy import taxonomy_of

    others = [offer for number, offer in enumerate(offers) if number % FOLDS != fold]
    taxonomy = taxonomy_of([(offer.category, offer.gold) for offer in others])
    if not free:
        return taxonomy
    return {
        category: {name: replace(spec, kind="text") for name, spec in specs.items()}
        for category, specs in taxonomy.items()
    }


def unlisted(offer: Offer, attribute: str) -> AttributeSpec:
    from ml.taclr.taxonomy import AttributeSpec

    return AttributeSpec(offer.category, attribute, kind="text")


def warm(specs: Sequence[AttributeSpec]) -> None:
    """Index the lists first, as a server has: the time is that of a listing."""
    from ml.taclr.matching import index_of

    for spec in specs:
        index_of(spec)


def candidates_of(spec: AttributeSpec, offer: Offer) -> set[str]:
    from ml.taclr.extraction import statements_in
    from ml.taclr.matching import mentions_in
    from ml.taclr.surface import read

    title = read(offer.title)
    mentions = mentions_in(spec, offer.title, offer.description)
    found = {spec.values[mention.value].value for mention in mentions}
    found |= {each.value for each in statements_in(spec, title, "title", stretches=True)}
    return found | {
        each.value for each in statements_in(spec, read(offer.description), "description")
    }


def judged(
    number: int, offer: Offer, specs: Sequence[AttributeSpec], found: Sequence[set[str]]
) -> Iterator[Pair]:
    text = f"{offer.title} {offer.description}".lower()
    for spec, values in zip(specs, found, strict=True):
        gold = set(offer.gold[spec.attribute])
        if not gold:
            continue
        known = gold & {value.value for value in spec.values}
        literal = any(value.lower() in text for value in known)
        yield Pair(number, bool(known), literal, bool(gold & values), len(values))


def summary(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Shares of the pairs; the intervals draw whole offers again."""
    rows = np.array([(p.offer, p.literal, p.found) for p in pairs], float)
    offers, places = np.unique(rows[:, 0], return_inverse=True)
    sums = np.zeros((len(offers), 3))
    np.add.at(sums, places, np.column_stack([np.ones(len(rows)), rows[:, 1:]]))
    drawn = np.random.default_rng(0).integers(0, len(offers), (DRAWS, len(offers)))
    totals = sums[drawn].sum(axis=1)
    low, high = np.percentile(totals[:, 2] / totals[:, 0], [2.5, 97.5])
    gain_low, gain_high = np.percentile((totals[:, 2] - totals[:, 1]) / totals[:, 0], [2.5, 97.5])
    return {
        "pairs": len(pairs),
        "recall": float(np.mean([pair.found for pair in pairs])),
        "recall_interval": [float(low), float(high)],
        "literal": float(np.mean([pair.literal for pair in pairs])),
        "gain_interval": [float(gain_low), float(gain_high)],
        "listed": float(np.mean([pair.listed for pair in pairs])),
        "candidates": float(np.mean([pair.candidates for pair in pairs])),
    }


def table() -> dict[str, Any]:
    """The hand-made spellings: right when the right value, and no other, is stated."""
    from ml.taclr.matching import mentions_in
    from ml.taclr.taxonomy import AttributeSpec, ValueSpec

    with CASES.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    right = literal = 0
    for attribute, listed, text, answer in rows:
        values = listed.split("|")
        spec = AttributeSpec("", attribute, tuple(ValueSpec(value) for value in values))
        stated = {values[mention.value] for mention in mentions_in(spec, text, "")}
        expected = {answer} if answer else set()
        right += stated == expected
        literal += {value for value in values if value.lower() in text.lower()} == expected
    return {"cases": len(rows), "right": right / len(rows), "literal": literal / len(rows)}


def show(figures: Mapping[str, Any]) -> None:
    print(figures["machine"])
    print(
        f"{'candidate recall':<16}{'pairs':>8}{'recall':>8}{'95%':>17}{'letter by letter':>18}"
        f"{'gain, 95%':>17}{'listed':>8}{'candidates':>12}{'ms/offer':>10}"
    )
    for name, row in figures["sets"].items():
        if "missing" in row:
            print(f"{name:<16} {row['missing']}")
            continue
        low, high = row["recall_interval"]
        gain_low, gain_high = row["gain_interval"]
        print(
            f"{name:<16}{row['pairs']:>8}{row['recall']:>8.3f}{f'{low:.3f} to {high:.3f}':>17}"
            f"{row['literal']:>18.3f}{f'{gain_low:+.3f} to {gain_high:+.3f}':>17}"
            f"{row['listed']:>8.3f}{row['candidates']:>12.1f}{row['ms_per_offer']:>10.2f}"
        )
    row = figures["table"]
    print(
        f"table of {row['cases']} spellings, the right value and no other: {row['right']:.3f} "
        f"(letter by letter {row['literal']:.3f})"
    )


if __name__ == "__main__":
    main()
