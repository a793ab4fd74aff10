"""What an appointment's calendar event should be, from plain values; and how long to wait before the next try."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mostrador.calendars.rules.google_event import Wanted
from mostrador.scheduling.rules.appointment_states import AppointmentStatus

LIVE: Final = frozenset(
    {AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}
)
NOTHING: Final = "-"
"""Stands for a fingerprint where the calendar should have no event."""
PLACEHOLDERS: Final = ("service", "customer", "resource")
_NAMELESS: Final = "{service}"
_SHORTEST, _LONGEST = 5.0, 900.0
_OFTEN: Final = 6
_DOUBLINGS: Final = 6  # up to 64 seconds, as in Google's own guide


class EventState(StrEnum):
    """SYNCED: the calendar says what it should. PENDING: it will be told. PARKED: Google refuses it. GONE: no event."""

    SYNCED = "SYNCED"
    PENDING = "PENDING"
    PARKED = "PARKED"
    GONE = "GONE"


class OnChange(StrEnum):
    """What becomes of an event of ours that somebody moved or deleted in Google."""

    PUT_BACK = "PUT_BACK"
    FOLLOW = "FOLLOW"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a tenant chose for a calendar. ``summary`` may hold the PLACEHOLDERS in braces."""

    calendar_id: str = "primary"
    summary: str = "{service} · {customer}"
    show_pending: bool = True
    private: bool = False
    attendees: bool = False
    two_way: bool = True
    on_change: str = OnChange.PUT_BACK

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Choices":
        """As stored; what is left out, and what was added since, as it is by default."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in settings.items() if name in known})


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """An appointment as far as its event tells of it; ``email`` only where the customer is to be invited."""

    tenant: str
    appointment_id: str
    resource_id: str
    status: str
    service: str
    resource: str
    customer: str
    phone: str | None
    notes: str | None
    email: str | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    revision: int


def wanted(told: AppointmentFacts, choices: Choices) -> Wanted | None:
    """What the calendar should say; None where it should say nothing."""
    if told.status not in LIVE or (told.status == AppointmentStatus.PENDING and not choices.show_pending):
        return None
    return Wanted(
        status="tentative" if told.status == AppointmentStatus.PENDING else "confirmed",
        summary=_summary(told, choices),
        description=_description(told, choices),
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        time_zone=told.time_zone,
        attendees=(told.email,) if told.email and choices.attendees else (),
        private={
            "tenant": told.tenant,
            "appointment": told.appointment_id,
            "resource": told.resource_id,
            "revision": told.revision,
        },
        is_private=choices.private,
    )


def backoff(attempt: int, chance: float) -> float:
    """Seconds to wait before try ``attempt`` (0 is the first repeat), with full jitter: ``chance`` is in [0, 1).

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return float(2 ** min(attempt, _DOUBLINGS)) * chance


def wait(attempt: int, chance: float, asked: int | None) -> float:
    """Seconds until try ``attempt`` (0 is the first repeat): Google's own backoff, then up to a quarter of an hour.

    Never less than Google ``asked`` for; ``chance`` is in [0, 1).
    """
    grown = backoff(attempt, chance)
    if attempt >= _OFTEN:
        grown = min(_LONGEST, 2.0 ** min(attempt, 20)) * (0.5 + chance / 2)
    return max(_SHORTEST, float(asked or 0), grown)


def _summary(told: AppointmentFacts, choices: Choices) -> str:
    template = _NAMELESS if choices.private else choices.summary
    for name in PLACEHOLDERS:
        template = template.replace(f"{{{name}}}", str(getattr(told, name)))
    return template


def _description(told: AppointmentFacts, choices: Choices) -> str:
    lines = {"Servicio": told.service, "Profesional": told.resource}
    if not choices.private:
        lines |= {"Cliente": told.customer, "Teléfono": told.phone or "", "Notas": told.notes or ""}
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
