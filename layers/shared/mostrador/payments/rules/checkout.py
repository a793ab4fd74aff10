"""What may be paid online, how much of it now, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from mostrador.errors import Conflict
from mostrador.payments.rules import bancard
from mostrador.raffles.rules.states import OrderStatus
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.values import money
from mostrador.values.holds import has_lapsed

LEAST: Final = timedelta(minutes=10)
"""How long who pays has at least: so long Bancard may take to confirm (protocols of vPOS 2.0, rollback)."""
WITHOUT_HOLD: Final = timedelta(minutes=30)
MARGIN: Final = timedelta(minutes=2)
"""From the end of a page, when it is rolled back, to the end of the hold, when others may have what was held."""
SHORTEST: Final = timedelta(minutes=1)
"""A page that would be open for less is not made."""
MOST: Final = 10
"""Checkouts of one order or appointment: a card is blocked at a merchant after 7 declines a day."""
_PAYABLE: Final = frozenset(
    {AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}
)


class NotPayable(Conflict):
    code = "not_payable"
    en = "what is {status} is not paid online"
    es = "lo que está {status} no se paga en línea"


class NothingDue(Conflict):
    code = "nothing_due"
    en = "nothing is left to be paid"
    es = "no queda nada por pagar"


class CurrencyNotTaken(Conflict):
    code = "currency_not_taken"
    en = "Bancard takes {taken} only, and this costs {value}: it is paid to the business itself"
    es = "Bancard solo recibe {taken} y esto cuesta {value}: se paga directamente al negocio"


class TooManyCheckouts(Conflict):
    code = "too_many_checkouts"
    en = "this was tried {value} times; please contact the business"
    es = "esto ya se intentó {value} veces; comuníquese con el negocio"


@dataclass(frozen=True, slots=True)
class Asked:
    """What Bancard is asked for, until when it may be paid, and until when what is held must be held for that."""

    amount: Decimal
    description: str
    payable_until: datetime
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class Until:
    """What ends the time to pay: the hold, which the first page may make longer, and a moment after all (``cut``)."""

    held_until: datetime | None
    is_first: bool
    cut: datetime | None = None


def check_count(checkouts: int) -> None:
    """Raise TooManyCheckouts."""
    if checkouts >= MOST:
        raise TooManyCheckouts(value=checkouts)


def check_appointment(status: str, *, held_until: datetime | None, now: datetime) -> None:
    """Raise NotPayable for what is over, or whose hold has lapsed."""
    if AppointmentStatus(status) not in _PAYABLE:
        raise NotPayable(status=status)
    if has_lapsed(held_until, now):
        raise NotPayable(status=AppointmentStatus.EXPIRED.value)


def check_order(status: str, *, is_over: bool, held_until: datetime | None, now: datetime) -> None:
    """Raise NotPayable for what is paid or over, what staff looks at, or whose hold has lapsed."""
    if status != OrderStatus.RESERVED or is_over:
        raise NotPayable(status=status)
    if has_lapsed(held_until, now):
        raise NotPayable(status=OrderStatus.EXPIRED.value)


def now_due(due: Decimal, deposit: Decimal | None, paid: Decimal | None, *, all_of_it: bool) -> Decimal:
    """The deposit where one is asked for and nothing was paid yet, else all that is due."""
    return deposit if deposit and not paid and not all_of_it and deposit < due else due


def asked(amount: Decimal, currency: str, about: str, until: Until, *, now: datetime) -> Asked:
    """Raises NothingDue, CurrencyNotTaken, BadGatewayAmount, NotPayable where too little time is left."""
    if amount <= 0:
        raise NothingDue
    if currency != bancard.CURRENCY:
        raise CurrencyNotTaken(value=f"{money.text(amount, currency)} {currency}", taken=bancard.CURRENCY)
    bancard.amount_text(amount)
    held_until = until.held_until
    if held_until and until.is_first:
        held_until = max(held_until, now + LEAST + MARGIN)
    ends = [now + WITHOUT_HOLD] if held_until is None else [held_until - MARGIN]
    payable_until = min([*ends, *([until.cut - MARGIN] if until.cut else [])])
    if payable_until < now + SHORTEST:
        raise NotPayable(status=AppointmentStatus.EXPIRED.value)
    return Asked(amount, bancard.description_of(about), payable_until, held_until)
