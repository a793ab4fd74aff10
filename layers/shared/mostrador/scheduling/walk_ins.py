"""A customer who stands at the counter: booked, confirmed and begun in this minute, by one call."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from mostrador.scheduling import booking
from mostrador.scheduling.rules.overrides import ORDINARY, Override
from mostrador.table.items.scheduling import Appointment

if TYPE_CHECKING:
    from mostrador.scheduling.views.walk_ins import WalkIn

OF_NOW: Final = frozenset({Override.BEFORE_NOTICE, Override.PAST, Override.OFF_GRID})
"""Rules about when a customer books ahead: they do not bind who is there. The minute has begun, so it is past."""


def begin(
    slug: str,
    form: "WalkIn",
    *,
    may_override: frozenset[str] = ORDINARY,
    actor_name: str,
    key: str | None,
    now: datetime,
) -> Appointment:
    """A confirmed appointment from this minute on; the same ``key`` with the same form gives the same one.

    Every rule but the notice, the past and the grid holds, unless the form overrides it by name. Raises as
    ``booking.book`` does; SlotTaken tells in ``fits_minutes`` the length that would fit before the next appointment.
    """
    from mostrador.scheduling.views.appointments import NewAppointment  # noqa: PLC0415 - with pydantic, at the door alone

    wanted = NewAppointment.model_validate(
        {
            "service_id": form.service_id,
            "scheduled_at": now.replace(second=0, microsecond=0),
            "duration_minutes": form.duration_minutes,
            "resource_id": form.resource_id,
            "customer_id": form.customer_id,
            "customer_data": {"name": form.name} if form.name else form.customer_data,
            "customer_notes": form.customer_notes,
            "internal_notes": form.internal_notes,
            "status": "CONFIRMED",
            "override": sorted({*form.override, *OF_NOW}),
        }
    )
    may = may_override | OF_NOW
    return booking.book(slug, wanted, actor_name=actor_name, key=key, now=now, may_override=may, sent=form.as_sent())
