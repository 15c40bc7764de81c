"""Attribute F1 under the released and the honest protocol, speed, and category accuracy.

    python benchmarks/taclr.py [--quick] [--json OUT] [--data FOLDER]

Released: candidates from train and test, as the authors' code takes them. Honest: candidates from
train alone, new values only from the offer's own text. Baseline, same run: the longest listed value
that the offer states, no training. Categories: leaves of the catalogue with ten products or more,
titles of the held-out split, text only; baseline: plain nearest sentence.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

if TYPE_CHECKING:
    from ml.records import ItemRecord
    from ml.taclr.model import TextEncoder
    from ml.taclr.offers import Offer
    from ml.taclr.ranking import Ranker
    from ml.taclr.taxonomy import AttributeSpec

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("flipkart", "myntra", "magento")
LEAST_PRODUCTS = 10
Taxonomy = Mapping[str, Mapping[str, "AttributeSpec"]]


def main() -> None:
    from ml.artefacts import bundled
    from ml.encoders.registry import load_text_encoder
    from ml.taclr.ranking import load_ranker

    parser = argparse.ArgumentParser(description="Attribute values and categories.")
    parser.add_argument("--quick", action="store_true", help="60 offers, 100 titles")
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
        "categories": categories(encoder, arguments.data, 100 if arguments.quick else 600),
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


def categories(encoder: TextEncoder, data: Path, limit: int) -> dict[str, float]:
    from ml.records import read_catalogue, split_of
    from ml.taclr.category import SEPARATOR, CategoryRetriever, CategorySpec

    items = [i for i in read_catalogue(data) if i.source in SOURCES and not i.title_is_label]
    sizes = Counter(item.category for item in items if item.category)
    leaves = [leaf for leaf, count in sorted(sizes.items()) if count >= LEAST_PRODUCTS]
    places = {leaf: place for place, leaf in enumerate(leaves)}
    held_out = [i for i in items if i.category in places and split_of(i.id) != "train"]
    chosen = held_out[:: max(1, len(held_out) // limit)][:limit]
    paths = [SEPARATOR.join(leaf) for leaf in leaves]
    retriever = CategoryRetriever(encoder)
    retriever.index([CategorySpec(place, path) for place, path in enumerate(paths)])
    start = time.perf_counter()
    found = [[each.id for each in retriever.suggest(item.title)] for item in chosen]
    took = time.perf_counter() - start
    return {
        "leaves": len(leaves),
        "n": len(chosen),
        "ms_per_title": 1000 * took / len(chosen),
        **accuracy(found, [places[item.category] for item in chosen]),
        **{f"baseline {k}": v for k, v in nearest(encoder, paths, chosen, places).items()},
    }


def nearest(
    encoder: TextEncoder,
    paths: Sequence[str],
    items: Sequence[ItemRecord],
    places: Mapping[tuple[str, ...], int],
) -> dict[str, float]:
    titles = encoder.encode([item.title for item in items])
    order = (-(titles @ encoder.encode(paths).T)).argsort(axis=1)[:, :5]
    return accuracy(order.tolist(), [places[item.category] for item in items])


def accuracy(found: Sequence[Sequence[int]], truth: Sequence[int]) -> dict[str, float]:
    pairs = list(zip(found, truth, strict=True))
    return {
        "top_1": sum(right in ids[:1] for ids, right in pairs) / len(pairs),
        "top_5": sum(right in ids[:5] for ids, right in pairs) / len(pairs),
    }


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
    row = figures["categories"]
    print(
        f"category of {row['n']} titles among {row['leaves']} leaves: top-1 {row['top_1']:.3f}, "
        f"top-5 {row['top_5']:.3f} (nearest sentence {row['baseline top_1']:.3f}, "
        f"{row['baseline top_5']:.3f}), {row['ms_per_title']:.1f} ms a title"
    )


if __name__ == "__main__":
    main()
