"""Attribute values for a listing: each with its confidence and the words or photo that show it.

python -m ml.taclr.predict --taxonomy FILE --category NAME --title TEXT
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import bundled
from ml.taclr.extraction import LABELLED, VALIDATED, Statement, statements_in
from ml.taclr.matching import Mention, Span, mentions_in, span_of
from ml.taclr.model import TextEncoder
from ml.taclr.photo import PhotoReader, PhotoSpace
from ml.taclr.ranking import Ranked, Ranker, load_ranker
from ml.taclr.retrieval import is_retrievable
from ml.taclr.surface import dimensions, read
from ml.taclr.taxonomy import AttributeSpec, read_taxonomy
from ml.taclr.value_store import BuildReport, Progress

# Of a value that no list holds, of an attribute that training never met, when the seller labels it
# or gives the only figure in the attribute's unit. People's number: no data set has such cases.
STATED_CONFIDENCE = 0.75
# Of the answers that are shown, where a category asks for nothing else. People's number.
TARGET_PRECISION = 0.8


@dataclass(frozen=True)
class Identified:
    """The answer for one attribute. `value` None means: the model abstains."""

    attribute: str
    value: str | None
    confidence: float  # 0..1, calibrated on the validation split; of `value`, or of abstaining
    stated: bool  # True when `span` says it, False when it is inferred
    span: Span | None = None
    runner_up: str | None = None
    runner_up_confidence: float = 0.0  # how likely it is
    source: Literal["text", "photo"] = "text"


class ValueRetriever:
    """What the product calls: specs and a listing in, one `Identified` per attribute out."""

    def __init__(self, ranker: Ranker, release: str, photo_space: PhotoSpace | None = None) -> None:
        self.release = release
        self._ranker = ranker
        self._photo = PhotoReader(photo_space) if photo_space else None
        # Rows of another model would mean something else.
        self._reads_photos = photo_space is not None and (
            photo_space.release == ranker.config.photo_release
        )

    def prepare(self, specs: Sequence[AttributeSpec]) -> None:
        """Encode the keys of a category ahead of its first listing."""
        self._ranker.prepare(specs)
        if self._photo:
            self._photo.prepare(specs)

    def build_values(
        self,
        specs: Iterable[AttributeSpec],
        progress: Progress | None = None,
        *,
        wait: bool = True,
        seconds: float | None = None,
    ) -> BuildReport:
        """Encode a whole vocabulary for all processes that share the folder: `ValueStore.build`."""
        asked = (spec for spec in specs if is_retrievable(spec))
        return self._ranker.store.build(asked, progress, wait=wait, seconds=seconds)

    def identify(
        self,
        specs: Sequence[AttributeSpec],
        *,
        category: str,
        title: str,
        description: str = "",
        photo_vector: NDArray[np.float32] | None = None,
        target_precision: float = TARGET_PRECISION,
    ) -> list[Identified]:
        """One answer per spec, in their order; a `multi` attribute adds one per further value.

        `category` is the listing's; specs of an ancestor are answered all the same. `photo_vector`
        lies in `photo_space`. It abstains where answers like this one are right in less than
        `target_precision` of all cases.
        """
        answers: list[Identified] = []
        photo = photo_vector if self._reads_photos else None
        for ranked in self._ranker.rank(specs, title, description, photo):
            answer = _identified(ranked, title, description)
            if answer.value is not None and not ranked.reaches(target_precision):
                answer = _abstained(answer)
            if answer.value is None and not ranked.known:
                answer = _plainly_stated(ranked.spec, title, description) or answer
            if answer.value is None and self._photo and photo_vector is not None:
                answer = self._seen(ranked.spec, category, photo_vector, target_precision) or answer
            answers.append(answer)
            if ranked.spec.kind == "multi" and answer.stated:
                answers += _further(ranked, answer, title, description)
        return answers

    def _seen(
        self, spec: AttributeSpec, category: str, photo: NDArray[np.float32], target: float
    ) -> Identified | None:
        """What the photo alone shows, where neither the text nor training has an answer."""
        seen = self._photo.answer(spec, category, photo) if self._photo else None
        if seen is None or seen.confidence < target:
            return None
        return Identified(
            spec.attribute,
            seen.value,
            seen.confidence,
            stated=False,
            runner_up=seen.runner_up,
            source="photo",
        )


def load_taclr(
    folder: Path,
    text_encoder: TextEncoder,
    photo_space: PhotoSpace | None = None,
    values_folder: Path | None = None,
) -> ValueRetriever:
    """A retriever from an artefact.

    `photo_space` is the one that photo vectors live in; without it photos answer nothing.
    `values_folder` holds the value vectors that processes share. Raises ArtefactError with the
    reason when the artefact cannot be used.
    """
    ranker, release = load_ranker(folder, text_encoder, values_folder)
    return ValueRetriever(ranker, release, photo_space)


def _identified(ranked: Ranked, title: str, description: str) -> Identified:
    span = None
    if ranked.mention is not None:
        span = _span(ranked.mention, title, description)
    return Identified(
        ranked.spec.attribute,
        ranked.value,
        ranked.confidence,
        stated=span is not None,
        span=span,
        runner_up=ranked.runner_up,
        runner_up_confidence=ranked.runner_up_confidence,
        source="photo" if ranked.from_photo else "text",
    )


def _abstained(answer: Identified) -> Identified:
    """Not sure enough for the target: the answer is left as the likeliest guess."""
    return Identified(
        answer.attribute,
        None,
        1 - answer.confidence,
        stated=False,
        runner_up=answer.value,
        runner_up_confidence=answer.confidence,
    )


def _plainly_stated(spec: AttributeSpec, title: str, description: str) -> Identified | None:
    """A labelled value, one whose check digit is right, or the one figure in the attribute's unit.

    None where there is none, or more than one.
    """
    found = statements_in(spec, read(title), "title")
    found += statements_in(spec, read(description), "description")
    labelled = [each for each in found if each.conversion == LABELLED]
    validated = [each for each in found if each.conversion == VALIDATED]
    # Lengths abound in a listing: a figure in cm does not say which side it measures.
    measured = [] if not spec.units or "length" in dimensions(spec.units) else found
    for statements in (labelled, validated, measured):
        if len({each.value for each in statements}) == 1:
            return _from_statement(spec, statements[0], title, description)
    return None


def _from_statement(
    spec: AttributeSpec, statement: Statement, title: str, description: str
) -> Identified:
    text = read(title if statement.field == "title" else description)
    span = span_of(text, statement.field, statement.first, statement.last)
    return Identified(spec.attribute, statement.value, STATED_CONFIDENCE, stated=True, span=span)


def _further(ranked: Ranked, first: Identified, title: str, description: str) -> list[Identified]:
    """The other values that a `multi` attribute is given in so many words."""
    found: dict[str, Identified] = {}
    for mention in mentions_in(ranked.spec, title, description):
        value = ranked.spec.values[mention.value].value
        span = _span(mention, title, description)
        if value == first.value or mention.form not in ("exact", "compact", "synonym"):
            continue
        if first.span and _overlap(span, first.span):
            continue
        found.setdefault(
            value, Identified(first.attribute, value, first.confidence, True, span, None)
        )
    return list(found.values())


def _span(mention: Mention, title: str, description: str) -> Span:
    text = read(title if mention.field == "title" else description)
    return span_of(text, mention.field, mention.first, mention.last)


def _overlap(one: Span, other: Span) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end


def main() -> None:
    """Print the values of one listing as JSON lines."""
    parser = argparse.ArgumentParser(description="Attribute values of one listing.")
    parser.add_argument("--taxonomy", type=Path, required=True, help="lists of allowed values")
    parser.add_argument("--category", required=True, help="one of the taxonomy's")
    parser.add_argument("--title", required=True)
    parser.add_argument("--description", default="")
    parser.add_argument("--target", type=float, default=TARGET_PRECISION, help="least precision")
    parser.add_argument("--artefact", type=Path, default=bundled("taclr"))
    arguments = parser.parse_args()
    from ml.encoders.registry import load_text_encoder

    torch.set_num_threads(1)
    taxonomy = read_taxonomy(arguments.taxonomy)
    if arguments.category not in taxonomy:
        parser.error(
            f"--category {arguments.category!r} is not in {arguments.taxonomy.name}; "
            f"it has {', '.join(sorted(taxonomy))}"
        )
    retriever = load_taclr(arguments.artefact, load_text_encoder("bundled"))
    for found in retriever.identify(
        list(taxonomy[arguments.category].values()),
        category=arguments.category,
        title=arguments.title,
        description=arguments.description,
        target_precision=arguments.target,
    ):
        print(json.dumps(asdict(found), ensure_ascii=False))


if __name__ == "__main__":
    main()
