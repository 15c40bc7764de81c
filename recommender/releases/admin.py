"""Trained models for staff: what each scored beside the one in service, and the two ways to go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern

from listing_assistant.accounts.models import User
from listing_assistant.page_admin import PageAdmin
from recommender.models import ModelRelease, ReleaseChange
from recommender.ranking.inference import KIND
from recommender.ranking.page import drift_page, ranker_page
from recommender.ranking.services import put_in_shadow, take_out_of_shadow
from recommender.releases.selectors import (
    ComparedMetric,
    compared,
    release_before,
    release_serving,
    risk_coverage,
)
from recommender.releases.services import ReleaseError, go_back, put_in_service

STEER = "recommender.change_modelrelease"
CHANGES_SHOWN = 20
# In the list there is room for a few figures: the ones that models are chosen by.
FIGURES_SHOWN = 3
TOLD = ("f1", "accuracy", "top_1", "top_5", "test.ranker.purchase_rank.mean")

# Does it, and says what is so now. Raises ReleaseError.
Step = Callable[[ModelRelease, User, str], str]


@admin.register(ModelRelease)
class ModelReleaseAdmin(PageAdmin):
    list_display = ("__str__", "state", "figures", "created_at", "served_from", "last_change")
    list_filter = ("kind", "state")
    search_fields = ("release",)

    @admin.display(description="Beside the one in service")
    def figures(self, release: ModelRelease) -> str:
        serving = release_serving(release.kind)
        rows = compared(release.metrics, serving.metrics if serving else {})
        told = [row for row in rows if row.ours is not None and row.name.endswith(TOLD)]
        return ", ".join(_in_short(row) for row in told[:FIGURES_SHOWN]) or "–"

    @admin.display(description="Last change")
    def last_change(self, release: ModelRelease) -> str:
        last = release.changes.select_related("made_by").first()
        if last is None:
            return "–"
        return f"{last.made_by or 'command line'}: {last.reason or 'no reason given'}"

    def get_urls(self) -> list[URLPattern]:
        return [
            self.named("steer_release", "<int:pk>/steer/", self.steer),
            self.named("shadow_release", "<int:pk>/shadow/", self.shadow),
            self.named("release_drift", "<int:pk>/drift/", self.drift),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        release = get_object_or_404(ModelRelease, pk=object_id if object_id.isdecimal() else None)
        serving = release_serving(release.kind)
        is_serving = serving is not None and serving.pk == release.pk
        other = release_before(release) if is_serving else serving
        changes = ReleaseChange.objects.filter(kind=release.kind)
        return self.page(
            request,
            "releases/release",
            title=str(release),
            release=release,
            is_serving=is_serving,
            other=other,
            metrics=compared(release.metrics, other.metrics if other else {}),
            curves=risk_coverage(release.metrics),
            changes=changes.select_related("before", "after", "made_by")[:CHANGES_SHOWN],
            may_steer=request.user.has_perm(STEER),
            **ranker_page(release),
        )

    def steer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A POST of "serve" or "back", with the reason."""
        return self._change(request, pk, {"serve": _serve, "back": _go_back})

    def shadow(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A POST of "in" or "out", with the reason."""
        return self._change(request, pk, {"in": _put_in_shadow, "out": _take_out_of_shadow})

    def _change(self, request: HttpRequest, pk: int, steps: Mapping[str, Step]) -> HttpResponse:
        """The step that was posted; others are left alone."""
        if not request.user.has_perm(STEER):
            raise PermissionDenied
        assert isinstance(request.user, User)
        release = get_object_or_404(ModelRelease, pk=pk)
        step = steps.get(request.POST.get("step", ""))
        try:
            if step is not None:
                said = step(release, request.user, request.POST.get("reason", ""))
                messages.success(request, said)
        except ReleaseError as error:
            messages.error(request, error.message)
        return redirect("admin:recommender_modelrelease_change", release.pk)

    def drift(self, request: HttpRequest, pk: int) -> HttpResponse:
        release = get_object_or_404(ModelRelease, pk=pk, kind=KIND)
        return self.page(
            request,
            "releases/drift",
            title=f"Drift of {release}",
            release=release,
            **drift_page(release),
        )


def _in_short(row: ComparedMetric) -> str:
    difference = f" ({row.difference:+.3f})" if row.difference is not None else ""
    return f"{row.name} {row.ours:.3f}{difference}"


def _serve(release: ModelRelease, user: User, reason: str) -> str:
    put_in_service(release=release, user=user, reason=reason)
    return f"{release} is in service."


def _go_back(release: ModelRelease, user: User, reason: str) -> str:
    change = go_back(kind=release.kind, user=user, reason=reason)
    return f"{change.after or 'The bundled model'} is in service."


def _put_in_shadow(release: ModelRelease, user: User, reason: str) -> str:
    put_in_shadow(release=release, user=user, reason=reason)
    return f"{release} scores live strips unseen."


def _take_out_of_shadow(release: ModelRelease, user: User, reason: str) -> str:
    take_out_of_shadow(release=release, user=user, reason=reason)
    return f"{release} scores live strips no longer."
