"""The price of an appointment: the agreed amount, extras on top, and one discount on both.

Amounts are exact and have the digits of the currency. A tip is no part of the price.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, NamedTuple, Protocol, TypedDict

from mostrador.errors import Conflict, Forbidden
from mostrador.scheduling.rules.appointment_states import (
    OCCUPYING,
    UNDONE_WITHIN,
    AmountIsFixed,
    AppointmentStatus,
    PaymentStatus,
)
from mostrador.values import money
from mostrador.values.next_actions import NextAction

MOST_EXTRAS: Final = 30
"""Lines of one appointment, those that were taken off included."""
WHOLE: Final = 100
LIMITS: Final = {"staff": 0, "admin": WHOLE, "superuser": WHOLE}
"""Percent that each role may take off where the tenant has not set it."""
CONCLUDED: Final = frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW})


class Discount(TypedDict):
    """Either a whole ``percent`` of the sum of agreed amount and extras, or an ``amount``."""

    percent: int | None
    amount: str | None
    reason: str
    by: str


class Extra(TypedDict):
    """A line: ``quantity`` times ``amount``. One that was taken off stays, with ``removed_by``, and costs nothing."""

    id: str
    description: str
    quantity: int
    amount: str
    service_id: str | None
    by: str
    removed_by: str | None


class Tip(TypedDict):
    """The part of a payment that is for a professional."""

    payment_id: str
    amount: str
    resource_id: str
    resource_name: str


class Priced(Protocol):
    """The attributes of an appointment that make its price; one without ``base_amount`` has it as its total."""

    @property
    def total_amount(self) -> Decimal: ...
    @property
    def base_amount(self) -> Decimal | None: ...
    @property
    def paid_amount(self) -> Decimal | None: ...
    @property
    def discount(self) -> Discount | None: ...
    @property
    def extras(self) -> list[Extra] | None: ...
    @property
    def currency(self) -> str: ...


class Price(NamedTuple):
    """The parts of a price. ``share`` is the discount as a part of the sum, from 0 to 1."""

    agreed: Decimal
    extras: Decimal
    discount: Decimal
    share: Fraction

    @property
    def total(self) -> Decimal:
        return self.agreed + self.extras - self.discount


class DiscountTooLarge(Forbidden):
    """``limit`` and ``value`` are percent of the sum of agreed amount and extras."""

    code = "discount_too_large"
    en = "the role {role:role} may take off up to {limit} %, and this is {value} %"
    es = "su rol ({role:role}) puede descontar hasta el {limit} %, y esto es el {value} %"


class TooManyExtras(Conflict):
    code = "too_many_extras"
    en = "an appointment has at most {most} extras"
    es = "un turno lleva como máximo {most} extras"
    next_action = NextAction.ASK_FOR_FEWER


class PriceClosed(Conflict):
    """``until`` is the last moment at which the price could be changed."""

    code = "price_closed"
    en = "the price could be changed until {until:time}"
    es = "el precio se podía cambiar hasta el {until:time}"


class PriceHasLines(Conflict):
    code = "price_has_lines"
    en = "the price has a discount or extras: change those, or the agreed price"
    next_action = NextAction.CHANGE_EXISTING
    es = "el precio tiene descuento o extras: cambie esos datos, o el precio acordado"


def live(extras: Sequence[Extra]) -> list[Extra]:
    """The extras that count: those that nobody took off."""
    return [extra for extra in extras if not extra["removed_by"]]


def cost(extra: Extra) -> Decimal:
    """Quantity times amount."""
    return extra["quantity"] * Decimal(extra["amount"])


def price(agreed: Decimal, extras: Sequence[Extra], discount: Discount | None, currency: str) -> Price:
    """The price and its parts. A percentage is rounded half up to the digits of ``currency``.

    An amount takes off at most the whole sum. Raises BadAmount where the sum is too large.
    """
    added = sum((cost(extra) for extra in live(extras)), Decimal(0))
    gross = money.amount(str(agreed + added), currency, field="body.amount")
    if discount is None or gross <= 0:
        return Price(agreed, added, Decimal(0), Fraction(0))
    if discount["percent"] is not None:
        share = Fraction(discount["percent"], WHOLE)
        taken_off = (gross * discount["percent"] / WHOLE).quantize(_unit(currency), rounding=ROUND_HALF_UP)
        return Price(agreed, added, taken_off, share)
    taken_off = min(Decimal(discount["amount"] or 0), gross)
    return Price(agreed, added, taken_off, Fraction(taken_off) / Fraction(gross))


def price_of(appointment: Priced) -> Price:
    """The price of an appointment with its parts. Raises BadAmount where the sum is too large."""
    return price(agreed(appointment), appointment.extras or [], appointment.discount, appointment.currency)


def agreed(appointment: Priced) -> Decimal:
    """The agreed price of an appointment, before extras and discount."""
    return Decimal(appointment.total_amount if appointment.base_amount is None else appointment.base_amount)


def has_lines(appointment: Priced) -> bool:
    """Whether anything besides the agreed price makes the total."""
    return bool(appointment.discount or live(appointment.extras or []))


def paid_of(appointment: Priced) -> Decimal:
    """The paid amount, 0 where nothing is paid."""
    return Decimal(appointment.paid_amount or 0)


def due_of(appointment: Priced) -> Decimal:
    """The unpaid part of the total, never less than nothing."""
    return max(Decimal(0), Decimal(appointment.total_amount) - paid_of(appointment))


def live_tips(tips: Sequence[Tip], payment_ids: Sequence[str]) -> list[Tip]:
    """The tips whose payment has not gone back."""
    return [tip for tip in tips if tip["payment_id"] in payment_ids]


def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-money.digits(currency))


def check_discount(before: Fraction, after: Fraction, *, limit: int, role: str) -> None:
    """Raise DiscountTooLarge where a change makes the share of the discount larger, beyond ``limit`` percent.

    So nobody reaches a larger share by taking off an extra either.
    """
    if after > max(before, Fraction(limit, WHOLE)):
        raise DiscountTooLarge(role=role, limit=limit, value=-(-after.numerator * WHOLE // after.denominator))


def check_open(
    status: AppointmentStatus, payment: PaymentStatus, concluded_at: datetime, *, is_owed: bool, now: datetime
) -> None:
    """Raise PriceClosed a day after the conclusion, and AmountIsFixed where the price cannot change at all.

    That is so after a cancellation, while a receipt is reviewed, and while paid money is still to go back
    (``is_owed``). ``status`` is the one at ``now``, so that a lapsed hold is EXPIRED.
    """
    if status in CONCLUDED:
        until = concluded_at + UNDONE_WITHIN
        if now > until:
            raise PriceClosed(until=until.isoformat())
    elif status not in OCCUPYING or status is AppointmentStatus.IN_REVIEW:
        raise AmountIsFixed(current=status.value, payment=payment.value)
    if is_owed:
        raise AmountIsFixed(current=status.value, payment=payment.value)
