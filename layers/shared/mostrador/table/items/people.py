"""Stored members, API keys and customers."""

from typing import Any

from pynamodb.attributes import (
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.expressions.condition import size

from mostrador.table.attributes import InstantAttribute
from mostrador.table.base import Item, Versioned


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
