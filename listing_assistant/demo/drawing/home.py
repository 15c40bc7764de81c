"""Furniture, light, kitchen and decoration."""

from __future__ import annotations

import math

from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.look import Colour, darker, ink_on, lighter
from listing_assistant.demo.drawing.outlines import (
    box,
    ellipse,
    mirrored,
    moved,
    polygon,
    smooth,
    soft,
    symmetric,
    turned,
)
from listing_assistant.demo.drawing.surfaces import (
    CLOTH,
    CYLINDER,
    FLAT,
    METAL,
    PADDED,
    PLASTIC,
    SPHERE,
    WOOD,
    Finish,
    Surface,
)

GLAZE = Finish(relief=10, depth=0.4, form="cylinder")
OAK = Surface((178, 130, 82))
STEEL: Colour = (188, 192, 198)


def _wood(board: Board) -> tuple[Surface, Finish]:
    """Brown wood is left as it grew, everything else is painted."""
    if board.look.colour == "Brown" and board.look.material in ("Wood", "Oak", "Pine"):
        return OAK, WOOD
    return board.plain, Finish(relief=10, depth=0.7)


def lamp(board: Board) -> None:
    board.part(ellipse(500, 906, 170, 40), board.second, METAL)
    stem = symmetric(
        smooth([(478, 470), (470, 560), (420, 680), (440, 800), (470, 900)], closed=False)
    )
    board.part(stem, board.second, CYLINDER)
    rim = smooth([(770, 480), (500, 512), (230, 480)], closed=False)
    board.part(
        polygon([(370, 110), (630, 110), *rim]),
        board.main,
        Finish(relief=8, depth=0.3, texture="cloth", form="cylinder"),
    )
    board.part(ellipse(500, 110, 130, 16), board.light, FLAT)
    board.glow(ellipse(500, 360, 150, 120), 0.6, 60, (255, 240, 190))
    board.line([(620, 490), (620, 600)], 5, (190, 170, 120))
    board.disc(620, 606, 11, (206, 170, 96), PLASTIC)
    board.glow(ellipse(500, 480, 200, 26), 0.4, 20, (255, 236, 180))


def pendant_lamp(board: Board) -> None:
    board.line([(500, 20), (500, 330)], 10, (40, 40, 44))
    board.part(box(456, 290, 544, 380, 12), (206, 170, 96), CYLINDER)
    dome = symmetric(smooth([(450, 370), (300, 470), (210, 690)], closed=False))
    board.part(dome, board.main, Finish(relief=30, depth=0.6, form="cylinder"))
    board.part(ellipse(500, 690, 290, 54), lighter(board.plain.colour, 0.6), FLAT)
    board.part(ellipse(500, 706, 70, 60), (255, 246, 206), SPHERE)
    board.glow(ellipse(500, 700, 220, 60), 0.7, 26, (255, 242, 190))


def chair(board: Board) -> None:
    surface, finish = _wood(board)
    for x in (300, 664):
        board.part(polygon([(x, 90), (x + 36, 90), (x + 40, 560), (x - 4, 560)]), surface, finish)
    board.part(soft([(290, 84), (710, 84), (704, 190), (296, 190)], 26), surface, finish)
    for x in (376, 446, 516, 586):
        board.part(box(x, 180, x + 28, 540), surface, finish)
    for x, tilt in ((330, 8), (640, -8)):
        board.part(
            polygon([(x, 560), (x + 34, 560), (x + 30 + tilt, 820), (x + 6 + tilt, 820)]),
            Surface(darker(surface.colour, 0.3)),
            finish,
        )
    board.line([(290, 760), (710, 760)], 22, surface, finish)
    for x, tilt in ((240, -26), (716, 26)):
        board.part(
            polygon([(x, 600), (x + 46, 600), (x + 40 + tilt, 950), (x + 8 + tilt, 950)]),
            surface,
            finish,
        )
    board.part(soft([(296, 500), (704, 500), (780, 606), (220, 606)], 26), surface, finish)
    cushion = soft([(310, 492), (690, 492), (744, 580), (256, 580)], 30)
    board.part(cushion, Surface(board.second.colour, board.plain.colour, board.look.pattern), CLOTH)


def armchair(board: Board) -> None:
    for x in (220, 740):
        board.part(polygon([(x, 830), (x + 46, 830), (x + 34, 940), (x + 12, 940)]), OAK, WOOD)
    board.part(
        smooth([(250, 300), (280, 140), (500, 96), (720, 140), (750, 300), (750, 700), (250, 700)]),
        board.main,
        PADDED,
    )
    board.part(box(240, 640, 760, 850, 40), board.main, PADDED)
    board.part(box(262, 540, 738, 700, 50), board.main, PADDED)
    for flip in (False, True):
        arm = smooth(
            [(120, 460), (190, 420), (270, 470), (276, 700), (266, 850), (150, 850), (124, 700)]
        )
        board.part(mirrored(arm) if flip else arm, board.main, PADDED)
    for x in (400, 500, 600):
        board.glow(ellipse(x, 300, 14), 0.5, 8, (0, 0, 0))


def sofa(board: Board) -> None:
    for x in (140, 820):
        board.part(box(x, 740, x + 40, 810, 6), OAK, WOOD)
    board.part(box(110, 300, 890, 640, 60), board.main, PADDED)
    board.part(box(90, 600, 910, 760, 30), board.main, PADDED)
    for x in (160, 504):
        board.part(box(x, 330, x + 336, 560, 44), board.main, PADDED)
        board.part(box(x, 520, x + 336, 650, 36), board.main, PADDED)
    for flip in (False, True):
        arm = box(50, 420, 176, 770, 50)
        board.part(mirrored(arm) if flip else arm, board.main, PADDED)
    board.part(turned(box(210, 380, 360, 530, 30), -12, (285, 455)), board.second, PADDED)


def table(board: Board) -> None:
    surface, finish = _wood(board)
    shaded = Surface(darker(surface.colour, 0.28))
    for x in (262, 700):
        board.part(polygon([(x, 420), (x + 34, 420), (x + 28, 730), (x + 6, 730)]), shaded, finish)
    for x, tilt in ((110, -8), (834, 8)):
        board.part(
            polygon([(x, 500), (x + 56, 500), (x + 44 + tilt, 900), (x + 12 + tilt, 900)]),
            surface,
            finish,
        )
    board.part(polygon([(110, 490), (890, 490), (886, 566), (114, 566)]), shaded, finish)
    board.part(soft([(226, 330), (774, 330), (960, 480), (40, 480)], 14), surface, finish)
    board.part(box(40, 476, 960, 516, 8), surface, finish)
    board.glow(polygon([(300, 350), (460, 350), (330, 460), (140, 460)]), 0.22, 16)


def bookshelf(board: Board) -> None:
    surface, finish = _wood(board)
    board.part(box(230, 50, 770, 950, 6), surface, finish)
    for row in range(4):
        y = 80 + row * 214
        board.part(box(256, y, 744, y + 190), darker(surface.colour, 0.45), FLAT)
        x = 270.0
        for book in range(9 - row):
            wide, tall = 22 + (book * 7 + row * 5) % 20, 110 + (book * 31 + row * 17) % 60
            shade: Colour = (
                90 + (book * 53) % 140,
                70 + (row * 71 + book * 29) % 130,
                80 + (book * 97 + row * 41) % 120,
            )
            board.part(
                box(x, y + 190 - tall, x + wide, y + 190, 2),
                shade,
                Finish(relief=6, depth=0.6, cast=0.2),
            )
            x += wide + 3


def mug(board: Board) -> None:
    board.part(ellipse(730, 540, 150, 170), board.main, Finish(relief=24, depth=1.0))
    board.cut(ellipse(730, 540, 96, 116))
    bottom = smooth([(720, 830), (640, 872), (480, 888), (320, 872), (240, 830)], closed=False)
    board.part(polygon([(220, 250), (740, 250), *bottom]), board.main, GLAZE)
    board.part(ellipse(480, 250, 260, 66), lighter(board.plain.colour, 0.35), METAL)
    board.part(ellipse(480, 256, 232, 52), (92, 56, 34), Finish(relief=14, depth=0.5, cast=0))
    board.glow(box(292, 350, 326, 780, 16), 0.45, 12)
    board.brand((490, 580), 92, width=320)


def teapot(board: Board) -> None:
    spout = smooth(
        [(690, 600), (800, 540), (850, 400), (930, 370), (900, 440), (860, 600), (740, 730)]
    )
    board.part(spout, board.main, Finish(relief=30, depth=0.9))
    board.part(ellipse(210, 560, 150, 160), board.main, Finish(relief=24, depth=1.0))
    board.cut(ellipse(214, 560, 98, 108))
    body = smooth(
        [
            (500, 340),
            (320, 380),
            (230, 540),
            (270, 740),
            (400, 840),
            (600, 840),
            (730, 740),
            (770, 540),
            (680, 380),
        ]
    )
    board.part(body, board.main, Finish(relief=20, depth=0.4, form="sphere"))
    board.part(box(390, 826, 610, 866, 16), board.plain, CYLINDER)
    board.part(ellipse(500, 366, 168, 40), board.dark, PLASTIC)
    board.part(
        smooth([(350, 356), (400, 290), (500, 266), (600, 290), (650, 356), (500, 384)]),
        board.main,
        Finish(relief=40, depth=0.8),
    )
    board.disc(500, 250, 38, board.second, SPHERE)
    board.glow(ellipse(380, 500, 40, 90), 0.4, 24)
    board.brand((510, 640), 50, width=240)


def pan(board: Board) -> None:
    board.part(turned(box(640, 458, 980, 522, 30), 0), (40, 38, 40), Finish(relief=24, depth=1.0))
    board.cut(ellipse(944, 490, 12, 12))
    board.part(ellipse(360, 490, 320), board.plain, Finish(relief=16, depth=1.0))
    board.part(ellipse(360, 490, 284), (58, 58, 62), METAL)
    board.part(ellipse(360, 490, 250), (46, 46, 50), Finish(relief=60, depth=0.5, cast=0))
    board.glow(ellipse(300, 400, 150, 50), 0.22, 40)
    for x in (652, 690):
        board.disc(x, 490, 9, STEEL, PLASTIC)
    board.brand((820, 490), 34, ink=(220, 220, 220), width=160)


def cushion(board: Board) -> None:
    outline = smooth(
        [
            (120, 120),
            (500, 168),
            (880, 120),
            (836, 500),
            (880, 880),
            (500, 832),
            (120, 880),
            (164, 500),
        ],
        steps=14,
    )
    board.part(outline, board.main, Finish(relief=200, depth=0.9, texture="cloth"))
    board.stitches(
        smooth(
            [
                (150, 150),
                (500, 192),
                (850, 150),
                (812, 500),
                (850, 850),
                (500, 808),
                (150, 850),
                (188, 500),
                (150, 150),
            ],
            closed=False,
        ),
        board.dark.colour,
    )
    board.glow(ellipse(500, 500, 16), 0.4, 10, (0, 0, 0))


def vase(board: Board) -> None:
    for x, y, colour in (
        (420, 150, (226, 110, 130)),
        (520, 90, (240, 200, 90)),
        (610, 170, (220, 130, 190)),
    ):
        board.line(
            smooth([(500, 440), ((500 + x) / 2, 300), (x, y)], closed=False), 10, (76, 126, 70)
        )
        for petal in range(6):
            px, py = x + 34 * math.cos(petal * 1.047), y + 34 * math.sin(petal * 1.047)
            board.disc(px, py, 27, colour, PLASTIC)
        board.disc(x, y, 20, (250, 220, 120), PLASTIC)
    half = smooth(
        [(430, 400), (446, 470), (340, 590), (320, 740), (390, 900), (420, 930)], closed=False
    )
    board.part(symmetric(half), board.main, GLAZE)
    board.part(ellipse(500, 402, 72, 18), board.dark, PLASTIC)
    board.glow(ellipse(400, 690, 18, 90), 0.5, 14)


def clock(board: Board) -> None:
    board.part(ellipse(500, 500, 420), board.plain, Finish(relief=34, depth=1.0))
    face = (248, 246, 240)
    board.part(ellipse(500, 500, 360), face, Finish(relief=30, depth=0.3, cast=0))
    for hour in range(1, 13):
        angle = math.radians(hour * 30 - 90)
        place = (500 + 292 * math.cos(angle), 500 + 292 * math.sin(angle))
        board.text(str(hour), place, 72, ink_on(face))
    for degrees, length, width in ((-55, 190, 24), (62, 270, 16)):
        board.part(
            turned(box(500 - width / 2, 500 - length, 500 + width / 2, 540, 7), degrees),
            (40, 40, 44),
            PLASTIC,
        )
    board.part(turned(box(497, 240, 503, 560), 200), board.second.colour, FLAT)
    board.disc(500, 500, 20, board.plain, PLASTIC)
    board.brand((500, 380), 40, on=face, width=180)


def rug(board: Board) -> None:
    for y in range(210, 790, 14):
        board.line([(70, y), (930, y)], 6, (226, 216, 196))
    weave = Finish(relief=6, depth=0.4, texture="fur")
    board.part(box(100, 200, 900, 800), board.main, weave)
    for inset, surface in ((40, board.second), (62, board.dark)):
        board.line(
            [
                (100 + inset, 200 + inset),
                (900 - inset, 200 + inset),
                (900 - inset, 800 - inset),
                (100 + inset, 800 - inset),
                (100 + inset, 200 + inset),
            ],
            14,
            surface,
        )
    for size, surface in ((190, board.second), (130, board.dark), (70, board.second)):
        diamond = polygon(
            [(500 - size * 1.4, 500), (500, 500 - size), (500 + size * 1.4, 500), (500, 500 + size)]
        )
        board.part(diamond, surface, weave)


def blanket(board: Board) -> None:
    for step in range(4):
        fold = box(130, 620 - step * 120, 870, 800 - step * 120, 60)
        board.part(
            moved(fold, step * 6, 0), board.main, Finish(relief=60, depth=0.9, texture="knit")
        )
    for x in range(150, 860, 22):
        board.line([(x, 786), (x - 4, 846)], 9, board.second)


def plant_pot(board: Board) -> None:
    for step in range(9):
        lean = (step - 4) * 24
        leaf = smooth([(500, 560), (478, 380), (500, 150), (522, 380)])
        shade: Colour = (56 + step * 6, 120 + (step * 37) % 50, 66)
        board.part(turned(leaf, lean, (500, 580)), shade, Finish(relief=22, depth=0.9))
    board.part(soft([(310, 590), (690, 590), (640, 920), (360, 920)], 18), board.main, GLAZE)
    board.part(box(290, 550, 710, 620, 14), board.main, GLAZE)


def candle(board: Board) -> None:
    board.part(box(290, 330, 710, 880, 40), lighter(board.plain.colour, 0.25), GLAZE)
    board.part(ellipse(500, 340, 210, 44), (250, 242, 222), PLASTIC)
    board.line([(500, 330), (500, 268)], 8, (50, 44, 40))
    board.part(
        smooth([(500, 110), (464, 210), (480, 270), (520, 270), (536, 210)]), (252, 186, 70), FLAT
    )
    board.glow(ellipse(500, 230, 20, 44), 0.9, 10, (255, 250, 220))
    board.part(box(340, 500, 660, 740, 6), (246, 242, 232), Finish(relief=4, depth=0.2, cast=0.2))
    board.brand((500, 590), 56, on=(246, 242, 232), width=260)
    board.text("scented candle", (500, 670), 34, (110, 100, 92))


def frame(board: Board) -> None:
    surface, finish = _wood(board)
    board.part(
        box(170, 90, 830, 910), surface, Finish(relief=24, depth=1.0, texture=finish.texture)
    )
    board.part(box(226, 146, 774, 854), (248, 246, 240), FLAT)
    board.part(box(300, 230, 700, 770), lighter(board.second.colour, 0.5), FLAT)
    board.part(ellipse(590, 360, 60), lighter(board.second.colour, 0.85), FLAT)
    for peak, share in ((470, 0.0), (560, 0.35)):
        hill = smooth([(300, 640), (peak - 90, peak), (600, 640), (700, peak + 60)], closed=False)
        board.part(
            polygon([*hill, (700, 770), (300, 770)]), darker(board.second.colour, share), FLAT
        )
    board.glow(polygon([(226, 146), (420, 146), (226, 560)]), 0.2, 8)
