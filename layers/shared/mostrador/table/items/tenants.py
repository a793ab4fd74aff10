"""Stored tenants, their connections to other systems, and what limits them."""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from mostrador.table.attributes import InstantAttribute
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


class Integration(Versioned, discriminator="INTEGRATION"):
    """A system of somebody else's that a tenant, or one of its resources, is connected to.

    ``settings`` may be seen. ``sealed`` are credentials under KMS, which nobody is shown; ``previous`` those before
    them, which hold until ``previous_until``, so that keys are replaced without a gap.
    """

    quiet = frozenset({"sealed", "previous"})
    kind = UnicodeAttribute()
    resource_id = UnicodeAttribute(null=True)
    settings: Any = JSONAttribute()
    sealed = UnicodeAttribute(null=True)
    previous = UnicodeAttribute(null=True)
    previous_until = InstantAttribute(null=True)
    sealed_at = InstantAttribute(null=True)
    status = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    changed_by = UnicodeAttribute()


class Usage(Item, discriminator="USAGE"):
    appointments = NumberAttribute(null=True)


class Rate(Item, discriminator="RATE"):
    """What one caller did in one hour; gone some time after it (TTL, in seconds since the epoch)."""

    used = NumberAttribute()
    expires_at = NumberAttribute()
