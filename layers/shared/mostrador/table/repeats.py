"""A request that was carried out before, under its Idempotency-Key."""

from typing import Any

from mostrador.table import keys, reads, writes


def earlier(own: keys.Key, key: str | None, fingerprint: str) -> Any | None:
    """The item that the same request made under ``key``, to be asked for before anything that may have changed since.

    None without a key, and where it is the first request. Raises KeyReused for another request.
    """
    stored = reads.get_item(own) if key else None
    return None if stored is None else writes.same_request(stored, fingerprint)
