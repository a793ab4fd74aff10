"""Ids: 32 lower-case hex characters, unguessable, and legal as Google Calendar event ids."""

import hashlib
import hmac

import uuid6

from mostrador import settings


def new() -> str:
    """A UUIDv7 in hex: ids made later sort later."""
    return uuid6.uuid7().hex


def derived(tenant: str, kind: str, key: str) -> str:
    """The id of the item that the Idempotency-Key ``key`` creates in ``tenant``: the same inputs give the same id.

    It cannot be computed without the signing key, and tells nothing of the time at which it was made.
    """
    text = f"{tenant}\n{kind}\n{key}".encode()
    return hmac.new(settings.signing_key().encode(), text, hashlib.sha256).hexdigest()[:32]


def fingerprint(text: str) -> str:
    """A short digest of a request, to tell a repeat from another request under the same key."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
