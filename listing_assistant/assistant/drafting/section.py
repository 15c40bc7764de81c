"""What the editor's draft section shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from listing_assistant.assistant.draft_models import Length, Tone
from listing_assistant.assistant.drafting import inference
from listing_assistant.assistant.drafting.facts import ListingFacts, facts_of
from listing_assistant.assistant.drafting.jobs import newest_job
from listing_assistant.assistant.drafting.passages import Passage, is_taken, shown_passages
from listing_assistant.assistant.drafting.streaming import text_so_far
from listing_assistant.assistant.drafting.versions import History, history_of
from listing_assistant.assistant.drafting.wishes import Wanted, wishes_of
from listing_assistant.assistant.models import Analysis, DraftJob, Evidence, Step, Suggestion
from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing

Kind = Suggestion.Kind
Task = DraftJob.Task


@dataclass(frozen=True)
class Action:
    """A button that asks for another version; `key` presses it."""

    task: str
    label: str
    key: str


ACTIONS = (
    Action(Task.SHORTER, "Shorter", "s"),
    Action(Task.LONGER, "Longer", "l"),
    Action(Task.FRIENDLIER, "Friendlier", "w"),
    Action(Task.PLAINER, "Plainer", "p"),
    Action(Task.DRAFT, "Draft again", "d"),
)


@dataclass(frozen=True)
class Spot:
    """What a claim stands on: the id of the element that shows it, and what it says there."""

    target: str
    says: str
    photos: tuple[Evidence, ...] = ()


class DraftSection:
    """Read once for an answer; the template asks for what it needs."""

    def __init__(
        self,
        listing: Listing,
        analysis: Analysis | None,
        category: Category | None,
        suggestions: Sequence[Suggestion],
    ) -> None:
        self.listing = listing
        self.analysis = analysis
        self._category = category
        self._suggestions = suggestions
        self.actions = ACTIONS
        self.lengths = Length.choices
        self.tones = Tone.choices

    @cached_property
    def history(self) -> History:
        return history_of(self.listing)

    @cached_property
    def job(self) -> DraftJob | None:
        return newest_job(self.listing)

    @property
    def is_written(self) -> bool:
        """Whether a version is being written that the seller waits for."""
        if self.job and self.job.is_under_way:
            return True
        analysis = self.analysis
        is_drafted = analysis is None or Step.DESCRIPTION in analysis.steps_done
        # A new title is drafted from too, but not in the place of what was taken over.
        return bool(analysis and analysis.is_under_way and not is_drafted and not self.is_taken)

    @property
    def text_so_far(self) -> str:
        if self.job and self.job.is_under_way:
            return text_so_far(self.job.public_id)
        return text_so_far(self.analysis.public_id) if self.analysis and self.is_written else ""

    @cached_property
    def facts(self) -> ListingFacts:
        return facts_of(self.listing, self.analysis, self._category)

    @cached_property
    def passages(self) -> list[Passage]:
        return shown_passages(self.listing, self.history, self.facts)

    @property
    def is_taken(self) -> bool:
        return is_taken(self.listing, self.history)

    @property
    def unbacked(self) -> list[str]:
        return [claim.text for passage in self.passages for claim in passage.unbacked]

    @property
    def told(self) -> str:
        """Why the last request brought no new version; empty where it did, or elsewhere."""
        job = self.job
        is_here = job is not None and (job.version is None or job.version == self.history.shown)
        return job.note if job is not None and is_here and not job.is_under_way else ""

    @property
    def framed(self) -> list[Evidence]:
        """Photos in which details were seen, for the frames that hovering shows."""
        rows = {row.photo_id: row for spot in self.spots.values() for row in spot.photos}
        return [row for row in rows.values() if row.region]

    @property
    def has_failed(self) -> bool:
        return self.job is not None and self.job.status == DraftJob.Status.FAILED

    @cached_property
    def wishes(self) -> Wanted:
        return wishes_of(self.listing)

    @property
    def languages(self) -> Sequence[tuple[str, str]]:
        return inference.languages()

    @property
    def seen(self) -> int | str:
        """The newest version that this page knows of."""
        return self.history.newest.pk if self.history.newest else ""

    @cached_property
    def spots(self) -> Mapping[str, Spot]:
        """By the name of a fact."""
        facts = self.facts
        found = {
            "title": Spot("field-title", "the title"),
            "category": Spot("s-category", f"the category: {facts.category}"),
            "condition": Spot(
                "field-condition", f"the condition: {self.listing.get_condition_display()}"
            ),
            "condition_note": Spot("field-condition_note", "your note on the condition"),
            "seller_text": Spot("field-description", "your own words"),
        }
        return found | self._spots_of_details()

    def _spots_of_details(self) -> dict[str, Spot]:
        known = {
            row.attribute.name: row.attribute_id
            for row in self.listing.attribute_rows.select_related("attribute")
        }
        photos: dict[str, tuple[Evidence, ...]] = {}
        for row in self._suggestions:
            if row.kind == Kind.ATTRIBUTE:
                name = row.label.split(": ")[0]
                known.setdefault(name, row.value["attribute"])
                seen = (one for one in row.evidence.all() if one.kind == Evidence.Kind.PHOTO)
                photos[name] = tuple(one for one in seen if one.photo_id)
        values: dict[str, str] = {}
        for detail in self.facts.details:
            before = values.get(detail.name)
            values[detail.name] = f"{before}, {detail.value}" if before else detail.value
        return {
            name: Spot(f"field-attribute-{pk}", f"{name}: {values[name]}", photos.get(name, ()))
            for name, pk in known.items()
            if name in values
        }
