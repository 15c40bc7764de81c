"""What a run over everything for sale found, by attribute."""

from __future__ import annotations

from dataclasses import dataclass

from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.catalogue.models import Attribute


@dataclass(frozen=True)
class ReportRow:
    """Listings in which the models' value is the stated one, fills a gap, or is another."""

    attribute: str
    agree: int
    add: int
    change: int

    @property
    def total(self) -> int:
        return self.agree + self.add + self.change


def report_of(run: ExtractionRun) -> list[ReportRow]:
    """Where most would change first; attributes of one name are told together."""
    names = dict(Attribute.objects.filter(pk__in=run.report).values_list("pk", "name"))
    by_name: dict[str, list[int]] = {}
    for key, counts in run.report.items():
        sums = by_name.setdefault(names.get(int(key), f"attribute {key}"), [0, 0, 0])
        for place, outcome in enumerate(("agree", "add", "change")):
            sums[place] += counts.get(outcome, 0)
    rows = [ReportRow(name, *sums) for name, sums in by_name.items()]
    return sorted(rows, key=lambda row: (-row.change, -row.add, row.attribute))
