"""Where the seller names an attribute beside its value: `P/N: X`, `Width 60 cm`, `30cm (H)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

from ml.taclr.quantities import Quantity
from ml.taclr.surface import Text, compact, read

# Every name of a row may stand for the attribute that any of them names.
_NAMES = """
part number, part no, part, p/n, pn, mpn, manufacturer part number, mfr part number, mfg part, art nr, artnr, artikelnummer, teilenummer, référence, reference, ref, codice
model number, model no, model, model name, model id, mod, modell, modèle, modelo, modello
style code, style number, style no, style, art no
serial number, serial no, serial, s/n, sn
sku, item number, item no, stock number, manufacturer stock number, stock no
isbn, isbn13, isbn10
gtin, ean, upc, barcode, bar code, retail upc, ean13
brand, brand name, marke, marque, marca, make, manufacturer, hersteller, fabricant
color, colour, farbe, couleur, colore
size, sz, größe, taille, talla, taglia
material, fabric, matière, stoff, materiale, made of, body material
weight, item weight, product weight, net weight, wt, gewicht, poids, peso, weighs
capacity, storage capacity, storage, battery capacity, fassungsvermögen, capacité, capacidad
volume, contents, inhalt, contenance
width, breite, largeur, anchura, ancho, larghezza
height, höhe, hauteur, altura, alto, altezza
depth, tiefe, profondeur, profundidad, profondità
length, länge, longueur, longitud, largo, lunghezza
diameter, dia, diam, durchmesser, diamètre, diámetro, diametro
thickness, dicke, stärke, épaisseur, espesor, spessore
power, wattage, leistung, puissance, potencia, potenza
voltage, spannung, tension, voltaje
"""  # noqa: E501

# What may follow a figure, or stand as a letter before it, for each side of a thing.
_SIDES = {
    "width": ("w", "wide", "width", "breit", "large", "b"),
    "height": ("h", "high", "tall", "height", "hoch", "haut"),
    "depth": ("d", "deep", "depth", "tief", "t"),
    "length": ("l", "long", "length", "lang"),
    "diameter": ("dia", "diam", "diameter", "durchmesser"),
    "thickness": ("thick", "thickness", "dick"),
}
_LETTERS = {"w": "width", "h": "height", "d": "depth", "l": "length", "b": "width", "t": "depth"}
_ORDER = re.compile(r"([lwhdbt])x?([lwhdbt])(?:x?([lwhdbt]))?")
_orders = re.compile(r"[lwhdbtx]{1,5}").fullmatch


@lru_cache(maxsize=4096)
def labels_of(attribute: str) -> frozenset[str]:
    """Names under which sellers give the attribute, spaceless; its own among them."""
    own = compact(attribute)
    return _rows().get(own, frozenset()) | {own}


def is_labelled(attribute: str, text: Text, quantity: Quantity) -> bool:
    """Whether the words around a figure say that it is the attribute's."""
    if is_label_before(attribute, text, quantity.first):
        return True
    asked = _side_asked(attribute)
    return asked is not None and asked == side_of(text, quantity)


def is_label_before(attribute: str, text: Text, first: int) -> bool:
    """Whether the words right before token `first` name the attribute: `P/N 432322-001`."""
    labels = labels_of(attribute)
    said = ""
    if first < len(text.tokens) and any(mark in text.tokens[first].gap for mark in ",;|"):
        return False
    for token in reversed(text.tokens[max(0, first - 4) : first]):
        said = token.canonical + said
        if said in labels:
            return True
    return False


def side_of(text: Text, quantity: Quantity) -> str | None:
    """Which side of a thing a figure measures: `W 60 cm`, `24"D`, `60 x 30 x 20 cm (WxHxD)`."""
    ordered = _from_order(text, quantity)
    if ordered is not None:
        return ordered
    after = text.tokens[quantity.last + 1] if quantity.last + 1 < len(text.tokens) else None
    for side, words in _SIDES.items():
        if after is not None and after.raw in words and after.gap.strip() in ("", "(", "-"):
            return side
    before = text.tokens[quantity.first - 1] if quantity.first else None
    if before is not None and before.raw in _LETTERS:
        # The w of `35w x 22d` belongs to the figure before it.
        figure_before = quantity.first >= 2 and text.tokens[quantity.first - 2].is_number
        if not (figure_before and before.gap.strip() == ""):
            return _LETTERS[before.raw]
    return None


def _from_order(text: Text, quantity: Quantity) -> str | None:
    """The letter at the figure's place in `L x W x H` before or behind a run of figures."""
    place, length = text.chains.get(quantity.first, (0, 1))
    if length < 2:
        return None
    run = [q for q in text.quantities if q.first in text.chains]
    start = run.index(quantity) - place
    if start < 0 or start + length > len(run):
        return None
    first, last = run[start].first, run[start + length - 1].last
    behind = "".join(takewhile(_orders, (token.raw for token in text.tokens[last + 1 :])))
    ahead = list(takewhile(_orders, (token.raw for token in reversed(text.tokens[:first]))))
    match = _ORDER.fullmatch(behind) or _ORDER.fullmatch("".join(reversed(ahead)))
    letters = [letter for letter in match.groups() if letter] if match else []
    if len(letters) != length or len(set(letters)) != length:
        return None
    return _LETTERS[letters[place]]


def labelled_words(attribute: str, text: Text) -> Iterator[tuple[int, int]]:
    """Character ranges of what stands behind the attribute's name and a colon or equals sign."""
    for match in _pattern(attribute).finditer(text.original):
        end = match.end(1)
        said = match.group(1)
        cut = re.search(r"[,;|]|\.(?:\s|$)|\s[-/]\s|\s{2,}", said)
        if cut:
            end = match.start(1) + cut.start()
        elif text.original[end : end + 1] in (":", "="):
            # What ran into the next label is that label's name.
            end = match.start(1) + max(said.rfind(" "), 0)
        start = match.start(1)
        while end > start and text.original[end - 1] in " \t.\"'":
            end -= 1
        if start < end:
            yield start, end


@lru_cache(maxsize=4096)
def _side_asked(attribute: str) -> str | None:
    """The side in an attribute's name: width for "Flat Sheet Width"."""
    words = {token.canonical for token in read(attribute).tokens} | labels_of(attribute)
    return next((side for side in _SIDES if side in words), None)


@lru_cache(maxsize=1)
def _rows() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _NAMES.strip().splitlines():
        names = frozenset(compact(name) for name in line.split(","))
        for name in names:
            found[name] = found.get(name, frozenset()) | names
    return found


@lru_cache(maxsize=4096)
def _pattern(attribute: str) -> re.Pattern[str]:
    spellings = {attribute.lower().strip()}
    own = compact(attribute)
    for line in _NAMES.strip().splitlines():
        row = {name.strip() for name in line.split(",")}
        if own in {compact(name) for name in row}:
            spellings |= row
    written = (re.escape(each) for each in sorted(spellings, key=len, reverse=True))
    names = "|".join(each.replace(r"\ ", r"[\s.-]{1,2}") for each in written)
    return re.compile(rf"(?<!\w)(?:{names})\s*[:=]\s*([^\n<>:=]{{1,60}})", re.IGNORECASE)
