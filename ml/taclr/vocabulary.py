"""Words that mean the same to a shop: colours, sizes, materials and people, in five languages.

Nothing here adds a value to a list. A word leads to a value only where the list holds the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ml.taclr.surface import compact

# Comma-separated: every expression of a row stands for the others.
_EQUALS = """
black, schwarz, noir, noire, negro, nero
white, weiss, blanc, blanche, blanco, bianco
gray, grey, grau, gris, grigio
red, rot, rouge, rojo, rosso
blue, blau, bleu, azul, blu
green, grün, vert, verte, verde
yellow, gelb, jaune, amarillo, giallo
orange, naranja, arancione
pink, rosa
purple, violet, lila, violett, morado, viola
brown, braun, brun, marron, marrón, marrone
silver, silber, argent, argento, plateado
gold, golden, doré, dorado, oro
turquoise, türkis, turchese, turquesa
multicolor, multicolour, multicolored, multi-coloured, multi, mehrfarbig, bunt, multicolore
transparent, clear, see-through, durchsichtig
XXS, XX-small, 2XS, extra extra small
XS, X-small, extra small, xsmall
S, small
M, medium, med
L, large
XL, X-large, extra large, xlarge
XXL, XX-large, 2XL, 2X-large, extra extra large, double extra large
XXXL, XXX-large, 3XL, 3X-large, triple extra large
XXXXL, 4XL, 4X-large
XXXXXL, 5XL, 5X-large
one size, one size fits all, one size fits most, free size, onesize, OSFA, taille unique, talla única, taglia unica, einheitsgrösse
3/4 sleeve, three quarter sleeve, 3/4 length sleeve, 3/4 sleeved
long sleeve, long sleeved, full sleeve, langarm, manches longues, manga larga
short sleeve, short sleeved, half sleeve, kurzarm, manches courtes, manga corta
sleeveless, no sleeve, ärmellos, sans manches, sin mangas
cotton, baumwolle, coton, algodón, cotone
leather, leder, cuir, cuero, pelle
wool, wolle, laine, lana
silk, seide, soie, seda, seta
linen, leinen, lino
wood, wooden, holz, bois, madera, legno
metal, metall, métal, metallo
plastic, kunststoff, plastik, plastique, plástico, plastica
glass, verre, vidrio, vetro
steel, stahl, acier, acero, acciaio
stainless steel, edelstahl, inox, acier inoxydable, acero inoxidable, acciaio inox
ceramic, keramik, céramique, cerámica, ceramica
faux leather, PU leather, leatherette, vegan leather, synthetic leather, kunstleder, similicuir
elastane, spandex, lycra
polyester, poliéster, poliestere
men, man, male, mens, gents, gentlemen, herren, homme, hombre, uomo
women, woman, female, womens, ladies, lady, damen, femme, mujer, donna
boys, boy, jungen, garçon
girls, girl, mädchen, fille
kids, kid, children, child, kinder, enfant, niños, bambini
baby, babies, infant, bébé, bebé
new, brand new, neu, neuf, nuevo, nuovo
used, pre-owned, preowned, second hand, secondhand, gebraucht, occasion, usado, usato
bluetooth, BT
wireless, cordless, kabellos, sans fil, inalámbrico
hard drive, hard disk, hard disk drive, HDD, festplatte, disque dur
solid state drive, SSD
"""  # noqa: E501

# Shade, and the colour it is a kind of; taken only where the list names the colour alone.
_SHADES = """
black: jet, onyx, ebony, raven, noir
white: snow, alabaster, pearl, off-white
gray: charcoal, slate, graphite, ash, smoke, gunmetal, anthracite, anthrazit
red: crimson, scarlet, burgundy, maroon, cherry, ruby, cranberry, wine, bordeaux, brick, carmine
blue: navy, cobalt, azure, sky, indigo, denim, sapphire, marine, teal, aqua, cyan, turquoise
green: olive, lime, emerald, mint, sage, moss, jade, forest, fern
yellow: mustard, lemon, canary, amber
orange: tangerine, apricot, peach, coral, rust, terracotta
pink: fuchsia, magenta, blush, salmon, rose, raspberry, hot-pink
purple: lavender, lilac, plum, mauve, aubergine, eggplant, orchid, violet
brown: chocolate, coffee, mocha, chestnut, walnut, mahogany, kraft, caramel, cognac, tan, bronze, taupe, espresso, oak, cherry
beige: cream, ivory, sand, ecru, manila, nude, champagne, khaki, tan, off-white, stone, natural
silver: chrome, steel, platinum, nickel
gold: brass
metallic: silver, gold, chrome, bronze, copper, steel, platinum, gunmetal, nickel, brass
multicolor: assorted, various colors, rainbow
assorted: multicolor, multi, various, variety
transparent: crystal
"""  # noqa: E501

_GENERAL = ("color", "colour", "shade", "farbe", "couleur")


def equivalents(expression: str) -> Iterator[str]:
    """Other expressions for the whole of `expression`; none for one that we do not know."""
    for row in _rows_by_word().get(compact(expression), ()):
        yield from row


def shades(colour: str) -> tuple[str, ...]:
    """Words for kinds of `colour`: navy for blue."""
    return _shades_by_colour().get(compact(colour), ())


def speaks_of_colour(attribute: str, values: tuple[str, ...]) -> bool:
    """Whether a list is one of colours, by its name or because it holds several."""
    if any(word in attribute.lower() for word in _GENERAL):
        return True
    return sum(compact(value) in _shades_by_colour() for value in values) >= 3


@lru_cache(maxsize=1)
def _rows_by_word() -> dict[str, list[tuple[str, ...]]]:
    rows: dict[str, list[tuple[str, ...]]] = {}
    for line in _EQUALS.strip().splitlines():
        row = tuple(word.strip() for word in line.split(","))
        for key in dict.fromkeys(compact(word) for word in row):
            rows.setdefault(key, []).append(row)
    return rows


@lru_cache(maxsize=1)
def _shades_by_colour() -> dict[str, tuple[str, ...]]:
    found = {}
    for line in _SHADES.strip().splitlines():
        colour, _, words = line.partition(":")
        found[compact(colour)] = tuple(word.strip() for word in words.split(","))
    return found
