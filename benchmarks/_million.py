"""A marketplace of a million listings with its offline tables, made inside PostgreSQL.

Everything follows from a listing's number n, so that tables agree with each other: leaf n % leaves,
product n % products, and what a product is bought with is of the leaves after its own. A quarter of
the leaves hold hosts with a Model, half of them accessories with a Compatible Model; of what is
bought or viewed together a fifth of the accessories fits; some of what is viewed together is of the
same leaf. Three in ten listings are of no product.
A third is promoted. Vectors and what ranking knows are made beside it, by _million_items.py.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import (
    Attribute,
    AttributeValue,
    Category,
    CategoryAttribute,
    CompatibilityPair,
    Product,
    Taxonomy,
)

DEPARTMENTS, LEAVES, MODELS, SELLERS = 20, 400, 300, 5_000
COLOURS = ("black", "white", "red", "navy", "green", "grey", "brown", "cream", "teal", "yellow")
SHARDS = 10

LISTINGS = """
INSERT INTO listings_listing (
    id, public_id, seller_id, product_id, category_id, title, description, condition,
    condition_note, price, currency, format, quantity, ad_rate, state, state_reason, version,
    created_at, updated_at, published_at
)
SELECT n + 1, gen_random_uuid(), %(seller)s + abs(hashint4(n)) %% %(sellers)s,
    CASE WHEN n %% 10 < 7 THEN %(product)s + n %% %(products)s END,
    %(leaf)s + n %% %(leaves)s, 'Thing ' || n, '', 'good', '',
    5 + abs(hashint4(n + 7)) %% 9000 / 100.0, 'USD', 'buy_now', 1,
    CASE WHEN n %% 3 = 0 THEN 2 + n %% 9 ELSE 0 END,
    CASE WHEN n %% 33 = 32 THEN 'sold' ELSE 'live' END, '', 1, now(), now(),
    now() - n * interval '1 second'
FROM generate_series(%(first)s, %(last)s) AS n
"""

ATTRIBUTES = """
INSERT INTO listings_listingattribute (listing_id, attribute_id, text)
SELECT n + 1, %(colour)s, (%(colours)s::text[])[1 + n / %(leaves)s %% 10]
FROM generate_series(%(first)s, %(last)s) AS n
UNION ALL
SELECT n + 1, CASE WHEN n %% 4 = 0 THEN %(model)s ELSE %(fits)s END,
    'Model ' || n %% %(products)s / %(leaves)s %% %(models)s
FROM generate_series(%(first)s, %(last)s) AS n WHERE n %% 4 < 3
"""

IMAGES = """
INSERT INTO listings_storedimage (sha256, width, height, byte_size, perceptual_hash, created_at)
SELECT md5(n::text) || md5(n::text), 1200, 900, 90000, left(md5(n::text), 16), now()
FROM generate_series(%(first)s, %(last)s) AS n
"""
PHOTOS = """
INSERT INTO listings_photo (listing_id, image_id, position, file_name, created_at)
SELECT n + 1, md5(n::text) || md5(n::text), 0, 'photo.jpg', now()
FROM generate_series(%(first)s, %(last)s) AS n
"""

# By kind: keys and their lists of [id, score, support], best first.
OFFLINE = {
    "related_category": """
SELECT (%(leaf)s + c)::text, jsonb_agg(jsonb_build_array(
    (%(leaf)s + (c + d) %% %(leaves)s)::text, 0.5 - d / 20.0, 60 - d) ORDER BY d)
FROM generate_series(0, %(leaves)s - 1) AS c, generate_series(1, 6) AS d GROUP BY c""",
    "popular": """
SELECT (%(leaf)s + c)::text, jsonb_agg(jsonb_build_array(
    (c + %(leaves)s * k + 1)::text, 200.0 / (k + 1), 100 - k) ORDER BY k)
FROM generate_series(0, %(leaves)s - 1) AS c, generate_series(0, 99) AS k GROUP BY c
UNION ALL
SELECT (%(leaf)s + c) || '|' || %(colour)s || '|' || (%(colours)s::text[])[1 + x], jsonb_agg(
    jsonb_build_array((c + %(leaves)s * (10 * k + x) + 1)::text, 90.0 / (k + 1), 40 - k) ORDER BY k)
FROM generate_series(0, %(leaves)s - 1) AS c, generate_series(0, 9) AS x,
    generate_series(0, 39) AS k GROUP BY c, x""",
    "important_aspect": """
SELECT (%(leaf)s + c)::text, jsonb_build_array(jsonb_build_array((%(colour)s)::text, 0.4, 80))
FROM generate_series(0, %(leaves)s - 1) AS c""",
    "related_product": """
SELECT 'p' || (%(product)s + i), jsonb_agg(jsonb_build_array('p' || (%(product)s +
    ((i + d + %(leaves)s * j) %% %(products)s)), 0.4 / (d + j), 30 - d - j) ORDER BY d + j, d)
FROM generate_series(0, %(products)s - 1) AS i, generate_series(1, 6) AS d,
    generate_series(0, 4) AS j GROUP BY i""",
    "co_view_product": """
SELECT 'p' || (%(product)s + i), jsonb_agg(jsonb_build_array('p' || (%(product)s +
    ((i + d + %(leaves)s * j) %% %(products)s)), 0.3 / (d + j), 90 - d - j) ORDER BY d + j, d)
FROM generate_series(0, %(products)s - 1) AS i, generate_series(0, 4) AS d,
    generate_series(0, 4) AS j WHERE d + j > 0 GROUP BY i""",
    "product_items": """
SELECT 'p' || (%(product)s + i), jsonb_agg(jsonb_build_array(
    (i + %(products)s * k + 1)::text, 50.0 / (k + 1), 20 - k) ORDER BY k)
FROM generate_series(0, %(products)s - 1) AS i, generate_series(0, 7) AS k GROUP BY i""",
    "co_view_item": """
SELECT (n + 1)::text, jsonb_agg(jsonb_build_array(
    ((n + d + %(leaves)s * j) %% %(count)s + 1)::text, 0.2 / (d + j), 9) ORDER BY d + j, d)
FROM generate_series(0, %(count)s - 1, 3) AS n, generate_series(0, 4) AS d,
    generate_series(0, 2) AS j WHERE d + j > 0 GROUP BY n""",
}


def fill(count: int) -> None:
    """`count` listings, of which 3% are sold."""
    products = max(LEAVES, count // 10 // LEAVES * LEAVES)
    numbers: dict[str, Any] = {
        **_vocabulary(),
        "count": count,
        "leaves": LEAVES,
        "models": MODELS,
        "colours": list(COLOURS),
        "products": products,
        "sellers": SELLERS,
        "seller": _first(User, [_seller(n) for n in range(SELLERS)]),
    }
    numbers["product"] = _first(
        Product,
        [Product(source="bench", source_id=str(n), name=f"Product {n}") for n in range(products)],
    )
    with connection.cursor() as cursor:
        # The triggers keep search texts, which no strip reads.
        cursor.execute("SET session_replication_role = replica")
        for statement in (LISTINGS, ATTRIBUTES, IMAGES, PHOTOS):
            for part in range(SHARDS):
                share = {
                    "first": count * part // SHARDS,
                    "last": count * (part + 1) // SHARDS - 1,
                }
                cursor.execute(statement, numbers | share)
        for kind, rows in OFFLINE.items():
            cursor.execute(
                f"INSERT INTO recommender_aggregaterow (kind, key, entries) "
                f"SELECT '{kind}', made.* FROM ({rows}) AS made",
                numbers,
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def _vocabulary() -> dict[str, int]:
    taxonomy = Taxonomy.objects.create(
        name="million", source_version="1", checksum="0" * 64, is_offered=True
    )
    roots = Category.objects.bulk_create(
        Category(
            taxonomy=taxonomy,
            source_id=f"d{n}",
            name=f"D{n}",
            slug=f"million-d{n}",
            path=f"D{n}",
            is_leaf=False,
        )
        for n in range(DEPARTMENTS)
    )
    leaves = [_leaf(n, roots[n * DEPARTMENTS // LEAVES]) for n in range(LEAVES)]
    first = _first(Category, leaves)
    colour, model, fits = (
        Attribute.objects.create(taxonomy=taxonomy, source_id=name, name=name)
        for name in ("Colour", "Model", "Compatible Model")
    )
    CompatibilityPair.objects.create(fits=fits, property=model)
    AttributeValue.objects.bulk_create(
        AttributeValue(attribute=attribute, source_id=f"m{n}", value=f"Model {n}")
        for attribute in (model, fits)
        for n in range(MODELS)
    )
    CategoryAttribute.objects.bulk_create(
        CategoryAttribute(category=leaf, attribute=attribute)
        for n, leaf in enumerate(leaves)
        for attribute in (colour, *({0: [model], 1: [fits], 2: [fits]}.get(n % 4, [])))
    )
    return {"leaf": first, "colour": colour.pk, "model": model.pk, "fits": fits.pk}


def _leaf(n: int, root: Category) -> Category:
    return Category(
        taxonomy=root.taxonomy,
        source_id=f"l{n}",
        name=f"L{n}",
        slug=f"million-l{n}",
        path=f"{root.path} > L{n}",
        parent=root,
        depth=1,
    )


def _seller(n: int) -> User:
    return User(email=f"seller{n}@bench.example", display_name=f"Seller {n}")


def _first(model: Any, rows: list[Any]) -> int:
    """Store them in a row; the statements above count on from the first one's id."""
    made = model.objects.bulk_create(rows, batch_size=5000)
    assert [row.pk for row in made] == list(range(made[0].pk, made[0].pk + len(made)))
    return int(made[0].pk)
