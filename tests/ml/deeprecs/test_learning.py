"""What the two towers learn, where the right answer is known."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from ml.artefacts import bundled, verify_checksums
from ml.deeprecs.evaluate import spearman, truth_of
from ml.deeprecs.features import FIELDS, bags_of, learn_hashes
from ml.deeprecs.fit import fit, fit_towers
from ml.deeprecs.model import REC, SEED, DeepRecsConfig, Tower
from ml.deeprecs.pairs import pairs_of_baskets
from ml.deeprecs.pairs_file import ItemsAndPairs
from ml.deeprecs.predict import load_deeprecs
from ml.deeprecs.training import DualEncoder
from ml.fitting import FitError
from ml.records import ItemRecord

from .conftest import QUICK, phone


def fitted(shop, how=QUICK):
    valid = truth_of(shop.pairs, np.arange(0, 48, 5))
    return fit_towers(shop, shop.pairs, valid, DeepRecsConfig(), how)


@pytest.fixture(scope="module")
def model(shop):
    return fitted(shop).model


def test_a_phone_nobody_bought_finds_the_cases_of_its_model(shop, model):
    cases = shop.records[48:]
    scores = (model.seed_rows([phone("carlo", "turquoise")]) @ model.rec_rows(cases).T)[0]
    best = [cases[row].id for row in np.argsort(-scores)[:8]]
    assert all(one.startswith("case-carlo") for one in best), best


def test_towers_are_not_shared_so_a_case_is_not_sent_back_to_what_cases_go_with(shop, model):
    phones, cases = shop.records[:48], shop.records[48:]
    forth = (model.seed_rows(phones) * model.rec_rows(cases)).sum(axis=1)
    back = (model.seed_rows(cases) * model.rec_rows(phones)).sum(axis=1)
    assert np.abs(forth - back).max() > 0.1


def test_scores_of_frequent_pairs_follow_the_log_of_the_ochiai_cosine():
    """Items of known, uneven popularity and cosine; the oracle is counting."""
    generator = np.random.default_rng(0)
    groups = generator.integers(0, 4, 40)
    appeal = generator.lognormal(0, 0.9, 40)
    affinity = np.array([[8, 1, 3, 1], [1, 8, 1, 3], [3, 1, 8, 1], [1, 3, 1, 8]], float)
    chance = appeal[:, None] * appeal[None, :] * affinity[np.ix_(groups, groups)]
    np.fill_diagonal(chance, 0)
    drawn = generator.choice(1600, 30_000, p=(chance / chance.sum()).ravel())
    pairs = pairs_of_baskets([divmod(int(one), 40) for one in drawn], 40)
    names = [f"{chr(97 + row // 26)}{chr(97 + row % 26)}qx" for row in range(40)]
    records = [ItemRecord(id=name, title=name, category=("All",)) for name in names]
    data = ItemsAndPairs(records, pairs, np.zeros((40, 0), np.float32))
    how = replace(
        QUICK,
        dim=32,
        dropout=0.0,
        feature_dropout=0.0,
        fit=replace(QUICK.fit, epochs=2, batch_size=256, weight_decay=0.0),
    )
    valid = truth_of(pairs, np.arange(40))
    found = fit_towers(data, pairs, valid, DeepRecsConfig(fields=("words",)), how).model
    often = pairs.where(pairs.counts >= 20)
    products = (found.seed_rows(records)[often.seeds] * found.rec_rows(records)[often.recs]).sum(1)
    popularity = np.log(pairs.item_counts[often.recs])
    assert len(often) > 200
    assert spearman(products, often.log_ochiai()) > 0.8
    assert abs(spearman(products, popularity)) < spearman(products, often.log_ochiai()) - 0.3


def test_the_same_seed_gives_the_same_model(shop, model):
    again = fitted(shop).model
    assert np.array_equal(model.seed_rows(shop.records), again.seed_rows(shop.records))


def test_torch_and_numpy_make_one_pass(shop):
    config = DeepRecsConfig(dim=16, hidden_dim=8, dense_dim=3)
    hashes = learn_hashes(shop.records, FIELDS, least=1, most=1000)
    bags = bags_of(shop.records, hashes, FIELDS)
    dense = np.random.default_rng(0).normal(size=(len(shop.records), 3)).astype(np.float32)
    encoder = DualEncoder(config, len(hashes), 0.2, 8.0).eval()
    torch.nn.init.normal_(encoder.towers[REC].parts["out"])
    with torch.inference_mode():
        expected = encoder.towers[REC](bags, torch.from_numpy(dense)).numpy()
    assert np.allclose(Tower(encoder.tensors(REC))(bags, dense), expected, atol=1e-5)
    assert not np.allclose(Tower(encoder.tensors(SEED))(bags, dense), expected, atol=1e-1)


def test_too_few_pairs_are_refused_with_their_number(shop):
    few = shop.pairs.where(np.arange(len(shop.pairs)) < 5)
    with pytest.raises(FitError, match="there are 5 pairs"):
        fit_towers(shop, few, truth_of(few, np.arange(8)), DeepRecsConfig(), QUICK)


def test_an_artefact_answers_as_the_model_that_was_measured(shop, tmp_path):
    artefact = fit(
        shop,
        DeepRecsConfig(trained_on=("simulated",)),
        QUICK,
        tmp_path / "deeprecs",
        command="test",
    )
    loaded = load_deeprecs(artefact.folder)
    assert loaded.release == artefact.release
    rows = loaded.seed_rows(shop.records)
    assert rows.shape == (len(shop.records), 16)
    assert np.allclose(np.linalg.norm(rows, axis=1), loaded.config.scale, atol=1e-3)
    card = (artefact.folder / "card.md").read_text()
    assert "simulated" in card and "popularity in related categories" in card


def test_what_serves_runs_without_torch():
    code = "import sys, ml.deeprecs.predict; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_bundled_models_can_be_loaded_and_read():
    case = ItemRecord("1", "Case for iPhone 15", category=("Phone Cases",))
    deeprecs = load_deeprecs(bundled("deeprecs"))
    assert np.isclose(np.linalg.norm(deeprecs.rec_rows([case])), 1, atol=1e-3)
    visual = load_deeprecs(bundled("visual"), "visual")
    assert visual.config.dense_release == verify_checksums(bundled("two_tower"))
    with pytest.raises(ValueError, match="the model takes"):
        visual.seed_rows([case], np.zeros((1, 3), np.float32))
