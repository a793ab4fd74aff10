"""How Google goes wrong on demand: the portal says for which calls, and how often."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from stand_ins.google import answers, records
from stand_ins.google.answers import Denied, GrantDenied
from stand_ins.google.records import Behaviours
from stand_ins.http import Answer

R = TypeVar("R")
ANY: Final = "*"
TOKEN: Final = "token"
OPERATIONS: Final = frozenset(
    "insert get update patch delete list import new_calendar get_calendar list_calendars freebusy token".split()
)
LONGEST: Final = 25.0
"""Seconds; the function ends after 29."""
_REFUSALS: Final = {
    "401": "authError",
    "403_rate": "userRateLimitExceeded",
    "403_quota": "quotaExceeded",
    "403_forbidden": "forbidden",
    "404": "notFound",
    "429": "rateLimitExceeded",
    "500": "backendError",
    "full_sync": "fullSyncRequired",
}
_ANYWHERE: Final = frozenset(("429", "500", "503", "html_502", "slow", "lost"))
_OF_TOKENS: Final = _ANYWHERE | {"invalid_grant"}
_OF_CALENDARS: Final = _ANYWHERE | {"401", "403_rate", "403_quota", "403_forbidden", "404"}
_OF_LISTS: Final = _OF_CALENDARS | {"full_sync"}


def expect(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Have the next ``times`` calls of an operation on a calendar (an account's tokens) go wrong. Raises Denied."""
    asked: dict[str, Any] = {"calendar": ANY, "operation": ANY, "times": 1, "seconds": 0, **sent}
    how, operation = str(asked.get("how")), str(asked["operation"])
    hows = _OF_TOKENS | _OF_LISTS if operation == ANY else _hows(operation, is_sync=True)
    is_known = how in hows and operation in OPERATIONS | {ANY}
    if not is_known or not isinstance(asked["times"], int) or not isinstance(asked["seconds"], int | float):
        raise Denied("invalid", f"{asked} is no behaviour")
    _change(lambda known: known.waiting.append(asked))
    return asked


def forget() -> None:
    """All goes well again."""
    _change(lambda known: known.waiting.clear())


def meet(act: Callable[[], Answer], *, operation: str, calendar: str, is_sync: bool = False) -> Answer:
    """What ``act`` answers, or what goes wrong instead. Raises Denied, GrantDenied.

    ``calendar`` is the account's where it is about a token; ``is_sync``: a call with a sync token.
    """
    met = _taken(operation, calendar, is_sync=is_sync)
    how = met["how"] if met else None
    if met and how == "slow":
        time.sleep(min(max(0.0, float(met["seconds"])), LONGEST))
    if how == "lost":
        with suppress(Denied, GrantDenied):
            act()
    if how == "html_502":
        return answers.bad_gateway()
    if how == "invalid_grant":
        raise GrantDenied("invalid_grant", "Token has been expired or revoked.")
    if how in ("503", "lost"):
        raise Denied("backendError", status=503)
    if how in _REFUSALS:
        raise Denied(_REFUSALS[how])
    return act()


def _taken(operation: str, calendar: str, *, is_sync: bool) -> dict[str, Any] | None:
    """The first behaviour that is for this call, which counts down."""
    hows = _hows(operation, is_sync=is_sync)

    def is_meant(one: Mapping[str, Any]) -> bool:
        return one["how"] in hows and one["operation"] in (ANY, operation) and one["calendar"] in (ANY, calendar)

    def count_down(known: Behaviours) -> dict[str, Any] | None:
        met = next((one for one in known.waiting if is_meant(one)), None)
        if met:
            met["times"] -= 1
            known.waiting = [one for one in known.waiting if one["times"] > 0]
        return met

    known = records.find(Behaviours, "all")
    return _change(count_down) if known and any(map(is_meant, known.waiting)) else None


def _hows(operation: str, *, is_sync: bool) -> frozenset[str]:
    """How such a call can go wrong."""
    if operation == TOKEN:
        return _OF_TOKENS
    return _OF_LISTS if operation == "list" and is_sync else _OF_CALENDARS


def _change(alter: Callable[[Behaviours], R]) -> R:
    return records.change(Behaviours, "all", make=Behaviours, alter=alter)
