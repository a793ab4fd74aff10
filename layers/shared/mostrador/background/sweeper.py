"""The sweeper: once a minute it handles every item of the ``due`` index, that is, whose deadline has come.

Each step can be repeated, and done twice at once. So a run that ends early, or two runs at once, do no harm.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

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

DueItem = Appointment | WaitingLine | Order | Raffle | Payment

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
MOST_UNANSWERED: Final = 2
"""Questions of a tenant that Bancard may leave unanswered in one run, before the tenant's others wait."""
STUCK_AFTER: Final = timedelta(minutes=10)
"""An item refused for longer than this has failed: nobody else handled it. Example: a draw by an unknown beacon."""


def run(clock: Callable[[], datetime], *, until: datetime) -> dict[str, int]:
    """Handle the due items, and stop at ``until``; returns counts by outcome, and how late the latest item was.

    Items of a suspended tenant stay. An item that fails is logged and stays for the next run.
    """
    counts = dict.fromkeys(OUTCOMES, 0)
    unanswered: Counter[str] = Counter()
    for item in _in_order(clock()):
        now, tenant = clock(), keys.tenant_of(item.pk)
        if now >= until:
            counts["unfinished"] = 1
            break
        if unanswered[tenant] >= MOST_UNANSWERED and _may_ask_gateway(item):
            counts["unanswered"] += 1
            continue
        with context.working(tenant, context.SYSTEM):
            outcomes = _sweep(item, now)
        unanswered[tenant] += outcomes.get("unanswered", 0)
        for outcome, count in outcomes.items():
            counts[outcome] += count
        if "suspended" not in outcomes:
            late = now - datetime.fromisoformat(item.due_at)
            counts["lag_seconds"] = max(counts["lag_seconds"], int(late.total_seconds()))
    return counts


def _in_order(now: datetime) -> Iterator[DueItem]:
    """The due items: first those that need no gateway, then those that may ask one, tenant by tenant.

    Of one tenant payments come first, then held items with a checkout, then the waiting lines for their times.
    """
    by_tenant: dict[str, list[DueItem]] = {}
    lines: list[WaitingLine] = []
    for item in reads.due(now):
        if _may_ask_gateway(item):
            by_tenant.setdefault(keys.tenant_of(item.pk), []).append(item)
        elif isinstance(item, WaitingLine):
            lines.append(item)
        else:
            yield item
    for line in lines:
        if (of_tenant := by_tenant.get(keys.tenant_of(line.pk))) is None:
            yield line
        else:
            of_tenant.append(line)
    for items in sorted(by_tenant.values(), key=lambda items: min(item.due_at for item in items)):
        yield from sorted(items, key=lambda item: (_rank(item), item.due_at))


def _rank(item: DueItem) -> int:
    """The place of an item's kind among the items of its tenant."""
    return 0 if isinstance(item, Payment) else 2 if isinstance(item, WaitingLine) else 1


def _may_ask_gateway(item: DueItem) -> bool:
    return isinstance(item, Payment) or bool(getattr(item, "checkout_id", None))


def _sweep(item: DueItem, now: datetime) -> dict[str, int]:
    """Handle one item; returns the outcomes to count."""
    tenant = keys.tenant_of(item.pk)
    try:
        if not _is_active(tenant, now):
            return {"suspended": 1}
        return _handle(tenant, item, now)
    except (GatewayUnknown, GatewayRefused, NotConnected):
        return {"unanswered": 1}
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        is_stuck = now - datetime.fromisoformat(item.due_at) > STUCK_AFTER
        if isinstance(error, NotFound | Conflict) and not is_stuck:  # somebody changed it after we read the index
            return {"overtaken": 1}
        log_failure("sweep failed", error, tenant=tenant, entity=type(item).__name__, key=item.sk)
        return {"failed": 1}


def _is_active(tenant: str, now: datetime) -> bool:
    try:
        tenants.current(tenant, now=now)
    except NotHere:
        return False
    return True


def _handle(tenant: str, item: DueItem, now: datetime) -> dict[str, int]:
    match item:
        case Payment():
            return _handle_payment(tenant, item, now)
        case Appointment():
            return _expire_appointment(tenant, item, now)
        case Order():
            return _expire_order(tenant, item, now)
        case Raffle():
            return _advance_raffle(tenant, item, now)
        case WaitingLine():
            return {"lines": 1, "offers": waiting_list_offers.advance(tenant, item, now=now)}
    raise TypeError(f"{type(item).__name__} has no deadline")


def _handle_payment(tenant: str, payment: Payment, now: datetime) -> dict[str, int]:
    if payment.status != PaymentState.REFUND_DUE:
        reconciliation.check(tenant, payment, now=now)
        return {"payments": 1}
    stored = rollbacks.refund(tenant, payment, now=now)
    is_unanswered = stored.status == PaymentState.REFUND_DUE and not stored.by_hand
    return {"unanswered" if is_unanswered else "payments": 1}


def _expire_appointment(tenant: str, appointment: Appointment, now: datetime) -> dict[str, int]:
    unanswered = _close_checkout(tenant, appointment.checkout_id, now)
    stored = appointments.expire(tenant, appointment.id, now=now)
    return {"expired" if stored.status == AppointmentStatus.EXPIRED else "overtaken": 1, "unanswered": unanswered}


def _expire_order(tenant: str, order: Order, now: datetime) -> dict[str, int]:
    unanswered = _close_checkout(tenant, order.checkout_id, now)
    stored = order_transitions.expire(tenant, order.id, now=now)
    return {"expired" if stored.status == OrderStatus.EXPIRED else "overtaken": 1, "unanswered": unanswered}


def _close_checkout(tenant: str, checkout_id: str | None, now: datetime) -> int:
    """Roll an open payment back before its target's hold ends; returns 1 where Bancard does not answer, else 0.

    The hold ends in any case: money that comes later takes the slot or numbers again, or is due back.
    """
    stored = reads.get_item(keys.payment(tenant, checkout_id)) if checkout_id else None
    if isinstance(stored, Payment) and stored.status == PaymentState.PENDING:
        try:
            reconciliation.give_up(tenant, stored, now=now)
        except GatewayUnknown:
            return 1
        except ServiceError:
            return 0
    return 0


def _advance_raffle(tenant: str, raffle: Raffle, now: datetime) -> dict[str, int]:
    if raffle.status == RaffleStatus.CANCELLED:
        refunds.refund_cancelled_raffle(tenant, raffle.id, now=now)
        return {"raffles": 1}
    return {"raffles" if draws.advance(tenant, raffle.id, now=now) else "overtaken": 1}
