"""The step that compares photos and title: verdict, and the photo, part and word it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from listing_assistant.assistant import inference, policy, reading, wording
from listing_assistant.assistant.findings import Clue, Finding
from listing_assistant.assistant.inference import UnavailableError
from listing_assistant.assistant.models import Evidence, Suggestion
from listing_assistant.assistant.steps import Look
from listing_assistant.catalogue.models import Category

if TYPE_CHECKING:
    from ml.mismatch.evidence import WordEvidence
    from ml.mismatch.predict import MismatchResult

Kind = Suggestion.Kind


def judge_match(look: Look) -> list[Finding]:
    """Do the photos show what the title says? Nothing to say without a title and a photo."""
    encoded, title = look.encoded, look.listing.title
    if not len(encoded.photo_vectors) or not title.strip():
        return []
    category = look.listing.category
    result = inference.judge(encoded.photo_vectors, title, category.names if category else ())
    # A title without words cannot be compared: there is a score for no photo then.
    by_photo = dict(zip(encoded.photo_ids, map(float, result.photo_scores), strict=False))
    read = reading.read(look.photos, title)
    verdict = "unsure" if result.verdict == "match" and read.contradicts else result.verdict
    outliers = [encoded.photo_ids[place] for place in result.outliers]
    value = {
        "verdict": verdict,
        "score": float(result.score),
        "photo_scores": by_photo,
        "outliers": outliers,
        "counterfactual": asdict(result.counterfactual) if result.counterfactual else None,
    }
    bad = outliers or _worst_photos(by_photo)
    seen, kind = _other_kind(look, result, bad) if result.verdict == "mismatch" else (None, set())
    against = telling_words(result, kind)
    framed = bad if verdict != "match" else []
    clues = (*map(_word_clue, against), *_judged_photos(look, framed, by_photo), *read.clues)
    label = _match_sentence(look, result, bad, [word.text for word in against], seen)
    label = read.added_to(label, result.verdict)
    sure = max(result.score, 1 - result.score)
    return [Finding(Kind.MISMATCH, label, value, confidence=float(sure), clues=clues)]


def _word_clue(word: WordEvidence) -> Clue:
    return Clue(
        Evidence.Kind.TEXT,
        text=word.text,
        field="title",
        start=word.start,
        end=word.end,
        weight=max(0.0, float(word.contribution)),
    )


def _judged_photos(look: Look, framed: Sequence[int], scores: dict[int, float]) -> list[Clue]:
    """Every photo with its score, the first `framed` ones with their regions."""
    images = {photo.pk: photo for photo in look.photos}
    regions = look.regions([images[pk] for pk in framed[: policy.REGIONS_SHOWN]])
    return [
        Clue(
            Evidence.Kind.PHOTO,
            photo_id=pk,
            region=regions.get(pk),
            seen_image=images[pk].image_id,
            weight=score,
        )
        for pk, score in scores.items()
    ]


def telling_words(result: MismatchResult, kind: set[str]) -> list[WordEvidence]:
    """The few worst words, those that name the kind of thing before all others.

    Where the photo shows another kind, every word is in doubt: no single one changes the verdict,
    and which of them weighs most is chance. Where it does not, the words that clear the warning by
    their absence are the wrong ones, and a brand beside them is not to blame. Sizes and units count
    only where there is nothing else, for photos hide them.
    """
    named = [word for word in result.words if _names(word.text, kind)]
    if not named and result.counterfactual:
        spans = result.counterfactual.spans
        return [
            word
            for word in result.words
            if any(word.start < end and start < word.end for start, end in spans)
        ]
    against = [word for word in result.words if word.contribution > 0 and word not in named]
    names = [
        word
        for word in against
        if any(part.isalpha() and len(part) > 2 for part in word.text.split())
    ]
    return (named + (names or against))[: policy.WORDS_SHOWN]


def _names(text: str, kind: set[str]) -> bool:
    """Whether a word or phrase is one of the kind's words, in singular or plural."""
    return any(part.startswith(name) for part in text.casefold().split() for name in kind)


def _other_kind(
    look: Look, result: MismatchResult, bad: Sequence[int]
) -> tuple[Category | None, set[str]]:
    """The category that the photos show where it is not the title's, and the title's words for its.

    The words, in lower case, are in doubt where the photos are recognised as another kind, or where
    no word or two clear the warning: nine of ten titles with a single wrong value can be cleared so
    (`benchmarks/evidence.py`).
    """
    seen = _category_seen(look, bad)
    try:
        found = inference.categories_of(look.listing.title, None, k=1)
    except UnavailableError:
        return seen, set()
    if found and seen and found[0].id == seen.pk:
        return None, set()
    if not found or (seen is None and result.counterfactual):
        return seen, set()
    return seen, {part for words in found[0].evidence for part in words.casefold().split()}


def _match_sentence(
    look: Look, result: MismatchResult, bad: Sequence[int], words: list[str], seen: Category | None
) -> str:
    photos = len(result.photo_scores)
    if not photos:
        return f"They cannot be compared: {result.reason}."
    if result.outliers and result.verdict != "mismatch":
        return wording.outlier_sentence([look.position(pk) for pk in bad])
    return wording.mismatch_sentence(
        verdict=result.verdict,
        bad_positions=[look.position(pk) for pk in bad],
        photos=photos,
        words=words,
        looks_like=seen.name if seen else "",
    )


def _worst_photos(scores: dict[int, float]) -> list[int]:
    """The photos nearer to the worst score than to the best; all when they score alike."""
    if not scores:
        return []
    worst, best = max(scores.values()), min(scores.values())
    if worst - best < policy.PHOTOS_ALIKE:
        return list(scores)
    return [pk for pk, score in scores.items() if score >= (worst + best) / 2]


def _category_seen(look: Look, photo_ids: Sequence[int]) -> Category | None:
    """The category that the photos alone suggest, where they do so clearly."""
    encoded = look.encoded
    rows = [encoded.photo_ids.index(pk) for pk in photo_ids]
    try:
        found = inference.categories_of("", encoded.photo_vectors[rows], k=1)
    except UnavailableError:
        return None
    if not found or found[0].confidence < policy.LOOKS_LIKE_CONFIDENCE:
        return None
    return Category.objects.filter(pk=found[0].id).first()
