"""Series as one thing: their list, and each with its dates and exceptions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from mostrador.errors import NotHere
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.scheduling.rules.series import SeriesException
from mostrador.table import Condition, keys, reads
from mostrador.table.items.scheduling import Appointment, Series
from mostrador.tenancy import tenants

if TYPE_CHECKING:
    from mostrador.scheduling.views.series import SeriesListing


_GONE: Final = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date: the time on the clock for which it is planned, and its appointment or why there is none."""

    planned: str
    appointment: Appointment | None = None
    conflict: dict[str, Any] | None = None

    @property
    def planned_day(self) -> date:
        return date.fromisoformat(self.planned[:10])

    @property
    def is_moved(self) -> bool:
        """Whether it was moved by itself."""
        return self.appointment is not None and self.appointment.local_start != self.planned

    def exception(self) -> SeriesException | None:
        if self.conflict:
            return SeriesException.REFUSED
        if self.appointment is None:
            return SeriesException.DELETED
        if self.appointment.status in _GONE:
            return SeriesException.CANCELLED
        return SeriesException.MOVED if self.is_moved else None


@dataclass(frozen=True, slots=True)
class WithDates:
    """A series and its dates, by planned time; of a list only one date is read."""

    series: Series
    dates: Sequence[Occurrence]

    @property
    def version(self) -> int:
        return int(self.series.version)

    @property
    def last(self) -> Occurrence | None:
        """The last date that stands or took place; else the last one with an appointment."""
        with_one = [one for one in self.dates if one.appointment]
        standing = [one for one in with_one if one.exception() is not SeriesException.CANCELLED]
        return next(reversed(standing or with_one), None)


def get(slug: str, series_id: str, *, now: datetime) -> WithDates:
    """Two round trips. Raises NotHere."""
    tenants.current(slug, now=now)
    found = reads.get_item(keys.series(slug, series_id))
    if not isinstance(found, Series):
        raise NotHere(entity="series", id=series_id)
    return WithDates(found, _dates(found, _appointments(slug, found.appointment_ids())))


def listing(slug: str, query: "SeriesListing", *, now: datetime) -> reads.Page:
    """The series that begin in a time, by their first date, each with the last appointment booked. Raises BadCursor."""
    current = tenants.current(slug, now=now)
    conditions: list[Condition] = [
        *reads.among(Series.customer_id, [query.customer] if query.customer else None),
        *reads.among(Series.service_id, [query.service] if query.service else None),
    ]
    page = reads.page(
        keys.series(slug, "")[0],
        tenant=slug,
        query=("series", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index="gsi1",
        between=reads.within(*query.span(tenants.zone(current), now)),
        keep=reads.all_of(conditions),
        newest_first=query.sort == "-starts_at",
    )
    last = {one.id: ids[-1] for one in page.items if (ids := one.appointment_ids())}
    found = _appointments(slug, last.values())
    items = [WithDates(one, _one(found.get(last.get(one.id, "")))) for one in page.items]
    return reads.Page(items, page.next)


def _one(appointment: Appointment | None) -> list[Occurrence]:
    return [Occurrence(_planned(appointment), appointment)] if appointment else []


def _appointments(slug: str, wanted: Iterable[str]) -> dict[str, Appointment]:
    items = reads.batch(keys.appointment(slug, appointment_id) for appointment_id in wanted)
    return {item.id: item for item in items.values() if isinstance(item, Appointment)}


def _dates(series: Series, found: dict[str, Appointment]) -> list[Occurrence]:
    dates = list[Occurrence]()
    for batch in series.batches:
        for appointment_id, planned in batch["dates"].items():
            one = found.get(appointment_id)
            dates.append(Occurrence(_planned(one) if one else planned, one))
        dates += [Occurrence(conflict["starts_at"][:16], None, conflict) for conflict in batch["conflicts"]]
    return sorted(dates, key=lambda one: one.planned)


def _planned(appointment: Appointment) -> str:
    return str(appointment.series_on or appointment.local_start)
