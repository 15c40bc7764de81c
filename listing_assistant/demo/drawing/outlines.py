"""Outlines as arrays of points (n, 2) on a board of 1000 × 1000 units, y downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
PointList = Sequence[tuple[float, float]]


def polygon(points: PointList | Points) -> Points:
    return np.asarray(points, dtype=np.float64)


def ellipse(
    cx: float, cy: float, rx: float, ry: float | None = None, *, start: float = 0, end: float = 360
) -> Points:
    """Degrees run clockwise from the right, as in Pillow; a part of the circle is a closed sector
    cut off by its chord."""
    angles = np.radians(np.linspace(start, end, 72))
    return np.column_stack((cx + rx * np.cos(angles), cy + (ry or rx) * np.sin(angles)))


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0) -> Points:
    return soft([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], radius)


def soft(points: PointList | Points, radius: float = 20) -> Points:
    """A polygon whose corners are rounded by a curve that starts `radius` before each."""
    corners = polygon(points)
    if radius <= 0:
        return corners
    before, after = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
    steps = np.linspace(0, 1, 9)[:, None]
    pieces = []
    for a, corner, b in zip(before, corners, after, strict=True):
        start = corner + _limited(a - corner, radius)
        end = corner + _limited(b - corner, radius)
        pieces.append((1 - steps) ** 2 * start + 2 * steps * (1 - steps) * corner + steps**2 * end)
    return np.concatenate(pieces)


def _limited(vector: Points, length: float) -> Points:
    size = float(np.hypot(*vector))
    return vector * (min(length, size / 2) / size) if size else vector


def smooth(points: PointList | Points, *, closed: bool = True, steps: int = 10) -> Points:
    """A Catmull-Rom curve through the points."""
    p = polygon(points)
    ring = np.vstack((p[-1], p, p[0], p[1])) if closed else np.vstack((p[0], p, p[-1]))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    curves = []
    for a, b, c, d in zip(ring[:-3], ring[1:-2], ring[2:-1], ring[3:], strict=True):
        straight, bend, twist = c - a, 2 * a - 5 * b + 4 * c - d, 3 * (b - c) + d - a
        curves.append(b + 0.5 * t * (straight + t * (bend + t * twist)))
    return np.concatenate(curves if closed else [*curves, p[-1:]])


def symmetric(left: PointList | Points, axis: float = 500) -> Points:
    """The left half of an outline, top to bottom, completed by its mirror image."""
    half = polygon(left)
    return np.concatenate((half, mirrored(half, axis)[::-1]))


def mirrored(points: PointList | Points, axis: float = 500) -> Points:
    return polygon(points) * (-1, 1) + (2 * axis, 0)


def moved(points: PointList | Points, dx: float, dy: float) -> Points:
    shifted: Points = np.add(polygon(points), (dx, dy))
    return shifted


def turned(
    points: PointList | Points, degrees: float, about: tuple[float, float] = (500, 500)
) -> Points:
    """Clockwise, since y runs downwards."""
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    result: Points = np.add((polygon(points) - about) @ matrix, about)
    return result


def band(points: PointList | Points, width: float | Sequence[float]) -> Points:
    """A thick line along the points; `width` may be given at every point."""
    p = polygon(points)
    direction = np.gradient(p, axis=0)
    length = np.maximum(np.hypot(direction[:, 0], direction[:, 1]), 1e-9)
    normal = np.column_stack((-direction[:, 1], direction[:, 0])) / length[:, None]
    half = np.broadcast_to(np.asarray(width, dtype=np.float64) / 2, len(p))[:, None]
    return np.concatenate((p + normal * half, (p - normal * half)[::-1]))
