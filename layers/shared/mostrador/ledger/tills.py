"""Tills: opened with a float, moved by payments and by cash put in or out, closed with a count."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from mostrador import context, ids
from mostrador.errors import NotHere
from mostrador.ledger import till_records
from mostrador.ledger.rules import tills as rules
from mostrador.ledger.rules.payment_states import Method
from mostrador.ledger.rules.tills import CashMovement, MethodCount, MovementKind, TillStatus
from mostrador.observability import logger
from mostrador.table import Condition, keys, reads, writes
from mostrador.table.items.tills import OpenTill, Till, TillMovement
from mostrador.tenancy import tenants
from mostrador.values import money

if TYPE_CHECKING:
    from mostrador.ledger.views.tills import NewCashMovement, NewTill, TillClosing, TillListing


class TillSheet(NamedTuple):
    """A till with its movements; ``counts`` are those of the close, or what is expected now."""

    till: Till
    counts: list[MethodCount]
    movements: list[TillMovement]


def open_till(tenant: str, form: "NewTill", *, actor_name: str, key: str | None, now: datetime) -> Till:
    """Open a drawer. The same ``key`` gives the same till. Raises BadAmount, TillAlreadyOpen, KeyReused."""
    item = tenants.current(tenant, now=now)
    till_id = ids.derived(tenant, "till", key) if key else ids.new()
    till = Till(
        *keys.till(tenant, till_id),
        id=till_id,
        drawer=form.drawer,
        status=TillStatus.OPEN.value,
        opening_float=money.amount(form.opening_float, item.currency, field="body.opening_float"),
        currency=item.currency,
        time_zone=item.time_zone,
        opened_by=actor_name,
        created_at=now,
        fingerprint=ids.fingerprint(form.as_sent()),
    )
    till.gsi1pk, till.gsi1sk = keys.till_by_opening(tenant, now, till_id)
    guard = OpenTill(
        *keys.open_till(tenant, form.drawer.casefold()),
        till_id=till_id,
        drawer=form.drawer,
        currency=item.currency,
        opened_by_user=context.current().actor.user,
        movement_count=0,
    )
    try:
        with writes.transaction() as tx:
            tx.save(till)
            tx.save(guard, condition=OpenTill.pk.does_not_exist())
    except writes.ConditionFailed as error:
        earlier: Till | None = reads.get_item(keys.till(tenant, till_id))
        if earlier is None:
            raise rules.TillAlreadyOpen(field="body.drawer", drawer=form.drawer) from error
        return writes.same_request(earlier, till.fingerprint)
    logger.info("till.opened", tenant=tenant, till=till_id)
    return till


def get(tenant: str, till_id: str, *, now: datetime) -> Till:
    """The till as it is stored now. Raises NotHere."""
    tenants.current(tenant, now=now)
    stored = reads.get_item(keys.till(tenant, till_id))
    if not isinstance(stored, Till):
        raise NotHere(entity="till", id=till_id)
    return stored


def sheet(tenant: str, till_id: str, *, now: datetime) -> TillSheet:
    """The till, its movements, and what it must hold. Raises NotHere."""
    till = get(tenant, till_id, now=now)
    movements = till_records.movements(tenant, till_id)
    expected = rules.expected(till.opening_float, movements)
    return TillSheet(till, till.counts or rules.counts(expected, {}, till.currency), movements)


def listing(tenant: str, query: "TillListing", *, now: datetime) -> reads.Page:
    """Tills by their opening, the newest first. Raises BadCursor."""
    zone = tenants.zone(tenants.current(tenant, now=now))
    return reads.page(
        keys.tills_partition(tenant),
        tenant=tenant,
        query=("tills", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index="gsi1",
        between=reads.within(*query.span(zone, now)),
        keep=reads.all_of(reads.among(Till.status, query.status)),
        newest_first=True,
    )


def move_cash(
    tenant: str, till_id: str, form: "NewCashMovement", *, actor_name: str, key: str, now: datetime
) -> TillMovement:
    """Put cash in or take it out; the same ``key`` moves it once.

    Raises NotHere, BadAmount, TillClosed, KeyReused, Busy.
    """
    movement_id, fingerprint = ids.derived(tenant, "till movement", f"{till_id} {key}"), ids.fingerprint(form.as_sent())

    def move(till: Till) -> TillMovement:
        earlier: TillMovement | None = reads.get_item(keys.till_movement(tenant, till_id, movement_id))
        if earlier:
            return writes.same_request(earlier, fingerprint)
        amount = money.amount(form.amount, till.currency, field="body.amount")
        if not amount:
            raise rules.NothingMoved(field="body.amount", value=form.amount)
        signed = amount if form.kind is CashMovement.CASH_IN else -amount
        guard, kind = _guard(tenant, till), MovementKind(form.kind.value)
        movement = till_records.new(
            tenant, guard, movement_id, kind, method=Method.CASH.value, amount=signed, by=actor_name, now=now
        )
        movement.reason, movement.fingerprint, movement.time_zone = form.reason, fingerprint, till.time_zone
        with writes.transaction() as tx:
            till_records.write(tx, guard, movement)
        return movement

    return writes.retrying(lambda _attempt: get(tenant, till_id, now=now), move)


def _guard(tenant: str, till: Till) -> OpenTill:
    """The guard of an open till. Raises TillClosed, and ConditionFailed where it is being closed."""
    if till.status == TillStatus.CLOSED:
        raise rules.TillClosed(drawer=till.drawer, by=till.closed_by, at=till.closed_at.isoformat())
    guard: OpenTill | None = reads.get_item(keys.open_till(tenant, till.drawer.casefold()))
    if guard is None or guard.till_id != till.id:
        raise writes.ConditionFailed(1, [])
    return guard


def close(tenant: str, till_id: str, form: "TillClosing", *, actor_name: str, now: datetime) -> Till:
    """OPEN -> CLOSED with the count; the same count again changes nothing.

    Raises NotHere, BadAmount, TillClosed, DifferenceWithoutNote, Busy.
    """
    fingerprint = ids.fingerprint(form.as_sent())

    def settle(till: Till) -> Till:
        if till.status == TillStatus.CLOSED and till.fingerprint == fingerprint:
            return till
        guard = _guard(tenant, till)
        movements = till_records.movements(tenant, till_id)
        counted = _counted(form, till.currency)
        till.counts = rules.counts(rules.expected(till.opening_float, movements), counted, till.currency)
        rules.check_note(till.counts, form.note)
        till.status, till.note, till.fingerprint = TillStatus.CLOSED.value, form.note, fingerprint
        till.closed_at, till.closed_by, till.movement_count = now, actor_name, len(movements)
        till.updated_at = now
        with writes.transaction() as tx:
            tx.save(till)
            tx.delete(guard, _is_unmoved(till_id, len(movements)), add_version_condition=False)
        logger.info("till.closed", tenant=tenant, till=till_id)
        return till

    return writes.retrying(lambda _attempt: get(tenant, till_id, now=now), settle)


def _is_unmoved(till_id: str, movements: int) -> Condition:
    """The condition that the till is open and has exactly the movements that were counted."""
    unmoved: Condition = (OpenTill.till_id == till_id) & (OpenTill.movement_count == movements)
    return unmoved


def _counted(form: "TillClosing", currency: str) -> dict[str, Decimal]:
    return {
        method.value: money.amount(text, currency, field=f"body.counted.{method.value}")
        for method, text in form.counted.items()
    }
