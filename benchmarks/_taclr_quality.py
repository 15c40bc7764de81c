"""Attribute F1 and calibration on WDC-PAVE, under both protocols, and on AE-110k.

Released: candidates from train and test, as the authors' code takes them. Honest: candidates from
train alone, new values only from the offer's own text. AE-110k is inductive: candidates from train,
spellings of one value are equal. Baselines, same run: the longest listed value that the offer
states, and that with linear models for short lists.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _taclr_baselines import string_match, string_match_and_linear

if TYPE_CHECKING:
    from ml.taclr.corpus import Taxonomy
    from ml.taclr.offers import Offer
    from ml.taclr.ranking import Ranker


def measure(quick: bool, data: Path, ranker: Ranker) -> dict[str, Any]:
    from ml.taclr.offers import read_offers
    from ml.taclr.surface import compact
    from ml.taclr.taxonomy import read_taxonomy, taxonomy_of

    limit = 60 if quick else None
    pave = data / "text" / "wdc_pave"
    train, test = read_offers(pave / "train_large.jsonl"), read_offers(pave / "test.jsonl")[:limit]
    known = taxonomy_of([(offer.category, offer.gold) for offer in train])
    figures = {
        "WDC-PAVE, released": _rows(
            ranker, train, test, read_taxonomy(pave / "taxonomy.json"), str
        ),
        "WDC-PAVE, honest": _rows(ranker, train, test, known, str),
    }
    train = read_offers(data / "text" / "ae-110k_train.jsonl.gz")
    test = read_offers(data / "text" / "ae-110k_test.jsonl.gz")[:limit]
    known = taxonomy_of([(offer.category, offer.gold) for offer in train])
    return figures | {"AE-110k, inductive": _rows(ranker, train, test, known, compact)}


def _rows(
    ranker: Ranker, train: list[Offer], test: list[Offer], taxonomy: Taxonomy, spelling: Any
) -> dict[str, Any]:
    from ml.taclr.evaluate import evaluate, predict

    ranker.prepare([spec for listed in taxonomy.values() for spec in listed.values()])
    start = time.perf_counter()
    answers = predict(ranker, test, taxonomy)
    took = 1000 * (time.perf_counter() - start) / len(test)
    linear = string_match_and_linear(train, test, taxonomy)
    return {
        "TACLR, hybrid": evaluate(test, answers, spelling=spelling) | {"ms_per_offer": took},
        "string match": evaluate(test, string_match(test, taxonomy), spelling=spelling),
        "string match, linear": evaluate(test, linear, spelling=spelling),
    }


def show(figures: Mapping[str, Any]) -> None:
    head = f"{'F1':>8}{'95%':>18}{'excl. measures':>16}{'P':>8}{'R':>8}{'ECE':>8}"
    print(f"{'':<46}{head}")
    for protocol, rows in figures.items():
        for name, row in rows.items():
            low, high = row["f1_interval"]
            # Rules give no confidence to calibrate.
            ece = f"{row['ece']:>8.3f}" if "ms_per_offer" in row else f"{'–':>8}"
            print(
                f"{f'{protocol}: {name}':<46}{row['f1']:>8.4f}{f'{low:.4f} to {high:.4f}':>18}"
                f"{row['f1_excluding_measures']:>16.4f}{row['precision']:>8.4f}"
                f"{row['recall']:>8.4f}{ece}"
            )
        ours = rows["TACLR, hybrid"]
        print(
            f"  {ours['n']} offers, {ours['support']} pairs, {ours['ms_per_offer']:.0f} ms an offer"
        )
