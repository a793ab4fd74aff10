"""Busy times: the times of the agenda that external calendars take, written by the pull of each calendar.

Every transaction checks the turn that ``busy_sources.begin`` gave, so that an older pull never overwrites a newer one
(docs/decisions/busy-times.md). All calls are safe to repeat; the next call completes one that ended halfway.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mostrador.observability import logger
from mostrador.scheduling import busy_sources
from mostrador.scheduling.rules import busy_times as rules
from mostrador.scheduling.rules.busy_times import BusyTime, Span, by_local_day
from mostrador.table import keys, reads, writes
from mostrador.table.items.busy_times import BusyDay, BusyEvent, digest, line_name, packed
from mostrador.table.keys import Key
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants
from mostrador.values import local_time

MOST_ACTIONS: Final = 100
"""DynamoDB's limit for one transaction."""
_MARGIN: Final = timedelta(days=1)
_KEPT: Final = timedelta(days=35)
"""How long DynamoDB keeps past days and events."""


def replace(
    tenant: str,
    source: str,
    resource_ids: Iterable[str],
    changes: Mapping[str, BusyTime | None],
    *,
    turn: int,
    now: datetime,
) -> None:
    """Write the changed events of a calendar, by event id, into the days of every resource that it blocks.

    None frees the event's time. If the calendar blocks other resources than at the last pull, its stored events are
    written for those too. Raises Overtaken, NotHere (tenant), Busy.
    """
    pull = _pull(tenant, source, resource_ids, turn, now)
    wanted = {digest(event_id): _span(busy) for event_id, busy in changes.items()}
    if busy_sources.blocked(tenant, source) == pull.resource_ids:
        found = reads.batch(keys.busy_event(tenant, source, event) for event in wanted)
        stored = {_digest_of(event): event for event in found.values()}
    else:
        stored = _stored(tenant, source)
        wanted = {event_digest: _span(event) for event_digest, event in stored.items() if event.is_settled} | wanted
    _converge(pull, wanted, stored)


def full(
    tenant: str, source: str, resource_ids: Iterable[str], busies: Iterable[BusyTime], *, turn: int, now: datetime
) -> None:
    """Make exactly these the busy times of a calendar; all its other times are free again. Raises as ``replace``.

    It must run at least every 20 days: as time passes, new days and parts of long events come within reach.
    """
    pull = _pull(tenant, source, resource_ids, turn, now)
    stored = _stored(tenant, source)
    gone: dict[str, Span | None] = dict.fromkeys(stored)
    _converge(pull, gone | {digest(busy.event_id): _span(busy) for busy in busies}, stored)


def clear(tenant: str, source: str, *, now: datetime) -> None:
    """Disconnect a calendar: it blocks nothing from now on, and its busy times are removed; again completes it.

    Raises NotHere (tenant), Overtaken, Busy.
    """
    turn = busy_sources.end(tenant, source, now=now)
    if turn is not None:
        stored = _stored(tenant, source)
        _converge(_pull(tenant, source, (), turn, now), dict.fromkeys(stored), stored)


@dataclass(frozen=True, slots=True)
class _Pull:
    """One turn of one calendar, with the resources that it blocks and the days within reach."""

    tenant: str
    source: str
    turn: int
    resource_ids: list[str]
    zone: ZoneInfo
    first: date
    last: date

    def pieces(self, span: Span | None) -> dict[date, Span]:
        """An event's span on each local day within reach."""
        if span is None:
            return {}
        since = max(self.first, local_time.local_day(span[0], self.zone))
        until = min(self.last, since + rules.LONGEST)
        days = by_local_day([BusyTime("", *span)], self.zone, first=since, last=until)
        return {day: (piece.starts, piece.ends) for day, (piece,) in days.items()}

    def days(self, event: BusyEvent | None) -> set[Key]:
        """The days that have the event's lines, and the day before; DynamoDB deletes past days itself.

        The tenant may have had another zone when the lines were written.
        """
        if event is None:
            return set()
        since = max(self.first, local_time.local_day(int(event.starts), self.zone) - _MARGIN)
        days = [since + timedelta(n) for n in range((date.fromisoformat(event.until) - since).days + 1)]
        return {keys.busy_day(self.tenant, resource_id, day) for resource_id in event.resource_ids for day in days}


@dataclass(frozen=True, slots=True)
class _Change:
    """The change of one event from ``before`` to ``after``: the new ``lines`` by day, and the ``days`` of both."""

    key: Key
    name: str
    before: BusyEvent | None
    after: BusyEvent | None
    lines: Mapping[Key, bytes]
    days: frozenset[Key]

    def note(self, tx: Transaction, *, is_last: bool) -> None:
        """Write the event; before its last days are written, with the days of both states."""
        if not is_last:
            tx.save(self._anywhere())
        elif self.after is None:
            tx.delete(BusyEvent(*self.key))
        else:
            tx.save(self.after)

    def _anywhere(self) -> BusyEvent:
        both = [event for event in (self.before, self.after) if event is not None]
        return BusyEvent(
            *self.key,
            starts=min(int(event.starts) for event in both),
            ends=max(int(event.ends) for event in both),
            until=max(event.until for event in both),
            resource_ids=sorted({resource_id for event in both for resource_id in event.resource_ids}),
            is_settled=False,
            expires_at=max(int(event.expires_at) for event in both),
        )


def _pull(tenant: str, source: str, resource_ids: Iterable[str], turn: int, now: datetime) -> _Pull:
    zone = tenants.zone(tenants.find(tenant, now=now))
    return _Pull(tenant, source, turn, sorted(set(resource_ids)), zone, *rules.horizon(now, zone))


def _stored(tenant: str, source: str) -> dict[str, BusyEvent]:
    """Every event of a calendar that is stored, by digest."""
    found = reads.span(keys.busy_partition(tenant, source), reads.LOWEST, reads.HIGHEST, consistent=True)
    return {_digest_of(event): event for event in found}


def _digest_of(event: BusyEvent) -> str:
    return event.sk.partition("#")[2]


def _span(busy: BusyTime | BusyEvent | None) -> Span | None:
    return (int(busy.starts), int(busy.ends)) if busy else None


def _converge(pull: _Pull, wanted: Mapping[str, Span | None], stored: Mapping[str, BusyEvent]) -> None:
    changes = [_change(pull, event, span, stored.get(event)) for event, span in wanted.items()]
    differing = sorted(
        (change for change in changes if change is not None), key=lambda change: min(change.days, default=change.key)
    )
    for bundle in _bundled(differing):
        _settle(pull, bundle)
    logger.info("calendar.busy", tenant=pull.tenant, source=pull.source, changed=len(differing))


def _change(pull: _Pull, event: str, span: Span | None, before: BusyEvent | None) -> _Change | None:
    """The change that an event needs; None where it is stored as it should be."""
    pieces, key = pull.pieces(span), keys.busy_event(pull.tenant, pull.source, event)
    after = _event(key, span, max(pieces), pull.resource_ids) if span and pieces else None
    if _facts(before) == _facts(after):
        return None
    lines = {
        keys.busy_day(pull.tenant, resource_id, day): packed(piece, day)
        for resource_id in pull.resource_ids
        for day, piece in pieces.items()
    }
    return _Change(key, line_name(pull.source, event), before, after, lines, frozenset(lines) | pull.days(before))


def _event(key: Key, span: Span, until: date, resource_ids: list[str]) -> BusyEvent:
    return BusyEvent(
        *key,
        starts=span[0],
        ends=span[1],
        until=until.isoformat(),
        resource_ids=resource_ids,
        is_settled=True,
        expires_at=_expiry(until),
    )


def _facts(event: BusyEvent | None) -> tuple[object, ...] | None:
    if event is None:
        return None
    return event.is_settled, int(event.starts), int(event.ends), event.until, event.resource_ids


def _bundled(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    """Groups of changes that fit into one transaction; a change that does not fit alone is its own group."""
    bundle, days = list[_Change](), frozenset[Key]()
    for change in changes:
        if bundle and len(days | change.days) + len(bundle) + 2 > MOST_ACTIONS:
            yield bundle
            bundle, days = [], frozenset()
        bundle.append(change)
        days |= change.days
    if bundle:
        yield bundle


def _settle(pull: _Pull, bundle: Sequence[_Change]) -> None:
    """Write a bundle, in one transaction unless one event alone needs more. Raises Overtaken, Busy."""
    room = MOST_ACTIONS - 1 - len(bundle)
    day_keys = frozenset[Key]().union(*(change.days for change in bundle))

    def decide(found: Mapping[Key, BusyDay]) -> None:
        days = list(_differing(bundle, found).items())
        parts = [days[at : at + room] for at in range(0, len(days), room)] or [[]]
        try:
            for number, part in enumerate(parts, 1):
                _write(pull, bundle, part, found, is_last=number == len(parts))
        except writes.ConditionFailed:
            busy_sources.check_turn(pull.tenant, pull.source, pull.turn)
            raise

    writes.retrying(lambda _attempt: reads.batch(day_keys), decide)


def _differing(bundle: Sequence[_Change], found: Mapping[Key, BusyDay]) -> dict[Key, dict[str, bytes | None]]:
    """The lines that each day must get, or lose (None), compared with the days as read."""
    differing: dict[Key, dict[str, bytes | None]] = {}
    for change in bundle:
        for key in sorted(change.days):
            stored = found[key].lines.get(change.name) if key in found else None
            if stored != change.lines.get(key):
                differing.setdefault(key, {})[change.name] = change.lines.get(key)
    return differing


def _write(
    pull: _Pull,
    bundle: Sequence[_Change],
    days: Iterable[tuple[Key, Mapping[str, bytes | None]]],
    found: Mapping[Key, BusyDay],
    *,
    is_last: bool,
) -> None:
    """One transaction, which is refused if a newer turn has begun."""
    with writes.transaction() as tx:
        busy_sources.hold_turn(tx, pull.tenant, pull.source, pull.turn)
        for change in bundle:
            change.note(tx, is_last=is_last)
        for key, lines in days:
            _write_day(tx, key, found.get(key), lines)


def _write_day(tx: Transaction, key: Key, before: BusyDay | None, changes: Mapping[str, bytes | None]) -> None:
    """Add and remove lines of one calendar; other calendars' lines stay, also those written meanwhile."""
    put = {name: line for name, line in changes.items() if line is not None}
    if before is None:
        day = date.fromisoformat(key[1].partition("#")[0])
        tx.save(BusyDay(*key, lines=put, expires_at=_expiry(day)), condition=BusyDay.pk.does_not_exist())
    elif not put and before.lines.keys() <= changes.keys():
        tx.delete(BusyDay(*key), condition=BusyDay.has_lines(len(before.lines)))
    else:
        actions = [BusyDay.lines[name].set(line) for name, line in put.items()]
        actions += [BusyDay.lines[name].remove() for name in changes.keys() - put.keys()]
        tx.update(BusyDay(*key), actions=actions, condition=BusyDay.pk.exists())


def _expiry(day: date) -> int:
    """When DynamoDB may delete the item, in seconds since the epoch."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + _KEPT.total_seconds())
