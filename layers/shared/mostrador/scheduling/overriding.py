"""Who may override which rule, which were needed for a start, and which would let a refused start pass."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from mostrador.errors import Forbidden
from mostrador.people.rules.permissions import Role, is_at_least
from mostrador.scheduling.booking_context import BookingContext
from mostrador.scheduling.rules import overrides
from mostrador.scheduling.rules.agenda import SHORTEST, Demand
from mostrador.scheduling.rules.availability import Reason, Refusal
from mostrador.scheduling.rules.overrides import ORDINARY, Override
from mostrador.scheduling.slot_terms import SlotQuery
from mostrador.table.items.scheduling import Appointment, Resource
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants

_Refused = Callable[[frozenset[str]], Refusal | None]
NOBODY: Final[frozenset[str]] = frozenset()
_ENDING: Final = (Reason.CLOSED, Reason.TAKEN, Reason.BLOCKED, Reason.EXTERNAL)
"""Refusals by something that begins later than the start, or may."""


class OverrideNotAllowed(Forbidden):
    """``value`` is the rule, ``allowed`` are those that the caller may override."""

    code = "override_forbidden"
    en = "you may not override this rule ({value})"
    es = "su rol no permite pasar por alto esta regla ({value})"


def allowed(slug: str, role: Role | None, *, now: datetime) -> frozenset[str]:
    """The rules that ``role`` may override in the tenant: the admins' are all, staff's those of its settings."""
    if role is None or not is_at_least(role, Role.STAFF):
        return NOBODY
    tenant = tenants.current(slug, now=now)
    if not is_at_least(role, Role.ADMIN):
        return frozenset(staff_overrides(tenant)) & ORDINARY
    return frozenset(Override) if tenant.allow_double_booking else ORDINARY


def staff_overrides(tenant: Tenant) -> Sequence[str]:
    """The rules that staff may override; all but those of double bookings unless the tenant chose."""
    chosen: Sequence[str] | None = tenant.staff_overrides
    return sorted(ORDINARY) if chosen is None else chosen


def check(wanted: Collection[str], may: Collection[str], *, field: str = "body.override") -> None:
    """Raise OverrideNotAllowed for the first of ``wanted`` that is not among those that the caller ``may`` override."""
    refused = next((name for name in sorted(wanted) if name not in may), None)
    if refused:
        raise OverrideNotAllowed(field=field, value=str(refused), allowed=sorted(may))


def check_length(context: BookingContext, usual_minutes: int, may: Collection[str]) -> None:
    """Raise OverrideNotAllowed for another length than the usual one, unless the caller ``may`` override it."""
    if context.demand.duration != usual_minutes:
        check([Override.LENGTH], may, field="body.duration_minutes")


def wanted(names: Iterable[str], *, ignore_calendar: bool) -> frozenset[str]:
    """The rules to override, with the one that has a field of its own."""
    return frozenset(names) | ({Override.EXTERNAL} if ignore_calendar else NOBODY)


def standing(appointment: Appointment) -> frozenset[str]:
    """The rules that are overridden for the appointment's present start."""
    return wanted(appointment.overridden or (), ignore_calendar=bool(appointment.ignores_calendar))


def used(context: BookingContext, start: int, resources: Sequence[Resource], query: SlotQuery) -> list[str] | None:
    """The rules that refused ``start`` for the chosen resources and were overridden, in order; None where none was.

    Another length than the service's is always told.
    """
    found = set[str]()
    if query.override:
        bare = context.slot_rules([one.id for one in resources], query.now, without=query.without)
        found = overrides.used(bare.values(), query.override, start, query.now)
    if context.demand.duration != int(context.service.duration_minutes):
        found.add(Override.LENGTH)
    return sorted(found) or None


def note(appointment: Appointment, names: list[str] | None, actor_name: str) -> None:
    """Set which rules staff overrode for the appointment's time, and who did."""
    appointment.overridden, appointment.overridden_by = names, actor_name if names else None


def that_would_do(refused: _Refused, start: int, query: SlotQuery) -> list[str] | None:
    """The fewest rules that the caller may override so that ``start`` can be booked, in order; None where none help.

    ``refused`` tells why the start is refused while some rules are overridden.
    """
    names = query.override
    while refusal := refused(names):
        name = overrides.name_of(refusal, start, query.now)
        if name in names or name not in query.may_override:
            return None
        names |= {name}
    for unneeded in sorted(names):
        names = names - {unneeded} if refused(names - {unneeded}) is None else names
    return sorted(names)


def fitting_minutes(demand: Demand, start: int, refusal: Refusal) -> int | None:
    """The longest appointment from ``start`` on that ends before what refuses it; None where none fits."""
    until = refusal.details.get("closes") or refusal.details.get("from")
    if not isinstance(until, int) or refusal.reason not in _ENDING:
        return None
    minutes = until - start - (0 if refusal.reason is Reason.CLOSED else demand.after)
    return minutes if SHORTEST <= minutes < demand.duration else None
