"""Experiments for staff: plan, start, ramp, stop and ship them, and read what they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern

from listing_assistant.accounts.models import User
from listing_assistant.page_admin import PageAdmin
from recommender.experiments import page, services, verdicts
from recommender.experiments.arms import FIELDS
from recommender.experiments.assigning import BUCKETS
from recommender.experiments.forms import PlanForm, ShareForm
from recommender.experiments.readings import Figures
from recommender.experiments.services import By, ExperimentError
from recommender.models import Experiment, ExperimentLayer, ExperimentReading
from recommender.policy import RECIPE_BOUNDS

STEER = "recommender.change_experiment"
CHANGE = "admin:recommender_experiment_change"


@admin.register(Experiment)
class ExperimentAdmin(PageAdmin):
    list_display = ("key", "state", "layer", "unit", "traffic", "units", "shows", "started_at")
    list_filter = ("state", "layer")
    list_select_related = ("layer",)
    search_fields = ("key", "hypothesis")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Experiment]:
        found: QuerySet[Experiment] = super().get_queryset(request)
        newest = ExperimentReading.objects.filter(experiment=OuterRef("pk")).order_by("-day")
        return found.annotate(newest=Subquery(newest.values("figures")[:1]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(STEER)

    @admin.display(description="Traffic")
    def traffic(self, experiment: Experiment) -> str:
        if experiment.state != Experiment.State.RUNNING:
            return "–"
        return f"{(experiment.end_bucket - experiment.first_bucket) / BUCKETS:.1%}"

    @admin.display(description="Exposed")
    def units(self, experiment: Experiment) -> int:
        figures = _figures(experiment)
        return figures.units if figures else 0

    @admin.display(description="Shows")
    def shows(self, experiment: Experiment) -> str:
        return verdicts.in_short(experiment, _figures(experiment))

    def get_urls(self) -> list[URLPattern]:
        steer = self.named("steer_experiment", "<int:pk>/steer/", self.steer)
        return [steer, *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Plan one: what is wrong stands beside its field, and nothing typed is lost."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        assert isinstance(request.user, User)
        form = PlanForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                by = By(request.user, form.cleaned_data["reason"])
                experiment = services.create_experiment(plan=form.plan(), by=by)
            except ExperimentError as error:
                form.add_service_error(error.field, error.message)
            else:
                messages.success(request, f"{experiment} is a draft: start it when it is ready.")
                return redirect(CHANGE, experiment.pk)
        layers = ExperimentLayer.objects.all()
        return self.page(
            request,
            "experiments/plan",
            title="Plan an experiment",
            form=form,
            layers=[(layer, 100 * services.room_in(layer)) for layer in layers],
            bounds={name: RECIPE_BOUNDS.get(name) for name in FIELDS},
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        pk = object_id if object_id.isdecimal() else None
        experiment = get_object_or_404(Experiment.objects.select_related("layer"), pk=pk)
        return self.page(
            request,
            "experiments/experiment",
            title=f"Experiment {experiment}",
            may_steer=request.user.has_perm(STEER),
            **page.context(experiment),
        )

    def steer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A POST of a step with its reason, and the share or arm that it needs."""
        if not request.user.has_perm(STEER):
            raise PermissionDenied
        assert isinstance(request.user, User)
        experiment = get_object_or_404(Experiment, pk=pk)
        step = STEPS.get(request.POST.get("step", ""))
        try:
            if step is not None:
                by = By(request.user, request.POST.get("reason", ""))
                messages.success(request, step(request, experiment, by))
        except ExperimentError as error:
            messages.error(request, f"{error.field}: {error.message}")
        return redirect(CHANGE, experiment.pk)


# --- Steps: each says what has come of it ---------------------------------------------------------


def _start(request: HttpRequest, experiment: Experiment, by: By) -> str:
    services.start_experiment(experiment=experiment, share=_share(request), by=by)
    return f"{experiment} runs."


def _ramp(request: HttpRequest, experiment: Experiment, by: By) -> str:
    share = _share(request)
    services.ramp_experiment(experiment=experiment, share=share, by=by)
    return f"{experiment} runs on {share:.2%} of the traffic."


def _stop(request: HttpRequest, experiment: Experiment, by: By) -> str:
    services.stop_experiment(experiment=experiment, by=by)
    return f"{experiment} is stopped: everybody gets the default."


def _ship(request: HttpRequest, experiment: Experiment, by: By) -> str:
    arm = request.POST.get("arm", "")
    services.ship_arm(experiment=experiment, arm=arm, by=by)
    return f"“{arm}” is the default of {', '.join(experiment.surfaces)}."


def _undo(request: HttpRequest, experiment: Experiment, by: By) -> str:
    services.undo_ship(experiment=experiment, by=by)
    return "The default of before is back."


STEPS: dict[str, Callable[[HttpRequest, Experiment, By], str]] = {
    "start": _start,
    "ramp": _ramp,
    "stop": _stop,
    "ship": _ship,
    "undo": _undo,
}


def _figures(experiment: Any) -> Figures | None:
    """Of a row of the list."""
    return Figures.from_json(experiment.newest) if experiment.newest else None


def _share(request: HttpRequest) -> float:
    form = ShareForm(request.POST)
    if not form.is_valid():
        raise ExperimentError("share", "use a number of per cent, more than 0 and at most 100")
    share: float = form.cleaned_data["share"] / 100
    return share
