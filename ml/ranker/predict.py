"""Scores of a trained ranker, and what each column gave to them: numpy and the trees' library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ml.artefacts import CorruptArtefactError, IncompatibleArtefactError, load_artefact

from .booster import Booster, BoosterError
from .model import FORMAT_VERSION, KIND, MODEL_FILE, Matrix, RankerConfig, Row


class Ranker:
    """`text` are the trees. Raises BoosterError where they are none, or of other columns."""

    def __init__(self, config: RankerConfig, text: str, *, release: str = "") -> None:
        self.config = config
        self.text = text
        self.release = release
        self.trained: dict[str, Any] = {}  # what config.json says beside the config
        self._booster = Booster(text)
        if self._booster.features != len(config.columns):
            raise BoosterError(
                f"trees of {self._booster.features} columns, a config of {len(config.columns)}"
            )

    @property
    def rounds(self) -> int:
        return self._booster.rounds

    def scores(self, matrix: Matrix) -> Row:
        """(n,), the higher the better; comparable within one strip. Raises BoosterError."""
        return self._booster.scores(matrix)

    def contributions(self, matrix: Matrix) -> Row:
        """(n, F + 1): what each column adds to a row's score (TreeSHAP); the last is common to all.

        A row's sum is its score. Raises BoosterError.
        """
        return self._booster.contributions(matrix)

    def checked(self, rows: int = 2) -> None:
        """Raises BoosterError where the trees cannot score a row of nothing."""
        empty = np.full((rows, len(self.config.columns)), np.nan, dtype=np.float32)
        if not np.isfinite(self.scores(empty)).all():
            raise BoosterError("the trees make no numbers")


def load_ranker(folder: Path) -> Ranker:
    """Raises ArtefactError where it is missing, damaged or of another kind."""
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    try:
        config = RankerConfig.from_json(artefact.config["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise IncompatibleArtefactError(folder, f"not a ranker of this form: {error}") from error
    try:
        text = (folder / MODEL_FILE).read_text()
        ranker = Ranker(config, text, release=artefact.release)
        ranker.checked()
    except (OSError, UnicodeDecodeError, BoosterError) as error:
        raise CorruptArtefactError(folder, f"{MODEL_FILE}: {error}") from error
    ranker.trained = artefact.config.get("trained", {})
    return ranker
