"""Blocks: times that staff close for some resources, such as lunch. Several may be on one day.

A block is a line in the agenda days of its resources, written on the days' versions. So a block and a booking at the
same moment cannot both win, and every decision about a time sees it without a further read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from mostrador import ids
from mostrador.errors import Conflict, Invalid, NotHere
from mostrador.scheduling import agenda
from mostrador.scheduling.rules import agenda as rules
from mostrador.table import keys, reads, writes
from mostrador.table.base import Item
from mostrador.table.items.scheduling import AgendaDay, Appointment, Block, Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.scheduling.views.blocks import BlockListing, NewBlock

MOST_RESOURCES: Final = 20
"""Each has one to three agenda days in the one transaction, which takes 100 actions."""


class TimeBooked(Conflict):
    """``affected`` has the appointments."""

    code = "time_booked"
    en = "appointments stand at that time ({count:count}); move or cancel them, or block it all the same"
    es = "hay turnos en ese horario ({count:count}); muévalos o cancélelos, o bloquee igual"
    next_action = NextAction.CHOOSE_ANOTHER_TIME


class TooManyToBlock(Invalid):
    code = "too_many_to_block"
    en = "a block takes {limit:count} resources at most; name some of the {value:count}"
    es = "un bloqueo admite {limit:count} recursos como máximo; indique algunos de los {value:count}"
    next_action = NextAction.ASK_FOR_FEWER


@dataclass(frozen=True, slots=True)
class Blocked:
    """A block, and the appointments that stand in it and stay booked."""

    block: Block
    affected: list[Appointment]

    @property
    def version(self) -> int:
        return int(self.block.version)


def listing(slug: str, query: "BlockListing", *, now: datetime) -> reads.Page:
    """The blocks that begin in a time, by start. Raises BadCursor."""
    zone = tenants.zone(tenants.current(slug, now=now))
    return reads.page(
        keys.block(slug, "")[0],
        tenant=slug,
        query=("blocks", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index="gsi1",
        between=reads.within(*query.span(zone)),
        keep=Block.resource_ids.contains(query.resource) if query.resource else None,
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

    def load(_attempt: int) -> Mapping[keys.Key, Item]:
        own = keys.block(slug, block_id)
        named = [keys.resource(slug, resource_id) for resource_id in block.resource_ids]
        return reads.batch([own, *named, *_day_keys(slug, block)])

    def decide(found: Mapping[keys.Key, Item]) -> Blocked:
        if isinstance(earlier := found.get(keys.block(slug, block_id)), Block):
            return Blocked(writes.same_request(earlier, block.fingerprint), [])
        for resource_id in block.resource_ids:
            if keys.resource(slug, resource_id) not in found:
                raise NotHere(entity="resource", id=resource_id)
        days = {key: day for key, day in found.items() if isinstance(day, AgendaDay)}
        affected = _standing(slug, block, days, now)
        if affected and not form.even_if_booked:
            raise TimeBooked(count=len(affected), affected=[_told(one) for one in affected])
        with writes.transaction() as tx:
            tx.save(block)
            for day_key in _day_keys(slug, block):
                agenda.take(tx, day_key, days, [_line(block)], now)
        return Blocked(block, affected)

    return writes.retrying(load, decide)


def delete(slug: str, block_id: str, *, seen: int | None, now: datetime) -> None:
    """Open the time again. Raises NotHere, Stale."""
    block = get(slug, block_id, now=now)
    writes.check_version(block, seen)
    with writes.refusing(writes.stale_error(block)), writes.transaction() as tx:
        tx.delete(block)
        agenda.free(tx, block.id, _day_keys(slug, block))


def _block(tenant: Tenant, form: "NewBlock", block_id: str, *, actor_name: str, now: datetime) -> Block:
    slug, zone = tenant.slug, tenants.zone(tenant)
    gsi1pk, gsi1sk = keys.block_by_start(slug, form.starts_at, block_id)
    begins, ends = local_time.minute(form.starts_at), local_time.minute(form.ends_at)
    first, last = local_time.local_day(begins, zone), local_time.local_day(ends - 1, zone)
    return Block(
        *keys.block(slug, block_id),
        gsi1pk=gsi1pk,
        gsi1sk=gsi1sk,
        id=block_id,
        title=form.title,
        starts_at=form.starts_at,
        ends_at=form.ends_at,
        time_zone=tenant.time_zone,
        days=[date.fromordinal(day).isoformat() for day in range(first.toordinal(), last.toordinal() + 1)],
        resource_ids=_resource_ids(slug, form),
        created_by=actor_name,
        created_at=now,
        fingerprint=ids.fingerprint(form.as_sent()),
    )


def _resource_ids(slug: str, form: "NewBlock") -> list[str]:
    """Those of the form, each once, or all active ones. Raises TooManyToBlock."""
    if form.resource_ids:
        return list(dict.fromkeys(form.resource_ids))
    found: list[Resource] = reads.everything(*keys.resource(slug, ""))
    active = [resource.id for resource in found if resource.is_active]
    if len(active) > MOST_RESOURCES:
        raise TooManyToBlock(field="body.resource_ids", value=len(active), limit=MOST_RESOURCES)
    return active


def _day_keys(slug: str, block: Block) -> list[keys.Key]:
    days = [date.fromisoformat(day) for day in block.days]
    return [keys.agenda_day(slug, resource_id, day) for resource_id in block.resource_ids for day in days]


def _line(block: Block) -> rules.Booking:
    starts = local_time.minute(block.starts_at)
    return rules.Booking(block.id, rules.BLOCK, starts, local_time.minute(block.ends_at) - starts)


def _standing(slug: str, block: Block, days: agenda.Days, now: datetime) -> list[Appointment]:
    """The appointments that overlap the block, by start; their buffers do not matter."""
    line, wanted = _line(block), set[str]()
    for booking in rules.appointments_of(agenda.booked(days.values(), now)):
        if booking.starts < line.busy_until and line.starts < booking.starts + booking.duration:
            wanted.add(booking.appointment_id)
    return sorted(_appointments(slug, wanted), key=lambda one: (one.scheduled_at, one.id))


def _appointments(slug: str, wanted: Iterable[str]) -> list[Appointment]:
    found = reads.batch(keys.appointment(slug, appointment_id) for appointment_id in wanted)
    return [item for item in found.values() if isinstance(item, Appointment)]


def _told(appointment: Appointment) -> dict[str, str]:
    return {
        "appointment_id": appointment.id,
        "starts_at": appointment.scheduled_at.astimezone(appointment.zone).isoformat(),
        "customer_name": appointment.customer_name,
        "resource_id": appointment.resource_id,
    }
