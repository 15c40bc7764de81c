"""Saying that a long piece of work is still being done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import Error, connection

from listing_assistant.assistant import policy

log = structlog.get_logger(__name__)


@contextmanager
def kept_alive(renew: Callable[[], bool]) -> Iterator[None]:
    """Call `renew` every few seconds, from a thread of its own, until it says that it is over.

    A large model may be silent for a minute before its first word: only a second thread can tell
    it from a dead one.
    """
    done = threading.Event()

    def keep() -> None:
        try:
            while not done.wait(policy.ALIVE_SECONDS) and renew():
                pass
        except Error as error:
            # The claim runs out, and who stores finds it lost or still its own.
            log.warning("claim_not_renewed", reason=str(error))
        finally:
            connection.close()

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
