"""Shoes, bags, and what is worn on wrist, nose and neck."""

from __future__ import annotations

import math

from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.look import darker, ink_on, lighter
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
    CLOTH,
    FLAT,
    LEATHER,
    METAL,
    PLASTIC,
    Finish,
    Surface,
)

SOLE = Finish(relief=16, depth=0.8, cast=0.2)
STEEL = (196, 200, 206)
BRASS = (206, 170, 96)


def sneaker(board: Board) -> None:
    sole = smooth(
        [
            (70, 690),
            (84, 640),
            (300, 650),
            (620, 664),
            (900, 640),
            (940, 690),
            (900, 748),
            (500, 760),
            (110, 752),
        ]
    )
    upper = smooth(
        [
            (90, 668),
            (84, 560),
            (104, 400),
            (150, 356),
            (250, 392),
            (330, 372),
            (400, 396),
            (520, 520),
            (700, 572),
            (860, 604),
            (926, 668),
            (600, 690),
            (300, 690),
        ]
    )
    board.part(ellipse(240, 400, 130, 44), board.dark, FLAT)
    board.part(upper, board.main, LEATHER)
    board.part(
        smooth([(760, 590), (870, 606), (930, 672), (720, 690), (716, 634)]), board.second, SOLE
    )
    board.part(
        smooth([(88, 560), (100, 420), (160, 470), (170, 600), (140, 680), (92, 670)]),
        board.second,
        SOLE,
    )
    board.part(
        smooth([(330, 380), (404, 400), (530, 524), (660, 566), (600, 596), (470, 560)]),
        board.dark,
        SOLE,
    )
    for step in range(5):
        x, y = 366 + step * 56, 410 + step * 34
        board.line([(x - 34, y + 44), (x + 34, y - 6)], 19, (246, 245, 240), PLASTIC)
    stripe = smooth([(236, 640), (330, 560), (470, 596), (640, 600), (430, 640), (330, 620)])
    board.part(stripe, board.second, SOLE)
    board.part(sole, (244, 243, 238), SOLE)
    board.line(smooth([(92, 706), (500, 716), (920, 700)], closed=False), 9, board.second)
    board.part(box(84, 744, 916, 764, 10), (60, 58, 60), SOLE)
    board.brand((228, 520), 32, width=120, turn=-4)


def boot(board: Board) -> None:
    outline = smooth(
        [
            (250, 130),
            (236, 320),
            (226, 520),
            (214, 780),
            (420, 800),
            (640, 800),
            (860, 790),
            (868, 700),
            (780, 620),
            (620, 570),
            (560, 470),
            (556, 300),
            (566, 130),
            (410, 110),
        ]
    )
    board.part(outline, board.main, LEATHER)
    board.part(ellipse(408, 128, 158, 34), board.dark, FLAT)
    board.part(
        smooth([(700, 600), (820, 650), (872, 730), (850, 796), (660, 800), (660, 690)]),
        board.dark,
        LEATHER,
    )
    board.part(
        soft([(214, 780), (880, 780), (888, 846), (520, 842), (500, 860), (210, 872)], 12),
        (54, 42, 38),
        SOLE,
    )
    board.part(box(210, 836, 420, 894, 8), (44, 34, 32), SOLE)
    board.part(
        smooth([(470, 190), (560, 190), (566, 480), (640, 570), (560, 590), (470, 470)]),
        board.dark,
        LEATHER,
    )
    for step in range(7):
        y = 224 + step * 46
        x = 512 + max(0, step - 4) * 24
        board.line([(x - 50, y), (x + 50, y + 16)], 14, (232, 214, 170), PLASTIC)
        board.disc(x - 50, y, 9, BRASS, PLASTIC)
    board.stitches(
        smooth([(250, 560), (420, 600), (640, 690)], closed=False), lighter(board.main.colour, 0.4)
    )
    board.brand((350, 320), 40, width=170)


def heels(board: Board) -> None:
    for shift, shade in ((-60, board.dark), (0, board.plain)):
        body = smooth(
            [
                (120, 470),
                (150, 380),
                (240, 372),
                (330, 470),
                (500, 640),
                (680, 690),
                (820, 690),
                (900, 740),
                (840, 778),
                (640, 786),
                (500, 740),
                (380, 600),
                (250, 520),
                (150, 520),
            ]
        )
        heel = soft([(130, 480), (232, 520), (196, 660), (186, 790), (150, 790), (146, 640)], 14)
        shine = Finish(relief=24, depth=1.0)
        board.part(moved(heel, -shift / 2 + 30, shift), board.dark, shine)
        board.part(moved(body, -shift / 2 + 30, shift), shade, shine)
        inner = smooth(
            [
                (170, 400),
                (240, 390),
                (330, 490),
                (490, 660),
                (640, 716),
                (500, 690),
                (380, 580),
                (240, 470),
            ]
        )
        board.part(moved(inner, -shift / 2 + 30, shift), (226, 200, 170), Finish(relief=12, cast=0))
        tip = band(smooth([(660, 716), (800, 712), (878, 740)], closed=False), 14)
        board.glow(moved(tip, -shift / 2 + 30, shift), 0.6, 8)
    board.brand((336, 494), 18, ink=(120, 84, 60), width=90, turn=46)


def handbag(board: Board) -> None:
    handle = smooth(
        [(330, 430), (340, 220), (420, 110), (580, 110), (660, 220), (670, 430)], closed=False
    )
    board.line(moved(handle, 0, 26), 26, board.dark, LEATHER)
    board.line(handle, 32, board.plain, LEATHER)
    board.part(soft([(230, 400), (770, 400), (860, 880), (140, 880)], 60), board.main, LEATHER)
    flap = soft([(224, 392), (776, 392), (800, 560), (500, 672), (200, 560)], 50)
    board.part(flap, board.main, LEATHER)
    board.stitches(
        soft([(240, 408), (760, 408), (782, 552), (500, 654), (218, 552)], 40),
        lighter(board.main.colour, 0.4),
    )
    for x in (330, 670):
        board.part(ellipse(x, 430, 28), BRASS, METAL)
        board.disc(x, 430, 13, board.dark)
    board.part(box(450, 610, 550, 706, 18), BRASS, METAL)
    board.disc(500, 660, 18, darker(BRASS, 0.3), PLASTIC)
    board.brand((500, 500), 52, width=300)


def tote(board: Board) -> None:
    for y in (0, 34):
        strap = smooth(
            [(340, 400), (350, 200), (420, 90 + y), (580, 90 + y), (650, 200), (660, 400)],
            closed=False,
        )
        board.line(strap, 34, board.dark if y == 0 else board.second, CLOTH)
    board.part(soft([(210, 360), (790, 360), (830, 900), (170, 900)], 16), board.main, CLOTH)
    board.stitches([(218, 392), (782, 392)], board.dark.colour)
    board.brand((500, 620), 110, width=480)


def backpack(board: Board) -> None:
    handle = smooth([(430, 130), (440, 60), (560, 60), (570, 130)], closed=False)
    board.line(handle, 28, board.dark, LEATHER)
    for flip in (False, True):
        strap = smooth([(300, 330), (190, 480), (196, 720), (280, 850)], closed=False)
        board.line(mirrored(strap) if flip else strap, 52, board.dark, CLOTH)
    shape = smooth(
        [
            (500, 106),
            (340, 130),
            (266, 260),
            (246, 560),
            (262, 850),
            (350, 908),
            (650, 908),
            (738, 850),
            (754, 560),
            (734, 260),
            (660, 130),
        ]
    )
    board.part(shape, board.main, CLOTH)
    zipper = smooth(
        [(290, 470), (300, 280), (400, 190), (600, 190), (700, 280), (710, 470)], closed=False
    )
    board.line(zipper, 18, (40, 40, 44))
    board.stitches(zipper, (170, 172, 178), 8)
    board.part(box(310, 540, 690, 860, 60), board.main, CLOTH)
    board.line([(330, 600), (670, 600)], 18, (40, 40, 44))
    board.stitches([(330, 600), (670, 600)], (170, 172, 178), 8)
    board.part(box(640, 590, 662, 656, 8), (190, 192, 196), PLASTIC)
    board.part(box(410, 350, 590, 430, 12), board.second, PLASTIC)
    board.brand((500, 390), 44, on=board.second.colour, width=160)


def suitcase(board: Board) -> None:
    for x in (420, 580):
        board.line([(x, 60), (x, 240)], 18, STEEL, METAL)
    board.part(box(400, 40, 600, 84, 20), (50, 50, 54), PLASTIC)
    for x in (330, 670):
        board.part(ellipse(x, 918, 40), (44, 44, 48), PLASTIC)
    board.part(box(240, 200, 760, 910, 64), board.main, Finish(relief=40, depth=0.9))
    for x in range(310, 700, 76):
        board.part(box(x, 250, x + 34, 860, 17), board.main, Finish(relief=14, depth=0.8, cast=0.2))
    for corner in ((262, 222), (738, 222), (262, 888), (738, 888)):
        board.disc(*corner, 20, board.dark, PLASTIC)
    board.part(box(400, 262, 600, 330, 10), STEEL, METAL)
    board.brand((500, 296), 44, ink=(50, 52, 58), width=180)


def watch(board: Board) -> None:
    for flip in (False, True):
        strap = polygon([(408, 360), (420, 240), (432, 40), (568, 40), (580, 240), (592, 360)])
        lower = strap * (1, -1) + (0, 1000)
        board.part(soft(lower if flip else strap, 20), board.main, LEATHER)
    for x in (440, 560):
        board.stitches([(x, 60), (x - (500 - x) // 8, 300)], lighter(board.main.colour, 0.5))
        board.stitches([(x, 940), (x - (500 - x) // 8, 700)], lighter(board.main.colour, 0.5))
    for y in (790, 840, 890):
        board.disc(500, y, 10, board.dark)
    board.part(box(720, 474, 770, 526, 10), STEEL, METAL)
    metal = BRASS if board.look.material == "Gold" else STEEL
    board.part(ellipse(500, 500, 242), metal, Finish(relief=34, depth=1.0, texture="brushed"))
    board.part(ellipse(500, 500, 204), darker(metal, 0.45), FLAT)
    face = board.second.colour
    board.part(ellipse(500, 500, 196), face, Finish(relief=30, depth=0.25, cast=0))
    ink = ink_on(face)
    for hour in range(12):
        mark = box(494, 322, 506, 322 + (44 if hour % 3 == 0 else 24))
        board.part(turned(mark, hour * 30), ink, FLAT)
    board.brand((500, 410), 36, on=face, width=150)
    for degrees, length, width in ((-58, 104, 18), (52, 150, 12)):
        board.part(
            turned(box(500 - width / 2, 500 - length, 500 + width / 2, 520, 5), degrees), ink
        )
    board.part(turned(box(497, 350, 503, 540), 170), (198, 44, 44), FLAT)
    board.disc(500, 500, 14, metal, PLASTIC)
    board.glow(ellipse(440, 420, 90, 60), 0.22, 30)


def sunglasses(board: Board) -> None:
    frame = Finish(relief=14, depth=1.0)
    for flip in (False, True):
        temple = smooth([(110, 420), (180, 330), (330, 262), (420, 250)], closed=False)
        board.line(mirrored(temple) if flip else temple, 30, board.dark, frame)
    for flip in (False, True):
        rim = smooth(
            [
                (96, 410),
                (270, 390),
                (440, 420),
                (462, 500),
                (420, 620),
                (290, 672),
                (160, 630),
                (104, 520),
            ]
        )
        glass = smooth(
            [
                (134, 440),
                (270, 424),
                (412, 446),
                (428, 504),
                (394, 594),
                (288, 636),
                (184, 604),
                (138, 516),
            ]
        )
        board.part(mirrored(rim) if flip else rim, board.main, frame)
        lens = Surface(darker(board.second.colour, 0.72))
        board.part(mirrored(glass) if flip else glass, lens, Finish(relief=20, depth=0.4, cast=0))
        shine = polygon([(190, 590), (290, 430), (350, 430), (250, 620)])
        board.glow(moved(shine, 396, 0) if flip else shine, 0.32, 9)
    bridge = smooth([(436, 440), (500, 412), (564, 440)], closed=False)
    board.line(bridge, 34, board.main, frame)
    board.brand((816, 420), 18, width=90, turn=6)


def necklace(board: Board) -> None:
    metal = BRASS if board.look.colour == "Gold" else STEEL
    for step in range(-46, 47):
        share = step / 46
        x = 500 + 330 * math.sin(share * 1.62)
        y = 640 - 520 * (1 - math.cos(share * 1.62)) * 0.98
        board.part(ellipse(x, y, 13, 11), metal, PLASTIC)
    stone = board.second.colour if board.second.colour != (240, 239, 235) else (90, 150, 210)
    board.part(ellipse(500, 668, 22), metal, METAL)
    drop = smooth([(500, 690), (420, 800), (440, 890), (500, 920), (560, 890), (580, 800)])
    board.part(drop, metal, Finish(relief=18, depth=1.0))
    gem = smooth([(500, 726), (444, 806), (458, 872), (500, 896), (542, 872), (556, 806)])
    board.part(gem, stone, Finish(relief=40, depth=1.0))
    board.glow(ellipse(478, 810, 18, 30), 0.7, 8)


def ring(board: Board) -> None:
    metal = BRASS if board.look.colour == "Gold" else STEEL
    board.part(ellipse(500, 600, 300, 300), metal, Finish(relief=40, depth=1.2))
    board.cut(ellipse(500, 604, 232, 232))
    board.glow(ellipse(340, 460, 40, 60), 0.7, 16)
    stone = board.second.colour
    gem = polygon([(380, 190), (440, 120), (560, 120), (620, 190), (500, 330)])
    board.part(box(420, 250, 580, 330, 20), metal, METAL)
    board.part(gem, stone, Finish(relief=16, depth=0.8))
    facets = (
        [(380, 190), (460, 190), (500, 330)],
        [(460, 190), (540, 190), (500, 330)],
        [(440, 120), (560, 120), (540, 190), (460, 190)],
    )
    for facet, share in zip(facets, (0.12, 0.5, 0.7), strict=True):
        board.part(polygon(facet), lighter(stone, share), FLAT)


def belt(board: Board) -> None:
    coil = [
        (
            500 + (250 + step * 1.1) * math.cos(step / 19),
            520 + (180 + step * 0.9) * math.sin(step / 19),
        )
        for step in range(140)
    ]
    board.line(coil, 62, board.main, Finish(relief=26, depth=0.9, texture="leather", cast=0.5))
    x, y = coil[-1]
    board.part(box(x - 70, y - 70, x + 70, y + 70, 20), BRASS, METAL)
    board.cut(box(x - 40, y - 40, x + 40, y + 40, 8))
    board.part(box(x - 60, y - 8, x + 20, y + 8, 4), lighter(BRASS, 0.3), METAL)


def perfume(board: Board) -> None:
    board.part(
        box(410, 90, 590, 290, 18),
        BRASS if board.look.material == "Gold" else (40, 40, 46),
        Finish(relief=12, form="cylinder"),
    )
    board.part(box(450, 280, 550, 340), STEEL, Finish(relief=8, form="cylinder"))
    board.part(
        box(260, 330, 740, 900, 50), lighter(board.main.colour, 0.55), Finish(relief=50, depth=0.6)
    )
    board.part(box(300, 420, 700, 862, 30), board.main.colour, Finish(relief=50, depth=0.7, cast=0))
    board.glow(box(318, 430, 360, 850, 18), 0.5, 10)
    board.part(box(360, 560, 640, 740, 6), (246, 242, 234), Finish(relief=4, depth=0.2, cast=0.2))
    board.brand((500, 630), 54, on=(246, 242, 234), width=240)
    board.text("eau de parfum", (500, 690), 26, (90, 86, 84), width=220)
