"""The card of a category artefact: what it is made of, what it reaches, what it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# As each source states its licence; no title, photo or category name is in the artefact.
LICENCES = {
    "caltech": "CC BY 4.0, as stated upstream, not verified",
    "clothing": "CC0",
    "flipkart": "CC BY-SA 4.0, as stated upstream, not verified",
    "grocery": "MIT",
    "implicitave": "CC BY 4.0, as stated upstream",
    "magento": "OSL-3.0 / AFL-3.0",
    "myntra": "MIT on the table; the photos' licence is unclear, so keep this artefact separable",
    "styles": "titles of myntra's table without photos, MIT",
}

LIMITS = """\
- Trained on English titles, mostly of fashion; other goods are placed by the frozen encoder and
  by words, with what the tower knows of words beside them.
- Held out by a hash of the item's id: colours of one product may stand in different splits, and
  magento's names do not say for whom a garment is, so its figures tell of known products.
- Chances are calibrated on the catalogue's leaves; in another taxonomy take them as an order.
- Photos count only as rows of the mismatch model named in config.json; after a new release of
  that model fit this one again, or it goes on without them.
- Trained from shops' titles. Those of private sellers are vaguer: see "vague" above.
"""


def write_card(metrics: Mapping[str, Any], sources: Sequence[str], command: str) -> str:
    """The card in Markdown, with the test figures of this very fit."""
    return "\n".join(
        [
            "# Category: where in a taxonomy a listing belongs",
            "",
            "One tower over a frozen sentence encoder's rows, hashed words and, for listings, a",
            "photo's vector; and the weights of its answer beside the frozen signals. Made by",
            "",
            f"    {command}",
            "",
            "## Figures",
            "",
            "Listings of flipkart, magento and myntra held out by a hash of their id, among all",
            "leaves of ten products or more; vague titles lack the words of their leaf.",
            "",
            *_table(metrics["test"]),
            "",
            "Leaves that a tower was trained without, a third at a time:",
            "",
            *_table(metrics["leaves_held_back"]),
            "",
            "## Data",
            "",
            f"{metrics['train_listings']} listings, {metrics['leaves']} leaves.",
            "",
            *(f"- {source}: {LICENCES.get(source, 'not stated')}" for source in sources),
            "",
            "## Limits",
            "",
            LIMITS,
        ]
    )


def _table(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [
        "| asked with | n | top-1 (95%) | top-5 (95%) | ECE |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, row in rows.items():
        cells = []
        for k in (1, 5):
            low, high = row[f"top_{k}_interval"]
            cells.append(f"{row[f'top_{k}']:.3f} ({low:.3f}–{high:.3f})")
        lines.append(f"| {name} | {row['n']} | {' | '.join(cells)} | {row['ece']:.3f} |")
    return lines
