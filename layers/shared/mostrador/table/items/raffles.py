"""The stored items of raffles and their orders; keys and base are those of ``table.base``."""

from typing import TYPE_CHECKING, TypedDict

from pynamodb.attributes import (
    Attribute,
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.expressions.condition import Condition, size

from mostrador.table.attributes import AmountAttribute, InstantAttribute
from mostrador.table.base import Item, Versioned

if TYPE_CHECKING:
    from mostrador.raffles.rules.commitment_documents import CommitmentDocument
    from mostrador.raffles.rules.prize_outcome import Delivery, StoredDraw
    from mostrador.table.items.payments import Receipt


class Prize(TypedDict):
    """``value`` is a text, such as ``Gs. 50.000.000``."""

    name: str
    description: str | None
    value: str | None


class Package(TypedDict):
    """So many numbers for one price: an exact amount as text."""

    numbers: int
    price: str


class Permit(TypedDict):
    authority: str
    number: str
    document_url: str


class Raffle(Versioned, discriminator="RAFFLE"):
    """A raffle. Its ``commitment`` was public before the first number was sold and never changes.

    ``root`` and ``sold_count`` are the Merkle root and the length of the frozen sold list. ``deliveries`` and
    ``claims``, the instants of claims, have the place of a prize, as text, as their key. The draws on record are
    ``draw_count`` items of their own (``RaffleDraw``), so that no raffle is too big to be drawn. Raffles of before have
    them in ``inline_draws``, until the next draw.
    """

    draws: "list[StoredDraw] | None" = None
    """The draws on record, where ``draw_records`` has read them; not stored here."""

    id = UnicodeAttribute()
    title = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    prizes: Attribute[list[Prize]] = JSONAttribute()
    price = AmountAttribute()
    currency = UnicodeAttribute()
    packages: Attribute[list[Package] | None] = JSONAttribute(null=True)
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
    permit: Attribute[Permit | None] = JSONAttribute(null=True)
    terms_url = UnicodeAttribute(null=True)
    image_url = UnicodeAttribute(null=True)
    claim_days = NumberAttribute()
    time_zone = UnicodeAttribute()
    status = UnicodeAttribute()
    commitment: "Attribute[CommitmentDocument]" = JSONAttribute(null=True)
    commitment_digest = UnicodeAttribute(null=True)
    opened_at = InstantAttribute(null=True)
    closed_at = InstantAttribute(null=True)
    frozen_at = InstantAttribute(null=True)
    root = UnicodeAttribute(null=True)
    sold_count = NumberAttribute(null=True)
    draw_count = NumberAttribute(null=True)
    inline_draws: "Attribute[list[StoredDraw] | None]" = JSONAttribute(null=True, attr_name="draws")
    deliveries: "Attribute[dict[str, Delivery] | None]" = JSONAttribute(null=True)
    claims: Attribute[dict[str, str] | None] = JSONAttribute(null=True)
    cancel_reason = UnicodeAttribute(null=True)
    created_by = UnicodeAttribute()


class RaffleDraw(Item, discriminator="DRAW"):
    """A draw of a raffle on record, held or announced."""

    record: "Attribute[StoredDraw]" = JSONAttribute()


class OpenRaffles(Item, discriminator="OPENRAFFLES"):
    """The ids of a tenant's open raffles, which the plan limits."""

    raffles = UnicodeSetAttribute(null=True)

    @classmethod
    def are_fewer_than(cls, limit: int) -> Condition:
        """The condition that one more is within a limit of at least 1."""
        has_room: Condition = size(cls.raffles) < limit  # type: ignore[no-untyped-call]
        condition: Condition = cls.raffles.does_not_exist() | has_room
        return condition


class RaffleNumber(Item, discriminator="NUMBER"):
    """A number that an order holds or owns; there is no item for a free number.

    ``hold_expires_at``, in seconds since the epoch, exists while the hold runs: the write that takes over a lapsed hold
    needs no other item. Numbers in review and sold numbers have none.
    """

    order_id = UnicodeAttribute()
    hold_expires_at = NumberAttribute(null=True)
    is_sold = BooleanAttribute()


class SoldChunk(Item, discriminator="SOLD"):
    """A part of a sold list: its lines ``<number>:<order's code>``, compressed with zlib."""

    entries = BinaryAttribute(legacy_encoding=False)


class RaffleBuyer(Item, discriminator="BUYER"):
    """How many numbers a customer has in a raffle that limits them; other raffles have no such item."""

    numbers = NumberAttribute()


class RaffleSeller(Item, discriminator="SELLER"):
    """The paid sales of one member in a raffle; ``amount`` is in the smallest unit of its currency."""

    orders = NumberAttribute()
    numbers = NumberAttribute()
    amount = NumberAttribute()


class Order(Versioned, discriminator="ORDER"):
    """Numbers of a raffle that one customer reserves and pays.

    ``code`` names the order on receipts and in the proof. ``ordered_as`` is the name given, where the phone belongs to
    a customer with another name. ``last_number`` is the raffle's and gives the digits of a printed number.
    ``is_perhaps_owed``: it ended in review, so its buyer may have paid; staff has not said yet. ``is_kept``: staff
    recorded the receipt or keeps the order, so it stays in review until the sold list is due. ``receipt_refusal`` is
    why staff refused the receipt; another receipt and a payment clear it.
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
    numbers: Attribute[list[int]] = JSONAttribute()
    total_amount = AmountAttribute()
    currency = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    customer_name = UnicodeAttribute()
    customer_phone = UnicodeAttribute(null=True)
    ordered_as = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute()
    status = UnicodeAttribute()
    hold_expires_at = InstantAttribute(null=True)
    receipt: "Attribute[Receipt | None]" = JSONAttribute(null=True)
    receipt_refusal = UnicodeAttribute(null=True)
    review_due_at = InstantAttribute(null=True)
    seller = UnicodeAttribute(null=True)
    notes = UnicodeAttribute(null=True)
    history: Attribute[list[dict[str, str]] | None] = JSONAttribute(null=True)
    paid_at = InstantAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    bancard_transaction_id = UnicodeAttribute(null=True)
    checkout_id = UnicodeAttribute(null=True)
    checkouts = NumberAttribute(null=True)
    is_counted = BooleanAttribute(null=True)
    is_perhaps_owed = BooleanAttribute(null=True)
    is_kept = BooleanAttribute(null=True)
    created_by = UnicodeAttribute()


class BoardChunk(Item, discriminator="BOARD"):
    """A part of a raffle's board, the picture of all its numbers: two bits for each (free, reserved, sold).

    It is projected from the stream. ``as_of`` is when a change last reached it, ``lag_seconds`` how long that change
    took.
    """

    bits = BinaryAttribute(legacy_encoding=False)
    as_of = InstantAttribute()
    lag_seconds = NumberAttribute()
    version = VersionAttribute()
