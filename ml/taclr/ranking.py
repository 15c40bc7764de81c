"""The trained model at work: evidence in, the values of each attribute by probability out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import load_artefact
from ml.taclr.evidence import NULL, Pair, gather
from ml.taclr.matching import Mention
from ml.taclr.model import (
    FORMAT_VERSION,
    KIND,
    DualEncoder,
    EvidenceScorer,
    TaclrConfig,
    TextEncoder,
    probabilities,
    stack,
)
from ml.taclr.priors import Priors
from ml.taclr.retrieval import DualRetriever, KeyBank
from ml.taclr.taxonomy import AttributeSpec


@dataclass(frozen=True)
class Ranked:
    """The answer for one attribute: `value` is None where null scores best."""

    spec: AttributeSpec
    value: str | None
    confidence: float  # of `value`, or of there being none
    mention: Mention | None  # the statement that speaks loudest for `value`
    runner_up: str | None
    known: bool  # whether training saw this (category, attribute)


class Ranker:
    """Scores all attributes of a listing at once. Not trained further, safe to share by threads."""

    def __init__(
        self,
        config: TaclrConfig,
        dual: DualEncoder,
        scorer: EvidenceScorer,
        priors: Priors,
        bank: KeyBank,
    ) -> None:
        self.config = config
        self.store = bank.store
        self._scorer = scorer.eval()
        self._priors = priors
        self._retriever = DualRetriever(dual.eval(), bank, config)

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        """Encode the keys of `specs` now, so that the first listing does not wait for them."""
        self._retriever.prepare(specs)

    def rank(self, specs: Sequence[AttributeSpec], title: str, description: str) -> list[Ranked]:
        """One answer per spec, in their order."""
        if not specs or not (title.strip() or description.strip()):
            return [Ranked(spec, None, 1.0, None, None, self._priors.knows(spec)) for spec in specs]
        self._retriever.prepare(specs)
        query = self._retriever.queries([(title, description)])[0]
        known = [self._priors.knows(spec) for spec in specs]
        pairs = [
            gather(
                spec,
                title,
                description,
                retrieval=self._retriever(spec, query, known=seen),
                prior=self._priors.of(spec),
            )
            for spec, seen in zip(specs, known, strict=True)
        ]
        with torch.inference_mode():
            logits = self._scorer(stack(pairs, known=known)).numpy()
        ends = np.cumsum([len(pair.values) for pair in pairs])
        parts = np.split(logits, ends[:-1])
        return [
            self._best(pair, part, seen)
            for pair, part, seen in zip(pairs, parts, known, strict=True)
        ]

    def _best(self, pair: Pair, logits: NDArray[np.float32], known: bool) -> Ranked:
        calibration = self.config.known if known else self.config.unseen
        chances = probabilities(pair, logits, calibration)
        order = sorted(chances, key=lambda value: -chances[value])
        best = order[0]
        others = [value for value in order[1:] if value != NULL]
        runner_up = pair.names[others[0]] if others else None
        if best == NULL:
            return Ranked(pair.spec, None, chances[best], None, runner_up, known)
        rows = np.flatnonzero(pair.values == best)
        stated = [row for row in rows.tolist() if pair.mentions[row] is not None]
        loudest = max(stated, key=lambda row: float(logits[row]), default=None)
        mention = None if loudest is None else pair.mentions[loudest]
        if mention is None and chances[best] < calibration.inferred_floor:
            return Ranked(pair.spec, None, 1 - chances[best], None, pair.names[best], known)
        return Ranked(pair.spec, pair.names[best], chances[best], mention, runner_up, known)


def load_ranker(
    folder: Path, encoder: TextEncoder, values_folder: Path | None = None
) -> tuple[Ranker, str]:
    """The ranker of an artefact and the artefact's release.

    `values_folder` holds the value vectors that processes share; None keeps them in memory. Raises
    ArtefactError: missing, of another kind or format, or damaged.
    """
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    config = TaclrConfig.from_json(artefact.config["model"])
    dual, scorer = DualEncoder(config), EvidenceScorer(config)
    for name, module in (("dual", dual), ("scorer", scorer)):
        module.load_state_dict(
            {
                key.removeprefix(f"{name}."): torch.from_numpy(array.astype(np.float32))
                for key, array in artefact.tensors.items()
                if key.startswith(f"{name}.")
            }
        )
    priors = Priors.from_tensors(artefact.tensors)
    bank = KeyBank(encoder, config.text_dim, values_folder)
    return Ranker(config, dual, scorer, priors, bank), artefact.release
