from __future__ import annotations

from decimal import Decimal

from django import forms

from .policy import MAX_QUANTITY

WHOLE_NUMBER = "Enter a whole number."


class QuantityForm(forms.Form):
    quantity = forms.IntegerField(
        min_value=1,
        max_value=MAX_QUANTITY,
        initial=1,
        error_messages={"invalid": WHOLE_NUMBER, "min_value": "Take at least one."},
    )


class PurchaseForm(QuantityForm):
    """The price that the buyer saw; the purchase is refused when it has changed."""

    price = forms.DecimalField(max_digits=12, decimal_places=2, widget=forms.HiddenInput)


class AmountForm(forms.Form):
    """An offer or a bid."""

    amount = forms.DecimalField(
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        error_messages={
            "required": "Enter an amount.",
            "invalid": "Enter an amount such as 25 or 25.50.",
            "min_value": "Enter an amount above 0.",
        },
    )


def first_error(form: forms.Form) -> str:
    return str(next(iter(form.errors.values()))[0])
