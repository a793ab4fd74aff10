"""External calendars that block resources, and the turns of their readers.

A *source* is one connected calendar (``rules.busy_times``). The tenant, which every decision about a time reads, lists
the sources that block. An item for each source has its state: how far it was read, and the turn of its reader.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from mostrador.errors import Busy, NotHere
from mostrador.scheduling.rules.busy_times import blocks
from mostrador.table import keys, reads, writes
from mostrador.table.items.busy_times import CalendarState
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants


class SourceStatus(StrEnum):
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class Overtaken(Busy):
    """A newer pull of the same calendar has begun, or it was disconnected: this pull must not write any more."""


def blocking(tenant: Tenant, resource_id: str) -> list[str]:
    """The sources that block a resource."""
    return [source for source in tenant.calendars or [] if blocks(source, resource_id)]


def follow(tenant: str, source: str, *, now: datetime) -> bool:
    """Let a calendar block its resources, from its first pull on. Returns whether this is new.

    Raises NotHere (tenant), Busy.
    """
    if source in (tenants.find(tenant, now=now).calendars or []):
        return False
    _enter(tenant, source, SourceStatus.ACTIVE, now)
    return True


def begin(tenant: str, source: str) -> CalendarState:
    """Take the next turn, the state's ``version``, before reading a calendar. Raises NotHere where none follows it."""
    state = CalendarState(*keys.calendar_state(tenant, source))
    with writes.refusing(NotHere(entity="integration", id=source)):
        state.update(
            actions=[CalendarState.version.add(1)], condition=CalendarState.status == SourceStatus.ACTIVE.value
        )
    return state


def finish(tenant: str, source: str, *, turn: int, resource_ids: Iterable[str], as_of: datetime) -> None:
    """Record a complete pull: the calendar as it was at ``as_of`` blocks these resources. Raises Overtaken.

    The puller keeps its position only after this: an overtaken pull is repeated.
    """
    resources = CalendarState.resource_ids.set(sorted(resource_ids))
    with writes.refusing(Overtaken()):
        state = CalendarState(*keys.calendar_state(tenant, source))
        state.update(actions=[CalendarState.as_of.set(as_of), resources], condition=CalendarState.version == turn)


def blocked(tenant: str, source: str) -> list[str] | None:
    """The resources that a calendar blocks since its last complete pull; None where it was never pulled."""
    state = reads.get_item(keys.calendar_state(tenant, source))
    return state.resource_ids if isinstance(state, CalendarState) else None


def end(tenant: str, source: str, *, now: datetime) -> int | None:
    """Let a calendar block nothing any more, at once; a running pull must not write any more.

    Returns the turn in which its busy times are removed; None where it was never followed. Raises NotHere (tenant),
    Busy.
    """
    if reads.get_item(keys.calendar_state(tenant, source)) is None:
        return None
    return _enter(tenant, source, SourceStatus.ENDED, now)


def hold_turn(tx: Transaction, tenant: str, source: str, turn: int) -> None:
    """Refuse the transaction if a newer turn has begun."""
    key = keys.calendar_state(tenant, source)
    tx.condition_check(CalendarState, *key, condition=CalendarState.version == turn)


def check_turn(tenant: str, source: str, turn: int) -> None:
    """Raise Overtaken where a newer turn has begun."""
    state = reads.get_item(keys.calendar_state(tenant, source))
    if state is None or int(state.version) != turn:
        raise Overtaken


def _enter(slug: str, source: str, status: SourceStatus, now: datetime) -> int:
    """Begin a state, never read, and list the calendar on the tenant accordingly, both at once. Returns its turn."""

    def load(_attempt: int) -> tuple[CalendarState | None, Tenant]:
        # The state is read before the tenant: a later change of both is noticed by the state's version.
        state = reads.get_item(keys.calendar_state(slug, source))
        return state if isinstance(state, CalendarState) else None, tenants.find(slug, now=now)

    def decide(loaded: tuple[CalendarState | None, Tenant]) -> int:
        before, tenant = loaded
        unchanged = CalendarState.version == before.version if before else CalendarState.pk.does_not_exist()
        turn = int(before.version) + 1 if before else 1
        state = CalendarState(*keys.calendar_state(slug, source), version=turn, status=status.value)
        is_relisted = _relist(tenant, source, status)
        with writes.transaction() as tx:
            tx.save(state, condition=unchanged)
            if is_relisted:
                tenant.updated_at = now
                tx.save(tenant)
        tenants.remember(tenant, now)
        return turn

    return writes.retrying(load, decide)


def _relist(tenant: Tenant, source: str, status: SourceStatus) -> bool:
    """Add the calendar to the tenant's list, or remove it. Returns whether the list has changed."""
    listed = tenant.calendars or []
    others = [listed_source for listed_source in listed if listed_source != source]
    relisted = sorted([*others, source]) if status is SourceStatus.ACTIVE else others
    tenant.calendars = relisted or None
    return relisted != listed
