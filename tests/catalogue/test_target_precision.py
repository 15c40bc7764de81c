"""How sure the assistant must be in a category: its own word, its nearest ancestor's, ours."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse

from listing_assistant.catalogue import policy
from listing_assistant.catalogue.selectors import target_precision_of

pytestmark = pytest.mark.django_db


def test_a_category_that_nobody_spoke_of_has_the_marketplaces_target(shoes) -> None:
    assert target_precision_of(shoes) == policy.TARGET_PRECISION


def test_a_target_is_inherited_until_a_category_says_its_own(fashion, shoes) -> None:
    fashion.target_precision = 0.95
    fashion.save()
    shoes.refresh_from_db()
    assert target_precision_of(shoes) == 0.95
    shoes.target_precision = 0.7
    assert target_precision_of(shoes) == 0.7
    assert target_precision_of(fashion) == 0.95


@pytest.mark.parametrize("share", [0.2, 1.0, -1.0, 85.0])
def test_a_target_out_of_range_is_refused_with_its_limits(fashion, share: float) -> None:
    fashion.target_precision = share
    with pytest.raises(ValidationError) as refusal:
        fashion.full_clean()
    assert set(refusal.value.message_dict) == {"target_precision"}
    assert any(char.isdigit() for char in refusal.value.messages[0])


def test_the_database_holds_no_impossible_share(fashion) -> None:
    fashion.target_precision = 85.0
    with pytest.raises(IntegrityError):
        fashion.save()


def test_staff_set_it_in_the_admin_and_see_what_is_in_force(fashion, shoes, admin_client) -> None:
    address = reverse("admin:catalogue_category_change", args=[fashion.pk])
    page = admin_client.get(address)
    form = {
        name: "" if value is None else value
        for name, value in page.context["adminform"].form.initial.items()
    }
    inline = page.context["inline_admin_formsets"][0].formset
    form |= {f"{inline.prefix}-TOTAL_FORMS": "0", f"{inline.prefix}-INITIAL_FORMS": "0"}
    form |= {"synonyms": "", "parent": "", "target_precision": "0.9"}
    assert admin_client.post(address, form).status_code == 302
    fashion.refresh_from_db()
    assert fashion.target_precision == 0.9
    below = admin_client.get(reverse("admin:catalogue_category_change", args=[shoes.pk]))
    assert "0.90" in below.content.decode()
