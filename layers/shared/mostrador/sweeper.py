"""What must happen when a deadline comes, by itself: everything in the ``due`` index, once a minute.

Whatever is done is safe to repeat and to do twice at once, so a run that ends early, or two runs, do no harm.
"""

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from mostrador import appointments, context, order_states, payments, raffle_draws, tenants, waiting_lines
from mostrador.errors import Conflict, NotFound, NotHere
from mostrador.observability import logger
from mostrador.rules.appointment import Status
from mostrador.rules.raffle import OrderStatus, RaffleStatus
from mostrador.table import items, keys, reads
from mostrador.table.raffle_items import Order, Raffle

OUTCOMES: Final = (
    "expired",
    "lines",
    "offers",
    "raffles",
    "suspended",
    "overtaken",
    "failed",
    "unfinished",
    "lag_seconds",
)

STUCK: Final = timedelta(minutes=10)
"""What is refused for longer was not done by somebody else: it will not be done at all, such as a draw by a beacon
that does not exist."""


def run(clock: Callable[[], datetime], *, until: datetime) -> dict[str, int]:
    """Handle what is due, and stop at ``until``; tells how many by outcome, and how late the latest was.

    A suspended tenant's is left as it is, one item that fails is logged and left for the next run.
    """
    counts = dict.fromkeys(OUTCOMES, 0)
    for item in reads.due(clock()):
        now = clock()
        if now >= until:
            counts["unfinished"] = 1
            break
        with context.working(keys.tenant_of(item.pk), context.SYSTEM):
            outcomes = _sweep(item, now)
        for outcome, count in outcomes.items():
            counts[outcome] += count
        if "suspended" not in outcomes:
            late = now - datetime.fromisoformat(item.due_at)
            counts["lag_seconds"] = max(counts["lag_seconds"], int(late.total_seconds()))
    return counts


def _sweep(item: Any, now: datetime) -> dict[str, int]:
    """Handle one item; tells what it counts as."""
    try:
        if not _is_of_active(item, now):
            return {"suspended": 1}
        return _HANDLERS[type(item)](keys.tenant_of(item.pk), item, now)
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        is_stuck = now - datetime.fromisoformat(item.due_at) > STUCK
        if isinstance(error, NotFound | Conflict) and not is_stuck:  # somebody was here between the index and us
            return {"overtaken": 1}
        logger.error(
            "sweep failed",
            tenant=keys.tenant_of(item.pk),
            entity=type(item).__name__,
            key=item.sk,
            error=type(error).__name__,  # not its message, which may hold somebody's data
            stack=[f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)],
        )
        return {"failed": 1}


def _is_of_active(item: Any, now: datetime) -> bool:
    try:
        tenants.current(keys.tenant_of(item.pk), now=now)
    except NotHere:
        return False
    return True


def _expire(tenant: str, item: items.Appointment, now: datetime) -> dict[str, int]:
    expired = appointments.expire(tenant, item.id, now=now)
    return {"expired" if expired.status == Status.EXPIRED else "overtaken": 1}


def _advance(tenant: str, item: items.WaitingLine, now: datetime) -> dict[str, int]:
    return {"lines": 1, "offers": waiting_lines.advance(tenant, item, now=now)}


def _expire_order(tenant: str, item: Order, now: datetime) -> dict[str, int]:
    expired = order_states.expire(tenant, item.id, now=now)
    return {"expired" if expired.status == OrderStatus.EXPIRED else "overtaken": 1}


def _advance_raffle(tenant: str, item: Raffle, now: datetime) -> dict[str, int]:
    if item.status == RaffleStatus.CANCELLED:
        payments.wind_up(tenant, item.id, now=now)
        return {"raffles": 1}
    return {"raffles" if raffle_draws.advance(tenant, item.id, now=now) else "overtaken": 1}


_HANDLERS: Final[dict[type, Callable[[str, Any, datetime], dict[str, int]]]] = {
    items.Appointment: _expire,
    items.WaitingLine: _advance,
    Order: _expire_order,
    Raffle: _advance_raffle,
}
