"""What is asked for once in a moment."""

from __future__ import annotations

import pytest

from listing_assistant.remembered import Remembered


def asked_again_and_again() -> Remembered[int]:
    answers = iter(range(10))
    return Remembered(lambda: next(answers))


def test_one_asking_serves_all_within_the_time(settings):
    settings.REMEMBERED_SECONDS = 60
    remembered = asked_again_and_again()
    assert [remembered(), remembered(), remembered()] == [0, 0, 0]


def test_asks_anew_when_the_time_is_over(settings):
    remembered = asked_again_and_again()
    settings.REMEMBERED_SECONDS = 60
    assert remembered() == 0
    settings.REMEMBERED_SECONDS = 0
    assert [remembered(), remembered()] == [1, 2]


def test_what_cannot_be_asked_is_asked_again(settings):
    settings.REMEMBERED_SECONDS = 60
    answers = iter([None, 7])

    def ask() -> int:
        if (answer := next(answers)) is None:
            raise ConnectionError
        return answer

    remembered = Remembered(ask)
    with pytest.raises(ConnectionError):
        remembered()
    assert remembered() == 7
