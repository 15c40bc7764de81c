"""What people play sport with."""

from __future__ import annotations

import math
from itertools import pairwise

from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.look import Colour, ink_on
from listing_assistant.demo.drawing.outlines import (
    band,
    box,
    ellipse,
    mirrored,
    polygon,
    smooth,
)
from listing_assistant.demo.drawing.surfaces import (
    CLOTH,
    FLAT,
    METAL,
    PLASTIC,
    SPHERE,
    TUBE,
    Finish,
    Surface,
)

STEEL: Colour = (190, 194, 200)
INK: Colour = (32, 32, 36)
RUBBER = Finish(relief=14, depth=1.0)


def football(board: Board) -> None:
    board.disc(500, 500, 400, (246, 246, 242), SPHERE)
    patch = Surface(board.plain.colour if board.look.colour != "White" else INK)
    centre = [
        (500 + 128 * math.sin(k * 1.2566), 500 - 128 * math.cos(k * 1.2566)) for k in range(5)
    ]
    board.part(polygon(centre), patch, FLAT)
    for k in range(5):
        angle = k * 1.2566
        dx, dy = math.sin(angle), -math.cos(angle)
        board.line(
            [(500 + 128 * dx, 500 + 128 * dy), (500 + 236 * dx, 500 + 236 * dy)], 8, (120, 120, 124)
        )
        side = [
            (500 + r * math.sin(angle + t), 500 - r * math.cos(angle + t))
            for r, t in ((240, 0.0), (322, 0.32), (394, 0.2), (394, -0.2), (322, -0.32))
        ]
        board.part(polygon(side), patch, FLAT)
        edge = [
            (500 + r * math.sin(angle + t), 500 - r * math.cos(angle + t))
            for r, t in ((322, 0.32), (300, 0.628), (322, 0.936))
        ]
        board.line(edge, 8, (120, 120, 124))
        outer = [
            (500 + r * math.sin(angle + 0.628), 500 - r * math.cos(angle + 0.628))
            for r in (300, 398)
        ]
        board.line(outer, 8, (120, 120, 124))
    board.glow(ellipse(360, 330, 90, 70), 0.5, 40)
    board.glow(ellipse(640, 700, 200, 160), 0.3, 80, (0, 0, 0))
    board.brand((500, 506), 44, on=patch.colour, width=150)


def basketball(board: Board) -> None:
    colour: Colour = (214, 112, 44) if board.look.colour == "White" else board.plain.colour
    ball = Finish(relief=8, depth=0.2, texture="leather", form="sphere")
    board.disc(500, 500, 400, colour, ball)
    seam = (44, 34, 32)
    board.line([(500, 102), (500, 898)], 12, seam)
    board.line([(102, 500), (898, 500)], 12, seam)
    for flip in (False, True):
        curve = smooth([(250, 190), (360, 340), (390, 500), (360, 660), (250, 810)], closed=False)
        board.line(mirrored(curve) if flip else curve, 12, seam)
    board.brand((640, 420), 52, on=colour, width=180)


def bicycle(board: Board) -> None:
    for x in (230, 770):
        board.part(ellipse(x, 640, 190), INK, RUBBER)
        board.cut(ellipse(x, 640, 166))
        for spoke in range(9):
            angle = spoke * math.pi / 9
            dx, dy = 168 * math.cos(angle), 168 * math.sin(angle)
            board.line([(x - dx, 640 - dy), (x + dx, 640 + dy)], 4, (176, 180, 186))
        board.disc(x, 640, 22, STEEL, METAL)
    tube = Finish(relief=10, depth=1.1)
    for line in (
        [(230, 640), (400, 380), (690, 370), (480, 640), (400, 380)],
        [(230, 640), (480, 640)],
        [(690, 370), (770, 640)],
        [(680, 330), (694, 384)],
        [(480, 640), (384, 320)],
    ):
        for a, b in pairwise(line):
            board.line([a, b], 26, board.plain, tube)
    board.line(
        smooth([(600, 290), (680, 300), (720, 330), (760, 300), (740, 260)], closed=False),
        20,
        INK,
        tube,
    )
    board.part(smooth([(310, 310), (400, 286), (470, 310), (400, 336)]), INK, RUBBER)
    board.disc(480, 640, 56, STEEL, METAL)
    board.disc(480, 640, 34, INK, PLASTIC)
    board.line([(480, 640), (520, 740)], 16, INK, tube)
    board.part(box(480, 730, 570, 752, 8), INK, PLASTIC)
    board.line([(230, 662), (480, 694)], 6, (70, 70, 74))
    board.brand((545, 374), 24, width=190, turn=-2)


def dumbbell(board: Board) -> None:
    board.part(box(300, 464, 700, 536, 20), STEEL, TUBE)
    for x, tall in ((170, 220), (250, 280), (690, 280), (770, 220)):
        board.part(
            box(x, 500 - tall / 1.4, x + 70, 500 + tall / 1.4, 22),
            board.plain,
            Finish(relief=24, depth=1.0, form="tube"),
        )
    for x in range(380, 620, 16):
        board.line([(x, 468), (x, 532)], 4, (140, 144, 150))
    board.text("10 kg", (286, 500), 38, ink_on(board.plain.colour), turn=-90)
    board.brand((724, 500), 38, width=220, turn=90)


def tent(board: Board) -> None:
    for x, end in ((150, 60), (850, 940)):
        board.line([(x, 760), (end, 860)], 6, (220, 214, 200))
    board.part(
        smooth([(100, 820), (240, 470), (500, 260), (760, 470), (900, 820)], closed=False),
        board.main,
        Finish(relief=120, depth=0.7, texture="cloth"),
    )
    board.part(polygon([(500, 300), (380, 820), (640, 820)]), board.second, CLOTH)
    board.part(polygon([(500, 340), (450, 820), (590, 820)]), (46, 42, 44), FLAT)
    board.part(polygon([(500, 330), (590, 820), (650, 820)]), board.dark, CLOTH)
    for flip in (False, True):
        rib = smooth([(104, 820), (250, 470), (500, 262)], closed=False)
        board.line(mirrored(rib) if flip else rib, 12, board.dark, PLASTIC)
    board.brand((270, 690), 42, width=150, turn=-4)


def racket(board: Board) -> None:
    head = ellipse(500, 310, 220, 270)
    board.part(band([*head, head[0]], 36), board.plain, Finish(relief=16, depth=1.1))
    for x in range(310, 700, 32):
        reach = 255 * math.sqrt(max(0.0, 1 - ((x - 500) / 206) ** 2))
        board.line([(x, 310 - reach), (x, 310 + reach)], 4, (236, 234, 222))
    for y in range(70, 560, 32):
        reach = 206 * math.sqrt(max(0.0, 1 - ((y - 310) / 255) ** 2))
        board.line([(500 - reach, y), (500 + reach, y)], 4, (236, 234, 222))
    for flip in (False, True):
        throat = smooth([(410, 552), (470, 640), (486, 700)], closed=False)
        board.line(mirrored(throat) if flip else throat, 26, board.plain, PLASTIC)
    board.part(box(468, 680, 532, 960, 14), INK, Finish(relief=14, depth=0.8, form="cylinder"))
    for y in range(710, 950, 30):
        board.line([(468, y + 16), (532, y)], 6, (80, 80, 84))
    board.brand((500, 310), 80, ink=board.second.colour, width=260)


def skateboard(board: Board) -> None:
    for x in (250, 750):
        board.part(box(x - 60, 560, x + 60, 600, 10), STEEL, METAL)
        for dx in (-66, 66):
            board.disc(x + dx, 630, 52, board.second, RUBBER)
            board.disc(x + dx, 630, 20, STEEL, METAL)
    deck = smooth(
        [
            (40, 450),
            (140, 506),
            (500, 520),
            (860, 506),
            (960, 450),
            (966, 486),
            (860, 566),
            (500, 580),
            (140, 566),
            (34, 486),
        ]
    )
    board.part(deck, board.main, Finish(relief=16, depth=1.0))
    board.brand((500, 550), 44, width=300)
