from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops

from listing_assistant.demo.drawing import COLOURS, DRAWERS, Look, draw
from listing_assistant.demo.drawing.backgrounds import PHOTO_SIDE
from listing_assistant.demo.drawing.kinds import STANDING
from listing_assistant.demo.drawing.outlines import ellipse, polygon, turned
from listing_assistant.demo.drawing.scene import (
    backdrop,
    choose_scene,
    develop,
    homography,
    project,
)

LOOK = Look("mug", "Red", "White", "plain", "Norvik")


def without_the_thing(look: Look, *, seed: int, angle: int) -> Image.Image:
    """The same room in the same light, with nothing in it that casts a shadow."""
    scene = choose_scene(seed=seed, angle=angle, standing=look.kind in STANDING)
    nothing = Image.new("RGBA", (PHOTO_SIDE, PHOTO_SIDE), (0, 0, 0, 0))
    return develop(backdrop(scene, nothing), scene)


def changed_share(a: Image.Image, b: Image.Image, box: tuple[int, int, int, int]) -> float:
    difference = np.asarray(ImageChops.difference(a, b).crop(box)).max(axis=2)
    return float((difference > 12).mean())


@pytest.mark.parametrize("kind", DRAWERS)
def test_every_kind_can_be_drawn_and_lies_in_its_box(kind):
    look = Look(kind, "Red", "Navy", "plain", "Norvik")

    drawing = draw(look, seed=3)

    assert drawing.image.size == (PHOTO_SIDE, PHOTO_SIDE)
    left, top, right, bottom = drawing.object_box
    assert max(right - left, bottom - top) > PHOTO_SIDE / 2
    empty = without_the_thing(look, seed=3, angle=0)
    assert changed_share(drawing.image, empty, drawing.object_box) > 0.1


@pytest.mark.parametrize("kind", ["t_shirt", "mug", "phone", "bicycle", "watch"])
def test_what_changes_brightly_is_inside_the_object_box(kind):
    # A shadow darkens the ground outside of the box; only the thing itself can brighten it.
    look = Look(kind, "Yellow", "White", "plain", "Norvik")
    for angle in range(3):
        drawing = draw(look, seed=8, angle=angle)
        empty = without_the_thing(look, seed=8, angle=angle)
        brighter = np.asarray(ImageChops.subtract(drawing.image, empty)).max(axis=2) > 12
        left, top, right, bottom = drawing.object_box
        brighter[top:bottom, left:right] = False
        assert not brighter.any()


def test_the_same_seed_draws_the_same_photo():
    assert (
        draw(LOOK, seed=5, angle=1).image.tobytes() == draw(LOOK, seed=5, angle=1).image.tobytes()
    )


@pytest.mark.parametrize("other", [{"seed": 6, "angle": 0}, {"seed": 5, "angle": 1}])
def test_another_seed_or_angle_draws_another_photo(other):
    assert draw(LOOK, seed=5).image.tobytes() != draw(LOOK, **other).image.tobytes()


def test_the_brand_is_inside_the_thing_and_prints_where_its_box_says():
    drawing = draw(LOOK, seed=2)
    blank = draw(Look("mug", "Red", "White", "plain", ""), seed=2)

    assert drawing.brand_box is not None
    difference = ImageChops.difference(drawing.image, blank.image).convert("L")
    changed = difference.point(lambda value: 255 * (value > 10)).getbbox()
    assert changed is not None
    assert all(abs(a - b) <= 8 for a, b in zip(changed, drawing.brand_box, strict=True))


def test_a_look_without_brand_has_no_brand_box():
    assert draw(Look("mug", "Red"), seed=2).brand_box is None


@pytest.mark.parametrize("colour", ["Red", "Blue", "Green", "Yellow", "Black", "White"])
def test_the_colour_that_is_asked_for_is_the_colour_that_shows(colour):
    drawing = draw(Look("cushion", colour), seed=1)
    left, top, right, bottom = drawing.object_box
    middle = (
        *(left + (right - left) // 3, top + (bottom - top) // 3),
        *(right - (right - left) // 3, bottom - (bottom - top) // 3),
    )
    mean = np.asarray(drawing.image.crop(middle), dtype=float).reshape(-1, 3).mean(axis=0)

    nearest = min(
        ("Red", "Blue", "Green", "Yellow", "Black", "White"),
        key=lambda name: float(np.linalg.norm(mean - COLOURS[name])),
    )

    assert nearest == colour


@pytest.mark.parametrize("pattern", ["striped", "checked", "dotted", "floral"])
def test_a_pattern_can_be_seen(pattern):
    plain = draw(Look("t_shirt", "White", "Navy"), seed=4)
    patterned = draw(Look("t_shirt", "White", "Navy", pattern), seed=4)

    assert changed_share(plain.image, patterned.image, plain.object_box) > 0.05


def test_a_homography_takes_corners_to_corners():
    source = polygon([(0, 0), (10, 0), (10, 20), (0, 20)])
    target = polygon([(3, 4), (60, 8), (55, 90), (1, 70)])

    assert np.allclose(project(source, homography(source, target)), target)


def test_a_quarter_turn_is_clockwise():
    assert np.allclose(turned([(1, 0)], 90, about=(0, 0)), [(0, 1)])


def test_an_ellipse_has_its_radii():
    assert np.allclose(np.ptp(ellipse(0, 0, 30, 10), axis=0), (60, 20), atol=0.2)


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        draw(Look("unicorn", "Red"), seed=1)
