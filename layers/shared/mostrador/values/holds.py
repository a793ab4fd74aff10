"""Holds: what is kept for somebody until an instant. One rule says when that is over."""

from datetime import datetime
from typing import TypeVar

T = TypeVar("T", datetime, float)


def has_lapsed(expires_at: T | None, now: T) -> bool:
    """Whether a hold is over: from the very second at which it expires. None never expires.

    Both are instants, or both are seconds since the epoch. Conditions of writes say the same: ``expires_at <= :now``.
    """
    return expires_at is not None and expires_at <= now
