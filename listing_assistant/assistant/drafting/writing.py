"""What a worker does with a job: gather, write, and keep what came of it as a version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from listing_assistant.assistant import selectors
from listing_assistant.assistant.drafting import inference
from listing_assistant.assistant.drafting.facts import ListingFacts, best_category, facts_of
from listing_assistant.assistant.drafting.inference import Asked, BaseSentence, Written
from listing_assistant.assistant.drafting.passages import own_text
from listing_assistant.assistant.drafting.photo_paths import photo_paths
from listing_assistant.assistant.drafting.step import description_findings
from listing_assistant.assistant.drafting.versions import history_of
from listing_assistant.assistant.drafting.wishes import Wanted
from listing_assistant.assistant.examples import examples_for
from listing_assistant.assistant.models import Analysis, DraftJob, Suggestion
from listing_assistant.assistant.pipeline import add_suggestions, next_rank

Task = DraftJob.Task
Kind = Suggestion.Kind

NOTHING_TO_SAY = "There is nothing to say yet: a title or a detail would help."
UNCHANGED = {
    Task.SHORTER: "It is as short as it can be and still say all that is known.",
    Task.LONGER: "All that is known is said already: another detail makes it longer.",
}
UNCHANGED_ELSE = "No other wording was found that the listing backs."


@dataclass(frozen=True)
class Version:
    """`note` says why there is none to keep; empty where there is."""

    draft: Written
    wanted: Wanted
    facts: ListingFacts
    note: str = ""


def write(job: DraftJob, on_text: Callable[[str], None]) -> Version:
    """Raises UnavailableError."""
    listing = job.listing
    analysis = selectors.current_analysis(listing) or listing.analyses.order_by("pk").last()
    history = history_of(listing)
    facts = facts_of(listing, analysis, seller_text=own_text(listing, history.versions))
    base = tuple(BaseSentence(**one) for one in job.base)
    with photo_paths(list(listing.photos.select_related("image"))) as paths:
        asked = Asked(
            facts,
            length=job.length,
            tone=job.tone,
            language=job.language,
            examples=tuple(examples_for(listing, None, best_category(analysis))),
            photos=paths,
            task=job.task,
            base=base,
            place=job.place,
            seed=_seed(job),
        )
        draft = inference.draft(asked, on_text)
    own = {one.text for one in base if one.own}
    sentences = [{**one, "own": True} if one["text"] in own else one for one in draft.sentences]
    length, tone = inference.wishes_after(asked)
    return Version(
        Written(draft.text, sentences, draft.about),
        Wanted(length, tone, job.language),
        facts,
        _note(job, draft, history.shown),
    )


def _seed(job: DraftJob) -> int:
    """The same request gives the same words, another one others."""
    return int(job.request_hash[:8], 16)


def _note(job: DraftJob, draft: Written, shown: Suggestion | None) -> str:
    if not draft.sentences:
        return NOTHING_TO_SAY
    before = [one["text"] for one in job.base or (shown.value["sentences"] if shown else [])]
    if [one["text"] for one in draft.sentences] != before:
        return ""
    return UNCHANGED.get(Task(job.task), UNCHANGED_ELSE)


def add_version(analysis: Analysis, version: Version) -> Suggestion:
    """Within the transaction that holds the analysis."""
    findings = description_findings(version.draft, version.wanted, version.facts)
    rank = next_rank(analysis, Kind.DESCRIPTION)
    [row] = add_suggestions(analysis, Kind.DESCRIPTION, findings, first_rank=rank)
    return row
