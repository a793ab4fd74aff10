"""Stored tills: money at the counter between an opening and a closing count."""

from typing import TYPE_CHECKING

from pynamodb.attributes import Attribute, JSONAttribute, NumberAttribute, UnicodeAttribute

from mostrador.table.attributes import AmountAttribute, InstantAttribute
from mostrador.table.base import Item, Versioned

if TYPE_CHECKING:
    from mostrador.ledger.rules.tills import MethodCount


class Till(Versioned, discriminator="TILL"):
    """A drawer from its opening on. ``counts`` and ``note`` are there once it is closed; then it never changes."""

    quiet = frozenset({"time_zone", "movement_count"})
    id = UnicodeAttribute()
    drawer = UnicodeAttribute()
    status = UnicodeAttribute()
    opening_float = AmountAttribute()
    currency = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    opened_by = UnicodeAttribute()
    closed_at = InstantAttribute(null=True)
    closed_by = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    counts: "Attribute[list[MethodCount] | None]" = JSONAttribute(null=True)
    movement_count = NumberAttribute(null=True)


class OpenTill(Item, discriminator="OPENTILL"):
    """There while a till is open, once per drawer; ``movement_count`` counts the movements of the till.

    Every movement adds to it in its own transaction, on the condition that ``till_id`` is still the same.
    """

    till_id = UnicodeAttribute()
    drawer = UnicodeAttribute()
    currency = UnicodeAttribute()
    opened_by_user = UnicodeAttribute()
    movement_count = NumberAttribute()


class TillMovement(Versioned, discriminator="TILLMOVEMENT"):
    """Money that came into a till (``amount`` above 0) or left it. It is written once, and never changed."""

    till_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    method = UnicodeAttribute()
    amount = AmountAttribute()
    currency = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    by = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
