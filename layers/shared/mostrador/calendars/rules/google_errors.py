"""Google Calendar's error answers: the action that each of them calls for.

https://developers.google.com/calendar/api/guides/errors
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Failure(StrEnum):
    """How to react to an answer that is an error."""

    RETRY = "RETRY"
    REFRESH = "REFRESH"
    DUPLICATE = "DUPLICATE"
    GONE = "GONE"
    CHANGED = "CHANGED"
    FULL_SYNC = "FULL_SYNC"
    REFUSED = "REFUSED"
    FORBIDDEN = "FORBIDDEN"  # for every request of the connection


_BY_STATUS: Final = {
    401: Failure.REFRESH,
    404: Failure.GONE,
    408: Failure.RETRY,
    409: Failure.DUPLICATE,
    410: Failure.GONE,
    412: Failure.CHANGED,
    429: Failure.RETRY,
}
_FORBIDDEN, _GONE, _CLIENT_ERRORS = 403, 410, 4
CANNOT_INVITE: Final = "forbiddenForServiceAccounts"  # without domain-wide delegation
API_NOT_ENABLED: Final = "accessNotConfigured"  # in our project at Google, for every tenant
_LIMITS: Final = "userRateLimitExceeded rateLimitExceeded quotaExceeded dailyLimitExceeded"
_RETRIED: Final = frozenset([*_LIMITS.split(), API_NOT_ENABLED])
_CLOSED: Final = frozenset({"forbidden", "insufficientPermissions", "requiredAccessLevel"})
_FULL_SYNC: Final = frozenset({"fullSyncRequired", "updatedMinTooLongAgo"})


def failure_of(status: int, body: object, *, listing: bool = False) -> Failure:
    """How to react to an answer with this ``status`` and parsed ``body``, which may be anything."""
    given = set(reasons(body))
    if given & _FULL_SYNC or (listing and status == _GONE):
        return Failure.FULL_SYNC
    if status == _FORBIDDEN and given & (_RETRIED | _CLOSED):
        return Failure.RETRY if given & _RETRIED else Failure.FORBIDDEN
    return _BY_STATUS.get(status, Failure.REFUSED if status // 100 == _CLIENT_ERRORS else Failure.RETRY)


def reasons(body: object) -> tuple[str, ...]:
    """Every reason that an error body gives, in order."""
    error = body.get("error") if isinstance(body, Mapping) else None
    listed = error.get("errors") if isinstance(error, Mapping) else None
    found = [entry.get("reason") for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []
    return tuple(reason for reason in found if isinstance(reason, str))
