"""For every route of the template: ids that could be, and a request that its door takes."""

import re
from typing import Any

from tests.support.days import shifted

ANY_ID = "0" * 32
IDS = {"closure_id": shifted("2026-12-25"), "place": "1", "number": "1", "payment_id": "900000000000123"}
_CUSTOMER = {"name": "A", "phone": "+595 981 123 456"}
_START = shifted("2026-12-01T12:00:00Z")
_RAFFLE = {
    "title": "A", "price": "1", "first_number": 1, "last_number": 10, "organiser": "A",
    "sale_closes_at": _START, "draw_at": shifted("2026-12-01T20:00:00Z"),
}  # fmt: skip
BODILESS = (
    "/verify", "order_id}/checkout", "orders/{token}/checkout", "/close", "/complete",
    "/no-show", "/rebuild", "/suspend", "/resume", "/accept", "/consent", "/calendars/repair",
)  # fmt: skip
# What stands behind /tenant/{slug}/api/ -> a body; the longest that fits wins.
_BODIES: dict[str, dict[str, Any]] = {
    "appointments": {"service_id": ANY_ID, "scheduled_at": _START, "customer_data": _CUSTOMER},
    "appointments/": {},
    "appointments/confirm": {},
    "appointments/reschedule": {"scheduled_at": _START},
    "series": {"service_id": ANY_ID, "scheduled_at": _START, "customer_data": _CUSTOMER, "count": 2},
    "waiting": {"service_id": ANY_ID, "date": shifted("2026-12-01"), "customer_data": _CUSTOMER},
    "services": {"name": "A", "duration_minutes": 30, "price": "1"},
    "resources": {"name": "A"},
    "customers": {"name": "A"},
    "closures": {"name": "A", "date": shifted("2026-12-25")},
    "closures/": {"name": "A"},
    "closures/holidays": {"year": 2026},
    "feeds": {},
    "keys": {"name": "A", "role": "viewer"},
    "members": {"email": "ana@example.com", "role": "viewer"},
    "members/": {"role": "viewer"},
    "raffles": _RAFFLE,
    "raffles/open": {"method": {"name": "drand"}},
    "raffles/cancel": {"reason": "A"},
    "raffles/draw": {},
    "raffles/redraw": {"reason": "A", "method": {"name": "drand"}},
    "raffles/delivery": {"delivered_to": "A"},
    "raffles/orders": {"count": 1, "customer": {"name": "A"}},
    "orders/receipt": {"method": "TRANSFER"},
    "orders/confirm": {"method": "CASH"},
    "orders/refund": {"reason": "A"},
    "payments/refunded": {},
    "payments/refund": {"reason": "A"},
    "appointments/payments": {"method": "CASH"},
    "integrations/BANCARD": {"public_key": "A" * 32, "private_key": "A" * 40, "return_url": "https://a.test"},
    "integrations/GOOGLE_CALENDAR": {},
    "tenant": {"name": "A"},
    "public/appointments": {"service_id": ANY_ID, "scheduled_at": _START, "customer_data": _CUSTOMER},
    "public/orders": {"count": 1} | _CUSTOMER,
    "public/receipt": {"method": "TRANSFER"},
    "public/reschedule": {"scheduled_at": _START},
}


def body(method: str, path: str) -> dict[str, Any] | None:
    """A body that the route takes; None where it takes none."""
    if method in ("GET", "DELETE") or path.endswith(BODILESS):
        return None
    parts = path.removeprefix("/tenant/{slug}/").removeprefix("api/").split("/")
    last = "" if parts[-1].startswith("{") else parts[-1]
    for name in (f"{parts[0]}/{last}" if len(parts) > 1 else parts[0], f"{parts[0]}/", parts[0]):
        if name in _BODIES:
            return _BODIES[name]
    return {}


def url(path: str, **ids: str) -> str:
    """The path with the ids given, or ids that could be but are not there, and the query it needs."""
    query = shifted(f"?service={ANY_ID}&date=2026-12-01") if path.endswith("/availability") else ""
    return re.sub(r"{(\w+)}", lambda part: ids.get(part[1], IDS.get(part[1], ANY_ID)), path) + query
