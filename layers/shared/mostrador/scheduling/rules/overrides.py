"""The rules that staff override by name. The decision says which of them refused the start; the others stay in force.

A further rule is a member of ``Override``, a line in ``without`` and a line in ``used``. Another appointment is never
overridden.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from mostrador.scheduling.rules import availability
from mostrador.scheduling.rules.availability import SlotRules


class Override(StrEnum):
    BEFORE_NOTICE = availability.Reason.NOTICE.value


def without(rules: SlotRules, overridden: Collection[str], now: datetime) -> SlotRules:
    """The rules of a resource without those ``overridden``. The past stays refused."""
    if Override.BEFORE_NOTICE in overridden:
        rules = replace(rules, earliest=availability.earliest(now, 0))
    return rules


def used(overridden: Collection[str], start: int, now: datetime, *, notice_minutes: int) -> list[str]:
    """Those of ``overridden`` that would have refused ``start`` (a minute since the epoch), in alphabetical order."""
    refusing = set[str]()
    if start < availability.earliest(now, notice_minutes):
        refusing.add(Override.BEFORE_NOTICE.value)
    return sorted(refusing & set(overridden))
