"""Admin sections that show pages of our own in place of forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin


class PageAdmin(ModelAdmin):  # type: ignore[misc]
    """A list to look at, and behind each row a page (`change_view`)."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        """`template` is a path under templates/admin/ without ".html"; give it a `title`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context |= self.admin_site.each_context(request) | {"opts": self.model._meta}
        return TemplateResponse(request, f"admin/{template}.html", context)

    def named(self, name: str, route: str, view: Callable[..., HttpResponse]) -> URLPattern:
        """An address of this admin: "admin:<app>_<name>"."""
        address: URLPattern = path(
            route, self.admin_site.admin_view(view), name=f"{self.opts.app_label}_{name}"
        )
        return address
