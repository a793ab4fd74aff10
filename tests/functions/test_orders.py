"""The doors of orders and payments: from the sale over the counter to the refund."""

from datetime import timedelta

import pytest

from mostrador import ids
from mostrador.people import members
from mostrador.people.rules.permissions import Role
from mostrador.table import keys, reads
from tests.support import orders as shop
from tests.support import sheets
from tests.support.days import shifted
from tests.support.http import Client, admin, staff, superuser, viewer

SALON = "/tenant/salon/api"
ANA = {"customer": {"name": "Ana", "phone": "0981 123 456"}}


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


def sell(raffle, who=staff, **more):
    key = {"Idempotency_Key": ids.new()} if "paid" in more else {}
    return who.call("POST", f"{SALON}/raffles/{raffle.id}/orders", {"numbers": [7, 42]} | ANA | more, **key)


def test_an_order_travels_with_its_numbers_as_printed_and_its_times_on_the_tenants_clock(raffle):
    answer = sell(raffle)

    told = answer.json
    assert (answer.status, answer.headers["etag"]) == (201, '"1"')
    assert (told["numbers"], told["status"], told["total_amount"]) == (["007", "042"], "RESERVED", "20000")
    assert (told["created_at"], told["hold_expires_at"]) == (
        shifted("2026-11-30T10:00:00-03:00"),
        shifted("2026-11-30T10:10:00-03:00"),
    )
    assert staff.call("GET", f"{SALON}/orders/{told['id']}").json == told


def test_it_is_reserved_reviewed_confirmed_and_refunded(raffle):
    one = f"{SALON}/orders/{sell(raffle).json['id']}"

    receipt = staff.call("POST", f"{one}/receipt", {"method": "TRANSFER", "reference": "T-1"})
    assert receipt.json["status"] == "IN_REVIEW"
    assert receipt.json["review_due_at"] == shifted("2026-12-01T10:00:00-03:00")
    money = {"method": "TRANSFER", "reference": "T-1"}
    confirmed = staff.call("POST", f"{one}/confirm", money, Idempotency_Key="t-1")
    assert (confirmed.status, confirmed.json["order"]["status"], confirmed.json["payment"]["status"]) == (
        200,
        "PAID",
        "PAID",
    )
    refunded = admin.call("POST", f"{one}/refund", {"reason": "Se arrepintió"})
    assert (refunded.json["order"]["status"], refunded.json["payment"]["status"]) == ("REFUNDED", "REFUND_DUE")
    payment = f"{SALON}/payments/{refunded.json['payment']['id']}"
    assert admin.call("POST", f"{payment}/refunded", {"reference": "D-1"}).json["status"] == "REFUNDED"
    assert viewer.call("GET", payment).status == 403


def test_money_that_cannot_pay_the_order_is_told_and_listed(raffle):
    one = f"{SALON}/orders/{sell(raffle).json['id']}"
    staff.call("POST", f"{one}/cancel", {"reason": "Se equivocó"})

    answer = staff.call("POST", f"{one}/confirm", {"method": "CASH"}, Idempotency_Key="cash-1")

    assert (answer.status, answer.json["payment"]["status"]) == (200, "REFUND_DUE")
    due = staff.call("GET", f"{SALON}/payments?status=REFUND_DUE").json["items"]
    assert [(row["id"], row["amount"], row["reason"]) for row in due] == [
        (answer.json["payment"]["id"], "20000", "ORDER_CANCELLED")
    ]


def test_the_same_key_answers_the_same(raffle):
    def ask():
        return staff.call("POST", f"{SALON}/raffles/{raffle.id}/orders", {"count": 3} | ANA, Idempotency_Key="k")

    assert ask().json == ask().json


def test_numbers_that_are_gone_are_named_with_others_that_are_free(raffle):
    sell(raffle)

    answer = sell(raffle, numbers=[6, 7])

    told = answer.json
    assert (answer.status, told["code"]) == (409, "numbers_taken")
    assert (told["errors"][0]["field"], told["errors"][0]["value"]) == ("body.numbers", [7])
    assert told["detail"] == "these numbers are taken: 007"
    assert sell(raffle, numbers=told["alternatives"]).status == 201


@pytest.mark.parametrize(
    ("form", "status", "code", "field"),
    [
        ({"numbers": [101]}, 422, "number_outside", "body.numbers.0"),
        ({"numbers": [1, 1]}, 422, "number_twice", "body.numbers.1"),
        ({"numbers": [1, 2, 3, 4]}, 422, "too_many_numbers", "body.numbers"),
        ({"count": 4, "numbers": None}, 422, "too_many_numbers", "body.count"),
        ({"seller": "nobody"}, 422, "unknown_seller", "body.seller"),
        ({"customer": {"name": "Ana", "phone": "12345"}}, 422, "invalid_phone", "body.customer.phone"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(salon, now, form, status, code, field):
    raffle = shop.on_sale(now, numbers_per_order=3)

    answer = sell(raffle, **form)

    assert (answer.status, answer.json["code"], answer.json["errors"][0]["field"]) == (status, code, field)


@pytest.mark.parametrize(
    "form",
    [
        {"count": 2},
        {"numbers": None},
        {"numbers": []},
        {"numbers": list(range(91))},
        {"numbers": None, "count": 91},
        {"numbers": None, "count": 0},
        {"numbers": [-1]},
        {"numbers": ["7"]},
        {"numbers": [1.5]},
        {"numbers": [True]},
        {"customer": None},
        {"customer_id": "0" * 32},
        {"paid": {}},
        {"paid": {"method": "BITCOIN"}},
        {"total_amount": "1"},
        {"status": "PAID"},
        {"seller": "T#clinic"},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(raffle, form):
    answer = sell(raffle, **form)

    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert shop.held(raffle) == {}


def test_a_sale_that_is_paid_at_once_needs_a_key(raffle):
    """So many numbers at random: nothing else tells a repeat from a second sale."""
    form = {"count": 2, "paid": {"method": "CASH"}} | ANA

    answer = staff.call("POST", f"{SALON}/raffles/{raffle.id}/orders", form)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "header.idempotency-key")
    assert (answer.json["errors"][0]["code"], shop.held(raffle)) == ("missing", {})


def test_money_for_an_order_needs_a_key(raffle):
    one = f"{SALON}/orders/{sell(raffle).json['id']}"

    answer = staff.call("POST", f"{one}/confirm", {"method": "CASH"})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "header.idempotency-key")
    assert staff.call("GET", f"{SALON}/payments").json["items"] == []


def test_over_the_counter_whoever_calls_is_the_seller(raffle, now):
    members.add("salon", "u-staff", email="s@example.com", role=Role.STAFF, now=now)

    told = sell(raffle, paid={"method": "CASH"}).json

    assert (told["status"], told["seller"]) == ("PAID", "u-staff")
    assert staff.call("GET", f"{SALON}/raffles/{raffle.id}/sellers").json["items"] == [
        {
            "seller": "u-staff",
            "email": "s@example.com",
            "orders": 1,
            "numbers": 2,
            "amount": "20000",
            "currency": "PYG",
        }
    ]


def test_a_superuser_sells_for_nobody(raffle):
    assert sell(raffle, superuser).json["seller"] is None


def test_staff_sees_who_has_a_number(raffle):
    order = sell(raffle).json

    taken = staff.call("GET", f"{SALON}/raffles/{raffle.id}/numbers/7").json
    free = staff.call("GET", f"{SALON}/raffles/{raffle.id}/numbers/8").json

    assert (taken["number"], taken["state"], taken["order"]["id"]) == ("007", "reserved", order["id"])
    assert free == {"number": "008", "state": "free", "order": None}
    assert viewer.call("GET", f"{SALON}/raffles/{raffle.id}/numbers/7").status == 403


@pytest.mark.parametrize("number", ["0", "101", "-1", "x", "1e3", "9999999"])
def test_what_is_no_number_of_the_raffle_is_not_there(raffle, number):
    assert staff.call("GET", f"{SALON}/raffles/{raffle.id}/numbers/{number}").status == 404


def test_orders_come_as_csv_too(raffle):
    sell(raffle)

    sheet = staff.call("GET", f"{SALON}/raffles/{raffle.id}/orders", accept="text/csv")

    (row,) = sheets.rows(sheet)
    assert (row["numbers"], row["customer_name"]) == ('["007", "042"]', "Ana")


@pytest.mark.parametrize("path", ["receipt", "confirm", "cancel", "refund"])
def test_another_tenants_order_is_not_there(raffle, clinic, path):
    both = Client({"salon": "admin", "clinic": "admin"})
    order = sell(raffle).json["id"]
    body = {"receipt": {}, "confirm": {"method": "CASH"}, "cancel": {}, "refund": {"reason": "x"}}[path]

    answer = both.call("POST", f"/tenant/clinic/api/orders/{order}/{path}", body, Idempotency_Key="k")

    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert "Ana" not in answer.text


def test_the_audit_log_tells_of_an_order_and_its_payment_in_one_line(raffle):
    order = sell(raffle, paid={"method": "CASH"}).json

    (entry,) = [
        one for one in reads.everything(keys.audit_partition("salon"), "2") if f"order#{order['id']}" in one.about
    ]
    assert f"payment#{order['payment_id']} payment.created" in entry.about
    assert "Ana" not in str([change for change in entry.changes if change[0] == "order"])


def test_after_its_hold_an_order_is_told_as_reserved_until_when(raffle, now, monkeypatch):
    order = sell(raffle).json
    monkeypatch.setattr("mostrador.clock.now", lambda: now + timedelta(minutes=11))

    assert staff.call("GET", f"{SALON}/orders/{order['id']}").json["status"] == "RESERVED"
    assert sell(raffle, customer={"name": "B", "phone": "0981 222 333"}).status == 201
    late = staff.call("POST", f"{SALON}/orders/{order['id']}/receipt", {})
    assert (late.status, late.json["code"]) == (409, "hold_lapsed")
