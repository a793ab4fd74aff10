"""What must happen when a deadline comes, by itself: everything in the ``due`` index, once a minute.

Whatever is done is safe to repeat and to do twice at once, so a run that ends early, or two runs, do no harm.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from mostrador import context
from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Conflict, NotFound, NotHere, ServiceError
from mostrador.ledger.rules.payment_states import PaymentState
from mostrador.observability import log_failure
from mostrador.payments import reconciliation, refunds, rollbacks
from mostrador.payments.bancard_account import NotConnected
from mostrador.raffles import draws, order_transitions
from mostrador.raffles.rules.states import OrderStatus, RaffleStatus
from mostrador.scheduling import appointments, waiting_list_offers
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order, Raffle
from mostrador.table.items.scheduling import Appointment, WaitingLine
from mostrador.tenancy import tenants

OUTCOMES: Final = (
    "expired",
    "lines",
    "offers",
    "raffles",
    "payments",
    "unanswered",
    "suspended",
    "overtaken",
    "failed",
    "unfinished",
    "lag_seconds",
)

PATIENCE: Final = 2
"""Questions of a tenant's that Bancard may leave unanswered in one run, before the others of that tenant wait."""
STUCK: Final = timedelta(minutes=10)
"""What is refused for longer was not done by somebody else: it will not be done at all, such as a draw by a beacon
that does not exist."""


def run(clock: Callable[[], datetime], *, until: datetime) -> dict[str, int]:
    """Handle what is due, and stop at ``until``; tells how many by outcome, and how late the latest was.

    A suspended tenant's is left as it is, one item that fails is logged and left for the next run.
    """
    counts = dict.fromkeys(OUTCOMES, 0)
    silent: Counter[str] = Counter()
    for item in _in_order(clock()):
        now, tenant = clock(), keys.tenant_of(item.pk)
        if now >= until:
            counts["unfinished"] = 1
            break
        if silent[tenant] >= PATIENCE and _asks_a_gateway(item):
            counts["unanswered"] += 1
            continue
        with context.working(keys.tenant_of(item.pk), context.SYSTEM):
            outcomes = _sweep(item, now)
        silent[tenant] += outcomes.get("unanswered", 0)
        for outcome, count in outcomes.items():
            counts[outcome] += count
        if "suspended" not in outcomes:
            late = now - datetime.fromisoformat(item.due_at)
            counts["lag_seconds"] = max(counts["lag_seconds"], int(late.total_seconds()))
    return counts


def _in_order(now: datetime) -> Iterator[Any]:
    """What is due: first what needs nobody else, then what asks a gateway, tenant by tenant.

    Of a tenant first payments, then what is let go once its payment is, then the lines of who waits for that.
    """
    asking: dict[str, list[Any]] = {}
    lines: list[WaitingLine] = []
    for item in reads.due(now):
        if _asks_a_gateway(item):
            asking.setdefault(keys.tenant_of(item.pk), []).append(item)
        elif isinstance(item, WaitingLine):
            lines.append(item)
        else:
            yield item
    for line in lines:
        if (of_tenant := asking.get(keys.tenant_of(line.pk))) is None:
            yield line
        else:
            of_tenant.append(line)
    for some in sorted(asking.values(), key=lambda some: min(one.due_at for one in some)):
        yield from sorted(some, key=lambda item: (_place(item), item.due_at))


def _place(item: Any) -> int:
    """When its turn comes among what is due of a tenant."""
    return 0 if isinstance(item, Payment) else 2 if isinstance(item, WaitingLine) else 1


def _asks_a_gateway(item: Any) -> bool:
    return isinstance(item, Payment) or bool(getattr(item, "checkout_id", None))


def _sweep(item: Any, now: datetime) -> dict[str, int]:
    """Handle one item; tells what it counts as."""
    try:
        if not _is_of_active(item, now):
            return {"suspended": 1}
        return _HANDLERS[type(item)](keys.tenant_of(item.pk), item, now)
    except (GatewayUnknown, GatewayRefused, NotConnected):
        return {"unanswered": 1}
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        is_stuck = now - datetime.fromisoformat(item.due_at) > STUCK
        if isinstance(error, NotFound | Conflict) and not is_stuck:  # somebody was here between the index and us
            return {"overtaken": 1}
        tenant, entity = keys.tenant_of(item.pk), type(item).__name__
        log_failure("sweep failed", error, tenant=tenant, entity=entity, key=item.sk)
        return {"failed": 1}


def _is_of_active(item: Any, now: datetime) -> bool:
    try:
        tenants.current(keys.tenant_of(item.pk), now=now)
    except NotHere:
        return False
    return True


def _expire(tenant: str, item: Appointment, now: datetime) -> dict[str, int]:
    silent = _close_checkout(tenant, item.checkout_id, now)
    expired = appointments.expire(tenant, item.id, now=now)
    return {"expired" if expired.status == AppointmentStatus.EXPIRED else "overtaken": 1, "unanswered": silent}


def _advance(tenant: str, item: WaitingLine, now: datetime) -> dict[str, int]:
    return {"lines": 1, "offers": waiting_list_offers.advance(tenant, item, now=now)}


def _expire_order(tenant: str, item: Order, now: datetime) -> dict[str, int]:
    silent = _close_checkout(tenant, item.checkout_id, now)
    expired = order_transitions.expire(tenant, item.id, now=now)
    return {"expired" if expired.status == OrderStatus.EXPIRED else "overtaken": 1, "unanswered": silent}


def _close_checkout(tenant: str, checkout_id: str | None, now: datetime) -> int:
    """Roll a payment back before what it is for is let go; 1 where Bancard does not answer.

    Then that is let go all the same: money that comes later takes it again or goes back.
    """
    live = reads.one(keys.payment(tenant, checkout_id)) if checkout_id else None
    if isinstance(live, Payment) and live.status == PaymentState.PENDING:
        try:
            reconciliation.give_up(tenant, live, now=now)
        except GatewayUnknown:
            return 1
        except ServiceError:
            return 0
    return 0


def _settle(tenant: str, item: Payment, now: datetime) -> dict[str, int]:
    if item.status == PaymentState.REFUND_DUE:
        left = rollbacks.refund(tenant, item, now=now)
        is_silent = left.status == PaymentState.REFUND_DUE and not left.by_hand
        return {"unanswered" if is_silent else "payments": 1}
    reconciliation.check(tenant, item, now=now)
    return {"payments": 1}


def _advance_raffle(tenant: str, item: Raffle, now: datetime) -> dict[str, int]:
    if item.status == RaffleStatus.CANCELLED:
        refunds.refund_cancelled_raffle(tenant, item.id, now=now)
        return {"raffles": 1}
    return {"raffles" if draws.advance(tenant, item.id, now=now) else "overtaken": 1}


_HANDLERS: Final[dict[type, Callable[[str, Any, datetime], dict[str, int]]]] = {
    Appointment: _expire,
    WaitingLine: _advance,
    Order: _expire_order,
    Raffle: _advance_raffle,
    Payment: _settle,
}
