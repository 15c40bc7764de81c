"""What becomes of a good photo: oriented, stripped, in sRGB, resized, hashed."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import imagehash
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageDraw

from listing_assistant.listings import policy
from listing_assistant.listings.photos import PreparedPhoto, prepare, rotated, shown_name

pillow_heif.register_heif_opener()

ORIENTATION, GPS = 0x0112, 0x8825


def picture(width: int = 200, height: int = 120) -> Image.Image:
    """Grey, with a red square in the top left corner."""
    image = Image.new("RGB", (width, height), "grey")
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill="red")
    return image


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    output = io.BytesIO()
    image.save(output, format, **options)
    return output.getvalue()


def prepared(data: bytes, name: str = "photo") -> PreparedPhoto:
    return prepare(io.BytesIO(data), name)


def opened(photo: PreparedPhoto, variant: str = "full") -> Image.Image:
    return Image.open(io.BytesIO(photo.variants[variant]))


def colour_at(photo: PreparedPhoto, x: int, y: int) -> tuple[int, int, int]:
    return opened(photo).convert("RGB").getpixel((x, y))  # type: ignore[return-value]


def near(colour: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 12) -> bool:
    return max(abs(a - b) for a, b in zip(colour, wanted, strict=True)) <= tolerance


@pytest.mark.parametrize(
    ("format", "name"),
    [
        ("JPEG", "a.jpg"),
        ("JPEG", "A.JPEG"),
        ("PNG", "a.png"),
        ("WEBP", "a.webp"),
        ("HEIF", "IMG_1.HEIC"),
        ("AVIF", "a.avif"),
        ("JPEG", "blob"),
        ("PNG", "no extension we know.xyz"),
    ],
)
def test_each_accepted_format_keeps_its_picture(format: str, name: str) -> None:
    photo = prepared(encoded(picture(), format), name)
    assert (photo.width, photo.height) == (200, 120)
    assert near(colour_at(photo, 10, 10), (255, 0, 0), 25)
    assert near(colour_at(photo, 150, 90), (128, 128, 128))


def test_variants_are_webp_with_the_longest_side_of_the_policy() -> None:
    photo = prepared(encoded(picture(3000, 2000), "JPEG"))
    assert {name: opened(photo, name).size for name in photo.variants} == {
        "full": (1600, 1067),
        "large": (800, 534),
        "small": (320, 214),
    }
    assert {opened(photo, name).format for name in photo.variants} == {"WEBP"}


def test_a_small_photo_is_never_enlarged() -> None:
    photo = prepared(encoded(picture(100, 80), "PNG"))
    assert {opened(photo, name).size for name in policy.VARIANTS} == {(100, 80)}


def test_the_name_of_a_photo_is_the_hash_of_its_full_variant() -> None:
    photo = prepared(encoded(picture(), "PNG"))
    assert photo.sha256 == hashlib.sha256(photo.variants["full"]).hexdigest()
    assert photo.byte_size == len(photo.variants["full"])


def test_the_same_picture_gives_the_same_name_every_time() -> None:
    data = encoded(picture(), "JPEG")
    assert prepared(data, "a.jpg").sha256 == prepared(data, "b.jpg").sha256


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        *((1, "top left"), (2, "top right"), (3, "bottom right"), (4, "bottom left")),
        *((5, "top left"), (6, "top right"), (7, "bottom right"), (8, "bottom left")),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_exif_orientation_is_applied(orientation: int, corner: str, format: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = prepared(encoded(picture(), format, exif=exif.tobytes()))
    assert (photo.width > photo.height) is (orientation <= 4)
    x = 5 if "left" in corner else photo.width - 6
    y = 5 if "top" in corner else photo.height - 6
    assert near(colour_at(photo, x, y), (255, 0, 0), 30)


def test_a_heic_is_turned_once_and_not_twice() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    photo = prepared(encoded(picture(), "HEIF", exif=exif.tobytes()), "a.heic")
    assert (photo.width, photo.height) == (120, 200)
    assert near(colour_at(photo, 114, 5), (255, 0, 0), 30)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_no_variant_keeps_exif_position_profile_or_comment(format: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(picture(), format, exif=exif.tobytes(), icc_profile=profile)
    with Image.open(io.BytesIO(data)) as before:
        assert before.getexif().get_ifd(GPS)
    photo = prepared(data)
    for name, variant in photo.variants.items():
        assert not opened(photo, name).getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(opened(photo, name).info)
        assert b"SecretCamera" not in variant


def test_a_transparent_png_is_put_on_white() -> None:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 50, 100))
    photo = prepared(encoded(image, "PNG"))
    assert near(colour_at(photo, 90, 50), (255, 255, 255))
    assert near(colour_at(photo, 10, 50), (0, 0, 255), 25)


def test_a_palette_with_a_transparent_colour_is_put_on_white() -> None:
    image = picture(100, 100).convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    background = image.getpixel((90, 90))
    photo = prepared(encoded(image, "PNG", transparency=background))
    assert near(colour_at(photo, 90, 90), (255, 255, 255))


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    grey = Image.fromarray(np.full((80, 80), 0x8000, dtype=np.uint16))
    assert near(colour_at(prepared(encoded(grey, "PNG")), 40, 40), (128, 128, 128))


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    photo = prepared(encoded(Image.new("CMYK", (80, 80), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = colour_at(photo, 40, 40)
    assert red > 200 and green < 60 and blue < 60


def test_colours_of_an_embedded_profile_become_srgb() -> None:
    # In a profile of linear light 55 means the middle grey that sRGB writes as about 128.
    image = Image.new("RGB", (80, 80), (55, 55, 55))
    photo = prepared(encoded(image, "PNG", icc_profile=linear_profile()))
    assert near(colour_at(photo, 40, 40), (128, 128, 128), 6)


def test_a_broken_profile_costs_colours_not_the_photo() -> None:
    photo = prepared(encoded(picture(), "PNG", icc_profile=b"no profile at all" * 20))
    assert near(colour_at(photo, 150, 90), (128, 128, 128))


def test_a_phone_photo_with_a_second_picture_inside_is_its_first_picture() -> None:
    data = encoded(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (200, 120))])
    assert near(colour_at(prepared(data, "a.jpg"), 150, 90), (128, 128, 128))


def test_the_perceptual_hash_is_that_of_the_reference_library() -> None:
    photo = prepared(encoded(picture(), "PNG"))
    assert len(photo.perceptual_hash) == 16
    distance = imagehash.hex_to_hash(photo.perceptual_hash) - imagehash.phash(picture())
    assert distance <= 4


def test_a_quarter_turn_moves_the_corner_clockwise() -> None:
    photo = rotated(prepared(encoded(picture(), "PNG")).variants["full"], 90)
    assert (photo.width, photo.height) == (120, 200)
    assert near(colour_at(photo, 114, 5), (255, 0, 0), 30)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\Users\\me\\shoe.jpg", "shoe.jpg"),
        ("../../etc/passwd", "passwd"),
        ("", "photo"),
        ("a\x00b\u202e.png", "ab.png"),
    ],
)
def test_a_file_name_is_shown_without_folders_or_tricks(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_very_long_file_name_keeps_its_ending() -> None:
    assert shown_name("x" * 300 + ".jpeg").endswith(".jpeg")
    assert len(shown_name("x" * 300 + ".jpeg")) <= 100


def linear_profile() -> bytes:
    """sRGB's own profile with its three tone curves replaced by straight lines (gamma 1.0)."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for index in range(int.from_bytes(data[128:132], "big")):
        entry = 132 + 12 * index
        if bytes(data[entry : entry + 4]) in {b"rTRC", b"gTRC", b"bTRC"}:
            offset = int.from_bytes(data[entry + 4 : entry + 8], "big")
            # A parametric curve of type 0 with the one parameter g = 1.0.
            data[offset : offset + 16] = b"para\0\0\0\0\0\0\0\0\0\x01\0\0"
    return bytes(data)
