"""The card of a DeepRecs model: what it is made of, what it reaches, what it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml.deeprecs.model import DeepRecsConfig

# As each source states its licence; the texts themselves are not in the artefact.
LICENCES = {
    "magento": "a sports shop's product links; OSL-3.0 / AFL-3.0",
    "simulated": "purchases of the demo's simulated people: made up, by rules that are in the code",
    "marketplace": "purchases of this marketplace",
}

LIMITS = """\
- It learnt only from the sources above. What it says of other kinds of goods rests on a category's
  or a word's resemblance alone: train it on the marketplace's own purchases (`manage.py
  train_deeprecs`) before trusting it.
- A magento link says which kinds go together (a hoodie and pants); which of the pants is as good as
  drawn by lot. Figures of simulated purchases say that the rules were learnt, nothing of people.
- A score orders candidates of one seed; it is no probability. Whether a thing fits is checked
  elsewhere.
"""


def write_card(config: DeepRecsConfig, metrics: Mapping[str, Any], command: str) -> str:
    """The card in Markdown, with the test figures of this very fit."""
    reads = [*config.fields, *(["the joint photo and text vector"] if config.dense_dim else [])]
    return "\n".join(
        [
            f"# {config.name}: what goes with an item",
            "",
            "Two towers that are not shared, one for the seed and one for what goes with it,",
            "trained on pairs bought together by a two-way softmax over the batch, corrected for",
            "popularity: its optimum is the log of the Ochiai cosine (Galron et al. 2018).",
            f"It reads {', '.join(reads)}. Made by",
            "",
            f"    {command}",
            "",
            "## Figures",
            "",
            "Seeds held out by a hash of their id, none of whose pairs was trained on, each ranked",
            "against all items of the categories that training relates to its own.",
            "",
            *_table(metrics["test_hits_at_10"]),
            "",
            f"Spearman of score and log Ochiai on frequent training pairs: "
            f"{metrics['spearman_log_ochiai']:.3f}.",
            "",
            "## Data",
            "",
            f"{metrics['train_pairs']} pairs of {metrics['train_items']} items.",
            "",
            *(f"- {name}: {LICENCES.get(name, 'licence not known')}" for name in config.trained_on),
            "",
            "## Limits",
            "",
            LIMITS,
        ]
    )


def _table(figures: Mapping[str, Any]) -> Iterator[str]:
    yield "| by | filtered hits@10 (95%) | seeds |"
    yield "| --- | --- | --- |"
    for name, row in figures.items():
        low, high = row["interval"]
        yield f"| {name} | {row['value']:.3f} ({low:.3f}–{high:.3f}) | {row['n']} |"
