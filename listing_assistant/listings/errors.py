"""What the services of this app refuse. Callers branch on `code`, people read `message`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Listing


@dataclass(frozen=True)
class Problem:
    """One thing to put right. `field` is the name of the form's field; a warning blocks nothing."""

    field: str
    code: str
    message: str
    blocks: bool = True


class ListingError(Exception):
    """A request on a listing was refused and nothing was changed.

    `problems` holds every fault of the request, one a field; `field` is empty where no single
    field is to blame.
    """

    def __init__(
        self, code: str, message: str, field: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.problems = tuple(problems) or (Problem(field, code, message),)


class PhotoError(ListingError):
    """A photo was refused; the listing is as it was."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, field="photos")


class NotYoursError(ListingError):
    """The listing belongs to somebody else."""

    def __init__(self) -> None:
        super().__init__("not_yours", "This listing belongs to another seller.")


class StaleEditError(ListingError):
    """The edit started from an older version; `current` is the listing as it is now."""

    def __init__(self, current: Listing) -> None:
        super().__init__(
            "stale",
            "This listing was changed elsewhere meanwhile. Compare both, then save again.",
        )
        self.current = current


def invalid(problems: Sequence[Problem]) -> ListingError:
    """One error for several faulty fields."""
    first = problems[0]
    message = " ".join(problem.message for problem in problems)
    return ListingError("invalid", message, field=first.field, problems=problems)
