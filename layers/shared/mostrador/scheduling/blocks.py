"""Blocks: times that staff close for some resources, from five minutes to two weeks: a lunch, a day off, an illness.

A block is a line in the agenda days of its resources, written on the days' versions. So a block and a booking at the
same moment cannot both win, and every decision about a time sees it without a further read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.scheduling import affected, agenda
from mostrador.scheduling.affected import Affected
from mostrador.scheduling.rules import agenda as rules
from mostrador.table import Condition, keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.scheduling import AgendaDay, Block, Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.scheduling.views.blocks import BlockChanges, BlockListing, NewBlock

MOST_RESOURCES: Final = 20
MOST_DAYS: Final = 90
"""Agenda days of a block, over all its resources: they are in one transaction, which takes 100 actions."""
MOST_MINUTES: Final = 14 * local_time.DAY
LONGEST: Final = timedelta(days=15)
"""No block takes more, whatever the clocks do."""


class TimeBooked(Conflict):
    """``affected`` has the appointments."""

    code = "time_booked"
    en = "appointments stand at that time ({count:count}); move or cancel them, or block it all the same"
    es = "hay turnos en ese horario ({count:count}); muévalos o cancélelos, o bloquee igual"
    next_action = NextAction.CHOOSE_ANOTHER_TIME


class BlockLength(Invalid):
    code = "block_length"
    en = "a block takes from {least:count} to {most:count} minutes, and this one would take {value:count}"
    es = "un bloqueo dura de {least:count} a {most:count} minutos, y este duraría {value:count}"


class TooManyToBlock(Invalid):
    code = "too_many_to_block"
    en = "a block of that length takes {limit:count} resources at most; name some of the {value:count}"
    es = "un bloqueo de esa duración admite {limit:count} recursos como máximo; indique algunos de los {value:count}"
    next_action = NextAction.ASK_FOR_FEWER


@dataclass(frozen=True, slots=True)
class Blocked:
    """A block, and the appointments that stand in it and stay booked."""

    block: Block
    affected: list[Affected]

    @property
    def version(self) -> int:
        return int(self.block.version)


def listing(slug: str, query: "BlockListing", *, now: datetime) -> reads.Page:
    """The blocks that reach into a time, by start. Raises BadCursor."""
    since, until = query.span(tenants.zone(tenants.current(slug, now=now)), now)
    conditions: list[Condition] = [Block.resource_ids.contains(query.resource)] if query.resource else []
    if since:
        conditions.append(Block.ends_at > since)
    return reads.page(
        keys.block(slug, "")[0],
        tenant=slug,
        query=("blocks", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index="gsi1",
        between=reads.within(since - LONGEST if since else None, until),
        keep=reads.all_of(conditions),
    )


def get(slug: str, block_id: str, *, now: datetime) -> Block:
    """Raises NotHere."""
    tenants.current(slug, now=now)
    found = reads.get_item(keys.block(slug, block_id))
    if not isinstance(found, Block):
        raise NotHere(entity="block", id=block_id)
    return found


def create(slug: str, form: "NewBlock", *, actor_name: str, key: str | None, now: datetime) -> Blocked:
    """Close a time for the form's resources, or for all active ones; the same ``key`` and form give the same block.

    Raises NotHere (resource), TimeBooked unless ``even_if_booked``, TooManyToBlock, KeyReused, AgendaFull, Busy.
    """
    tenant = tenants.current(slug, now=now)
    block_id = ids.derived(slug, "block", key) if key else ids.new()
    block = _block(tenant, form, block_id, actor_name=actor_name, now=now)
    day_keys = affected.day_keys(slug, block)

    def load(_attempt: int) -> Mapping[keys.Key, Item]:
        own = keys.block(slug, block_id)
        named = [keys.resource(slug, resource_id) for resource_id in block.resource_ids]
        return reads.batch([own, *named, *day_keys])

    def decide(found: Mapping[keys.Key, Item]) -> Blocked:
        if isinstance(earlier := found.get(keys.block(slug, block_id)), Block):
            return Blocked(writes.same_request(earlier, block.fingerprint), [])
        for resource_id in block.resource_ids:
            if keys.resource(slug, resource_id) not in found:
                raise NotHere(entity="resource", id=resource_id)
        days = {key: day for key, day in found.items() if isinstance(day, AgendaDay)}
        standing = affected.standing(slug, block, found, now)
        if standing and not form.even_if_booked:
            raise TimeBooked(count=len(standing), affected=[_told(one) for one in standing])
        with writes.transaction() as tx:
            tx.save(block)
            for day_key in day_keys:
                agenda.take(tx, day_key, days, [affected.line(block)], now)
        return Blocked(block, standing)

    return writes.retrying(load, decide)


def change(slug: str, block_id: str, form: "BlockChanges", *, seen: int | None, now: datetime) -> Block:
    """Change title, start or end, in one transaction over the old days and the new; nothing else is written.

    Raises NotHere, Stale, BlockLength, TooManyToBlock, AgendaFull, Busy, and TimeBooked where appointments stand that
    did not before, unless ``even_if_booked``.
    """
    tenant = tenants.current(slug, now=now)

    def decide(block: Block) -> Block:
        writes.check_version(block, seen)
        before, old_keys = _shown(block), set(affected.day_keys(slug, block))
        known = {one.appointment.id for one in affected.of_block(slug, block, now=now)}
        _alter(block, form, tenant)
        if _shown(block) == before:
            return block
        day_keys = affected.day_keys(slug, block)
        found = reads.batch(day_keys)
        added = [one for one in affected.standing(slug, block, found, now) if one.appointment.id not in known]
        if added and not form.even_if_booked:
            raise TimeBooked(count=len(added), affected=[_told(one) for one in added])
        block.updated_at = now
        days = {key: day for key, day in found.items() if isinstance(day, AgendaDay)}
        with writes.transaction() as tx:
            tx.save(block)
            for day_key in day_keys:
                agenda.take(tx, day_key, days, [affected.line(block)], now)
            agenda.free(tx, block.id, old_keys - set(day_keys))
        return block

    return writes.retrying(lambda _attempt: get(slug, block_id, now=now), decide)


def _shown(block: Block) -> tuple[str, datetime, datetime]:
    return block.title, block.starts_at, block.ends_at


def _alter(block: Block, form: "BlockChanges", tenant: Tenant) -> None:
    """Set the fields of the form, and the days and index keys that follow. Raises BlockLength, TooManyToBlock."""
    for name, value in form.fields().items():
        if name != "even_if_booked":
            setattr(block, name, value)
    minutes = local_time.minute(block.ends_at) - local_time.minute(block.starts_at)
    if not rules.SHORTEST <= minutes <= MOST_MINUTES:
        raise BlockLength(field="body.ends_at", value=minutes, least=rules.SHORTEST, most=MOST_MINUTES)
    block.days = _days(block.starts_at, block.ends_at, tenants.zone(tenant))
    _check_size(len(block.resource_ids), len(block.days))
    block.gsi1pk, block.gsi1sk = keys.by_start((block.pk, block.sk), block.starts_at)


def delete(slug: str, block_id: str, *, seen: int | None, now: datetime) -> None:
    """Open the time again. Raises NotHere, Stale."""
    block = get(slug, block_id, now=now)
    writes.check_version(block, seen)
    with writes.refusing(writes.stale_error(block)), writes.transaction() as tx:
        tx.delete(block)
        agenda.free(tx, block.id, affected.day_keys(slug, block))


def _block(tenant: Tenant, form: "NewBlock", block_id: str, *, actor_name: str, now: datetime) -> Block:
    slug, zone = tenant.slug, tenants.zone(tenant)
    starts_at, ends_at = form.span(zone)
    gsi1pk, gsi1sk = keys.by_start(keys.block(slug, block_id), starts_at)
    days = _days(starts_at, ends_at, zone)
    return Block(
        *keys.block(slug, block_id),
        gsi1pk=gsi1pk,
        gsi1sk=gsi1sk,
        id=block_id,
        title=form.title,
        starts_at=starts_at,
        ends_at=ends_at,
        time_zone=tenant.time_zone,
        days=days,
        resource_ids=_resource_ids(slug, form, days=len(days)),
        created_by=actor_name,
        created_at=now,
        fingerprint=ids.fingerprint(form.as_sent()),
    )


def _resource_ids(slug: str, form: "NewBlock", *, days: int) -> list[str]:
    """Those of the form, each once, or all active ones. Raises TooManyToBlock."""
    found = list(dict.fromkeys(form.resource_ids)) or _active(slug)
    _check_size(len(found), days)
    return found


def _check_size(resources: int, days: int) -> None:
    limit = min(MOST_RESOURCES, MOST_DAYS // days)
    if resources > limit:
        raise TooManyToBlock(field="body.resource_ids", value=resources, limit=limit)


def _days(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> list[str]:
    """The local dates that a block touches."""
    first = local_time.local_day(local_time.minute(starts_at), zone)
    last = local_time.local_day(local_time.minute(ends_at) - 1, zone)
    return [date.fromordinal(day).isoformat() for day in range(first.toordinal(), last.toordinal() + 1)]


def _active(slug: str) -> list[str]:
    found: list[Resource] = reads.everything(*keys.resource(slug, ""))
    return [resource.id for resource in found if resource.is_active]


def _told(one: Affected) -> dict[str, Any]:
    from mostrador.scheduling.views.blocks import AffectedView  # noqa: PLC0415 - most blocks meet no appointment

    return AffectedView.model_validate(one).model_dump(mode="json")
