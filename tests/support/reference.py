"""Availability the slow way: every wall-clock minute of the grid is tried with datetimes. The rules must agree."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mostrador.scheduling.rules import agenda
from mostrador.scheduling.rules.availability import SlotRules


def starts(terms: SlotRules, first: date, last: date) -> list[datetime]:
    """The free starts, in UTC."""
    found = {
        instant
        for number in range(-1, (last - first).days + 1)
        for wall, open_day in _grid(terms, first + timedelta(days=number))
        for instant in instants(wall, terms.zone)
        if first <= instant.astimezone(terms.zone).date() <= min(last, terms.last_day)
        if _fits(terms, instant, open_day)
    }
    return sorted(found)


def instants(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants at which the zone's clocks show ``wall``: none, one or two."""
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(one for one in both if one.astimezone(zone).replace(tzinfo=None) == wall)


def _grid(terms: SlotRules, day: date) -> list[tuple[datetime, date]]:
    midnight = datetime.combine(day, time())
    return [
        (midnight + timedelta(minutes=minute), day)
        for opens, closes in terms.hours.on(day)
        for minute in range(opens + terms.hours.offset, closes, terms.step)
    ]


def _fits(terms: SlotRules, instant: datetime, _day: date) -> bool:
    demand, start = terms.demand, int(instant.timestamp()) // 60
    day = instant.astimezone(terms.zone).date()
    return (
        start >= terms.earliest
        and all(_is_open(terms, instant + timedelta(minutes=n)) for n in range(demand.duration))
        and agenda.in_the_way(demand, start, terms.booked) is None
        and not any(_is_busy(terms, start + n) for n in range(-demand.before, demand.duration + demand.after))
        and terms.over_limit(day) is None
    )


def _is_busy(terms: SlotRules, minute: int) -> bool:
    return any(begins <= minute < ends for begins, ends in terms.busy)


def _is_open(terms: SlotRules, instant: datetime) -> bool:
    local = instant.astimezone(terms.zone)
    minute = local.hour * 60 + local.minute
    today, yesterday = terms.hours.on(local.date()), terms.hours.on(local.date() - timedelta(days=1))
    return any(opens <= minute < closes for opens, closes in today) or any(
        opens <= minute + 1440 < closes for opens, closes in yesterday
    )
