"""Closures and special hours by date, of a tenant or of one resource.

They are kept on the item of the tenant or the resource, which every decision about a time reads anyway, so they cost
no round trip and no unit more (docs/decisions/special-days.md). An id is the date, and the resource's id behind it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from mostrador.errors import Busy, Conflict, NotHere
from mostrador.fields import Request
from mostrador.scheduling.views.special_days import ClosureEdit, NewClosure
from mostrador.table import keys, reads, writes
from mostrador.table.items.scheduling import Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.tenancy.views import opening_hours
from mostrador.values import local_time

_KEPT: Final = timedelta(days=400)
"""How long past days are shown before they are dropped at the next change."""
HOLIDAYS: Final = Path(__file__).parents[1] / "holidays.json"

Special = dict[str, dict[str, Any]]


class ClosureExists(Conflict):
    code = "closure_exists"
    en = "{day} is a special day already: {name}"
    es = "{day} ya es un día especial: {name}"


@dataclass(frozen=True, slots=True)
class Closure:
    """One special day: ``hours`` are minutes after midnight, none when it is closed all day."""

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
    owners = [tenants.find(tenant, now=now), *reads.everything(*keys.resource(tenant, ""))]
    every = [_closure(owner, day) for owner in owners for day in owner.special_days or {}]
    since, until = first.isoformat() if first else "", last.isoformat() if last else "9999"
    return sorted((one for one in every if since <= one.date <= until), key=lambda one: one.id)


def get(tenant: str, closure_id: str, *, now: datetime) -> Closure:
    """Raises NotHere."""
    day, resource_id = _parsed(closure_id)
    owner = _owner(tenant, resource_id, now)
    if day not in (owner.special_days or {}):
        raise NotHere(entity="closure", id=closure_id)
    return _closure(owner, day)


def create(tenant: str, form: NewClosure, *, now: datetime) -> list[Closure]:
    """A special day for each date of the form; the same form again changes nothing. Raises ClosureExists, NotHere.

    Dates that are long past are not kept.
    """
    added = {day.isoformat(): _stored(form) for day in form.days()}

    def add(special: Special) -> Special:
        other = next((day for day in added if special.get(day, added[day]) != added[day]), None)
        if other:
            raise ClosureExists(field="body.date", value=other, day=other, name=special[other]["name"])
        return special | added

    owner = _edit(tenant, form.resource_id, add, seen=None, now=now)
    return [_closure(owner, day) for day in added if day in (owner.special_days or {})]


def change(tenant: str, closure_id: str, form: ClosureEdit, *, seen: int | None, now: datetime) -> Closure:
    """Apply the fields that ``form`` sets. Raises NotHere, Stale."""
    day, resource_id = _parsed(closure_id)

    def alter(special: Special) -> Special:
        if day not in special:
            raise NotHere(entity="closure", id=closure_id)
        return special | {day: special[day] | _fields(form)}

    return _closure(_edit(tenant, resource_id, alter, seen=seen, now=now), day)


def delete(tenant: str, closure_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale."""
    day, resource_id = _parsed(closure_id)

    def remove(special: Special) -> Special:
        if day not in special:
            raise NotHere(entity="closure", id=closure_id)
        return {one: kept for one, kept in special.items() if one != day}

    _edit(tenant, resource_id, remove, seen=seen, now=now)


def load_holidays(tenant: str, year: int, *, now: datetime) -> list[Closure]:
    """Close the tenant on its country's public holidays of ``year``; days that are special already stay as they are.

    The holidays were written at build time (local/holidays.py). Raises NotHere where there are none for the country.
    """
    country = tenants.active(tenants.find(tenant, now=now), tenant).country
    known: Mapping[str, str] = _holidays().get(country, {}).get(str(year), {})
    if not known:
        raise NotHere(entity="list of holidays for", id=f"{country} {year}")
    closed: Special = {day: {"name": name, "hours": []} for day, name in known.items()}
    owner = _edit(tenant, None, lambda special: closed | special, seen=None, now=now)
    return [_closure(owner, day) for day in sorted(known) if day in (owner.special_days or {})]


def _holidays() -> dict[str, dict[str, dict[str, str]]]:
    """Country -> year -> date -> name."""
    found: dict[str, dict[str, dict[str, str]]] = json.loads(HOLIDAYS.read_text()) if HOLIDAYS.exists() else {}
    return found


def _edit(
    tenant: str, resource_id: str | None, alter: Callable[[Special], Special], *, seen: int | None, now: datetime
) -> Any:
    """Change the special days of the owner; again when somebody else was quicker, unless If-Match forbids."""
    for _ in writes.attempts():
        owner = _owner(tenant, resource_id, now)
        writes.check_version(owner, seen)
        oldest = (now - _KEPT).date().isoformat()
        altered = alter(owner.special_days or {})
        kept = {day: one for day, one in sorted(altered.items()) if day >= oldest}
        if kept == (owner.special_days or {}):
            return owner
        owner.special_days, owner.updated_at = kept, now
        try:
            with writes.transaction() as tx:
                tx.save(owner)
        except writes.ConditionFailed:
            continue
        if isinstance(owner, Tenant):
            tenants.remember(owner, now)
        return owner
    raise Busy


def _owner(tenant: str, resource_id: str | None, now: datetime) -> Any:
    """The item that keeps the special days. Raises NotHere."""
    if resource_id is None:
        return tenants.active(tenants.find(tenant, now=now), tenant)
    tenants.current(tenant, now=now)
    found = reads.one(keys.resource(tenant, resource_id))
    if found is None:
        raise NotHere(entity="resource", id=resource_id)
    return found


def _closure(owner: Any, day: str) -> Closure:
    one = owner.special_days[day]
    resource_id = owner.id if isinstance(owner, Resource) else None
    return Closure(day, resource_id, one["name"], one["hours"], int(owner.version))


def _parsed(closure_id: str) -> tuple[str, str | None]:
    """The date and the resource of an id. Raises NotHere for what is none."""
    day, resource_id = closure_id[:10], closure_id[11:] or None
    try:
        local_time.wall_midnight(date.fromisoformat(day))
    except ValueError as error:
        raise NotHere(entity="closure", id=closure_id) from error
    return day, resource_id


def _stored(form: NewClosure) -> dict[str, Any]:
    return {"name": form.name, "hours": opening_hours.spans(form.hours)}


def _fields(form: Request) -> dict[str, Any]:
    set_ = form.fields()
    return {name: opening_hours.spans(form.hours) if name == "hours" else value for name, value in set_.items()}  # type: ignore[attr-defined]
