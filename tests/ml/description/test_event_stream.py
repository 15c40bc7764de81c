"""Server-sent events, however the network cuts them."""

from __future__ import annotations

import pytest

from ml.description.generators.answers import spoken
from ml.description.generators.event_stream import data_of_events

STREAM = (
    "\ufeffevent: message\r\ndata: one\r\ndata:two\r\n\r\n"
    ": a comment\n\nid: 4\ndata:  three\n\rdata\rdata: \r\rdata: fünf"
)
EVENTS = ["one\ntwo", " three", "\n", "fünf"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_the_same_wherever_the_stream_is_cut(size: int):
    chunks = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert list(data_of_events(chunks)) == EVENTS


def test_a_stream_without_data_has_no_events():
    assert list(data_of_events(["", ": ping\n\n", "retry: 3\n\n"])) == []


@pytest.mark.parametrize("size", [1, 2, 5, 100])
@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("A red dress.", "A red dress."),
        ("<think>Red.\nA <b>dress</b>?</think>\n\nA dress.", "A dress."),
        ("\n <think></think>A dress.", "A dress."),
        ("<thin> strap.", "<thin> strap."),
        ("<think>never ends", ""),
        ("A dress. <think>no", "A dress. <think>no"),
        ("<", "<"),
        ("", ""),
    ],
)
def test_thoughts_in_front_are_left_out(answer: str, text: str, size: int):
    pieces = [answer[start : start + size] for start in range(0, len(answer), size)]
    assert "".join(spoken(pieces)) == text
