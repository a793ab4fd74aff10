"""The rules that staff override by name. The decision says which of them refused the start; the others stay in force.

Whoever decides gives the names to ``without``. ``used`` tells which of them were needed. Another appointment, and a
seat that a class does not have, are overridden only where the tenant allows double bookings.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from mostrador.scheduling.rules import availability
from mostrador.scheduling.rules.availability import Reason, Refusal, SlotRules


class Override(StrEnum):
    BEFORE_NOTICE = Reason.NOTICE.value
    PAST = "past"
    PAST_ADVANCE_WINDOW = Reason.WINDOW.value
    CLOSED = Reason.CLOSED.value
    OFF_GRID = Reason.OFF_GRID.value
    LENGTH = "length"
    DAILY_LIMIT = Reason.DAILY_LIMIT.value
    WEEKLY_LIMIT = Reason.WEEKLY_LIMIT.value
    TOO_MANY_ACTIVE = "too_many_active"
    EXTERNAL = Reason.EXTERNAL.value
    BLOCKED = Reason.BLOCKED.value
    TAKEN = Reason.TAKEN.value
    NO_SEATS = Reason.SEATS.value


DOUBLE: Final = frozenset({Override.TAKEN, Override.NO_SEATS})
"""They book over another appointment: for admins, where the tenant allows it."""
ORDINARY: Final = frozenset(Override) - DOUBLE
MOST_PAST_MINUTES: Final = 366 * 24 * 60
"""How far back a past appointment may be entered."""
_OF_START: Final = frozenset(map(Override, Reason))
"""Those that ``availability.refusal`` decides by the rules' own ``overridden``, or by other fields of them."""


def without(rules: SlotRules, overridden: Collection[str], now: datetime) -> SlotRules:
    """The rules of a resource without those ``overridden``. What is past is inside the notice too."""
    names = frozenset(overridden)
    if Override.PAST in names:
        rules = replace(rules, earliest=availability.earliest(now, -MOST_PAST_MINUTES))
    elif Override.BEFORE_NOTICE in names:
        rules = replace(rules, earliest=availability.earliest(now, 0))
    if Override.PAST_ADVANCE_WINDOW in names:
        rules = replace(rules, last_day=date.max)
    if Override.EXTERNAL in names:
        rules = replace(rules, busy=())
    return replace(rules, overridden=names & _OF_START)


def used(rules: Iterable[SlotRules], overridden: Collection[str], start: int, now: datetime) -> set[str]:
    """Those of ``overridden`` without which one of the resources would refuse ``start``."""
    names = set(overridden) & (_OF_START | {Override.PAST})
    each = list(rules)
    return {name for name in names if any(_refused(one, names - {name}, start, now) for one in each)}


def _refused(rules: SlotRules, overridden: set[str], start: int, now: datetime) -> bool:
    return availability.refusal(without(rules, overridden, now), start) is not None


def name_of(refusal: Refusal, start: int, now: datetime) -> Override:
    """The override that takes this refusal of ``start`` away."""
    if refusal.reason is Reason.NOTICE and start < availability.earliest(now, 0):
        return Override.PAST
    return Override(refusal.reason.value)
