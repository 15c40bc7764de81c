"""A batch that has been read → the stream. When this returns, its events will be stored."""

from __future__ import annotations

from recommender.events import pacing
from recommender.events.event import encode
from recommender.events.reading import Batch, Sender
from recommender.events.stream import event_stream


def take(batch: Batch, *, sender: Sender) -> int:
    """How many events were put on the stream: all of the batch's.

    Raises TooManyError, StreamFullError and StreamError; the batch may then be sent again as it is.
    """
    if not batch.events:
        return 0
    pacing.check_rate(sender.caller, len(batch.events), now=batch.events[0].received_at)
    event_stream().append([encode(event) for event in pacing.flag_pace(batch.events)])
    return len(batch.events)
