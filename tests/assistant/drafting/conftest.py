"""A dress whose details are stated, drafted by the built-in writer."""

from __future__ import annotations

import pytest

from listing_assistant.assistant import pipeline
from listing_assistant.assistant.drafting import jobs
from listing_assistant.assistant.findings import Finding, content_hash, input_hash
from listing_assistant.assistant.inference import releases
from listing_assistant.assistant.models import Analysis, DraftJob, Step, Suggestion
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings import services as listings

TITLE = "Acme wool dress"
STATED = {"Colour": "Red", "Brand": "Acme", "Material": "Wool", "Length": "Knee length"}
FIRST = "This dress is red. It is made of wool."


@pytest.fixture
def dress(alice, vocabulary):
    """Of Alice: red, of wool, by Acme, in good condition; nothing was said about wear."""
    category = Category.objects.get(name="Dresses")
    listing = listings.create_draft(
        seller=alice, title=TITLE, category=category, condition="good", price="20"
    )
    for position, (name, text) in enumerate(STATED.items(), start=10):
        attribute, created = Attribute.objects.get_or_create(
            taxonomy=category.taxonomy, name=name, defaults={"source_id": name}
        )
        if created:
            category.category_attributes.create(attribute=attribute, position=position)
        listings.set_attribute(listing=listing, user=alice, attribute=attribute, text=text)
    listing.refresh_from_db()
    return listing


@pytest.fixture
def analysed(dress):
    """The dress after its analysis, with a first version that is known word for word."""
    content = content_hash(dress)
    analysis, _ = Analysis.objects.get_or_create(
        listing=dress,
        input_hash=input_hash(content, releases()),
        defaults={"content_hash": content},
    )
    sentences = [sentence("This dress is red.", "red", "Colour")]
    sentences.append(sentence("It is made of wool.", "wool", "Material"))
    value = {"text": FIRST, "sentences": sentences}
    about = {"length": "medium", "tone": "plain", "language": "en"}
    first = Finding(Suggestion.Kind.DESCRIPTION, "A description", value, 0.9, about=about)
    pipeline.replace_suggestions(analysis, Suggestion.Kind.DESCRIPTION, [first])
    rows = Analysis.objects.filter(pk=analysis.pk)
    rows.update(status=Analysis.Status.DONE, steps_done=list(Step))
    return dress


def sentence(text, word, source):
    start = text.index(word)
    end = start + len(word)
    claim = {"text": word, "start": start, "end": end, "source": source, "kind": "detail"}
    return {"text": text, "gap": " ", "sources": [source], "claims": [claim]}


def asked(listing, task="draft", **more):
    """A request of the listing's seller, written at once as a worker would."""
    job = jobs.start_draft(listing=listing, user=listing.seller, task=task, **more)
    jobs.run(job.pk)
    return DraftJob.objects.select_related("version").get(pk=job.pk)


@pytest.fixture
def ask():
    return asked
