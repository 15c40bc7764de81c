"""The metric, against cases counted by hand and an implementation that shares no code."""

from __future__ import annotations

import random

import pytest

from ml.taclr.evaluate import Answer, evaluate
from ml.taclr.metric import Counts, bootstrap_f1, count
from ml.taclr.offers import Offer


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        ([], [], Counts(0, 0, 0)),
        ([], ["a"], Counts(0, 1, 0)),
        (["a"], [], Counts(0, 0, 1)),
        (["a"], ["a"], Counts(1, 0, 0)),
        (["a", "b"], ["b"], Counts(1, 0, 0)),
        (["a"], ["b"], Counts(0, 1, 1)),
        (["a"], ["b", "a"], Counts(0, 1, 1)),
    ],
)
def test_each_kind_of_answer_counts_as_the_protocol_says(
    gold: list[str], predicted: list[str], expected: Counts
) -> None:
    assert count(gold, predicted) == expected


def offer(gold: dict[str, tuple[str, ...]]) -> Offer:
    return Offer("1", "Things", "title", "", gold)


def test_a_small_table_gives_the_figures_worked_out_by_hand() -> None:
    offers = [
        offer({"Colour": ("Red",), "Width": ("10.0",)}),
        offer({"Colour": (), "Width": ("12.0",)}),
    ]
    answers = [
        {"Colour": Answer("Red"), "Width": Answer("11.0")},
        {"Colour": Answer("Blue"), "Width": Answer(None)},
    ]
    figures = evaluate(offers, answers)
    # Colour: 1 right, 1 invented. Width: 1 wrong (counts twice), 1 missed.
    assert figures["precision"] == pytest.approx(1 / 3)
    assert figures["recall"] == pytest.approx(1 / 3)
    assert figures["f1"] == pytest.approx(1 / 3)
    assert figures["f1_excluding_measures"] == pytest.approx(2 / 3)
    assert figures["by_attribute"]["Width"]["f1"] == 0.0
    assert (figures["n"], figures["support"]) == (2, 4)


def test_random_answers_agree_with_a_naive_count() -> None:
    chance = random.Random(0)
    names = ["A", "B", "Width"]
    offers, answers = [], []
    for _ in range(200):
        gold = {n: tuple(chance.sample("xyz", chance.randint(0, 2))) for n in names}
        offers.append(offer(gold))
        answers.append({n: Answer(chance.choice(["x", "y", "z", None])) for n in names})
    found = wrong = missed = 0
    for each, answer in zip(offers, answers, strict=True):
        for name in names:
            value = answer[name].value
            hit = value is not None and value in each.gold[name]
            found += hit
            wrong += value is not None and not hit
            missed += bool(each.gold[name]) and not hit
    figures = evaluate(offers, answers)
    precision, recall = found / (found + wrong), found / (found + missed)
    assert figures["f1"] == pytest.approx(2 * precision * recall / (precision + recall))


def test_the_interval_holds_the_figure_and_narrows_with_more_items() -> None:
    few = [Counts(1, 0, 0), Counts(0, 1, 1)] * 10
    low, high = bootstrap_f1(few)
    narrow_low, narrow_high = bootstrap_f1(few * 20)
    assert low < 0.5 < high
    assert narrow_high - narrow_low < (high - low) / 2
