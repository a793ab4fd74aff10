"""Each two features of an appointment tried together: pairs of a service's kind, a price, a way to book and two moves.

The pairs are generated. After each move the books must add up, whatever the move was and whether it was refused.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from allpairspy import AllPairs

from mostrador import ids
from mostrador.ledger.payments import worth
from mostrador.scheduling import agenda, resources
from mostrador.scheduling.rules import agenda as agenda_rules
from mostrador.scheduling.rules.prices import price_of
from mostrador.scheduling.views.services import NewResource
from mostrador.table import keys, reads
from mostrador.tenancy import plan_usage
from mostrador.values import local_time
from tests.support import calendars, till
from tests.support.days import shifted
from tests.support.http import admin, anybody, staff, superuser

pytestmark = pytest.mark.deep

FAR = datetime(2100, 1, 1, tzinfo=UTC)
API, PUBLIC = "/tenant/salon/api", "/tenant/salon/public"
ANA = {"name": "Ana López", "phone": "0981 123 456", "email": "ana@example.com"}
NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
KINDS = {
    "plain": {},
    "class": {"capacity": 3},
    "buffers": {"buffer_before_minutes": 15, "buffer_time_minutes": 15},
    "two groups": {"second": True},
    "class with two groups": {"capacity": 2, "second": True},
    "two groups that overlap": {"overlap": True},
    "class with two groups that overlap": {"capacity": 2, "overlap": True, "max_bookings_per_day": 5},
    "one a day": {"max_bookings_per_day": 1},
}
PRICES = {"price": {"price": "80000"}, "free": {"price": "0"}, "deposit": {"price": "80000", "deposit_percent": 50}}
RECEIPT = {"reference": "T-1"}
WAYS = ("staff", "held", "public", "series")
PAID = ("no", "part", "cash", "online")
STANDS = ("PENDING", "IN_REVIEW", "CONFIRMED", "COMPLETED", "NO_SHOW")


class Counter:
    """A salon with a bank and a calendar, an appointment in it, and the moves that people make."""

    def __init__(self, shop, bank):
        self.shop, self.bank, self.token = shop, bank, None

    def open(self, kind, price):
        made = [resources.create("salon", NewResource(name=name), key=None, now=self.now) for name in ("Eva", "Sala")]
        form = {"name": "Masaje", "duration_minutes": 60, "resource_ids": [made[0].id]} | PRICES[price] | KINDS[kind]
        if form.pop("second", False):
            form["second_resource_ids"] = [made[1].id]
        if form.pop("overlap", False):
            form["resource_ids"] = form["second_resource_ids"] = [one.id for one in made]
        answer = admin.call("POST", f"{API}/services", form)
        assert answer.status == 201, answer.text
        self.service = answer.json["id"]
        plain = {"name": "Corte", "duration_minutes": 30, "price": "50000", "resource_ids": [made[0].id]}
        self.other = admin.call("POST", f"{API}/services", plain).json["id"]
        limits = {"max_active_bookings": 5, "transfer_details": {"bank": "Itaú", "account": "7", "holder": "Eva"}}
        assert admin.call("PATCH", f"{API}/tenant", limits).status == 200
        plan = {"max_appointments_per_month": 100}
        assert superuser.call("PATCH", "/admin/tenants/salon", plan).status == 200

    @property
    def now(self):
        return self.shop.clock()

    @property
    def url(self):
        return f"{API}/appointments/{self.id}"

    def book(self, how):
        form = {"service_id": self.service, "scheduled_at": NINE.isoformat(), "customer_data": ANA}
        key = {"Idempotency_Key": ids.new()}
        if how == "public":
            answer = anybody.call("POST", f"{PUBLIC}/appointments", form, **key)
        elif how == "series":
            answer = staff.call("POST", f"{API}/series", form | {"count": 2}, **key)
        else:
            answer = staff.call("POST", f"{API}/appointments", form | {"hold": how == "held"}, **key)
        assert answer.status == 201, answer.text
        self.token = answer.json["token"] if how == "public" else None
        found = stored()
        self.id = min(found, key=lambda one: one.scheduled_at).id

    def begin(self, kind, price, how, paid):
        self.begun_at = self.now
        self.open(kind, price)
        self.book(how)
        check(self)
        self.pay(paid)
        check(self)

    def pay(self, how):
        if how == "part":
            self.take(amount="10000")
        elif how == "cash":
            self.take()
        elif how == "online":
            self.pay_online()

    def take(self, **form):
        return staff.call("POST", f"{self.url}/payments", {"method": "CASH"} | form, Idempotency_Key=ids.new())

    def pay_online(self):
        answer = staff.call("POST", f"{self.url}/checkout", Idempotency_Key=ids.new())
        if answer.status < 300:
            self.bank.pay(answer.json["payment_id"])
            self.bank.notify(answer.json["payment_id"], now=self.now)
        return answer

    def move(self, hours=1, **form):
        at = (NINE + timedelta(hours=hours)).isoformat()
        return staff.call("POST", f"{self.url}/reschedule", {"scheduled_at": at} | form)

    def _own(self, verb, body=None):
        """The customer's call by the link, or staff's where there is no link."""
        at = f"{PUBLIC}/appointments/{self.token}/{verb}" if self.token else f"{self.url}/{verb}"
        return (anybody if self.token else staff).call("POST", at, body)

    def extra(self):
        return staff.call("POST", f"{self.url}/extras", {"description": "Esmalte", "amount": "15000"})

    def discount(self, percent=25, **form):
        told = {"percent": percent, "reason": "Cumpleaños", "surplus": "refund"} | form
        return admin.call("POST", f"{self.url}/discount", told)

    def call(self, verb, body=None, who=staff):
        return who.call("POST", f"{self.url}/{verb}", body)

    def undo(self):
        """Take back whatever was done last, as the answer says."""
        told = staff.call("GET", self.url)
        moves = [move.removeprefix("undo_") for move in told.json.get("may", []) if move.startswith("undo_")]
        return self.call("undo", {"move": moves[0] if moves else "cancel"})

    def wait(self, **time):
        self.shop.clock.pass_(**time)
        till.sweep(self.now)

    def wait_for_the_start(self):
        left = NINE + timedelta(minutes=5) - self.now
        if left > timedelta(0):
            self.wait(seconds=left.total_seconds())

    def refund(self):
        paid = [one for one in till.all_payments() if one.target_id == self.id and one.status in ("PAID", "REFUND_DUE")]
        answers = [admin.call("POST", f"{API}/payments/{one.id}/refund", {"reason": "Se arrepintió"}) for one in paid]
        return answers[0] if answers else None

    def take_the_time(self):
        """Somebody else books the start that the appointment had, if it is free."""
        other = {"name": "Beto", "phone": "0981 777 777"}
        form = {"service_id": self.service, "scheduled_at": NINE.isoformat(), "customer_data": other}
        return staff.call("POST", f"{API}/appointments", form, Idempotency_Key=ids.new())

    def block_the_hour(self):
        hour = {"starts_at": NINE.isoformat(), "ends_at": (NINE + timedelta(hours=1)).isoformat()}
        return staff.call("POST", f"{API}/blocks", {"title": "Dentista", "even_if_booked": True} | hour)

    def correct_the_phone(self):
        (one,) = [one for one in stored() if one.id == self.id] or [None]
        customer = one and f"{API}/customers/{one.customer_id}"
        return one and staff.call("PATCH", customer, {"name": "Ana María", "phone": "0982 333 333"})

    def hand_over(self):
        """The appointment becomes another person's, with a note."""
        made = staff.call("POST", f"{API}/customers", {"name": "Clara"})
        return self.call("rebook", {"customer_id": made.json["id"], "internal_notes": "Cambió con Clara"})

    def close_the_day(self):
        day = f"{NINE:%Y-%m-%d}"
        return admin.call("POST", f"{API}/closures", {"date": day, "name": "Duelo"})


MOVES = {
    "confirm": lambda one: one.call("confirm"),
    "move": lambda one: one.move(),
    "move to another day": lambda one: one.move(hours=24),
    "own move": lambda one: one._own("reschedule", {"scheduled_at": (NINE + timedelta(hours=2)).isoformat()}),
    "cancel": lambda one: one.call("cancel", {"reason": "Enfermo"}),
    "own cancel": lambda one: one._own("cancel"),
    "lapse": lambda one: one.wait(minutes=20),
    "cash": lambda one: one.take(),
    "online": lambda one: one.pay_online(),
    "refund": lambda one: one.refund(),
    "visit over": lambda one: one.wait(hours=30),
    "no show": lambda one: one.call("no-show"),
    "complete": lambda one: one.call("complete"),
    "arrive": lambda one: one.call("arrive"),
    "start": lambda one: one.call("start"),
    "complete early": lambda one: (one.wait_for_the_start(), one.call("start"), one.call("complete"))[-1],
    "delay": lambda one: (one.wait_for_the_start(), one.call("delay", {"minutes": 20}))[-1],
    "push": lambda one: (one.wait_for_the_start(), one.call("delay", {"minutes": 40, "push": True}))[-1],
    "undo": lambda one: one.undo(),
    "reopen": lambda one: one.call("reopen"),
    "delete": lambda one: admin.call("DELETE", one.url),
    "somebody books": lambda one: one.take_the_time(),
    "close the day": lambda one: one.close_the_day(),
    "block the hour": lambda one: one.block_the_hour(),
    "receipt": lambda one: one.call("receipt", RECEIPT),
    "own receipt": lambda one: one._own("receipt", RECEIPT),
    "refuse the receipt": lambda one: one.call("receipt/refuse", {"reason": "No llegó"}),
    "longer": lambda one: one.call("rebook", {"duration_minutes": 90}),
    "another service": lambda one: one.call("rebook", {"service_id": one.other}),
    "another customer": lambda one: one.hand_over(),
    "look first": lambda one: one.call("rebook", {"service_id": one.other, "check_only": True}),
    "another phone": lambda one: one.correct_the_phone(),
    "tip": lambda one: one.take(tip="5000"),
    "change": lambda one: one.take(amount="300000", surplus="change"),
    "extra": lambda one: one.extra(),
    "discount": lambda one: one.discount(),
    "all off": lambda one: one.discount(percent=100),
}


def stored():
    return list(reads.span(keys.appointments_partition("salon"), "0", "9", index="gsi1"))


def taken(now):
    """What the agenda days say: each live booking's appointment, resource and start."""
    people = [one.id for one in reads.everything(keys.tenant("salon")[0], "RESOURCE#")]
    days = [day for one in people for day in reads.span(keys.agenda_partition("salon", one), "0", "9")]
    live = [(line, day) for day in days for line in agenda_rules.appointments_of(agenda.booked([day], now))]
    return sorted({(line.appointment_id, day.pk.rsplit("#", 1)[-1], line.starts) for line, day in live})


def standing(now):
    """The same, as the appointments say it."""
    lives = [one for one in stored() if one.status in STANDS and (one.hold_expires_at or FAR) > now]
    of = [(one, name) for one in lives for name in (one.resource_id, one.second_resource_id) if name]
    return sorted((one.id, name, local_time.minute(one.scheduled_at)) for one, name in of)


def check(counter):
    """The books add up: time, money and calendar say the same as the appointments."""
    assert taken(counter.now) == standing(counter.now)
    assert all(one.resource_id != one.second_resource_id for one in stored()), "two different resources"
    payments = till.all_payments()
    for one in stored():
        paying = [paid for paid in payments if paid.target_id == one.id and paid.status == "PAID"]
        kept = sum((worth(paid) for paid in paying), Decimal(0))
        assert kept == (one.paid_amount or 0), "money of the appointment"
        if one.status in ("CANCELLED", "EXPIRED"):
            assert kept == 0, "money kept for a visit that will not be"
        if one.payment_status == "PAID":
            assert kept >= one.total_amount
        assert price_of(one).total == one.total_amount, "the lines add up"
    till.check(counter.bank)
    stand = [one for one in stored() if one.status in STANDS]
    assert plan_usage.of_month("salon", now=counter.begun_at).appointments.used == len(stand), "the plan's count"


# Each two of all these: the moves too, in both orders.

CASES = [tuple(row) for row in AllPairs([list(KINDS), list(PRICES), list(WAYS), list(PAID), list(MOVES), list(MOVES)])]


@pytest.fixture
def counter(shop, bank):
    return Counter(shop, bank)


@pytest.mark.parametrize("row", CASES, ids=lambda row: "-".join(row).replace(" ", "_"))
def test_the_books_add_up_after_any_two_moves(counter, google, row):
    *begun, first, second = row
    counter.begin(*begun)
    for move in (first, second):
        answer = MOVES[move](counter)
        assert answer is None or answer.status < 500, (move, answer.text)
        check(counter)
    counter.shop.settle()
    assert calendars.is_right(google)


@pytest.mark.parametrize("move", MOVES, ids=lambda name: name.replace(" ", "_"))
def test_each_move_is_carried_out_where_it_fits(counter, move):
    before = {
        "refund": ["cash"],
        "no show": ["confirm", "visit over"],
        "complete": ["confirm", "visit over"],
        "arrive": ["confirm", "visit over"],
        "start": ["confirm", "visit over"],
        "complete early": ["confirm"],
        "delay": ["confirm"],
        "push": ["confirm"],
        "undo": ["cancel"],
        "reopen": ["confirm", "visit over", "no show"],
        "delete": ["cancel"],
        "somebody books": ["cancel"],
        "refuse the receipt": ["receipt"],
    }
    counter.begin("plain", "price", "public", "no")
    for one in [*before.get(move, []), move]:
        answer = MOVES[one](counter)

    assert answer is None or answer.status < 300, answer.text


def test_the_check_notices_a_time_that_nobody_freed(counter):
    counter.begin("plain", "price", "staff", "no")
    (one,) = stored()

    one.update([type(one).status.set("CANCELLED")])

    with pytest.raises(AssertionError):
        check(counter)
