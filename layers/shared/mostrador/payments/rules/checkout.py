"""Which orders and appointments can be paid online, how much of them now, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from mostrador.errors import Conflict
from mostrador.payments.rules import bancard
from mostrador.raffles.rules.states import OrderStatus
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.values import money
from mostrador.values.holds import has_lapsed
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader

SHORTEST_TIME_TO_PAY: Final = timedelta(minutes=10)
"""The first page of a hold is open for at least so long: Bancard may take it to confirm (vPOS 2.0, rollback)."""
WITHOUT_HOLD: Final = timedelta(minutes=30)
"""How long a page is open where nothing is held."""
LONGEST_PAGE: Final = timedelta(hours=24)
"""A hold that waits for staff may last for days; a page does not."""
MARGIN: Final = timedelta(minutes=2)
"""From the end of a page, when it is rolled back, to the end of the hold, when others may take the slot or numbers."""
SHORTEST_PAGE: Final = timedelta(minutes=1)
"""A page that would be open for less is not made."""
MOST_CHECKOUTS: Final = 10
"""Checkouts of one order or appointment: a merchant's 7 declines a day block a card."""
_PAYABLE: Final = frozenset(
    {AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}
)


class NotPayable(Conflict):
    code = "not_payable"
    en = "too little time is left to pay it online"
    es = "ya no queda tiempo para pagarlo en línea"

    def suggests(self, _reader: Reader) -> NextAction:
        is_lapsed = self.facts["current"] == AppointmentStatus.EXPIRED  # an order's word for it too
        return NextAction.START_AGAIN if is_lapsed else NextAction.READ_AGAIN


class OrderNotPayable(NotPayable):
    en = "an order that is {current:order} cannot be paid online"
    es = "una orden {current:order} no se puede pagar en línea"


class AppointmentNotPayable(NotPayable):
    en = "an appointment that is {current:appointment} cannot be paid online"
    es = "un turno {current:appointment} no se puede pagar en línea"


class NothingDue(Conflict):
    code = "nothing_due"
    en = "nothing is left to be paid"
    es = "no queda nada por pagar"


class CurrencyNotTaken(Conflict):
    code = "currency_not_taken"
    en = "Bancard takes {taken} only, and this costs {value:money}: it is paid to the business itself"
    es = "Bancard solo recibe guaraníes y esto cuesta {value:money}: se paga directamente al negocio"
    next_action = NextAction.PAY_AT_BUSINESS


class TooManyCheckouts(Conflict):
    code = "too_many_checkouts"
    en = "this was tried {tries} times; please contact the business"
    es = "esto ya se intentó {tries} veces; comuníquese con el negocio"
    next_action = NextAction.CONTACT_BUSINESS


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A request to Bancard for a page: it can be paid until ``payable_until``, and the hold lasts until ``held_until``.

    ``held_until`` is None where nothing is held.
    """

    amount: Decimal
    description: str
    payable_until: datetime
    held_until: datetime | None


class TimeLimits(NamedTuple):
    """The limits of the time to pay: the hold, and for an order its raffle's sale cutoff.

    ``is_first``: the first page may make the hold longer.
    """

    held_until: datetime | None
    is_first: bool
    sale_cutoff: datetime | None = None


def check_count(checkouts: int) -> None:
    """Raise TooManyCheckouts."""
    if checkouts >= MOST_CHECKOUTS:
        raise TooManyCheckouts(tries=checkouts)


def check_appointment(status: str, *, held_until: datetime | None, now: datetime) -> None:
    """Raise NotPayable where the appointment is over or its hold has lapsed."""
    if AppointmentStatus(status) not in _PAYABLE:
        raise AppointmentNotPayable(current=status)
    if has_lapsed(held_until, now):
        raise AppointmentNotPayable(current=AppointmentStatus.EXPIRED.value)


def check_order(status: str, *, is_over: bool, held_until: datetime | None, now: datetime) -> None:
    """Raise NotPayable where the order is paid, over or in review, or its hold has lapsed."""
    if status != OrderStatus.RESERVED or is_over:
        raise OrderNotPayable(current=status)
    if has_lapsed(held_until, now):
        raise OrderNotPayable(current=OrderStatus.EXPIRED.value)


def due_now(due: Decimal, deposit: Decimal | None, paid: Decimal | None, *, all_of_it: bool) -> Decimal:
    """The deposit where there is one and nothing was paid yet, else all that is due."""
    return deposit if deposit and not paid and not all_of_it and deposit < due else due


def payment_request(
    amount: Decimal, currency: str, description: str, limits: TimeLimits, *, now: datetime
) -> PaymentRequest:
    """The request for a page over ``amount``. Raises NothingDue, CurrencyNotTaken, BadGatewayAmount.

    Raises NotPayable where too little time is left.
    """
    if amount <= 0:
        raise NothingDue
    if currency != bancard.CURRENCY:
        raise CurrencyNotTaken(value=f"{money.text(amount, currency)} {currency}", taken=bancard.CURRENCY)
    bancard.amount_text(amount)
    held_until = limits.held_until
    if held_until and limits.is_first:
        held_until = max(held_until, now + SHORTEST_TIME_TO_PAY + MARGIN)
    payable_until = now + WITHOUT_HOLD if held_until is None else held_until - MARGIN
    payable_until = min(payable_until, now + LONGEST_PAGE)
    if limits.sale_cutoff:
        payable_until = min(payable_until, limits.sale_cutoff - MARGIN)
    if payable_until < now + SHORTEST_PAGE:
        raise NotPayable(current=AppointmentStatus.EXPIRED.value)
    return PaymentRequest(amount, bancard.description_of(description), payable_until, held_until)
