"""manage.py build_complements: the vectors of what is for sale, for DeepRecs and the visual set."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.complements.building import build
from recommender.complements.inference import KINDS, ComplementsError


class Command(BaseCommand):
    help = (
        "Encode everything for sale with the models in service. Strips go on with the vectors"
        " before; stopped or killed it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for kind in KINDS:
            try:
                count = build(kind)
            except ComplementsError as error:
                raise CommandError(f"{kind}: {error}") from error
            if count is None:
                raise CommandError("Another process is building them")
            self.stdout.write(f"{kind}: {count} listings")
