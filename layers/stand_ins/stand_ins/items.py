"""What the stand-ins for other people's systems keep, under keys of their own; never on the prod stage."""

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, VersionAttribute

from mostrador.table.base import Item


class StandInRecord(Item, discriminator="STANDIN"):
    """One thing that a stand-in knows, as JSON; gone some time after it was last written (TTL, seconds)."""

    body: Any = JSONAttribute()
    version = VersionAttribute()
    expires_at = NumberAttribute(null=True)
