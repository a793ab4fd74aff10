"""Closures and special hours by date, of a tenant or of one resource.

They are part of the item of the tenant or the resource. Every decision about a time reads those items, so special days
cost no more round trips or units (docs/decisions/special-days.md). An id is the date, followed by the resource's id.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from mostrador.errors import Conflict, NotHere
from mostrador.scheduling.rules.opening_hours import SpecialDay
from mostrador.scheduling.views.special_days import ClosureEdit, NewClosure
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.tenancy.views import opening_hours
from mostrador.values import local_time
from mostrador.values.next_actions import NextAction

_KEPT: Final = timedelta(days=400)
"""Older special days are dropped at the next change."""
HOLIDAYS: Final = Path(__file__).parents[1] / "holidays.json"

SpecialDays = dict[str, SpecialDay]
"""Date as text -> the day."""
Owner = Tenant | Resource


class ClosureExists(Conflict):
    code = "closure_exists"
    en = "{day:day} is a special day already: {name}"
    es = "el {day:day} ya es un día especial: {name}"
    next_action = NextAction.CHANGE_EXISTING


@dataclass(frozen=True, slots=True)
class Closure:
    """One special day. ``hours`` are in minutes after midnight; none means closed all day."""

    date: str
    resource_id: str | None
    name: str
    hours: list[list[int]]
    version: int

    @property
    def id(self) -> str:
        return f"{self.date}-{self.resource_id}" if self.resource_id else self.date


def listing(tenant: str, *, first: date | None, last: date | None, now: datetime) -> list[Closure]:
    """The special days from ``first`` to ``last`` (None: open), of the tenant and of its resources, by date."""
    tenants.current(tenant, now=now)
    resources: list[Resource] = reads.everything(*keys.resource(tenant, ""))
    owners: list[Owner] = [tenants.find(tenant, now=now), *resources]
    closures = [_closure(owner, day) for owner in owners for day in owner.special_days or {}]
    since, until = first.isoformat() if first else "", last.isoformat() if last else "9999"
    return sorted((closure for closure in closures if since <= closure.date <= until), key=lambda closure: closure.id)


def get(tenant: str, closure_id: str, *, now: datetime) -> Closure:
    """Raises NotHere."""
    day, resource_id = _parsed(closure_id)
    owner = _owner(tenant, resource_id, now)
    if day not in (owner.special_days or {}):
        raise NotHere(entity="closure", id=closure_id)
    return _closure(owner, day)


def create(tenant: str, form: NewClosure, *, now: datetime) -> list[Closure]:
    """A special day for each date of the form; the same form again changes nothing. Old dates are not kept.

    Raises ClosureExists, NotHere, Busy.
    """
    special_day: SpecialDay = {"name": form.name, "hours": opening_hours.spans(form.hours)}
    added = {day.isoformat(): special_day for day in form.days()}

    def add(special_days: SpecialDays) -> SpecialDays:
        other = next((day for day in added if special_days.get(day, special_day) != special_day), None)
        if other:
            raise ClosureExists(field="body.date", value=other, day=other, name=special_days[other]["name"])
        return special_days | added

    owner = _edit(tenant, form.resource_id, add, seen=None, now=now)
    return [_closure(owner, day) for day in added if day in (owner.special_days or {})]


def change(tenant: str, closure_id: str, form: ClosureEdit, *, seen: int | None, now: datetime) -> Closure:
    """Apply the fields that ``form`` sets. Raises NotHere, Stale, Busy."""
    day, resource_id = _parsed(closure_id)
    changed = form.fields().keys()

    def alter(special_days: SpecialDays) -> SpecialDays:
        if day not in special_days:
            raise NotHere(entity="closure", id=closure_id)
        before = special_days[day]
        name = form.name if "name" in changed else before["name"]
        hours = opening_hours.spans(form.hours) if "hours" in changed else before["hours"]
        return special_days | {day: {"name": name, "hours": hours}}

    return _closure(_edit(tenant, resource_id, alter, day=day, seen=seen, now=now), day)


def delete(tenant: str, closure_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale, Busy."""
    day, resource_id = _parsed(closure_id)

    def remove(special_days: SpecialDays) -> SpecialDays:
        if day not in special_days:
            raise NotHere(entity="closure", id=closure_id)
        return {date_: special_day for date_, special_day in special_days.items() if date_ != day}

    _edit(tenant, resource_id, remove, seen=seen, now=now)


def load_holidays(tenant: str, year: int, *, now: datetime) -> list[Closure]:
    """Close the tenant on its country's public holidays of ``year``; existing special days stay as they are.

    The build writes the holidays (local/holidays.py). Raises NotHere where there are none for the country, Busy.
    """
    country = tenants.active(tenants.find(tenant, now=now), tenant).country
    known: Mapping[str, str] = _holidays().get(country, {}).get(str(year), {})
    if not known:
        raise NotHere(entity="list of holidays for", id=f"{country} {year}")
    closed: SpecialDays = {day: {"name": name, "hours": []} for day, name in known.items()}
    owner = _edit(tenant, None, lambda special_days: closed | special_days, seen=None, now=now)
    return [_closure(owner, day) for day in sorted(known) if day in (owner.special_days or {})]


def _holidays() -> dict[str, dict[str, dict[str, str]]]:
    """Country -> year -> date -> name."""
    found: dict[str, dict[str, dict[str, str]]] = json.loads(HOLIDAYS.read_text()) if HOLIDAYS.exists() else {}
    return found


def _edit(
    tenant: str,
    resource_id: str | None,
    alter: Callable[[SpecialDays], SpecialDays],
    *,
    day: str | None = None,
    seen: int | None,
    now: datetime,
) -> Owner:
    """Change the special days of their owner, ``day`` alone where it is given. Raises NotHere, Stale, Busy."""

    def decide(owner: Owner) -> Owner:
        before = owner.special_days or {}
        changed = alter(before)
        writes.check_version(owner, seen, shown=_closure(owner, day) if day else None)
        oldest = (now - _KEPT).date().isoformat()
        after = {day_: special_day for day_, special_day in sorted(changed.items()) if day_ >= oldest}
        if after == before:
            return owner
        owner.special_days, owner.updated_at = after, now
        with writes.transaction() as tx:
            tx.save(owner)
        if isinstance(owner, Tenant):
            tenants.remember(owner, now)
        return owner

    return writes.retrying(lambda _attempt: _owner(tenant, resource_id, now), decide)


def _owner(tenant: str, resource_id: str | None, now: datetime) -> Owner:
    """The item that has the special days. Raises NotHere."""
    if resource_id is None:
        return tenants.active(tenants.find(tenant, now=now), tenant)
    tenants.current(tenant, now=now)
    resource = reads.get_item(keys.resource(tenant, resource_id))
    if not isinstance(resource, Resource):
        raise NotHere(entity="resource", id=resource_id)
    return resource


def _closure(owner: Owner, day: str) -> Closure:
    special_day = (owner.special_days or {})[day]
    resource_id = owner.id if isinstance(owner, Resource) else None
    return Closure(day, resource_id, special_day["name"], special_day["hours"], int(owner.version))


def _parsed(closure_id: str) -> tuple[str, str | None]:
    """The date and the resource of an id. Raises NotHere for any other text."""
    day, resource_id = closure_id[:10], closure_id[11:] or None
    try:
        local_time.wall_midnight(date.fromisoformat(day))
    except ValueError as error:
        raise NotHere(entity="closure", id=closure_id) from error
    return day, resource_id
