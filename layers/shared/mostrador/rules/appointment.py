"""An appointment's states and the moves between them."""

from enum import StrEnum
from typing import Final

from mostrador.errors import Conflict


class Status(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class PaymentStatus(StrEnum):
    PENDING = "PENDING"
    PAID = "PAID"
    REFUNDED = "REFUNDED"


MOVES: Final[dict[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED}),
    Status.CONFIRMED: frozenset({Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.NO_SHOW: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
}

# History stays: what took place, or was paid, is not deleted.
DELETABLE: Final = frozenset({Status.PENDING, Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED})
# The states that occupy the agenda.
OCCUPYING: Final = frozenset({Status.PENDING, Status.CONFIRMED})


class WrongState(Conflict):
    code = "wrong_state"
    en = "an appointment that is {current} cannot become {wanted}"
    es = "un turno en estado {current} no puede pasar a {wanted}"


class NotDeletable(Conflict):
    code = "not_deletable"
    en = "an appointment that is {current} with payment {payment} is kept; cancel or refund it instead"
    es = "un turno en estado {current} con pago {payment} se conserva; cancélelo o devuélvalo"


def move(current: Status, wanted: Status) -> None:
    """Raise WrongState unless ``current`` may become ``wanted``."""
    if wanted not in MOVES[current]:
        raise WrongState(current=current.value, wanted=wanted.value)


def check_deletable(current: Status, payment: PaymentStatus) -> None:
    """Raise NotDeletable for what took place or was paid."""
    if current not in DELETABLE or payment is PaymentStatus.PAID:
        raise NotDeletable(current=current.value, payment=payment.value)
