"""The card of a twin tower: what it is made of, what it reaches, what it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# As each source states its licence; the photos and texts themselves are not in the artefact.
LICENCES = {
    "caltech": "CC BY 4.0, as stated upstream, not verified",
    "clothing": "CC0",
    "flipkart": "CC BY-SA 4.0, as stated upstream, not verified",
    "grocery": "MIT",
    "implicitave": "CC BY 4.0, as stated upstream",
    "magento": "OSL-3.0 / AFL-3.0; its product links too",
    "myntra": "MIT on the table; the photos' licence is unclear, so keep this artefact separable",
}

LIMITS = """\
- "Alike" means the same product type and colour in one source, as its sellers state them: two
  blue shirts of different cut are alike, navy blue and blue are not.
- Types and colours are stated for fashion and some home goods alone. Elsewhere the tower learnt to
  know an item again from another view or fewer words, and to keep the order of the encoders. On
  kinds of goods it never saw the text encoder alone does as well: `benchmarks/two_tower.py`.
- Titles that name type and colour leave little for a photo to add. It counts where they do not.
- The hyperplanes add nothing to similar items; they serve what goes together. That was learnt from
  one sports shop's links: do not expect it elsewhere, see the rows "never trained on" above.
- Latin script, mostly English. Sizes, models and materials hardly move a vector.
"""


def write_card(metrics: Mapping[str, Any], sources: Sequence[str], command: str) -> str:
    """The card in Markdown, with the test figures of this very fit."""
    return "\n".join(
        [
            "# Twin tower: one vector for a whole item",
            "",
            "Two heads over an image encoder's and a text encoder's rows, TransH's hyperplanes,",
            "and a map of both together; one tower serves both sides of a pair. Made by",
            "",
            f"    {command}",
            "",
            "## Figures",
            "",
            "Products held out by a hash of their id, every query ranked against all of them.",
            "",
            *_table(metrics["test"]),
            "",
            "## Data",
            "",
            f"{metrics['train_items']} items, {metrics['train_items_with_photo']} of them with a "
            f"photo; {metrics['train_links']} links. Loss: {metrics['objective']}.",
            "",
            *(f"- {source}: {LICENCES.get(source, 'licence not known')}" for source in sources),
            "",
            "## Limits",
            "",
            LIMITS,
        ]
    )


def _table(test: Mapping[str, Any]) -> Iterator[str]:
    yield "| similar items, from | recall@10 (95%) | queries |"
    yield "| --- | --- | --- |"
    yield from (_line(*row) for row in test["similar_recall_at_10"].items())
    for name, rows in test["goes_with_hits_at_10"].items():
        yield ""
        yield f"| goes with ({name}), by | hits@10 (95%) | products |"
        yield "| --- | --- | --- |"
        yield from (_line(*row) for row in rows.items())


def _line(name: str, row: Mapping[str, Any]) -> str:
    low, high = row["interval"]
    return f"| {name} | {row['value']:.3f} ({low:.3f}–{high:.3f}) | {row['n']} |"
