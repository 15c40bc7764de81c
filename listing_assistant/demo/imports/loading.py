"""Rows become listings, batch by batch; what an earlier run brought is passed over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.demo.bulk import attribute_row, write_attributes, write_listings
from listing_assistant.demo.imports.rows import (
    BadRow,
    CatalogueRow,
    catalogue_file,
    parse_line,
    read_lines,
)
from listing_assistant.demo.imports.vocabulary import Vocabulary
from listing_assistant.demo.photo_work import map_in_processes
from listing_assistant.listings import policy
from listing_assistant.listings.errors import PhotoError
from listing_assistant.listings.models import Condition, Listing, ListingAttribute, State
from listing_assistant.listings.photos import PreparedPhoto, prepare

BATCH = 64
KEY_PREFIX = "catalogue:"
MAX_TITLE = Listing._meta.get_field("title").max_length or 0
MAX_DESCRIPTION = Listing._meta.get_field("description").max_length or 0


@dataclass(frozen=True)
class ImportOptions:
    """`default_price` is given to rows without a price in a currency traded here; without it such
    rows stay drafts. `publish` off makes everything a draft."""

    publish: bool = True
    default_price: tuple[Decimal, str] | None = None
    limit: int | None = None
    processes: int = 2


@dataclass
class ImportSummary:
    """What became of the lines; `read` is the sum of the others."""

    read: int = 0
    live: int = 0
    drafts: int = 0
    known: int = 0
    bad: list[BadRow] = field(default_factory=list)
    mapped: int = 0
    shortened: int = 0
    seconds: float = 0.0


def import_catalogue(
    folder: Path,
    *,
    seller: User,
    options: ImportOptions | None = None,
    progress: Callable[[ImportSummary], None] = lambda summary: None,
) -> ImportSummary:
    """Import the catalogue in `folder` as listings of `seller`.

    1. Pass over lines whose listing exists: a run that was interrupted goes on where it stopped.
    2. Check each line; decode its photos in other processes.
    3. Write by batches, each all or nothing; report bad lines and go on.

    Raises CatalogueError when there is no catalogue or its file is damaged.
    """
    started = time.monotonic()
    loader = _Loader(folder, seller, options or ImportOptions())
    for batch in loader.batches():
        loader.write(batch)
        loader.summary.seconds = time.monotonic() - started
        progress(loader.summary)
    loader.summary.seconds = time.monotonic() - started
    return loader.summary


def prepare_photos(row: CatalogueRow) -> list[tuple[str, PreparedPhoto]] | BadRow:
    """The row's photos by name. A bad photo makes the row bad: nothing is dropped in silence."""
    pictures = []
    for file in row.photos[: policy.MAX_PHOTOS]:
        try:
            with file.open("rb") as opened:
                pictures.append((file.name, prepare(opened, file.name)))
        except (PhotoError, OSError) as error:
            return BadRow(row.line, f"photos: {error}")
    return pictures


Prepared = tuple[CatalogueRow, list[tuple[str, PreparedPhoto]]]


class _Loader:
    def __init__(self, folder: Path, seller: User, options: ImportOptions) -> None:
        self.folder = folder
        self.seller = seller
        self.options = options
        self.summary = ImportSummary()
        self.vocabulary = Vocabulary()
        keys = Listing.objects.filter(import_key__startswith=KEY_PREFIX)
        self.known = set(keys.values_list("import_key", flat=True))

    def batches(self) -> Iterator[list[Prepared]]:
        ready = self._ready()
        while batch := list(islice(ready, BATCH)):
            yield batch

    def _ready(self) -> Iterator[Prepared]:
        jobs = map_in_processes(prepare_photos, self._new_rows(), processes=self.options.processes)
        for row, pictures in jobs:
            if isinstance(pictures, BadRow):
                self.summary.bad.append(pictures)
            else:
                yield row, pictures

    def _new_rows(self) -> Iterator[CatalogueRow]:
        for line, text in islice(read_lines(catalogue_file(self.folder)), self.options.limit):
            self.summary.read += 1
            try:
                row = parse_line(line, text, self.folder)
            except BadRow as bad:
                self.summary.bad.append(bad)
                continue
            if KEY_PREFIX + row.id in self.known:
                self.summary.known += 1
                continue
            # A second line with the same id is the same product.
            self.known.add(KEY_PREFIX + row.id)
            yield row

    @transaction.atomic
    def write(self, batch: Sequence[Prepared]) -> None:
        listings = [self._listing(row) for row, _ in batch]
        write_listings(listings, {place: pictures for place, (_, pictures) in enumerate(batch)})
        write_attributes(
            row
            for listing, (source, _) in zip(listings, batch, strict=True)
            for row in self._attributes(listing, source)
        )
        live = sum(listing.state == State.LIVE for listing in listings)
        self.summary.live += live
        self.summary.drafts += len(listings) - live

    def _listing(self, row: CatalogueRow) -> Listing:
        category = self.vocabulary.category(row.category, row.attributes)
        self.summary.mapped += category.taxonomy.is_offered
        title, description = row.title, row.description[:MAX_DESCRIPTION]
        if len(title) > MAX_TITLE:
            self.summary.shortened += 1
            title = title[:MAX_TITLE].rsplit(" ", 1)[0]
        price, currency = self._price(row)
        is_live = self.options.publish and price is not None
        return Listing(
            seller=self.seller,
            category=category,
            title=title,
            description=description,
            condition=Condition.NEW,
            price=price,
            currency=currency,
            state=State.LIVE if is_live else State.DRAFT,
            published_at=timezone.now() if is_live else None,
            import_key=KEY_PREFIX + row.id,
        )

    def _price(self, row: CatalogueRow) -> tuple[Decimal | None, str]:
        if row.price is not None and row.currency in policy.CURRENCIES:
            return row.price, row.currency
        return self.options.default_price or (None, self.seller.currency)

    def _attributes(self, listing: Listing, row: CatalogueRow) -> Iterator[ListingAttribute]:
        assert listing.category is not None
        for name, text in row.attributes.items():
            yield attribute_row(listing, self.vocabulary.attribute(listing.category, name), text)
