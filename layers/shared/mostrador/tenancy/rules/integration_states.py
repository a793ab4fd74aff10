"""The systems that a tenant can connect, and the states of a connection."""

from enum import StrEnum
from typing import Final

BANCARD_CURRENCY: Final = "PYG"
"""The one currency in which Bancard takes payments."""


class IntegrationType(StrEnum):
    BANCARD = "BANCARD"
    GOOGLE_CALENDAR = "GOOGLE_CALENDAR"


class IntegrationState(StrEnum):
    """BROKEN: the other system refuses the credentials, and an admin must give new ones.

    REMOVING: the connection is deleted as soon as our own data at the other system is gone.
    """

    ACTIVE = "ACTIVE"
    BROKEN = "BROKEN"
    REMOVING = "REMOVING"
