"""The decoder: a distribution over word pieces that looks back only, and keeps no figure."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ml.description.corpus import Auction
from ml.description.fit import DescriptionFitConfig, fit, nll_per_piece, windows_of
from ml.description.model import PAD_ID, Decoder, LanguageModel, LanguageModelConfig, fit_tokenizer
from ml.fitting import FitConfig

SENTENCES = (
    "The lamp is in good condition.",
    "This is a red lamp.",
    "The chair is in good condition.",
    "This is a blue chair.",
)
TINY = LanguageModelConfig(pieces=120, width=32, layers=2, heads=2, length=32, dropout=0.0)


def auction(number: int) -> Auction:
    sentences = (SENTENCES[number % 4], SENTENCES[(number + 1) % 4])
    return Auction(str(number), "seller", "lamp and chair", ("Home",), sentences, 1.0, 0)


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    training = FitConfig(epochs=40, batch_size=4, learning_rate=1e-2)
    auctions = [auction(number) for number in range(16)]
    return fit(auctions, auctions, DescriptionFitConfig(TINY, training))


def test_word_order_matters(model: LanguageModel) -> None:
    good, jumbled = model.fluency(["This is a red lamp.", "Lamp red a is this."])
    assert good > jumbled + 1


def test_a_sentence_weighs_the_same_alone_and_among_longer_ones(model: LanguageModel) -> None:
    alone = model.fluency([SENTENCES[1]], "lamp and chair")
    among = model.fluency([SENTENCES[0], SENTENCES[1] * 2, SENTENCES[1]], "lamp and chair")
    assert among[2] == pytest.approx(alone[0], abs=1e-4)


def test_sentences_weighed_together_have_the_sums_worked_out_one_piece_at_a_time(
    model: LanguageModel,
) -> None:
    before = "lamp and chair"
    for sentence, found in zip(SENTENCES, model.log_probabilities(SENTENCES, before), strict=True):
        start = [1, *model.encode(before)]
        pieces = [*model.encode(sentence), 1]
        total = 0.0
        for place, piece in enumerate(pieces):
            with torch.inference_mode():
                states = model.decoder(torch.tensor([[*start, *pieces[:place]]]))
                total += float(model.decoder.logits(states)[0, -1].log_softmax(-1)[piece])
        assert found == pytest.approx(total, abs=1e-3)


def test_what_stands_before_matters(model: LanguageModel) -> None:
    follows = model.log_probabilities([SENTENCES[1]], f"lamp and chair {SENTENCES[0]}")
    assert follows != pytest.approx(model.log_probabilities([SENTENCES[1]], SENTENCES[2]))


def test_next_pieces_have_a_probability_distribution(model: LanguageModel) -> None:
    ids = torch.tensor([model.encode("the lamp")])
    with torch.inference_mode():
        chances = model.decoder.logits(model.decoder(ids)).softmax(-1)
    assert chances.sum(-1).numpy() == pytest.approx(1.0, abs=1e-5)


def test_later_pieces_do_not_change_earlier_states() -> None:
    decoder = Decoder(TINY).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    changed = torch.tensor([[5, 6, 7, 9]])
    with torch.inference_mode():
        assert torch.allclose(decoder(ids)[:, :3], decoder(changed)[:, :3], atol=1e-6)


def test_figures_are_all_one() -> None:
    tokenizer = fit_tokenizer(["size 38 and 1,200 pages"] * 3, 80)
    assert tokenizer.encode("size 38").ids == tokenizer.encode("Size 92").ids


def test_a_script_it_never_saw_is_weighed_without_an_error(model: LanguageModel) -> None:
    assert np.isfinite(model.fluency(["赤いワンピース", "", "é" * 500])).all()


def test_every_piece_is_predicted_once(model: LanguageModel) -> None:
    rows = windows_of(model, [auction(0), auction(1)], 8)
    stream = [piece for row in rows for piece in row[1:] if piece != PAD_ID]
    said = [piece for one in (auction(0), auction(1)) for piece in _pieces(model, one)]
    assert stream == said


def _pieces(model: LanguageModel, one: Auction) -> list[int]:
    return [id_ for part in (one.title, *one.sentences) for id_ in (*model.encode(part), 1)]


def test_a_round_trip_through_tensors_changes_little(model: LanguageModel) -> None:
    again = LanguageModel.from_tensors(model.tensors(), TINY)
    assert again.fluency(SENTENCES) == pytest.approx(model.fluency(SENTENCES), abs=0.02)


def test_the_loss_is_the_mean_over_pieces_worked_out_one_by_one(model: LanguageModel) -> None:
    rows = torch.from_numpy(windows_of(model, [auction(0)], 32))
    ids = rows[0][rows[0] != PAD_ID]
    with torch.inference_mode():
        logs = model.decoder.logits(model.decoder(ids[None, :-1]))[0].log_softmax(-1)
    one_by_one = [-float(logs[place, piece]) for place, piece in enumerate(ids[1:])]
    assert nll_per_piece(model.decoder, rows) == pytest.approx(np.mean(one_by_one), abs=1e-4)
