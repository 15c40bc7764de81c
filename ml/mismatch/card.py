"""The card of a mismatch artefact: what it is made of, what it reaches, what it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# As each source states its licence; the photos and texts themselves are not in the artefact.
LICENCES = {
    "caltech": "CC BY 4.0, as stated upstream, not verified",
    "clothing": "CC0",
    "flipkart": "CC BY-SA 4.0, as stated upstream, not verified",
    "grocery": "MIT",
    "implicitave": "CC BY 4.0, as stated upstream",
    "magento": "OSL-3.0 / AFL-3.0",
    "myntra": "MIT on the table; the photos' licence is unclear, so keep this artefact separable",
}

LIMITS = """\
- Trained on Latin script, mostly English, mostly fashion; whole pictures at 128 pixels.
- Kinds of goods that training lacks are near guesswork: see the rows "never trained on" above.
- Wrong titles out of the same category are told apart far less well than random ones. The
  probability is fitted to the latter and too sure of itself on the former: none serves both, as
  the right pairs are the same.
- It sees kind, colour and pattern. It does not read: brands, models, sizes, materials and counts
  hardly move the score, and a counterfeit is no mismatch to it.
- The probability is fitted to as many wrong as right pairs, wrong titles drawn at random. Where
  wrong photos are rare, take the score as an order, not as a frequency.
- Variants of one product (a hoodie in two colours) may stand in different splits; a photo that
  variants share counts only in the split furthest from training.
"""


def write_card(metrics: Mapping[str, Any], sources: Sequence[str], command: str) -> str:
    """The card in Markdown, with the test figures of this very fit."""
    return "\n".join(
        [
            "# Mismatch: does the photo show what the title says",
            "",
            "Two heads that bring an image encoder's and a text encoder's vectors into one space,",
            "anchors, and a calibrated probability. Made by",
            "",
            f"    {command}",
            "",
            "## Figures",
            "",
            "Products held out by a hash of their id; one wrong title for each right one.",
            "",
            *_table(metrics),
            "",
            "## Data",
            "",
            f"{metrics['train_pairs']} photos with titles.",
            "",
            *(f"- {source}: {LICENCES.get(source, 'licence not known')}" for source in sources),
            "",
            "## Limits",
            "",
            LIMITS,
        ]
    )


def _table(metrics: Mapping[str, Any]) -> list[str]:
    lines = [
        "| wrong title | products | ROC-AUC (95%) | AP | ECE |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows = {name: metrics["test"][name] for name in ("random", "random_real_titles", "hard")}
    foreign = metrics.get("never_trained_on", {})
    for name in ("random", "hard") if foreign else ():
        sources = ", ".join(foreign["random"]["by_source"])
        rows[f"{name}, never trained on ({sources})"] = foreign[name]
    for name, row in rows.items():
        low, high = row["auc_interval"]
        lines.append(
            f"| {name.replace('_', ' ')} | {row['n']} | {row['auc']:.3f} ({low:.3f}–{high:.3f}) "
            f"| {row['ap']:.3f} | {row['ece']:.3f} |"
        )
    return lines
