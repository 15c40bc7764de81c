"""Attribute F1 under the released and the honest protocol, speed, and category accuracy.

    python benchmarks/taclr.py [--quick] [--json OUT] [--data FOLDER]

Released: candidates from train and test, as the authors' code takes them. Honest: candidates from
train alone, new values only from the offer's own text. Baseline, same run: the longest listed value
that the offer states, no training. Categories: see `_category`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import _category

if TYPE_CHECKING:
    from ml.taclr.offers import Offer
    from ml.taclr.ranking import Ranker
    from ml.taclr.taxonomy import AttributeSpec

ROOT = Path(__file__).resolve().parent.parent
Taxonomy = Mapping[str, Mapping[str, "AttributeSpec"]]


def main() -> None:
    from ml.artefacts import bundled
    from ml.encoders.registry import load_text_encoder
    from ml.taclr.ranking import load_ranker

    parser = argparse.ArgumentParser(description="Attribute values and categories.")
    parser.add_argument("--quick", action="store_true", help="60 offers, 120 listings")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    folder = arguments.data / "text" / "wdc_pave"
    if not folder.is_dir():
        print(f"No wdc_pave in {arguments.data / 'text'}: nothing to measure. Give --data.")
        return
    encoder = load_text_encoder("bundled")
    ranker, release = load_ranker(bundled("taclr"), encoder)
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "release": release,
        "attributes": attributes(ranker, folder, 60 if arguments.quick else None),
        "categories": _category.measure(arguments.quick, arguments.data),
    }
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def attributes(ranker: Ranker, folder: Path, limit: int | None) -> dict[str, Any]:
    from ml.taclr.evaluate import evaluate, predict
    from ml.taclr.offers import read_offers
    from ml.taclr.taxonomy import read_taxonomy, taxonomy_of

    test = read_offers(folder / "test.jsonl")[:limit]
    train = read_offers(folder / "train_large.jsonl")
    lists: dict[str, Taxonomy] = {
        "released": read_taxonomy(folder / "taxonomy.json"),
        "honest": taxonomy_of([(offer.category, offer.gold) for offer in train]),
    }
    report: dict[str, Any] = {}
    for protocol, taxonomy in lists.items():
        start = time.perf_counter()
        answers = predict(ranker, test, taxonomy)
        took = time.perf_counter() - start
        report[protocol] = evaluate(test, answers) | {"ms_per_offer": 1000 * took / len(test)}
        report[f"{protocol}, string match"] = evaluate(test, string_match(test, taxonomy))
    return report


def string_match(offers: Sequence[Offer], taxonomy: Taxonomy) -> list[dict[str, str | None]]:
    """The longest listed value that stands in the offer letter by letter, case aside."""
    answers = []
    for offer in offers:
        text = f" {offer.title} {offer.description} ".lower()
        given: dict[str, str | None] = {}
        for attribute in offer.gold:
            spec = taxonomy.get(offer.category, {}).get(attribute)
            values = [value.value for value in spec.values] if spec else []
            stated = [value for value in values if value.lower() in text]
            given[attribute] = max(stated, key=len, default=None)
        answers.append(given)
    return answers


def show(figures: Mapping[str, Any]) -> None:
    print(f"{figures['machine']}; release {figures['release']}")
    print(f"{'protocol':<26}{'F1':>8}{'95%':>18}{'excl.':>8}{'P':>8}{'R':>8}")
    for name, row in figures["attributes"].items():
        low, high = row["f1_interval"]
        print(
            f"{name:<26}{row['f1']:>8.4f}{f'{low:.4f} to {high:.4f}':>18}"
            f"{row['f1_excluding_measures']:>8.4f}{row['precision']:>8.4f}{row['recall']:>8.4f}"
        )
    released = figures["attributes"]["released"]
    print(f"{released['n']} offers, {released['ms_per_offer']:.0f} ms an offer, encoding included")
    _category.show(figures["categories"])


if __name__ == "__main__":
    main()
