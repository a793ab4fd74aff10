"""The review of a declared payment: how long it may take, and whether its money may be owed once it ends."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

REVIEW_HOURS: Final = 24
"""Hours for staff to check a receipt, where the tenant has not set them."""


def due_at(hours: float | None, latest: datetime, *, now: datetime) -> datetime:
    """The deadline of a review that begins now: the tenant's ``hours`` later, but not after ``latest``."""
    return min(now + timedelta(hours=int(hours or REVIEW_HOURS)), latest)


def may_be_owed(total: Decimal, *, is_in_review: bool) -> bool | None:
    """True where a receipt that nobody checked says that money came; nothing is owed for what is free."""
    return (is_in_review and total > 0) or None
