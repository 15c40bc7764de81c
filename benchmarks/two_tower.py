"""Similar items and complements by the twin tower: the ablation, every query against all items.

    python benchmarks/two_tower.py [--quick] [--json OUT] [--data FOLDER] [--work CACHE]

Baselines: the encoders' own rows of the text, of the image, of both side by side; and towers of the
same recipe that learnt from one side alone. The towers of the ablation are fitted in this run: half
an hour of one core, less where a cache holds the encoded items. --quick leaves them out.
Right answers are the items of the same product type and colour. Most titles name both, so searches
with poorer titles, and without photos, stand beside those with titles as typed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.encoders.base import ImageEncoder, TextEncoder, Vectors
    from ml.encoders.words import Vocabulary
    from ml.records import ItemRecord
    from ml.two_tower.evaluate import Truth
    from ml.two_tower.items import ItemRows
    from ml.two_tower.model import ItemTower
    from ml.two_tower.training import TowerFitConfig

    Encoders = tuple[ImageEncoder, TextEncoder]
    Towers = dict[str, tuple[ItemTower, Vocabulary]]
    Recalls = dict[str, dict[str, NDArray[np.float64]]]

ROOT = Path(__file__).resolve().parent.parent
RELEASED = "released: TransH, InfoNCE"
TEXT_ALONE, IMAGE_ALONE = "tower of text alone", "tower of image alone"
AS_TYPED = "as typed"
# Name → the wording of `ml.two_tower.items`, and whether there is a photo.
CONDITIONS = {
    AS_TYPED: (0, True),
    "two words": (1, True),
    "unnamed": (3, True),
    "no photo": (0, False),
}


def main() -> None:
    import torch

    from ml.encoders.registry import load_image_encoder, load_text_encoder
    from ml.records import read_catalogue
    from ml.two_tower.evaluate import alike_truth, goes_with_figures
    from ml.two_tower.fit import complements_of, held_out

    options = _parser().parse_args()
    if not (options.data / "catalogue.jsonl.gz").exists():
        print(f"No catalogue.jsonl.gz in {options.data}: nothing to measure. Give --data.")
        return
    torch.set_num_threads(1)
    encoders = load_image_encoder("bundled"), load_text_encoder("bundled")
    records = list(read_catalogue(options.data))
    towers, before = released_tower(encoders), vectors_before(encoders)
    if not options.quick:
        towers |= ablation(options.data, records, encoders, options.work)
    test = held_out(records, encoders, options.work)
    truth = alike_truth(test.records)
    recalls = raw_recalls(test, truth, before) | tower_recalls(towers, test, truth)
    sets = {} if options.quick else complements_of(options.data, records, encoders, options.work)
    foreign = {name: items for name, (items, _) in sets.items() if "never" in name}
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "items": len(test.records),
        "queries": len(truth.queries),
        "best_possible": float(np.minimum(10 / truth.right.sum(axis=1), 1).mean()),
        "titles_that_name_both": naming_both(test, truth),
        "similar_recall_at_10": summary(recalls, truth),
        "gain": gains(recalls),
        "never_trained_on": {
            name.replace(" rooms", ""): strangers(items, towers, before)
            for name, items in foreign.items()
        },
        "goes_with_hits_at_10": {
            place: {
                name: goes_with_figures(*tower, *given)
                for name, tower in towers.items()
                if name not in (TEXT_ALONE, IMAGE_ALONE)
            }
            for place, given in sets.items()
        },
    }
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def released_tower(encoders: Encoders) -> Towers:
    from ml.artefacts import bundled
    from ml.encoders.words import Vocabulary
    from ml.two_tower.predict import load_two_tower

    images, texts = encoders
    predictor = load_two_tower(bundled("two_tower"), images.release, texts.release)
    return {RELEASED: (predictor.tower, Vocabulary(predictor.config.vocabulary))}


def vectors_before(encoders: Encoders) -> Callable[[ItemRows], Vectors]:
    """What served before: the mean of photo and title in the space of the mismatch model."""
    from ml.artefacts import bundled
    from ml.mismatch.predict import load_mismatch

    model = load_mismatch(bundled("mismatch"), *encoders)

    def of(items: ItemRows) -> Vectors:
        photos = model.project_photos(items.photos[0])
        titles = model.project_titles(items.titles[0], items.texts[0])
        rows = zip(photos, titles, items.has_photo, strict=True)
        return np.stack(
            [model.item_vector(photo[None][: int(seen)], said) for photo, said, seen in rows]
        )

    return of


def variants(recipe: TowerFitConfig) -> dict[str, TowerFitConfig]:
    """The recipe of the release, with one thing changed in each."""
    return {
        # What the encoders say of the other side is no business of a tower that lacks it.
        TEXT_ALONE: replace(recipe, without_photo=1.0, without_title=0.0, drift=0.0),
        IMAGE_ALONE: replace(recipe, without_photo=0.0, without_title=1.0, drift=0.0),
        "without TransH, InfoNCE": replace(recipe, transh=False),
        "without TransH, triplets": replace(recipe, transh=False, objective="triplet"),
        "TransH, triplets": replace(recipe, objective="triplet"),
    }


def ablation(
    data: Path, records: list[ItemRecord], encoders: Encoders, work: Path | None
) -> Towers:
    from ml.encoders.words import Vocabulary
    from ml.two_tower.fit import fit_tower, read_corpus
    from ml.two_tower.training import TowerFitConfig

    corpus = read_corpus(data, records, *encoders, work=work)
    words = Vocabulary(corpus.model.vocabulary)
    return {
        name: (fit_tower(corpus, recipe)[0], words)
        for name, recipe in variants(TowerFitConfig()).items()
    }


def raw_recalls(test: ItemRows, truth: Truth, before: Callable[[ItemRows], Vectors]) -> Recalls:
    """By the encoders' own rows, and by what served before; an image ignores the title."""
    from ml.two_tower.evaluate import similar_recalls

    def of(vectors: Vectors) -> NDArray[np.float64]:
        return similar_recalls(vectors, truth)

    photos, seen = test.photos[0], of(test.photos[0])
    worded = {name: test.titles[wording] for name, (wording, _) in CONDITIONS.items()}
    with_photo = [name for name, (_, photo) in CONDITIONS.items() if photo]
    return {
        "text encoder": {name: of(titles) for name, titles in worded.items()},
        "image encoder": dict.fromkeys(with_photo, seen),
        "encoders side by side": {
            name: of(np.concatenate([worded[name], photos], axis=1)) for name in with_photo
        },
        "served before": {
            name: of(before(test.worded(CONDITIONS[name][0]))) for name in with_photo
        },
    }


def tower_recalls(towers: Towers, test: ItemRows, truth: Truth) -> Recalls:
    from ml.two_tower.evaluate import embed, similar_recalls

    return {
        name: {
            condition: similar_recalls(
                embed(
                    *tower,
                    test.worded(wording),
                    photos=photo and name != TEXT_ALONE,
                    titles=name != IMAGE_ALONE,
                ),
                truth,
            )
            for condition, (wording, photo) in CONDITIONS.items()
            if photo or name != IMAGE_ALONE
        }
        for name, tower in towers.items()
    }


def strangers(
    items: ItemRows, towers: Towers, before: Callable[[ItemRows], Vectors]
) -> dict[str, dict[str, Any]]:
    """Recall@10 of similar items, as typed, of goods that no tower has learnt from."""
    from ml.two_tower.evaluate import alike_truth, embed, raw_spaces, similar_figures

    truth = alike_truth(items.records)
    spaces = raw_spaces(items) | {"served before": before(items)}
    whole = {
        name: embed(*tower, items)
        for name, tower in towers.items()
        if name not in (TEXT_ALONE, IMAGE_ALONE)
    }
    return similar_figures(spaces | whole, truth)


def naming_both(test: ItemRows, truth: Truth) -> float:
    """Share of queries whose title has the words of their type and of their colour."""
    from ml.negatives import title_words
    from ml.two_tower.pairs import look_of

    named = []
    for query in truth.queries:
        record = test.records[query]
        look = look_of(record)
        assert look is not None, "a query has a type and a colour"
        named.append(all(title_words(part) <= title_words(record.title) for part in look[1:]))
    return float(np.mean(named))


def summary(recalls: Recalls, truth: Truth) -> dict[str, dict[str, Any]]:
    from ml.two_tower.evaluate import figure

    return {
        name: {condition: figure(values, truth.units) for condition, values in row.items()}
        for name, row in recalls.items()
    }


def gains(recalls: Recalls) -> dict[str, dict[str, Any]]:
    """What the released model adds to the better of text alone and image alone, per condition.

    Once over the encoders' rows and, where they were fitted, over the towers of one side.
    """
    from ml.two_tower.evaluate import relative_gain

    full = recalls[RELEASED]
    sides = {"encoders": ("text encoder", "image encoder"), "towers": (TEXT_ALONE, IMAGE_ALONE)}
    return {
        kind: {
            condition: relative_gain(
                full[condition],
                max((recalls[name][condition] for name in names), key=lambda row: row.mean()),
            )
            for condition, (_, photo) in CONDITIONS.items()
            if photo
        }
        for kind, names in sides.items()
        if all(name in recalls for name in names)
    }


def show(figures: dict[str, Any]) -> None:
    print(f"\n{figures['machine']}; {figures['queries']} queries among {figures['items']} items")
    print(
        f"best possible recall@10 {figures['best_possible']:.3f}; "
        f"{figures['titles_that_name_both']:.0%} of the titles name type and colour\n"
    )
    print(f"{'similar items, recall@10':<34}" + "".join(f"{name:<21}" for name in CONDITIONS))
    for name, row in figures["similar_recall_at_10"].items():
        cells = (_cell(row.get(condition)) for condition in CONDITIONS)
        print(f"{name:<34}" + "".join(f"{cell:<21}" for cell in cells))
    for kind, row in figures["gain"].items():
        cells = (_cell(row.get(condition), "+.0%") for condition in CONDITIONS)
        print(f"{f'gain over one side, {kind}':<34}" + "".join(f"{cell:<21}" for cell in cells))
    for place, rows in figures["never_trained_on"].items():
        print(f"\nsimilar items, recall@10: {place}")
        for name, found in rows.items():
            print(f"{name:<34}{_cell(found)}")
    for place, rows in figures["goes_with_hits_at_10"].items():
        print(f"\ncomplements, filtered hits@10: {place}")
        for name, row in rows.items():
            cells = (f"{by} {_cell(found)}" for by, found in row.items())
            print(f"{name:<34}" + "  ".join(cells))


def _cell(found: dict[str, Any] | None, form: str = ".3f") -> str:
    if found is None:
        return "–"
    low, high = found["interval"]
    return f"{found['value']:{form}} ({low:{form}}–{high:{form}})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The twin tower's ablation on held-out products.")
    parser.add_argument("--quick", action="store_true", help="the released tower, no fits")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, help="keeps what is slow to encode for next time")
    return parser


if __name__ == "__main__":
    main()
