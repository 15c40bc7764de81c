"""Words to rows of a table, pairs to counts, files there and back."""

from __future__ import annotations

import gzip
from itertools import pairwise

import numpy as np
import pytest

from ml.deeprecs.evaluate import filtered_hits, related_mask, spearman, truth_of
from ml.deeprecs.features import FIELDS, bags_of, features_of, learn_hashes
from ml.deeprecs.model import bag_sums
from ml.deeprecs.pairs import pairs_of_baskets, pairs_of_links
from ml.deeprecs.pairs_file import joined, read_items_and_pairs, write_items_and_pairs
from ml.records import ItemRecord, RecordError


def test_a_word_that_training_never_met_says_nothing():
    known = ItemRecord("1", "oak table", category=("Home", "Tables"))
    hashes = learn_hashes([known], FIELDS, least=1, most=100)
    bags = bags_of([known, ItemRecord("2", "zzz qqq")], hashes, FIELDS)
    assert bags.ends[0] == len(bags.rows) == bags.ends[1]


def test_only_frequent_features_get_a_row_and_no_more_than_asked():
    records = [ItemRecord(str(number), title) for number, title in enumerate(("a b", "a b", "a c"))]
    assert len(learn_hashes(records, ["words"], least=2, most=100)) == 2
    only = learn_hashes(records, ["words"], least=1, most=1)
    assert only.tolist() == features_of(ItemRecord("x", "a"), "words")


def test_an_unknown_field_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="use some of words"):
        features_of(ItemRecord("1", "a"), "smell")


def test_sums_of_bags_are_those_of_a_loop():
    records = [ItemRecord("1", "red mug"), ItemRecord("2", ""), ItemRecord("3", "red bowl red")]
    hashes = learn_hashes(records, FIELDS, least=1, most=100)
    bags = bags_of(records, hashes, FIELDS)
    table = np.random.default_rng(0).normal(size=(len(hashes), 4)).astype(np.float32)
    starts = [0, *bags.ends]
    expected = [
        sum(
            (table[bags.rows[place]] * bags.weights[place] for place in range(first, last)),
            np.zeros(4),
        )
        for first, last in pairwise(starts)
    ]
    assert np.allclose(bag_sums(table, bags), expected, atol=1e-5)
    order = np.array([2, 0, 1, 2])
    assert np.allclose(bag_sums(table, bags.of(order)), np.array(expected)[order], atol=1e-5)


def test_pairs_of_baskets_are_counted_both_ways():
    pairs = pairs_of_baskets([[0, 1, 2], [1, 0], [0, 0]], 4)
    counted = {(a, b): n for a, b, n in zip(pairs.seeds, pairs.recs, pairs.counts, strict=True)}
    assert counted == {(0, 1): 2, (1, 0): 2, (0, 2): 1, (2, 0): 1, (1, 2): 1, (2, 1): 1}
    assert pairs.item_counts.tolist() == [3, 2, 1, 0]
    ochiai = dict(zip(counted, np.exp(pairs.log_ochiai()), strict=True))
    assert np.isclose(ochiai[0, 1], 2 / np.sqrt(3 * 2))


def test_links_keep_their_direction():
    pairs = pairs_of_links({(0, 1): 2}, 2)
    assert pairs.seeds.tolist() == [0] and pairs.recs.tolist() == [1]


def test_files_give_back_what_was_written(tmp_path, shop):
    back = read_items_and_pairs(*write_items_and_pairs(tmp_path, shop))
    assert back.records == shop.records
    assert np.array_equal(back.pairs.recs, shop.pairs.recs)
    assert np.array_equal(back.pairs.item_counts, shop.pairs.item_counts)
    both = joined([shop, back])
    assert len(both.records) == 2 * len(shop.records)
    assert both.pairs.seeds.max() == len(both.records) - len(shop.records) + shop.pairs.seeds.max()


def test_a_bad_line_is_named(tmp_path, shop):
    items, pairs = write_items_and_pairs(tmp_path, shop)
    with gzip.open(pairs, "at", encoding="utf-8") as file:
        file.write('{"seed": "nobody", "rec": "no"}\n')
    with pytest.raises(RecordError, match=f"line {len(shop.pairs) + 1}"):
        read_items_and_pairs(items, pairs)
    with pytest.raises(RecordError, match="nothing"):
        read_items_and_pairs(tmp_path / "nothing.jsonl", pairs)


def test_hits_are_filtered_and_ties_count_against():
    pairs = pairs_of_links({(0, 1): 1, (0, 2): 1}, 5)
    truth = truth_of(pairs, np.array([0]))
    first = np.array([[9, 5, 4, 1, 0]], np.float32)
    assert filtered_hits(first, truth, k=1).tolist() == [1.0]
    assert filtered_hits(np.zeros((1, 5), np.float32), truth, k=1).tolist() == [0.0]


def test_only_categories_that_training_relates_may_be_ranked():
    records = [ItemRecord(str(n), "t", category=(kind,)) for n, kind in enumerate("aabbcd")]
    train = pairs_of_links({(0, 2): 1}, 6)
    mask = related_mask(records, train, np.array([1, 5]), top=3)
    assert mask.tolist() == [[False, False, True, True, False, False], [True] * 6]


def test_spearman_is_that_of_scipy():
    from scipy.stats import spearmanr

    generator = np.random.default_rng(0)
    first, second = generator.integers(0, 9, 50), generator.normal(size=50)
    assert np.isclose(spearman(first, second), spearmanr(first, second).statistic)
    assert spearman(np.ones(3), np.arange(3)) == 0.0
