"""The pipeline's own draft: the first version of the description, and a title."""

from __future__ import annotations

from dataclasses import asdict

from listing_assistant.assistant import policy
from listing_assistant.assistant.drafting import inference
from listing_assistant.assistant.drafting.facts import ListingFacts, facts_of
from listing_assistant.assistant.drafting.inference import Asked, Written
from listing_assistant.assistant.drafting.photo_paths import photo_paths
from listing_assistant.assistant.drafting.streaming import TextSoFar
from listing_assistant.assistant.drafting.wishes import Wanted, wishes_of
from listing_assistant.assistant.examples import examples_for
from listing_assistant.assistant.findings import Finding
from listing_assistant.assistant.inference import UnavailableError
from listing_assistant.assistant.models import Suggestion
from listing_assistant.assistant.steps import Look
from recommender.vectors import Vector

Kind = Suggestion.Kind


def draft_texts(look: Look) -> list[Finding]:
    """A description in which every claim names what it stands on, and a title if it helps."""
    category = look.category
    if not look.listing.title.strip() and category is None:
        return []
    facts = facts_of(look.listing, look.analysis, category)
    wanted = wishes_of(look.listing)
    stream = TextSoFar(look.analysis.public_id)
    with photo_paths(look.photos) as paths:
        asked = Asked(
            facts,
            **asdict(wanted),
            examples=tuple(examples_for(look.listing, _vector(look), category)),
            photos=paths,
            seed=look.listing.pk,
        )
        written = inference.draft(asked, stream)
    stream.clear()
    return [*description_findings(written, wanted, facts), *title_findings(facts)]


def description_findings(written: Written, wanted: Wanted, facts: ListingFacts) -> list[Finding]:
    """One version, or none where nothing could be said."""
    if not written.sentences:
        return []
    # A draft is as sure as the least sure suggestion that it repeats.
    sure = min(facts.confidence, policy.STATED_CONFIDENCE)
    value = {"text": written.text, "sentences": written.sentences}
    about = asdict(wanted) | written.about
    return [Finding(Kind.DESCRIPTION, "A description", value, confidence=sure, about=about)]


def title_findings(facts: ListingFacts) -> list[Finding]:
    found = inference.suggest_title(facts)
    if found is None:
        return []
    value = {"text": found.text, "sources": list(found.sources), "changes": list(found.changes)}
    sure = min(facts.confidence, policy.STATED_CONFIDENCE)
    return [Finding(Kind.TITLE, f"Title: {found.text}", value, confidence=sure)]


def _vector(look: Look) -> Vector | None:
    try:
        return look.encoded.item_vector
    except UnavailableError:
        return None
