"""The database keeps Listing.search up to date, whoever writes: services, imports or the admin.

Weights: A title, B category path and attribute texts, C other names of the category, D description.
Words are stored twice, as English stems ("running" finds "run") and as written ("wh-1000xm4",
names, other languages).
"""

from django.db import migrations

WORDS = r"""
CREATE FUNCTION listing_words(words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- A slash would join "12/13" and "tv/monitor" into one word that nobody types; a hyphen would
    -- make the 500 of "TX-500" a negative number. "TX500" finds it too.
    SELECT to_tsvector('english', translate(words, '/\_|', '    '))
        || to_tsvector('simple', translate(words, '/\_|-', '     '))
        || to_tsvector('simple', coalesce(
            (SELECT string_agg(replace(hyphenated[1], '-', ''), ' ')
             FROM regexp_matches(words, '(\w+(?:-\w+)+)', 'g') AS hyphenated), ''))
$$
"""

VECTOR = """
CREATE FUNCTION listing_search_vector(
    listing bigint, title text, description text, category bigint
) RETURNS tsvector
LANGUAGE sql STABLE AS $$
    SELECT setweight(listing_words(title), 'A')
        || setweight(listing_words(coalesce(place.path, '')), 'B')
        || setweight(listing_words(coalesce(stated.texts, '')), 'B')
        || setweight(listing_words(coalesce(array_to_string(place.synonyms, ' '), '')), 'C')
        || setweight(to_tsvector('english', description), 'D')
    FROM (SELECT string_agg(text, ' ' ORDER BY id) AS texts
          FROM listings_listingattribute WHERE listing_id = listing) AS stated
    LEFT JOIN catalogue_category AS place ON place.id = category
$$
"""

ON_LISTING = """
CREATE FUNCTION listing_search_on_listing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := listing_search_vector(NEW.id, NEW.title, NEW.description, NEW.category_id);
    RETURN NEW;
END $$;
CREATE TRIGGER listing_search BEFORE INSERT OR UPDATE OF title, description, category_id
    ON listings_listing FOR EACH ROW EXECUTE FUNCTION listing_search_on_listing();
"""

# Once a statement, not once a row: a bulk import changes thousands of attributes at a time.
ON_ATTRIBUTE = """
CREATE FUNCTION listing_search_on_attribute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listings_listing AS listing
    SET search = listing_search_vector(
        listing.id, listing.title, listing.description, listing.category_id)
    WHERE listing.id IN (SELECT listing_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER listing_search_insert AFTER INSERT ON listings_listingattribute
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION listing_search_on_attribute();
CREATE TRIGGER listing_search_update AFTER UPDATE ON listings_listingattribute
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION listing_search_on_attribute();
CREATE TRIGGER listing_search_delete AFTER DELETE ON listings_listingattribute
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION listing_search_on_attribute();
"""

ON_CATEGORY = """
CREATE FUNCTION listing_search_on_category() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE listings_listing AS listing
    SET search = listing_search_vector(
        listing.id, listing.title, listing.description, listing.category_id)
    FROM before JOIN after USING (id)
    WHERE listing.category_id = after.id
      AND (before.path, before.synonyms) IS DISTINCT FROM (after.path, after.synonyms);
    RETURN NULL;
END $$;
CREATE TRIGGER listing_search_category AFTER UPDATE ON catalogue_category
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION listing_search_on_category();
"""

BACKFILL = """
UPDATE listings_listing
SET search = listing_search_vector(id, title, description, category_id)
"""

DROP_TRIGGERS = """
DROP TRIGGER listing_search_category ON catalogue_category;
DROP TRIGGER listing_search_insert ON listings_listingattribute;
DROP TRIGGER listing_search_update ON listings_listingattribute;
DROP TRIGGER listing_search_delete ON listings_listingattribute;
DROP TRIGGER listing_search ON listings_listing;
DROP FUNCTION listing_search_on_category();
DROP FUNCTION listing_search_on_attribute();
DROP FUNCTION listing_search_on_listing();
DROP FUNCTION listing_search_vector(bigint, text, text, bigint);
DROP FUNCTION listing_words(text);
"""


class Migration(migrations.Migration):

    dependencies = [
        ("catalogue", "0001_initial"),
        ("listings", "0002_listing_state_reason"),
    ]

    operations = [
        migrations.RunSQL(
            ";\n".join([WORDS, VECTOR, ON_LISTING, ON_ATTRIBUTE, ON_CATEGORY, BACKFILL]),
            DROP_TRIGGERS,
        ),
    ]
