"""What a photo adds where the title does not say the value: flipkart and myntra, test split.

The same artefact with and without the photo; candidates are the values of the training items of the
category. Baseline: the category's most frequent value. Spellings of one value are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ml.mismatch.predict import MismatchPredictor
    from ml.taclr.corpus import Taxonomy
    from ml.taclr.evaluate import Answer
    from ml.taclr.metric import Counts
    from ml.taclr.offers import Offer
    from ml.taclr.ranking import Ranker

SOURCES = ("flipkart", "myntra")
# What a look at the thing can tell; season, use and warranty are not written on it.
VISIBLE = ("Color", "Type", "Pattern", "Dial Color", "Dial Shape", "Strap Color", "Strap Material",
           "Material", "Design", "Gender", "Ideal For", "Fabric", "Shape", "Sleeve")  # fmt: skip
LEAST_PAIRS = 10
DRAWS = 1000
Answers = Sequence[Mapping[str, "Answer"]]


def measure(
    quick: bool, data: Path, ranker: Ranker, predictor: MismatchPredictor
) -> dict[str, Any]:
    from ml.encoders.base import read_photo
    from ml.taclr.corpus import catalogue_items, offers_of
    from ml.taclr.evaluate import predict
    from ml.taclr.taxonomy import taxonomy_of

    reference = catalogue_items(data, split=None)
    known = taxonomy_of([(offer.category, offer.gold) for offer in offers_of(reference)])
    held_out = [i for i in catalogue_items(data, split="test") if i.source in SOURCES]
    if quick:
        held_out = held_out[::8]
    offers = [_implicit(offer, known) for offer in offers_of(held_out, like=reference)]
    kept = [n for n, offer in enumerate(offers) if offer.gold and held_out[n].photos]
    offers = [offers[n] for n in kept]
    photos = [predictor.encode_photos([read_photo(held_out[n].photos[0], 224)])[0] for n in kept]
    systems: dict[str, Answers] = {
        "most frequent value": _majority(offers_of(reference), offers),
        "text": predict(ranker, offers, known),
        "text and photo": predict(ranker, offers, known, photos),
    }
    names = Counter(name for offer in offers for name in offer.gold)
    groups = {"all": set(names), "visible in a photo": set(VISIBLE)}
    groups |= {name: {name} for name, n in names.most_common() if n >= LEAST_PAIRS}
    return {
        "offers": len(offers),
        "groups": {label: _compare(offers, systems, group) for label, group in groups.items()},
        "ece": {name: _ece(offers, answers) for name, answers in systems.items()},
    }


def _implicit(offer: Offer, taxonomy: Taxonomy) -> Offer:
    """The offer with the values that its title does not state in any spelling."""
    from ml.taclr.matching import mentions_in
    from ml.taclr.taxonomy import AttributeSpec, ValueSpec

    def stated(name: str, gold: tuple[str, ...]) -> bool:
        spec = AttributeSpec(offer.category, name, tuple(ValueSpec(value) for value in gold))
        return bool(mentions_in(spec, offer.title, ""))

    gold = {
        name: values
        for name, values in offer.gold.items()
        if name in taxonomy.get(offer.category, {}) and not stated(name, values)
    }
    return replace(offer, gold=gold)


def _majority(train: Sequence[Offer], offers: Sequence[Offer]) -> Answers:
    from ml.taclr.evaluate import Answer

    counts: dict[tuple[str, str], Counter[str]] = {}
    for offer in train:
        for name, gold in offer.gold.items():
            counts.setdefault((offer.category, name), Counter()).update(gold)
    return [
        {name: Answer(counts[offer.category, name].most_common(1)[0][0]) for name in offer.gold}
        for offer in offers
    ]


def _counts(offer: Offer, answers: Mapping[str, Answer], group: set[str]) -> Counts:
    from ml.taclr.metric import Counts, count
    from ml.taclr.surface import compact

    total = Counts()
    for name in group & offer.gold.keys():
        value = answers[name].value
        gold = [compact(each) for each in offer.gold[name]]
        total += count(gold, [] if value is None else [compact(value)])
    return total


def _compare(
    offers: Sequence[Offer], systems: Mapping[str, Answers], group: set[str]
) -> dict[str, Any]:
    """F1 of each system, and what the photo adds with its 95% interval over items drawn again."""
    tables = {}
    for name, answers in systems.items():
        rows = [_counts(o, a, group) for o, a in zip(offers, answers, strict=True)]
        tables[name] = np.array([(row.tp, row.fp, row.fn) for row in rows], float)
    drawn = np.random.default_rng(0).integers(0, len(offers), (DRAWS, len(offers)))
    gains = _f1(tables["text and photo"][drawn].sum(1)) - _f1(tables["text"][drawn].sum(1))
    low, high = np.percentile(gains, [2.5, 97.5])
    return {
        "pairs": sum(len(group & offer.gold.keys()) for offer in offers),
        **{name: float(_f1(table.sum(0)[None])[0]) for name, table in tables.items()},
        "gain": [float(low), float(high)],
    }


def _f1(counts: Any) -> Any:
    tp, fp, fn = counts[:, 0], counts[:, 1], counts[:, 2]
    return 2 * tp / np.maximum(2 * tp + fp + fn, 1)


def _ece(offers: Sequence[Offer], answers: Answers) -> float:
    from ml.taclr.evaluate import evaluate
    from ml.taclr.surface import compact

    return float(evaluate(offers, answers, spelling=compact)["ece"])


def show(figures: Mapping[str, Any]) -> None:
    print(f"\nValues that the title does not state, {figures['offers']} items; F1")
    print(f"{'':<24}{'pairs':>7}{'frequent':>10}{'text':>8}{'+ photo':>9}{'gain':>8}  95%")
    for label, row in figures["groups"].items():
        gain = row["text and photo"] - row["text"]
        low, high = row["gain"]
        print(
            f"{label:<24}{row['pairs']:>7}{row['most frequent value']:>10.3f}{row['text']:>8.3f}"
            f"{row['text and photo']:>9.3f}{gain:>+8.3f}  {low:+.3f} to {high:+.3f}"
        )
    for name in ("text", "text and photo"):
        print(f"calibration error of the answers, {name}: {figures['ece'][name]:.3f}")
