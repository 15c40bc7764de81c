"""What tuning changed, on lessons that no model learnt from: figures, and drafts side by side.

- validation loss: nats per token of people's answers, without and with the LoRA weights;
- unsupported claims per draft, of the model's own text and of what the check leaves: figures,
  colours, materials and words of praise that plain string search finds in no source;
- coverage: share of attributes whose value the text says;
- distinct-2: different word pairs over all word pairs.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tqdm import tqdm

from ml.description.evaluate import coverage, distinct_2, mean
from ml.description.generators.base import Generator, GeneratorError
from ml.description.grounding import checked
from ml.description.judging import value_judge
from ml.description.tuning.instructions import Lesson

REPORT = "report.json"
PAGE = "report.html"

_ROWS = (
    ("valid_loss", "Validation loss, nats per token"),
    ("failed", "Drafts that did not come to an end"),
    ("unsupported_unchecked", "Unsupported claims per draft, check off"),
    ("unsupported_checked", "Unsupported claims per draft, check on"),
    ("coverage_unchecked", "Attributes said, check off"),
    ("coverage_checked", "Attributes said, check on"),
    ("distinct_2", "distinct-2, check off"),
)
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tuning report</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto }}
table {{ border-collapse: collapse; width: 100%; margin: 1rem 0 2rem }}
th, td {{ border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left }}
th, td {{ vertical-align: top }}
td.n {{ text-align: right; font-variant-numeric: tabular-nums }}
</style>
<h1>Tuning of {model}</h1>
<p>{lessons} lessons to learn from, {drafts} drafts of held-out listings. “Before” is the same model
without the LoRA weights. Claims are judged by string search in the listing’s facts.</p>
<table><tr><th></th><th>before</th><th>after</th></tr>{figures}</table>
<h2>Side by side</h2>
<table>
<tr><th>listing</th><th>a person wrote</th><th>before</th><th>after</th></tr>{samples}
</table>
</html>
"""


@dataclass(frozen=True)
class Figures:
    """Of one model on the same lessons; shares and counts per draft that came to an end."""

    drafts: int
    failed: int
    unsupported_unchecked: float
    unsupported_checked: float
    coverage_unchecked: float
    coverage_checked: float
    distinct_2: float
    valid_loss: float = 0.0
    texts: tuple[str, ...] = field(default=(), repr=False)  # "" where it failed


def measure(engine: Generator, lessons: Sequence[Lesson], *, valid_loss: float) -> Figures:
    """Write a draft for each lesson, and judge it with the check off and on."""
    raw = [_written(engine, lesson) for lesson in tqdm(lessons, desc="drafts", mininterval=5)]
    done = [(lesson, text) for lesson, text in zip(lessons, raw, strict=True) if text]
    kept = [
        (lesson, checked(text, lesson.request.facts, lesson.request.wishes.language).text)
        for lesson, text in done
    ]
    return Figures(
        drafts=len(lessons),
        failed=len(lessons) - len(done),
        unsupported_unchecked=_unsupported(done),
        unsupported_checked=_unsupported(kept),
        coverage_unchecked=_coverage(done),
        coverage_checked=_coverage(kept),
        distinct_2=distinct_2(text for _, text in done),
        valid_loss=valid_loss,
        texts=tuple(raw),
    )


def write_report(
    folder: Path,
    *,
    model: str,
    trained_on: int,
    lessons: Sequence[Lesson],
    before: Figures,
    after: Figures,
    samples: int = 12,
) -> list[Path]:
    """report.json with all figures and texts, report.html to read. Returns both."""
    report = {
        "model": model,
        "lessons": trained_on,
        "before": asdict(before),
        "after": asdict(after),
        "listings": [lesson.listing for lesson in lessons],
    }
    (folder / REPORT).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    rows = [
        (lesson.request.facts.title, lesson.answer, *texts)
        for lesson, *texts in zip(lessons, before.texts, after.texts, strict=True)
    ]
    page = _PAGE.format(
        model=html.escape(model),
        lessons=trained_on,
        drafts=len(lessons),
        figures="".join(_figure_row(before, after, name, label) for name, label in _ROWS),
        samples="".join(_row(row) for row in rows[:samples]),
    )
    (folder / PAGE).write_text(page)
    return [folder / REPORT, folder / PAGE]


def _written(engine: Generator, lesson: Lesson) -> str:
    try:
        return "".join(engine.write(lesson.request))
    except GeneratorError:
        return ""


def _unsupported(drafts: Sequence[tuple[Lesson, str]]) -> float:
    judge = value_judge(lesson.request.facts for lesson, _ in drafts)
    return mean(len(judge.unsupported(text, lesson.request.facts)) for lesson, text in drafts)


def _coverage(drafts: Sequence[tuple[Lesson, str]]) -> float:
    return coverage([text for _, text in drafts], [one.request.facts for one, _ in drafts])


def _figure_row(before: Figures, after: Figures, name: str, label: str) -> str:
    values = (getattr(before, name), getattr(after, name))
    shown = [str(value) if isinstance(value, int) else f"{value:.3f}" for value in values]
    cells = "".join(f'<td class="n">{value}</td>' for value in shown)
    return f"<tr><th>{html.escape(label)}</th>{cells}</tr>"


def _row(texts: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(text) or '–'}</td>" for text in texts) + "</tr>"
