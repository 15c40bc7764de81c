"""From a drawn thing to its photo: place, camera angle, shadow, light, noise."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from listing_assistant.demo.drawing.backgrounds import (
    LYING,
    PHOTO_SIDE,
    STANDING,
    VARIANTS,
    background,
)
from listing_assistant.demo.drawing.outlines import Points, polygon
from listing_assistant.demo.drawing.surfaces import Field, noise

SHADOW_SIDE = 160  # shadows are soft: they are blurred small
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Scene:
    """How one photo is taken. Turns are in degrees; sizes and places are shares of the photo."""

    standing: bool
    ground: int
    variant: int
    roll: float
    yaw: float
    pitch: float
    size: float
    place: tuple[float, float]
    exposure: float
    warmth: float
    light_from: float
    noise_seed: int


def choose_scene(*, seed: int, angle: int, standing: bool) -> Scene:
    """`seed` fixes the room and the light, `angle` the camera: photos of one listing share a seed.

    Angle 0 looks straight at the thing; every further angle looks from another side.
    """
    room, camera = random.Random(f"room {seed}"), random.Random(f"camera {seed} {angle}")
    grounds = STANDING if standing else LYING
    wild = 1.0 if angle else 0.35
    side = -1 if angle % 2 else 1
    roll = camera.uniform(-3, 3) if standing else camera.uniform(-16, 16)
    # Every second further photo of a listing is taken somewhere else in the home.
    ground = room.randrange(len(grounds)) + (angle // 2) * (1 + room.randrange(2))
    return Scene(
        standing=standing,
        ground=ground % len(grounds),
        variant=room.randrange(VARIANTS),
        roll=roll * (1 if angle else 0.5),
        yaw=side * wild * camera.uniform(14, 30),
        pitch=wild * camera.uniform(-6, 8) if standing else wild * camera.uniform(4, 20),
        size=camera.uniform(0.7, 0.84),
        place=(0.5 + camera.uniform(-0.04, 0.04), 0.5 + camera.uniform(-0.03, 0.03)),
        exposure=room.uniform(0.86, 1.08) * camera.uniform(0.97, 1.03),
        warmth=room.uniform(-0.05, 0.06),
        light_from=room.uniform(-0.9, 0.9),
        noise_seed=camera.randrange(1 << 30),
    )


def place_thing(cutout: Image.Image, scene: Scene) -> tuple[Image.Image, Field]:
    """The cut-out as the camera sees it, on a transparent photo, and the 3 × 3 homography that
    takes the cut-out's pixels there."""
    corners = _corners_in_photo(cutout.width, cutout.height, scene)
    width, height = cutout.size
    source = polygon([(0, 0), (width, 0), (width, height), (0, height)])
    # Only the part of the photo that the thing covers is computed.
    left, top = np.floor(corners.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    inverse = homography(corners - (left, top), source)
    covered = cutout.transform(
        (int(right - left), int(bottom - top)),
        Image.Transform.PERSPECTIVE,
        tuple(inverse.flatten()[:8]),
        Image.Resampling.BILINEAR,
    )
    seen = Image.new("RGBA", (PHOTO_SIDE, PHOTO_SIDE), (0, 0, 0, 0))
    seen.paste(covered, (int(left), int(top)))
    return seen, homography(source, corners)


def _corners_in_photo(width: int, height: int, scene: Scene) -> Points:
    scale = scene.size * PHOTO_SIDE / max(width, height)
    x, y = width * scale / 2, height * scale / 2
    corners = np.array([(-x, -y, 0.0), (x, -y, 0), (x, y, 0), (-x, y, 0)])
    turned = corners @ _rotation(scene).T
    distance = 2.6 * PHOTO_SIDE
    seen = turned[:, :2] * (distance / (distance + turned[:, 2:]))
    # Perspective enlarges the near side: bring the whole back to the size asked for.
    reach = np.ptp(seen, axis=0).max() / (scene.size * PHOTO_SIDE)
    seen /= max(reach, 1.0)
    centre = np.array(scene.place) * PHOTO_SIDE
    if scene.standing:
        centre[1] = 0.89 * PHOTO_SIDE - seen[:, 1].max()
    points: Points = seen - (seen.max(axis=0) + seen.min(axis=0)) / 2 * (1, 0) + centre
    return points


def _rotation(scene: Scene) -> Field:
    a, b, c = (math.radians(turn) for turn in (scene.pitch, scene.yaw, scene.roll))
    around_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    around_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    around_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    product: Field = around_x @ around_y @ around_z
    return product


def homography(source: Points, target: Points) -> Field:
    """The 3 × 3 matrix that takes four points to four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solution = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(values))
    return np.append(solution, 1.0).reshape(3, 3)


def project(points: Points, matrix: Field) -> Points:
    raised = np.column_stack((points, np.ones(len(points)))) @ matrix.T
    flat: Points = raised[:, :2] / raised[:, 2:]
    return flat


def backdrop(scene: Scene, seen: Image.Image) -> Image.Image:
    """The ground with the thing's shadow on it, without the thing."""
    ground = background(standing=scene.standing, name=scene.ground, variant=scene.variant).copy()
    alpha = seen.getchannel("A").resize((SHADOW_SIDE, SHADOW_SIDE), Image.Resampling.BOX)
    foot = _standing_shadow(alpha) if scene.standing else alpha
    shadow = Image.new("L", alpha.size)
    for darkness, blur, reach in ((0.34, 7.0, 5.0), (0.5, 2.2, 1.6)):
        shift = (round(-scene.light_from * reach), 0 if scene.standing else round(reach))
        layer = ImageChops.offset(foot.filter(ImageFilter.GaussianBlur(blur)), *shift)
        shadow = ImageChops.screen(shadow, layer.point([round(a * darkness) for a in range(256)]))
    ground.paste((24, 20, 22), mask=shadow.resize(ground.size, Image.Resampling.BILINEAR))
    return ground


def _standing_shadow(alpha: Image.Image) -> Image.Image:
    """What stands shades the floor just around its foot."""
    bounds = alpha.getbbox()
    shadow = Image.new("L", alpha.size)
    if bounds is None:
        return shadow
    left, top, right, bottom = bounds
    foot = max(4, (bottom - top) // 14)
    lowest = alpha.crop((left, bottom - max(3, (bottom - top) // 6), right, bottom))
    shadow.paste(lowest.resize((right - left, 2 * foot)), (left, bottom - round(foot * 1.5)))
    return shadow


def develop(photo: Image.Image, scene: Scene) -> Image.Image:
    """Light from one side, darker corners, warmth and noise of a sensor."""
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    light = scene.exposure * (1 + 0.1 * scene.light_from * x - 0.05 * y) - 0.07 * (x**2 + y**2)
    tint = np.array([1 + scene.warmth, 1.0, 1 - scene.warmth])
    gain = np.clip(light[..., None] * tint * 212, 0, 255).astype(np.uint8)
    gains = Image.fromarray(gain).resize(photo.size, Image.Resampling.BILINEAR)
    # A gain of 212 leaves a pixel as it is: `scale` undoes it, so that light can also brighten.
    lit = ImageChops.multiply(photo, gains)
    lit = lit.point([min(255, round(value * 255 / 212)) for value in range(256)] * 3)
    grain = _grain(scene.noise_seed % 7)
    shift = scene.noise_seed % PHOTO_SIDE
    return ImageChops.add(lit, ImageChops.offset(grain, shift, shift // 2), offset=-128)


_GRAINS: dict[int, Image.Image] = {}


def _grain(number: int) -> Image.Image:
    if number not in _GRAINS:
        shape = (PHOTO_SIDE, PHOTO_SIDE)
        values = 128 + noise(shape, number, (1, 1)) * (1.5 + number / 3)
        single = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
        _GRAINS[number] = Image.merge("RGB", (single,) * 3)
    return _GRAINS[number]
