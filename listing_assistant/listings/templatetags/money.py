from __future__ import annotations

from decimal import Decimal

from django import template

from listing_assistant.listings.policy import CURRENCIES

register = template.Library()

# A sign only where it names one currency to every reader; the others keep their code.
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """$1,234.50, or CHF 12.00; "No price" for None."""
    if amount is None:
        return "No price"
    places = CURRENCIES.get(currency, 2)
    number = f"{amount:,.{places}f}"
    sign = SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{currency}\N{NO-BREAK SPACE}{number}"
