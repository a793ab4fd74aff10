"""A day of payments: what came in, what went back, what is owed, and where Bancard's books differ from ours."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from mostrador import context
from mostrador.clients.bancard_http import GatewayUnknown
from mostrador.ledger import payments as payment_records
from mostrador.ledger.rules.payment_states import PaymentState, Provider
from mostrador.observability import logger
from mostrador.payments import bancard_account, reconciliation
from mostrador.payments.bancard_account import Gateway
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import LedgerLine, ParkedNotice, Payment, PaymentReport
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import local_time, money

MOST_LISTED: Final = 500
DAYS: Final = 3
"""How many days back what was left unanswered is asked again."""
PATIENCE: Final = 3
"""Questions that may be left unanswered before the rest of a day waits."""
_DAY, _LONG = timedelta(days=1), timedelta(days=90)


class Sum(NamedTuple):
    """Movements of one kind in a day, such as payments in cash that were refunded."""

    state: str
    provider: str
    currency: str
    payments: int
    amount: str


class Difference(NamedTuple):
    """A payment of which Bancard says something else, and what."""

    payment_id: str
    ours: str
    what: str


class Report(NamedTuple):
    """One local day; ``compared_at`` is None where Bancard was not asked yet, and so nothing is known to differ."""

    date: date
    time_zone: str
    sums: list[Sum]
    due: list[Payment]
    pending: list[Payment]
    parked: list[ParkedNotice]
    compared_at: datetime | None
    unanswered: int
    differences: list[Difference]


def of_day(tenant: str, day: date | None, *, now: datetime) -> Report:
    """The report of a local day, yesterday where none is named. Raises NotHere."""
    shop = tenants.current(tenant, now=now)
    day = day or yesterday(shop, now)
    compared = reads.one(keys.payment_report(tenant, day))
    told = compared.differences if isinstance(compared, PaymentReport) else []
    return Report(
        date=day,
        time_zone=shop.time_zone,
        sums=_sums(_lines(shop, day)),
        due=payment_records.due_back(tenant, MOST_LISTED),
        pending=_pending(tenant, now),
        parked=_parked(shop, day),
        compared_at=compared.asked_at if isinstance(compared, PaymentReport) else None,
        unanswered=int(compared.unanswered) if isinstance(compared, PaymentReport) else 0,
        differences=[Difference(**one) for one in told],
    )


def yesterday(shop: Tenant, now: datetime) -> date:
    """The last local day that is over."""
    return now.astimezone(tenants.zone(shop)).date() - _DAY


def compare(
    tenant: str, day: date, *, now: datetime, clock: Callable[[], datetime] | None = None, until: datetime | None = None
) -> PaymentReport:
    """Ask Bancard about each of its payments that moved on that day, keep what differs, and act on it.

    It is asked at the ``clock``'s time, until ``until``. What is not answered or not asked is counted as unanswered,
    for the next runs; what an earlier run found stays. Raises NotConnected.
    """
    shop, tick = tenants.current(tenant, now=now), clock or (lambda: now)
    moved = {one.payment_id for one in _lines(shop, day) if one.provider == Provider.BANCARD}
    wanted = sorted(moved | {one.id for one in _asked_on(shop, day)})
    gateway = bancard_account.of(tenant, now=now)
    before = reads.one(keys.payment_report(tenant, day))
    differences = list(before.differences) if isinstance(before, PaymentReport) else []
    unanswered = silent = 0
    for payment_id in wanted:
        if silent == PATIENCE or (until and tick() >= until):
            unanswered += 1
            continue
        try:
            if (found := _difference(tenant, payment_id, gateway, tick())) and found not in differences:
                differences.append(found)
        except Exception as error:  # noqa: BLE001 - one payment must not keep the others from being compared
            unanswered += 1
            silent += isinstance(error, GatewayUnknown)
            logger.warning("payment not compared", tenant=tenant, payment=payment_id, error=type(error).__name__)
    made = PaymentReport(
        *keys.payment_report(tenant, day),
        asked_at=now,
        asked=len(wanted),
        unanswered=unanswered,
        differences=differences,
    )
    with writes.transaction() as tx:
        tx.save(made)
    return made


def _difference(tenant: str, payment_id: str, gateway: Gateway, now: datetime) -> dict[str, str] | None:
    """What Bancard says otherwise of one payment, after acting on it."""
    payment = payment_records.get(tenant, payment_id, now=now)
    told = reconciliation.ask(payment, gateway, now=now)
    what, ours = reconciliation.differs(payment, told), str(payment.status)
    if what is None:
        return None
    logger.error("payment differs", tenant=tenant, payment=payment_id, ours=ours, what=what)
    reconciliation.check(tenant, payment, gateway=gateway, now=now)
    return {"payment_id": payment_id, "ours": ours, "what": what}


def compare_all(clock: Callable[[], datetime], *, until: datetime) -> dict[str, int]:
    """Compare what is not compared yet of the last days, of every tenant that takes online payments; tells how many.

    It stops at ``until`` and leaves the rest to the next run.
    """
    counts = dict.fromkeys(("tenants", "days", "differences", "unanswered", "failed", "unfinished"), 0)
    for shop in reads.span(keys.TENANTS, "-", "~", index="gsi1"):
        now = clock()
        if now >= until:
            counts["unfinished"] = 1
            break
        if not shop.is_active:
            continue
        with context.working(shop.slug, context.SYSTEM):
            for outcome, count in _compared(shop, clock, until).items():
                counts[outcome] += count
    counts["unfinished"] = min(1, counts["unfinished"])
    return counts


def _compared(shop: Tenant, clock: Callable[[], datetime], until: datetime) -> Counter[str]:
    """The days of one tenant, the oldest first; one that is complete is not asked about again."""
    counts: Counter[str] = Counter()
    try:
        for days in range(DAYS - 1, -1, -1):
            now = clock()
            day = yesterday(shop, now) - days * _DAY
            stored = reads.one(keys.payment_report(shop.slug, day))
            if isinstance(stored, PaymentReport) and not stored.unanswered:
                continue
            if now >= until:
                counts["unfinished"] += 1
                return counts
            made = compare(shop.slug, day, now=now, clock=clock, until=until)
            counts.update(days=1, differences=len(made.differences), unanswered=int(made.unanswered))
            if made.unanswered and days == DAYS - 1:  # nobody asks about it again
                logger.error("payment unanswered", tenant=shop.slug, day=day.isoformat(), count=int(made.unanswered))
        counts["tenants"] += 1
    except bancard_account.NotConnected:
        pass
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        logger.error("report failed", tenant=shop.slug, error=type(error).__name__)
        counts["failed"] += 1
    return counts


def _bounds(shop: Tenant, day: date) -> tuple[datetime, datetime]:
    """The first and the last second of a local day."""
    begins, ends = local_time.day_bounds(day, tenants.zone(shop))
    return _instant(begins), _instant(ends) - timedelta(seconds=1)


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _lines(shop: Tenant, day: date) -> list[LedgerLine]:
    first, last = _bounds(shop, day)
    return reads.span(keys.ledger_partition(shop.slug), keys.at(first), f"{keys.at(last)}~")


def _asked_on(shop: Tenant, day: date) -> list[Payment]:
    """What Bancard was asked for on a day, paid or not."""
    first, last = _bounds(shop, day)
    partition, of_bancard = keys.payments_partition(shop.slug), Payment.provider == Provider.BANCARD.value
    return reads.span(partition, keys.at(first), f"{keys.at(last)}~", index="gsi1", keep=of_bancard)


def _sums(lines: Iterable[LedgerLine]) -> list[Sum]:
    found: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for one in lines:
        found[one.state, one.provider, one.currency].append(one.amount)
    return [
        Sum(*of, len(amounts), money.text(sum(amounts, Decimal(0)), of[2])) for of, amounts in sorted(found.items())
    ]


def _pending(tenant: str, now: datetime) -> list[Any]:
    """What was asked for in the last 90 days and is not known to be paid or given up."""
    partition, since = keys.payments_partition(tenant), keys.at(now - _LONG)
    keep = Payment.status == PaymentState.PENDING.value
    return reads.first(partition, MOST_LISTED, between=(since, "~"), index="gsi1", keep=keep, newest_first=True)


def _parked(shop: Tenant, day: date) -> list[Any]:
    first, last = _bounds(shop, day)
    partition, prefix = keys.parked_notice(shop.slug, "")
    seen_then = ParkedNotice.seen_at.between(first, last)
    return reads.first(partition, MOST_LISTED, between=(prefix, f"{prefix}~"), keep=seen_then)
