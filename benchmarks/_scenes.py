"""Drawn photos in which it is known where the thing lies, with titles that are wrong in one word.

The demo marketplace's own drawings have their thing large and in the middle, where any guess hits.
So the same things are also drawn small and anywhere, beside a smaller one, and beside another of
their own size.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL import Image

from listing_assistant.demo.drawing import COLOURS, DRAWERS, Look, draw
from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.scene import (
    Scene,
    backdrop,
    choose_scene,
    develop,
    place_thing,
)
from listing_assistant.demo.recipes import RECIPES, Recipe

Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the photo
LAYOUTS = ("as drawn", "small", "with a smaller thing", "with one of its size")
SMALL, SMALLER, SAME = (0.3, 0.45), (0.18, 0.26), (0.3, 0.42)
# Colours a glance confuses are no contradiction.
LEAST_DISTANCE = 150.0
TRIES = 100


@dataclass(frozen=True)
class WrongPair:
    """A photo, where its thing lies, and a title of which `title[start:end]` is wrong.

    `wrong` is "kind" or "colour". Beside another thing, the title is about the first one.
    """

    photo: Image.Image
    box: Box
    title: str
    start: int
    end: int
    layout: str
    wrong: str


def wrong_pairs(count: int, seeds: str) -> Iterator[WrongPair]:
    """The layouts and kinds of error by turns; other `seeds` draw other things and places."""
    for number in range(count):
        rng = random.Random(f"{seeds} {number}")
        layout = LAYOUTS[number % len(LAYOUTS)]
        wrong = ("kind", "colour")[number // len(LAYOUTS) % 2]
        # Of two things of one size only the title's own words say which it is about.
        wrong = "colour" if layout == LAYOUTS[3] else wrong
        # Patterned kinds are those whose colour is their surface.
        recipe = rng.choice([one for one in RECIPES if one.patterned or wrong == "kind"])
        other = rng.choice([one for one in RECIPES if one.kind != recipe.kind])
        look = Look(recipe.kind, rng.choice(recipe.colours))
        beside = Look(other.kind, rng.choice(other.colours))
        photo, box = _photo(look, beside, layout, rng)
        yield WrongPair(
            photo, box, *_title(recipe, look, wrong, other.kind, rng), layout=layout, wrong=wrong
        )


def _title(
    recipe: Recipe, look: Look, wrong: str, not_this: str, rng: random.Random
) -> tuple[str, int, int]:
    """A title with one word or phrase swapped, and where that is."""
    colour, name = look.colour, rng.choice(recipe.names)
    if wrong == "colour":
        colour = swapped = rng.choice([one for one in COLOURS if _far(one, look.colour)])
    else:
        kinds = [one for one in RECIPES if one.kind not in (recipe.kind, not_this)]
        name = swapped = rng.choice(rng.choice(kinds).names)
    brand = rng.choice(recipe.brands) if recipe.brands else "Unbranded"
    title = rng.choice(("{colour} {name}", "{brand} {name}, {colour}", "{brand} {colour} {name}"))
    title = title.format(colour=colour, name=name, brand=brand)
    start = title.index(swapped)
    return title, start, start + len(swapped)


def _far(first: str, second: str) -> bool:
    squares = [(a - b) ** 2 for a, b in zip(COLOURS[first], COLOURS[second], strict=True)]
    return sum(squares) > LEAST_DISTANCE**2


def _photo(look: Look, beside: Look, layout: str, rng: random.Random) -> tuple[Image.Image, Box]:
    seed = rng.randrange(1_000_000)
    if layout == LAYOUTS[0]:
        drawing = draw(look, seed=seed)
        return drawing.image, _shares(drawing.object_box, drawing.image)
    scene = choose_scene(seed=seed, angle=0, standing=False)
    size = SAME if layout == LAYOUTS[3] else SMALL
    second = {LAYOUTS[2]: SMALLER, LAYOUTS[3]: SAME}.get(layout)
    for _ in range(TRIES):
        thing = _cut_out(look, _somewhere(scene, size, rng))
        other = _cut_out(beside, _somewhere(scene, second, rng)) if second else None
        if other is None or not _overlap(thing.getbbox(), other.getbbox()):
            break
    photo = backdrop(scene, thing)
    if other is not None:
        photo.paste(other, mask=other)
    photo.paste(thing, mask=thing)
    # Where light is nearly gone the eye sees background.
    solid = thing.getchannel("A").point(lambda alpha: 255 * (alpha > 8))
    return develop(photo, scene), _shares(solid.getbbox() or (0, 0, 1, 1), photo)


def _somewhere(scene: Scene, sizes: tuple[float, float], rng: random.Random) -> Scene:
    """The scene with a thing of such a size anywhere within the photo."""
    size = rng.uniform(*sizes)
    margin = size / 2 + 0.02
    place = (rng.uniform(margin, 1 - margin), rng.uniform(margin, 1 - margin))
    return replace(scene, size=size, place=place)


def _cut_out(look: Look, scene: Scene) -> Image.Image:
    board = Board(look)
    DRAWERS[look.kind](board)
    seen, _ = place_thing(board.image.crop(board.image.getbbox()).reduce(2), scene)
    return seen


def _overlap(first: tuple[int, ...] | None, second: tuple[int, ...] | None) -> bool:
    if first is None or second is None:
        return False
    apart_across = first[2] < second[0] or second[2] < first[0]
    return not (apart_across or first[3] < second[1] or second[3] < first[1])


def _shares(box: tuple[int, int, int, int], photo: Image.Image) -> Box:
    left, top, right, bottom = box
    return left / photo.width, top / photo.height, right / photo.width, bottom / photo.height
