"""What is stored: one class per entity, its keys made by ``keys``; see docs/data-model.md for the access patterns.

A ``Versioned`` item carries a ``version`` that PynamoDB checks and counts up at each save, so a change made from an
old copy is refused, and a creation never overwrites.
"""

import os
from datetime import date
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.connection import TableConnection
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from mostrador import settings
from mostrador.rules.agenda import Booking
from mostrador.table.attributes import AmountAttribute, InstantAttribute, LinesAttribute, unpacked


class _ByList(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi1"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class _ByParent(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi2"
        projection = AllProjection()

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


class _ByDeadline(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_pk = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class Item(Model):
    """Anything in the table."""

    class Meta:
        table_name = settings.table_name()
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        connect_timeout_seconds = 1
        read_timeout_seconds = 2
        max_retry_attempts = 3
        max_pool_connections = 50

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    entity = DiscriminatorAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    due_pk = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    by_list = _ByList()
    by_parent = _ByParent()
    by_deadline = _ByDeadline()

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """One client for all entities; PynamoDB would make one, with its own sockets, for each class."""
        if cls is Item:
            return super()._get_connection()
        return Item._get_connection()


class Versioned(Item):
    version = VersionAttribute()
    created_at = InstantAttribute()
    updated_at = InstantAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)


class Tenant(Versioned, discriminator="TENANT"):
    slug = UnicodeAttribute()
    name = UnicodeAttribute()
    is_active = BooleanAttribute()
    country = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    currency = UnicodeAttribute()
    hours: Any = JSONAttribute()
    special_days: Any = JSONAttribute(null=True)
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


class Member(Versioned, discriminator="MEMBER"):
    user = UnicodeAttribute()
    slug = UnicodeAttribute()
    email = UnicodeAttribute()
    role = UnicodeAttribute()


class Service(Versioned, discriminator="SERVICE"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    duration_minutes = NumberAttribute()
    buffer_before_minutes = NumberAttribute()
    buffer_after_minutes = NumberAttribute()
    price = AmountAttribute()
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

    id = UnicodeAttribute()
    resource_id = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()
    created_by = UnicodeAttribute()
    path: str


class Usage(Item, discriminator="USAGE"):
    appointments = NumberAttribute(null=True)


class Customer(Versioned, discriminator="CUSTOMER"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    folded = UnicodeAttribute()
    email = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    notes = UnicodeAttribute(null=True)
    last_appointment_at = InstantAttribute(null=True)


class PhoneGuard(Item, discriminator="PHONE"):
    """Whoever holds the phone in this tenant: one customer."""

    customer_id = UnicodeAttribute()
    name = UnicodeAttribute()


class ActiveBookings(Item, discriminator="ACTIVE"):
    """What one phone has to come, in a tenant that limits it; see ``active``."""

    version = NumberAttribute()
    lines = LinesAttribute()


class Rate(Item, discriminator="RATE"):
    """What one caller did in one hour; gone some time after it (TTL, in seconds since the epoch)."""

    used = NumberAttribute()
    expires_at = NumberAttribute()


class Appointment(Versioned, discriminator="APPOINTMENT"):
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
    currency = UnicodeAttribute()
    notes = UnicodeAttribute(null=True)
    internal_notes = UnicodeAttribute(null=True)
    created_by = UnicodeAttribute()
    series_id = UnicodeAttribute(null=True)
    history: Any = JSONAttribute(null=True)
    is_counted = BooleanAttribute(null=True)
    buffer_before_minutes = NumberAttribute()
    buffer_after_minutes = NumberAttribute()


class Waiting(Versioned, discriminator="WAITING"):
    """Somebody who waits for a service on a local day; ``place`` is a UUIDv7 made on arrival, so it orders the line."""

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
