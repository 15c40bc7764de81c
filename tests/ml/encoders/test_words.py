"""Words that several titles share are known, and found again whatever their spelling."""

from __future__ import annotations

import numpy as np
import torch

from ml.encoders.heads import TitleHead
from ml.encoders.title_bank import as_titles
from ml.encoders.words import Vocabulary, bags_of, learn_vocabulary


def test_a_word_of_few_titles_or_a_number_is_not_learnt():
    titles = ["Red mug 12", "red cups 12", "Red T-Shirt 12", "red mug, Acme", "tshirts", "T-shirt"]
    assert learn_vocabulary(titles, least=3).words == ("red", "tshirt")


def test_a_title_twice_counts_once():
    assert learn_vocabulary(["blue mug"] * 9, least=2).words == ()


def test_words_are_found_in_the_order_of_the_title():
    vocabulary = Vocabulary(("mug", "red", "tshirt"))
    assert vocabulary.places("RED T-Shirts and mugs") == [1, 2, 0]


def test_bags_of_chosen_titles_are_what_the_titles_hold():
    vocabulary = Vocabulary(("mug", "red", "blue"))
    titles = ["red mug", "nothing known", "blue", "red blue mug"]
    places, offsets = bags_of(vocabulary, titles).of(np.array([3, 1, 0, 1, 2]))
    bags = [part.tolist() for part in np.split(places, offsets[1:])]
    assert bags == [[1, 2, 0], [], [1, 0], [], [2]]


def test_a_known_word_moves_a_title_and_an_unknown_one_does_not():
    torch.manual_seed(0)
    vocabulary = Vocabulary(("red", "blue"))
    head = TitleHead(4, 8, 16, dropout=0.0, words=2).eval()
    same = np.ones((3, 4), dtype=np.float32)
    with torch.inference_mode():
        red, blue, odd = head.of(as_titles(same, ["red mug", "blue mug", "odd mug"], vocabulary))
        none = head.of(as_titles(same[:1], ["mug"], vocabulary))[0]
    assert not torch.allclose(red, blue, atol=1e-3)
    assert torch.allclose(odd, none, atol=1e-6)
