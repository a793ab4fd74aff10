"""The caller, its scopes, and its role in a calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mostrador import clock
from stand_ins.google import records
from stand_ins.google.answers import Denied
from stand_ins.google.records import Access, Account, Calendar, Granted

PRIMARY: Final = "primary"
ROLES: Final = ("freeBusyReader", "reader", "writer", "owner")
"""The roles in a calendar, from the least permitted to the owner."""
_AUTH: Final = "https://www.googleapis.com/auth/"
_HEADER: Final = ("header", "Authorization")


def _scopes(*names: str) -> frozenset[str]:
    return frozenset(f"{_AUTH}{name}" for name in names)


WRITE_EVENTS: Final = _scopes("calendar", "calendar.app.created", "calendar.events", "calendar.events.owned")
READ_EVENTS: Final = WRITE_EVENTS | _scopes(
    "calendar.events.freebusy",
    "calendar.events.owned.readonly",
    "calendar.events.public.readonly",
    "calendar.events.readonly",
    "calendar.readonly",
)
MAKE_CALENDARS: Final = _scopes("calendar", "calendar.app.created", "calendar.calendars")
READ_CALENDARS: Final = MAKE_CALENDARS | _scopes("calendar.calendars.readonly", "calendar.readonly")
READ_LIST: Final = _scopes("calendar", "calendar.calendarlist", "calendar.calendarlist.readonly", "calendar.readonly")
READ_FREE_BUSY: Final = _scopes("calendar", "calendar.events.freebusy", "calendar.freebusy", "calendar.readonly")


@dataclass(frozen=True, slots=True)
class Caller:
    """An account and the scopes of its token. A service account, ``is_service``, may invite nobody."""

    account: str
    scopes: frozenset[str]
    is_service: bool


def caller(headers: Mapping[str, str]) -> Caller:
    """The caller, by the access token in ``headers`` (lower-case names). Raises Denied."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not token:
        raise Denied("required", "Login Required", status=401, location=_HEADER)
    granted = records.find(Access, token.strip()) if scheme.lower() == "bearer" else None
    if granted is None or clock.now() >= datetime.fromisoformat(granted.expires_at) or not is_live(granted):
        raise Denied("authError")
    return Caller(granted.account, frozenset(granted.scope.split()), granted.is_service)


def is_live(granted: Granted) -> bool:
    """Whether the grant has not been revoked."""
    account = records.find(Account, granted.account)
    return account is not None and account.epoch(granted.client_id) == granted.epoch


def check_scope(caller: Caller, any_of: frozenset[str]) -> None:
    if not caller.scopes & any_of:
        raise Denied("insufficientPermissions")


def calendar_id(caller: Caller, written: str) -> str:
    return caller.account if written == PRIMARY else written


def calendar(caller: Caller, written: str, *, least: str) -> Calendar:
    """The calendar of that id, in which the caller has the role ``least`` or more. Raises Denied."""
    known = records.find(Calendar, calendar_id(caller, written))
    role = role_in(known, caller.account) if known else None
    if known is None or role is None:
        raise Denied("notFound")
    if ROLES.index(role) < ROLES.index(least):
        raise Denied("requiredAccessLevel", f"You need to have {least} access to this calendar.")
    return known


def role_in(calendar: Calendar, account: str) -> str | None:
    return "owner" if calendar.owner == account else calendar.shared.get(account)
