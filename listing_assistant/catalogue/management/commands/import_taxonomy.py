"""manage.py import_taxonomy starter | FOLDER"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.catalogue.rows import RowCounts
from listing_assistant.catalogue.services import (
    ImportReport,
    import_shopify_taxonomy,
    load_starter_taxonomy,
)
from listing_assistant.catalogue.source import TaxonomyError


class Command(BaseCommand):
    help = "Imports a taxonomy, or brings it up to date; nothing is deleted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="'starter', or a folder with Shopify's taxonomy files")
        parser.add_argument(
            "--offer", action="store_true", help="let sellers choose from its categories"
        )
        parser.add_argument(
            "--force", action="store_true", help="compare every row though the files are known"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options["source"], options["offer"], options["force"])
        except TaxonomyError as error:
            raise CommandError(str(error)) from error
        self._print(report)

    def _import(self, source: str, offer: bool, force: bool) -> ImportReport:
        if source == "starter":
            return load_starter_taxonomy(force=force, progress=self._progress)
        return import_shopify_taxonomy(Path(source), self._progress, offered=offer, force=force)

    def _progress(self, step: str, records: int) -> None:
        self.stdout.write(f"{step:<10} {records:>7,}")
        self.stdout.flush()

    def _print(self, report: ImportReport) -> None:
        taxonomy = report.taxonomy
        title = f"{taxonomy} (version {taxonomy.version} here)"
        if not report.changed and not report.seconds:
            self.stdout.write(f"{title}: these files were imported before, nothing to do.")
            return
        self.stdout.write(f"{title}, {report.seconds:.1f} s:")
        self._print_counts("categories", report.categories)
        self._print_counts("attributes", report.attributes)
        self._print_counts("values", report.values)
        self.stdout.write(f"  {'links':<11}{report.links:>7,}")
        self.stdout.write(f"  {'compatible':<11}{report.pairs:>7,} pairs of attributes")
        if not taxonomy.is_offered:
            self.stdout.write("Sellers are not offered these categories yet: --offer, or admin.")

    def _print_counts(self, name: str, counts: RowCounts) -> None:
        self.stdout.write(
            f"  {name:<11}{counts.active:>7,}  ({counts.created:,} new, {counts.updated:,} changed,"
            f" {counts.unchanged:,} as before, {counts.retired:,} retired)"
        )
