"""What is stored of payments and of the systems of others through which they come; keys and base as in ``items``."""

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from mostrador.table.attributes import AmountAttribute, InstantAttribute
from mostrador.table.base import Item, Versioned


class Payment(Versioned, discriminator="PAYMENT"):
    """Money for an order or an appointment, and where it landed: ``reason`` tells why it is due back.

    ``amount`` is what came in, ``asked_amount`` what a provider was asked for under the public key ``account``;
    ``process_id`` names its page. ``told`` are its last messages, masked; ``checks`` counts how often it was asked.
    """

    quiet = frozenset({"currency", "time_zone", "taken_by", "refunded_by", "told", "checks", "process_id"})
    id = UnicodeAttribute()
    provider = UnicodeAttribute()
    method = UnicodeAttribute(null=True)
    external_id = UnicodeAttribute(null=True)
    amount = AmountAttribute()
    asked_amount = AmountAttribute(null=True)
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
    checks = NumberAttribute(null=True)
    told: Any = JSONAttribute(null=True)
    response_code = UnicodeAttribute(null=True)
    response_description = UnicodeAttribute(null=True)
    by_hand = BooleanAttribute(null=True)
    started_by = UnicodeAttribute(null=True)
    taken_by = UnicodeAttribute(null=True)
    confirmed_at = InstantAttribute(null=True)
    refunded_at = InstantAttribute(null=True)
    refunded_by = UnicodeAttribute(null=True)
    refund_reference = UnicodeAttribute(null=True)


class LedgerLine(Item, discriminator="LEDGER"):
    """One movement of money, written in the transaction that moved it: a payment that became PAID, REFUND_DUE, ..."""

    payment_id = UnicodeAttribute()
    provider = UnicodeAttribute()
    state = UnicodeAttribute()
    before = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    amount = AmountAttribute()
    currency = UnicodeAttribute()
    target = UnicodeAttribute()
    target_id = UnicodeAttribute()


class RefundDue(Item, discriminator="OWED"):
    """There while a payment's money is due back, so that the list of them does not grow with the past."""

    payment_id = UnicodeAttribute()


class ParkedNotice(Item, discriminator="PARKED"):
    """A genuine message of a provider about a payment that nobody here knows; masked, gone after a year (TTL)."""

    process_id = UnicodeAttribute()
    told: Any = JSONAttribute()
    seen_at = InstantAttribute()
    expires_at = NumberAttribute()


class PaymentReport(Item, discriminator="REPORT"):
    """What the provider says of a day's payments, beside what we say: the ``differences``."""

    asked_at = InstantAttribute()
    asked = NumberAttribute()
    unanswered = NumberAttribute()
    differences: Any = JSONAttribute()
