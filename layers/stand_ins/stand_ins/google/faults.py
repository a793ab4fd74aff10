"""Faults of Google to order: the portal says which calls go wrong, how, and how often."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from stand_ins.google import answers, records
from stand_ins.google.answers import Denied, GrantDenied
from stand_ins.google.records import Fault, Faults
from stand_ins.http import Answer, JSONObject

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


def expect(sent: JSONObject) -> Fault:
    """Have the next ``times`` calls of an operation on a calendar (an account's tokens) go wrong. Raises Denied."""
    order = {"calendar": ANY, "operation": ANY, "times": 1, "seconds": 0, **sent}
    how, operation, times, seconds = str(order.get("how")), str(order["operation"]), order["times"], order["seconds"]
    hows = _OF_TOKENS | _OF_LISTS if operation == ANY else _hows(operation, is_sync=True)
    is_known = how in hows and operation in OPERATIONS | {ANY}
    if not is_known or not isinstance(times, int) or not isinstance(seconds, int | float):
        raise Denied("invalid", f"{order} is no fault")
    fault = Fault(calendar=str(order["calendar"]), operation=operation, how=how, times=times, seconds=seconds)
    _change(lambda faults: faults.waiting.append(fault))
    return fault


def forget() -> None:
    """Cancel all faults."""
    _change(lambda faults: faults.waiting.clear())


def meet(act: Callable[[], Answer], *, operation: str, calendar: str, is_sync: bool = False) -> Answer:
    """The answer of ``act``, or the fault instead. Raises Denied, GrantDenied.

    ``calendar`` is the account's where the call is about a token; ``is_sync``: a call with a sync token.
    """
    fault = _take(operation, calendar, is_sync=is_sync)
    if fault is None:
        return act()
    how = fault["how"]
    if how == "slow":
        time.sleep(min(max(0.0, float(fault["seconds"])), LONGEST))
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


def _take(operation: str, calendar: str, *, is_sync: bool) -> Fault | None:
    """The first fault that is for this call, counted down."""
    hows = _hows(operation, is_sync=is_sync)

    def is_meant(fault: Fault) -> bool:
        is_here = fault["calendar"] in (ANY, calendar)
        return fault["how"] in hows and fault["operation"] in (ANY, operation) and is_here

    def count_down(faults: Faults) -> Fault | None:
        fault = next(filter(is_meant, faults.waiting), None)
        if fault:
            fault["times"] -= 1
            faults.waiting = [left for left in faults.waiting if left["times"] > 0]
        return fault

    faults = records.find(Faults, Faults.name)
    return _change(count_down) if faults and any(map(is_meant, faults.waiting)) else None


def _hows(operation: str, *, is_sync: bool) -> frozenset[str]:
    """The faults that such a call can have."""
    if operation == TOKEN:
        return _OF_TOKENS
    return _OF_LISTS if operation == "list" and is_sync else _OF_CALENDARS


def _change(alter: Callable[[Faults], R]) -> R:
    return records.change(Faults, Faults.name, make=Faults, alter=alter)
