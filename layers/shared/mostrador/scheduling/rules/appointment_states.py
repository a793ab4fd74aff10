"""An appointment's states and the moves between them."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mostrador.errors import Conflict
from mostrador.values.holds import has_lapsed
from mostrador.values.next_actions import NextAction
from mostrador.values.state_machine import StateMachine, WrongState


class AppointmentStatus(StrEnum):
    """IN_REVIEW: its customer declared a transfer, and staff looks whether the money came."""

    PENDING = "PENDING"
    IN_REVIEW = "IN_REVIEW"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class PaymentStatus(StrEnum):
    """PARTIAL: a part was paid, such as a deposit, and the rest is due."""

    PENDING = "PENDING"
    PARTIAL = "PARTIAL"
    PAID = "PAID"
    REFUNDED = "REFUNDED"


class AppointmentChange(StrEnum):
    """An entry of an appointment's history: a state it entered, a payment, or another change.

    RESCHEDULED: another time. REASSIGNED: another resource at the same time. CHANGED: another service or length.
    CLOCK_CHANGED: the clock's rules changed, and the appointment kept its time on the clock. RECEIPT: another receipt
    in review. REFUSED: the declared money did not come, found after the review. ARRIVED, STARTED: the customer came,
    the visit began. DELAYED: it is expected later. UNDONE: a move was taken back. REOPENED: a conclusion was.
    PRICED: another price. TIPPED: a tip alone.
    """

    IN_REVIEW = AppointmentStatus.IN_REVIEW.value
    CONFIRMED = AppointmentStatus.CONFIRMED.value
    CANCELLED = AppointmentStatus.CANCELLED.value
    EXPIRED = AppointmentStatus.EXPIRED.value
    COMPLETED = AppointmentStatus.COMPLETED.value
    NO_SHOW = AppointmentStatus.NO_SHOW.value
    PAID = PaymentStatus.PAID.value
    REFUNDED = PaymentStatus.REFUNDED.value
    RESCHEDULED = "RESCHEDULED"
    REASSIGNED = "REASSIGNED"
    CHANGED = "CHANGED"
    REOPENED = "REOPENED"
    CLOCK_CHANGED = "CLOCK_CHANGED"
    RECEIPT = "RECEIPT"
    REFUSED = "REFUSED"
    ARRIVED = "ARRIVED"
    STARTED = "STARTED"
    DELAYED = "DELAYED"
    UNDONE = "UNDONE"
    PRICED = "PRICED"
    TIPPED = "TIPPED"


class WrongAppointmentState(WrongState):
    en = "an appointment that is {current:appointment} cannot become {wanted:appointment}"
    es = "un turno en estado «{current:appointment}» no puede pasar a «{wanted:appointment}»"


MOVES: Final = StateMachine(
    {
        AppointmentStatus.PENDING: {
            AppointmentStatus.IN_REVIEW,
            AppointmentStatus.CONFIRMED,
            AppointmentStatus.NO_SHOW,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.EXPIRED,
        },
        AppointmentStatus.IN_REVIEW: {
            AppointmentStatus.CONFIRMED,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.EXPIRED,
        },
        # Declared late: its time is taken again where it is still free, once.
        AppointmentStatus.EXPIRED: {AppointmentStatus.IN_REVIEW},
        AppointmentStatus.CONFIRMED: {
            AppointmentStatus.COMPLETED,
            AppointmentStatus.NO_SHOW,
            AppointmentStatus.CANCELLED,
        },
    },
    WrongAppointmentState,
)


class NotReopenable(WrongAppointmentState):
    en = "an appointment that is {current:appointment} has no conclusion to undo"
    es = "un turno en estado «{current:appointment}» no tiene un cierre que deshacer"


UNDONE_WITHIN: Final = timedelta(days=1)
"""A move of staff can be undone for so long."""

# Appointments that took place stay as history, and those with money too.
DELETABLE: Final = frozenset(
    {AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED}
)
# A payment confirms these also when it comes late, if the time is still free.
REVIVABLE: Final = frozenset({AppointmentStatus.PENDING, AppointmentStatus.IN_REVIEW, AppointmentStatus.EXPIRED})
# These may have a hold, which lapses.
UNCONFIRMED: Final = frozenset({AppointmentStatus.PENDING, AppointmentStatus.IN_REVIEW})
ENTERED_AT: Final = {
    AppointmentStatus.CONFIRMED: "confirmed_at",
    AppointmentStatus.CANCELLED: "cancelled_at",
    AppointmentStatus.COMPLETED: "completed_at",
}
"""State -> the field that keeps when the appointment entered it; later states leave it as it is."""
# The states that occupy the agenda.
OCCUPYING: Final = frozenset({*UNCONFIRMED, AppointmentStatus.CONFIRMED})


HOLDS_NOTHING: Final = frozenset({PaymentStatus.PENDING, PaymentStatus.REFUNDED})
"""The payment states of an appointment without money, once what was refunded has gone back."""


class NotDeletable(Conflict):
    code = "not_deletable"
    en = "an appointment that is {current:appointment}, payment {payment:payment}, is kept; cancel or refund it"
    es = "un turno {current:appointment}, con el pago {payment:payment}, se conserva; cancélelo o devuelva el pago"
    next_action = NextAction.CANCEL_INSTEAD


class TooEarly(Conflict):
    code = "too_early"
    en = "the appointment begins on {scheduled_at:time}: what became of it is not known yet"
    es = "el turno comienza el {scheduled_at:time}: aún no se sabe qué pasó"
    next_action = NextAction.WAIT_UNTIL


class TooLateToUndo(Conflict):
    """``until`` is the last moment at which it could be undone."""

    code = "too_late_to_undo"
    en = "that the appointment is {current:appointment} could be undone until {until:time}"
    es = "que el turno esté {current:appointment} se podía deshacer hasta el {until:time}"


def status_at(status: str, hold_expires_at: datetime | None, now: datetime) -> AppointmentStatus:
    """The state at ``now``: a lapsed hold is EXPIRED before the sweeper writes it."""
    return AppointmentStatus.EXPIRED if has_lapsed(hold_expires_at, now) else AppointmentStatus(status)


class BegunAlready(Conflict):
    code = "already_begun"
    en = "the appointment began on {scheduled_at:time}: its payment cannot be reviewed any more"
    es = "el turno comenzó el {scheduled_at:time}: su pago ya no se puede revisar"
    next_action = NextAction.CONTACT_BUSINESS


def check_not_begun(scheduled_at: datetime, now: datetime) -> None:
    """Raise BegunAlready from the start on."""
    if now >= scheduled_at:
        raise BegunAlready(scheduled_at=scheduled_at.isoformat())


def check_undoable(current: str, moved_at: datetime, now: datetime) -> None:
    """Raise TooLateToUndo more than a day after the move."""
    until = moved_at + UNDONE_WITHIN
    if now > until:
        raise TooLateToUndo(current=current, until=until.isoformat())


def check_deletable(current: AppointmentStatus, payment: PaymentStatus, *, ended: bool, is_owed: bool) -> None:
    """Raise NotDeletable for an appointment that took place, should have (``ended``), or holds money.

    ``is_owed``: money that was paid for it is still to go back.
    """
    happened = ended and current is AppointmentStatus.CONFIRMED
    if current not in DELETABLE or happened or is_owed or payment not in HOLDS_NOTHING:
        raise NotDeletable(current=current.value, payment=payment.value)


class AmountIsFixed(Conflict):
    code = "amount_is_fixed"
    en = "an appointment that is {current:appointment}, payment {payment:payment}, keeps its amount"
    es = "un turno {current:appointment}, con el pago {payment:payment}, conserva su importe"


def check_unpaid(status: AppointmentStatus, payment: PaymentStatus, *, is_owed: bool) -> None:
    """Raise AmountIsFixed unless the amount can still be changed. ``is_owed``: paid money is still to go back."""
    is_declared = status is AppointmentStatus.IN_REVIEW
    if status not in OCCUPYING or is_declared or is_owed or payment not in HOLDS_NOTHING:
        raise AmountIsFixed(current=status.value, payment=payment.value)
