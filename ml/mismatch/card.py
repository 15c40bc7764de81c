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
- Of wrong titles out of the same category it finds those that state another colour; another cut,
  brand, model or print it mostly overlooks ("hard" above has both).
- The probability is fitted to as many right as wrong pairs, a tenth of the wrong ones out of the
  same category. Where wrong photos are rarer, take the score as an order, not as a frequency.
- It names one wrong photo among three far better when it shows goods of another kind than when it
  shows the neighbour on the shelf; the false alarms on true sets of varied views (backs, details)
  rest on few items and are higher than on photos alike.
- It sees kind, colour, pattern and whom clothes are made for. It does not read: brands, models,
  sizes, materials and counts hardly move the score, and a counterfeit is no mismatch to it.
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
            "one that names colours, anchors, and a calibrated probability. Made by",
            "",
            f"    {command}",
            "",
            "## Figures",
            "",
            "Products held out by a hash of their id; one wrong title for each right one.",
            "",
            *_table(metrics),
            "",
            "A wrong photo among three (threshold set for 3% false alarms on valid):",
            "",
            *_planted(metrics["test"]["planted"]),
            "",
            "Stated and observed frequency of a mismatch, wrong titles drawn as they were for the",
            f"probability (ECE {metrics['test']['as_calibrated']['ece']:.3f}):",
            "",
            *_reliability(metrics["test"]["as_calibrated"]["reliability"]),
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
    sets = ("random", "random_real_titles", "hard", "hard_type_or_colour", "swapped")
    rows = {name: metrics["test"][name] for name in sets}
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


def _planted(figures: Mapping[str, Any]) -> list[str]:
    lines = [
        "| right photos | sets | found | found, same source | false alarms |",
        "| --- " * 5 + "|",
    ]
    names = {"own": "of one item", "alike": "of items alike in kind and colour"}
    for rights, row in figures.items():
        lines.append(
            f"| {names[rights]} | {row['found_sets']} | {_percent(row['found'])} "
            f"| {_percent(row['found_same_source'])} "
            f"| {_percent(row['false_alarms'])} of {row['clean_sets']} |"
        )
    return lines


def _percent(figure: Mapping[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['share']:.1%} ({low:.0%}–{high:.0%})"


def _reliability(points: Sequence[Sequence[float]]) -> list[str]:
    lines = ["| stated | observed | pairs |", "| --- | --- | --- |"]
    return lines + [f"| {said:.2f} | {seen:.2f} | {count:.0f} |" for said, seen, count in points]
