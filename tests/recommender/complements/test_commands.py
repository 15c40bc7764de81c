"""manage.py build_complements and train_deeprecs, as staff run them."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommender.complements.inference import snapshot_root
from recommender.models import BehaviourEvent, EventKind

pytestmark = pytest.mark.django_db


def test_building_says_how_many_of_each_kind(shop, in_service):
    shop.case("iPhone 15")
    out = StringIO()
    call_command("build_complements", stdout=out)
    assert out.getvalue().splitlines() == ["deeprecs: 1 listings", "visual: 0 listings"]
    assert (snapshot_root("deeprecs") / "manifest.json").exists()


def test_training_without_purchases_is_refused_with_the_reason(in_service, tmp_path):
    with pytest.raises(CommandError, match="Nobody has bought two things"):
        call_command("train_deeprecs", export=tmp_path)


def test_what_training_reads_can_be_written_instead(shop, bob, tmp_path):
    for thing in (shop.phone(), shop.case()):
        BehaviourEvent.objects.create(
            user=bob, listing=thing, kind=EventKind.PURCHASE, happened_at=timezone.now()
        )
    out = StringIO()
    call_command("train_deeprecs", export=tmp_path, stdout=out)
    assert "ml.deeprecs.fit" in out.getvalue()
    assert {path.name for path in tmp_path.iterdir()} >= {"items.jsonl.gz", "pairs.jsonl.gz"}
