"""Stored members, API keys and customers."""

from pynamodb.attributes import (
    BooleanAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.expressions.condition import Condition, size

from mostrador.table.attributes import EmailAttribute, InstantAttribute
from mostrador.table.base import Item, Versioned


class Member(Versioned, discriminator="MEMBER"):
    user = UnicodeAttribute()
    slug = UnicodeAttribute()
    email = EmailAttribute()
    role = UnicodeAttribute()
    status = UnicodeAttribute()
    invited_by = UnicodeAttribute(null=True)
    invitation_expires_at = InstantAttribute(null=True)


class Team(Item, discriminator="TEAM"):
    """The people of a tenant, each an id of the user pool: ``members`` are all, the invited ones too."""

    members = UnicodeSetAttribute(null=True)
    admins = UnicodeSetAttribute(null=True)

    @classmethod
    def is_smaller_than(cls, limit: float) -> Condition:
        """The condition that there is room for one more member."""
        has_room: Condition = cls.members.does_not_exist() | (size(cls.members) < limit)  # type: ignore[no-untyped-call]
        return has_room

    @classmethod
    def has_other_admins(cls) -> Condition:
        """The condition that with one admin less one remains."""
        has_more_than_one: Condition = size(cls.admins) > 1  # type: ignore[no-untyped-call]
        return has_more_than_one


class ApiKey(Versioned, discriminator="APIKEY"):
    """A key of an integrator; of its secret only the ``digest`` (SHA-256, hex) is kept.

    The whole ``key`` is set only on the item that ``create`` returns. ``is_active`` is computed when an item is shown.
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


class Customer(Versioned, discriminator="CUSTOMER"):
    """``email_is_confirmed``: staff wrote the e-mail or vouches for it. One that came without an account is not."""

    quiet = frozenset({"last_appointment_at"})
    id = UnicodeAttribute()
    name = UnicodeAttribute()
    folded = UnicodeAttribute()
    email = EmailAttribute(null=True)
    email_is_confirmed = BooleanAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    notes = UnicodeAttribute(null=True)
    last_appointment_at = InstantAttribute(null=True)
    last_order_at = InstantAttribute(null=True)


class PhoneGuard(Item, discriminator="PHONE"):
    """The one customer that has the phone in this tenant."""

    customer_id = UnicodeAttribute()
    name = UnicodeAttribute()
    last_appointment_at = InstantAttribute(null=True)
    last_order_at = InstantAttribute(null=True)
