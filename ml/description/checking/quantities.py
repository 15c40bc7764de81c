"""Figures with their units: `20 cm`, `8"`, `5'10"`, `1/2`, `20 x 30 cm`, `8–10 years`, `EU 38`.

Two quantities are the same when figures, signs between them and unit are. Nothing is converted:
8 inches do not back 20 cm, and a figure without its unit is another quantity.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPELLINGS: dict[str, str] = {
    "mm": "mm millimetre millimetres millimeter millimeters millimètres milímetros millimetri",
    "cm": "cm cms centimetre centimetres centimeter centimeters zentimeter centimètre centimètres "
    "centímetro centímetros centimetro centimetri",
    "m": "m metre metres meter meters mètre mètres metro metros metri mtr",
    "km": "km kilometre kilometres kilometer kilometers kilomètres kilómetros chilometri",
    "in": 'inch inches zoll pouce pouces pulgada pulgadas pollice pollici " ″ ” \'\'',
    "ft": "ft feet foot ' ′ ’",
    "kg": "kg kgs kilo kilos kilogram kilograms kilogramm kilogrammes kilogramos",
    "g": "g gr gram grams gramm gramme grammes gramos grammi",
    "oz": "oz ounce ounces",
    "lb": "lb lbs pound pounds",
    "ml": "ml millilitre millilitres milliliter milliliters",
    "l": "l litre litres liter liters litro litros litri",
    "kb": "kb", "mb": "mb", "gb": "gb", "tb": "tb", "mp": "mp megapixel megapixels",
    "w": "w watt watts vatios", "kw": "kw", "v": "v volt volts", "a": "amp amps", "mah": "mah",
    "hz": "hz", "khz": "khz", "mhz": "mhz", "ghz": "ghz", "rpm": "rpm", "dpi": "dpi", "bar": "bar",
    "°c": "°c", "°f": "°f", "°": "° degrees grad degrés grados gradi",
    "%": "% percent prozent",
    "eu": "eu eur.", "uk": "uk", "us": "us usa",
    "eur": "€ eur euro euros", "usd": "$ usd dollar dollars", "gbp": "£ gbp",
    "ct": "ct carat carats karat",
    "year": "year years yr yrs jahr jahre jahren an ans année années año años anno anni",
    "month": "month months monat monate monaten mois mes meses mese mesi",
    "week": "week weeks woche wochen semaine semaines semana semanas settimana settimane",
    "day": "day days tag tage tagen jour jours día días giorno giorni",
    "hour": "hour hours hrs stunde stunden heure heures hora horas ora ore",
    "minute": "min mins minute minutes minuten minuto minutos minuti",
    "piece": "pc pcs piece pieces stück stücke pièce pièces pieza piezas pezzo pezzi",
}  # fmt: skip
UNITS = {form: unit for unit, forms in _SPELLINGS.items() for form in forms.split()}


def _any_of(forms: list[str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


_WORDY = _any_of([form for form in UNITS if form[-1].isalpha()])
_SIGNS = _any_of([form for form in UNITS if not form[-1].isalpha() and form != "eur."])
_NUMBER = r"(?:\d+(?:[.,]\d+)*(?:[ ]?[¼½¾⅓⅔⅛⅜⅝⅞])?|[¼½¾⅓⅔⅛⅜⅝⅞]|[.]\d+)"
# `8 in` ends a measure or stands in a row of them; in `size 8 in blue` the word is a preposition.
_INCH = r"in(?=[.]?\s*(?:[x×,;:)]|$)|[.]\s)"
_UNIT = rf"(?:\s?(?:{_SIGNS})|[\s-]?(?i:{_WORDY}|{_INCH})(?![^\W_]))"
_BETWEEN = r"(?:\s?[x×*]\s?|\s?[-–—/]\s?|\s(?:by|to|bis|à|per|por|a)\s|(?<=['’′])\s?)"
QUANTITY = (
    r"(?=[\d€$£¼½¾⅓⅔⅛⅜⅝⅞.EU])(?<![^\W_])(?<!\d[.,])(?:[€$£]\s?|(?:EU|UK|US)\s)?"
    rf"{_NUMBER}(?:{_UNIT}?{_BETWEEN}{_NUMBER})*(?:{_UNIT}|(?![^\W_]))"
)
_PREFIX = re.compile(r"[€$£]|EU|UK|US")
_PARTS = re.compile(rf"(?P<number>{_NUMBER})|(?P<unit>{_UNIT})|(?P<between>{_BETWEEN})")


@lru_cache(maxsize=20_000)
def quantity_key(text: str) -> str:
    """One form for one quantity: `20,0 × 30 centimetres` and `20x30cm` are `20x30 cm`."""
    unit = ""
    prefix = _PREFIX.match(text)
    if prefix:
        unit = UNITS[prefix.group().lower()]
        text = text[prefix.end() :].strip()
    key, last = "", ""
    for part in _PARTS.finditer(text):
        if part["number"]:
            key += _number(part["number"])
        elif part["unit"]:
            last = UNITS.get(part["unit"].strip(" -\u00a0").lower(), "in")
            key += last if last == "ft" else ""
        else:
            key += _sign(part["between"].strip())
    unit = unit or ("" if last == "ft" else last)
    return f"{key} {unit}".strip()


def single_quantities(key: str) -> list[str]:
    """What a row of measures says one by one: `20x30 cm` -> `20 cm`, `30 cm`.

    A range says nothing of its ends.
    """
    numbers, _, unit = key.partition(" ")
    return [f"{part} {unit}".strip() for part in numbers.split("x")] if "x" in numbers else []


def _number(text: str) -> str:
    """`1,000` is a thousand and `1,5` one and a half, by the count of figures behind the sign."""
    text = unicodedata.normalize("NFKC", re.sub(r"([¼-⅞])", r" \1", text)).replace("\u2044", "/")
    text = re.sub(r"\s+", "+", text.strip())
    if re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", text):
        return re.sub(r"[.,]", "", text)
    text = text.replace(",", ".")
    return text.rstrip("0").rstrip(".") if text.count(".") == 1 else text


def _sign(between: str) -> str:
    if between in ("x", "×", "*", "by", "per", "por"):
        return "x"
    return "/" if between == "/" else "-" if between else ""
