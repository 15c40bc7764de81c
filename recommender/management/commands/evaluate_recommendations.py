"""manage.py evaluate_recommendations: what each recall set is worth, as a page and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender import policy
from recommender.offline.engine import EngineError
from recommender.reports.evaluating import ReportError, evaluate
from recommender.reports.findings import findings
from recommender.reports.page import as_html, as_json
from recommender.reports.replay import NothingHappenedError

NAME = "recommendations"


class Command(BaseCommand):
    help = (
        "Hold out the last days, answer with what was known before them, and write how much of "
        "what people then bought each recall set would have shown."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--out", type=Path, default=Path(), help="folder for the page and the JSON"
        )
        parser.add_argument(
            "--days", type=int, default=policy.HELD_OUT_DAYS, help="how many days are held out"
        )
        parser.add_argument(
            "--quick", action="store_true", help="a tenth of the occasions and listings"
        )

    def handle(self, *args: Any, out: Path, days: int, quick: bool, **options: Any) -> None:
        if days < 1:
            raise CommandError(f"--days {days}: hold out at least one day.")
        out.mkdir(parents=True, exist_ok=True)
        with tqdm(total=100, desc="Report", unit="%") as bar:

            def progress(share: float, doing: str) -> None:
                bar.set_postfix_str(doing)
                bar.update(round(100 * share) - bar.n)

            try:
                report = evaluate(days=days, quick=quick, progress=progress)
            except (ReportError, NothingHappenedError, EngineError) as error:
                raise CommandError(str(error)) from error
            progress(1.0, "done")
        page, figures = out / f"{NAME}.html", out / f"{NAME}.json"
        page.write_text(as_html(report))
        figures.write_text(as_json(report))
        for each in findings(report):
            self.stdout.write(f"{each.weight:>5}  {each.text}")
        self.stdout.write(f"\n{page} and {figures}")
