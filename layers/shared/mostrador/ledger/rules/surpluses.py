"""Money above the price: nobody owes it by itself, so whoever takes it or lowers the price says where it goes."""

from decimal import Decimal
from enum import StrEnum

from mostrador.errors import Conflict
from mostrador.values import money
from mostrador.values.next_actions import NextAction


class PriceSurplus(StrEnum):
    """REFUND: what was paid above a lowered price is due back."""

    REFUND = "refund"


class PaymentSurplus(StrEnum):
    """CHANGE: it was handed back at once. TIP: it is for a professional. REFUND: the payment is due back as a whole."""

    CHANGE = "change"
    TIP = "tip"
    REFUND = "refund"


class SurplusUnexplained(Conflict):
    """``surplus`` is above what is due, ``choices`` are the values of ``surplus`` that the request may give."""

    code = "surplus_unexplained"
    en = "{surplus:money} is above the price: say what becomes of that money"
    next_action = NextAction.CORRECT_REQUEST
    es = "sobran {surplus:money}: indique qué se hace con ese dinero"


def unexplained(surplus: Decimal, currency: str, choices: type[StrEnum]) -> SurplusUnexplained:
    """The question where ``surplus`` goes."""
    return SurplusUnexplained(
        surplus=f"{money.text(surplus, currency)} {currency}", choices=[choice.value for choice in choices]
    )
