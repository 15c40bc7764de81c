"""What attribute values cost without TACLR: string match, and string match with linear models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml.taclr.corpus import Taxonomy
    from ml.taclr.evaluate import Answer
    from ml.taclr.offers import Offer
    from ml.taclr.taxonomy import AttributeSpec

LINEAR_LIMIT = 40  # values; up to here a linear model chooses, above the text is searched
MATCH_OR_NONE = 150  # values; above, a text that states none of them has none


def string_match(offers: Sequence[Offer], taxonomy: Taxonomy) -> list[dict[str, Answer]]:
    """The longest listed value that stands in the offer letter by letter, case aside."""
    from ml.taclr.evaluate import Answer

    return [
        {name: Answer(_longest(offer, _spec(taxonomy, offer, name))) for name in offer.gold}
        for offer in offers
    ]


def string_match_and_linear(
    train: Sequence[Offer], offers: Sequence[Offer], taxonomy: Taxonomy
) -> list[dict[str, Answer]]:
    """Per (category, attribute): logistic regression on words and letters for short lists, the
    longest stated value for long ones, and the linear model again where none is stated."""
    from ml.taclr.evaluate import Answer

    models = _linear_models(train)
    answers: list[dict[str, Answer]] = [{} for _ in offers]
    asked: dict[tuple[str, str], list[int]] = {}
    for place, offer in enumerate(offers):
        for name in offer.gold:
            spec = _spec(taxonomy, offer, name)
            size = len(spec.values) if spec else 0
            stated = _longest(offer, spec) if size > LINEAR_LIMIT else None
            answers[place][name] = Answer(stated)
            if stated is None and size <= MATCH_OR_NONE:
                asked.setdefault((offer.category, name), []).append(place)
    for key, places in asked.items():
        model = models.get(key)
        if model is None:
            continue
        texts = [_text(offers[place]) for place in places]
        for place, value in zip(places, model.predict(texts), strict=True):
            answers[place][key[1]] = Answer(str(value) or None)
    return answers


def _linear_models(train: Sequence[Offer]) -> dict[tuple[str, str], Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline, make_union

    rows: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for offer in train:
        for name, gold in offer.gold.items():
            rows.setdefault((offer.category, name), []).append(
                (_text(offer), gold[0] if gold else "")
            )
    models = {}
    for key, held in rows.items():
        if len({value for _, value in held}) > MATCH_OR_NONE:
            continue
        texts, values = zip(*held, strict=True)
        if len(set(values)) < 2:
            models[key] = _Always(values[0])
            continue
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), max_features=20_000)
        linear = SGDClassifier(loss="log_loss", alpha=1e-5, random_state=0)
        models[key] = make_pipeline(make_union(words, letters), linear).fit(texts, values)
    return models


class _Always:
    def __init__(self, value: str) -> None:
        self._value = value

    def predict(self, texts: Sequence[str]) -> list[str]:
        return [self._value] * len(texts)


def _spec(taxonomy: Taxonomy, offer: Offer, name: str) -> AttributeSpec | None:
    held: Mapping[str, AttributeSpec] = taxonomy.get(offer.category, {})
    return held.get(name)


def _longest(offer: Offer, spec: AttributeSpec | None) -> str | None:
    from ml.taclr.surface import compact

    text = f" {offer.title} {offer.description} ".lower()
    plain = compact(offer.title) + "|" + compact(offer.description)
    stated = [
        value.value
        for value in (spec.values if spec else ())
        if value.value.lower() in text or (len(value.value) > 3 and compact(value.value) in plain)
    ]
    return max(stated, key=len, default=None)


def _text(offer: Offer) -> str:
    return f"{offer.title} {offer.description[:2000]}"
