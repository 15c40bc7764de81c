"""Train TACLR: `python -m ml.taclr.fit --train FILE --out FOLDER`.

1. Train the dual encoder on all items but one fold, and let it answer for that fold; so for every
   item there is a retrieval that never saw the item.
2. Train the scorer on the evidence of each (item, attribute), once as a known attribute and once
   as one that training never met, with the null threshold chosen on the validation split.
3. Train both again on all items and save them.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import Artefact, save_artefact
from ml.fitting import FitConfig, fit_module, seed_everything
from ml.records import split_of
from ml.taclr.calibration import Scored, choose_calibration, metrics_of
from ml.taclr.evidence import NULL, Pair, gather
from ml.taclr.model import (
    FORMAT_VERSION,
    KIND,
    DualEncoder,
    EvidenceScorer,
    TaclrConfig,
    TextEncoder,
    nce_loss,
    query_text,
    query_words,
    stack,
)
from ml.taclr.offers import Offer, read_offers
from ml.taclr.priors import Priors
from ml.taclr.retrieval import DualRetriever, KeyBank, encode_keys, encode_queries, is_closed
from ml.taclr.taxonomy import AttributeSpec, taxonomy_of

CARD = """# TACLR, hybrid

Attribute values by retrieval from a taxonomy, weighed against what the listing states.

- **Data**: WDC-PAVE normalised, `train_large.jsonl` (1,066 English offers, five categories of a
  product-matching corpus; no licence stated, so no text of it is kept: weights and hashes only).
- **Encoder**: all-MiniLM-L6-v2 (Apache-2.0), frozen, not part of this folder.
- **Command**: `python -m ml.taclr.fit --train train_large.jsonl --out ml/weights/taclr`
- **Checked by**: `python -m ml.taclr.evaluate --test FILE --taxonomy FILE --json OUT`
- **Limits**: English spellings and units. Attributes that training never saw are answered from
  spans and synonyms, with less recall on generalised classes ("Product Type") than on stated
  values. Inferences from the text alone are held back below the floor in `config.json`.
"""

FOLDS = 5
DUAL_FIT = FitConfig(epochs=12, batch_size=128, learning_rate=4e-3, weight_decay=1e-4)
SCORER_FIT = FitConfig(epochs=10, batch_size=512, learning_rate=4e-3, weight_decay=1e-2)


Taxonomy = Mapping[str, Mapping[str, AttributeSpec]]


@dataclass(frozen=True)
class Corpus:
    """Training items with everything that is computed once."""

    offers: list[Offer]
    taxonomy: Taxonomy
    sentences: NDArray[np.float32]  # (items, text_dim)
    bank: KeyBank
    priors: Priors


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


def read_corpus(offers: list[Offer], encoder: TextEncoder) -> Corpus:
    bank = KeyBank(encoder)
    sentences = bank.encode([query_text(offer.title, offer.description) for offer in offers])
    return Corpus(offers, _taxonomy_of(offers), sentences, bank, Priors.count(offers))


def _taxonomy_of(offers: Sequence[Offer]) -> Taxonomy:
    return taxonomy_of([(offer.category, offer.gold) for offer in offers])


def fit_dual(corpus: Corpus, items: Sequence[int], config: TaclrConfig) -> DualEncoder:
    """InfoNCE per (item, attribute) against null and the attribute's other values (§1.3)."""
    seed_everything(0)
    dual = DualEncoder(config)
    words = [
        query_words(corpus.offers[item].title, corpus.offers[item].description, config.buckets)
        for item in items
    ]
    groups = _targets(corpus, items)

    def loss_of(batch: NDArray[np.int64]) -> torch.Tensor:
        chosen = [items[place] for place in batch]
        queries = encode_queries(
            dual, corpus.sentences[chosen], [words[place] for place in batch]
        )  # (batch, dim)
        losses = []
        for spec, targets in groups.items():
            rows = [row for row, place in enumerate(batch) if place in targets]
            if rows:
                keys = encode_keys(dual, spec, corpus.bank[spec], config)
                logits = dual(queries[rows], keys)  # (rows, values + 1)
                right = torch.stack([targets[int(batch[row])] for row in rows])
                chance = (logits.log_softmax(-1).exp() * right).sum(-1)
                losses.append(-chance.clamp_min(1e-9).log())
        return torch.cat(losses).mean()

    # Every epoch scores higher than the one before: the last is kept, no fold chooses for itself.
    epoch = itertools.count()
    fit_module(
        dual,
        count=len(items),
        loss_of=loss_of,
        score=lambda: float(next(epoch)),
        config=DUAL_FIT,
        label="dual encoder",
    )
    return dual


def _targets(corpus: Corpus, items: Sequence[int]) -> dict[AttributeSpec, dict[int, torch.Tensor]]:
    """Closed attribute -> position in `items` -> which keys are right, the last one being null."""
    groups: dict[AttributeSpec, dict[int, torch.Tensor]] = {}
    for place, item in enumerate(items):
        offer = corpus.offers[item]
        for attribute, gold in offer.gold.items():
            spec = corpus.taxonomy[offer.category][attribute]
            if is_closed(spec):
                right = [float(value.value in gold) for value in spec.values]
                target = torch.tensor([*right, float(not gold)])
                groups.setdefault(spec, {})[place] = target
    return groups


def examples_of(corpus: Corpus, config: TaclrConfig) -> list[Example]:
    """The evidence of every (item, attribute) as three kinds of item will meet it.

    A known attribute with all its values listed; one of which training knows nothing; and a known
    one whose list was made before the item came, so that a new value must be read off the text.
    """
    examples: list[Example] = []
    folds = np.arange(len(corpus.offers)) % FOLDS
    for fold in range(FOLDS):
        others, held_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold).tolist()
        dual = fit_dual(corpus, others.tolist(), config)
        retriever = DualRetriever(dual, corpus.bank, config)
        earlier = [corpus.offers[item] for item in others]
        shrunk = _taxonomy_of(earlier)
        examples += evidence_of(corpus, held_out, retriever, corpus.taxonomy, corpus.priors)
        examples += evidence_of(corpus, held_out, retriever, corpus.taxonomy, Priors())
        examples += evidence_of(corpus, held_out, retriever, shrunk, Priors.count(earlier))
    return examples


def evidence_of(
    corpus: Corpus,
    items: Sequence[int],
    retriever: DualRetriever,
    taxonomy: Taxonomy,
    priors: Priors,
) -> list[Example]:
    """The pairs of `items` under a taxonomy; priors that counted an item leave it out again."""
    listings = [(corpus.offers[item].title, corpus.offers[item].description) for item in items]
    queries = retriever.queries(listings, corpus.sentences[list(items)])
    counted = priors is corpus.priors
    examples = []
    for item, query in zip(items, queries, strict=True):
        offer = corpus.offers[item]
        for attribute, gold in offer.gold.items():
            spec = taxonomy[offer.category][attribute]
            known = priors.knows(spec)
            prior = priors.of(spec)
            pair = gather(
                spec,
                offer.title,
                offer.description,
                retrieval=retriever(spec, query, known=known),
                prior=prior.without(gold) if counted else prior,
            )
            examples.append(Example(item, pair, gold, known))
    return examples


def fit_scorer(examples: Sequence[Example], config: TaclrConfig) -> EvidenceScorer:
    seed_everything(0)
    scorer = EvidenceScorer(config)
    golds = [example.gold_rows() for example in examples]

    def loss_of(batch: NDArray[np.int64]) -> torch.Tensor:
        chosen = [examples[place] for place in batch]
        rows = stack([e.pair for e in chosen], known=[e.known for e in chosen])
        gold = torch.from_numpy(np.concatenate([golds[place] for place in batch]))
        return nce_loss(scorer(rows), gold, rows)

    epoch = itertools.count()
    fit_module(
        scorer,
        count=len(examples),
        loss_of=loss_of,
        score=lambda: float(next(epoch)),
        config=SCORER_FIT,
        label="scorer",
    )
    return scorer


def scored(scorer: EvidenceScorer, examples: Sequence[Example]) -> list[Scored]:
    """The examples with the scorer's logits."""
    scorer.eval()
    done: list[Scored] = []
    for start in range(0, len(examples), SCORER_FIT.batch_size):
        chosen = examples[start : start + SCORER_FIT.batch_size]
        rows = stack([e.pair for e in chosen], known=[e.known for e in chosen])
        with torch.inference_mode():
            logits = scorer(rows).numpy()
        ends = np.cumsum([len(e.pair.values) for e in chosen])
        done += [
            Scored(e.pair, e.gold, e.gold_rows(), part)
            for e, part in zip(chosen, np.split(logits, ends[:-1]), strict=True)
        ]
    return done


def fit(
    offers: list[Offer], encoder: TextEncoder, config: TaclrConfig
) -> tuple[TaclrConfig, DualEncoder, EvidenceScorer, Priors, dict[str, Any]]:
    """The three steps at the top of this file. Returns the parts of a model and its metrics."""
    corpus = read_corpus(offers, encoder)
    examples = examples_of(corpus, config)
    held_out = {n for n, offer in enumerate(offers) if split_of(offer.id) != "train"}
    scorer = fit_scorer([e for e in examples if e.item not in held_out], config)
    valid = {
        known: scored(scorer, [e for e in examples if e.item in held_out and e.known == known])
        for known in (True, False)
    }
    config = replace(
        config, known=choose_calibration(valid[True]), unseen=choose_calibration(valid[False])
    )
    metrics = {
        "offers": len(offers),
        "validation_offers": len(held_out),
        "known": metrics_of(valid[True], config.known),
        "unseen": metrics_of(valid[False], config.unseen),
    }
    final = fit_scorer(examples, config)
    dual = fit_dual(corpus, range(len(offers)), config)
    return config, dual, final, corpus.priors, metrics


def save(
    folder: Path,
    config: TaclrConfig,
    dual: DualEncoder,
    scorer: EvidenceScorer,
    priors: Priors,
    metrics: Mapping[str, Any],
    trained_on: str,
) -> Artefact:
    tensors: dict[str, NDArray[Any]] = dict(priors.tensors())
    for name, module in (("dual", dual), ("scorer", scorer)):
        for key, tensor in module.state_dict().items():
            # Half precision moves no answer on the validation split and halves the download.
            tensors[f"{name}.{key}"] = tensor.numpy().astype(np.float16)
    return save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={"model": asdict(config), "trained_on": trained_on},
        tensors=tensors,
        metrics=metrics,
        card=CARD,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train TACLR on offers in the WDC-PAVE layout.")
    parser.add_argument("--train", type=Path, required=True, help="JSON lines with target_scores")
    parser.add_argument("--out", type=Path, required=True, help="folder of the artefact")
    arguments = parser.parse_args()
    from ml.encoders.registry import load_text_encoder

    torch.set_num_threads(1)
    offers = read_offers(arguments.train)
    fingerprint = hashlib.sha256(arguments.train.read_bytes()).hexdigest()[:16]
    config, dual, scorer, priors, metrics = fit(offers, load_text_encoder("bundled"), TaclrConfig())
    artefact = save(arguments.out, config, dual, scorer, priors, metrics, fingerprint)
    print(f"{arguments.out}: release {artefact.release}")


if __name__ == "__main__":
    main()
