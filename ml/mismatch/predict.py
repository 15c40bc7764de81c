"""Load the mismatch model and judge: photo vectors and a title in, a verdict with reasons out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ml.artefacts import Artefact, CorruptArtefactError, IncompatibleArtefactError, load_artefact
from ml.encoders.base import ImageEncoder, TextEncoder
from ml.encoders.title_bank import as_titles
from ml.encoders.words import Vocabulary
from ml.mismatch.evidence import (
    Counterfactual,
    TitleEvidence,
    Verdict,
    WordEvidence,
    explain_title,
    word_spans,
)
from ml.mismatch.model import (
    FORMAT_VERSION,
    KIND,
    MismatchConfig,
    MismatchHeads,
    TitleRows,
    calibrated,
    mismatch_logits,
    pair_features,
)
from ml.mismatch.outliers import LEAST_PHOTOS, outlier_features
from ml.mismatch.threshold import sigmoid

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MismatchResult:
    """`score` is the probability that photos and title do not belong together.

    `photo_scores` has one for each photo alone; `outliers` are the places of photos that show
    another thing than the rest: with one the verdict is no "match". `words` are sorted, the most
    suspicious first.
    `counterfactual` is None unless the verdict is "mismatch" and a little less title clears it.
    Without a photo or a title the verdict is "unsure", the score 0.5, and `reason` says why.
    """

    score: float
    verdict: Verdict
    photo_scores: tuple[float, ...]
    words: tuple[WordEvidence, ...]
    counterfactual: Counterfactual | None = None
    outliers: tuple[int, ...] = ()
    reason: str = ""


class MismatchPredictor:
    """Heads, anchors and thresholds of one artefact, over the two encoders it was trained on."""

    def __init__(
        self, artefact: Artefact, image_encoder: ImageEncoder, text_encoder: TextEncoder
    ) -> None:
        self.config = _config_of(artefact)
        _require_release(artefact, "image", self.config.image_release, image_encoder.release)
        _require_release(artefact, "text", self.config.text_release, text_encoder.release)
        self._images, self._texts = image_encoder, text_encoder
        self._vocabulary = Vocabulary(self.config.vocabulary)
        self._values = self.config.known_values
        tensors = {name: array.astype(np.float32) for name, array in artefact.tensors.items()}
        try:
            self._anchors = tensors.pop("anchors.photo"), tensors.pop("anchors.title")
            self._heads = MismatchHeads(self.config).eval()
            self._heads.load_state_dict(
                {name: torch.from_numpy(array) for name, array in tensors.items()}
            )
        except (KeyError, RuntimeError) as error:
            raise CorruptArtefactError(artefact.folder, "weights do not fit the config") from error
        self.release = artefact.release

    @property
    def dim(self) -> int:
        return self.config.shared_dim

    def encode_photos(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit rows (n, dim) of the shared space."""
        return self.project_photos(self._images.encode(images))

    def encode_titles(self, titles: Sequence[str]) -> Vectors:
        """Unit rows (n, dim) of the shared space."""
        return self.project_titles(self._texts.encode(titles), titles)

    def project_photos(self, encoded: Vectors) -> Vectors:
        """Rows of the image encoder (n, image_dim), already computed, into the shared space."""
        with torch.inference_mode():
            rows: Vectors = self._heads.image(torch.from_numpy(encoded)).numpy()
        return rows

    def project_titles(self, encoded: Vectors, titles: Sequence[str]) -> Vectors:
        """Titles with their rows of the text encoder (n, text_dim) into the shared space."""
        if not len(titles):
            return np.empty((0, self.dim), dtype=np.float32)
        with torch.inference_mode():
            rows: Vectors = self._heads.text.of(
                as_titles(encoded, titles, self._vocabulary)
            ).numpy()
        return rows

    def title_rows(self, encoded: Vectors, titles: Sequence[str]) -> TitleRows:
        """Titles with their rows of the text encoder (n, text_dim), as they are judged."""
        return TitleRows(self.project_titles(encoded, titles), self._values.stated(titles))

    def rows_of(self, titles: Sequence[str]) -> TitleRows:
        """The same of titles not encoded yet."""
        return self.title_rows(self._texts.encode(titles), titles)

    def item_vector(self, photo_vectors: Vectors, title_vector: Vectors) -> Vectors:
        """One unit row (dim,) for a whole item: photos and title count the same.

        Works with zero photos (0, dim): the title alone.
        """
        total = title_vector.astype(np.float32)
        if len(photo_vectors):
            mean = photo_vectors.mean(axis=0)
            total = total + mean / max(float(np.linalg.norm(mean)), 1e-12)
        unit: Vectors = total / max(float(np.linalg.norm(total)), 1e-12)
        return unit

    def name_values(self, photo: Vectors) -> dict[str, dict[str, float]]:
        """Kind → value → probability that the photo, a row (dim,), shows it; kinds add up to 1."""
        with torch.inference_mode():
            every = self._heads.values(torch.from_numpy(photo[None])).exp()[0].tolist()
        chances = iter(every)
        return {
            kind: dict(zip(values, chances, strict=False))
            for kind, values in self._values.by_kind.items()
        }

    def features(self, photo_vectors: Vectors, titles: TitleRows) -> NDArray[np.float64]:
        """FEATURES (n, f), row beside row."""
        with torch.inference_mode():
            values: Vectors = self._heads.values(torch.from_numpy(photo_vectors)).numpy()
        return pair_features(photo_vectors, titles, self._anchors, values, self.config.value_sizes)

    def logits(self, photo_vectors: Vectors, titles: TitleRows) -> NDArray[np.float64]:
        """Log-odds (n,) of a mismatch, row beside row."""
        logits = mismatch_logits(self.features(photo_vectors, titles), self.config.weights)
        return calibrated(logits, self.config.slopes)

    def all_logits(self, photo_vectors: Vectors, titles: Sequence[str]) -> NDArray[np.float64]:
        """Log-odds (titles, photos) of every title with every photo."""
        rows = self.rows_of(titles)
        shape = len(titles), len(photo_vectors)
        beside = rows.take(np.repeat(np.arange(shape[0]), shape[1]))
        return self.logits(np.tile(photo_vectors, (shape[0], 1)), beside).reshape(shape)

    def outlier_scores(
        self, photo_vectors: Vectors, photo_logits: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Probabilities (n,) that a photo is of another thing than the n ≥ 3 of the listing."""
        features = outlier_features(photo_logits, photo_vectors)
        return sigmoid(mismatch_logits(features, self.config.outlier_weights))

    def verdict(self, score: float, category: Sequence[str] = ()) -> Verdict:
        """What a score means by the artefact's thresholds, those of the deepest category known.

        `category` is a path of names, the leaf last.
        """
        below, above = self.config.thresholds(category)
        if score >= above:
            return "mismatch"
        return "match" if score <= below else "unsure"

    def judge(
        self,
        photo_vectors: Vectors,
        title: str,
        *,
        category: Sequence[str] = (),
        explain: bool = True,
    ) -> MismatchResult:
        """Whether photos (n, dim) of the shared space show what the title says.

        `explain=False` leaves `words` empty and saves encoding the title once a word.
        """
        if not len(photo_vectors):
            return _unsure("there is no photo to compare with")
        if not word_spans(title):
            return _unsure("the title has no word to compare with")
        photo_logits = self.all_logits(photo_vectors, [title])[0]
        logit = float(photo_logits.mean())
        score = float(sigmoid(np.array(logit)))

        def logits_of(titles: Sequence[str]) -> NDArray[np.float64]:
            means: NDArray[np.float64] = self.all_logits(photo_vectors, titles).mean(axis=1)
            return means

        def verdict_of(score: float) -> Verdict:
            return self.verdict(score, category)

        evidence = explain_title(title, logit, logits_of, verdict_of) if explain else _NOT_EXPLAINED
        verdict, outliers = verdict_of(score), self._outliers(photo_vectors, photo_logits)
        return MismatchResult(
            score,
            "unsure" if outliers and verdict == "match" else verdict,
            tuple(float(value) for value in sigmoid(photo_logits)),
            evidence.words,
            evidence.counterfactual,
            outliers,
        )

    def _outliers(
        self, photo_vectors: Vectors, photo_logits: NDArray[np.float64]
    ) -> tuple[int, ...]:
        """Fewer than half of the photos: when most disagree, there is no rest to differ from."""
        if len(photo_vectors) < LEAST_PHOTOS:
            return ()
        scores = self.outlier_scores(photo_vectors, photo_logits)
        found = np.flatnonzero(scores >= self.config.outlier_above)
        return tuple(found.tolist()) if len(found) < len(scores) / 2 else ()


_NOT_EXPLAINED = TitleEvidence((), None)


def _unsure(reason: str) -> MismatchResult:
    return MismatchResult(0.5, "unsure", (), (), reason=reason)


def load_mismatch(
    folder: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder
) -> MismatchPredictor:
    """Read an artefact for these encoders.

    Raises ArtefactError; IncompatibleArtefactError when it was trained on other encoders' vectors.
    """
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    return MismatchPredictor(artefact, image_encoder, text_encoder)


def _config_of(artefact: Artefact) -> MismatchConfig:
    try:
        return MismatchConfig.from_mapping(artefact.config)
    except (KeyError, TypeError) as error:
        raise IncompatibleArtefactError(artefact.folder, f"config lacks {error}") from error


def _require_release(artefact: Artefact, side: str, trained: str, given: str) -> None:
    if trained != given:
        raise IncompatibleArtefactError(
            artefact.folder,
            f"was trained on {side} encoder {trained}, not {given}; fit it for this encoder with "
            "python -m ml.mismatch.fit",
        )
