"""A day of payments: received, refunded, refunds due, and the differences between Bancard's books and ours."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from mostrador import context
from mostrador.clients.bancard_http import GatewayUnknown
from mostrador.ledger import payments as payment_records
from mostrador.ledger.rules.payment_states import PaymentState, Provider
from mostrador.observability import logger
from mostrador.payments import bancard_account, reconciliation
from mostrador.payments.bancard_account import Gateway
from mostrador.table import keys, reads, writes
from mostrador.table.items.payments import LedgerLine, ParkedNotice, Payment, PaymentReport, StoredDifference
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import rounds, tenants
from mostrador.values import local_time, money

Clock = Callable[[], datetime]

MOST_LISTED: Final = 500
DAYS: Final = 3
"""Each run compares again the days before, back to this many days, that have unanswered payments."""
MOST_TIMEOUTS: Final = 3
"""Questions of a day that may get no answer before the rest of the day waits for the next run."""
_DAY, _PENDING_FOR = timedelta(days=1), timedelta(days=90)


class Sum(NamedTuple):
    """The movements of one kind in a day, such as payments in cash that were refunded."""

    state: str
    provider: str
    currency: str
    payments: int
    amount: str


class Difference(NamedTuple):
    """A payment with another state in Bancard's books: our state, and the difference in one word."""

    payment_id: str
    ours: str
    what: str


class Report(NamedTuple):
    """One local day. Where ``compared_at`` is None, Bancard was not asked yet and differences are unknown."""

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
    """The report of a local day, by default yesterday. Raises NotHere."""
    item = tenants.current(tenant, now=now)
    day = day or yesterday(item, now)
    compared = _stored_report(tenant, day)
    return Report(
        date=day,
        time_zone=item.time_zone,
        sums=_sums(_ledger_lines(item, day)),
        due=payment_records.refunds_due(tenant, MOST_LISTED),
        pending=_pending(tenant, now),
        parked=_parked(item, day),
        compared_at=compared.compared_at if compared else None,
        unanswered=int(compared.unanswered) if compared else 0,
        differences=[Difference(**difference) for difference in compared.differences] if compared else [],
    )


def yesterday(tenant: Tenant, now: datetime) -> date:
    """The last local day that is over."""
    return now.astimezone(tenants.zone(tenant)).date() - _DAY


def compare(
    tenant: str, day: date, *, now: datetime, clock: Clock | None = None, until: datetime | None = None
) -> PaymentReport:
    """Ask Bancard about each of its payments that moved on that day, store the differences, and act on them.

    Questions carry the time of the ``clock``, and end at ``until``. Unanswered and unasked payments are counted, for
    the next runs. Differences that an earlier run found are kept. Raises NotHere, NotConnected.
    """
    item, tick = tenants.current(tenant, now=now), clock or (lambda: now)
    payment_ids = _payments_of_day(item, day)
    gateway = bancard_account.load(tenant, now=now)
    stored = _stored_report(tenant, day)
    before = stored.differences if stored else []
    found, unanswered = _compare_all(tenant, payment_ids, gateway, clock=tick, until=until)
    report = PaymentReport(
        *keys.payment_report(tenant, day),
        compared_at=now,
        compared=len(payment_ids),
        unanswered=unanswered,
        differences=[*before, *(difference for difference in found if difference not in before)],
    )
    with writes.transaction() as tx:
        tx.save(report)
    return report


def _compare_all(
    tenant: str, payment_ids: Sequence[str], gateway: Gateway, *, clock: Clock, until: datetime | None
) -> tuple[list[StoredDifference], int]:
    """The differences found, and how many payments were not answered or not asked."""
    differences: list[StoredDifference] = []
    unanswered = timeouts = 0
    for payment_id in payment_ids:
        if timeouts == MOST_TIMEOUTS or (until and clock() >= until):
            unanswered += 1
            continue
        try:
            if difference := _difference(tenant, payment_id, gateway, clock()):
                differences.append(difference)
        except Exception as error:  # noqa: BLE001 - one payment must not keep the others from being compared
            unanswered += 1
            timeouts += isinstance(error, GatewayUnknown)
            logger.warning("payment not compared", tenant=tenant, payment=payment_id, error=type(error).__name__)
    return differences, unanswered


def _difference(tenant: str, payment_id: str, gateway: Gateway, now: datetime) -> StoredDifference | None:
    """The difference between Bancard's answer about one payment and ours, after acting on it."""
    payment = payment_records.get(tenant, payment_id, now=now)
    answer = reconciliation.query(payment, gateway, now=now)
    what, ours = reconciliation.difference(payment, answer), str(payment.status)
    if what is None:
        return None
    logger.error("payment differs", tenant=tenant, payment=payment_id, ours=ours, what=what)
    reconciliation.check(tenant, payment, gateway=gateway, now=now)
    return {"payment_id": payment_id, "ours": ours, "what": what}


def compare_all(clock: Clock, *, until: datetime, in_turn: bool = False) -> dict[str, int]:
    """Compare the last days of every tenant that takes online payments; returns counts by outcome.

    Days that were compared without unanswered payments are skipped. It stops at ``until`` and leaves the rest to the
    next run, which goes on behind the last tenant reached where they are taken ``in_turn``.
    """
    turn, reached = rounds.begin("payment_reports", now=clock()) if in_turn else rounds.all_tenants(), 0
    counts = dict.fromkeys(("tenants", "days", "differences", "unanswered", "failed", "unfinished"), 0)
    for tenant in turn.left:
        if clock() >= until:
            counts["unfinished"] = 1
            break
        reached += 1
        if not tenant.is_active:
            continue
        with context.working(tenant.slug, context.SYSTEM):
            for outcome, count in _compare_tenant(tenant, clock, until).items():
                counts[outcome] += count
    counts["unfinished"] = min(1, counts["unfinished"])
    rounds.end(turn, reached=reached)
    return counts


def _compare_tenant(tenant: Tenant, clock: Clock, until: datetime) -> Counter[str]:
    """Compare the days of one tenant, the oldest first."""
    counts: Counter[str] = Counter()
    try:
        for days in range(DAYS - 1, -1, -1):
            now = clock()
            day = yesterday(tenant, now) - days * _DAY
            stored = _stored_report(tenant.slug, day)
            if stored and not stored.unanswered:
                continue
            if now >= until:
                counts["unfinished"] += 1
                return counts
            report = compare(tenant.slug, day, now=now, clock=clock, until=until)
            counts.update(days=1, differences=len(report.differences), unanswered=int(report.unanswered))
            if report.unanswered and days == DAYS - 1:  # no later run asks about this day again
                logger.error(
                    "payment unanswered", tenant=tenant.slug, day=day.isoformat(), count=int(report.unanswered)
                )
        counts["tenants"] += 1
    except bancard_account.NotConnected:
        pass
    except Exception as error:  # noqa: BLE001 - it must not stop its neighbours
        logger.error("report failed", tenant=tenant.slug, error=type(error).__name__)
        counts["failed"] += 1
    return counts


def _stored_report(tenant: str, day: date) -> PaymentReport | None:
    stored = reads.get_item(keys.payment_report(tenant, day))
    return stored if isinstance(stored, PaymentReport) else None


def _payments_of_day(tenant: Tenant, day: date) -> list[str]:
    """The ids of Bancard's payments that moved on a day or were requested on it, paid or not."""
    first, last = _bounds(tenant, day)
    partition, of_bancard = keys.payments_partition(tenant.slug), Payment.provider == Provider.BANCARD.value
    requested = reads.span(partition, keys.at(first), f"{keys.at(last)}~", index="gsi1", keep=of_bancard)
    moved = {line.payment_id for line in _ledger_lines(tenant, day) if line.provider == Provider.BANCARD}
    return sorted(moved | {payment.id for payment in requested})


def _ledger_lines(tenant: Tenant, day: date) -> list[LedgerLine]:
    first, last = _bounds(tenant, day)
    return reads.span(keys.ledger_partition(tenant.slug), keys.at(first), f"{keys.at(last)}~")


def _bounds(tenant: Tenant, day: date) -> tuple[datetime, datetime]:
    """The first and the last second of a local day."""
    begins, ends = local_time.day_bounds(day, tenants.zone(tenant))
    return _instant(begins), _instant(ends) - timedelta(seconds=1)


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _sums(lines: Iterable[LedgerLine]) -> list[Sum]:
    amounts_by_kind: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for line in lines:
        amounts_by_kind[line.state, line.provider, line.currency].append(line.amount)
    return [
        Sum(state, provider, currency, len(amounts), money.text(sum(amounts, Decimal(0)), currency))
        for (state, provider, currency), amounts in sorted(amounts_by_kind.items())
    ]


def _pending(tenant: str, now: datetime) -> list[Payment]:
    """The payments requested in the last 90 days that are neither made nor closed."""
    partition, since = keys.payments_partition(tenant), keys.at(now - _PENDING_FOR)
    keep = Payment.status == PaymentState.PENDING.value
    return reads.first(partition, MOST_LISTED, between=(since, "~"), index="gsi1", keep=keep, newest_first=True)


def _parked(tenant: Tenant, day: date) -> list[ParkedNotice]:
    first, last = _bounds(tenant, day)
    partition, prefix = keys.parked_notice(tenant.slug, "")
    seen_on_day = ParkedNotice.seen_at.between(first, last)
    return reads.first(partition, MOST_LISTED, between=(prefix, f"{prefix}~"), keep=seen_on_day)
