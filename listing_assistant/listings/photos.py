"""From a file that somebody sent to a photo that can be shown. Pure: no database, no storage.

What a photo goes through, in order: size in bytes → kind by its first bytes → kind against its
name → size in pixels by its header → decoding → orientation, sRGB, white behind transparency →
variants without any metadata → hashes.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import BinaryIO

from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

from . import policy
from .errors import PhotoError
from .image_kinds import ACCEPTED, EXTENSIONS, PILLOW_FORMATS, Kind, kind_of

register_heif_opener(thumbnails=False)
# Our own limit is lower and refuses. Set once: in threads, filters are not safe to change.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

# What Pillow's readers raise on a file that is cut off or damaged.
BROKEN = (
    *(OSError, SyntaxError, ValueError, EOFError, RuntimeError, KeyError, IndexError, TypeError),
    *(struct.error, zlib.error, MemoryError),
)


@dataclass(frozen=True)
class PreparedPhoto:
    """`variants` maps each name of policy.VARIANTS to a WebP file without metadata."""

    sha256: str
    width: int
    height: int
    perceptual_hash: str
    variants: Mapping[str, bytes]

    @property
    def byte_size(self) -> int:
        return len(self.variants["full"])


def prepare(file: BinaryIO, name: str) -> PreparedPhoto:
    """The photo in `file`, ready to be stored. `name` is as the seller's device called it.

    Raises PhotoError with one of the codes empty, too_large, not_an_image, unsupported_format,
    mislabelled, animated, bomb, too_small, truncated.
    """
    data = file.read(policy.MAX_PHOTO_BYTES + 1)
    name = shown_name(name)
    _check_bytes(data, name)
    kind = _checked_kind(data, name)
    image = _decoded(data, kind, name)
    return prepared_from(_presentable(image))


def prepared_from(image: Image.Image) -> PreparedPhoto:
    """The variants and hashes of an RGB image that is already upright and sound."""
    image = full = _fitted(image, policy.VARIANTS["full"])
    variants = {"full": _encoded(full, policy.WEBP_QUALITY["full"])}
    for larger, variant in pairwise(policy.VARIANTS):
        # From the next larger one, which is much cheaper than from the original; where the photo
        # is small already, the same file serves as both.
        smaller = _fitted(image, policy.VARIANTS[variant])
        quality = policy.WEBP_QUALITY[variant]
        variants[variant] = variants[larger] if smaller is image else _encoded(smaller, quality)
        image = smaller
    sha256 = hashlib.sha256(variants["full"]).hexdigest()
    return PreparedPhoto(sha256, *full.size, perceptual_hash(image), variants)


def perceptual_hash(image: Image.Image) -> str:
    """64-bit pHash as 16 hexadecimal digits: near-duplicates differ in few bits."""
    # imagehash brings parts of SciPy; a web process that takes no photos does without.
    import imagehash

    return str(imagehash.phash(image))


def rotated(full: bytes, degrees: int) -> PreparedPhoto:
    """The full variant of a stored photo, turned clockwise by 90, 180 or 270 degrees."""
    turns = {
        90: Image.Transpose.ROTATE_270,
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    if degrees not in turns:
        raise PhotoError("bad_rotation", "Photos turn by 90, 180 or 270 degrees.")
    with Image.open(io.BytesIO(full), formats=["WEBP"]) as image:
        return prepared_from(image.convert("RGB").transpose(turns[degrees]))


def shown_name(name: str) -> str:
    """A file name fit for a message and a column: no folders, nothing unprintable, not too long."""
    last = PurePath(name.replace("\\", "/")).name
    printable = "".join(character for character in last if character.isprintable())
    if len(printable) > 100:
        printable = f"{printable[:80]}…{PurePath(printable).suffix[:10]}"
    return printable or "photo"


def _check_bytes(data: bytes, name: str) -> None:
    if not data:
        raise PhotoError("empty", f"{name} is empty (0 bytes). Choose the photo again.")
    if len(data) > policy.MAX_PHOTO_BYTES:
        limit = policy.MAX_PHOTO_BYTES // 2**20
        raise PhotoError(
            "too_large",
            f"{name} is larger than {limit} MB. Send it in a smaller size or as a JPEG.",
        )


def _checked_kind(data: bytes, name: str) -> Kind:
    kind = kind_of(data)
    claimed = EXTENSIONS.get(PurePath(name).suffix.lower())
    if kind is None:
        raise PhotoError(
            "not_an_image", f"{name} is not an image. Choose a JPEG, PNG, WebP, HEIC or AVIF photo."
        )
    if kind is Kind.GIF and _is_animated_gif(data):
        raise _animated(name)
    if kind not in ACCEPTED:
        raise PhotoError(
            "unsupported_format",
            f"{name} is a {kind.value} file, which cannot be shown here. "
            "Save it as JPEG or PNG and send that.",
        )
    if claimed and claimed is not kind:
        raise PhotoError(
            "mislabelled",
            f"{name} is called {claimed.value} but is a {kind.value} file. "
            f"Rename it to end in {kind.extension}, or save it again as {claimed.value}.",
        )
    return kind


def _decoded(data: bytes, kind: Kind, name: str) -> Image.Image:
    """All pixels, decoded; JPEGs at a reduced size that still covers the full variant."""
    formats = PILLOW_FORMATS[kind]
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        _check_header(image, kind, name)
        if kind is Kind.PNG:
            # Only verify() notices a PNG that ends behind its last row or has a wrong checksum.
            Image.open(io.BytesIO(data), formats=formats).verify()
        elif kind is Kind.JPEG:
            image.draft("RGB", _fitted_size(image.size, policy.VARIANTS["full"]))
        image.load()
    except Image.DecompressionBombError as error:
        raise _bomb(name) from error
    except BROKEN as error:
        raise PhotoError(
            "truncated",
            f"{name} is cut off or damaged and cannot be read to its end. Send it again.",
        ) from error
    return image


def _check_header(image: Image.Image, kind: Kind, name: str) -> None:
    width, height = image.size
    if width * height > policy.MAX_PHOTO_PIXELS:
        raise _bomb(name)
    if min(width, height) < policy.MIN_PHOTO_SIDE:
        side = policy.MIN_PHOTO_SIDE
        raise PhotoError(
            "too_small",
            f"{name} is {width} × {height} pixels, too small to show anything. "
            f"Send a photo of at least {side} × {side}.",
        )
    # A JPEG or HEIC of a phone may carry a depth map or a burst: its main picture is meant.
    if kind in {Kind.PNG, Kind.WEBP, Kind.AVIF} and getattr(image, "is_animated", False):
        raise _animated(name)


def _is_animated_gif(data: bytes) -> bool:
    try:
        return bool(getattr(Image.open(io.BytesIO(data), formats=["GIF"]), "is_animated", False))
    except (*BROKEN, Image.DecompressionBombError):
        return False


def _animated(name: str) -> PhotoError:
    return PhotoError("animated", f"{name} is animated. Send a still photo.")


def _bomb(name: str) -> PhotoError:
    millions = policy.MAX_PHOTO_PIXELS // 1_000_000
    return PhotoError(
        "bomb", f"{name} has more than {millions} million pixels. Send it in a smaller size."
    )


def _presentable(image: Image.Image) -> Image.Image:
    """Upright, in sRGB, on white."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(_fitted(_resizable(image), policy.VARIANTS["full"]))
    if image.mode != "RGBA":
        return _in_srgb(image, profile)
    white = Image.new("RGB", image.size, "white")
    white.paste(_in_srgb(image.convert("RGB"), profile), mask=image.getchannel("A"))
    return white


def _resizable(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow would clip 16-bit grey at 255 instead of scaling it.
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    # A palette cannot be resized smoothly.
    return image.convert("RGB") if image.mode in {"P", "1"} else image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            # A broken profile costs exact colours, not the photo.
            pass
        else:
            assert converted is not None
            return converted
    return image.convert("RGB")


def _fitted_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _fitted(image: Image.Image, side: int) -> Image.Image:
    size = _fitted_size(image.size, side)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image.Image, quality: int) -> bytes:
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    output = io.BytesIO()
    # Method 2 takes half the time of the default for a few per cent more bytes.
    clean.save(output, "WEBP", quality=quality, method=2)
    return output.getvalue()
