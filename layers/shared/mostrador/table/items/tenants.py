"""Stored tenants, their connections to other systems, and what limits them."""

from typing import TYPE_CHECKING, Any, TypedDict

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from mostrador.table.attributes import EmailAttribute, InstantAttribute, LinesAttribute
from mostrador.table.base import Item, Versioned
from mostrador.tenancy.rules import public_settings

if TYPE_CHECKING:
    from mostrador.scheduling.rules.opening_hours import SpecialDay, WeekOfMinutes


class TransferDetails(TypedDict):
    """The bank account to which customers transfer; ``account`` is its number or its alias."""

    bank: str
    account: str
    holder: str
    document: str | None


class Tenant(Versioned, discriminator="TENANT"):
    slug = UnicodeAttribute()
    name = UnicodeAttribute()
    is_active = BooleanAttribute()
    country = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    currency = UnicodeAttribute()
    hours: "Attribute[WeekOfMinutes]" = JSONAttribute()
    special_days: "Attribute[dict[str, SpecialDay] | None]" = JSONAttribute(null=True)
    calendars: Attribute[list[str] | None] = JSONAttribute(null=True)
    slot_step_minutes = NumberAttribute()
    slot_offset_minutes = NumberAttribute(null=True)
    minimum_notice_minutes = NumberAttribute()
    reschedule_notice_minutes = NumberAttribute(null=True)
    cancel_notice_minutes = NumberAttribute(null=True)
    max_active_bookings = NumberAttribute(null=True)
    hold_minutes = NumberAttribute()
    review_hours = NumberAttribute(null=True)
    discount_limits: Attribute[dict[str, int] | None] = JSONAttribute(null=True)
    staff_overrides: Attribute[list[str] | None] = JSONAttribute(null=True)
    allow_double_booking = BooleanAttribute(null=True)
    require_open_till = BooleanAttribute(null=True)
    transfer_details: Attribute[TransferDetails | None] = JSONAttribute(null=True)
    public_share_percent = NumberAttribute(default=public_settings.SHARE_PERCENT)
    public_pending_limit = NumberAttribute(default=public_settings.PENDING_LIMIT)
    public_confirmation = UnicodeAttribute(default=public_settings.PublicConfirmation.NONE.value)
    confirm_within_minutes = NumberAttribute(default=public_settings.CONFIRM_WITHIN_MINUTES)
    contact_email = EmailAttribute(null=True)
    contact_phone = UnicodeAttribute(null=True)
    logo_url = UnicodeAttribute(null=True)
    plan = UnicodeAttribute()
    max_appointments_per_month = NumberAttribute(null=True)
    max_raffles = NumberAttribute(null=True)
    max_members = NumberAttribute(null=True)


class Integration(Versioned, discriminator="INTEGRATION"):
    """The connection of a tenant, or of one of its resources, to another system.

    ``settings`` are shown. ``sealed`` are the credentials, encrypted under KMS, and never shown. ``previous`` are those
    before them, which hold until ``previous_until``, so that keys are replaced without a gap. ``parked_events`` and
    ``parked_reason`` are computed when a calendar's connection is shown.
    """

    quiet = frozenset({"sealed", "previous"})
    kind = UnicodeAttribute()
    resource_id = UnicodeAttribute(null=True)
    settings: Attribute[dict[str, Any]] = JSONAttribute()
    sealed = UnicodeAttribute(null=True)
    previous = UnicodeAttribute(null=True)
    previous_until = InstantAttribute(null=True)
    sealed_at = InstantAttribute(null=True)
    status = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    changed_by = UnicodeAttribute()
    parked_events = 0
    parked_reason: str | None = None


class DepositGuard(Item, discriminator="DEPOSITS"):
    """Counts in ``version`` the saves of services that ask for a deposit; see ``tenancy.deposits``."""

    version = NumberAttribute()


class Usage(Item, discriminator="USAGE"):
    appointments = NumberAttribute(null=True)


class Rate(Item, discriminator="RATE"):
    """How often one caller did something in one hour; ``expires_at`` (TTL) is in seconds since the epoch."""

    used = NumberAttribute()
    expires_at = NumberAttribute()


class PublicHolds(Item, discriminator="HOLDS"):
    """The bookings, or the orders, of one address that may be neither paid nor confirmed; see ``public_holds``.

    ``expires_at`` (TTL) is in seconds since the epoch.
    """

    version = NumberAttribute()
    lines = LinesAttribute()
    expires_at = NumberAttribute()


class JobRound(Item, discriminator="ROUND"):
    """A nightly job's round over all tenants: its UTC day, where it began, and the last tenant reached."""

    day = UnicodeAttribute()
    start = UnicodeAttribute()
    after = UnicodeAttribute()
    is_done = BooleanAttribute()
