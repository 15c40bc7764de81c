"""Fit the language model: `python -m ml.description.fit --data FILE --out FOLDER`.

1. Read the descriptions, split them by seller, leave out sentences about payment and shipping.
2. Learn word pieces, then train the decoder on whole descriptions, the title first.
3. Learn the bank of sentence patterns that several sellers use.
4. Measure perplexity on sellers held out, beside trigrams and single pieces on the same pieces.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import save_artefact
from ml.description.corpus import Auction, of_split, read_auctions
from ml.description.model import (
    END_ID,
    FORMAT_VERSION,
    KIND,
    PAD_ID,
    Decoder,
    LanguageModel,
    LanguageModelConfig,
    fit_tokenizer,
)
from ml.description.ngram import fit_ngrams, perplexity
from ml.description.realiser.patterns import learn_bank, packed
from ml.fitting import FitConfig, fit_module, seed_everything

CARD = """# Language model and sentence patterns of listings

The model ranks the candidate sentences of the description realiser; it writes nothing itself. The
patterns are ways of putting a sentence, with slots where facts go.

- **Data**: descriptions of 19,532 consumer-to-consumer auctions of 2001, sellers of the training
  split only, sentences on payment, shipping and bidding left out. Every digit is one to it. A
  pattern is kept when three sellers use it.
- **Licence**: the collection states none; weights and patterns hold nobody's text.
- **Command**: `python -m ml.description.fit --data ebay_auctions_2001.jsonl.gz --out
  ml/weights/description`
- **Limits**: English of 2001, collectables and clothes over-represented; other languages are not
  ranked. It prefers sentences; whether they are true is the business of `grounding.py`.
"""


@dataclass(frozen=True)
class DescriptionFitConfig:
    model: LanguageModelConfig = field(default_factory=LanguageModelConfig)
    training: FitConfig = field(
        default_factory=lambda: FitConfig(
            epochs=6, batch_size=32, learning_rate=2e-3, weight_decay=0.1, patience=2
        )
    )


def fit(
    train: Sequence[Auction], valid: Sequence[Auction], config: DescriptionFitConfig
) -> LanguageModel:
    """The model at the epoch that predicts `valid` best. Raises FitError on a non-finite loss."""
    seed_everything(config.training.seed)
    texts = [part for auction in train for part in (auction.title, *auction.sentences)]
    tokenizer = fit_tokenizer(texts, config.model.pieces)
    decoder = Decoder(config.model)
    model = LanguageModel(tokenizer, decoder)
    rows = torch.from_numpy(windows_of(model, train, config.model.length))
    held_out = torch.from_numpy(windows_of(model, valid, config.model.length))

    def loss_of(batch: NDArray[Any]) -> torch.Tensor:
        return decoder.loss(rows[batch])

    def score() -> float:
        return -nll_per_piece(decoder, held_out)

    fit_module(
        decoder,
        count=len(rows),
        loss_of=loss_of,
        score=score,
        config=config.training,
        label="language model",
    )
    return model


def windows_of(model: LanguageModel, auctions: Sequence[Auction], length: int) -> NDArray[np.int64]:
    """Descriptions one after the other, cut into rows (n, length + 1); END closes a sentence.

    A row starts with the piece that the one before ended with: every piece is predicted once.
    """
    stream = [END_ID]
    for auction in auctions:
        for part in (auction.title, *auction.sentences):
            stream += [*model.encode(part), END_ID]
    count = -(-(len(stream) - 1) // length)
    table = np.full((count, length + 1), PAD_ID, np.int64)
    for place in range(count):
        row = stream[place * length : (place + 1) * length + 1]
        table[place, : len(row)] = row
    return table


def nll_per_piece(decoder: Decoder, rows: torch.Tensor) -> float:
    """Mean negative log-probability over all pieces of `rows`, in nats."""
    total, count = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(rows), 64):
            batch = rows[start : start + 64]
            pieces = int((batch[:, 1:] != PAD_ID).sum())
            total += float(decoder.loss(batch)) * pieces
            count += pieces
    return total / max(count, 1)


def measure(
    model: LanguageModel, train: Sequence[Auction], held_out: Sequence[Auction]
) -> dict[str, float]:
    """Perplexity per word piece of held-out sellers: decoder, trigrams and single pieces."""
    rows = torch.from_numpy(windows_of(model, held_out, model.decoder.config.length))
    ngrams = fit_ngrams(_lines(model, train), vocabulary=model.decoder.config.pieces)
    lines = _lines(model, held_out)
    return {
        "perplexity": round(float(np.exp(nll_per_piece(model.decoder, rows))), 2),
        "perplexity_trigrams": round(perplexity(ngrams, lines), 2),
        "perplexity_unigrams": round(perplexity(ngrams, lines, order=1), 2),
        "held_out_sentences": len(lines),
    }


def _lines(model: LanguageModel, auctions: Sequence[Auction]) -> list[list[str]]:
    parts = (part for auction in auctions for part in (auction.title, *auction.sentences))
    return [[str(piece) for piece in model.encode(part)] for part in parts]


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the language model of listings.")
    parser.add_argument("--data", type=Path, required=True, help="auctions, JSON lines, gzipped")
    parser.add_argument("--out", type=Path, required=True, help="folder of the artefact")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    auctions = list(read_auctions(arguments.data))
    train, valid, test = (of_split(auctions, split) for split in ("train", "valid", "test"))
    config = DescriptionFitConfig()
    model = fit(train, valid, config)
    bank = learn_bank(
        (auction.seller, sentence) for auction in train for sentence in auction.sentences
    )
    metrics = {
        "train_descriptions": len(train),
        "patterns": len(bank),
        **measure(model, train, test),
    }
    fingerprint = hashlib.sha256(arguments.data.read_bytes()).hexdigest()[:16]
    artefact = save_artefact(
        arguments.out,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={
            "model": asdict(config.model),
            "trained_on": fingerprint,
            "patterns": packed(bank),
        },
        tensors=model.tensors(),
        metrics=metrics,
        card=CARD,
    )
    print(f"release {artefact.release}: {metrics}")


if __name__ == "__main__":
    main()
