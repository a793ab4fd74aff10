"""Ids: 32 lower-case hex characters, unguessable, and legal as Google Calendar event ids."""

import hashlib

import uuid6


def new() -> str:
    """A UUIDv7 in hex: ids made later sort later."""
    return uuid6.uuid7().hex


def derived(tenant: str, kind: str, key: str) -> str:
    """The id of what the Idempotency-Key ``key`` creates in ``tenant``: the same inputs give the same id."""
    return hashlib.sha256(f"{tenant}\n{kind}\n{key}".encode()).hexdigest()[:32]


def fingerprint(text: str) -> str:
    """A short digest of a request, to tell a repeat from another request under the same key."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
