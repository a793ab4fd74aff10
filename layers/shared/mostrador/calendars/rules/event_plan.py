"""The content of an appointment's calendar event, from plain values; and the wait before the next try."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from mostrador.calendars.rules.google_event import EventContent
from mostrador.scheduling.rules.appointment_states import UNCONFIRMED, AppointmentStatus

LIVE: Final = frozenset(
    {*UNCONFIRMED, AppointmentStatus.CONFIRMED, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}
)
NO_EVENT: Final = "-"
"""In place of a fingerprint: the calendar should have no event."""
PLACEHOLDERS: Final = ("service", "customer", "resource")
_NAMELESS: Final = "{service}"
_SHORTEST, _LONGEST = 5.0, 900.0
_OFTEN: Final = 6
_DOUBLINGS: Final = 6  # up to 64 seconds, as in Google's own guide


class EventState(StrEnum):
    """SYNCED: the event is right. PENDING: it will be written. PARKED: Google refuses it. GONE: there is no event."""

    SYNCED = "SYNCED"
    PENDING = "PENDING"
    PARKED = "PARKED"
    GONE = "GONE"


class DifferenceKind(StrEnum):
    """How a calendar differs from the appointments. MISSING: no event of ours. STRAY: an event that belongs not here.

    DIFFERS: other content. PARKED: Google refuses the event. PENDING: the event waits to be written.
    """

    MISSING = "MISSING"
    STRAY = "STRAY"
    DIFFERS = "DIFFERS"
    PARKED = "PARKED"
    PENDING = "PENDING"


class OnChange(StrEnum):
    """The reaction when somebody moves or deletes an event of ours in Google."""

    PUT_BACK = "PUT_BACK"
    FOLLOW = "FOLLOW"


@dataclass(frozen=True, slots=True)
class Choices:
    """A tenant's options for one calendar. ``summary`` may hold the PLACEHOLDERS in braces.

    ``can_invite`` is no option: Google lets no service account invite that acts for nobody.
    """

    calendar_id: str = "primary"
    summary: str = "{service} · {customer}"
    show_pending: bool = True
    private: bool = False
    attendees: bool = False
    two_way: bool = True
    on_change: str = OnChange.PUT_BACK
    can_invite: bool = True

    @property
    def invites(self) -> bool:
        return self.attendees and self.can_invite

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Choices":
        """The stored options; an option that is not stored has its default."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in settings.items() if name in known})


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """The facts of an appointment that its event shows.

    ``email`` is given only where the customer is to be invited, and staff or its owner confirmed it.
    """

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
    delayed_to: datetime | None
    time_zone: str
    revision: int


def content(facts: AppointmentFacts, choices: Choices) -> EventContent | None:
    """The content of the appointment's event; None where it should have no event."""
    if facts.status not in LIVE or (facts.status in UNCONFIRMED and not choices.show_pending):
        return None
    attendees = (facts.email,) if facts.email and choices.invites else ()
    return EventContent(
        status="tentative" if facts.status in UNCONFIRMED else "confirmed",
        summary=_summary(facts, choices),
        description=_description(facts, choices, has_guests=bool(attendees)),
        starts_at=facts.starts_at,
        ends_at=facts.ends_at,
        time_zone=facts.time_zone,
        attendees=attendees,
        private={
            "tenant": facts.tenant,
            "appointment": facts.appointment_id,
            "resource": facts.resource_id,
            "revision": facts.revision,
        },
        is_private=choices.private,
    )


def backoff(attempt: int, chance: float) -> float:
    """Seconds to wait before try ``attempt`` (0 is the first repeat), with full jitter: ``chance`` is in [0, 1).

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return float(2 ** min(attempt, _DOUBLINGS)) * chance


def wait(attempt: int, chance: float, retry_after: int | None) -> float:
    """Seconds until try ``attempt`` (0 is the first repeat): Google's own backoff, then up to a quarter of an hour.

    Never less than ``retry_after``, the seconds that Google gave; ``chance`` is in [0, 1).
    """
    grown = backoff(attempt, chance)
    if attempt >= _OFTEN:
        grown = min(_LONGEST, 2.0 ** min(attempt, 20)) * (0.5 + chance / 2)
    return max(_SHORTEST, float(retry_after or 0), grown)


def _summary(facts: AppointmentFacts, choices: Choices) -> str:
    template = _NAMELESS if choices.private else choices.summary
    for name in PLACEHOLDERS:
        template = template.replace(f"{{{name}}}", str(getattr(facts, name)))
    return template


def _description(facts: AppointmentFacts, choices: Choices, *, has_guests: bool) -> str:
    """The description. Google shows it as HTML, so texts are escaped; guests do not see the notes."""
    lines = {"Servicio": facts.service, "Profesional": facts.resource}
    if facts.delayed_to:
        lines["Atrasado hasta"] = f"{facts.delayed_to.astimezone(ZoneInfo(facts.time_zone)):%H:%M}"
    if not choices.private:
        lines |= {"Cliente": facts.customer, "Teléfono": facts.phone or ""}
    if not (choices.private or has_guests):
        lines["Notas"] = facts.notes or ""
    return "\n".join(f"{name}: {escape(value, quote=False)}" for name, value in lines.items() if value)
