"""The one stored item of the stand-ins, under keys of its own; only where StandIns is on."""

from typing import Any

from pynamodb.attributes import Attribute, JSONAttribute, NumberAttribute, VersionAttribute

from mostrador.table.base import Item


class StandInRecord(Item, discriminator="STANDIN"):
    """One record of a stand-in, as JSON; DynamoDB deletes it some time after it was last written (TTL, seconds)."""

    body: Attribute[dict[str, Any]] = JSONAttribute()
    version = VersionAttribute()
    expires_at = NumberAttribute(null=True)
