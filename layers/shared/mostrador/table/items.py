"""What is stored: one class per entity, its keys made by ``keys``; see docs/data-model.md for the access patterns.

Every item but the agenda day carries a ``version`` that PynamoDB checks and counts up at each save, so a change made
from an old copy is refused, and a creation never overwrites.
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
    slot_step_minutes = NumberAttribute()
    minimum_notice_minutes = NumberAttribute()
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
    advance_booking_days = NumberAttribute()
    resource_ids: Any = JSONAttribute()


class Resource(Versioned, discriminator="RESOURCE"):
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    is_active = BooleanAttribute()
    hours: Any = JSONAttribute(null=True)


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


class Appointment(Versioned, discriminator="APPOINTMENT"):
    id = UnicodeAttribute()
    service_id = UnicodeAttribute()
    service_name = UnicodeAttribute()
    resource_id = UnicodeAttribute()
    resource_name = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    customer_name = UnicodeAttribute()
    customer_phone = UnicodeAttribute(null=True)
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
    buffer_before_minutes = NumberAttribute()
    buffer_after_minutes = NumberAttribute()


class AgendaDay(Item, discriminator="AGENDA"):
    """One resource's bookings on one local day; ``version`` counts every change that takes or firms up time."""

    version = NumberAttribute()
    lines = LinesAttribute()

    def bookings(self) -> list[Booking]:
        """What stands in the day, lapsed holds included."""
        day = date.fromisoformat(self.sk)
        return [unpacked(name, line, day) for name, line in self.lines.items()]
