"""Load an encoder by its name in the settings.

bundled                                             what ships with the project
open_clip:ViT-B-32/laion2b_s34b_b79k                an open_clip model and its weights' tag
open_clip:hf-hub:timm/ViT-B-16-SigLIP               an open_clip model on the hub
transformers:sentence-transformers/all-MiniLM-L6-v2 texts only
a folder                                            a tower's artefact, or either kind saved
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from huggingface_hub.errors import HfHubHTTPError

from ml.artefacts import (
    CorruptArtefactError,
    IncompatibleArtefactError,
    MissingArtefactError,
    bundled,
)
from ml.encoders import image, text
from ml.encoders.acceleration import Acceleration
from ml.encoders.base import ImageEncoder, TextEncoder

BUNDLED_TOWER = "image_tower"
# What open_clip raises for an unknown name or tag, without network, and for a missing file.
_FETCH_ERRORS = (OSError, RuntimeError, ValueError, KeyError, HfHubHTTPError)


class EncoderSpecError(ValueError):
    """The name of an encoder is of none of the known forms."""


def load_image_encoder(spec: str, how: Acceleration | None = None) -> ImageEncoder:
    """The image encoder of that name; raises EncoderSpecError or ArtefactError with the reason.

    Eager unless told otherwise: training and evaluation want the weights' exact rows.
    """
    if spec == "bundled":
        return image.load_tower(bundled(BUNDLED_TOWER), how)
    kind, _, name = spec.partition(":")
    if kind == "open_clip" and name:
        model, transform = _open_clip_model(name)
        return image.OpenClipImageEncoder(model, transform, how)
    folder = _folder(spec, "an image encoder")
    if _has_open_clip_config(folder):
        model, transform = _open_clip_model(f"local-dir:{folder}")
        return image.OpenClipImageEncoder(model, transform, how)
    return image.load_tower(folder, how)


def load_text_encoder(spec: str, how: Acceleration | None = None) -> TextEncoder:
    """The text encoder of that name; raises EncoderSpecError or ArtefactError with the reason."""
    if spec == "bundled":
        return text.load_minilm(how)
    kind, _, name = spec.partition(":")
    if kind == "transformers" and name:
        return text.load_transformers(name, how)
    if kind == "open_clip" and name:
        return _open_clip_text(name, how)
    folder = _folder(spec, "a text encoder")
    if _has_open_clip_config(folder):
        return _open_clip_text(f"local-dir:{folder}", how)
    return text.load_transformers(str(folder), how)


def _open_clip_text(name: str, how: Acceleration | None) -> TextEncoder:
    import open_clip

    model, _ = _open_clip_model(name)
    architecture, _ = _architecture_and_tag(name)
    return text.OpenClipTextEncoder(model, open_clip.get_tokenizer(architecture), how)


def _open_clip_model(name: str) -> tuple[Any, Any]:
    """Model and the transform for serving, with weights or not at all: never silently random."""
    import open_clip  # seconds of imports that the bundled encoders do without

    architecture, tag = _architecture_and_tag(name)
    try:
        model, _, transform = open_clip.create_model_and_transforms(
            architecture, pretrained=tag, require_pretrained=True
        )
    except _FETCH_ERRORS as error:
        # Cut: for an unknown name open_clip lists every model it knows.
        reason = (str(error).strip() or repr(error)).splitlines()[0][:240]
        raise MissingArtefactError(Path(name), f"cannot be fetched: {reason}") from error
    return model, transform


def _architecture_and_tag(name: str) -> tuple[str, str | None]:
    if name.startswith(("hf-hub:", "local-dir:")):
        return name, None
    architecture, slash, tag = name.rpartition("/")
    if not slash or not architecture or not tag:
        raise EncoderSpecError(
            f"open_clip:{name} names no weights; write open_clip:MODEL/TAG, such as "
            "open_clip:ViT-B-32/laion2b_s34b_b79k"
        )
    return architecture, tag


def _folder(spec: str, what: str) -> Path:
    folder = Path(spec)
    if spec and folder.is_dir():
        return folder
    if folder.is_absolute() or spec.startswith("."):
        raise MissingArtefactError(folder, "no such folder")
    raise EncoderSpecError(
        f"{spec!r} is not {what}: use 'bundled', 'open_clip:MODEL/TAG', "
        "'transformers:ORGANISATION/NAME' (texts), or a folder"
    )


def _has_open_clip_config(folder: Path) -> bool:
    path = folder / "open_clip_config.json"
    if not path.is_file():
        return False
    try:
        config = json.loads(path.read_text())
    except ValueError as error:
        raise CorruptArtefactError(folder, "open_clip_config.json is not JSON") from error
    if "model_cfg" not in config:
        raise IncompatibleArtefactError(folder, "open_clip_config.json has no model_cfg")
    return True
