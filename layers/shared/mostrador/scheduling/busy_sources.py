"""Calendars elsewhere that block resources, and whose turn it is to write what they say.

A *source* is one connected calendar (``rules.busy``). Which count stands on the tenant, which every decision about a
time reads; how far one was read, and the turn of whoever pulls it, in an item of its own.
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
    """Another pull of the same calendar began since, or it was disconnected: this one may write no more."""


def blocking(tenant: Tenant, resource_id: str) -> list[str]:
    """The sources of busy times that block a resource."""
    return [source for source in tenant.calendars or [] if blocks(source, resource_id)]


def follow(tenant: str, source: str, *, now: datetime) -> bool:
    """Have a calendar block the resources that it is for, from its first pull on; whether it did not before.

    Raises NotHere (tenant), Busy.
    """
    if source in (tenants.find(tenant, now=now).calendars or []):
        return False
    _enter(tenant, source, SourceStatus.ACTIVE, now)
    return True


def begin(tenant: str, source: str) -> CalendarState:
    """Take the next turn, the state's ``version``, before asking the calendar. Raises NotHere where nobody follows."""
    state = CalendarState(*keys.calendar_state(tenant, source))
    with writes.refusing(NotHere(entity="integration", id=source)):
        state.update(
            actions=[CalendarState.version.add(1)], condition=CalendarState.status == SourceStatus.ACTIVE.value
        )
    return state


def finish(tenant: str, source: str, *, turn: int, resource_ids: Iterable[str], as_of: datetime) -> None:
    """Note that a pull is complete: how the calendar was at ``as_of`` blocks these resources. Raises Overtaken.

    Only after this may the puller go on from where it came to: a pull that was overtaken is to be done again.
    """
    resources = CalendarState.resource_ids.set(sorted(resource_ids))
    with writes.refusing(Overtaken()):
        state = CalendarState(*keys.calendar_state(tenant, source))
        state.update(actions=[CalendarState.as_of.set(as_of), resources], condition=CalendarState.version == turn)


def blocked(tenant: str, source: str) -> list[str] | None:
    """Whom a calendar blocks since its last complete pull; None where it was never pulled."""
    state = reads.one(keys.calendar_state(tenant, source))
    return state.resource_ids if isinstance(state, CalendarState) else None


def end(tenant: str, source: str, *, now: datetime) -> int | None:
    """Have a calendar block nothing any more, at once; whoever pulls it may write no more.

    Gives the turn in which what it took may be removed; None where nobody ever followed it. Raises NotHere (tenant),
    Busy.
    """
    if reads.one(keys.calendar_state(tenant, source)) is None:
        return None
    return _enter(tenant, source, SourceStatus.ENDED, now)


def hold_turn(tx: Transaction, tenant: str, source: str, turn: int) -> None:
    """Refuse the transaction if a newer turn has begun."""
    key = keys.calendar_state(tenant, source)
    tx.condition_check(CalendarState, *key, condition=CalendarState.version == turn)


def check_turn(tenant: str, source: str, turn: int) -> None:
    """Raise Overtaken where a newer turn has begun."""
    state = reads.one(keys.calendar_state(tenant, source))
    if state is None or int(state.version) != turn:
        raise Overtaken


def _enter(tenant: str, source: str, status: SourceStatus, now: datetime) -> int:
    """Begin a state, never read, and have the calendar count or not accordingly, both at once; gives its turn."""
    for _ in writes.attempts():
        # The state before the tenant: whoever changes the two after this one was read is noticed by its version.
        stored, shop = reads.one(keys.calendar_state(tenant, source)), tenants.find(tenant, now=now)
        known = CalendarState.version == stored.version if stored else CalendarState.pk.does_not_exist()
        turn = int(stored.version) + 1 if stored else 1
        try:
            with writes.transaction() as tx:
                state = CalendarState(*keys.calendar_state(tenant, source), version=turn, status=status.value)
                tx.save(state, condition=known)
                if _relisted(shop, source, status):
                    shop.updated_at = now
                    tx.save(shop)
        except writes.ConditionFailed:
            continue
        tenants.remember(shop, now)
        return turn
    raise Busy


def _relisted(shop: Tenant, source: str, status: SourceStatus) -> bool:
    """Have the calendar count for the tenant, or not; whether that is another thing than before."""
    listed = shop.calendars or []
    others = [one for one in listed if one != source]
    shop.calendars = (sorted([*others, source]) if status is SourceStatus.ACTIVE else others) or None
    return bool((shop.calendars or []) != listed)
