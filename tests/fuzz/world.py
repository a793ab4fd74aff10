"""Businesses with things in many states, so that requests meet what they ask for: real ids, links and times."""

import random
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx

from local.seed import BANCARD
from local.stack import PASSWORD, Stack
from tests.fuzz import past
from tests.journeys import businesses, days
from tests.journeys.businesses import Business
from tests.journeys.test_calendar import Google
from tests.journeys.visitors import Session, Visitor, aws
from tests.support.raffles import body

DICE = random.SystemRandom()
"""Hypothesis seeds the module's own again and again."""
PERSON = "persona@fuzz.example"
"""Somebody who is invited, accepts and leaves."""
Values = dict[str, Any]


@dataclass
class World:
    """``main`` takes payments; ``other`` has its settings and connections changed; ``spare`` is suspended.

    ``values`` has a value for each placeholder of the reference, and ``ids`` all that is known of each kind.
    """

    stack: Stack
    http: httpx.Client
    superuser: Visitor
    main: Business
    other: Business
    spare: Business
    person: Visitor
    public_key: str
    values: Values = field(default_factory=dict)
    ids: dict[str, list[Any]] = field(default_factory=dict)
    made_before: past.Made = field(default_factory=dict)
    key: str = ""

    def ask(self, method: str, path: str, form: Any = None, visitor: Visitor | None = None) -> Any:
        """The JSON of an answer that must be a success."""
        address = f"198.51.100.{DICE.randint(1, 250)}"  # each may only book so often
        answer = (visitor or self.superuser).call(
            method, path, form, X_Forwarded_For=address, Idempotency_Key=uuid.uuid4().hex
        )
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def make(self, kind: str, form: Values) -> Any:
        return self.ask("POST", f"{self.main.api}/{kind}", form)

    def by_customer(self, kind: str, form: Values) -> Any:
        return self.ask("POST", f"{self.main.public}/{kind}", form, Visitor(self.http))

    def start(self) -> str:
        """A free start: the service has room for hundreds."""
        return str(DICE.choice(self.ids["start"]))

    def block(self) -> Any:
        """An hour of a resource of its own."""
        giver = self.make("resources", {"name": "Otra"})
        hour = {"starts_at": self.values["start"], "ends_at": self.values["later_start"]}
        return self.make("blocks", {"title": "Almuerzo", "resource_ids": [giver["id"]]} | hour)

    def series(self) -> Any:
        """Two dates of a customer of its own."""
        person = {"customer_data": {"name": "Rita"}, "count": 2}
        return self.make("series", {"service_id": self.values["service_id"], "scheduled_at": self.start()} | person)

    def closure(self) -> Any:
        """A closure of a day that has none yet; requests may have closed any day."""
        for _ in range(20):
            form = {"name": "Feria", "date": self.another_day()}
            answer = self.superuser.call("POST", f"{self.other.api}/closures", form)
            if answer.status_code == httpx.codes.CREATED:
                return answer.json()["items"][0]
        raise AssertionError(answer.text)

    def another_day(self) -> str:
        """A day for a closure; each has one only."""
        return (days.today() + timedelta(days=DICE.randint(400, 20_000))).isoformat()

    def booked(self, **more: Any) -> Any:
        return self._booked(f"{self.main.api}/appointments", self.superuser, more)

    def booked_by_customer(self) -> Any:
        return self._booked(f"{self.main.public}/appointments", Visitor(self.http), {})

    def _booked(self, path: str, visitor: Visitor, more: Values) -> Any:
        """An appointment; requests may have taken a start for longer, and then it is another start."""
        customer = {"name": "Ana López", "phone": f"0981 {DICE.randint(100000, 999999)}"}
        form = {"service_id": self.values["service_id"], "customer_data": customer} | more
        for _ in range(20):
            try:
                return self.ask("POST", path, {"scheduled_at": self.start()} | form, visitor)
            except AssertionError as error:
                refused = error
        raise refused

    def draft(self) -> str:
        return str(self.make("raffles", body(days.moment(), last_number=5000))["id"])

    def on_sale(self) -> str:
        raffle_id = self.draft()
        self.make(f"raffles/{raffle_id}/open", {"method": {"name": "drand"}})
        return raffle_id

    def ordered(self, **more: Any) -> Any:
        customer = {"name": "Luz Ojeda", "phone": f"0983 {DICE.randint(100000, 999999)}"}
        return self.make(f"raffles/{self.values['raffle_id']}/orders", {"count": 1, "customer": customer} | more)

    def ordered_by_customer(self) -> Any:
        form = {"count": 2, "name": "Luz Ojeda", "phone": f"0984 {DICE.randint(100000, 999999)}"}
        return self.by_customer(f"raffles/{self.values['raffle_id']}/orders", form)

    def earlier(self, name: str) -> Any:
        """One of those that were made in the past; the last one is given again and again."""
        found = self.made_before[name]
        return found.pop() if len(found) > 1 else found[0]


ACCOUNT: Final = {"bank": "Itaú", "account": "720012345", "holder": "Salón"}
"""The account to which customers transfer."""


def built(stack: Stack, http: httpx.Client, superuser: Visitor) -> World:
    main, other, spare = (
        businesses.found(superuser, stack, name, currency="PYG") for name in ("Peluquería", "Clínica", "Suspendida")
    )
    world = World(stack, http, superuser, main, other, spare, _person(stack, http), f"FUZZ{uuid.uuid4().hex[:28]}")
    # Before any other request: a process may keep the business as it was for a minute.
    world.ask("PATCH", f"{main.api}/tenant", {"transfer_details": ACCOUNT})
    _connect_bancard(world)
    _basics(world)
    _things(world)
    return world


def _person(stack: Stack, http: httpx.Client) -> Visitor:
    """A user of the pool who belongs to nobody."""
    pool = aws(stack, "cognito-idp")
    attributes = [{"Name": "email", "Value": PERSON}, {"Name": "email_verified", "Value": "true"}]
    with suppress(pool.exceptions.UsernameExistsException):
        pool.admin_create_user(
            UserPoolId=stack.user_pool_id, Username=PERSON, MessageAction="SUPPRESS", UserAttributes=attributes
        )
    pool.admin_set_user_password(UserPoolId=stack.user_pool_id, Username=PERSON, Password=PASSWORD, Permanent=True)
    return Visitor(http, Session(stack, PERSON))


def _connect_bancard(world: World) -> None:
    account = BANCARD | {"public_key": world.public_key}
    webhook = f"{world.stack.api_url}/{world.main.api}/payments/bancard/webhook"
    told = {"private_key": account["private_key"], "confirmation_url": webhook}
    address = f"{world.stack.stand_ins_url}/bancard/portal/applications/{world.public_key}"
    headers = world.stack.portal_headers()
    httpx.put(address, json=told, headers=headers, timeout=180, trust_env=False).raise_for_status()
    world.ask("PUT", f"{world.main.api}/integrations/BANCARD", account)


def _basics(world: World) -> None:
    giver, room = (world.make("resources", {"name": name}) for name in ("Eva", "Sala"))
    usual = {
        "duration_minutes": 30,
        "price": "80000",
        "deposit_percent": 50,
        "capacity": 90,
        "resource_ids": [giver["id"]],
    }
    service = world.make("services", {"name": "Clase", "advance_booking_days": days.FAR} | usual)
    first = days.today() + timedelta(days=2)
    asked = f"?service={service['id']}&from={first}&to={first + timedelta(days=20)}"
    slots = world.ask("GET", f"{world.main.api}/appointments/availability{asked}")["slots"]
    world.ids["start"] = [slot["starts_at"] for slot in slots]
    world.values = {
        "slug": world.main.slug,
        "service_id": service["id"],
        "resource_id": giver["id"],
        "room_id": room["id"],
        "customer_id": world.make("customers", {"name": "Ana", "phone": "0981 555 001"})["id"],
        "start": world.ids["start"][0],
        "later_start": world.ids["start"][3],
    }


def _things(world: World) -> None:
    now = days.moment()
    at = {name: (now + timedelta(days=later)).isoformat() for name, later in _TIMES.items()}
    world.values |= at | {name: at[name][:10] for name in ("date", "last_date", "series_until", "holiday")}
    world.values |= {"year": now.year, "place": "1", "number": "7", "secret": past.SECRET}
    world.values["raffle_id"] = world.on_sale()
    world.values["order_id"] = world.ordered()["id"]
    booked = world.booked()
    world.values["appointment_id"] = booked["id"]
    paid = world.make(f"appointments/{booked['id']}/payments", {"method": "CASH"})
    world.values["payment_id"] = paid["payment"]["id"]
    feed = world.make("feeds", {})
    world.values |= {"feed_id": feed["id"], "file": feed["path"].rpartition("/")[2]}
    made = world.make("keys", {"name": "Programa", "role": "admin"})
    world.values["key_id"] = made["id"]
    world.key = made["key"]
    world.values["closure_id"] = world.closure()["id"]
    world.values["waiting_id"] = waiting(world)
    world.values["block_id"] = world.block()["id"]
    world.values["series_id"] = world.series()["series_id"]
    world.values["user"] = world.ask("GET", f"{world.main.api}/members")["items"][0]["user"]
    world.values["seller"] = world.values["user"]
    world.values["token"] = world.booked_by_customer()["token"]
    world.made_before = past.made(world.stack, world.main.slug, world.values["service_id"])


_TIMES = {
    "date": 3, "last_date": 6, "series_until": 60, "holiday": 200, "from": 0, "to": 30, "sale_opens_at": 0.1,
    "sale_closes_at": 20, "draw_at": 30, "redraw_at": 50,
}  # fmt: skip


def waiting(world: World) -> str:
    """Somebody waits for a day that is full: its only start was taken."""
    day = days.today() + timedelta(days=DICE.randint(100, 300))
    hours = {f"{day:%A}".lower(): [{"opens": "09:00", "closes": "09:30"}]}
    giver = world.make("resources", {"name": "Marta", "business_hours": hours})
    form = {
        "name": "Masaje",
        "duration_minutes": 30,
        "price": "20",
        "resource_ids": [giver["id"]],
        "advance_booking_days": days.FAR,
    }
    service = world.make("services", form)
    path = f"{world.main.api}/appointments/availability?service={service['id']}&date={day}"
    start = world.ask("GET", path)["slots"][0]["starts_at"]
    world.booked(service_id=service["id"], scheduled_at=start, status="CONFIRMED")
    world.values |= {"full_service_id": service["id"], "full_date": day.isoformat()}
    who = {"name": "Hugo", "phone": f"0985 {DICE.randint(100000, 999999)}"}
    joined = world.make("waiting", {"service_id": service["id"], "date": day.isoformat(), "customer_data": who})
    return str(joined["id"])


def google(world: World) -> Google:
    return Google(world.stack, f"agenda@{world.other.slug}.example")
