"""How far strangers may block a business's time and numbers: the defaults, also of tenants stored before."""

from enum import StrEnum
from typing import Final

SHARE_PERCENT: Final = 5
"""Part of a resource's day, or of a raffle, that one address may hold neither paid nor confirmed."""
PENDING_LIMIT: Final = 60
"""Bookings, and as many orders, of one address that may be neither paid nor confirmed at a time."""
MOST_PENDING: Final = 200
"""The highest limit: so many lines fit well into one item, and are read at once."""


class PublicConfirmation(StrEnum):
    """Who confirms a booking that was made without an account: STAFF until a deadline, or nobody needs to."""

    NONE = "none"
    STAFF = "staff"


CONFIRM_WITHIN_MINUTES: Final = 24 * 60
"""Time for staff to confirm a public booking, before it lapses."""
