"""What is there goes on serving: the release with the most live vectors."""

from django.db import migrations
from django.db.models import Count
from django.utils import timezone


def name_the_release_in_service(apps, schema_editor):
    ItemEmbedding = apps.get_model("recommender", "ItemEmbedding")
    EmbeddingRelease = apps.get_model("recommender", "EmbeddingRelease")
    live = ItemEmbedding.objects.filter(is_live=True).values_list("release")
    most = live.annotate(count=Count("pk")).order_by("-count").first()
    if most is not None:
        now = timezone.now()
        EmbeddingRelease.objects.create(
            release=most[0], status="serving", begun_at=now, done_then=most[1], served_from=now
        )
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recommender_itemembedding AS row SET category_id = listing.category_id "
            "FROM listings_listing AS listing WHERE listing.id = row.listing_id"
        )


def keep_one_vector_a_listing(apps, schema_editor):
    ItemEmbedding = apps.get_model("recommender", "ItemEmbedding")
    EmbeddingRelease = apps.get_model("recommender", "EmbeddingRelease")
    serving = EmbeddingRelease.objects.filter(status="serving").values("release")
    ItemEmbedding.objects.exclude(release__in=serving).delete()
    EmbeddingRelease.objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('recommender', '0003_releases_side_by_side'),
    ]

    operations = [
        migrations.RunPython(name_the_release_in_service, keep_one_vector_a_listing),
    ]
