"""Any catalogue in the layout of catalogue.jsonl.gz becomes listings.

rows.py         one line → one checked row, or a reason why not
vocabulary.py   paths and names of elsewhere → categories and attributes of ours
loading.py      rows → listings, in batches, resumable
"""

from listing_assistant.demo.imports.loading import (
    ImportOptions,
    ImportSummary,
    import_catalogue,
)
from listing_assistant.demo.imports.rows import BadRow, CatalogueError

__all__ = ["BadRow", "CatalogueError", "ImportOptions", "ImportSummary", "import_catalogue"]
