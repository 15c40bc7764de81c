"""Train TACLR: `python -m ml.taclr.fit --train FILE ... [--catalogue FOLDER] --out FOLDER`.

1. Train the dual encoder on all items but one fold and on all lists but a share of them, and let it
   answer for what was left out: so for every item there is a retrieval that never saw the item, and
   one that never saw the attribute.
2. Train the scorer on the evidence of each (item, attribute), by folds again: the answers for items
   that it did not train on give the null bias, the confidences and the thresholds.
3. Train both again on everything and save them.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import Artefact, save_artefact
from ml.fitting import FitConfig, fit_module, seed_everything
from ml.photo_space import load_photo_space, photo_rows
from ml.taclr.calibration import (
    Scored,
    attribute_key,
    choose_calibration,
    given,
    metrics_of,
    risk_coverage,
    thresholds_of,
)
from ml.taclr.card import write_card
from ml.taclr.corpus import Corpus, Taxonomy, catalogue_items, offers_of, read_corpus
from ml.taclr.evidence import NULL, Pair, gather
from ml.taclr.model import (
    FORMAT_VERSION,
    KIND,
    DualEncoder,
    EvidenceScorer,
    TaclrConfig,
    nce_loss,
)
from ml.taclr.offers import Offer, read_offers
from ml.taclr.priors import Priors
from ml.taclr.retrieval import DualKeys, DualRetriever
from ml.taclr.rows import RowTable
from ml.taclr.taxonomy import AttributeSpec, taxonomy_of
from ml.taclr.training import Asked, DualFit, Listings, Lists, asked_of, fit_dual
from ml.taclr.value_store import ValueStore

FOLDS = 3  # of items and of lists, for the dual encoder
SCORER_FOLDS = 3
MOST_EXAMPLES = 500  # of one (category, attribute) for the scorer, so that none drowns the others
PHOTO_SHARE = 0.5  # of the examples with a photo; the others teach what a title alone is worth
SCORER_FIT = FitConfig(epochs=10, batch_size=512, learning_rate=4e-3, weight_decay=1e-2)


@dataclass(frozen=True)
class Example:
    """One (item, attribute) with its evidence; `known` False hides what training knows of it."""

    item: int
    pair: Pair
    gold: tuple[str, ...]
    known: bool

    def gold_rows(self) -> NDArray[np.bool_]:
        right = [number for number, name in enumerate(self.pair.names) if name in self.gold]
        rows = np.isin(self.pair.values, right)
        # A value that neither the list nor the text holds cannot be answered: null is right then.
        return rows if rows.any() else self.pair.values == NULL


@dataclass(frozen=True)
class Fitted:
    """The parts of a model, and what they earned out of fold."""

    config: TaclrConfig
    dual: DualEncoder
    scorer: EvidenceScorer
    priors: Priors
    thresholds: dict[str, list[float]]
    metrics: dict[str, Any]


class DualTrainer:
    """Trains dual encoders on parts of one corpus; what they read is computed once."""

    def __init__(self, corpus: Corpus, config: TaclrConfig, how: DualFit) -> None:
        self._corpus, self._config, self._how = corpus, config, how
        specs = [spec for listed in corpus.taxonomy.values() for spec in listed.values()]
        self._listings = Listings.of(
            [(offer.title, offer.description) for offer in corpus.offers],
            corpus.sentences,
            corpus.photos,
            config,
        )
        self._lists = Lists(specs, corpus.encoder.encode, config)
        self._numbers = {spec: number for number, spec in enumerate(specs)}

    def fit(self, items: Sequence[int], hidden: set[AttributeSpec]) -> DualEncoder:
        return fit_dual(
            self._listings,
            self._lists,
            [one for item in items for one in self._asked(item)],
            self._config,
            self._how,
            hidden={self._numbers[spec] for spec in hidden},
        )

    def _asked(self, item: int) -> Iterator[Asked]:
        offer = self._corpus.offers[item]
        for attribute, gold in offer.gold.items():
            spec = self._corpus.taxonomy[offer.category][attribute]
            asked = asked_of(item, spec, self._numbers[spec], gold)
            if asked:
                yield asked


def examples_of(corpus: Corpus, trainer: DualTrainer, config: TaclrConfig) -> list[Example]:
    """The evidence of every (item, attribute) as three kinds of item will meet it.

    A known attribute with all its values listed; a known one whose list was made before the item
    came, so that a new value must be read off the text; and one that training never met.
    """
    chosen = _thinned(corpus.offers)
    examples: list[Example] = []
    for fold in range(FOLDS):
        others = [item for item in range(len(corpus.offers)) if item % FOLDS != fold]
        held_out = [item for item in range(len(corpus.offers)) if item % FOLDS == fold]
        hidden = {
            spec
            for listed in corpus.taxonomy.values()
            for spec in listed.values()
            if zlib.crc32(attribute_key(spec).encode()) % FOLDS == fold
        }
        retriever = _retriever(trainer.fit(others, hidden), corpus, config)
        earlier = [corpus.offers[item] for item in others]
        shrunk = _taxonomy(earlier)
        names = {(spec.category, spec.attribute) for spec in hidden}
        known = _ask(chosen, held_out, names, inside=False)
        # Counts of earlier items alone: else a listed value that is counted nowhere were the
        # item's own, and the scorer would take every value that is new to it.
        priors = Priors.count(earlier)
        examples += evidence_of(corpus, known, retriever, corpus.taxonomy, priors)
        examples += evidence_of(corpus, known, retriever, shrunk, priors)
        unseen = _ask(chosen, range(len(corpus.offers)), names, inside=True)
        examples += evidence_of(corpus, unseen, retriever, corpus.taxonomy, Priors())
    return examples


Questions = dict[int, list[tuple[str, str]]]  # item -> (category, attribute) asked of it


def _thinned(offers: Sequence[Offer]) -> Questions:
    """All (item, attribute) pairs, or MOST_EXAMPLES spread over the items of an attribute."""
    totals = Counter((offer.category, name) for offer in offers for name in offer.gold)
    seen: Counter[tuple[str, str]] = Counter()
    chosen: Questions = {}
    for item, offer in enumerate(offers):
        for name in offer.gold:
            pair = (offer.category, name)
            step = -(-totals[pair] // MOST_EXAMPLES)
            if seen[pair] % step == 0:
                chosen.setdefault(item, []).append(pair)
            seen[pair] += 1
    return chosen


def _ask(
    chosen: Questions, items: Sequence[int], hidden: set[tuple[str, str]], *, inside: bool
) -> Questions:
    asked = {
        item: [pair for pair in chosen.get(item, ()) if (pair in hidden) == inside]
        for item in items
    }
    return {item: pairs for item, pairs in asked.items() if pairs}


def evidence_of(
    corpus: Corpus,
    asked: Questions,
    retriever: DualRetriever,
    taxonomy: Taxonomy,
    priors: Priors,
) -> list[Example]:
    """The pairs of `asked` under a taxonomy, by priors that did not count these items."""
    if not asked:
        return []
    items = list(asked)
    listings = [(corpus.offers[item].title, corpus.offers[item].description) for item in items]
    shown = np.random.default_rng(0).random(len(items)) < PHOTO_SHARE
    photos = corpus.photos[items] * shown[:, None]
    blind = retriever.queries(listings, sentences=corpus.sentences[items])
    seen = retriever.queries(listings, sentences=corpus.sentences[items], photos=photos)
    prior_of = lru_cache(maxsize=None)(priors.of)
    examples = []
    for place, item in enumerate(items):
        offer = corpus.offers[item]
        specs = [
            taxonomy[category][name]
            for category, name in asked[item]
            if name in taxonomy.get(category, {}) and len(taxonomy[category][name].values) != 1
        ]
        found = retriever(specs, blind[place], seen[place] if photos[place].any() else None)
        for spec, retrieval in zip(specs, found, strict=True):
            pair = gather(
                spec,
                offer.title,
                offer.description,
                retrieval=retrieval,
                prior=prior_of(spec),
            )
            examples.append(Example(item, pair, offer.gold[spec.attribute], priors.knows(spec)))
    return examples


class ScorerTrainer:
    """Trains scorers on parts of the same examples; their rows are laid out once."""

    def __init__(self, examples: Sequence[Example], config: TaclrConfig) -> None:
        self._examples, self._config = examples, config
        self._table = RowTable([e.pair for e in examples], [e.known for e in examples])
        self._gold = np.concatenate([e.gold_rows() for e in examples])

    def fit(self, places: NDArray[np.int64]) -> EvidenceScorer:
        """A scorer trained on the examples at `places`."""
        seed_everything(0)
        scorer = EvidenceScorer(self._config)

        def loss_of(batch: NDArray[np.int64]) -> torch.Tensor:
            cut, rows = self._table.taken(places[batch])
            return nce_loss(scorer(cut), torch.from_numpy(self._gold[rows]), cut)

        # Every epoch scores higher than the one before: the last is kept, no fold chooses itself.
        epoch = itertools.count()
        fit_module(
            scorer,
            count=len(places),
            loss_of=loss_of,
            score=lambda: float(next(epoch)),
            config=SCORER_FIT,
            label="scorer",
        )
        return scorer.eval()

    def scored(self, scorer: EvidenceScorer, places: NDArray[np.int64]) -> list[Scored]:
        """The examples at `places` with the scorer's logits."""
        done: list[Scored] = []
        for start in range(0, len(places), SCORER_FIT.batch_size):
            part = places[start : start + SCORER_FIT.batch_size]
            cut, _ = self._table.taken(part)
            with torch.inference_mode():
                logits = scorer(cut).numpy()
            chosen = [self._examples[place] for place in part]
            ends = np.cumsum([len(e.pair.values) for e in chosen])
            done += [
                Scored(e.pair, e.gold, e.known, own)
                for e, own in zip(chosen, np.split(logits, ends[:-1]), strict=True)
            ]
        return done


def fit(corpus: Corpus, config: TaclrConfig, how: DualFit) -> Fitted:
    """The three steps at the top of this file."""
    trainer = DualTrainer(corpus, config, how)
    examples = examples_of(corpus, trainer, config)
    scorers = ScorerTrainer(examples, config)
    # Not the dual encoder's folds: an item's views all lie in one of these.
    folds = np.array([e.item // FOLDS % SCORER_FOLDS for e in examples])
    answered: list[Scored] = []
    for fold in range(SCORER_FOLDS):
        scorer = scorers.fit(np.flatnonzero(folds != fold))
        answered += scorers.scored(scorer, np.flatnonzero(folds == fold))
    config, thresholds, metrics = _calibrate(answered, config)
    return Fitted(
        config,
        trainer.fit(range(len(corpus.offers)), set()),
        scorers.fit(np.arange(len(examples))),
        Priors.count(corpus.offers),
        thresholds,
        {"items": len(corpus.offers), "examples": len(examples), **metrics},
    )


def _calibrate(
    answered: Sequence[Scored], config: TaclrConfig
) -> tuple[TaclrConfig, dict[str, list[float]], dict[str, Any]]:
    groups = {known: [s for s in answered if s.known == known] for known in (True, False)}
    chosen = {known: choose_calibration(held) for known, held in groups.items()}
    answers = given(answered, chosen)
    asked = Counter(attribute_key(each.pair.spec) for each in groups[True])
    metrics = {
        "known": metrics_of(groups[True], chosen[True]),
        "unseen": metrics_of(groups[False], chosen[False]),
        "risk_coverage": risk_coverage([each for each in answers if each.known], asked),
    }
    config = replace(config, known=chosen[True], unseen=chosen[False])
    return config, thresholds_of(answers), metrics


def _retriever(dual: DualEncoder, corpus: Corpus, config: TaclrConfig) -> DualRetriever:
    keys = DualKeys(dual, corpus.encoder.encode, config, "training")
    return DualRetriever(dual, corpus.encoder.encode, config, ValueStore(keys))


def _taxonomy(offers: Sequence[Offer]) -> Taxonomy:
    return taxonomy_of([(offer.category, offer.gold) for offer in offers])


def save(folder: Path, fitted: Fitted, trained_on: Sequence[str], command: str) -> Artefact:
    tensors: dict[str, NDArray[Any]] = dict(fitted.priors.tensors())
    for name, module in (("dual", fitted.dual), ("scorer", fitted.scorer)):
        for key, tensor in module.state_dict().items():
            # Half precision moves no answer out of fold and halves the download.
            tensors[f"{name}.{key}"] = tensor.numpy().astype(np.float16)
    return save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={
            "model": asdict(fitted.config),
            "thresholds": fitted.thresholds,
            "trained_on": list(trained_on),
        },
        tensors=tensors,
        metrics=fitted.metrics,
        card=write_card(fitted.metrics, command),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train TACLR on annotated offers.")
    parser.add_argument(
        "--train", type=Path, nargs="*", default=[], help="JSON lines with target_scores"
    )
    parser.add_argument("--catalogue", type=Path, help="folder of catalogue.jsonl.gz and photos")
    parser.add_argument("--work", type=Path, help="keeps encoded photos for next time")
    parser.add_argument("--out", type=Path, required=True, help="folder of the artefact")
    arguments = parser.parse_args()
    if not (arguments.train or arguments.catalogue):
        parser.error("give --train FILE ..., --catalogue FOLDER, or both")
    from ml.encoders.registry import load_text_encoder

    torch.set_num_threads(1)
    encoder, config = load_text_encoder("bundled"), TaclrConfig()
    offers = [offer for path in arguments.train for offer in read_offers(path)]
    photos = np.zeros((len(offers), config.photo_dim), np.float32)
    if arguments.catalogue:
        space = load_photo_space(encoder)
        items = catalogue_items(arguments.catalogue, split=None)
        config = replace(config, photo_release=space.release, photo_dim=space.dim)
        offers += offers_of(items)
        photos = np.zeros((len(offers), space.dim), np.float32)
        shown = [place for place, item in enumerate(items) if item.photos]
        rows = photo_rows([items[place].photos[0] for place in shown], space, arguments.work)
        photos[len(offers) - len(items) + np.array(shown)] = rows
    corpus = read_corpus(offers, photos, encoder)
    fingerprints = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in arguments.train]
    fitted = fit(corpus, config, DualFit())
    artefact = save(arguments.out, fitted, fingerprints, command_of(arguments))
    print(f"{arguments.out}: release {artefact.release}")


def command_of(arguments: argparse.Namespace) -> str:
    """The command as a reader repeats it, without the folders of this machine."""
    words = ["python -m ml.taclr.fit"]
    if arguments.train:
        words += ["--train", *(path.name for path in arguments.train)]
    if arguments.catalogue:
        words += ["--catalogue DATA"]
    return " ".join([*words, "--out", arguments.out.name])


if __name__ == "__main__":
    main()
