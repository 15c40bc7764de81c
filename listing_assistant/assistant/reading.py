"""What text in the photos says to the title, as evidence and as a sentence. Off by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listing_assistant.assistant import inference, wording
from listing_assistant.assistant.findings import Clue
from listing_assistant.assistant.models import Evidence, Region
from listing_assistant.listings.models import Photo

if TYPE_CHECKING:
    from ml.mismatch.reading import Reading


@dataclass(frozen=True)
class Read:
    """Evidence read, and the contradictions among it as sentences."""

    clues: tuple[Clue, ...] = ()
    sentences: tuple[str, ...] = ()

    @property
    def contradicts(self) -> bool:
        return bool(self.sentences)

    def added_to(self, label: str, verdict: str) -> str:
        """The label with what was read; in place of one that says that all is well."""
        kept = [] if verdict == "match" and self.contradicts else [label]
        return " ".join([*kept, *self.sentences])[:500]


def read(photos: Sequence[Photo], title: str) -> Read:
    """Raises UnavailableError where the setting OCR is on and its library is missing."""
    found = inference.read_photos(photos, title)
    pairs = [(photo, one) for photo in photos for one in found.get(photo.pk, [])]
    # One photo that shows another name is enough to say so; the title's own name on any is support.
    said = {(one.start, one.end) for _, one in pairs if not one.contradicts}
    against = [pair for pair in pairs if pair[1].contradicts and _span(pair[1]) not in said]
    support = [pair for pair in pairs if not pair[1].contradicts]
    sentences = [
        wording.reading_sentence(photo.position, one.seen, one.text) for photo, one in against[:1]
    ]
    return Read(tuple(_clue(*pair) for pair in (*against, *support)), tuple(sentences))


def _span(one: Reading) -> tuple[int, int]:
    return one.start, one.end


def _clue(photo: Photo, one: Reading) -> Clue:
    line = one.line
    return Clue(
        Evidence.Kind.READ,
        text=one.seen,
        field="title",
        start=one.start,
        end=one.end,
        photo_id=photo.pk,
        region=Region(line.left, line.top, line.right, line.bottom),
        seen_image=photo.image_id,
        weight=line.confidence if one.contradicts else -line.confidence,
    )
