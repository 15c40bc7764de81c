"""Clothes, as they lie on a bed or hang on a door."""

from __future__ import annotations

from listing_assistant.demo.drawing.board import Board
from listing_assistant.demo.drawing.look import darker, lighter
from listing_assistant.demo.drawing.outlines import (
    PointList,
    band,
    box,
    ellipse,
    mirrored,
    moved,
    polygon,
    smooth,
    soft,
    symmetric,
)
from listing_assistant.demo.drawing.surfaces import CLOTH, DENIM, FLAT, KNIT, PLASTIC, Finish

SEAM = Finish(relief=6, depth=0.5, cast=0.2)
RIB = Finish(relief=16, depth=0.6, texture="knit", cast=0.3)


def _both(board: Board, points: PointList, finish: Finish, radius: float = 18) -> None:
    """A part and its mirror image: sleeves, legs."""
    outline = soft(points, radius)
    board.part(outline, board.main, finish)
    board.part(mirrored(outline), board.main, finish)


def _folds(board: Board, lines: list[PointList], strength: float = 0.2) -> None:
    for line in lines:
        board.glow(band(smooth(line, closed=False), 16), strength, 9, (0, 0, 0))
        lit = moved(line, -16, 0)
        board.glow(band(smooth(lit, closed=False), 12), strength * 0.6, 9)


def t_shirt(board: Board) -> None:
    board.part(ellipse(500, 150, 108, 44), board.dark, FLAT)
    _both(board, [(330, 132), (84, 300), (176, 452), (330, 380)], CLOTH)
    body = [(396, 128), (318, 146), (300, 300), (296, 560), (290, 906)]
    neck = smooth([(396, 128), (424, 188), (500, 214)], closed=False)
    board.part(polygon([*symmetric(body)[::-1], *neck, *mirrored(neck)[::-1]]), board.main, CLOTH)
    collar = smooth([(392, 126), (422, 192), (500, 220), (578, 192), (608, 126)], closed=False)
    board.part(band(collar, 26), board.dark, RIB)
    board.stitches([(292, 884), (708, 884)], board.dark.colour)
    _folds(board, [[(350, 420), (372, 600), (350, 820)], [(640, 460), (618, 640), (650, 860)]])
    board.brand((500, 420), 74, width=300)


def hoodie(board: Board) -> None:
    hood = smooth([(500, 60), (376, 84), (330, 190), (400, 262), (600, 262), (670, 190), (624, 84)])
    board.part(hood, board.main, CLOTH)
    board.part(ellipse(500, 196, 104, 82), board.dark, CLOTH)
    _both(board, [(330, 196), (216, 262), (96, 760), (206, 806), (340, 470)], CLOTH, 40)
    _both(board, [(92, 752), (206, 794), (196, 850), (80, 806)], RIB, 10)
    body = soft(symmetric([(420, 232), (322, 196), (288, 330), (284, 860)]), 24)
    board.part(body, board.main, CLOTH)
    collar = smooth([(404, 210), (440, 268), (500, 300), (560, 268), (596, 210)], closed=False)
    board.part(band(collar, 22), board.plain, CLOTH)
    board.part(box(284, 850, 716, 912, 14), board.plain, RIB)
    board.part(soft(symmetric([(404, 618), (348, 730), (348, 820)]), 12), board.main, CLOTH)
    for x, end in ((458, 470), (542, 440)):
        board.line(
            smooth([(x, 282), (x - 4, 370), (x + 3, end)], closed=False), 12, (236, 234, 228)
        )
        board.line([(x + 3, end - 6), (x + 4, end + 22)], 16, (170, 172, 176))
    board.brand((500, 530), 62, width=280)


def shirt(board: Board) -> None:
    _both(board, [(334, 150), (230, 210), (110, 770), (204, 800), (330, 430)], CLOTH, 30)
    _both(board, [(112, 748), (206, 778), (198, 830), (96, 800)], CLOTH, 8)
    board.part(ellipse(500, 140, 96, 46), board.dark, FLAT)
    board.part(
        soft(symmetric([(408, 132), (318, 156), (296, 330), (300, 860), (420, 918)]), 26),
        board.main,
        CLOTH,
    )
    board.part(box(474, 170, 528, 906, 6), board.main, SEAM)
    for y in range(250, 880, 104):
        board.disc(501, y, 11, (244, 242, 236), PLASTIC)
    for flip in (False, True):
        leaf = soft([(404, 104), (500, 190), (428, 262), (356, 160)], 10)
        board.part(mirrored(leaf, 501) if flip else leaf, board.main, SEAM)
    board.part(
        soft([(566, 350), (664, 350), (664, 450), (615, 480), (566, 450)], 8), board.main, SEAM
    )
    _folds(board, [[(380, 420), (400, 640), (370, 840)]], 0.15)
    board.brand((615, 376), 24, width=84)


def jacket(board: Board) -> None:
    padded = Finish(relief=46, depth=0.8, texture="leather", cast=0.35)
    _both(board, [(330, 150), (214, 214), (92, 770), (216, 810), (340, 440)], padded, 40)
    _both(board, [(92, 752), (216, 790), (206, 846), (78, 808)], RIB, 10)
    board.part(ellipse(500, 150, 100, 60), board.dark, FLAT)
    body = soft(symmetric([(410, 118), (316, 154), (286, 340), (288, 858)]), 24)
    board.part(body, board.main, padded)
    board.part(box(288, 846, 712, 908, 14), board.dark, RIB)
    for flip in (False, True):
        lapel = soft([(410, 92), (498, 250), (430, 340), (340, 168)], 14)
        board.part(mirrored(lapel) if flip else lapel, board.light, padded)
        slit = polygon([(350, 560), (412, 690)])
        board.line(mirrored(slit) if flip else slit, 16, board.dark)
        board.line(mirrored(slit) if flip else slit, 5, (200, 202, 206))
    board.part(box(488, 250, 512, 900), board.dark, FLAT)
    board.stitches([(500, 252), (500, 898)], (214, 214, 218), 9)
    board.part(box(490, 250, 512, 302, 8), (206, 206, 210), PLASTIC)
    board.brand((620, 430), 36, width=130)


def dress(board: Board) -> None:
    for flip in (False, True):
        strap = smooth([(396, 170), (404, 90), (432, 40)], closed=False)
        board.line(mirrored(strap) if flip else strap, 30, board.plain, SEAM)
    side = smooth([(404, 420), (330, 610), (214, 926)], closed=False)
    hem = smooth(
        [(214, 926), (310, 962), (400, 936), (500, 966), (600, 936), (690, 962), (786, 926)],
        closed=False,
    )
    board.part(polygon([*side, *hem, *mirrored(side)[::-1]]), board.main, CLOTH)
    _folds(
        board,
        [
            [(470, 450), (430, 680), (404, 930)],
            [(430, 450), (360, 700), (300, 940)],
            [(530, 450), (570, 680), (600, 930)],
            [(574, 450), (650, 700), (704, 940)],
        ],
        0.3,
    )
    bodice = symmetric([(384, 150), (368, 240), (398, 330), (400, 430)])
    neckline = smooth([(616, 150), (560, 196), (500, 176), (440, 196), (384, 150)], closed=False)
    board.part(polygon([*symmetric(bodice[:4]), *neckline]), board.main, CLOTH)
    board.part(box(394, 408, 606, 448, 10), board.second, SEAM)
    board.brand((500, 300), 36, width=150)


def skirt(board: Board) -> None:
    side = smooth([(360, 210), (300, 430), (170, 800)], closed=False)
    hem = smooth([(170, 800), (330, 846), (500, 824), (670, 846), (830, 800)], closed=False)
    board.part(polygon([*side, *hem, *mirrored(side)[::-1]]), board.main, CLOTH)
    for x in (410, 470, 530, 590):
        spread = (x - 500) * 2.6
        _folds(board, [[(x, 240), (500 + spread * 0.7, 540), (500 + spread, 820)]], 0.34)
    board.part(box(352, 160, 648, 222, 12), board.dark, CLOTH)
    board.disc(616, 190, 14, (232, 228, 218), PLASTIC)
    board.brand((440, 190), 26, on=board.dark.colour, width=110)


def jeans(board: Board) -> None:
    leg = soft([(318, 150), (296, 300), (262, 930), (420, 944), (492, 380), (508, 150)], 14)
    board.part(mirrored(leg), board.plain, DENIM)
    board.part(leg, board.plain, DENIM)
    board.part(
        box(312, 96, 688, 166, 10), board.plain, Finish(relief=10, depth=0.6, texture="denim")
    )
    thread = (214, 156, 84)
    for flip in (False, True):
        pocket = smooth([(324, 250), (392, 236), (420, 166)], closed=False)
        side = mirrored(pocket) if flip else pocket
        board.line(side, 6, board.dark)
        board.stitches(moved(side, 0, 10), thread)
        fade = ellipse(372 if not flip else 628, 480, 46, 190)
        board.glow(fade, 0.22, 34)
        inner = smooth([(282, 920), (420, 932)], closed=False)
        board.stitches(mirrored(inner) if flip else inner, thread)
    board.stitches([(318, 156), (682, 156)], thread)
    board.stitches(smooth([(500, 168), (534, 168), (532, 300), (500, 346)], closed=False), thread)
    for x in (350, 430, 570, 650):
        board.part(box(x - 11, 90, x + 11, 176, 5), board.plain, SEAM)
    board.disc(500, 130, 15, (186, 146, 92), PLASTIC)
    board.part(box(590, 112, 640, 152, 4), (160, 104, 62), SEAM)
    board.brand((615, 132), 18, ink=(60, 34, 20), width=44)


def sweater(board: Board) -> None:
    _both(board, [(334, 150), (220, 214), (104, 770), (220, 806), (340, 440)], KNIT, 44)
    _both(board, [(102, 752), (220, 788), (210, 848), (90, 806)], RIB, 10)
    board.part(ellipse(500, 150, 104, 46), board.dark, FLAT)
    board.part(
        soft(symmetric([(400, 128), (316, 152), (290, 330), (288, 870)]), 30), board.main, KNIT
    )
    board.part(box(286, 846, 714, 910, 14), board.plain, RIB)
    collar = smooth([(394, 122), (424, 186), (500, 210), (576, 186), (606, 122)], closed=False)
    board.part(band(collar, 40), board.plain, RIB)
    for y in (360, 420):
        zigzag = [(300 + step * 25, y + (26 if step % 2 else 0)) for step in range(17)]
        board.line(zigzag, 13, board.second)
    board.brand((500, 560), 44, width=220)


def cap(board: Board) -> None:
    dome = smooth(
        [(170, 610), (180, 440), (290, 290), (470, 240), (640, 290), (736, 430), (752, 600)],
        closed=False,
    )
    board.part(polygon([*dome, (752, 640), (460, 668), (170, 640)]), board.main, CLOTH)
    for seam in ([(470, 240), (440, 420), (446, 660)], [(470, 240), (600, 380), (664, 650)]):
        curve = smooth(seam, closed=False)
        board.stitches(curve, board.dark.colour)
    visor = smooth(
        [(420, 640), (600, 610), (752, 600), (900, 660), (944, 740), (800, 716), (600, 700)]
    )
    board.part(visor, board.second, Finish(relief=24, depth=0.8, texture="cloth", cast=0.4))
    board.disc(470, 238, 22, board.dark, PLASTIC)
    board.brand((560, 500), 72, width=230, turn=4)


def beanie(board: Board) -> None:
    dome = smooth(
        [(230, 700), (240, 460), (350, 300), (500, 250), (650, 300), (760, 460), (770, 700)]
    )
    board.part(dome, board.main, KNIT)
    board.disc(500, 226, 92, board.second, Finish(relief=50, depth=0.9, texture="fur"))
    board.part(
        box(210, 630, 790, 800, 50), board.plain, Finish(relief=34, depth=0.8, texture="knit")
    )
    board.part(box(440, 680, 560, 748, 6), lighter((120, 80, 50), 0.1), SEAM)
    board.brand((500, 714), 28, ink=darker((120, 80, 50), 0.6), width=104)


def bodysuit(board: Board) -> None:
    _both(board, [(330, 220), (140, 352), (216, 490), (344, 412)], CLOTH)
    body = smooth(
        [(400, 200), (330, 224), (306, 400), (300, 600), (330, 690), (440, 780), (470, 850)],
        closed=False,
    )
    board.part(symmetric(body), board.main, CLOTH)
    neck = smooth([(396, 196), (430, 262), (500, 286), (570, 262), (604, 196)], closed=False)
    board.cut(polygon([*neck, (604, 150), (396, 150)]))
    board.part(band(neck, 24), board.second, RIB)
    for flip in (False, True):
        leg = smooth([(304, 610), (350, 700), (446, 784), (474, 852)], closed=False)
        board.part(band(mirrored(leg) if flip else leg, 24), board.second, RIB)
    for x in (478, 500, 522):
        board.disc(x, 832, 8, (232, 232, 236), PLASTIC)
    board.part(ellipse(500, 480, 62, 56), board.second, FLAT)
    for x in (448, 552):
        board.disc(x, 432, 26, board.second)
    for x in (478, 522):
        board.disc(x, 472, 8, (40, 36, 40))
    board.disc(500, 500, 12, (40, 36, 40))
    board.brand((500, 600), 34, width=180)
