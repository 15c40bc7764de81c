"""The card of a TACLR artefact: what it is made of, what it earned out of fold, what it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CARD = """# TACLR, hybrid

Attribute values by retrieval from a taxonomy, weighed against what the listing states. Made by

    {command}

- **Data**: WDC-PAVE normalised, `train_large.jsonl` (English offers of a product-matching corpus;
  no licence stated); AE-110k, train (titles of AliExpress; no licence stated); the catalogue less
  its test split: flipkart (CC BY-SA 4.0, as stated upstream, not verified), myntra (MIT on the
  table, photos unclear: keep this artefact separable), magento (OSL-3.0 / AFL-3.0), implicitave
  (CC BY 4.0, as stated upstream), clothing (CC0), caltech (CC BY 4.0, not verified), grocery (MIT).
  No text of them is kept but names of attributes and categories: weights and hashes only.
- **Encoder**: all-MiniLM-L6-v2 (Apache-2.0), frozen, not part of this folder.
- **Checked by**: `python -m ml.taclr.evaluate --test FILE --taxonomy FILE --json OUT` and
  `benchmarks/taclr.py`

| out of fold | (item, attribute) pairs | F1 | ECE of answers |
| --- | --- | --- | --- |
{rows}

## Limits

- English spellings; units of most of the world. Attributes that training never saw are answered
  with less recall on generalised classes ("Product Type") than on stated values.
- Photos were learnt on small pictures of mostly fashion: they tell colours and types, hardly
  materials, and nothing that is written small.
- Confidences hold for listings like these; a marketplace should refit on its own corrections.
"""


def write_card(metrics: Mapping[str, Any], command: str) -> str:
    """The card in Markdown, with the figures of this very fit."""
    rows = [
        f"| {label} | {metrics[key]['pairs']:,} | {metrics[key]['f1']:.3f} "
        f"| {metrics[key]['ece_of_answers']:.3f} |"
        for key, label in (
            ("known", "attributes that training saw"),
            ("unseen", "attributes left out of training"),
        )
    ]
    return CARD.format(command=command, rows="\n".join(rows))
