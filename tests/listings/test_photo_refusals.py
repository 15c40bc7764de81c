"""Every kind of bad file gets its own clear message."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from listing_assistant.listings import policy
from listing_assistant.listings.errors import PhotoError
from listing_assistant.listings.photos import PreparedPhoto, prepare

pillow_heif.register_heif_opener()

FORMATS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "HEIF": ".heic", "AVIF": ".avif"}


def noise(width: int = 96, height: int = 96) -> Image.Image:
    pixels = np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    output = io.BytesIO()
    image.save(output, format, **options)
    return output.getvalue()


def refusal(data: bytes, name: str) -> PhotoError:
    with pytest.raises(PhotoError) as caught:
        prepare(io.BytesIO(data), name)
    assert caught.value.field == "photos"
    return caught.value


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and brings next to no data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def test_an_empty_file_is_refused() -> None:
    error = refusal(b"", "shoe.jpg")
    assert error.code == "empty"
    assert "shoe.jpg is empty (0 bytes)" in error.message


def test_a_file_over_the_byte_limit_is_refused() -> None:
    error = refusal(encoded(noise(), "JPEG") + bytes(policy.MAX_PHOTO_BYTES), "shoe.jpg")
    assert error.code == "too_large"
    assert "25 MB" in error.message


@pytest.mark.parametrize("data", [b"hello, this is text", bytes(500), b"PK\x03\x04" + bytes(60)])
def test_a_file_that_is_no_image_is_refused_whatever_its_name(data: bytes) -> None:
    assert refusal(data, "shoe.jpg").code == "not_an_image"


@pytest.mark.parametrize(
    ("format", "name", "claimed", "really"),
    [
        ("PNG", "shoe.jpg", "JPEG", "PNG"),
        ("JPEG", "shoe.png", "PNG", "JPEG"),
        ("WEBP", "shoe.JPEG", "JPEG", "WebP"),
        ("JPEG", "IMG_1.HEIC", "HEIC", "JPEG"),
        ("HEIF", "shoe.avif", "AVIF", "HEIC"),
        ("AVIF", "shoe.heic", "HEIC", "AVIF"),
        ("PNG", "shoe.gif", "GIF", "PNG"),
    ],
)
def test_a_mislabelled_file_is_refused_naming_both_kinds(
    format: str, name: str, claimed: str, really: str
) -> None:
    error = refusal(encoded(noise(), format), name)
    assert error.code == "mislabelled"
    assert f"called {claimed} but is a {really} file" in error.message


@pytest.mark.parametrize(
    ("format", "name"), [("GIF", "a.gif"), ("TIFF", "a.tif"), ("BMP", "a.bmp"), ("PDF", "a.pdf")]
)
def test_an_unsupported_picture_is_refused_with_a_way_out(format: str, name: str) -> None:
    error = refusal(encoded(noise(), format), name)
    assert error.code == "unsupported_format"
    assert f"is a {format} file" in error.message and "JPEG" in error.message


def test_a_drawing_in_svg_is_refused() -> None:
    svg = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'
    assert refusal(svg, "a.svg").code == "unsupported_format"


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_photo_is_refused_with_a_reason(format: str, kept: float) -> None:
    data = encoded(noise(), format)
    error = refusal(data[: max(30, int(len(data) * kept))], "shoe" + FORMATS[format])
    assert error.code == "truncated"
    assert "cut off or damaged" in error.message


def test_a_png_that_lost_only_its_end_is_refused() -> None:
    assert refusal(encoded(noise(), "PNG")[:-13], "shoe.png").code == "truncated"


@pytest.mark.parametrize(("width", "height"), [(9000, 9000), (20_000, 20_000), (65_000, 65_000)])
def test_a_decompression_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    error = refusal(png_header(width, height), "shoe.png")
    assert error.code == "bomb"
    assert "65 million pixels" in error.message


@pytest.mark.parametrize(
    ("format", "name"), [("GIF", "a.gif"), ("PNG", "a.png"), ("WEBP", "a.webp")]
)
def test_an_animated_file_is_refused(format: str, name: str) -> None:
    frames = [Image.new("RGB", (96, 96), colour) for colour in ("red", "blue", "green")]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=100)
    assert refusal(data, name).code == "animated"


def test_an_animated_avif_is_refused() -> None:
    data = encoded(noise(), "AVIF", save_all=True, append_images=[Image.new("RGB", (96, 96))])
    assert refusal(data, "a.avif").code == "animated"


@pytest.mark.parametrize("size", [(1, 1), (63, 400), (400, 63)])
def test_a_tiny_photo_is_refused_with_its_size(size: tuple[int, int]) -> None:
    error = refusal(encoded(noise(*size), "PNG"), "dot.png")
    assert error.code == "too_small"
    assert f"{size[0]} × {size[1]}" in error.message


def test_a_photo_at_the_least_size_is_taken() -> None:
    assert prepare(io.BytesIO(encoded(noise(64, 64), "PNG")), "dot.png").width == 64


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    format=st.sampled_from(list(FORMATS)),
    position=st.floats(0, 0.999),
    damage=st.binary(min_size=1, max_size=40),
)
def test_any_damage_ends_in_a_photo_or_a_refusal(
    format: str, position: float, damage: bytes
) -> None:
    data = bytearray(SOUND[format])
    start = int(len(data) * position)
    data[start : start + len(damage)] = damage
    try:
        photo = prepare(io.BytesIO(bytes(data)), "shoe" + FORMATS[format])
    except PhotoError as error:
        assert error.message
    else:
        assert isinstance(photo, PreparedPhoto)


SOUND = {format: encoded(noise(), format) for format in FORMATS}
