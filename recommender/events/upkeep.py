"""What is done about the logs from time to time; each step does nothing when it was done."""

from __future__ import annotations

from datetime import date, timedelta

import structlog
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from recommender import policy
from recommender.events import counters, export, partitions
from recommender.locks import only_here
from recommender.models import Erasure
from recommender.similar.hidden import forget_past_visits

log = structlog.get_logger()

IDS_A_STEP = 50_000


def keep_up(*, today: date | None = None) -> None:
    """Partitions ahead, retention, and the memories that have an end. One process at a time."""
    today = today or timezone.now().date()
    oldest = today - timedelta(days=settings.EVENT_RETENTION_DAYS)
    with only_here("events") as is_mine:
        if not is_mine:
            return
        made = dropped = 0
        try:
            made = partitions.make_days(today=today, oldest=oldest)
            dropped = partitions.drop_days(before=oldest)
        except OperationalError as error:
            # A lock that was not to be had: the log goes on in its default partition till then.
            log.warning("partitions_wait", reason=str(error).strip())
        export.drop_days(settings.EVENTS_DIR, before=oldest)
        forgotten = forget_stored_ids()
        counters.forget_past_viewers()
        forget_past_visits()
        Erasure.objects.filter(erased_at__lt=timezone.now() - policy.STORED_IDS_KEPT).delete()
        log.info("events_kept_up", days_made=made, days_dropped=dropped, ids_forgotten=forgotten)


def forget_stored_ids() -> int:
    """Those whose events would be refused for their age by now; in steps that lock for moments."""
    before, forgotten = timezone.now() - policy.STORED_IDS_KEPT, 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "DELETE FROM recommender_storedeventid WHERE event_id IN ("
                " SELECT event_id FROM recommender_storedeventid WHERE stored_at < %s LIMIT %s)",
                [before, IDS_A_STEP],
            )
            count: int = cursor.rowcount
            forgotten += count
            if count < IDS_A_STEP:
                return forgotten
