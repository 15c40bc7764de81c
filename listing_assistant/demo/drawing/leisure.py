"""Music, books, toys and things for babies."""

from __future__ import annotations

from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.look import Colour, darker, ink_on, lighter
from listing_assistant.demo.drawing.outlines import (
    box,
    ellipse,
    mirrored,
    polygon,
    smooth,
    soft,
    turned,
)
from listing_assistant.demo.drawing.surfaces import (
    CLOTH,
    CYLINDER,
    FLAT,
    FUR,
    METAL,
    PLASTIC,
    SPHERE,
    WOOD,
    Finish,
)

STEEL: Colour = (190, 194, 200)
INK: Colour = (32, 32, 36)
RUBBER = Finish(relief=14, depth=1.0)


def book(board: Board) -> None:
    board.part(
        polygon([(250, 110), (790, 110), (830, 150), (830, 910), (290, 910)]), board.dark, PLASTIC
    )
    board.part(
        polygon([(270, 124), (800, 124), (818, 146), (818, 894), (290, 894)]), (244, 238, 222), FLAT
    )
    for x in range(796, 818, 5):
        board.line([(x, 140), (x, 890)], 2, (206, 198, 180))
    board.part(box(210, 90, 780, 880, 8), board.main, Finish(relief=8, depth=0.8))
    board.glow(box(236, 90, 256, 880), 0.4, 6, (0, 0, 0))
    panel = lighter(board.second.colour, 0.1)
    board.part(box(300, 190, 720, 430, 4), panel, FLAT)
    titles = ("Quiet Harbour", "The Salt Road", "A Field Guide", "Winter Bread", "Small Machines")
    words = titles[sum(map(ord, board.look.brand + board.look.colour)) % len(titles)].split(" ")
    for line, word in enumerate(words):
        y = 310 + (line - (len(words) - 1) / 2) * 76
        board.text(word, (510, y), 72, ink_on(panel), width=380)
    board.part(ellipse(510, 600, 96), panel, FLAT)
    board.part(polygon([(414, 600), (510, 520), (606, 600), (510, 640)]), board.dark, FLAT)
    board.brand((510, 800), 48, width=360)


def guitar(board: Board) -> None:
    body = smooth(
        [
            (500, 470),
            (410, 480),
            (350, 560),
            (376, 650),
            (300, 720),
            (300, 860),
            (400, 950),
            (600, 950),
            (700, 860),
            (700, 720),
            (624, 650),
            (650, 560),
            (590, 480),
        ]
    )
    shade = Finish(relief=26, depth=0.9, texture="wood")
    board.part(body, board.plain, shade)
    rim = smooth(
        [
            (500, 490),
            (418, 498),
            (372, 566),
            (396, 652),
            (322, 728),
            (322, 850),
            (410, 930),
            (590, 930),
            (678, 850),
            (678, 728),
            (604, 652),
            (628, 566),
            (582, 498),
        ]
    )
    board.part(rim, board.light, Finish(relief=10, depth=0.3, texture="wood", cast=0))
    board.part(ellipse(500, 650, 72), darker(board.plain.colour, 0.5), PLASTIC)
    board.part(ellipse(500, 650, 58), (26, 20, 18), FLAT)
    board.part(box(470, 130, 530, 650), (70, 46, 34), WOOD)
    for step in range(13):
        y = 150 + 440 * (1 - 0.9**step) / 0.75
        board.line([(470, y), (530, y)], 4, STEEL)
    board.part(soft([(458, 20), (542, 20), (552, 140), (448, 140)], 14), (70, 46, 34), WOOD)
    for y in (46, 82, 118):
        for x in (436, 564):
            board.disc(x, y, 12, STEEL, METAL)
    board.part(box(410, 800, 590, 834, 8), (60, 40, 30), WOOD)
    for x in (478, 485, 493, 501, 509, 518):
        board.line([(x, 60), (x, 816)], 2, (232, 232, 226))
    board.brand((500, 880), 34, ink=(60, 36, 20), width=180)


def electric_guitar(board: Board) -> None:
    body = smooth(
        [
            (500, 600),
            (420, 560),
            (372, 490),
            (330, 520),
            (366, 640),
            (310, 740),
            (320, 880),
            (430, 950),
            (570, 940),
            (680, 860),
            (680, 750),
            (626, 650),
            (660, 540),
            (620, 520),
            (560, 590),
        ]
    )
    board.part(body, board.main, Finish(relief=34, depth=1.0))
    board.part(
        smooth([(450, 640), (560, 640), (640, 740), (600, 860), (500, 800)]),
        (244, 242, 236),
        Finish(relief=6, depth=0.4, cast=0.2),
    )
    board.part(box(474, 110, 526, 700), (196, 150, 98), WOOD)
    for step in range(15):
        board.line([(474, 140 + step * 34), (526, 140 + step * 34)], 4, STEEL)
    board.part(
        soft([(470, 20), (540, 8), (560, 60), (526, 130), (474, 130)], 14), (196, 150, 98), WOOD
    )
    for y in (30, 56, 82, 108):
        board.disc(458, y, 10, STEEL, METAL)
    for y in (706, 790):
        board.part(box(440, y, 560, y + 40, 8), INK, PLASTIC)
    board.part(box(440, 858, 560, 890, 6), STEEL, METAL)
    for x in (484, 491, 498, 505, 512, 519):
        board.line([(x, 60), (x, 874)], 2, (240, 240, 236))
    for y in (790, 850):
        board.disc(630, y, 20, STEEL, METAL)
    board.brand((500, 920), 26, width=120)


def digital_piano(board: Board) -> None:
    board.part(box(40, 340, 960, 660, 20), board.main, Finish(relief=16, depth=0.9))
    board.part(box(400, 366, 600, 430, 6), (40, 60, 80), FLAT)
    for x in (90, 130, 170, 210, 760, 800, 840, 880):
        board.disc(x, 398, 13, board.second, PLASTIC)
    board.part(box(60, 452, 940, 646), INK, FLAT)
    step = 880 / 22
    for key in range(22):
        left = 60 + key * step
        board.part(
            box(left + 1.5, 454, left + step - 1.5, 644, 5),
            (250, 249, 244),
            Finish(relief=6, depth=0.5, cast=0),
        )
    for key in range(21):
        if key % 7 not in (2, 6):
            edge = 60 + (key + 1) * step
            board.part(
                box(edge - 12, 454, edge + 12, 570, 4), INK, Finish(relief=8, depth=1.0, cast=0.4)
            )
    board.brand((300, 398), 44, width=150)


def teddy(board: Board) -> None:
    for flip in (False, True):
        ear, arm, leg = (
            ellipse(340, 160, 84),
            ellipse(270, 560, 84, 150),
            ellipse(360, 840, 120, 110),
        )
        for outline in (ear, turned(arm, 34, (270, 560)), leg):
            board.part(mirrored(outline) if flip else outline, board.plain, FUR)
        inner = ellipse(340, 164, 46)
        board.part(mirrored(inner) if flip else inner, board.light, FUR)
    board.part(ellipse(500, 660, 220, 240), board.plain, FUR)
    board.part(ellipse(500, 690, 130, 150), board.light, FUR)
    board.part(ellipse(500, 290, 220, 196), board.plain, FUR)
    board.part(ellipse(500, 356, 104, 80), board.light, FUR)
    for x in (420, 580):
        board.disc(x, 256, 23, INK, SPHERE)
    board.part(ellipse(500, 318, 36, 26), INK, SPHERE)
    board.line(smooth([(452, 376), (500, 400), (548, 376)], closed=False), 8, (60, 40, 34))
    for flip in (False, True):
        pad = ellipse(356, 850, 66, 62)
        board.part(mirrored(pad) if flip else pad, board.light, FUR)
        bow = soft([(500, 486), (390, 440), (390, 540)], 16)
        board.part(mirrored(bow) if flip else bow, board.second, CLOTH)
    board.disc(500, 488, 26, board.second, CLOTH)


def toy_car(board: Board) -> None:
    body = smooth(
        [
            (70, 640),
            (90, 520),
            (240, 480),
            (330, 340),
            (460, 300),
            (620, 310),
            (730, 470),
            (900, 520),
            (940, 620),
            (900, 680),
            (120, 690),
        ]
    )
    board.part(body, board.main, Finish(relief=44, depth=1.0))
    board.part(soft([(344, 370), (470, 336), (484, 474), (290, 480)], 20), (70, 96, 124), PLASTIC)
    board.part(soft([(510, 336), (610, 344), (680, 470), (516, 474)], 20), (70, 96, 124), PLASTIC)
    board.line([(100, 600), (920, 600)], 16, board.second)
    board.part(ellipse(900, 556, 28, 22), (255, 240, 180), SPHERE)
    board.part(ellipse(96, 566, 18, 26), (220, 60, 50), SPHERE)
    for x in (270, 730):
        board.disc(x, 690, 108, INK, RUBBER)
        board.disc(x, 690, 62, STEEL, METAL)
        board.disc(x, 690, 22, board.plain, PLASTIC)
    board.brand((500, 550), 46, width=220)


def board_game(board: Board) -> None:
    board.part(
        polygon([(150, 170), (850, 170), (850, 880), (150, 880)]),
        board.main,
        Finish(relief=12, depth=0.9),
    )
    board.part(box(180, 200, 820, 850), lighter(board.second.colour, 0.25), FLAT)
    for row in range(6):
        for column in range(6):
            if (row + column) % 2:
                x, y = 290 + column * 70, 380 + row * 70
                board.part(box(x, y, x + 70, y + 70), board.dark, FLAT)
    for x, y, colour in (
        (360, 520, (206, 50, 48)),
        (570, 450, (54, 110, 200)),
        (500, 660, (240, 196, 60)),
    ):
        board.part(
            soft([(x - 40, y + 60), (x + 40, y + 60), (x + 10, y - 30), (x - 10, y - 30)], 10),
            colour,
            PLASTIC,
        )
        board.disc(x, y - 44, 28, colour, SPHERE)
    die = turned(box(640, 660, 740, 760, 16), 14, (690, 710))
    board.part(die, (250, 248, 242), PLASTIC)
    for x, y in ((668, 688), (690, 710), (712, 732)):
        board.disc(x, y, 10, INK)
    board.brand((500, 286), 92, ink=darker(board.main.colour, 0.3), width=560)


def baby_bottle(board: Board) -> None:
    board.part(
        smooth([(500, 60), (464, 90), (456, 170), (410, 230), (590, 230), (544, 170), (536, 90)]),
        (236, 190, 140),
        Finish(relief=34, depth=1.0),
    )
    board.part(box(350, 224, 650, 340, 22), board.plain, CYLINDER)
    for x in range(366, 640, 24):
        board.line([(x, 240), (x, 326)], 8, board.dark)
    board.part(
        box(330, 336, 670, 930, 70), (226, 236, 240), Finish(relief=20, depth=0.7, form="cylinder")
    )
    board.part(box(344, 520, 656, 916, 60), (250, 248, 240), Finish(relief=30, depth=0.4, cast=0))
    for step, y in enumerate(range(440, 860, 52)):
        board.line([(590, y), (630 if step % 2 else 646, y)], 6, board.dark)
        if not step % 2:
            board.text(str(240 - step * 30), (554, y), 26, board.dark.colour)
    board.glow(box(366, 400, 396, 860, 14), 0.7, 8)
    board.brand((450, 690), 58, ink=board.dark.colour, width=180)


def pushchair(board: Board) -> None:
    frame = Finish(relief=9, depth=1.0)
    board.line(smooth([(860, 180), (800, 250), (420, 780)], closed=False), 22, INK, frame)
    board.line([(330, 520), (700, 800)], 20, STEEL, frame)
    board.line([(300, 800), (640, 560)], 20, STEEL, frame)
    hood = smooth(
        [(620, 460), (600, 280), (460, 190), (300, 220), (210, 340), (214, 470), (430, 440)]
    )
    board.part(hood, board.main, CLOTH)
    for end in ((300, 222), (214, 350)):
        board.line([(620, 460), end], 8, board.dark)
    seat = smooth(
        [(216, 470), (330, 470), (620, 460), (680, 560), (560, 660), (320, 660), (230, 590)]
    )
    board.part(seat, board.second, CLOTH)
    for x, radius in ((300, 92), (700, 110)):
        board.part(ellipse(x, 810, radius), INK, RUBBER)
        board.part(ellipse(x, 810, radius * 0.66), STEEL, METAL)
        board.disc(x, 810, 16, INK, PLASTIC)
    board.line([(820, 200), (900, 160)], 34, INK, frame)
    board.brand((420, 560), 44, on=board.second.colour, width=200)


def building_blocks(board: Board) -> None:
    colours: tuple[Colour, ...] = ((206, 52, 48), (56, 116, 206), (244, 196, 56), (70, 160, 86))
    places = ((180, 640), (400, 640), (620, 640), (290, 450), (510, 450), (400, 260))
    for step, (x, y) in enumerate(places):
        colour = board.plain.colour if step == 5 else colours[step % 4]
        for stud in (50, 120):
            board.part(box(x + stud, y - 26, x + stud + 60, y + 14, 8), colour, CYLINDER)
        board.part(box(x, y, x + 212, y + 184, 10), colour, Finish(relief=18, depth=0.9))
        if step == 5:
            board.brand((x + 106, y + 96), 46, on=colour, width=170)
