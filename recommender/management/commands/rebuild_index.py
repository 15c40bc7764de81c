"""manage.py rebuild_index: build the snapshot of the index that all processes share."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from recommender import rebuilding, selectors


class Command(BaseCommand):
    help = (
        "Build the index of what is for sale anew. Searches go on in the old one meanwhile; stopped"
        " or killed it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        release = selectors.serving_release()
        if release is None:
            raise CommandError("Nothing has a vector yet: publish a listing, or seed the demo")
        with tqdm(desc="Reading vectors", unit="item") as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)
                if done == total:
                    bar.set_description("Building")

            count = rebuilding.rebuild(release, progress)
        if count is None:
            raise CommandError("Another process is building it")
        self.stdout.write(f"{release}: {count} items in the snapshot")
