"""Stored lines of the audit log and the chain that links them."""

from pynamodb.attributes import Attribute, NumberAttribute, UnicodeAttribute

from mostrador.table.attributes import CompactJSONAttribute, InstantAttribute
from mostrador.table.base import Item


class AuditEntry(Item, discriminator="AUDIT"):
    """A line of the log: the changes of one transaction, written in that transaction.

    ``about`` names items and actions, for filters. Each of the ``changes`` is [entity, id, action, fields].
    """

    at = InstantAttribute()
    user = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    role = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    about = UnicodeAttribute()
    changes: Attribute[list[list[object]]] = CompactJSONAttribute()


class AuditLink(Item, discriminator="LINK"):
    """The chain's record of one line, written once and never changed; see ``audit.rules.chain``."""

    sequence = NumberAttribute()
    previous = UnicodeAttribute()
    line = UnicodeAttribute()
    seen_at = UnicodeAttribute(null=True)
    digest = UnicodeAttribute()


class ChainHead(Item, discriminator="HEAD"):
    """The last link of a tenant's chain."""

    sequence = NumberAttribute()
    digest = UnicodeAttribute()
