"""manage.py import_catalogue FOLDER: listings from any catalogue in the known layout."""

from __future__ import annotations

import argparse
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from listing_assistant.accounts.models import User
from listing_assistant.demo.imports import (
    CatalogueError,
    ImportOptions,
    ImportSummary,
    import_catalogue,
)
from listing_assistant.listings import policy

BAD_ROWS_SHOWN = 20


def price(text: str) -> tuple[Decimal, str]:
    """ "10 USD" as an amount and a currency."""
    try:
        amount, currency = text.split()
        value = Decimal(amount).quantize(Decimal("0.01"))
    except (ValueError, InvalidOperation) as error:
        raise argparse.ArgumentTypeError(f'"{text}": write a price such as "10 USD"') from error
    if currency.upper() not in policy.CURRENCIES or value <= 0:
        known = ", ".join(sorted(policy.CURRENCIES))
        raise argparse.ArgumentTypeError(f'"{text}": a price above 0 in one of {known}')
    return value, currency.upper()


class Command(BaseCommand):
    help = "Import a catalogue (catalogue.jsonl.gz and photos/) as listings; run again to resume."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--limit", type=int, help="read only this many lines")
        parser.add_argument("--seller", metavar="EMAIL", help="whose listings they become")
        state = parser.add_mutually_exclusive_group()
        state.add_argument(
            "--publish", action="store_true", default=True, help="put on sale what has a price"
        )
        state.add_argument(
            "--drafts", dest="publish", action="store_false", help="make drafts only"
        )
        parser.add_argument(
            "--default-price",
            type=price,
            metavar='"10 USD"',
            help="for rows without a price; without this they stay drafts",
        )
        parser.add_argument("--processes", type=int, default=2, help="for decoding photos")

    def handle(self, *args: Any, folder: Path, seller: str | None, **options: Any) -> None:
        fields = ("publish", "default_price", "limit", "processes")
        import_options = ImportOptions(**{name: options[name] for name in fields})
        with tqdm(desc="Lines", unit="", total=options["limit"]) as bar:

            def progress(summary: ImportSummary) -> None:
                bar.update(summary.read - bar.n)
                bar.set_postfix(bad=len(summary.bad), known=summary.known)

            try:
                summary = import_catalogue(
                    folder, seller=_seller(seller), options=import_options, progress=progress
                )
            except CatalogueError as error:
                raise CommandError(str(error)) from error
        self._report(summary)

    def _report(self, summary: ImportSummary) -> None:
        for bad in summary.bad[:BAD_ROWS_SHOWN]:
            self.stderr.write(str(bad))
        if len(summary.bad) > BAD_ROWS_SHOWN:
            self.stderr.write(f"… and {len(summary.bad) - BAD_ROWS_SHOWN} more bad lines")
        written = summary.live + summary.drafts
        self.stdout.write(
            f"{summary.read} lines in {summary.seconds:.0f} s: {summary.live} live, "
            f"{summary.drafts} drafts, {summary.known} were here already, {len(summary.bad)} bad. "
            f"{summary.mapped} of {written} in our own categories, "
            f"{summary.shortened} titles shortened."
        )


def _seller(email: str | None) -> User:
    """The one named; else an account for imports, which nobody can sign in to."""
    if email is None:
        seller, is_new = User.objects.get_or_create(
            email="imports@demo.example", defaults={"display_name": "Imported catalogue"}
        )
        if is_new:
            seller.set_unusable_password()
            seller.save(update_fields=["password"])
        return seller
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        raise CommandError(f"Nobody has the e-mail address {email}: create the account first.")
    return found
