"""After an update of tzdata: every tenant's appointments keep their time on the clock (``scheduling.clock_changes``).

By default it only lists. A repeat does what is left, so a run that was cut short is begun again behind ``after``.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from tzdata import IANA_VERSION  # type: ignore[import-untyped]

from mostrador import context
from mostrador.observability import logger
from mostrador.scheduling import clock_changes
from mostrador.scheduling.clock_changes import Survey, Zones
from mostrador.table import keys
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import rounds
from mostrador.values import local_time

MOST_LISTED: Final = 1000
MOST_NAMED: Final = 100


class Shifted(TypedDict):
    """One appointment: the time on the clock that it keeps, its instant until now, and the instant it moves to.

    ``blocked_by`` is the booking in its way, empty where there is none.
    """

    tenant: str
    appointment: str
    local_start: str
    scheduled_at: str
    moves_to: str
    blocked_by: str


class Report(TypedDict):
    """``tzdata`` is IANA's version in use. ``after`` is the last tenant done, empty when all are.

    ``moved``, ``recorded`` and ``left`` are 0 where the run only lists. ``unknown`` counts appointments that do not
    store their time on the clock. ``shifted`` lists at most MOST_LISTED.
    """

    tzdata: str
    tenants: int
    appointments: int
    unknown: int
    recorded: int
    moved: int
    conflicts: int
    left: int
    failed: int
    after: str
    shifted: list[Shifted]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``is_applied``: move. ``is_recorded``: store missing times on the clock. ``only``: one tenant's slug.

    ``after`` is the tenant behind which the run begins. ``former`` has zones under earlier rules, by name.
    ``is_watch``: log an error, which rings, where anything is shifted.
    """

    is_applied: bool = False
    is_recorded: bool = False
    is_watch: bool = False
    only: str = ""
    after: str = ""
    former: Zones = field(default_factory=dict)


def zones(files: Mapping[str, str]) -> dict[str, ZoneInfo]:
    """The zones of some compiled files (RFC 8536) in base64, by name. Raises ValueError for no such file."""
    return {name: ZoneInfo.from_file(BytesIO(b64decode(text)), key=name) for name, text in files.items()}


def run(wanted: Wanted, *, clock: Callable[[], datetime], until: datetime) -> Report:
    """List, and where asked record and move, tenant by tenant in the order of their slugs, until the time is over."""
    report = Report(
        tzdata=IANA_VERSION,
        tenants=0, appointments=0, unknown=0, recorded=0, moved=0, conflicts=0, left=0, failed=0, after="", shifted=[],
    )  # fmt: skip
    tenants = sorted(rounds.all_tenants().left, key=lambda tenant: str(tenant.slug))
    todo = [one for one in tenants if one.slug > wanted.after and wanted.only in ("", one.slug)]
    for number, tenant in enumerate(todo):
        if clock() >= until:
            report["after"] = todo[number - 1].slug if number else wanted.after
            break
        try:
            with context.working(tenant.slug, context.SYSTEM):
                _advance(tenant, wanted, report, clock, until)
        except Exception:  # noqa: BLE001 - it must not stop its neighbours
            logger.exception("clock change failed", tenant=tenant.slug)
            report["failed"] += 1
        report["tenants"] += 1
    if wanted.is_watch:
        _ring(report["shifted"])
    return report


def _ring(shifted: Sequence[Shifted]) -> None:
    if shifted:
        tenants = sorted({one["tenant"] for one in shifted})
        logger.error("clock changed", tzdata=IANA_VERSION, count=len(shifted), tenants=tenants[:MOST_NAMED])


def _advance(tenant: Tenant, wanted: Wanted, report: Report, clock: Callable[[], datetime], until: datetime) -> None:
    surveyed = clock_changes.survey(tenant, now=clock(), former=wanted.former)
    report["appointments"] += surveyed.to_come
    report["unknown"] += len(surveyed.unknown)
    report["shifted"] += _listed(surveyed)[: MOST_LISTED - len(report["shifted"])]
    if not wanted.is_applied:
        report["conflicts"] += len(surveyed.stuck)
    if wanted.is_applied:
        outcome = clock_changes.apply(surveyed, actor_name="system", clock=clock, until=until)
        report["moved"] += len(outcome.moved)
        report["conflicts"] += len(outcome.conflicts)
        report["left"] += outcome.left
    if wanted.is_recorded:
        report["recorded"] += clock_changes.record(surveyed, former=wanted.former)


def _listed(surveyed: Survey) -> list[Shifted]:
    zone = ZoneInfo(surveyed.tenant.time_zone)
    return [
        Shifted(
            tenant=surveyed.tenant.slug,
            appointment=shift.appointment_id,
            local_start=local_time.wall(shift.target, zone),
            scheduled_at=keys.at(local_time.instant(shift.start, zone)),
            moves_to=keys.at(local_time.instant(shift.target, zone)),
            blocked_by=surveyed.stuck.get(shift.appointment_id, ""),
        )
        for shift in surveyed.shifts
    ]
