"""What is stored: one class per entity, its keys made by ``keys``; see docs/data-model.md for the access patterns."""

from datetime import date
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.expressions.condition import size

from mostrador.rules.agenda import Booking
from mostrador.table.attributes import AmountAttribute, CompactJSONAttribute, InstantAttribute, LinesAttribute, unpacked
from mostrador.table.base import Item, Versioned


class Tenant(Versioned, discriminator="TENANT"):
    slug = UnicodeAttribute()
    name = UnicodeAttribute()
    is_active = BooleanAttribute()
    country = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    currency = UnicodeAttribute()
    hours: Any = JSONAttribute()
    special_days: Any = JSONAttribute(null=True)
    calendars: Any = JSONAttribute(null=True)
    slot_step_minutes = NumberAttribute()
    slot_offset_minutes = NumberAttribute(null=True)
    minimum_notice_minutes = NumberAttribute()
    reschedule_notice_minutes = NumberAttribute(null=True)
    cancel_notice_minutes = NumberAttribute(null=True)
    max_active_bookings = NumberAttribute(null=True)
    hold_minutes = NumberAttribute()
    contact_email = UnicodeAttribute(null=True)
    contact_phone = UnicodeAttribute(null=True)
    logo_url = UnicodeAttribute(null=True)
    plan = UnicodeAttribute()
    max_appointments_per_month = NumberAttribute(null=True)
    max_raffles = NumberAttribute(null=True)
    max_members = NumberAttribute(null=True)


class Member(Versioned, discriminator="MEMBER"):
    user = UnicodeAttribute()
    slug = UnicodeAttribute()
    email = UnicodeAttribute()
    role = UnicodeAttribute()
    status = UnicodeAttribute()
    invited_by = UnicodeAttribute(null=True)
    invitation_expires_at = InstantAttribute(null=True)


class Team(Item, discriminator="TEAM"):
    """Who is in a tenant, each an id of the user pool: ``members`` are all, the invited ones too."""

    members = UnicodeSetAttribute(null=True)
    admins = UnicodeSetAttribute(null=True)

    @classmethod
    def is_smaller_than(cls, limit: float) -> Any:
        """The condition that there is room for one more member."""
        return cls.members.does_not_exist() | (size(cls.members) < limit)  # type: ignore[no-untyped-call]

    @classmethod
    def has_other_admins(cls) -> Any:
        """The condition that one admin less leaves one."""
        return size(cls.admins) > 1  # type: ignore[no-untyped-call]


class ApiKey(Versioned, discriminator="APIKEY"):
    """A key of an integrator; of its secret only the ``digest`` (SHA-256, hex) is kept.

    ``key``, all of it, is known only to who makes it; ``is_active`` is judged whenever it is shown.
    """

    quiet = frozenset({"digest"})
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    role = UnicodeAttribute()
    digest = UnicodeAttribute()
    valid_until = InstantAttribute()
    created_by = UnicodeAttribute()
    last_used_at = InstantAttribute(null=True)
    key: str
    is_active: bool


class Service(Versioned, discriminator="SERVICE"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    duration_minutes = NumberAttribute()
    buffer_before_minutes = NumberAttribute()
    buffer_after_minutes = NumberAttribute()
    price = AmountAttribute()
    deposit_percent = NumberAttribute(null=True)
    currency = UnicodeAttribute()
    is_active = BooleanAttribute()
    capacity = NumberAttribute()
    max_bookings_per_day = NumberAttribute(null=True)
    max_bookings_per_week = NumberAttribute(null=True)
    advance_booking_days = NumberAttribute()
    bookable_until = UnicodeAttribute(null=True)
    resource_ids: Any = JSONAttribute()
    second_resource_ids: Any = JSONAttribute(default=list)


class Resource(Versioned, discriminator="RESOURCE"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    is_active = BooleanAttribute()
    hours: Any = JSONAttribute(null=True)
    special_days: Any = JSONAttribute(null=True)


class Feed(Versioned, discriminator="FEED"):
    """A calendar behind a secret address; ``path``, that address, is known only to who makes the feed."""

    quiet = frozenset({"digest"})
    id = UnicodeAttribute()
    resource_id = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()
    created_by = UnicodeAttribute()
    path: str


class Usage(Item, discriminator="USAGE"):
    appointments = NumberAttribute(null=True)


class Customer(Versioned, discriminator="CUSTOMER"):
    quiet = frozenset({"last_appointment_at"})
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    folded = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    notes = UnicodeAttribute(null=True)
    last_appointment_at = InstantAttribute(null=True)
    last_order_at = InstantAttribute(null=True)


class PhoneGuard(Item, discriminator="PHONE"):
    """Whoever holds the phone in this tenant: one customer."""

    customer_id = UnicodeAttribute()
    name = UnicodeAttribute()
    last_appointment_at = InstantAttribute(null=True)
    last_order_at = InstantAttribute(null=True)


class ActiveBookings(Item, discriminator="ACTIVE"):
    """What one phone has to come, in a tenant that limits it; see ``active``."""

    version = NumberAttribute()
    lines = LinesAttribute()


class Rate(Item, discriminator="RATE"):
    """What one caller did in one hour; gone some time after it (TTL, in seconds since the epoch)."""

    used = NumberAttribute()
    expires_at = NumberAttribute()


class Appointment(Versioned, discriminator="APPOINTMENT"):
    quiet = frozenset(
        "service_name resource_name customer_name customer_phone booked_as ends_at time_zone currency days history "
        "is_counted created_by buffer_before_minutes buffer_after_minutes checkout_id checkouts payment_ids "
        "google_calendar_event_id".split()
    )
    id = UnicodeAttribute()
    service_id = UnicodeAttribute()
    service_name = UnicodeAttribute()
    resource_id = UnicodeAttribute()
    resource_name = UnicodeAttribute()
    second_resource_id = UnicodeAttribute(null=True)
    customer_id = UnicodeAttribute()
    customer_name = UnicodeAttribute()
    customer_phone = UnicodeAttribute(null=True)
    booked_as = UnicodeAttribute(null=True)
    folded = UnicodeAttribute()
    starts_at = InstantAttribute()
    ends_at = InstantAttribute()
    time_zone = UnicodeAttribute()
    days: Any = JSONAttribute()
    status = UnicodeAttribute()
    payment_status = UnicodeAttribute()
    hold_expires_at = InstantAttribute(null=True)
    total_amount = AmountAttribute()
    deposit_amount = AmountAttribute(null=True)
    paid_amount = AmountAttribute(null=True)
    payment_ids: Any = JSONAttribute(null=True)
    checkout_id = UnicodeAttribute(null=True)
    checkouts = NumberAttribute(null=True)
    currency = UnicodeAttribute()
    notes = UnicodeAttribute(null=True)
    internal_notes = UnicodeAttribute(null=True)
    created_by = UnicodeAttribute()
    series_id = UnicodeAttribute(null=True)
    history: Any = JSONAttribute(null=True)
    is_counted = BooleanAttribute(null=True)
    buffer_before_minutes = NumberAttribute()
    buffer_after_minutes = NumberAttribute()
    google_calendar_event_id = UnicodeAttribute(null=True)
    ignores_calendar = BooleanAttribute(null=True)


class Waiting(Versioned, discriminator="WAITING"):
    """Somebody who waits for a service on a local day; ``place`` is a UUIDv7 made on arrival, so it orders the line."""

    quiet = frozenset({"place", "service_name", "customer_name", "customer_phone", "time_zone", "created_by"})
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
    notes = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    appointment_id = UnicodeAttribute(null=True)
    offer_starts_at = InstantAttribute(null=True)
    offer_expires_at = InstantAttribute(null=True)
    created_by = UnicodeAttribute()


class Waiter(Item, discriminator="WAITER"):
    """Whoever waits for a service and day does so once: there from WAITING until the wait ends."""

    waiting_id = UnicodeAttribute()


class WaitingLine(Item, discriminator="LINE"):
    """A service and day for which somebody waits, and in ``due_at`` when to look at it next.

    ``version`` counts those who joined and the looks.
    """

    service_id = UnicodeAttribute()
    date = UnicodeAttribute()
    version = NumberAttribute()


class AgendaDay(Item, discriminator="AGENDA"):
    """One resource's bookings on one local day; ``version`` counts every change that takes or firms up time."""

    version = NumberAttribute()
    lines = LinesAttribute()

    def bookings(self) -> list[Booking]:
        """What stands in the day, lapsed holds included."""
        day = date.fromisoformat(self.sk)
        return [unpacked(name, line, day) for name, line in self.lines.items()]


class AuditEntry(Item, discriminator="AUDIT"):
    """What one transaction changed, written in it; ``about`` names items and actions for whoever filters."""

    at = InstantAttribute()
    user = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    role = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    about = UnicodeAttribute()
    changes: Any = CompactJSONAttribute()


class Link(Item, discriminator="LINK"):
    """What the audit log's chain knows of one line, written once and never touched again; see ``rules.chain``."""

    sequence = NumberAttribute()
    previous = UnicodeAttribute()
    line = UnicodeAttribute()
    seen_at = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()


class ChainHead(Item, discriminator="HEAD"):
    """The last link of a tenant's chain."""

    sequence = NumberAttribute()
    digest = UnicodeAttribute()
