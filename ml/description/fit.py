"""Fit the language model: `python -m ml.description.fit --data FILE --out FOLDER`.

1. Clean the descriptions, cut them into sentences, leave out what is about payment and shipping.
2. Count words, pairs and triples of the training split.
3. Discount, hash and save; measure perplexity on the held-out split beside a unigram model.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ml.artefacts import save_artefact
from ml.description.facts import plain
from ml.description.model import (
    END,
    FORMAT_VERSION,
    KIND,
    NUMBER,
    START,
    UNKNOWN,
    LanguageModel,
    LanguageModelConfig,
    Level,
    encode,
    ngram_hashes,
    tokens_of,
    word_hash,
)
from ml.records import RecordError, split_of

CARD = """# Language model of listings

Ranks the candidate sentences of the description realiser; it writes nothing itself.

- **Data**: descriptions of 19,532 consumer-to-consumer auctions of 2001, training split only,
  sentences on payment, shipping and bidding left out. No text is kept: hashed words and n-grams.
- **Licence**: the collection states none; the counts hold no sentence and no seller.
- **Command**: `python -m ml.description.fit --data ebay_auctions_2001.jsonl.gz --out
  ml/weights/description`
- **Limits**: English of 2001, collectables over-represented. It prefers sentences; whether they
  are true is the business of `grounding.py`.
"""

# Sentences about the deal say nothing about the thing.
_DEAL = re.compile(
    r"\b(?:ship\w*|postage|paypal|payments?|pays?|bid\w*|auctions?|reserve|insur\w*|e-?mail\w*|"
    r"feedback|winner|thanks?|click|money orders?|counters?|andale|checkout|tax|zip|visit|store|"
    r"refund\w*|deposit|check|cash|handling|usps|ups|priority|sellers?|buyers?|questions?)\b",
    re.I,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*[*~_=]{2,}\s*|\s+-\s+")
_LEAST_WORDS, _MOST_WORDS = 3, 40


def sentences_of(description: str) -> list[str]:
    """The sentences of a description that are about the item."""
    cleaned = re.sub(r"([.!?])[.!?]+", r"\1", plain(description))
    return [
        part.strip()
        for part in _SENTENCE_END.split(cleaned)
        if _LEAST_WORDS <= len(part.split()) <= _MOST_WORDS and not _DEAL.search(part)
    ]


def read_descriptions(path: Path) -> Iterator[tuple[str, str]]:
    """(id, description) of every auction. Raises RecordError naming the line that is not one."""
    if not path.exists():
        raise RecordError(f"{path} does not exist")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                yield str(row["ItemID"]), str(row["Description"] or "")
            except (ValueError, KeyError, TypeError) as error:
                raise RecordError(f"{path.name} line {number}: {error!r}") from error


def fit(sentences: Sequence[str], config: LanguageModelConfig) -> LanguageModel:
    """Count and discount. The same sentences and config give the same model."""
    counts = Counter(token for sentence in sentences for token in tokens_of(sentence))
    common = [word for word, _ in counts.most_common() if not word[0].isdigit()]
    words = np.unique(np.array([word_hash(word) for word in common[: config.vocabulary]]))
    streams = [[START, START, *encode(sentence, words), END] for sentence in sentences]
    unigrams = _unigrams(streams, len(words))
    levels = tuple(
        _level(_rows(streams, length), config, least=1 if length == 2 else config.least_count)
        for length in range(2, config.order + 1)
    )
    # A handful of sentences may repeat no triple at all.
    return LanguageModel(words, unigrams, tuple(level for level in levels if len(level.keys)))


def perplexity(model: LanguageModel, sentences: Iterable[str]) -> tuple[float, float]:
    """(of the model, of its unigrams) per token on the same sentences."""
    with_history, without = [], []
    for sentence in sentences:
        with_history.append(model.log_probabilities(sentence))
        without.append(model.unigram_log_probabilities(sentence))
    return (
        float(np.exp(-np.concatenate(with_history).mean())),
        float(np.exp(-np.concatenate(without).mean())),
    )


def _unigrams(streams: Sequence[Sequence[int]], words: int) -> NDArray[np.float32]:
    flat = np.array([each for stream in streams for each in stream[2:]])
    totals = np.bincount(flat, minlength=words + max(END, UNKNOWN, NUMBER) + 1) + 0.5
    totals[START] = 0.0
    chances: NDArray[np.float32] = (totals / totals.sum()).astype(np.float32)
    return chances


def _rows(streams: Sequence[Sequence[int]], length: int) -> NDArray[np.uint64]:
    """Every run of `length` words that ends in a real word or a sentence's end."""
    rows = [
        stream[place - length + 1 : place + 1]
        for stream in streams
        for place in range(2, len(stream))
    ]
    return np.array(rows, dtype=np.uint64)


def _level(rows: NDArray[np.uint64], config: LanguageModelConfig, *, least: int) -> Level:
    grams, counts = np.unique(rows, axis=0, return_counts=True)
    history_keys = ngram_hashes(grams[:, :-1])
    histories, place = np.unique(history_keys, return_inverse=True)
    totals = np.bincount(place, weights=counts)
    kept = counts >= least
    chances = np.where(kept, counts - config.discount, 0.0) / totals[place]
    left_over = 1.0 - np.bincount(place, weights=chances)
    useful = np.bincount(place, weights=kept) > 0
    keys, first = np.unique(ngram_hashes(grams[kept]), return_index=True)
    return Level(
        keys,
        chances[kept][first].astype(np.float16),
        histories[useful],
        left_over[useful].astype(np.float16),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the language model of listings.")
    parser.add_argument("--data", type=Path, required=True, help="auctions, JSON lines, gzipped")
    parser.add_argument("--out", type=Path, required=True, help="folder of the artefact")
    arguments = parser.parse_args()
    train: list[str] = []
    held_out: list[str] = []
    for item, description in tqdm(read_descriptions(arguments.data), desc="descriptions"):
        split = split_of(f"ebay2001:{item}")
        if split != "valid":
            (train if split == "train" else held_out).extend(sentences_of(description))
    config = LanguageModelConfig()
    model = fit(list(dict.fromkeys(train)), config)
    unseen = list(dict.fromkeys(held_out).keys() - dict.fromkeys(train).keys())
    reached, baseline = perplexity(model, unseen)
    fingerprint = hashlib.sha256(arguments.data.read_bytes()).hexdigest()[:16]
    artefact = save_artefact(
        arguments.out,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={"model": asdict(config), "trained_on": fingerprint},
        tensors=model.tensors(),
        metrics={
            "train_sentences": len(dict.fromkeys(train)),
            "held_out_sentences": len(unseen),
            "perplexity": round(reached, 2),
            "perplexity_unigram": round(baseline, 2),
        },
        card=CARD,
    )
    print(f"release {artefact.release}: perplexity {reached:.1f}, unigram {baseline:.1f}")


if __name__ == "__main__":
    main()
