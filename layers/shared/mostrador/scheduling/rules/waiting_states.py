"""A wait's states and the moves between them."""

from datetime import date
from enum import StrEnum
from typing import Final

from mostrador.errors import Invalid
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.values.next_actions import NextAction
from mostrador.values.state_machine import StateMachine, WrongState
from mostrador.values.wording import Reader, Words


class WaitingStatus(StrEnum):
    WAITING = "WAITING"
    OFFERED = "OFFERED"
    BOOKED = "BOOKED"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class WrongWaitingState(WrongState):
    en = "a wait that is {current:waiting} cannot become {wanted:waiting}"
    es = "una espera en estado «{current:waiting}» no puede pasar a «{wanted:waiting}»"


# A lapsed offer ends the wait: the time goes to the next in line, and the customer can join again.
MOVES: Final = StateMachine(
    {
        WaitingStatus.WAITING: {WaitingStatus.OFFERED, WaitingStatus.WITHDRAWN, WaitingStatus.EXPIRED},
        WaitingStatus.OFFERED: {WaitingStatus.BOOKED, WaitingStatus.LAPSED, WaitingStatus.WITHDRAWN},
    },
    WrongWaitingState,
)

# The states of a wait that is still in line.
IN_LINE: Final = frozenset({WaitingStatus.WAITING, WaitingStatus.OFFERED})

# The end of a wait by the state of the appointment offered; a PENDING one is still on offer.
_ENDINGS: Final[dict[AppointmentStatus, WaitingStatus]] = {
    AppointmentStatus.CONFIRMED: WaitingStatus.BOOKED,
    AppointmentStatus.COMPLETED: WaitingStatus.BOOKED,
    AppointmentStatus.NO_SHOW: WaitingStatus.BOOKED,
    AppointmentStatus.EXPIRED: WaitingStatus.LAPSED,
    AppointmentStatus.CANCELLED: WaitingStatus.WITHDRAWN,
}


class DayOutside(Invalid):
    code = "day_outside"
    en = "{value:day} is not a day from {first:day} to {last:day}, in which the service can be booked"
    es = "el {value:day} no está entre el {first:day} y el {last:day}, los días en que se puede reservar el servicio"
    next_action = NextAction.CHOOSE_ANOTHER_DAY
    past = "el {value:day} ya pasó", "{value:day} is past"
    over = "este servicio ya no se reserva", "this service can be booked no more"

    def variant(self, _reader: Reader) -> Words | None:
        first, last = self.facts["first"], self.facts["last"]
        if last < first:
            return self.over
        return self.past if self.facts["value"] < first else None


def ending(appointment: AppointmentStatus | None) -> WaitingStatus | None:
    """How an offer ends the wait, by the state of its appointment (None: deleted); None while it is on offer."""
    return _ENDINGS.get(appointment) if appointment else WaitingStatus.WITHDRAWN


def check_day(day: date, first: date, last: date) -> None:
    """Raise DayOutside unless ``day`` lies from ``first`` to ``last``."""
    if not first <= day <= last:
        raise DayOutside(field="body.date", value=day.isoformat(), first=first.isoformat(), last=last.isoformat())
