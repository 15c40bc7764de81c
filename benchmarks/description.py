"""Drafts of descriptions: truth, coverage, style, variety and speed, and suggested titles.

    python benchmarks/description.py [--quick] [--json OUT] [--data FOLDER] [--listings FILE]

Drafts are written for listings that no model of descriptions was trained on, with neighbours
retrieved by the joint embedding of their titles. Baselines in the same run: a fixed template, and
the nearest neighbour's text, with the checker and without it. The judges share no code with the
checker (`ml/description/judging.py`), and read sellers that no other model has read.
--listings takes lines of {"title", "category", "condition", "attributes": {name: value}} instead.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

if TYPE_CHECKING:
    from _description_listings import Listing

    from ml.description.evaluate import Written
    from ml.description.judging import StyleJudge, ValueJudge
    from ml.description.predict import Drafter
    from ml.description.request import DraftRequest, Example

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = 8
BATCH = 64
DRAWS = 1000  # of the bootstrap


class NeighbourEngine:
    """A baseline that hands in the nearest neighbour's text."""

    name = "neighbour"
    release = "neighbour"

    def write(self, request: DraftRequest) -> Iterator[str]:
        yield request.examples[0].text if request.examples else ""


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description="Drafts of descriptions.")
    parser.add_argument("--quick", action="store_true", help="60 listings instead of 500")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--listings", type=Path, help="listings of others, JSON lines")
    arguments = parser.parse_args()
    if not (arguments.data / "catalogue.jsonl.gz").exists():
        print(f"No catalogue in {arguments.data}: nothing to draft. Give a folder with --data.")
        return
    torch.set_num_threads(1)
    figures = measure(arguments.data, arguments.listings, quick=arguments.quick)
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def measure(data: Path, listings_file: Path | None, *, quick: bool) -> dict[str, Any]:
    """All figures, as they are printed and written."""
    from _description_listings import from_file, held_out, neighbours

    from ml.artefacts import bundled
    from ml.description.corpus import of_split, read_auctions
    from ml.description.judging import style_judge, value_judge
    from ml.description.predict import load_drafter

    listings = from_file(listings_file) if listings_file else held_out(data, 60 if quick else 500)
    path = data / "text" / "ebay_auctions_2001.jsonl.gz"
    auctions = list(islice(read_auctions(path), 2000 if quick else None))
    pool = neighbours(data, auctions, 200 if quick else 8000)
    requests = retrieved(listings, pool)
    drafter = load_drafter(bundled("description"))
    judge = value_judge([*(one.facts for one in listings), *(one.facts for one in pool)])
    counted, compared, others = (
        [one.text for one in of_split(auctions, split)] for split in ("test", "valid", "train")
    )
    drafts, milliseconds = write_all(drafter, requests)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "release": drafter.release,
        "drafts": truth(drafter, drafts, requests, judge),
        "style": style(drafts, style_judge(counted, compared), others),
        "speed": {
            "p50_ms": float(np.percentile(milliseconds, 50)),
            "p95_ms": float(np.percentile(milliseconds, 95)),
        },
        "titles": titles(listings, judge),
        "model": json.loads((bundled("description") / "metrics.json").read_text()),
    }


def retrieved(listings: Sequence[Listing], pool: Sequence[Example]) -> list[DraftRequest]:
    """A request for each listing, with the examples whose titles lie nearest to its own."""
    from ml.description.request import DraftRequest

    titles = [one.facts.title for one in listings] + [one.facts.title for one in pool]
    rows = embedded(titles)
    cosines = rows[: len(listings)] @ rows[len(listings) :].T  # (listings, pool)
    nearest = np.argsort(-cosines, axis=1)[:, :EXAMPLES]
    return [
        DraftRequest(one.facts, examples=tuple(pool[place] for place in places), seed=seed)
        for seed, (one, places) in enumerate(zip(listings, nearest, strict=True))
    ]


def embedded(titles: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Unit rows (n, dim) of the joint embedding; a listing without photos is its title."""
    from tqdm import tqdm

    from ml.artefacts import bundled
    from ml.encoders.registry import load_image_encoder, load_text_encoder
    from ml.two_tower.predict import EncodedItem, load_two_tower

    texts = load_text_encoder("bundled")
    images = load_image_encoder("bundled")
    tower = load_two_tower(bundled("two_tower"), images.release, texts.release)
    none = np.empty((0, images.dim), np.float32)
    rows = []
    for start in tqdm(range(0, len(titles), BATCH), desc="titles", mininterval=5):
        batch = titles[start : start + BATCH]
        encoded = zip(batch, texts.encode(batch), strict=True)
        rows.append(tower.item_vectors([EncodedItem(none, title, row) for title, row in encoded]))
    return np.concatenate(rows)


def write_all(
    drafter: Drafter, requests: Sequence[DraftRequest]
) -> tuple[list[Written], list[float]]:
    """Every draft, what the engine wrote before the check, and milliseconds a draft."""
    from ml.description.evaluate import Written

    written, milliseconds = [], []
    for request in requests[:5]:
        drafter.draft(request)  # the first calls load and compile
    for request in requests:
        start = time.perf_counter()
        heard: list[str] = []
        draft = drafter.draft(request, heard.append)
        milliseconds.append(1000 * (time.perf_counter() - start))
        written.append(Written(request, draft, heard[-1] if heard else ""))
    return written, milliseconds


def truth(
    drafter: Drafter,
    drafts: Sequence[Written],
    requests: Sequence[DraftRequest],
    judge: ValueJudge,
) -> dict[str, Any]:
    """The realiser's figures, those of the neighbour's text, and planted untruths."""
    from ml.artefacts import bundled
    from ml.description.evaluate import evaluate
    from ml.description.predict import load_drafter

    copying = load_drafter(bundled("description"), NeighbourEngine())
    copied, _ = write_all(copying, requests)
    return {
        "realiser": evaluate(drafts, judge),
        "neighbour": evaluate(copied, judge),
        "planted": planted(drafts, judge),
    }


def planted(drafts: Sequence[Written], judge: ValueJudge) -> dict[str, float]:
    """Another listing's value in the place of one's own: how often checker and judge see it."""
    from ml.description.grounding import checked

    generator = random.Random(7)
    values = [fact.value for one in drafts for fact in one.request.facts.attributes]
    others = [value for value in values if value.casefold() not in ("yes", "no", "true", "false")]
    seen_by_checker, seen_by_judge = [], []
    for one in drafts:
        facts = one.request.facts
        said = [fact.value for fact in facts.attributes if fact.value in one.draft.text]
        if not said:
            continue
        own, foreign = generator.choice(said), generator.choice(others)
        known = " ".join([facts.title, *(fact.value for fact in facts.attributes)]).casefold()
        if foreign.casefold() in known:
            continue
        text = one.draft.text.replace(own, foreign, 1)
        seen_by_checker.append(foreign not in checked(text, facts).text)
        seen_by_judge.append(bool(judge.unsupported(text, facts)))
    return {
        "n": len(seen_by_checker),
        "removed_by_checker": float(np.mean(seen_by_checker)),
        "seen_by_judge": float(np.mean(seen_by_judge)),
    }


def style(drafts: Sequence[Written], judge: StyleJudge, sellers: Sequence[str]) -> dict[str, Any]:
    """How like sellers' texts drafts are, the template, and neighbours' own texts."""
    from ml.description.evaluate import mean, template

    facts = [one.request.facts for one in drafts]
    texts = {
        "realiser": [one.draft.text for one in drafts],
        "template": [template(each) for each in facts],
        "neighbour": [one.request.examples[0].text for one in drafts if one.request.examples],
        "sellers": list(sellers[: len(drafts)]),  # of neither half of the judge
    }
    return {
        name: {
            "perplexity": judge.perplexity(said),
            "interval": interval(judge, said),
            "nats_a_listing": -mean(judge.log_probabilities(text).sum() for text in said),
            "divergence": judge.divergence(said),
            "separability": judge.separability(said),
        }
        for name, said in texts.items()
    }


def interval(judge: StyleJudge, texts: Sequence[str]) -> list[float]:
    """95% of the perplexity over texts drawn again."""
    logs = [judge.log_probabilities(text) for text in texts if text.strip()]
    sums = np.array([[each.sum(), len(each)] for each in logs])
    generator = np.random.default_rng(7)
    draws = generator.integers(len(sums), size=(DRAWS, len(sums)))
    totals = sums[draws].sum(axis=1)  # (draws, 2)
    low, high = np.percentile(np.exp(-totals[:, 0] / totals[:, 1]), [2.5, 97.5])
    return [float(low), float(high)]


def titles(listings: Sequence[Listing], judge: ValueJudge) -> dict[str, float]:
    """Suggested titles beside typed ones: length, shouting, keywords that buyers search for."""
    from ml.description.evaluate import mean, normal
    from ml.description.title import MOST_CHARACTERS, suggest_title

    found = [(one.facts, suggest_title(one.facts)) for one in listings]
    pairs = [(facts, title.text) for facts, title in found if title]
    keywords = [
        [fact.value for fact in facts.attributes if len(fact.value) < MOST_CHARACTERS // 4]
        for facts, _ in pairs
    ]

    def said(texts: Sequence[str]) -> float:
        return mean(
            normal(value) in normal(text)
            for text, values in zip(texts, keywords, strict=True)
            for value in values
        )

    return {
        "suggested": mean(title is not None for _, title in found),
        "within_80_characters": mean(len(text) <= MOST_CHARACTERS for _, text in pairs),
        "typed_within_80_characters": mean(len(facts.title) <= 80 for facts, _ in pairs),
        "unsupported": mean(len(judge.unsupported(text, facts)) for facts, text in pairs),
        "keywords_said": said([text for _, text in pairs]),
        "typed_keywords_said": said([facts.title for facts, _ in pairs]),
    }


def show(figures: dict[str, Any]) -> None:
    """The table of the README's claims, then the rest."""
    own, other = figures["drafts"]["realiser"], figures["drafts"]["neighbour"]
    lines = [
        (
            "unsupported claims a draft",
            own["unsupported_per_draft"],
            other["unsupported_per_draft"],
        ),
        (
            "  the checker off",
            own["unsupported_per_draft_unchecked"],
            other["unsupported_per_draft_unchecked"],
        ),
        ("coverage of attributes", own["coverage"], other["coverage"]),
        ("drafts with 8 copied words", own["copied"], other["copied"]),
        ("sentences removed a draft", own["sentences_removed"], other["sentences_removed"]),
        ("words, median", own["words_median"], other["words_median"]),
    ]
    print(f"{own['n']} listings; {figures['machine']}; release {figures['release']}\n")
    print(f"{'':<32}{'realiser':>12}{'neighbour':>12}")
    for name, mine, theirs in lines:
        print(f"{name:<32}{mine:>12.3f}{theirs:>12.3f}")
    print(f"\n{'':<32}{'realiser':>12}{'template':>12}{'ratio':>12}")
    for name, key in (
        ("distinct-2", "distinct_2"),
        ("distinct-2 of the wording", "wording_distinct_2"),
    ):
        mine, fixed = own[key], own[f"{key}_template"]
        print(f"{name:<32}{mine:>12.3f}{fixed:>12.3f}{mine / fixed:>12.1f}")
    print(f"\n{'style':<12}{'a word':>10}{'95%':>12}{'a listing':>12}{'divergence':>12}{'AUC':>8}")
    for name, row in figures["style"].items():
        between = "{:.0f}–{:.0f}".format(*row["interval"])
        print(
            f"{name:<12}{row['perplexity']:>10.1f}{between:>12}{row['nats_a_listing']:>12.0f}"
            f"{row['divergence']:>12.3f}{row['separability']:>8.3f}"
        )
    for part in ("speed", "titles", "model"):
        print(f"\n{part}")
        for name, value in figures[part].items():
            print(
                f"  {name:<32}{value:>10.3f}"
                if isinstance(value, float)
                else f"  {name:<32}{value!s:>10}"
            )
    print("\nplanted untruths", figures["drafts"]["planted"])
    for found in own["unsupported"]:
        print(f"unsupported “{found['claim']}”: {found['draft']}")


if __name__ == "__main__":
    main()
