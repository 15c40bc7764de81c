"""The dual encoder's loss, its candidates, and what it learns of a taxonomy with known answers."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ml.fitting import FitConfig
from ml.taclr.model import KEY_IDS, Bags, DualEncoder, TaclrConfig
from ml.taclr.taxonomy import AttributeSpec, ValueSpec
from ml.taclr.training import Asked, DualFit, Listings, Lists, _in_batch, asked_of, fit_dual

CONFIG = TaclrConfig(text_dim=32, photo_dim=4, dim=16, buckets=512, values=256)
COLOUR = AttributeSpec("Shoes", "Colour", tuple(map(ValueSpec, ("Red", "Blue", "Green"))))
STYLE = AttributeSpec("Shoes", "Style", tuple(map(ValueSpec, ("Boot", "Sandal"))))
QUICK = DualFit(fit=FitConfig(epochs=30, batch_size=16, learning_rate=2e-2), photo_dropout=0.0)


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """A row of its own for every text: nothing is alike that was not learnt."""
    rows = [
        np.random.default_rng(zlib.crc32(text.encode())).normal(size=32).astype(np.float32)
        for text in texts
    ]
    return np.stack([row / np.linalg.norm(row) for row in rows])


def listings(titles: Sequence[str], photos: NDArray[np.float32] | None = None) -> Listings:
    texts = [(title, "") for title in titles]
    shown = np.zeros((len(titles), 4), np.float32) if photos is None else photos
    return Listings.of(texts, encode(titles), shown, CONFIG)


def best_value(dual: DualEncoder, lists: Lists, spec: int, read: Listings, item: int) -> int:
    with torch.inference_mode():
        queries = dual.encode_queries(
            torch.from_numpy(read.sentences), read.words, torch.from_numpy(read.photos)
        )
        keys = lists.rows(dual, lists.keys[spec], torch.ones(len(lists.keys[spec]), KEY_IDS))
        return int((queries[item] @ keys.T).argmax())


def test_it_learns_which_words_stand_for_a_value_and_that_there_may_be_none() -> None:
    words = {"crimson": 0, "azure": 1, "emerald": 2, "plain": 3}
    titles = [f"{word} pair number {n}" for n in range(8) for word in words]
    read, lists = listings(titles), Lists([COLOUR], encode, CONFIG)
    asked = [Asked(item, 0, (words[title.split()[0]],)) for item, title in enumerate(titles)]
    dual = fit_dual(read, lists, asked[:-4], CONFIG, QUICK)
    found = [best_value(dual, lists, 0, read, item) for item in range(28, 32)]
    assert found == [0, 1, 2, 3]


def test_it_learns_what_only_the_photo_shows() -> None:
    photos = np.eye(4, dtype=np.float32)[[0, 1] * 16]
    read = listings([f"thing {n}" for n in range(32)], photos)
    lists = Lists([STYLE], encode, CONFIG)
    asked = [Asked(item, 0, (item % 2,)) for item in range(28)]
    dual = fit_dual(read, lists, asked, CONFIG, QUICK)
    assert [best_value(dual, lists, 0, read, item) for item in (28, 29, 30, 31)] == [0, 1, 0, 1]


def test_a_hidden_list_is_not_learnt() -> None:
    read, lists = listings(["a", "b"]), Lists([COLOUR, STYLE], encode, CONFIG)
    seen, hidden = Asked(0, 0, (0,)), Asked(1, 1, (0,))
    how = replace(QUICK, fit=replace(QUICK.fit, epochs=3))
    both = fit_dual(read, lists, [seen, hidden], CONFIG, how, hidden={1})
    alone = fit_dual(read, lists, [seen], CONFIG, how)
    assert torch.equal(both.text.weight, alone.text.weight)


def test_with_every_list_hidden_there_is_nothing_to_learn_and_nothing_fails() -> None:
    read, lists = listings(["a"]), Lists([COLOUR], encode, CONFIG)
    dual = fit_dual(read, lists, [Asked(0, 0, (0,))], CONFIG, QUICK, hidden={0})
    assert torch.equal(dual.text.weight, fresh_dual(QUICK.fit.seed).text.weight)


def test_the_first_loss_is_what_a_naive_loop_over_values_gives() -> None:
    read, lists = listings(["red boot", "blue sandal"]), Lists([COLOUR, STYLE], encode, CONFIG)
    asked = [Asked(0, 0, (0, 2)), Asked(0, 1, (2,)), Asked(1, 0, (1,))]
    losses: list[float] = []

    class Stop(Exception):
        pass

    def note(loss: torch.Tensor) -> torch.Tensor:
        losses.append(float(loss.detach()))
        raise Stop

    still = DualFit(
        fit=FitConfig(epochs=1, batch_size=2, learning_rate=0.0),
        photo_dropout=0.0,
        word_dropout=0.0,
        residual_dropout=0.0,
    )
    original = torch.isfinite
    try:
        torch.isfinite = note  # type: ignore[assignment]
        with pytest.raises(Stop):
            fit_dual(read, lists, asked, CONFIG, still)
    finally:
        torch.isfinite = original
    torch.manual_seed(still.fit.seed)
    dual = fresh_dual(still.fit.seed)
    queries = dual.encode_queries(
        torch.from_numpy(read.sentences), read.words, torch.from_numpy(read.photos)
    ).detach()
    naive = []
    for one in asked:
        places = lists.keys[one.spec]
        keys = lists.rows(dual, places, torch.ones(len(places), KEY_IDS)).detach()
        scores = [float(queries[one.item] @ key) / CONFIG.temperature for key in keys]
        total = sum(math.exp(score) for score in scores)
        naive.append(-math.log(sum(math.exp(scores[place]) for place in one.gold) / total))
    assert losses[0] == pytest.approx(sum(naive) / len(naive), rel=1e-4)


def fresh_dual(seed: int) -> DualEncoder:
    from ml.fitting import seed_everything

    seed_everything(seed)
    return DualEncoder(CONFIG)


def test_a_long_list_gives_gold_null_and_the_nearest_spellings() -> None:
    names = [*(f"item{n:03d}" for n in range(300)), "Hewlett-Packard", "Hewlett Packard Inc"]
    long = AttributeSpec("Shoes", "Maker", tuple(map(ValueSpec, names)), "text")
    lists = Lists([long], encode, CONFIG)
    drawn = lists.candidates(Asked(0, 0, (300,)), 64, np.random.default_rng(0)).tolist()
    assert len(drawn) == len(set(drawn)) == 64
    assert {300, 301, 302} <= set(drawn)  # gold, its near spelling, null


def test_in_batch_candidates_are_the_batch_golds_and_a_pair_never_competes_with_its_own() -> None:
    lists = Lists([COLOUR, STYLE], encode, CONFIG)
    pairs = [(0, Asked(0, 0, (0, 1))), (1, Asked(1, 0, (1,))), (2, Asked(2, 1, (0,)))]
    places, right = _in_batch(lists, pairs, QUICK, np.random.default_rng(0))
    for row, (_, one) in enumerate(pairs):
        golds = {int(lists.keys[one.spec][place]) for place in one.gold}
        assert right[row].sum() == 1
        assert int(places[row][right[row]][0]) in golds
        wrong = {int(key) for key in places[row][~right[row]] if key >= 0}
        assert not wrong & golds


def test_what_the_list_lacks_or_cannot_tell_apart_is_not_asked() -> None:
    codes = AttributeSpec(
        "Shoes", "Part Number", tuple(ValueSpec(f"A{n}") for n in range(99)), "identifier"
    )
    assert asked_of(0, COLOUR, 5, ["Mauve"]) is None
    assert asked_of(0, codes, 5, ["A1"]) is None
    assert asked_of(0, COLOUR, 5, []) == Asked(0, 5, (3,))
    assert asked_of(0, COLOUR, 5, ["Green"]) == Asked(0, 5, (2,))


def test_bags_are_taken_in_any_order_and_an_empty_one_stays_empty() -> None:
    bags = Bags.of([[1, 2, 3], [], [4]]).taken(np.array([2, 1, 0, 0]))
    assert bags.ids.tolist() == [4, 1, 2, 3, 1, 2, 3]
    assert bags.offsets.tolist() == [0, 1, 1, 4]
    assert bags.weights.tolist() == pytest.approx([1.0, *[3**-0.5] * 6])
