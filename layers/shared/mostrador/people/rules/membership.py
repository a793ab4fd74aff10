"""A member's states and the moves between them. The end of a membership deletes it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from mostrador.values.state_machine import StateMachine


class MemberStatus(StrEnum):
    """EXPIRED is an invitation past its time. It is shown, never stored."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"


MOVES: Final = StateMachine(
    {
        MemberStatus.INVITED: {MemberStatus.INVITED, MemberStatus.ACTIVE},
        MemberStatus.EXPIRED: {MemberStatus.INVITED},
    }
)
INVITATION: Final = timedelta(days=7)
"""How long an invitation may be accepted; the temporary password of the user pool lasts as long."""


def status(stored: str, expires_at: datetime | None, now: datetime) -> MemberStatus:
    """The state at ``now`` of a membership stored as INVITED or ACTIVE."""
    is_over = stored == MemberStatus.INVITED and expires_at is not None and expires_at <= now
    return MemberStatus.EXPIRED if is_over else MemberStatus(stored)
