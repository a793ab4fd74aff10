"""Each two features of a raffle's order tried together: a price, a way to order, and two moves.

The pairs are generated. After each move numbers and money must say the same as the orders.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from allpairspy import AllPairs

from mostrador import ids
from tests.support import orders as shop
from tests.support import till
from tests.support.http import admin, anybody, staff

pytestmark = pytest.mark.deep

API, PUBLIC = "/tenant/salon/api", "/tenant/salon/public"
FAR = datetime(2100, 1, 1, tzinfo=UTC)
ANA = {"name": "Ana López", "phone": "0981 123 456"}
BETO = {"name": "Beto", "phone": "0981 777 777"}
RECEIPT = {"method": "TRANSFER", "reference": "T-1"}
TERMS = {
    "price": {},
    "free": {"price": "0"},
    "package": {"packages": [{"numbers": 2, "price": "15000"}]},
    "few a customer": {"numbers_per_customer": 2},
}
WAYS = ("staff", "paid", "public", "at random")


class Counter:
    """A raffle on sale, an order in it, and the moves that people make."""

    def __init__(self, clock, bank):
        self.clock, self.bank, self.token = clock, bank, None

    @property
    def now(self):
        return self.clock()

    @property
    def url(self):
        return f"{API}/orders/{self.id}"

    def begin(self, terms, how):
        self.raffle = shop.on_sale(self.now, **TERMS[terms])
        told = self.order(how)
        assert told.status == 201, told.text
        self.id = told.json.get("id") or next(iter(shop.all_of(self.raffle))).id
        self.token = told.json["token"] if how == "public" else None
        check(self)

    def order(self, how="staff", who=ANA):
        form = {"count": 2} if how == "at random" else {"numbers": [7, 42]}
        key = {"Idempotency_Key": ids.new()}
        if how == "public":
            return anybody.call("POST", f"{PUBLIC}/raffles/{self.raffle.id}/orders", form | who, **key)
        paid = {"paid": {"method": "CASH"}} if how == "paid" else {}
        return staff.call("POST", f"{API}/raffles/{self.raffle.id}/orders", form | {"customer": who} | paid, **key)

    def call(self, verb, body=None, who=staff, **headers):
        return who.call("POST", f"{self.url}/{verb}", body, **headers)

    def own(self, verb, body=None):
        """The buyer's call by the link, or staff's where there is no link."""
        if self.token is None:
            return self.call(verb, body)
        return anybody.call("POST", f"{PUBLIC}/orders/{self.token}/{verb}", body)

    def pay_online(self):
        answer = self.call("checkout")
        if answer.status < 300:
            self.bank.pay(answer.json["payment_id"])
            self.bank.notify(answer.json["payment_id"], now=self.now)
        return answer

    def of_raffle(self, verb, body=None):
        return admin.call("POST", f"{API}/raffles/{self.raffle.id}/{verb}", body)

    def wait(self, **time):
        self.clock.pass_(**time)
        till.sweep(self.now)


MOVES = {
    "receipt": lambda one: one.call("receipt", RECEIPT),
    "own receipt": lambda one: one.own("receipt", RECEIPT),
    "cash": lambda one: one.call("confirm", {"method": "CASH"}, Idempotency_Key=ids.new()),
    "too little": lambda one: one.call("confirm", {"method": "CASH", "amount": "1"}, Idempotency_Key=ids.new()),
    "online": lambda one: one.pay_online(),
    "cancel": lambda one: one.call("cancel", {"reason": "Se equivocó"}),
    "own cancel": lambda one: one.own("cancel"),
    "refund": lambda one: one.call("refund", {"reason": "Se arrepintió"}, who=admin),
    "keep the receipt": lambda one: one.call("keep"),
    "lapse": lambda one: one.wait(minutes=20),
    "somebody orders": lambda one: one.order(who=BETO),
    "close": lambda one: one.of_raffle("close"),
    "call off": lambda one: one.of_raffle("cancel", {"reason": "Sin permiso"}),
    "cutoff": lambda one: one.wait(hours=26),
}


def check(counter):
    """Numbers and money say the same as the orders."""
    orders = {one.id: one for one in shop.all_of(counter.raffle)}
    payments = till.all_payments()
    owned = {
        number: one.id
        for one in orders.values()
        if one.status in ("RESERVED", "IN_REVIEW", "PAID") and (one.hold_expires_at or FAR) > counter.now
        for number in one.numbers
    }
    held = {number: one.order_id for number, one in shop.held(counter.raffle).items() if is_live(one, counter.now)}
    assert owned.items() <= held.items(), "numbers of an order that somebody else has"
    assert all(orders[name].status == "REFUNDED" for name in {*held.values()} - {*owned.values()})
    for one in orders.values():
        kept = sum(Decimal(paid.amount) for paid in payments if paid.target_id == one.id and paid.status == "PAID")
        assert kept == (one.total_amount if one.status == "PAID" else 0), one.status
    till.check(counter.bank)


def is_live(number, now):
    return number.hold_expires_at is None or number.hold_expires_at > now.timestamp()


CASES = [tuple(row) for row in AllPairs([list(TERMS), list(WAYS), list(MOVES), list(MOVES)])]


@pytest.fixture
def counter(ticking, bank):
    return Counter(ticking, bank)


@pytest.mark.parametrize("row", CASES, ids=lambda row: "-".join(row).replace(" ", "_"))
def test_the_books_add_up_after_any_two_moves(counter, row):
    *begun, first, second = row
    counter.begin(*begun)
    for move in (first, second):
        answer = MOVES[move](counter)
        assert answer is None or answer.status < 500, (move, answer.text)
        check(counter)


@pytest.mark.parametrize("move", MOVES, ids=lambda name: name.replace(" ", "_"))
def test_each_move_is_carried_out_where_it_fits(counter, move):
    before = {"refund": ["cash"], "keep the receipt": ["own receipt"], "somebody orders": ["lapse"]}
    counter.begin("price", "public")
    for one in [*before.get(move, []), move]:
        answer = MOVES[one](counter)

    assert answer is None or answer.status < 300, answer.text


def test_the_check_notices_a_number_that_nobody_holds(counter):
    counter.begin("price", "staff")

    shop.held(counter.raffle)[7].delete()

    with pytest.raises(AssertionError):
        check(counter)
