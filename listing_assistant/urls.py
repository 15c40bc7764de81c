"""Every address of the site, one line an app."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from listing_assistant import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", include("django_prometheus.urls")),
    path("accounts/", include("listing_assistant.accounts.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("sell/", include("listing_assistant.assistant.urls")),
    path("strips/", include("recommender.urls")),
    path("moderation/", include("listing_assistant.moderation.urls")),
    path("api/v1/", include("listing_assistant.api.urls")),
    path("", include("listing_assistant.listings.urls")),
]

# A bucket serves its files itself.
if not settings.MEDIA_BUCKET:
    urlpatterns.append(path("media/", include("listing_assistant.listings.media")))
