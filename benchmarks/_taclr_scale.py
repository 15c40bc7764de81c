"""The vocabulary at scale: a million values in one file, and items a second beside the reference.

    python benchmarks/_taclr_scale.py [--quick] [--json OUT] [--data FOLDER]

Throughput: WDC-PAVE test offers, all attributes of their category, by the real ranker; baseline, as
the reference's code does it: the offer and every value's sentence through the same encoder for
every offer, no cache. One thread, one offer at a time, in seconds of that thread: on a core of its
own it takes as long by the clock. The reference's own encoder is RoBERTa-base: its cost is
extrapolated from a sample of the same sentences.

A million values: Shopify's categories with their attributes and values as published. Vectors of the
ranker's size are drawn, since encoding them all takes hours: the rate is measured on a sample of
the real sentences and the hours are extrapolated. Served by a process of its own, the categories in
random order; baselines: to encode the category's sentences for each item, and one dense product
with every row in memory.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from _memory import mapped_mb, peak_mb, private_mb
from _reference_encoder import ReferenceEncoder
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ml.encoders.base import TextEncoder
    from ml.taclr.offers import Offer
    from ml.taclr.ranking import Ranker
    from ml.taclr.taxonomy import AttributeSpec
    from ml.taclr.value_store import Key

ROOT = Path(__file__).resolve().parent.parent
SEED = 4
Category = list["AttributeSpec"]
Milliseconds = Sequence[float]
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description="The vocabulary at scale.")
    parser.add_argument("--quick", action="store_true", help="30 offers, 1,000 categories")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    figures = measure(arguments.quick, arguments.data)
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def measure(quick: bool, data: Path) -> dict[str, Any]:
    """Figures of both parts; a part whose data is not there is left out."""
    import torch

    from ml.artefacts import bundled
    from ml.encoders import text
    from ml.taclr.ranking import load_ranker

    torch.set_num_threads(1)
    text.CACHED_TEXTS = 0  # the reference has no memory of sentences; ours is to be the store
    encoder = text.load_minilm()
    ranker, release = load_ranker(bundled("taclr"), encoder)
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "release": release,
    }
    wdc, shopify = data / "text" / "wdc_pave", data / "text" / "taxonomy"
    if wdc.is_dir():
        figures["throughput"] = throughput(ranker, encoder, wdc, quick)
    if shopify.is_dir():
        figures["store"] = at_scale(encoder, shopify, ranker.config.dim, quick)
    return figures


# --- Items a second -----------------------------------------------------------------------------


def throughput(ranker: Ranker, encoder: TextEncoder, folder: Path, quick: bool) -> dict[str, Any]:
    """Ours and the reference's on offers that both see; keys are encoded beforehand for ours."""
    from ml.taclr.model import query_text
    from ml.taclr.offers import read_offers
    from ml.taclr.taxonomy import read_taxonomy

    listed = read_taxonomy(folder / "taxonomy.json")
    specs = {category: list(attributes.values()) for category, attributes in listed.items()}
    offers = read_offers(folder / "test.jsonl")
    offers = offers[:: len(offers) // (30 if quick else 100)]
    for each in specs.values():
        ranker.prepare(each)

    def rank(offer: Offer) -> object:
        return ranker.rank(specs[offer.category], offer.title, offer.description)

    def encode(offer: Offer) -> object:
        return encoder.encode([query_text(offer.title, offer.description)])

    def refer(offer: Offer) -> object:
        return reference_answers(encoder, specs[offer.category], offer)

    step = len(offers) // (4 if quick else 10)
    few = offers[::step]
    ours, queries, reference = (
        timed(rank, offers, time.thread_time),
        timed(encode, offers, time.thread_time),
        timed(refer, few, time.thread_time),
    )
    own, beside = statistics.mean(ours[::step]), statistics.mean(queries[::step])
    texts = [[text for spec in specs[offer.category] for text in sentences(spec)] for offer in few]
    sample = [text for each in texts for text in each[:: 60 if quick else 20]]
    (roberta,) = timed(ReferenceEncoder().encode, [sample], time.thread_time)
    roberta *= statistics.mean(map(len, texts)) / len(sample)
    return {
        "offers": len(offers),
        "reference_offers": len(few),
        "sentences": statistics.mean(map(len, texts)),
        "ours": spread(ours),
        "encoding": spread(queries),
        "reference": spread(reference),
        "roberta": spread([roberta]) | {"sentences_timed": len(sample)},
        "ratio": statistics.mean(reference) / own,
        "ratio_to_roberta": roberta / own,
        "ratio_without_encoding_the_offer": (statistics.mean(reference) - beside) / (own - beside),
    }


def reference_answers(
    encoder: TextEncoder, specs: Sequence[AttributeSpec], offer: Offer
) -> list[str | None]:
    """Every value's sentence encoded for this one offer; the best of each attribute, or null."""
    query = encoder.encode([f"title: {offer.title}\ndescription: {offer.description}"])[0]
    cosines = encoder.encode([text for spec in specs for text in sentences(spec)]) @ query
    ends = np.cumsum([len(spec.values) + 1 for spec in specs])
    answers = []
    for spec, scores in zip(specs, np.split(cosines, ends[:-1]), strict=True):
        best = int(scores.argmax())
        answers.append(spec.values[best].value if best < len(spec.values) else None)
    return answers


def sentences(spec: AttributeSpec) -> list[str]:
    from ml.taclr.taxonomy import NULL_VALUE, key_text

    leaf = spec.category.split(" > ")[-1]
    values = [*(value.value for value in spec.values), NULL_VALUE]
    return [key_text(leaf, spec.attribute, value) for value in values]


# --- A million values ---------------------------------------------------------------------------


class DrawnKeys:
    """Unit rows from a seeded generator, in the place of hours of encoding."""

    release = "drawn"

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._random = np.random.default_rng(SEED)

    def encode_keys(self, keys: Sequence[Key]) -> NDArray[np.float32]:
        rows = self._random.normal(size=(len(keys), self.dim)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def at_scale(encoder: TextEncoder, folder: Path, dim: int, quick: bool) -> dict[str, Any]:
    """Build and serve in processes of their own, so that memory is nobody else's."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="taclr-scale-") as scratch:
        store, categories = Path(scratch), 1000 if quick else None

        def alone(work: Callable[..., T], *arguments: Any) -> T:
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                return pool.submit(work, *arguments).result()

        figures, sample = alone(build, folder, store, dim, categories)
        items = 300 if quick else 3000
        figures |= alone(serve, store, dim, sample, items)
        figures["dense"] = alone(dense, store, dim, 10 if quick else 50)
        figures |= encode_per_item(encoder, sample[: 2 if quick else 10])
    figures["hours_to_encode"] = figures["distinct"] / figures["sentences_per_second"] / 3600
    return figures


def build(
    folder: Path, store: Path, dim: int, limit: int | None
) -> tuple[dict[str, Any], list[Category]]:
    """The file of the whole taxonomy, then of the same with one value more."""
    from ml.taclr.taxonomy import ValueSpec
    from ml.taclr.value_store import ValueStore

    categories = read_shopify(folder)[:limit]
    report = ValueStore(DrawnKeys(dim), store).build(spec for each in categories for spec in each)
    first, *others = categories[0]
    categories[0] = [replace(first, values=(*first.values, ValueSpec("Zorblat"))), *others]
    edit = ValueStore(DrawnKeys(dim), store).build(spec for each in categories for spec in each)
    random = np.random.default_rng(SEED)
    sample = [categories[each] for each in random.permutation(len(categories))[:2000]]
    values = [sum(len(spec.values) for spec in each) for each in categories]
    return {
        "categories": len(categories),
        "values": sum(values),
        "values_per_category": [int(np.quantile(values, share)) for share in (0.5, 0.99, 1)],
        "distinct": report.encoded,
        "dim": dim,
        "build": asdict(report),
        "edit": asdict(edit),
        "build_peak_mb": peak_mb(),
    }, sample


def read_shopify(folder: Path) -> list[Category]:
    """Every category that has attributes of its own, as specs."""
    from ml.taclr.taxonomy import AttributeSpec, ValueSpec

    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"VAR_DIR": scratch, "DJANGO_SETTINGS_MODULE": "listing_assistant.settings"}
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from listing_assistant.catalogue import shopify

        source = shopify.parse_files(shopify.read_files(folder))
    lists = {
        each.source_id: (each.name, tuple(ValueSpec(value.name) for value in each.values))
        for each in source.attributes
    }
    return [
        [AttributeSpec(category.name, *lists[attribute]) for attribute in category.attributes]
        for category in source.categories
        if category.attributes
    ]


def serve(store: Path, dim: int, sample: Sequence[Category], items: int) -> dict[str, Any]:
    """Items of random categories, first all new to the process, then as they come."""
    from ml.taclr.value_store import ValueStore
    from ml.taclr.value_store_file import KeyFile

    (path,) = store.glob("*.keys")
    queries = DrawnKeys(dim).encode_keys([None] * 64)  # type: ignore[list-item]
    before = private_mb()
    start = time.perf_counter()
    KeyFile(path, release="drawn", dim=dim)
    opened = 1000 * (time.perf_counter() - start)
    values = ValueStore(DrawnKeys(dim), store)
    values.scores(sample[0], queries[0])
    new = timed(lambda each: values.scores(each, queries[0]), sample[1:])
    random = np.random.default_rng(SEED)
    order = [sample[each] for each in random.integers(0, len(sample), items)]
    again = timed(lambda each: values.scores(each, queries[1]), order)
    return {
        "open_ms": opened,
        "new_category": spread(new),
        "any_category": spread(again),
        "file_mb": path.stat().st_size / 2**20,
        "private_mb": private_mb() - before,
        "mapped_mb": mapped_mb(path),
    }


def dense(store: Path, dim: int, items: int) -> dict[str, Any]:
    """Every row as float32 in this process's memory, multiplied for every item."""
    from ml.taclr.value_store_file import KeyFile

    (path,) = store.glob("*.keys")
    before = private_mb()
    rows = KeyFile(path, release="drawn", dim=dim).vectors.astype(np.float32)
    queries = DrawnKeys(dim).encode_keys([None] * items)  # type: ignore[list-item]
    took = timed(lambda query: rows @ query, list(queries))
    return spread(took) | {"private_mb": private_mb() - before}


def encode_per_item(encoder: TextEncoder, sample: Sequence[Category]) -> dict[str, Any]:
    texts = [[text for spec in each for text in sentences(spec)] for each in sample]
    took = timed(encoder.encode, texts, time.thread_time)
    count = sum(map(len, texts))
    return {
        "encoded_per_item": spread(took) | {"items": len(texts)},
        "sentences_per_second": 1000 * count / sum(took),
        "sentences_timed": count,
    }


# --- Measures -----------------------------------------------------------------------------------


def timed(
    work: Callable[[Any], object],
    items: Sequence[Any],
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Milliseconds of each."""
    took = []
    for item in items:
        start = clock()
        work(item)
        took.append(1000 * (clock() - start))
    return took


def spread(took: Milliseconds) -> dict[str, float]:
    return {
        "mean_ms": statistics.mean(took),
        "p50_ms": float(np.quantile(took, 0.5)),
        "p99_ms": float(np.quantile(took, 0.99)),
        "per_second": 1000 / statistics.mean(took),
    }


# --- The tables ---------------------------------------------------------------------------------


def show(figures: Mapping[str, Any]) -> None:
    print(f"{figures['machine']}; release {figures['release']}")
    for line in (*_throughput_lines(figures), *_store_lines(figures)):
        print(line)


def _throughput_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    if "throughput" not in figures:
        return
    row = figures["throughput"]
    yield f"{'all attributes of an offer':<46}{'items/s':>9}{'mean ms':>9}{'p50':>9}{'p99':>9}"
    for name, key in (
        (f"ours ({row['offers']} offers)", "ours"),
        ("  of it, encoding the offer", "encoding"),
        (f"reference: {row['sentences']:.0f} sentences an offer", "reference"),
        ("  with RoBERTa-base, extrapolated", "roberta"),
    ):
        yield _line(name, row[key], f"{row[key]['per_second']:.2f}")
    yield (
        f"ours / reference: {row['ratio']:.0f} times with our encoder, "
        f"{row['ratio_to_roberta']:.0f} times with its own; without encoding the offer, which both "
        f"have to, {row['ratio_without_encoding_the_offer']:.0f} times with ours"
    )


def _store_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    if "store" not in figures:
        return
    row = figures["store"]
    median, high, most = row["values_per_category"]
    yield (
        f"{row['values']:,} values over {row['categories']:,} categories (a category: median "
        f"{median}, p99 {high}, most {most}), {row['distinct']:,} distinct sentences, "
        f"{row['dim']} dimensions"
    )
    yield f"{'extra latency an item':<46}{'':>9}{'mean ms':>9}{'p50':>9}{'p99':>9}"
    yield _line("store, any category", row["any_category"])
    yield _line("store, a category new to the process", row["new_category"])
    yield _line("one dense product over all rows", row["dense"])
    yield _line("the category's sentences encoded per item", row["encoded_per_item"])
    yield (
        f"memory: {row['private_mb']:.1f} MB private, {row['mapped_mb']:.0f} of "
        f"{row['file_mb']:.0f} MB mapped and shared; dense: {row['dense']['private_mb']:.0f} MB "
        f"private; opened in {row['open_ms']:.1f} ms"
    )
    build, edit = row["build"], row["edit"]
    yield (
        f"build beside encoding {build['seconds']:.0f} s (peak {row['build_peak_mb']:.0f} MB); "
        f"encoding all at {row['sentences_per_second']:.0f} sentences/s, measured on "
        f"{row['sentences_timed']:,}: {row['hours_to_encode']:.1f} h, extrapolated"
    )
    yield (
        f"one value added: {edit['encoded']} encoded, {edit['kept']:,} kept, "
        f"{edit['seconds']:.1f} s to publish"
    )


def _line(name: str, row: Mapping[str, float], rate: str = "") -> str:
    times = (row["mean_ms"], row["p50_ms"], row["p99_ms"])
    return f"{name:<46}{rate:>9}" + "".join(f"{each:>9.3g}" for each in times)


if __name__ == "__main__":
    main()
