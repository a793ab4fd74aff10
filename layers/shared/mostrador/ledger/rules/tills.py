"""Tills: the kinds of movements, the till in which money counts, and the count at the close."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypedDict, TypeVar

from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.ledger.rules.payment_states import UNPAID, Method, PaymentState, Provider
from mostrador.values import money
from mostrador.values.next_actions import NextAction


class MethodCount(TypedDict):
    """One method at the close, amounts as text; ``counted`` and ``difference`` are None where nobody counted it."""

    method: str
    expected: str
    counted: str | None
    difference: str | None


class Drawer(Protocol):
    """An open till."""

    @property
    def till_id(self) -> str: ...
    @property
    def drawer(self) -> str: ...
    @property
    def opened_by_user(self) -> str: ...


class Moved(Protocol):
    """A movement of a till."""

    @property
    def method(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...


D = TypeVar("D", bound=Drawer)


class TillStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class CashMovement(StrEnum):
    """Cash that moves without a payment: put in, spent, taken to the bank."""

    CASH_IN = "CASH_IN"
    EXPENSE = "EXPENSE"
    BANK_DEPOSIT = "BANK_DEPOSIT"


class MovementKind(StrEnum):
    """Why money is in a till, or no longer."""

    CASH_IN = CashMovement.CASH_IN.value
    EXPENSE = CashMovement.EXPENSE.value
    BANK_DEPOSIT = CashMovement.BANK_DEPOSIT.value
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    VOID = "VOID"
    CORRECTION = "CORRECTION"


class TillAlreadyOpen(Conflict):
    code = "till_already_open"
    next_action = NextAction.READ_AGAIN
    en = "the till {drawer} is open already; close it first"
    es = "la caja {drawer} ya está abierta; ciérrela primero"


class TillClosed(Conflict):
    code = "till_closed"
    next_action = NextAction.READ_AGAIN
    en = "the till {drawer} was closed by {by} on {at:time} and never changes; count the movement in an open till"
    es = "{by} cerró la caja {drawer} el {at:time} y ya no cambia; registre el movimiento en una caja abierta"


class NoOpenTill(Conflict):
    code = "no_open_till"
    next_action = NextAction.READ_AGAIN
    en = "no till is open; open one first"
    es = "no hay ninguna caja abierta; abra una primero"


class WhichTill(Conflict):
    code = "which_till"
    next_action = NextAction.CORRECT_REQUEST
    en = "several tills are open; name one of them: {drawers}"
    es = "hay varias cajas abiertas; indique una de ellas: {drawers}"


class NotInOpenTill(Conflict):
    code = "not_in_open_till"
    next_action = NextAction.ASK_ADMIN
    en = "the payment {payment:id} is in no open till: refund it or correct its method in the till open now"
    es = "el pago {payment:id} no está en una caja abierta: devuélvalo o corrija su forma de pago en la de ahora"


class NothingMoved(Invalid):
    code = "nothing_moved"
    en = "a movement of cash needs an amount above 0, not {value}"
    es = "un movimiento de efectivo necesita un importe mayor que 0, no {value}"


class DifferenceWithoutNote(Conflict):
    code = "difference_without_note"
    next_action = NextAction.CORRECT_REQUEST
    en = "the count differs from the expected amount; explain it in a note"
    es = "lo contado difiere de lo esperado; explíquelo en una nota"


def change(before: str, after: str, amount: Decimal, provider: str) -> Decimal:
    """The money that a payment's move brings into a till; below 0 where it leaves it. A provider's money never does."""
    if provider != Provider.MANUAL:
        return Decimal(0)
    if after == PaymentState.REFUNDED:
        return -amount
    is_received = before in UNPAID and after in (PaymentState.PAID, PaymentState.REFUND_DUE)
    return amount if is_received else Decimal(0)


def choose(tills: Sequence[D], wanted: str | None, *, user: str) -> D | None:
    """The till that is ``wanted`` by name or id, the only one, or the only one of ``user``; None where none is open.

    Raises NotHere, WhichTill.
    """
    if wanted is not None:
        return _named(tills, wanted)
    own = [till for till in tills if till.opened_by_user == user]
    for several in (tills, own):
        if len(several) == 1:
            return several[0]
    if tills:
        raise WhichTill(field="body.till", drawers=", ".join(sorted(till.drawer for till in tills)))
    return None


def _named(tills: Sequence[D], wanted: str) -> D:
    named = [till for till in tills if wanted.casefold() in (till.till_id, till.drawer.casefold())]
    if not named:
        raise NotHere(entity="till", id=wanted)
    return named[0]


def expected(opening_float: Decimal, movements: Sequence[Moved]) -> dict[str, Decimal]:
    """Method -> the money that must be there: the movements, and for cash the float too."""
    amounts: dict[str, Decimal] = defaultdict(Decimal, {Method.CASH.value: opening_float})
    for movement in movements:
        amounts[movement.method] += movement.amount
    return {method.value: amounts[method.value] for method in Method if method.value in amounts}


def counts(expected: Mapping[str, Decimal], counted: Mapping[str, Decimal], currency: str) -> list[MethodCount]:
    """Each method that was expected or counted, with the difference."""
    return [
        {
            "method": method.value,
            "expected": money.text(expected.get(method, Decimal(0)), currency),
            "counted": money.text(counted[method], currency) if method in counted else None,
            "difference": money.text(counted[method] - expected.get(method, Decimal(0)), currency)
            if method in counted
            else None,
        }
        for method in Method
        if method in expected or method in counted
    ]


def check_note(counts: Sequence[MethodCount], note: str | None) -> None:
    """Raise DifferenceWithoutNote where the count differs and nothing explains it."""
    differences = {row["method"]: row["difference"] for row in counts if Decimal(row["difference"] or 0)}
    if differences and not note:
        text = ", ".join(f"{method} {difference}" for method, difference in differences.items())
        raise DifferenceWithoutNote(field="body.note", differences=text)
