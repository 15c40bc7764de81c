"""The card of a ranker: what it learnt from, what it reaches, what it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .model import RankerConfig

LIMITS = """\
- It learnt from what an earlier ranking showed. Places shown by chance count for those that were
  not, as far as the log knows their probability; what was never shown is still a guess.
- The place of an item is a column of training and the first place in serving: what is left of the
  place's influence is taken for the item's.
- A score orders the candidates of one strip; it is no probability and compares nothing between
  strips.
- It knows no item whose columns are all missing: such items are ordered by chance.
"""


def write_card(
    config: RankerConfig, metrics: Mapping[str, Any], *, source: str, command: str
) -> str:
    """The card in Markdown, with the test figures of this very fit. `source` says whose acts."""
    return "\n".join(
        [
            "# Ranker of similar items",
            "",
            "Gradient-boosted trees (LightGBM, lambdarank) over strips that people saw, each place",
            "as relevant as the most that was done with it, each row as loud as its label's weight",
            "and the inverse of its propensity. Made by",
            "",
            f"    {command}",
            "",
            "## Data",
            "",
            source,
            "",
            f"{metrics['fit']['groups']} strips with {metrics['fit']['rows']} places and "
            f"{metrics['fit']['purchases']} purchases taught it; strips of a later time chose its "
            "weights, and of a later time still judged it.",
            "",
            "## Labels, from the least to the most",
            "",
            *_labels(config, metrics),
            "",
            "## Figures on the last strips",
            "",
            *_table(metrics["test"]),
            "",
            "## Limits",
            "",
            LIMITS,
        ]
    )


def _labels(config: RankerConfig, metrics: Mapping[str, Any]) -> Iterator[str]:
    shares = metrics["label_shares"]
    for level in config.order:
        led = f", led to a purchase in {shares[level]:.1%}" if level in shares else ""
        yield f"- {level}: weight {config.weights.get(level, 1.0):g}{led}"


def _table(test: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "| ranked by | mean purchase rank (95%) | ndcg@10 | MRR | AUC | strips with a purchase |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, told in test.items():
        rank = told["purchase_rank"]
        low, high = rank["interval"]
        yield (
            f"| {name} | {rank['mean']:.3f} ({low:.3f}–{high:.3f}) | {told['ndcg']['mean']:.3f} | "
            f"{told['mrr']['mean']:.3f} | {told['auc']['mean']:.3f} | {rank['groups']} |"
        )
