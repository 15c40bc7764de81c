"""The engines by name. Each is imported when it is asked for: two of them need no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ml.description.generators.base import Generator, GeneratorError
from ml.description.generators.budget import Budget, Ledger
from ml.description.request import DraftRequest

if TYPE_CHECKING:
    from ml.description.generators.multimodal import DType


@dataclass(frozen=True)
class EngineOptions:
    """What a deployment says of its engine; each engine takes what it needs.

    `folder` is the realiser's artefact; seconds are those of one request; 0 tokens a day or
    requests in flight is no limit.
    """

    engine: str
    folder: Path
    model: str = ""
    lora: Path | None = None
    device: str = "auto"
    dtype: str = "auto"
    url: str = ""
    api_key: str = field(default="", repr=False)
    most_photos: int = 0
    connect_s: float = 5.0
    stall_s: float = 15.0
    total_s: float = 60.0
    tokens_a_day: int = 0
    in_flight: int = 0


class Unavailable:
    """Stands for an engine that could not be loaded: every request says why."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.release = f"none: {reason}"
        self._reason = reason

    def write(self, request: DraftRequest) -> Iterator[str]:
        """Raises GeneratorError."""
        raise GeneratorError(self._reason)


def load_engine(options: EngineOptions, ledger: Ledger) -> Generator:
    """Raises GeneratorError, or ArtefactError of the realiser, with the reason."""
    return LOADERS[options.engine](options, ledger)


def _realiser(options: EngineOptions, ledger: Ledger) -> Generator:
    from ml.description.generators.realiser import load_realiser

    return load_realiser(options.folder)


def _multimodal(options: EngineOptions, ledger: Ledger) -> Generator:
    from ml.description.generators.multimodal import MultimodalConfig, load_multimodal

    return load_multimodal(
        MultimodalConfig(
            options.model,
            lora=options.lora,
            device=options.device,
            dtype=cast("DType", options.dtype),
            most_photos=options.most_photos,
            total_s=options.total_s,
        )
    )


def _endpoint(options: EngineOptions, ledger: Ledger) -> Generator:
    from ml.description.generators.endpoint import Endpoint, EndpointConfig

    config = EndpointConfig(
        options.url,
        options.model,
        options.api_key,
        options.most_photos,
        options.connect_s,
        options.stall_s,
        options.total_s,
    )
    budget = Budget(
        ledger,
        tokens_a_day=options.tokens_a_day,
        in_flight=options.in_flight,
        seconds=int(options.total_s + options.stall_s),
    )
    return Endpoint(config, budget)


LOADERS: dict[str, Callable[[EngineOptions, Ledger], Generator]] = {
    "realiser": _realiser,
    "multimodal": _multimodal,
    "endpoint": _endpoint,
}
