"""The sweeper: once a minute it handles every item of the ``due`` index, that is, whose deadline has come.

Draws and payments come first, since they have deadlines elsewhere; waiting lines come last. Other systems may be
silent, so their items have a share of the time. The rest of them comes at the end of the run, or in the next one.

Each step can be repeated, and done twice at once. So a run that ends early, or two runs at once, do no harm.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import zip_longest
from typing import Final

from mostrador import context
from mostrador.clients.bancard_http import GatewayRefused, GatewayUnknown
from mostrador.errors import Conflict, NotFound, ServiceError
from mostrador.ledger import open_pages
from mostrador.ledger.rules.payment_states import PaymentState
from mostrador.observability import log_failure
from mostrador.payments import reconciliation, refunds, rollbacks
from mostrador.payments.bancard_account import NotConnected
from mostrador.raffles import next_step, order_transitions
from mostrador.raffles.rules.states import OrderStatus, RaffleStatus
from mostrador.scheduling import appointments, waiting_list_offers
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.table import keys, reads
from mostrador.table.items.payments import Payment
from mostrador.table.items.raffles import Order, Raffle
from mostrador.table.items.scheduling import Appointment, WaitingLine
from mostrador.tenancy import overdue

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
    "lines_lag_seconds",
)
DRAWS_SHARE: Final = 1 / 3
GATEWAYS_SHARE: Final = 2 / 3
"""The parts of a run's time after which no other draw, and no other payment, is begun before the other items."""
MOST_UNANSWERED: Final = 2
"""Questions of a tenant that Bancard may leave unanswered in one run, before the tenant's others wait."""
STUCK_AFTER: Final = timedelta(minutes=10)
"""An item refused for longer than this has failed: nobody else handled it. Example: a draw by an unknown beacon."""


def run(clock: Callable[[], datetime], *, until: datetime) -> dict[str, int]:
    """Handle the due items, and stop at ``until``; returns counts by outcome, and how late the run began.

    Items of a suspended tenant stay. An item that fails is logged and stays for the next run.
    """
    began, counts = clock(), dict.fromkeys(OUTCOMES, 0)
    items: list[DueItem] = list(reads.due(began))
    lines: list[WaitingLine] = list(reads.due(began, keys.waiting_due_partition))
    counts["lag_seconds"] = overdue.lag_seconds(items, now=began)
    counts["lines_lag_seconds"] = overdue.lag_seconds(lines, now=began)
    unanswered: Counter[str] = Counter()
    for item in _in_order(items, lines, clock=clock, began=began, until=until):
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
    return counts


def _in_order(
    items: Iterable[DueItem],
    lines: Iterable[WaitingLine],
    *,
    clock: Callable[[], datetime],
    began: datetime,
    until: datetime,
) -> Iterator[DueItem]:
    """Closings and freezes, draws, payments and held items with a checkout, other items, waiting lines."""
    kinds: dict[_Kind, list[DueItem]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.due_at):
        kinds[_kind(item)].append(item)
    yield from kinds[_Kind.FREEZE]
    left: list[DueItem] = []
    for waiting, share in ((kinds[_Kind.DRAW], DRAWS_SHARE), (_in_turn(kinds[_Kind.GATEWAY]), GATEWAYS_SHARE)):
        ends = began + (until - began) * share
        for item in waiting:
            if clock() < ends:
                yield item
            else:
                left.append(item)
    yield from kinds[_Kind.OTHER]
    yield from sorted(lines, key=lambda line: line.due_at)
    yield from left


class _Kind(Enum):
    """The kinds of items that are due. Only draws and items of the gateway ask other systems."""

    FREEZE = auto()
    DRAW = auto()
    GATEWAY = auto()
    OTHER = auto()


def _kind(item: DueItem) -> _Kind:
    if _may_ask_gateway(item):
        return _Kind.GATEWAY
    if not isinstance(item, Raffle) or item.status == RaffleStatus.CANCELLED:
        return _Kind.OTHER
    return _Kind.DRAW if item.frozen_at else _Kind.FREEZE


def _in_turn(items: Iterable[DueItem]) -> Iterator[DueItem]:
    """One item of each tenant in turn, so that none waits for another's many; a tenant's payments come first."""
    by_tenant: dict[str, list[DueItem]] = defaultdict(list)
    for item in items:
        by_tenant[keys.tenant_of(item.pk)].append(item)
    queues = [sorted(of_tenant, key=lambda item: not isinstance(item, Payment)) for of_tenant in by_tenant.values()]
    return (item for turn in zip_longest(*queues) for item in turn if item is not None)


def _may_ask_gateway(item: DueItem) -> bool:
    return isinstance(item, Payment) or bool(getattr(item, "checkout_id", None))


def _sweep(item: DueItem, now: datetime) -> dict[str, int]:
    """Handle one item; returns the outcomes to count."""
    tenant = keys.tenant_of(item.pk)
    try:
        if not overdue.is_active(tenant, now=now):
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
    has_ended = stored.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
    return {"expired" if has_ended else "overtaken": 1, "unanswered": unanswered}


def _close_checkout(tenant: str, checkout_id: str | None, now: datetime) -> int:
    """Roll an open payment back before its target's hold ends; returns 1 where Bancard does not answer, else 0.

    The hold ends in any case: money that comes later takes the slot or numbers again, or is due back.
    """
    stored = reads.get_item(keys.payment(tenant, checkout_id)) if checkout_id else None
    if isinstance(stored, Payment) and open_pages.may_be_paid(stored):
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
    return {"raffles" if next_step.take(tenant, raffle.id, now=now) else "overtaken": 1}
