import zoneinfo
from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.http import HttpRequest

from .models import User


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """allauth's form plus the name that others see."""

    display_name = forms.CharField(max_length=60, label="Name shown to others")

    def save(self, request: HttpRequest) -> Any:
        user = super().save(request)
        user.display_name = self.cleaned_data["display_name"]
        user.save(update_fields=["display_name"])
        return user


def time_zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones())]


class ProfileForm(forms.ModelForm[User]):
    time_zone = forms.ChoiceField(choices=time_zones)

    class Meta:
        model = User
        fields = ("display_name", "country", "currency", "time_zone")
