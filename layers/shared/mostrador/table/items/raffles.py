"""What is stored of raffles and their orders; keys and base as in ``items``."""

from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.expressions.condition import size

from mostrador.table.attributes import AmountAttribute, InstantAttribute
from mostrador.table.base import Item, Versioned


class Raffle(Versioned, discriminator="RAFFLE"):
    """A raffle; what is in ``commitment`` was public before the first number was sold and never changes."""

    id = UnicodeAttribute()
    title = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    prizes: Any = JSONAttribute()
    price = AmountAttribute()
    currency = UnicodeAttribute()
    packages: Any = JSONAttribute(null=True)
    first_number = NumberAttribute()
    last_number = NumberAttribute()
    numbers_per_order = NumberAttribute()
    numbers_per_customer = NumberAttribute(null=True)
    hold_minutes = NumberAttribute()
    sale_opens_at = InstantAttribute(null=True)
    sale_closes_at = InstantAttribute()
    draw_at = InstantAttribute()
    draw_place = UnicodeAttribute(null=True)
    organiser = UnicodeAttribute()
    organiser_tax_id = UnicodeAttribute(null=True)
    permit: Any = JSONAttribute(null=True)
    terms_url = UnicodeAttribute(null=True)
    image_url = UnicodeAttribute(null=True)
    claim_days = NumberAttribute()
    time_zone = UnicodeAttribute()
    status = UnicodeAttribute()
    commitment: Any = JSONAttribute(null=True)
    commitment_digest = UnicodeAttribute(null=True)
    opened_at = InstantAttribute(null=True)
    closed_at = InstantAttribute(null=True)
    frozen_at = InstantAttribute(null=True)
    root = UnicodeAttribute(null=True)
    sold_count = NumberAttribute(null=True)
    draws: Any = JSONAttribute(null=True)
    deliveries: Any = JSONAttribute(null=True)
    cancel_reason = UnicodeAttribute(null=True)
    created_by = UnicodeAttribute()


class OpenRaffles(Item, discriminator="OPENRAFFLES"):
    """The raffles of a tenant that are open: what the plan's limit counts."""

    raffles = UnicodeSetAttribute(null=True)

    @classmethod
    def are_fewer_than(cls, limit: int) -> Any:
        """The condition that one more is within a limit of at least 1."""
        return cls.raffles.does_not_exist() | (size(cls.raffles) < limit)  # type: ignore[no-untyped-call]


class RaffleNumber(Item, discriminator="NUMBER"):
    """Who has a number: there while an order holds or owns it.

    ``hold_expires_at`` in seconds since the epoch is there while the hold runs, so that a lapsed one is taken over
    by the very write that needs it; in review and sold it is gone.
    """

    order_id = UnicodeAttribute()
    hold_expires_at = NumberAttribute(null=True)
    is_sold = BooleanAttribute()


class SoldChunk(Item, discriminator="SOLD"):
    """A part of a sold list: its lines ``<number>:<order's code>``, compressed."""

    entries = BinaryAttribute(legacy_encoding=False)


class RaffleBuyer(Item, discriminator="BUYER"):
    """How many numbers one customer has in a raffle; kept only where the raffle limits them."""

    numbers = NumberAttribute()


class RaffleSeller(Item, discriminator="SELLER"):
    """What one member sold of a raffle, as far as it is paid; ``amount`` in the smallest unit of its currency."""

    orders = NumberAttribute()
    numbers = NumberAttribute()
    amount = NumberAttribute()


class Order(Versioned, discriminator="ORDER"):
    """Numbers of a raffle that one customer reserves and pays.

    ``code`` is what a receipt and the proof say of it; ``ordered_as`` the name given where the phone's is another;
    ``last_number`` the raffle's, which tells how many digits a number has in print.
    """

    quiet = frozenset(
        "code raffle_title last_number customer_name customer_phone ordered_as time_zone currency history created_by "
        "is_counted checkout_id checkouts".split()
    )
    id = UnicodeAttribute()
    code = UnicodeAttribute()
    raffle_id = UnicodeAttribute()
    raffle_title = UnicodeAttribute()
    last_number = NumberAttribute()
    numbers: Any = JSONAttribute()
    total_amount = AmountAttribute()
    currency = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    customer_name = UnicodeAttribute()
    customer_phone = UnicodeAttribute(null=True)
    ordered_as = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute()
    status = UnicodeAttribute()
    hold_expires_at = InstantAttribute(null=True)
    receipt: Any = JSONAttribute(null=True)
    review_due_at = InstantAttribute(null=True)
    seller = UnicodeAttribute(null=True)
    notes = UnicodeAttribute(null=True)
    history: Any = JSONAttribute(null=True)
    paid_at = InstantAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    checkout_id = UnicodeAttribute(null=True)
    checkouts = NumberAttribute(null=True)
    is_counted = BooleanAttribute(null=True)
    created_by = UnicodeAttribute()


class BoardChunk(Item, discriminator="BOARD"):
    """Two bits for each of some numbers of a raffle (free, reserved, sold), projected from the stream.

    ``as_of`` is when a change last reached it, ``lag_seconds`` how long that change was under way.
    """

    bits = BinaryAttribute(legacy_encoding=False)
    as_of = InstantAttribute()
    lag_seconds = NumberAttribute()
    version = VersionAttribute()
