"""The trained model at work: evidence in, the values of each attribute by probability out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import load_artefact
from ml.taclr.calibration import least_confidence
from ml.taclr.evidence import NULL, Pair, gather
from ml.taclr.matching import Mention
from ml.taclr.model import (
    FORMAT_VERSION,
    KIND,
    DualEncoder,
    EvidenceScorer,
    TaclrConfig,
    TextEncoder,
    shares,
)
from ml.taclr.priors import Priors
from ml.taclr.retrieval import DualKeys, DualRetriever
from ml.taclr.rows import stack
from ml.taclr.taxonomy import AttributeSpec
from ml.taclr.value_store import ValueStore

# From this much of a probability on an answer is the photo's, not the text's.
PHOTO_SHARE = 0.15
MOST_PRIORS = 4096  # attributes whose priors are kept at hand


@dataclass(frozen=True)
class Ranked:
    """The answer for one attribute: `value` is None where null scores best."""

    spec: AttributeSpec
    value: str | None
    confidence: float  # of `value`, or of there being none
    mention: Mention | None  # the statement that speaks loudest for `value`
    runner_up: str | None
    runner_up_confidence: float
    known: bool  # whether training saw this (category, attribute)
    from_photo: bool = False  # without the photo the answer would be another or far less sure
    least: Mapping[str, Sequence[float]] | None = None

    def reaches(self, target: float) -> bool:
        """Whether answers like this one are right in at least `target` of all cases."""
        threshold = least_confidence(
            self.least or {},
            self.spec,
            known=self.known,
            stated=self.mention is not None,
            target=target,
        )
        return self.confidence >= threshold


class Ranker:
    """Scores all attributes of a listing at once. Not trained further, safe to share by threads."""

    def __init__(
        self,
        config: TaclrConfig,
        scorer: EvidenceScorer,
        priors: Priors,
        retriever: DualRetriever,
        store: ValueStore,
        thresholds: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self.config = config
        self.store = store
        self._scorer = scorer.eval()
        self._priors = priors
        self._retriever = retriever
        self._thresholds = thresholds or {}
        self._prior_of = lru_cache(maxsize=MOST_PRIORS)(priors.of)

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        """Encode the keys of `specs` now, so that the first listing does not wait for them."""
        self._retriever.prepare(specs)

    def rank(
        self,
        specs: Sequence[AttributeSpec],
        title: str,
        description: str,
        photo: NDArray[np.float32] | None = None,
    ) -> list[Ranked]:
        """One answer per spec, in their order; `photo` (photo_dim,) is a unit row."""
        known = [self._priors.knows(spec) for spec in specs]
        if not specs or not (title.strip() or description.strip() or photo is not None):
            return [
                Ranked(spec, None, 1.0, None, None, 0.0, seen)
                for spec, seen in zip(specs, known, strict=True)
            ]
        photos = None if photo is None else np.stack([np.zeros_like(photo), photo])
        listings = [(title, description)] * (1 if photos is None else 2)
        queries = self._retriever.queries(listings, photos=photos)
        found = self._retriever(specs, *queries)
        pairs = [
            gather(spec, title, description, retrieval=retrieval, prior=self._prior_of(spec))
            for spec, retrieval in zip(specs, found, strict=True)
        ]
        ranked = self._ranked(pairs, known)
        return ranked if photo is None else self._credited(ranked, pairs, known)

    def _credited(
        self, ranked: list[Ranked], pairs: Sequence[Pair], known: Sequence[bool]
    ) -> list[Ranked]:
        """Answers that nobody states, marked where the text alone would not have given them."""
        asked = [n for n, one in enumerate(ranked) if one.value is not None and not one.mention]
        blind = self._ranked([pairs[n].unseen() for n in asked], [known[n] for n in asked])
        for n, without in zip(asked, blind, strict=True):
            other = without.value != ranked[n].value
            gained = ranked[n].confidence - without.confidence >= PHOTO_SHARE
            ranked[n] = replace(ranked[n], from_photo=other or gained)
        return ranked

    def _ranked(self, pairs: Sequence[Pair], known: Sequence[bool]) -> list[Ranked]:
        if not pairs:
            return []
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
        chances = shares(pair, logits, calibration.null_bias)
        order = sorted(chances, key=lambda value: -chances[value])
        best = order[0]
        others = [value for value in order[1:] if value != NULL]
        runner_up = pair.names[others[0]] if others else None
        second = chances[others[0]] if others else 0.0
        if best == NULL:
            return Ranked(pair.spec, None, chances[best], None, runner_up, second, known)
        rows = np.flatnonzero(pair.values == best)
        stated = [row for row in rows.tolist() if pair.mentions[row] is not None]
        loudest = max(stated, key=lambda row: float(logits[row]), default=None)
        mention = None if loudest is None else pair.mentions[loudest]
        platt = calibration.inferred if mention is None else calibration.stated
        return Ranked(
            pair.spec,
            pair.names[best],
            platt(chances[best]),
            mention,
            runner_up,
            second,
            known,
            least=self._thresholds,
        )


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
    dual.eval()
    text_release = str(getattr(encoder, "release", ""))
    keys = DualKeys(dual, encoder.encode, config, f"{artefact.release}-{text_release}")
    store = ValueStore(keys, values_folder)
    retriever = DualRetriever(dual, encoder.encode, config, store)
    priors = Priors.from_tensors(artefact.tensors)
    thresholds = artefact.config["thresholds"]
    return Ranker(config, scorer, priors, retriever, store, thresholds), artefact.release
