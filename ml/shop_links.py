"""What a shop's own files say goes with what; the models that learn from it read it here."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

LINKED_SOURCE = "magento"
# Cross-sells and related goods; an up-sell is a better thing of the same type, so no complement:
# 95% stay in their category.
LINK_FILES = (
    "CatalogSampleData__Links_crosssell.csv",
    "CatalogSampleData__Links_related.csv",
    "ConfigurableSampleData__Links_crosssell.csv",
    "ConfigurableSampleData__Links_related.csv",
)
FOLDER = Path("text") / "magento_links"


def read_shop_links(data: Path) -> Iterator[tuple[str, str]]:
    """Numbers of products, each with that of one that goes with it; nothing without the files."""
    folder = data / FOLDER
    for name in LINK_FILES:
        path = folder / name
        if not path.exists():
            continue
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                for linked in row["linked_sku"].split():
                    yield row["sku"], linked
