"""Blocks: times that staff close for some resources, from five minutes to two weeks: a lunch, a day off, an illness.

A block is a line in the agenda days of its resources, written on the days' versions. So a block and a booking at the
same moment cannot both win, and every decision about a time sees it without a further read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.scheduling import affected, agenda
from mostrador.scheduling.affected import Affected
from mostrador.table import Condition, keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.scheduling import AgendaDay, Block, Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.scheduling.views.blocks import BlockListing, NewBlock

MOST_RESOURCES: Final = 20
MOST_DAYS: Final = 90
"""Agenda days of a block, over all its resources: they are in one transaction, which takes 100 actions."""
LONGEST: Final = timedelta(days=15)
"""No block takes more, whatever the clocks do."""


class TimeBooked(Conflict):
    """``affected`` has the appointments."""

    code = "time_booked"
    en = "appointments stand at that time ({count:count}); move or cancel them, or block it all the same"
    es = "hay turnos en ese horario ({count:count}); muévalos o cancélelos, o bloquee igual"
    next_action = NextAction.CHOOSE_ANOTHER_TIME


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
    since, until = query.span(tenants.zone(tenants.current(slug, now=now)))
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
    first = local_time.local_day(local_time.minute(starts_at), zone)
    last = local_time.local_day(local_time.minute(ends_at) - 1, zone)
    days = [date.fromordinal(day).isoformat() for day in range(first.toordinal(), last.toordinal() + 1)]
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
    limit = min(MOST_RESOURCES, MOST_DAYS // days)
    if len(found) > limit:
        raise TooManyToBlock(field="body.resource_ids", value=len(found), limit=limit)
    return found


def _active(slug: str) -> list[str]:
    found: list[Resource] = reads.everything(*keys.resource(slug, ""))
    return [resource.id for resource in found if resource.is_active]


def _told(one: Affected) -> dict[str, Any]:
    from mostrador.scheduling.views.blocks import AffectedView  # noqa: PLC0415 - most blocks meet no appointment

    return AffectedView.model_validate(one).model_dump(mode="json")
