"""How often one address may do something: an item for each address and hour, which the checking write counts up.

The hours are those of the clock, so up to twice the limit passes around a full hour. An address is kept only as a
digest under the signing key, and only until its hour is over.
"""

import hashlib
import hmac
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Final

from mostrador import settings
from mostrador.errors import TooManyRequests
from mostrador.table import Action, Condition, keys, writes
from mostrador.table.items.tenants import Rate

_HOUR: Final = 3600
_SUBSCRIBER: Final = 64


class TooOften(TooManyRequests):
    code = "too_many_requests"
    en = "at most {limit} an hour from one address; try again in {retry_after:duration}"
    es = "como máximo {limit} por hora desde una misma dirección; intente de nuevo en {retry_after:duration}"


def count(tenant: str, action: str, address: str, *, limit: int, now: datetime) -> None:
    """Count one more ``action`` of ``address`` in this hour. Raises TooOften where that is more than ``limit``."""
    left = _HOUR - int(now.timestamp()) % _HOUR
    key = keys.rate(tenant, action, digest(address), now.astimezone(UTC).strftime("%Y-%m-%dT%H"))
    stored = Rate
    actions: list[Action] = [
        stored.entity.set(stored),  # the update may be what makes the item
        stored.used.add(1),
        stored.expires_at.set(int(now.timestamp()) + left),
    ]
    with writes.refusing(TooOften(limit=limit, retry_after=left)):
        stored(*key).update(actions, condition=_room(limit))


def _room(limit: int) -> Condition:
    """The condition that one more stays within the limit."""
    room: Condition = Rate.used.does_not_exist() | (Rate.used < limit)
    return room


def digest(address: str) -> str:
    """The address, or the subscriber's network, as a digest under the signing key: it names nobody."""
    return hmac.new(settings.signing_key().encode(), _subscriber(address).encode(), hashlib.sha256).hexdigest()[:32]


def _subscriber(address: str) -> str:
    """One IPv4 address, or the /64 that a provider gives to one IPv6 subscriber; other text as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ip_network((parsed, _SUBSCRIBER), strict=False))  # noqa: PLR2004
