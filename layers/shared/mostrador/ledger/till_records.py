"""Count money in the open till, in the transaction that moves it.

A movement is an item of its own, written with a step of the open till's counter. The step holds only while the till is
open. The close reads the movements, and holds only if the counter is still their number. So money that moves at the
moment of the close is in that till before it closes, or not in it at all.
"""

from datetime import datetime
from decimal import Decimal

from mostrador import context
from mostrador.errors import NotHere
from mostrador.ledger.rules import tills as rules
from mostrador.ledger.rules.payment_states import Method, PaymentState, RefundReason
from mostrador.ledger.rules.tills import MovementKind
from mostrador.table import keys, reads
from mostrador.table.items.payments import LedgerLine, Payment
from mostrador.table.items.tills import OpenTill, TillMovement
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants


def save(tx: Transaction, payment: Payment, line: LedgerLine, *, now: datetime) -> None:
    """Save a line of the ledger; money that the business received or gave back itself counts in the open till.

    It sets the till of ``line``, and of ``payment``. Raises NotHere, WhichTill, NotInOpenTill, NoOpenTill.
    """
    _count(tx, payment, line, now=now)
    tx.save(line)


def _count(tx: Transaction, payment: Payment, line: LedgerLine, *, now: datetime) -> None:
    amount = rules.change(line.before, line.state, line.amount, payment.provider)
    is_return = line.state == PaymentState.REFUNDED
    if not amount:
        return
    tenant = keys.tenant_of(payment.pk)
    till = _till_for(tenant, payment, is_void=is_return and payment.reason == RefundReason.VOIDED)
    if till is None:
        _check_without_till(tenant, line, now)
    line.till_id = till.till_id if till and till.currency == payment.currency else None
    if is_return:
        payment.refund_till_id = line.till_id
    else:
        payment.till_id, payment.taken_by_user = line.till_id, context.current().actor.user
    if till and line.till_id:
        write(tx, till, _movement(till, payment, line, amount, now))


def _check_without_till(tenant: str, line: LedgerLine, now: datetime) -> None:
    """Raise NoOpenTill for cash where the business takes it into an open till alone."""
    if line.method == Method.CASH and tenants.current(tenant, now=now).require_open_till:
        raise rules.NoOpenTill


def _movement(till: OpenTill, payment: Payment, line: LedgerLine, amount: Decimal, now: datetime) -> TillMovement:
    """The movement of the till that a line of the ledger is."""
    is_return = line.state == PaymentState.REFUNDED
    kind = _kind(payment, till) if is_return else MovementKind.PAYMENT
    name, tenant = f"{payment.id}#{line.state}", keys.tenant_of(payment.pk)
    movement = new(tenant, till, name, kind, method=line.method, amount=amount, by=line.by, now=now)
    movement.payment_id, movement.time_zone = payment.id, payment.time_zone
    movement.reason = payment.refund_note if is_return else None
    return movement


def _till_for(tenant: str, payment: Payment, *, is_void: bool) -> OpenTill | None:
    try:
        return rules.choose(open_tills(tenant), payment.wanted_till, user=context.current().actor.user)
    except NotHere as error:
        if is_void:
            raise rules.NotInOpenTill(payment=payment.id) from error
        raise


def _kind(payment: Payment, till: OpenTill) -> MovementKind:
    """A refund of money that another till received corrects that till."""
    if payment.reason == RefundReason.VOIDED:
        return MovementKind.VOID
    return MovementKind.REFUND if payment.till_id == till.till_id else MovementKind.CORRECTION


def open_tills(tenant: str) -> list[OpenTill]:
    """The guards of the tills that are open now."""
    prefix = keys.OPEN_TILL_PREFIX
    return reads.span(keys.tills_partition(tenant), prefix, f"{prefix}{reads.HIGHEST}", consistent=True)


def new(
    tenant: str,
    till: OpenTill,
    movement_id: str,
    kind: MovementKind,
    *,
    method: str,
    amount: Decimal,
    by: str,
    now: datetime,
) -> TillMovement:
    """A movement of the till, not stored yet, without its time zone."""
    return TillMovement(
        *keys.till_movement(tenant, till.till_id, movement_id),
        till_id=till.till_id,
        kind=kind.value,
        method=method,
        amount=amount,
        currency=till.currency,
        by=by,
        created_at=now,
    )


def write(tx: Transaction, till: OpenTill, *movements: TillMovement) -> None:
    """Write movements, on the condition that the till is still open."""
    for movement in movements:
        tx.save(movement)
    step = OpenTill.movement_count.add(len(movements))
    tx.update(till, [step], condition=OpenTill.till_id == till.till_id)


def movements(tenant: str, till_id: str) -> list[TillMovement]:
    """The movements of one till as they are stored now, in the order of time."""
    partition, prefix = keys.till_movement(tenant, till_id, "")
    found: list[TillMovement] = reads.span(partition, prefix, f"{prefix}~", consistent=True)
    return sorted(found, key=lambda movement: (movement.created_at, movement.sk))
