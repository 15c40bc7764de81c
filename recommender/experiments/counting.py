"""A day of the log as counts of an experiment's units: read once, and anew while events come late.

An act counts from the unit's exposure on. A watch or purchase is the strip's when the unit clicked
the listing there at most policy.ATTRIBUTED_WITHIN before; a click counts until the experiment's
end, and what it led to after that as well. A refund counts on its own day, against the unit of
its purchase. Ad revenue is by the ad rate that the listing has when the day is counted. Money of
two currencies is never added up. Flagged events and impressions do not count.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from recommender import policy
from recommender.events.days import midnight
from recommender.events.storing import keep_erasures_waiting
from recommender.models import Experiment

# The moment of the strip is the server's, that of being seen the browser's.
CLOCKS_DIFFER_BY = timedelta(minutes=1)


def count_day(experiment: Experiment, day: date) -> int:
    """Write what every exposed unit did on the day, anew; returns how many units did anything."""
    params = _params(experiment, day)
    with transaction.atomic(), connection.cursor() as cursor:
        # Else what this has read of a person is written after they were erased.
        keep_erasures_waiting()
        cursor.execute(
            "DELETE FROM recommender_unitday"
            " WHERE experiment_id = %(experiment)s AND day = %(day)s",
            params,
        )
        cursor.execute(_by_unit(COUNT, experiment), params)
        return int(cursor.rowcount)


def count_before(experiment: Experiment, until: date) -> int:
    """Of units that were exposed by then, what they had done before; once each."""
    params = _params(experiment, until)
    with connection.cursor() as cursor:
        cursor.execute(_by_unit(BEFORE, experiment), params)
        return int(cursor.rowcount)


def _params(experiment: Experiment, day: date) -> dict[str, Any]:
    covariate = timedelta(days=policy.COVARIATE_DAYS)
    return {
        "experiment": experiment.pk,
        "surfaces": list(experiment.surfaces),
        "day": day,
        "start": midnight(day),
        "end": midnight(day + timedelta(days=1)),
        "ended": experiment.ended_at,
        "within": policy.ATTRIBUTED_WITHIN,
        "covariate": covariate,
        "covariate_start": (experiment.started_at or midnight(day)) - covariate,
        "clocks": CLOCKS_DIFFER_BY,
    }


def _by_unit(statement: str, experiment: Experiment) -> str:
    """The statement for people or for visits: how rows of the log name the unit."""
    if experiment.unit == Experiment.Unit.USER:
        unit, known, same = (
            "'u' || {}.user_id",
            "{}.user_id IS NOT NULL",
            "{0}.user_id = {1}.user_id",
        )
    else:
        unit, known = "'s' || {}.session_key", "{}.session_key <> ''"
        same = "{0}.session_key = {1}.session_key"
    for log in ("i", "e", "p", "c"):
        statement = statement.replace(f"[unit of {log}]", unit.format(log))
        statement = statement.replace(f"[{log} has a unit]", known.format(log))
        statement = statement.replace(f"[same unit as {log}]", same.format("c", log))
    return statement


# The exposed click that an act of e or p goes back to.
LED_TO = """EXISTS (
    SELECT 1 FROM recommender_behaviourevent c
    WHERE c.listing_id = {act}.listing_id AND c.kind = 'click' AND [same unit as {act}]
      AND c.happened_at <= {act}.happened_at AND c.happened_at >= {act}.happened_at - %(within)s
      AND c.happened_at >= x.first_at - %(clocks)s
      AND (%(ended)s::timestamptz IS NULL OR c.happened_at < %(ended)s)
      AND c.flags = '' AND c.data->>'strip' = ANY(%(surfaces)s))"""

COUNT = f"""
INSERT INTO recommender_unitday
  (experiment_id, unit, day, seen, clicks, watches, purchases, refunded, anywhere, money)
WITH exposed AS (
  SELECT unit, first_at FROM recommender_exposure
  WHERE experiment_id = %(experiment)s AND first_at < %(end)s
), acts AS (
  SELECT x.unit, 'seen' AS what, jsonb_array_length(i.listings) AS n,
         NULL AS currency, 0::float8 AS money, 0::float8 AS ads
  FROM recommender_impression i JOIN exposed x ON x.unit = [unit of i]
  WHERE i.strip = ANY(%(surfaces)s) AND i.shown_at >= %(start)s AND i.shown_at < %(end)s
    AND i.shown_at >= x.first_at - %(clocks)s AND i.flags = '' AND [i has a unit]
    AND (%(ended)s::timestamptz IS NULL OR i.shown_at < %(ended)s)
  UNION ALL
  SELECT x.unit, 'clicks', 1, NULL, 0, 0
  FROM recommender_behaviourevent e JOIN exposed x ON x.unit = [unit of e]
  WHERE e.kind = 'click' AND e.data->>'strip' = ANY(%(surfaces)s)
    AND e.happened_at >= %(start)s AND e.happened_at < %(end)s
    AND e.happened_at >= x.first_at - %(clocks)s AND e.flags = '' AND [e has a unit]
    AND (%(ended)s::timestamptz IS NULL OR e.happened_at < %(ended)s)
  UNION ALL
  SELECT x.unit, CASE e.kind WHEN 'watch' THEN 'watches' ELSE 'purchases' END, 1,
    CASE e.kind WHEN 'purchase' THEN coalesce(e.data->>'currency', l.currency) END,
    coalesce((e.data->>'amount')::float8, l.price::float8, 0),
    coalesce((e.data->>'amount')::float8, l.price::float8, 0) * l.ad_rate::float8 / 100
  FROM recommender_behaviourevent e JOIN exposed x ON x.unit = [unit of e]
  JOIN listings_listing l ON l.id = e.listing_id
  WHERE e.kind IN ('watch', 'purchase') AND e.flags = '' AND [e has a unit]
    AND e.happened_at >= %(start)s AND e.happened_at < %(end)s
    AND {LED_TO.format(act="e")}
  UNION ALL
  SELECT x.unit, 'anywhere', 1, NULL, 0, 0
  FROM recommender_behaviourevent e JOIN exposed x ON x.unit = [unit of e]
  WHERE e.kind = 'purchase' AND e.flags = '' AND [e has a unit]
    AND e.happened_at >= %(start)s AND e.happened_at < %(end)s AND e.happened_at >= x.first_at
    AND (%(ended)s::timestamptz IS NULL OR e.happened_at < %(ended)s)
  UNION ALL
  SELECT x.unit, 'refunded', 1, NULL, 0, 0
  FROM recommender_behaviourevent r
  CROSS JOIN LATERAL (
    SELECT * FROM recommender_behaviourevent b
    WHERE b.listing_id = r.listing_id AND b.kind = 'purchase' AND b.user_id = r.user_id
      AND b.happened_at <= r.happened_at AND b.flags = ''
    ORDER BY b.happened_at DESC LIMIT 1) p
  JOIN exposed x ON x.unit = [unit of p]
  WHERE r.kind = 'refund' AND r.flags = '' AND [p has a unit]
    AND r.happened_at >= %(start)s AND r.happened_at < %(end)s
    AND {LED_TO.format(act="p")}
), monies AS (
  SELECT unit, jsonb_object_agg(currency, jsonb_build_array(money, ads)) AS money
  FROM (SELECT unit, currency, sum(money) AS money, sum(ads) AS ads FROM acts
        WHERE currency IS NOT NULL GROUP BY unit, currency) each
  GROUP BY unit
)
SELECT %(experiment)s, unit, %(day)s,
  coalesce(sum(n) FILTER (WHERE what = 'seen'), 0),
  coalesce(sum(n) FILTER (WHERE what = 'clicks'), 0),
  coalesce(sum(n) FILTER (WHERE what = 'watches'), 0),
  coalesce(sum(n) FILTER (WHERE what = 'purchases'), 0),
  coalesce(sum(n) FILTER (WHERE what = 'refunded'), 0),
  coalesce(sum(n) FILTER (WHERE what = 'anywhere'), 0),
  coalesce((SELECT m.money FROM monies m WHERE m.unit = acts.unit), '{{}}')
FROM acts GROUP BY unit
"""

BEFORE = """
UPDATE recommender_exposure t SET before = found.before FROM (
  SELECT x.id, jsonb_build_object(
    'seen', coalesce(sum(a.n) FILTER (WHERE a.kind = 'seen'), 0),
    'clicks', count(*) FILTER (WHERE a.kind = 'click' AND a.strip = ANY(%(surfaces)s)),
    'watches', count(*) FILTER (WHERE a.kind = 'watch'),
    'purchases', count(*) FILTER (WHERE a.kind = 'purchase')) AS before
  FROM recommender_exposure x LEFT JOIN (
    SELECT [unit of e] AS unit, e.kind, 1 AS n, e.data->>'strip' AS strip, e.happened_at AS at
    FROM recommender_behaviourevent e
    WHERE e.kind IN ('click', 'watch', 'purchase') AND e.flags = '' AND [e has a unit]
      AND e.happened_at < %(end)s AND e.happened_at >= %(covariate_start)s
    UNION ALL
    SELECT [unit of i], 'seen', jsonb_array_length(i.listings), i.strip, i.shown_at
    FROM recommender_impression i
    WHERE i.strip = ANY(%(surfaces)s) AND i.flags = '' AND [i has a unit]
      AND i.shown_at < %(end)s AND i.shown_at >= %(covariate_start)s
  ) a ON a.unit = x.unit AND a.at < x.first_at - %(clocks)s
    AND a.at >= x.first_at - %(covariate)s
  WHERE x.experiment_id = %(experiment)s AND x.before IS NULL AND x.first_at < %(end)s
  GROUP BY x.id
) found WHERE t.id = found.id
"""
