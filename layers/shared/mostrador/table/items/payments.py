"""Stored payments, the ledger of their movements, and the comparison with the provider's books."""

from typing import TypedDict

from pynamodb.attributes import Attribute, BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from mostrador.table.attributes import AmountAttribute, InstantAttribute
from mostrador.table.base import Item, Versioned


class StoredDifference(TypedDict):
    """A payment of which the provider says something else: our state, and the difference in one word."""

    payment_id: str
    ours: str
    what: str


class Receipt(TypedDict):
    """The declaration that an order or an appointment was paid."""

    method: str
    reference: str | None
    url: str | None


class Payment(Versioned, discriminator="PAYMENT"):
    """Money for an order or an appointment; ``reason`` says why it is due back.

    ``amount`` is the money received. ``asked_amount`` is the money requested from a provider, under the public key
    ``account``. ``process_id`` names the provider's page. ``provider_messages`` are its last messages, masked, and
    ``check_count`` counts the questions to it. ``returned_amount`` is the part of ``amount`` that went on to other
    payments: each of those is due back, and names this one as ``part_of``. ``tip_amount`` is the part of ``amount``
    that is a tip for the resource ``tip_for``. ``received_amount`` was handed over, where change was given.
    """

    quiet = frozenset(
        {
            "currency",
            "time_zone",
            "taken_by",
            "taken_by_user",
            "refunded_by",
            "provider_messages",
            "check_count",
            "process_id",
        }
    )
    id = UnicodeAttribute()
    provider = UnicodeAttribute()
    method = UnicodeAttribute(null=True)
    external_id = UnicodeAttribute(null=True)
    amount = AmountAttribute()
    asked_amount = AmountAttribute(null=True)
    returned_amount = AmountAttribute(null=True)
    part_of = UnicodeAttribute(null=True)
    tip_amount = AmountAttribute(null=True)
    tip_for = UnicodeAttribute(null=True)
    received_amount = AmountAttribute(null=True)
    currency = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    status = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    target = UnicodeAttribute()
    target_id = UnicodeAttribute()
    process_id = UnicodeAttribute(null=True)
    description = UnicodeAttribute(null=True)
    payable_until = InstantAttribute(null=True)
    account = UnicodeAttribute(null=True)
    refund_note = UnicodeAttribute(null=True)
    check_count = NumberAttribute(null=True)
    provider_messages: Attribute[list[dict[str, object]]] = JSONAttribute(null=True)
    response_code = UnicodeAttribute(null=True)
    response_description = UnicodeAttribute(null=True)
    by_hand = BooleanAttribute(null=True)
    started_by = UnicodeAttribute(null=True)
    taken_by = UnicodeAttribute(null=True)
    taken_by_user = UnicodeAttribute(null=True)
    till_id = UnicodeAttribute(null=True)
    refund_till_id = UnicodeAttribute(null=True)
    corrected_method = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    confirmed_at = InstantAttribute(null=True)
    refunded_at = InstantAttribute(null=True)
    refunded_by = UnicodeAttribute(null=True)
    refund_reference = UnicodeAttribute(null=True)
    wanted_till: str | None = None
    """The drawer or the till in which the next movement of its money counts; it is not stored."""


class LedgerLine(Item, discriminator="LEDGER"):
    """One movement of money, written in the transaction that moved it: a payment that became PAID, REFUND_DUE, ...

    ``by`` took the money or gave it back, ``till_id`` is the till in which it counts. Older lines lack both.
    """

    payment_id = UnicodeAttribute()
    provider = UnicodeAttribute()
    state = UnicodeAttribute()
    before = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    amount = AmountAttribute()
    tip_amount = AmountAttribute(null=True)
    currency = UnicodeAttribute()
    target = UnicodeAttribute()
    target_id = UnicodeAttribute()
    method = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    till_id = UnicodeAttribute(null=True)


class RefundDue(Item, discriminator="REFUND_DUE"):
    """There while a payment's money is due back, so that the list of refunds due does not grow with the past."""

    payment_id = UnicodeAttribute()


class ParkedNotice(Item, discriminator="PARKED"):
    """A genuine message of a provider about an unknown payment: masked, deleted after a year (TTL)."""

    process_id = UnicodeAttribute()
    message: Attribute[dict[str, object]] = JSONAttribute()
    seen_at = InstantAttribute()
    expires_at = NumberAttribute()


class PaymentReport(Item, discriminator="REPORT"):
    """The comparison of one day's payments with the provider's books.

    ``compared`` counts the payments of the day, ``unanswered`` those without an answer.
    """

    compared_at = InstantAttribute()
    compared = NumberAttribute()
    unanswered = NumberAttribute()
    differences: Attribute[list[StoredDifference]] = JSONAttribute()
