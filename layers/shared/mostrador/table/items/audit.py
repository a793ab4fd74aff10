"""Stored lines of the audit log and the chain that links them."""

from typing import Any

from pynamodb.attributes import (
    NumberAttribute,
    UnicodeAttribute,
)

from mostrador.table.attributes import CompactJSONAttribute, InstantAttribute
from mostrador.table.base import Item


class AuditEntry(Item, discriminator="AUDIT"):
    """What one transaction changed, written in it; ``about`` names items and actions for whoever filters."""

    at = InstantAttribute()
    user = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    role = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    about = UnicodeAttribute()
    changes: Any = CompactJSONAttribute()


class AuditLink(Item, discriminator="LINK"):
    """What the audit log's chain knows of one line, written once and never touched again; see ``rules.chain``."""

    sequence = NumberAttribute()
    previous = UnicodeAttribute()
    line = UnicodeAttribute()
    seen_at = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()


class ChainHead(Item, discriminator="HEAD"):
    """The last link of a tenant's chain."""

    sequence = NumberAttribute()
    digest = UnicodeAttribute()
