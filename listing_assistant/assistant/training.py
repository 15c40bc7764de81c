"""Rows to the files that training reads, and the models' own command lines run on them.

The held-out tenth of this marketplace's labels is never trained on; `evaluate` asks for it.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from listing_assistant.assistant.accepted_texts import accepted_texts
from listing_assistant.assistant.labels import labelled_offers
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import attributes_of
from recommender.releases.training import TrainingError, new_folder, run_module

# With fewer offers a fold of five holds too few to learn from.
LEAST_OFFERS = 50


@dataclass(frozen=True)
class TestSet:
    """Offers with the answers, and the values that may be answered."""

    offers: Path
    taxonomy: Path


def train_taclr(*, files: Sequence[Path], with_labels: bool, catalogue: Path | None = None) -> Path:
    """Train on annotated offers, on a catalogue with photos and, `with_labels`, on what sellers
    decided here.

    Progress goes to the terminal. Returns the artefact's folder. Raises TrainingError.
    """
    folder = new_folder("taclr")
    offers = folder / "offers.jsonl"
    count = _write_lines(offers, _training_offers(files, with_labels=with_labels))
    if count < LEAST_OFFERS and not catalogue:
        raise TrainingError(
            f"There are {count} annotated offers and it takes {LEAST_OFFERS}:"
            " name files of offers with --train."
        )
    artefact = folder / "artefact"
    shown = ("--catalogue", str(catalogue)) if catalogue else ()
    run_module("ml.taclr.fit", "--train", str(offers), *shown, "--out", str(artefact))
    return artefact


def evaluate_taclr(*, artefact: Path, test: TestSet, out: Path) -> dict[str, Any]:
    """The figures of an artefact on a test set, which are written to `out` too."""
    run_module(
        "ml.taclr.evaluate",
        *("--test", str(test.offers), "--taxonomy", str(test.taxonomy)),
        *("--json", str(out), "--artefact", str(artefact)),
    )
    figures: dict[str, Any] = json.loads(out.read_text())
    return figures


def train_description(
    *,
    model: str,
    files: Sequence[Path],
    out: Path | None,
    from_marketplace: bool,
    language: str = "en",
    options: Sequence[str] = (),
) -> Path:
    """LoRA weights for a model that sees, from listings and, `from_marketplace`, from what sellers
    took over and published here.

    `options` go to ml.description.tuning.command as they are. A run that was stopped goes on where
    the same `out` is named. Returns the weights' folder. Raises TrainingError.
    """
    out = out or new_folder("description") / "lora"
    data = [*files]
    exported = out.with_name(f"{out.name}.data")
    if from_marketplace:
        data.append(_exported_texts(exported, language))
    if not data:
        raise TrainingError("Name files of listings with --data, or say --from-marketplace.")
    named = [part for path in data for part in ("--data", str(path))]
    given = ("--model", model, *named, "--out", str(out), "--language", language, *options)
    run_module("ml.description.tuning.command", *given)
    shutil.rmtree(exported, ignore_errors=True)
    return out


def _exported_texts(folder: Path, language: str) -> Path:
    """Once for each run: one that goes on has to see the same listings."""
    path = folder / "listings.jsonl"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        _write_lines(draft, accepted_texts(language, folder))
        draft.replace(path)
    return path


def own_test_set() -> TestSet:
    """What sellers decided in the held-out tenth of listings. Raises TrainingError if nothing."""
    folder = new_folder("taclr-test")
    test = TestSet(folder / "offers.jsonl", folder / "taxonomy.json")
    offers = [offer for offer in labelled_offers() if _is_held_out(offer)]
    if not offers:
        raise TrainingError(
            "No seller has decided a detail of a held-out listing yet:"
            " name a test set with --test and --taxonomy."
        )
    _write_lines(test.offers, offers)
    names = {offer["category"] for offer in offers}
    test.taxonomy.write_text(json.dumps(_taxonomy(names), ensure_ascii=False))
    return test


def _training_offers(files: Sequence[Path], *, with_labels: bool) -> Iterator[Mapping[str, Any]]:
    for file in files:
        try:
            opener = gzip.open if file.suffix == ".gz" else open
            with opener(file, "rt", encoding="utf-8") as lines:
                yield from (json.loads(line) for line in lines if line.strip())
        except (OSError, ValueError) as error:
            raise TrainingError(f"--train {file}: {error}") from error
    if with_labels:
        yield from (offer for offer in labelled_offers() if not _is_held_out(offer))


def _is_held_out(offer: Mapping[str, Any]) -> bool:
    from ml.records import split_of

    return split_of(str(offer["id"])) == "test"


def _taxonomy(names: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    categories = Category.objects.filter(
        name__in=list(names), is_active=True, taxonomy__is_offered=True
    ).select_related("taxonomy")
    return {
        category.name: {
            row.attribute.name: [value.value for value in row.attribute.values.all()]
            for row in attributes_of(category)
        }
        for category in categories
    }


def _write_lines(path: Path, offers: Iterable[Mapping[str, Any]]) -> int:
    with path.open("w", encoding="utf-8") as file:
        lines = [json.dumps(offer, ensure_ascii=False) + "\n" for offer in offers]
        file.writelines(lines)
    return len(lines)
