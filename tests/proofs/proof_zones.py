"""R9: every zone of tzdata and each of its clock changes from 2024 to 2035; `make proof` runs it.

On the days around a change, what is offered exists on the clock, once for each time it is shown, and agrees with the
slot-by-slot answer.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from mostrador.scheduling.rules import agenda, availability
from mostrador.scheduling.rules.opening_hours import Hours
from mostrador.values import local_time
from tests.support import reference

ALWAYS = Hours(dict.fromkeys(range(7), ((0, 24 * 60),)))
HALF_HOUR = agenda.Demand("s", 30)


def changes(name):
    """The local days on which the clocks of the zone change."""
    zone, day, found = ZoneInfo(name), date(2024, 1, 1), []
    while day < date(2036, 1, 1):
        begins, ends = (datetime(one.year, one.month, one.day, tzinfo=UTC) for one in (day, day + timedelta(days=1)))
        if begins.astimezone(zone).utcoffset() != ends.astimezone(zone).utcoffset():
            found.append(day)
        day += timedelta(days=1)
    return found


@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_around_every_clock_change_the_starts_are_those_that_exist(name):
    zone = ZoneInfo(name)
    for change in changes(name):
        first, last = change - timedelta(days=1), change + timedelta(days=1)
        terms = availability.SlotRules(HALF_HOUR, ALWAYS, zone, 30, 0, date(2099, 1, 1), [], Counter())

        starts = availability.starts(terms, first, last)

        offered = [local_time.instant(start, ZoneInfo("UTC")) for start in starts]
        assert len(set(offered)) == len(offered)
        assert offered == reference.starts(terms, first, last)
        assert all(availability.refusal(terms, start) is None for start in starts)
