"""Phones and what goes with them, computers, cameras, sound and games."""

from __future__ import annotations

import math

from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.look import Colour, darker, lighter
from listing_assistant.demo.drawing.outlines import (
    band,
    box,
    ellipse,
    mirrored,
    moved,
    polygon,
    smooth,
    soft,
    turned,
)
from listing_assistant.demo.drawing.surfaces import (
    CYLINDER,
    FLAT,
    LEATHER,
    METAL,
    PLASTIC,
    Finish,
    Surface,
)

GLASS = Finish(relief=10, depth=0.25, cast=0.15)
SLAB = Finish(relief=14, depth=1.0)
INK: Colour = (28, 29, 33)
STEEL: Colour = (190, 194, 200)
APPS: tuple[Colour, ...] = (
    (236, 92, 84),
    (84, 164, 236),
    (96, 196, 120),
    (244, 190, 72),
    (160, 110, 220),
    (244, 244, 246),
)


def _lens(board: Board, x: float, y: float, radius: float) -> None:
    board.disc(x, y, radius, (58, 60, 66), PLASTIC)
    board.disc(x, y, radius * 0.72, (20, 22, 30), FLAT)
    board.disc(x, y, radius * 0.4, (44, 56, 92), FLAT)
    board.glow(ellipse(x - radius * 0.25, y - radius * 0.28, radius * 0.2), 0.8, 2)


def phone(board: Board) -> None:
    board.part(box(190, 60, 560, 830, 58), board.main, SLAB)
    board.part(box(216, 88, 372, 250, 40), board.light, Finish(relief=10, depth=0.7, cast=0.2))
    for x, y in ((260, 132), (330, 132), (260, 206)):
        _lens(board, x, y, 34)
    board.disc(330, 206, 14, (250, 244, 214))
    board.brand((375, 480), 44, width=200)
    board.part(box(430, 150, 810, 940, 60), darker(STEEL, 0.3), SLAB)
    board.part(box(442, 162, 798, 928, 50), INK, FLAT)
    board.part(box(456, 176, 784, 914, 40), board.second.colour, GLASS)
    wave = smooth([(456, 620), (560, 520), (680, 640), (784, 540)], closed=False)
    board.part(polygon([*wave, (784, 880), (456, 880)]), darker(board.second.colour, 0.4), FLAT)
    board.part(box(570, 192, 670, 216, 12), INK, FLAT)
    board.text("9:41", (620, 320), 92, (255, 255, 255))
    for step in range(8):
        x, y = 500 + (step % 4) * 80, 700 + (step // 4) * 100
        board.part(box(x - 28, y - 28, x + 28, y + 28, 16), APPS[step % len(APPS)], FLAT)
    board.glow(polygon([(456, 176), (640, 176), (456, 560)]), 0.16, 10)


def phone_case(board: Board) -> None:
    board.part(box(270, 60, 730, 940, 84), board.dark, SLAB)
    board.part(box(286, 76, 714, 924, 72), board.main, Finish(relief=30, depth=0.7, cast=0))
    board.part(box(306, 98, 516, 316, 60), board.dark, Finish(relief=10, depth=0.8, cast=0.1))
    board.cut(box(322, 114, 500, 300, 50))
    for y in (330, 420):
        board.part(box(724, y, 742, y + 70, 8), board.dark, PLASTIC)
    board.glow(box(660, 120, 690, 860, 14), 0.25, 12)
    board.brand((500, 640), 52, width=260)


def screen_protector(board: Board) -> None:
    for shift in (0, 60):
        glass = moved(box(260, 60, 640, 850, 56), shift, shift)
        board.part(glass, (196, 214, 222), Finish(relief=12, depth=0.9, cast=0.3))
        board.part(moved(box(270, 70, 630, 840, 50), shift, shift), (218, 232, 238), FLAT)
    board.part(box(470, 140, 550, 168, 14), (150, 166, 176), FLAT)
    for x in (380, 470):
        board.glow(polygon([(x, 900), (x + 40, 900), (x + 240, 130), (x + 200, 130)]), 0.6, 6)
    board.text("9H", (500, 520), 130, (120, 146, 160))
    board.brand((500, 640), 50, ink=(110, 134, 150), width=240)


def charger(board: Board) -> None:
    cable = smooth(
        [
            (500, 520),
            (520, 700),
            (700, 780),
            (800, 640),
            (700, 520),
            (620, 640),
            (700, 860),
            (860, 900),
        ],
        closed=False,
    )
    board.line(cable, 26, board.second, Finish(relief=12, depth=0.9, cast=0.4))
    board.part(turned(box(840, 872, 930, 930, 12), 12, (880, 900)), STEEL, METAL)
    for x in (380, 560):
        board.part(box(x, 90, x + 36, 220, 8), STEEL, METAL)
    board.part(box(300, 200, 680, 540, 60), board.main, Finish(relief=44, depth=0.9))
    board.part(box(452, 508, 544, 532, 10), INK, FLAT)
    board.brand((490, 380), 56, width=260)


def headphones(board: Board) -> None:
    arc = smooth(
        [(210, 640), (190, 400), (300, 190), (500, 120), (700, 190), (810, 400), (790, 640)],
        closed=False,
    )
    board.line(arc, 58, board.main, Finish(relief=26, depth=1.0))
    pad = smooth([(330, 200), (500, 142), (670, 200)], closed=False)
    board.line(moved(pad, 0, 30), 44, board.dark, LEATHER)
    for flip in (False, True):
        arm = box(188, 470, 226, 620, 14)
        cushion = box(236, 540, 352, 860, 56)
        cup = box(140, 550, 272, 850, 64)
        board.part(mirrored(arm) if flip else arm, STEEL, METAL)
        board.part(mirrored(cushion) if flip else cushion, INK, LEATHER)
        board.part(mirrored(cup) if flip else cup, board.main, Finish(relief=50, depth=1.0))
        shine = ellipse(180, 640, 16, 60)
        board.glow(mirrored(shine) if flip else shine, 0.5, 10)
    board.brand((206, 700), 34, width=110, turn=90)


def earbuds(board: Board) -> None:
    for flip in (False, True):
        stem = box(250, 180, 318, 480, 34)
        bud = ellipse(300, 200, 100, 90)
        board.part(mirrored(stem) if flip else stem, board.main, PLASTIC)
        board.part(mirrored(bud) if flip else bud, board.main, Finish(relief=50, depth=0.9))
        tip = ellipse(372, 190, 44, 58)
        board.part(mirrored(tip) if flip else tip, INK, Finish(relief=24, depth=0.9))
    board.part(box(230, 540, 770, 900, 130), board.main, Finish(relief=80, depth=0.9))
    board.line([(234, 668), (766, 668)], 8, board.dark)
    board.disc(500, 720, 12, (110, 220, 130))
    board.brand((500, 800), 54, width=260)


def laptop(board: Board) -> None:
    board.part(box(170, 120, 830, 590, 28), board.main, SLAB)
    board.part(box(186, 136, 814, 574, 14), INK, FLAT)
    screen = lighter(board.second.colour, 0.15)
    board.part(box(204, 156, 796, 556, 4), screen, GLASS)
    hills = smooth([(204, 470), (330, 380), (470, 450), (620, 350), (796, 440)], closed=False)
    board.part(polygon([*hills, (796, 556), (204, 556)]), darker(screen, 0.4), FLAT)
    board.part(box(350, 250, 560, 400, 10), (250, 250, 252), Finish(relief=4, depth=0.2, cast=0.3))
    board.part(box(350, 250, 560, 276, 6), (206, 210, 218), FLAT)
    board.glow(polygon([(204, 156), (430, 156), (250, 556), (204, 556)]), 0.14, 8)
    board.part(soft([(170, 590), (830, 590), (930, 830), (70, 830)], 16), board.main, SLAB)
    for row in range(4):
        y, inset = 616 + row * 34, 40 - row * 14
        for key in range(12):
            x0 = 178 + inset - 20 + key * (644 - 2 * inset + 40) / 12
            board.part(box(x0, y, x0 + 44 + row * 2, y + 26, 5), INK, FLAT)
    board.part(box(400, 758, 600, 818, 10), board.light, Finish(relief=4, depth=0.5, cast=0))
    board.part(box(70, 828, 930, 850, 10), board.dark, PLASTIC)
    board.brand((700, 794), 24, width=120)


def laptop_sleeve(board: Board) -> None:
    board.part(
        box(100, 230, 900, 800, 40), board.main, Finish(relief=60, depth=0.8, texture="cloth")
    )
    board.line([(120, 262), (880, 262)], 20, INK)
    board.stitches([(120, 262), (880, 262)], (176, 178, 184), 8)
    board.part(box(780, 250, 850, 282, 10), STEEL, METAL)
    board.stitches(box(128, 310, 872, 772, 30), board.dark.colour)
    board.part(box(400, 660, 600, 726, 6), board.dark, LEATHER)
    board.brand((500, 692), 40, on=board.dark.colour, width=180)


def tablet(board: Board) -> None:
    board.part(box(200, 70, 800, 930, 46), board.main, SLAB)
    board.part(box(216, 86, 784, 914, 36), INK, FLAT)
    board.part(box(244, 130, 756, 870, 8), board.second.colour, GLASS)
    board.part(ellipse(620, 320, 80), (250, 232, 170), FLAT)
    for peak, share in (((330, 420), 0.3), ((600, 500), 0.5)):
        hill = polygon([(244, 870), (244, 700), peak, (756, 720), (756, 870)])
        board.part(hill, darker(board.second.colour, share), FLAT)
    board.disc(500, 108, 8, (70, 74, 84))
    board.glow(polygon([(244, 130), (520, 130), (244, 700)]), 0.16, 10)
    board.brand((500, 800), 40, ink=(240, 240, 240), width=200)


def camera(board: Board) -> None:
    board.part(soft([(380, 290), (420, 180), (600, 180), (640, 290)], 24), board.plain, PLASTIC)
    board.part(box(190, 226, 330, 300, 16), board.plain, PLASTIC)
    board.part(box(210, 200, 270, 240, 10), STEEL, METAL)
    board.part(ellipse(740, 262, 52, 28), STEEL, METAL)
    board.part(box(120, 270, 880, 760, 50), board.plain, Finish(relief=30, depth=1.0))
    board.part(box(120, 370, 880, 670, 6), INK, LEATHER)
    board.part(box(130, 320, 270, 740, 40), INK, LEATHER)
    board.part(box(450, 206, 570, 262, 8), (226, 232, 240), Finish(relief=6, depth=0.4, cast=0))
    for radius, colour in (
        (222, (44, 45, 50)),
        (190, (70, 72, 78)),
        (160, INK),
        (130, (50, 52, 58)),
    ):
        board.part(ellipse(530, 520, radius), colour, Finish(relief=18, depth=1.0))
    board.part(ellipse(530, 520, 104), (16, 22, 44), Finish(relief=40, depth=1.0, cast=0))
    board.part(ellipse(530, 520, 52), (42, 34, 84), FLAT)
    board.glow(ellipse(490, 474, 32, 24), 0.85, 7)
    board.glow(ellipse(576, 572, 18), 0.4, 6, (140, 220, 240))
    board.brand((500, 326), 38, width=200)
    board.disc(820, 320, 18, (210, 50, 44), PLASTIC)


def lens(board: Board) -> None:
    tube = Finish(relief=8, depth=0.4, form="cylinder")
    board.part(box(300, 190, 700, 400, 20), board.plain, tube)
    board.part(box(270, 380, 730, 640, 20), board.plain, tube)
    for x in range(282, 720, 22):
        board.line([(x, 430), (x, 590)], 10, board.dark)
    board.part(box(300, 630, 700, 820, 16), board.plain, tube)
    board.part(box(300, 700, 700, 722), (206, 168, 84), tube)
    board.part(box(330, 810, 670, 880, 10), STEEL, tube)
    board.part(ellipse(500, 200, 200, 84), INK, METAL)
    board.part(ellipse(500, 204, 156, 62), (24, 30, 70), Finish(relief=30, depth=0.8, cast=0))
    board.glow(ellipse(440, 190, 60, 16), 0.7, 7)
    board.text("50 mm  1:1.8", (500, 666), 34, (236, 236, 230))
    board.brand((500, 774), 44, width=240)


def game_controller(board: Board) -> None:
    half = smooth(
        [
            (500, 330),
            (360, 300),
            (240, 340),
            (160, 520),
            (120, 740),
            (190, 810),
            (280, 740),
            (350, 640),
            (500, 630),
        ],
        closed=False,
    )
    board.part(polygon([*half, *mirrored(half)[::-1]]), board.main, Finish(relief=70, depth=0.9))
    for flip in (False, True):
        trigger = box(240, 286, 370, 324, 16)
        board.part(mirrored(trigger) if flip else trigger, board.dark, PLASTIC)
    for x, y in ((390, 600), (610, 600)):
        board.disc(x, y, 62, board.dark, PLASTIC)
        board.disc(x, y, 44, (54, 56, 62), Finish(relief=22, depth=1.0))
    for outline in (box(266, 420, 304, 530, 8), box(230, 456, 340, 494, 8)):
        board.part(outline, INK, PLASTIC)
    for (dx, dy), colour in zip(((0, -54), (54, 0), (0, 54), (-54, 0)), APPS[:4], strict=True):
        board.disc(716 + dx, 474 + dy, 26, colour, PLASTIC)
    board.part(box(420, 380, 580, 480, 16), board.dark, Finish(relief=6, depth=0.5, cast=0.1))
    board.brand((500, 430), 34, on=board.dark.colour, width=130)


def speaker(board: Board) -> None:
    board.part(box(270, 80, 730, 930, 50), board.main, Finish(relief=34, depth=0.9))
    for y, radius in ((300, 130), (650, 186)):
        board.disc(500, y, radius, STEEL, METAL)
        board.disc(500, y, radius * 0.88, INK, Finish(relief=40, depth=1.0))
        board.disc(500, y, radius * 0.34, (70, 72, 78), Finish(relief=30, depth=1.0))
    board.brand((500, 884), 36, width=200)


def keyboard(board: Board) -> None:
    board.part(box(60, 350, 940, 680, 30), board.main, Finish(relief=16, depth=0.9))
    for row in range(5):
        keys, y = 14 if row < 4 else 8, 376 + row * 58
        step = 840 / keys
        for key in range(keys):
            x = 80 + key * step
            shade = board.second if (row, key) in ((0, 0), (2, 13)) else board.light
            board.part(box(x + 4, y, x + step - 4, y + 50, 9), shade, Finish(relief=10, depth=0.9))
    board.brand((870, 664), 18, width=90)


def mouse(board: Board) -> None:
    body = smooth(
        [
            (500, 120),
            (360, 170),
            (300, 380),
            (300, 640),
            (380, 840),
            (500, 890),
            (620, 840),
            (700, 640),
            (700, 380),
            (640, 170),
        ]
    )
    board.part(body, board.main, Finish(relief=120, depth=0.9))
    board.line([(500, 126), (500, 440)], 7, board.dark)
    board.line(smooth([(302, 430), (500, 460), (698, 430)], closed=False), 7, board.dark)
    board.part(box(474, 230, 526, 350, 26), INK, Finish(relief=20, depth=1.0))
    board.brand((500, 700), 52, width=220)


def router(board: Board) -> None:
    for x in (220, 400, 600, 780):
        board.part(box(x - 16, 140, x + 16, 640, 16), INK, CYLINDER)
    board.part(
        soft([(120, 600), (880, 600), (930, 790), (70, 790)], 40),
        board.main,
        Finish(relief=40, depth=0.9),
    )
    for step in range(6):
        board.disc(330 + step * 60, 742, 9, (110, 230, 130) if step else (90, 170, 250))
    board.brand((500, 676), 54, width=260)


def printer(board: Board) -> None:
    board.part(polygon([(300, 140), (700, 140), (720, 420), (280, 420)]), (250, 250, 250), FLAT)
    board.part(box(140, 340, 860, 780, 40), board.main, Finish(relief=34, depth=0.8))
    board.part(box(140, 340, 860, 420, 30), board.dark, PLASTIC)
    board.part(box(220, 560, 780, 620, 10), INK, FLAT)
    board.part(
        polygon([(270, 590), (730, 590), (780, 850), (220, 850)]),
        (250, 250, 250),
        Finish(relief=6, depth=0.3, cast=0.4),
    )
    for y in (650, 690, 730, 770):
        board.line([(300, y), (640 + (y % 3) * 20, y)], 9, (150, 154, 164))
    board.part(box(640, 440, 800, 520, 8), (40, 70, 110), FLAT)
    board.disc(590, 480, 18, (100, 210, 130))
    board.brand((320, 480), 52, width=240)


def monitor(board: Board) -> None:
    board.part(polygon([(440, 680), (560, 680), (580, 830), (420, 830)]), board.dark, METAL)
    board.part(ellipse(500, 846, 210, 36), board.plain, METAL)
    board.part(box(90, 150, 910, 700, 20), board.plain, SLAB)
    board.part(box(108, 168, 892, 660, 6), board.second.colour, GLASS)
    for step in range(5):
        angle = step * 0.5 + 0.3
        wave = smooth(
            [
                (108, 560 - step * 30),
                (350, 480 + 60 * math.sin(angle)),
                (640, 590 - step * 50),
                (892, 470 + step * 20),
            ],
            closed=False,
        )
        colour = Surface(darker(board.second.colour, 0.12 * step))
        board.part(polygon([*wave, (892, 660), (108, 660)]), colour, FLAT)
    board.glow(polygon([(108, 168), (420, 168), (180, 660), (108, 660)]), 0.13, 10)
    board.brand((500, 680), 26, width=160)


def memory_module(board: Board) -> None:
    board.part(box(60, 370, 940, 640, 6), (30, 92, 62), Finish(relief=6, depth=0.7))
    for step in range(8):
        x = 104 + step * 104 + (16 if step > 3 else 0)
        board.part(box(x, 410, x + 78, 540, 6), INK, PLASTIC)
        board.text("8G", (x + 39, 474), 22, (150, 152, 158))
    for x in range(76, 930, 18):
        if not 520 <= x <= 550:
            board.part(box(x, 590, x + 11, 638), (212, 172, 80), FLAT)
    board.cut(ellipse(540, 640, 14, 22))
    board.part(box(390, 396, 620, 470, 4), (246, 246, 242), FLAT)
    board.brand((505, 432), 42, ink=(40, 44, 60), width=200)


def drive(board: Board) -> None:
    board.part(box(230, 120, 770, 880, 44), board.main, Finish(relief=20, depth=1.0))
    for y in range(180, 420, 40):
        board.line([(290, y), (710, y)], 12, board.dark)
    board.brand((500, 560), 76, width=400)
    board.text("SSD  1 TB", (500, 680), 58, board.light.colour)
    board.part(box(440, 858, 560, 880, 8), INK, FLAT)
    board.disc(700, 820, 12, (90, 200, 250))


def cable(board: Board) -> None:
    coil = [
        (
            500 + (210 + step * 0.35) * math.cos(step / 9),
            470 + (180 + step * 0.3) * math.sin(step / 9),
        )
        for step in range(230)
    ]
    board.line(coil, 24, board.main, Finish(relief=11, depth=1.0, cast=0.5))
    for (x, y), turn in ((coil[0], -90), (coil[-1], 40)):
        plug = box(x - 34, y - 90, x + 34, y + 50, 14)
        board.part(turned(plug, turn, (x, y)), board.plain, Finish(relief=20, depth=0.9))
        tip = turned(box(x - 22, y - 150, x + 22, y - 86, 6), turn, (x, y))
        board.part(tip, STEEL, METAL)
    board.part(band([(300, 300), (420, 420)], 40), INK, PLASTIC)
