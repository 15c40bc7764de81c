"""TACLR's own parts on WDC-PAVE, trained here over several seeds: what each of them is worth.

The reference's method on a frozen sentence encoder with a trained tower: zero-shot retrieval, a
classification head, in-batch instead of taxonomy-aware negatives, a static threshold instead of the
null key, and all of it. Trained on the train split of train_large, the static threshold chosen on
its valid split, all lists as candidates, as the released code has them. No text is read for spans.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from ml.taclr.corpus import Taxonomy
    from ml.taclr.model import DualEncoder, TaclrConfig, TextEncoder
    from ml.taclr.offers import Offer
    from ml.taclr.training import Asked, Listings, Lists

SEEDS = 5
STUDENT = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776}  # 97.5% point, by number of seeds
STATIC = np.arange(0.0, 1.0, 0.02)
FULL = "TACLR, full"


@dataclass(frozen=True)
class Setting:
    """One list protocol: the keys of all its lists, and which of them each test pair may get."""

    lists: Lists
    asked: list[Asked]


class Bench:
    """WDC-PAVE encoded once; methods are scored on it by the exact metric."""

    def __init__(self, encoder: TextEncoder, folder: Path) -> None:
        from ml.records import split_of
        from ml.taclr.corpus import CachedEncoder
        from ml.taclr.model import TaclrConfig, query_text
        from ml.taclr.offers import read_offers
        from ml.taclr.taxonomy import read_taxonomy, taxonomy_of
        from ml.taclr.training import Listings

        train, test = read_offers(folder / "train_large.jsonl"), read_offers(folder / "test.jsonl")
        self.config: TaclrConfig = TaclrConfig()
        self.offers: list[Offer] = [*train, *test]
        self.encode = CachedEncoder(encoder).encode
        texts = [(offer.title, offer.description) for offer in self.offers]
        sentences = self.encode([query_text(*text) for text in texts])
        blank = np.zeros((len(texts), self.config.photo_dim), np.float32)
        self.listings: Listings = Listings.of(texts, sentences, blank, self.config)
        held_out = [split_of(offer.id) != "train" for offer in train]
        self.train = [n for n, out in enumerate(held_out) if not out]
        self.valid = [n for n, out in enumerate(held_out) if out]
        self.test = list(range(len(train), len(self.offers)))
        known = taxonomy_of([(offer.category, offer.gold) for offer in train])
        self.honest = self.setting(known, self.test)
        self.released = self.setting(read_taxonomy(folder / "taxonomy.json"), self.test)
        self.fitting = self.setting(known, self.train)
        self.choosing = self.setting(known, self.valid)

    def setting(self, taxonomy: Taxonomy, items: Sequence[int]) -> Setting:
        from ml.taclr.training import Asked, Lists

        specs = [spec for listed in taxonomy.values() for spec in listed.values()]
        numbers = {(spec.category, spec.attribute): n for n, spec in enumerate(specs)}
        asked = []
        for item in items:
            offer = self.offers[item]
            for attribute, gold in offer.gold.items():
                number = numbers[offer.category, attribute]
                values = [value.value for value in specs[number].values]
                right = tuple(place for place, value in enumerate(values) if value in gold)
                # A gold value that the list lacks cannot be found: every answer is wrong.
                missing = () if gold else (len(values),)
                asked.append(Asked(item, number, right or missing))
        return Setting(Lists(specs, self.encode, self.config), asked)

    def f1(
        self, setting: Setting, scores: NDArray[np.float32], *, static: float | None = None
    ) -> float:
        """Of the best value; null competes, or every value below `static` is no answer."""
        tp = fp = fn = 0
        for one in setting.asked:
            keys = setting.lists.keys[one.spec]
            null = len(keys) - 1
            own = scores[one.item][keys]
            best = int(own.argmax() if static is None else own[:null].argmax())
            answers = best != null if static is None else bool(own[best] >= static)
            has_value = null not in one.gold
            right = answers and best in one.gold
            tp += right
            fp += answers and not right
            fn += has_value and not right
        return 2 * tp / max(1, 2 * tp + fp + fn)


def measure(quick: bool, data: Path, encoder: TextEncoder) -> dict[str, Any]:
    bench = Bench(encoder, data / "text" / "wdc_pave")
    seeds = 2 if quick else SEEDS
    epochs = 2 if quick else None
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in range(seeds):
        for name, scored in _methods(bench, seed, epochs).items():
            rows.setdefault(name, []).append(scored)
    return {
        "seeds": seeds,
        "rows": {name: _summary(found, rows[FULL]) for name, found in rows.items()},
    }


def _methods(bench: Bench, seed: int, epochs: int | None) -> dict[str, dict[str, float]]:
    from ml.taclr.training import DualFit

    plain = DualFit()
    # A tenth of the product's data takes smaller batches and more epochs.
    fit = replace(plain.fit, seed=seed, batch_size=64, epochs=epochs or 14)
    full = _scorer_of(bench, replace(plain, fit=fit))
    in_batch = _scorer_of(bench, replace(plain, fit=fit, negatives="in-batch"))
    choose = full(bench.choosing)
    static = max(STATIC, key=lambda at: bench.f1(bench.choosing, choose, static=float(at)))
    found = {
        "zero-shot retrieval": _both(bench, _zero_shot(bench)),
        "classification head": _both(bench, _classification(bench, seed, epochs)),
        "TACLR, in-batch negatives": _both(bench, in_batch),
        "TACLR, static threshold": {
            "released": bench.f1(bench.released, full(bench.released), static=float(static)),
            "honest": bench.f1(bench.honest, full(bench.honest), static=float(static)),
        },
        FULL: _both(bench, full),
    }
    return found


ScoreSetting = Callable[[Setting], "NDArray[np.float32]"]


def _both(bench: Bench, scores: ScoreSetting) -> dict[str, float]:
    return {
        "released": bench.f1(bench.released, scores(bench.released)),
        "honest": bench.f1(bench.honest, scores(bench.honest)),
    }


def _scorer_of(bench: Bench, how: Any) -> ScoreSetting:
    """A dual encoder trained on the train split."""
    import torch

    from ml.taclr.model import KEY_IDS
    from ml.taclr.training import fit_dual

    fitting = bench.fitting
    asked = [one for one in fitting.asked if one.gold]
    dual: DualEncoder = fit_dual(bench.listings, fitting.lists, asked, bench.config, how)
    with torch.inference_mode():
        queries = dual.encode_queries(
            torch.from_numpy(bench.listings.sentences),
            bench.listings.words,
            torch.from_numpy(bench.listings.photos),
        )

    def scores(setting: Setting) -> NDArray[np.float32]:
        places = np.arange(setting.lists.count)
        with torch.inference_mode():
            keys = setting.lists.rows(dual, places, torch.ones(len(places), KEY_IDS))
            found: NDArray[np.float32] = (queries @ keys.T).numpy()
        return found

    return scores


def _zero_shot(bench: Bench) -> ScoreSetting:
    def scores(setting: Setting) -> NDArray[np.float32]:
        found: NDArray[np.float32] = bench.listings.sentences @ setting.lists.sentences.T
        return found

    return scores


def _classification(bench: Bench, seed: int, epochs: int | None) -> ScoreSetting:
    """A sigmoid for every (category, attribute, value), as the reference's BERT-CLS has it.

    Values that training never saw have no output: they are never answered. Above 0.5 the best
    value is the answer, else null.
    """
    import torch

    from ml.fitting import FitConfig, fit_module, seed_everything

    seed_everything(seed)
    head = _head(bench)
    by_item: dict[int, list[Asked]] = {}
    for one in bench.fitting.asked:
        by_item.setdefault(one.item, []).append(one)
    items = sorted(by_item)

    def loss_of(batch: NDArray[np.int64]) -> Tensor:
        chosen = [items[place] for place in batch]
        target, asked = _targets(bench.fitting, [by_item[item] for item in chosen])
        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            _logits(head, bench.listings, chosen), target, reduction="none"
        )
        return torch.as_tensor((losses * asked).sum() / asked.sum())

    fit = FitConfig(epochs=epochs or 40, batch_size=64, learning_rate=4e-3, seed=seed)
    fit_module(
        head, count=len(items), loss_of=loss_of, score=_last(), config=fit, label="classification"
    )
    with torch.inference_mode():
        every = range(len(bench.offers))
        chances = torch.sigmoid(_logits(head, bench.listings, every)).numpy()
    trained = bench.fitting.lists.places

    def scores(setting: Setting) -> NDArray[np.float32]:
        found = np.full((len(bench.offers), setting.lists.count), -1.0, np.float32)
        for key, place in setting.lists.places.items():
            if key in trained:
                found[:, place] = chances[:, trained[key]]
        found[:, [keys[-1] for keys in setting.lists.keys]] = 0.5
        return found

    return scores


def _head(bench: Bench) -> nn.ModuleDict:
    from torch import nn

    config = bench.config
    return nn.ModuleDict(
        {
            "words": nn.EmbeddingBag(config.buckets, config.dim, mode="sum"),
            "text": nn.Linear(config.text_dim, config.dim),
            "out": nn.Linear(config.dim, bench.fitting.lists.count),
        }
    )


def _logits(head: nn.ModuleDict, listings: Listings, chosen: Sequence[int]) -> Tensor:
    """(items, keys)."""
    import torch

    words = listings.words.taken(np.array(chosen))
    said = head["words"](words.ids, words.offsets, per_sample_weights=words.weights)
    text = head["text"](torch.from_numpy(listings.sentences[list(chosen)]))
    return torch.as_tensor(head["out"](torch.relu(text + said)))


def _targets(setting: Setting, rows: Sequence[Sequence[Asked]]) -> tuple[Tensor, Tensor]:
    """Which keys are right and which are asked for at all, both (items, keys)."""
    import torch

    target = torch.zeros(len(rows), setting.lists.count)
    asked = torch.zeros_like(target)
    for row, questions in enumerate(rows):
        for one in questions:
            keys = setting.lists.keys[one.spec]
            asked[row, keys[:-1]] = 1
            target[row, [keys[place] for place in one.gold if place < len(keys) - 1]] = 1
    return target, asked


def _last() -> Callable[[], float]:
    import itertools

    epoch = itertools.count()
    return lambda: float(next(epoch))


def _summary(
    found: Sequence[Mapping[str, float]], full: Sequence[Mapping[str, float]]
) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for protocol in ("released", "honest"):
        values = [each[protocol] for each in found]
        drops = [whole[protocol] - each[protocol] for each, whole in zip(found, full, strict=True)]
        summary[protocol] = {"f1": _interval(values), "drop": _interval(drops)}
    return summary


def _interval(values: Sequence[float]) -> list[float]:
    """Mean and half width of the 95% interval of the mean, by Student's t."""
    if len(values) < 2:
        return [values[0], 0.0]
    half = STUDENT[len(values)] * statistics.stdev(values) / len(values) ** 0.5
    return [statistics.mean(values), half]


def show(figures: Mapping[str, Any]) -> None:
    print(f"\nTACLR's parts on WDC-PAVE test, no spans read; {figures['seeds']} seeds, mean ± 95%")
    print(f"{'':<28}{'F1 released':>16}{'drop':>16}{'F1 honest':>16}{'drop':>16}")
    for name, row in figures["rows"].items():
        cells = [
            f"{row[protocol][kind][0]:.3f} ± {row[protocol][kind][1]:.3f}"
            for protocol in ("released", "honest")
            for kind in ("f1", "drop")
        ]
        print(f"{name:<28}" + "".join(f"{cell:>16}" for cell in cells))
