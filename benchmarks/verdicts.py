"""Of real photos with their own titles and with swapped ones: how many verdicts are right.

    python benchmarks/verdicts.py [--quick] [--json OUT] [--data FOLDER] [--pairs N]

Every pair goes through the whole pipeline: draft, photo, analysis, suggestions. Products are of the
test split, which no model was trained on. Baseline: always saying "match" gets half of them right.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listing_assistant.accounts.models import User
    from ml.records import ItemRecord

PAIRS = 20
SEED = 7


@dataclass(frozen=True)
class Judged:
    """A photo, a title, and what the assistant made of them."""

    photo: str
    title: str
    truth: str
    verdict: str
    score: float
    sentence: str

    @property
    def outcome(self) -> str:
        if self.verdict == "unsure":
            return "abstained"
        return "right" if self.verdict == self.truth else "wrong"


def main() -> None:
    from _scratch import ROOT, new_seller, scratch_site

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="5 pairs of each sort")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="true pairs; as many swapped")
    arguments = parser.parse_args()
    if not (arguments.data / "catalogue.jsonl.gz").exists():
        print(f"No catalogue in {arguments.data}: nothing to judge. Give a folder with --data.")
        return
    with scratch_site():
        from ml.records import read_catalogue

        items = chosen(read_catalogue(arguments.data), 5 if arguments.quick else arguments.pairs)
        judged = list(judge(items, new_seller()))
    outcomes = Counter(one.outcome for one in judged)
    for one in judged:
        if one.outcome != "right":
            print(f"{one.outcome:<10}{one.truth:<9} {one.score:.2f} {one.photo} · {one.title}")
    print(f"{len(judged)} pairs: {dict(outcomes)}; always “match”: {len(judged) // 2} right")
    if arguments.json:
        figures = {"pairs": len(judged), **outcomes, "judged": [asdict(one) for one in judged]}
        arguments.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


def chosen(items: Iterable[ItemRecord], count: int) -> list[ItemRecord]:
    """Products of the test split with a photo and a real title, drawn with a fixed seed."""
    from ml.records import split_of

    fit = [
        item
        for item in items
        if item.photos and not item.title_is_label and split_of(item.id) == "test"
    ]
    return random.Random(SEED).sample(fit, count)


def judge(items: list[ItemRecord], seller: User) -> Iterator[Judged]:
    """Each photo with its own title, then with the title of the next product."""
    for item, other in zip(items, [*items[1:], items[0]], strict=True):
        yield _judged(item, item.title, "match", seller)
        yield _judged(item, other.title, "mismatch", seller)


def _judged(item: ItemRecord, title: str, truth: str, seller: User) -> Judged:
    from listing_assistant.assistant import pipeline, services
    from listing_assistant.assistant.models import Suggestion
    from listing_assistant.listings import services as listings

    listing = listings.create_draft(seller=seller, title=title[:120])
    with item.photos[0].open("rb") as file:
        listings.add_photo(listing=listing, user=seller, file=file, name="photo.jpg")
    analysis = services.start_analysis(listing=listing)
    pipeline.run(analysis.pk)
    found = analysis.suggestions.get(kind=Suggestion.Kind.MISMATCH)
    return Judged(
        photo=item.id,
        title=title,
        truth=truth,
        verdict=found.value["verdict"],
        score=found.value["score"],
        sentence=found.label,
    )


if __name__ == "__main__":
    main()
