"""Serves photos from the local folder; with a bucket the storage's own addresses are used."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.urls import path
from django.views.decorators.http import require_safe

# A name holds the hash of its content, so what was fetched once is right for ever.
FOREVER = "public, max-age=31536000, immutable"


@require_safe
def photo_file(request: HttpRequest, folder: str, name: str) -> FileResponse:
    try:
        file = default_storage.open(f"photos/{folder}/{name}.webp")
    except FileNotFoundError as error:
        raise Http404("no such photo") from error
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = FOREVER
    return response


urlpatterns = [path("photos/<slug:folder>/<slug:name>.webp", photo_file, name="photo_file")]
