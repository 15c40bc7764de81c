"""The two logs become tables partitioned by day; what is in them is carried over.

All rows go to the default partition first: recommender/events/partitions.py gives days their own
as it goes. Foreign keys are checked at once and not at the end, as Django's are: a batch's rows
would queue a check each.
"""

from django.db import migrations

# Ids of reports that may still be sent again (events/policy.py).
REMEMBER_STORED = """
INSERT INTO recommender_storedeventid (event_id, stored_at)
SELECT event_id, max(happened_at) FROM recommender_behaviourevent
WHERE happened_at > now() - interval '9 days' GROUP BY event_id;
"""

PARTITION = """
ALTER TABLE {table} RENAME TO {table}_whole;
CREATE TABLE {table} (LIKE {table}_whole INCLUDING DEFAULTS INCLUDING IDENTITY)
    PARTITION BY RANGE ({time});
CREATE TABLE {table}_default PARTITION OF {table} DEFAULT;
INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}_whole;
SELECT setval(
    pg_get_serial_sequence('{table}', 'id'), coalesce((SELECT max(id) FROM {table}_whole), 0) + 1
);
DROP TABLE {table}_whole;
ALTER TABLE {table} ADD PRIMARY KEY (id, {time});
ALTER TABLE {table} ADD FOREIGN KEY ({listing}) REFERENCES listings_listing;
ALTER TABLE {table} ADD FOREIGN KEY (user_id) REFERENCES accounts_user;
"""

# Back to one table each. What goes with the partitions, their indexes, is made again.
WHOLE = """
ALTER TABLE {table} RENAME TO {table}_parted;
CREATE TABLE {table} (LIKE {table}_parted INCLUDING DEFAULTS INCLUDING IDENTITY);
INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}_parted;
SELECT setval(
    pg_get_serial_sequence('{table}', 'id'), coalesce((SELECT max(id) FROM {table}_parted), 0) + 1
);
DROP TABLE {table}_parted;
ALTER TABLE {table} ADD PRIMARY KEY (id);
ALTER TABLE {table} ADD FOREIGN KEY ({listing}) REFERENCES listings_listing;
ALTER TABLE {table} ADD FOREIGN KEY (user_id) REFERENCES accounts_user;
"""

EVENT_INDEXES = """
CREATE INDEX event_by_kind ON recommender_behaviourevent (kind, happened_at);
CREATE INDEX event_by_user ON recommender_behaviourevent (user_id, happened_at);
CREATE INDEX event_by_listing ON recommender_behaviourevent (listing_id, kind, happened_at);
"""
IMPRESSION_INDEXES = """
CREATE INDEX impression_by_strip ON recommender_impression (strip, shown_at);
CREATE INDEX impression_by_user ON recommender_impression (user_id, shown_at);
CREATE INDEX impression_by_seed ON recommender_impression (seed_id, shown_at);
"""


def partitioned(indexes, **names):
    return migrations.RunSQL(
        PARTITION.format(**names) + indexes, reverse_sql=WHOLE.format(**names) + indexes
    )


class Migration(migrations.Migration):

    dependencies = [
        ('recommender', '0007_event_stream'),
    ]

    operations = [
        # One default was given to all rows that were there.
        migrations.RunSQL(
            'UPDATE recommender_impression SET event_id = gen_random_uuid()',
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RunSQL(REMEMBER_STORED, reverse_sql=migrations.RunSQL.noop),
        partitioned(
            EVENT_INDEXES,
            table='recommender_behaviourevent',
            time='happened_at',
            listing='listing_id',
        ),
        partitioned(
            IMPRESSION_INDEXES,
            table='recommender_impression',
            time='shown_at',
            listing='seed_id',
        ),
    ]
