"""Close hashes share a band, so that an index finds them; cuts and mirror images have hashes."""

from __future__ import annotations

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from ml.duplicates.prints import (
    MOST_BITS,
    VIEWS,
    WHOLE,
    as_hex,
    band_keys,
    distance,
    mirrored,
    prints_of,
)


def scene(seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (320, 240), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        x, y, width, height = (int(one) for one in random.integers(5, 200, 4))
        draw.rectangle((x, y, x + width, y + height), fill=tuple(random.integers(0, 255, 3)))
    return image


def test_the_first_print_is_the_reference_hash_of_the_whole():
    assert as_hex(prints_of(scene(0))[WHOLE]) == str(imagehash.phash(scene(0)))


def test_a_crop_is_near_the_print_of_its_view():
    image = scene(1)
    for view, (left, top, right, bottom) in enumerate(VIEWS):
        box = (320 * left, 240 * top, 320 * (1 - right), 240 * (1 - bottom))
        cut = image.crop(tuple(round(edge) for edge in box))
        assert distance(prints_of(cut)[WHOLE], prints_of(image)[view]) <= 2


@pytest.mark.parametrize("seed", range(8))
def test_the_mirrored_hash_is_near_the_hash_of_the_mirror_image(seed):
    image = scene(seed)
    own = mirrored(prints_of(image)[WHOLE])
    assert distance(own, prints_of(ImageOps.mirror(image))[WHOLE]) <= MOST_BITS + 1
    assert mirrored(own) == prints_of(image)[WHOLE]


def test_distance_counts_bits():
    assert distance(0, 0) == 0
    assert distance(0b1011, 0b0001) == 2
    assert distance(0, 2**64 - 1) == 64


def test_every_hash_within_reach_shares_a_band():
    random = np.random.default_rng(2)
    for _ in range(500):
        value = int(random.integers(0, 2**63))
        bits = random.choice(64, int(random.integers(0, MOST_BITS + 1)), replace=False)
        near = value
        for bit in bits:
            near ^= 1 << int(bit)
        digits = as_hex(near)
        bands = [digits[start : start + 4] for start in range(0, 16, 4)]
        assert any(band in keys for band, keys in zip(bands, band_keys(value), strict=True))


def test_one_bit_more_than_promised_can_hide_in_all_bands():
    value = 0
    hidden = sum(0b11 << (16 * band) for band in range(4))  # two bits off in each
    assert distance(value, hidden) == MOST_BITS + 1
    digits = as_hex(hidden)
    bands = [digits[start : start + 4] for start in range(0, 16, 4)]
    assert not any(band in keys for band, keys in zip(bands, band_keys(value), strict=True))


def test_a_band_has_few_keys():
    assert [len(set(keys)) for keys in band_keys(12345)] == [17, 17, 17, 17]
