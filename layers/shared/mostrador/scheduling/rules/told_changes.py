"""What an appointment's history tells of a change of its time, resources, service, length or price."""

from datetime import timedelta
from typing import Final, NamedTuple

_ALWAYS: Final = ("resource_id", "resource_name")


class Booked(NamedTuple):
    """What was booked, as texts; ``starts_at`` is an instant in UTC, amounts have their currency's digits."""

    starts_at: str
    resource_id: str
    resource_name: str
    second_resource_id: str
    service_id: str
    service_name: str
    duration_minutes: str
    total_amount: str
    customer_id: str = ""


def facts(before: Booked, after: Booked, notice: timedelta) -> dict[str, str]:
    """The facts of a change: ``from`` and ``to`` of another start, with the ``notice`` that the old start left.

    The resource is told of every change. Each field that differs has its new value, and the old one as ``from_...``.
    """
    told: dict[str, str] = {}
    if before.starts_at != after.starts_at:
        told |= {"from": before.starts_at, "to": after.starts_at}
        told["notice_minutes"] = str(notice // timedelta(minutes=1))
    for name, old, new in zip(Booked._fields, before, after, strict=True):
        if name == "starts_at" or (old == new and name not in _ALWAYS):
            continue
        told |= {name: new} if old == new else {f"from_{name}": old, name: new}
    return {name: value for name, value in told.items() if value}
