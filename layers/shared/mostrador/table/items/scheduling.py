"""Stored services, resources, appointments, agenda days and waiting lists."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict
from zoneinfo import ZoneInfo

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from mostrador.scheduling.rules.agenda import Booking
from mostrador.table.attributes import AmountAttribute, EmailAttribute, InstantAttribute, LinesAttribute, unpacked
from mostrador.table.base import Item, Versioned
from mostrador.values import local_time

if TYPE_CHECKING:
    from mostrador.scheduling.rules.opening_hours import SpecialDay, WeekOfMinutes
    from mostrador.scheduling.rules.prices import Discount, Extra, Tip
    from mostrador.scheduling.rules.visits import Visit
    from mostrador.table.items.payments import Receipt


class Service(Versioned, discriminator="SERVICE"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    duration_minutes = NumberAttribute()
    buffer_before_minutes = NumberAttribute()
    buffer_time_minutes = NumberAttribute()
    price = AmountAttribute()
    deposit_percent = NumberAttribute(null=True)
    currency = UnicodeAttribute()
    is_active = BooleanAttribute()
    capacity = NumberAttribute()
    max_bookings_per_day = NumberAttribute(null=True)
    max_bookings_per_week = NumberAttribute(null=True)
    advance_booking_days = NumberAttribute()
    bookable_until = UnicodeAttribute(null=True)
    resource_ids: Attribute[list[str]] = JSONAttribute()
    second_resource_ids: Attribute[list[str]] = JSONAttribute(default=list)
    former_resource_ids: Attribute[list[str] | None] = JSONAttribute(null=True)


class Resource(Versioned, discriminator="RESOURCE"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    is_active = BooleanAttribute()
    hours: "Attribute[WeekOfMinutes | None]" = JSONAttribute(null=True)
    special_days: "Attribute[dict[str, SpecialDay] | None]" = JSONAttribute(null=True)


class Feed(Versioned, discriminator="FEED"):
    """A calendar behind a secret address. ``path``, the address, is set only on the item that ``create`` returns."""

    quiet = frozenset({"digest"})
    id = UnicodeAttribute()
    resource_id = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()
    created_by = UnicodeAttribute()
    path: str


class ActiveBookings(Item, discriminator="ACTIVE"):
    """The future appointments of one phone, in a tenant that limits their number; see ``booking_limits``."""

    version = NumberAttribute()
    lines = LinesAttribute()


class Appointment(Versioned, discriminator="APPOINTMENT"):
    """A booked time. It keeps what was agreed: names, price, buffers, the time zone and the time on the clock.

    ``series_on`` is that time as its series plans it; another ``local_start`` is an exception of the series.
    ``local_start`` is that time, ``2026-12-01T09:00`` in ``time_zone``, as it was when ``scheduled_at`` was set; older
    appointments are without it. ``days`` are the local dates in whose agendas it stands. ``is_counted`` says that
    ``ActiveBookings`` has it. ``series_conflicts`` stands on the first of an old series;
    ``waiting_id`` is the wait to which it was offered, ``plan_month`` the month in which the plan counts it.
    ``freed_at`` is when the rest of a visit that was over early became free. ``delayed_to`` is when a late one is
    expected, ``delayed_from`` the agreed start of one that a delay moved. ``undoable`` are the last moves of staff,
    each with the fields that it changed as they were; ``undo_keys`` the Idempotency-Keys that took moves back.
    ``total_amount`` is ``base_amount``, the agreed price, with ``extras`` and less the ``discount``; without
    ``base_amount`` it is the agreed price itself. ``tips`` are apart: those count whose payment is in ``payment_ids``.
    """

    quiet = frozenset(
        "service_name resource_name customer_name customer_phone customer_version booked_as booked_email "
        "booked_notes time_zone local_start currency days history is_counted series_on series_conflicts waiting_id "
        "plan_month created_by buffer_before_minutes buffer_time_minutes checkout_id checkouts payment_ids "
        "google_calendar_event_id confirmed_at cancelled_at completed_at undoable undo_keys".split()
    )
    quiet_when_new = frozenset({"ends_at"})
    steps = {
        ("COMPLETED", "CONFIRMED"): "reopened",
        ("NO_SHOW", "CONFIRMED"): "reopened",
        ("NO_SHOW", "PENDING"): "reopened",
        ("CONFIRMED", "PENDING"): "unconfirmed",
        ("CONFIRMED", "IN_REVIEW"): "unconfirmed",
        ("CANCELLED", "PENDING"): "restored",
        ("CANCELLED", "IN_REVIEW"): "restored",
        ("CANCELLED", "CONFIRMED"): "restored",
    }
    id = UnicodeAttribute()
    service_id = UnicodeAttribute()
    service_name = UnicodeAttribute()
    resource_id = UnicodeAttribute()
    resource_name = UnicodeAttribute()
    second_resource_id = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute()
    customer_name = UnicodeAttribute()
    customer_phone = UnicodeAttribute(null=True)
    customer_version = NumberAttribute(null=True)
    booked_as = UnicodeAttribute(null=True)
    booked_email = EmailAttribute(null=True)
    booked_notes = UnicodeAttribute(null=True)
    folded = UnicodeAttribute()
    scheduled_at = InstantAttribute()
    ends_at = InstantAttribute()
    time_zone = UnicodeAttribute()
    local_start = UnicodeAttribute(null=True)
    days: Attribute[list[str]] = JSONAttribute()
    status = UnicodeAttribute()
    payment_status = UnicodeAttribute()
    hold_expires_at = InstantAttribute(null=True)
    total_amount = AmountAttribute()
    base_amount = AmountAttribute(null=True)
    discount: "Attribute[Discount | None]" = JSONAttribute(null=True)
    extras: "Attribute[list[Extra] | None]" = JSONAttribute(null=True)
    tips: "Attribute[list[Tip] | None]" = JSONAttribute(null=True)
    deposit_amount = AmountAttribute(null=True)
    paid_amount = AmountAttribute(null=True)
    payment_ids: Attribute[list[str] | None] = JSONAttribute(null=True)
    checkout_id = UnicodeAttribute(null=True)
    checkouts = NumberAttribute(null=True)
    currency = UnicodeAttribute()
    customer_notes = UnicodeAttribute(null=True)
    internal_notes = UnicodeAttribute(null=True)
    created_by = UnicodeAttribute()
    series_id = UnicodeAttribute(null=True)
    series_on = UnicodeAttribute(null=True)
    series_conflicts: Attribute[list[dict[str, Any]] | None] = JSONAttribute(null=True)
    waiting_id = UnicodeAttribute(null=True)
    history: Attribute[list[dict[str, str]] | None] = JSONAttribute(null=True)
    is_counted = BooleanAttribute(null=True)
    plan_month = UnicodeAttribute(null=True)
    buffer_before_minutes = NumberAttribute()
    buffer_time_minutes = NumberAttribute()
    bancard_transaction_id = UnicodeAttribute(null=True)
    google_calendar_event_id = UnicodeAttribute(null=True)
    confirmed_at = InstantAttribute(null=True)
    cancelled_at = InstantAttribute(null=True)
    completed_at = InstantAttribute(null=True)
    ignores_calendar = BooleanAttribute(null=True)
    overridden: Attribute[list[str] | None] = JSONAttribute(null=True)
    overridden_by = UnicodeAttribute(null=True)
    receipt: "Attribute[Receipt | None]" = JSONAttribute(null=True)
    review_due_at = InstantAttribute(null=True)
    refused_because = UnicodeAttribute(null=True)
    is_perhaps_owed = BooleanAttribute(null=True)
    arrived_at = InstantAttribute(null=True)
    started_at = InstantAttribute(null=True)
    freed_at = InstantAttribute(null=True)
    delayed_to = InstantAttribute(null=True)
    delayed_from = InstantAttribute(null=True)
    undoable: Attribute[list[dict[str, Any]] | None] = JSONAttribute(null=True)
    undo_keys: Attribute[dict[str, str] | None] = JSONAttribute(null=True)

    @property
    def duration_minutes(self) -> int:
        """From the start to the end, without buffers."""
        return local_time.minute(self.ends_at) - local_time.minute(self.scheduled_at)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the tenant, which each appointment carries."""
        return ZoneInfo(self.time_zone)

    def visit(self, now: datetime) -> "Visit":
        """The values that decide which moves are allowed at ``now``."""
        from mostrador.scheduling.rules import appointment_states, visits  # noqa: PLC0415 - most items do without

        told = [entry["at"] for entry in self.history or [] if entry["change"] == self.status]
        concluded_at = datetime.fromisoformat(told[-1]) if told else self.scheduled_at
        return visits.Visit(
            status=appointment_states.status_at(self.status, self.hold_expires_at, now),
            scheduled_at=self.scheduled_at,
            deposit_left=max(Decimal(0), (self.deposit_amount or Decimal(0)) - (self.paid_amount or Decimal(0))),
            arrived_at=self.arrived_at,
            started_at=self.started_at,
            done=visits.last_done(self.undoable or [], self.status, concluded_at),
        )


class Waiting(Versioned, discriminator="WAITING"):
    """One customer's wait for a service on a local day. ``place``, a UUIDv7 made on arrival, orders the line."""

    quiet = frozenset(
        "place service_name customer_name customer_phone booked_as booked_email booked_notes time_zone "
        "created_by".split()
    )
    id = UnicodeAttribute()
    place = UnicodeAttribute()
    service_id = UnicodeAttribute()
    service_name = UnicodeAttribute()
    date = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    resource_id = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute()
    customer_name = UnicodeAttribute()
    customer_phone = UnicodeAttribute(null=True)
    booked_as = UnicodeAttribute(null=True)
    booked_email = EmailAttribute(null=True)
    booked_notes = UnicodeAttribute(null=True)
    customer_notes = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    appointment_id = UnicodeAttribute(null=True)
    offer_starts_at = InstantAttribute(null=True)
    offer_expires_at = InstantAttribute(null=True)
    created_by = UnicodeAttribute()


class Waiter(Item, discriminator="WAITER"):
    """Guards that a customer waits for a service and day only once; it exists until the wait ends."""

    waiting_id = UnicodeAttribute()


class WaitingLine(Item, discriminator="LINE"):
    """A service and day with waits. It is due for its next check at ``due_at``; ``version`` counts checks and waits."""

    service_id = UnicodeAttribute()
    date = UnicodeAttribute()
    version = NumberAttribute()


class Block(Versioned, discriminator="BLOCK"):
    """A time that staff closed for some resources: a line in their agenda days, on the local dates ``days``."""

    quiet = frozenset({"time_zone", "days", "created_by"})
    id = UnicodeAttribute()
    title = UnicodeAttribute()
    starts_at = InstantAttribute()
    ends_at = InstantAttribute()
    time_zone = UnicodeAttribute()
    days: Attribute[list[str]] = JSONAttribute()
    resource_ids: Attribute[list[str]] = JSONAttribute()
    created_by = UnicodeAttribute()


class Series(Versioned, discriminator="SERIES"):
    """Recurring appointments. Each of ``batches`` is one call that booked dates: the first, then each extension.

    A batch has ``id``, ``fingerprint``, ``dates`` (appointment id -> time on the clock for which it was booked) and
    ``conflicts``, the dates that were refused. ``resource_id`` is the one that was asked for, if any.
    """

    quiet = frozenset({"batches", "created_by", "time_zone"})
    id = UnicodeAttribute()
    service_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    resource_id = UnicodeAttribute(null=True)
    every_weeks = NumberAttribute()
    starts_at = InstantAttribute()
    dates = NumberAttribute()
    time_zone = UnicodeAttribute()
    batches: "Attribute[list[Batch]]" = JSONAttribute()
    created_by = UnicodeAttribute()

    def appointment_ids(self) -> list[str]:
        """The ids of all its appointments, also of those that were deleted since."""
        return [appointment_id for batch in self.batches for appointment_id in batch["dates"]]


class Batch(TypedDict):
    id: str
    fingerprint: str
    dates: dict[str, str]
    conflicts: list[dict[str, Any]]


class AgendaDay(Item, discriminator="AGENDA"):
    """One resource's bookings on one local day. ``version`` counts the changes that take time or confirm a hold."""

    version = NumberAttribute()
    lines = LinesAttribute()

    def bookings(self) -> list[Booking]:
        """All bookings of the day, lapsed holds included."""
        return unpacked(self.lines, date.fromisoformat(self.sk))
