"""Attribute F1 of an artefact on annotated offers.

    python -m ml.taclr.evaluate --test FILE --taxonomy FILE --json OUT [--artefact FOLDER]

runs on any offers in the WDC-PAVE layout, categories and attributes unseen in training included.
The candidates are the values of the taxonomy file, or of training offers with `--listed-by FILE`,
and what the offers themselves state. `--normalised` takes spellings of one value as the same.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from ml.artefacts import bundled
from ml.taclr.calibration import expected_calibration_error
from ml.taclr.metric import MEASURES, Counts, bootstrap_f1, count, pooled
from ml.taclr.offers import Offer, read_offers
from ml.taclr.ranking import Ranker, load_ranker
from ml.taclr.surface import compact
from ml.taclr.taxonomy import AttributeSpec, read_taxonomy, taxonomy_of


@dataclass(frozen=True)
class Answer:
    """`value` None: there is none. `confidence` is that of the value."""

    value: str | None
    confidence: float = 1.0


def predict(
    ranker: Ranker,
    offers: Sequence[Offer],
    taxonomy: Mapping[str, Mapping[str, AttributeSpec]],
    photos: Sequence[NDArray[np.float32] | None] | None = None,
) -> list[dict[str, Answer]]:
    """The answer for every annotated attribute of every offer.

    An attribute that the taxonomy lacks has no listed values: only a stated one can be answered.
    `photos` has a unit row (photo_dim,) or None for each offer.
    """
    answers = []
    shown = photos or [None] * len(offers)
    for offer, photo in zip(tqdm(offers, desc="attributes", mininterval=5), shown, strict=True):
        listed = taxonomy.get(offer.category, {})
        specs = [listed.get(name) or _unlisted(offer, name) for name in offer.gold]
        ranked = ranker.rank(specs, offer.title, offer.description, photo)
        answers.append(
            {each.spec.attribute: Answer(each.value, each.confidence) for each in ranked}
        )
    return answers


def evaluate(
    offers: Sequence[Offer],
    answers: Sequence[Mapping[str, Answer]],
    *,
    spelling: Callable[[str], str] = str,
) -> dict[str, Any]:
    """All figures as fractions; `support` is the number of (item, attribute) pairs.

    Two values are the same when `spelling` makes them equal.
    """
    items = []
    sure: list[tuple[float, bool]] = []
    for offer, given in zip(offers, answers, strict=True):
        counts = {}
        for attribute, values in offer.gold.items():
            answer = given.get(attribute, Answer(None))
            gold = [spelling(value) for value in values]
            said = [] if answer.value is None else [spelling(answer.value)]
            counts[attribute] = count(gold, said)
            if said:
                sure.append((answer.confidence, said[0] in gold))
        items.append(counts)
    total = pooled(items)
    low, high = bootstrap_f1([pooled([attributes]) for attributes in items])
    names = sorted({attribute for attributes in items for attribute in attributes})
    return {
        "precision": total.precision,
        "recall": total.recall,
        "f1": total.f1,
        "f1_interval": [low, high],
        "f1_excluding_measures": pooled(items, without=MEASURES).f1,
        "ece": expected_calibration_error(sure),
        "n": len(offers),
        "support": sum(len(attributes) for attributes in items),
        "by_attribute": {name: _report(items, name) for name in names},
    }


def _report(items: Sequence[Mapping[str, Counts]], name: str) -> dict[str, float]:
    total = Counts()
    for attributes in items:
        total += attributes.get(name, Counts())
    return {
        "precision": total.precision,
        "recall": total.recall,
        "f1": total.f1,
        "n": sum(name in attributes for attributes in items),
    }


def _unlisted(offer: Offer, attribute: str) -> AttributeSpec:
    return AttributeSpec(offer.category, attribute, kind="text")


def main() -> None:
    parser = argparse.ArgumentParser(description="Attribute F1 on offers in the WDC-PAVE layout.")
    parser.add_argument("--test", type=Path, required=True)
    lists = parser.add_mutually_exclusive_group(required=True)
    lists.add_argument("--taxonomy", type=Path, help="{category: {attribute: [value, ...]}}")
    lists.add_argument("--listed-by", type=Path, help="offers whose gold values make the lists")
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--artefact", type=Path, default=bundled("taclr"))
    parser.add_argument("--normalised", action="store_true", help="spellings of a value are equal")
    arguments = parser.parse_args()
    from ml.encoders.registry import load_text_encoder

    torch.set_num_threads(1)
    offers = read_offers(arguments.test)
    if arguments.taxonomy:
        taxonomy = read_taxonomy(arguments.taxonomy)
    else:
        listing = read_offers(arguments.listed_by)
        taxonomy = taxonomy_of([(offer.category, offer.gold) for offer in listing])
    ranker, release = load_ranker(arguments.artefact, load_text_encoder("bundled"))
    answers = predict(ranker, offers, taxonomy)
    spelling = compact if arguments.normalised else str
    figures = evaluate(offers, answers, spelling=spelling) | {"release": release}
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    low, high = figures["f1_interval"]
    print(
        f"{figures['n']} offers, {figures['support']} pairs: F1 {figures['f1']:.4f} "
        f"(95% {low:.4f} to {high:.4f}), excluding measures "
        f"{figures['f1_excluding_measures']:.4f}, calibration error {figures['ece']:.4f}"
    )


if __name__ == "__main__":
    main()
