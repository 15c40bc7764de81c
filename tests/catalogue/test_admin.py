from __future__ import annotations

import re

import pytest
from django.urls import reverse

from listing_assistant.catalogue.models import Attribute, Category


@pytest.mark.parametrize(
    "model", ["taxonomy", "category", "attribute", "compatibilitypair", "product"]
)
def test_staff_can_list_and_search_the_vocabulary(
    starter_taxonomy, admin_client, model: str
) -> None:
    response = admin_client.get(reverse(f"admin:catalogue_{model}_changelist"))
    assert response.status_code == 200


def test_a_category_shows_its_children_and_its_inherited_attributes(
    starter_taxonomy, admin_client
) -> None:
    women = Category.objects.get(slug="women")
    page = admin_client.get(reverse("admin:catalogue_category_change", args=[women.pk]))
    assert "Dresses" in page.content.decode()
    assert "Country of Origin" in page.content.decode()
    url = reverse("admin:catalogue_category_changelist")
    children = admin_client.get(url, {"parent__id__exact": women.pk})
    assert "Fashion &gt; Women &gt; Dresses" in children.content.decode()
    assert "Fashion &gt; Men &gt; Shirts" not in children.content.decode()


def test_an_attribute_shows_its_values(starter_taxonomy, admin_client) -> None:
    colour = Attribute.objects.get(source_id="colour")
    page = admin_client.get(reverse("admin:catalogue_attribute_change", args=[colour.pk]))
    assert "Burgundy" in page.content.decode()


@pytest.mark.parametrize("model", ["taxonomy", "category", "attribute"])
def test_every_list_leads_to_what_listings_make_of_it(
    starter_taxonomy, admin_client, model: str
) -> None:
    listed = admin_client.get(reverse(f"admin:catalogue_{model}_changelist")).content.decode()
    address = re.search(r'href="([^"]+)">In listings', listed)
    assert address and admin_client.get(address[1]).status_code == 200


def test_an_edit_in_the_admin_raises_the_version(starter_taxonomy, admin_client) -> None:
    women = Category.objects.get(slug="women")
    page = reverse("admin:catalogue_category_change", args=[women.pk])
    form = admin_client.get(page).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    inline = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    data |= {f"category_attributes-{name}": count for name, count in inline.items()}
    data["synonyms"] = "ladies"
    assert admin_client.post(page, data).status_code == 302
    women.refresh_from_db()
    assert women.synonyms == ["ladies"] and women.taxonomy.version == 2
