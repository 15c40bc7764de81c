"""The one error that this app raises at its callers."""

from __future__ import annotations


class AssistantError(Exception):
    """What was asked cannot be done. `code` is for programs, `message` for people.

    codes: nothing_to_analyse, not_yours, already_decided, nothing_to_undo, changed_since,
    not_applicable, not_stopped, under_way; with `field`: not_a_choice, nothing_to_change, bad_place
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
