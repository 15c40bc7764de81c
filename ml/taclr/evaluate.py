"""Attribute F1 of an artefact on annotated offers.

`python -m ml.taclr.evaluate --test FILE --taxonomy FILE --json OUT [--artefact FOLDER]`
runs on any offers in the WDC-PAVE layout, categories and attributes unseen in training included.
The candidates are the values of the taxonomy file and what the offers themselves state.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from ml.artefacts import bundled
from ml.taclr.metric import MEASURES, Counts, bootstrap_f1, count, pooled
from ml.taclr.offers import Offer, read_offers
from ml.taclr.ranking import Ranker, load_ranker
from ml.taclr.taxonomy import AttributeSpec, read_taxonomy


def predict(
    ranker: Ranker, offers: Sequence[Offer], taxonomy: Mapping[str, Mapping[str, AttributeSpec]]
) -> list[dict[str, str | None]]:
    """The answer for every annotated attribute of every offer.

    An attribute that the taxonomy lacks has no listed values: only a stated one can be answered.
    """
    answers = []
    for offer in tqdm(offers, desc="attributes", mininterval=5):
        listed = taxonomy.get(offer.category, {})
        specs = [listed.get(name) or _unlisted(offer, name) for name in offer.gold]
        ranked = ranker.rank(specs, offer.title, offer.description)
        answers.append({each.spec.attribute: each.value for each in ranked})
    return answers


def evaluate(
    offers: Sequence[Offer], answers: Sequence[Mapping[str, str | None]]
) -> dict[str, Any]:
    """All figures as fractions; `support` is the number of (item, attribute) pairs."""
    items = [
        {
            attribute: count(gold, [value] if (value := given.get(attribute)) else [])
            for attribute, gold in offer.gold.items()
        }
        for offer, given in zip(offers, answers, strict=True)
    ]
    total = pooled(items)
    low, high = bootstrap_f1([pooled([attributes]) for attributes in items])
    names = sorted({attribute for attributes in items for attribute in attributes})
    return {
        "precision": total.precision,
        "recall": total.recall,
        "f1": total.f1,
        "f1_interval": [low, high],
        "f1_excluding_measures": pooled(items, without=MEASURES).f1,
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
    parser.add_argument("--taxonomy", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True, help="where the figures go")
    parser.add_argument("--artefact", type=Path, default=bundled("taclr"))
    arguments = parser.parse_args()
    from ml.encoders.registry import load_text_encoder

    torch.set_num_threads(1)
    offers, taxonomy = read_offers(arguments.test), read_taxonomy(arguments.taxonomy)
    ranker, release = load_ranker(arguments.artefact, load_text_encoder("bundled"))
    figures = evaluate(offers, predict(ranker, offers, taxonomy)) | {"release": release}
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    low, high = figures["f1_interval"]
    print(
        f"{figures['n']} offers, {figures['support']} pairs: F1 {figures['f1']:.4f} "
        f"(95% {low:.4f} to {high:.4f}), excluding measures {figures['f1_excluding_measures']:.4f}"
    )


if __name__ == "__main__":
    main()
