"""The door for those who buy numbers without an account."""

import json

import pytest

from tests.support import logs, template
from tests.support import orders as shop
from tests.support.http import anybody, staff

PUBLIC = "/tenant/salon/public"
ANA = {"name": "Ana López", "phone": "0981 123 456"}


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


@pytest.fixture
def raffle(salon, now):
    return shop.on_sale(now)


def order(raffle, **more):
    answer = anybody.call("POST", f"{PUBLIC}/raffles/{raffle.id}/orders", {"numbers": [7, 42]} | ANA | more)
    assert answer.status == 201, answer.text
    return answer.json


def test_its_routes_ask_for_no_account():
    assert {one.is_open for one in template.of_function("PublicOrdersFunction")} == {True}


def test_a_buyer_orders_sees_declares_the_payment_and_cancels(raffle):
    made = order(raffle)
    links = made["links"]

    assert (made["numbers"], made["status"], made["total_amount"]) == (["007", "042"], "RESERVED", "20000")
    assert anybody.call("GET", links["self"]).json == made
    received = anybody.call("POST", links["receipt"], {"reference": "T-1", "url": "https://example.com/1.jpg"}).json
    assert (received["status"], received["hold_expires_at"]) == ("IN_REVIEW", None)
    assert received["receipt"] == {"method": "TRANSFER", "reference": "T-1", "url": "https://example.com/1.jpg"}
    assert anybody.call("POST", links["cancel"]).json["status"] == "CANCELLED"


def test_a_buyer_is_shown_nothing_internal_and_nobody_elses_name(raffle):
    shop_name = staff.call("POST", "/tenant/salon/api/customers", {"name": "María P.", "phone": ANA["phone"]}).json

    told = order(raffle)

    assert told["name"] == "Ana López"
    assert "María" not in json.dumps(told)
    assert not {"id", "customer_id", "seller", "notes", "history", "created_by", "version"} & set(told)
    assert shop_name["id"] not in json.dumps(told)


def test_my_numbers_are_told_by_link(raffle):
    links = order(raffle)["links"]

    told = anybody.call("GET", links["mine"]).json

    assert (told["raffle_title"], [one["numbers"] for one in told["orders"]]) == ("Rifa solidaria", [["007", "042"]])


def test_the_link_that_staff_hands_out_opens_all_of_them(raffle):
    order(raffle)
    order(raffle, numbers=[8])
    orders = staff.call("GET", f"/tenant/salon/api/raffles/{raffle.id}/orders").json["items"]

    link = staff.call("GET", f"/tenant/salon/api/orders/{orders[0]['id']}/link").json

    told = anybody.call("GET", f"{link['path']}/mine").json
    assert sorted(number for one in told["orders"] for number in one["numbers"]) == ["007", "008", "042"]


@pytest.mark.parametrize("field", ["notes", "seller", "paid", "customer", "customer_id", "status"])
def test_what_only_staff_may_say_is_refused(raffle, field):
    body = {"numbers": [1]} | ANA | {field: "x"}

    answer = anybody.call("POST", f"{PUBLIC}/raffles/{raffle.id}/orders", body)

    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == f"body.{field}"


def test_a_wrong_phone_is_named_as_the_form_has_it(raffle):
    body = {"numbers": [1], "name": "Ana", "phone": "12345"}

    answer = anybody.call("POST", f"{PUBLIC}/raffles/{raffle.id}/orders", body)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body.phone")


def test_dead_links_look_like_unknown_orders_of_unknown_tenants(raffle, clinic):
    token = order(raffle)["token"]
    wrong = ["x", "0" * 32, f"{'0' * 32}.{token.split('.')[1]}", token.replace(".", "~"), "%00", "a" * 3000]

    answers = [anybody.call("GET", f"{PUBLIC}/orders/{one}") for one in wrong]
    answers.append(anybody.call("GET", f"/tenant/clinic/public/orders/{token}"))

    assert {(answer.status, answer.text) for answer in answers} == {(404, answers[0].text)}


def test_nobody_is_named_in_the_log(raffle):
    with logs.written() as written:
        links = order(raffle, email="ana@example.com")["links"]
        anybody.call("POST", f"{PUBLIC}/raffles/{raffle.id}/orders", {"numbers": [7]} | ANA)
        anybody.call("POST", links["receipt"], {"reference": "De Ana"})
        anybody.call("POST", links["cancel"], {"reason": "Ana no puede"})

    assert written.lines()
    assert not [
        word for word in ("Ana", "981123456", "981 123 456", "ana@", "203.0.113", links["self"]) if word in written.text
    ]


def test_a_buyer_reads_why_the_receipt_was_refused_and_sends_another(raffle):
    links = order(raffle)["links"]
    anybody.call("POST", links["receipt"], {"reference": "T-1"})
    told = staff.call("GET", f"/tenant/salon/api/raffles/{raffle.id}/orders").json["items"][0]
    one = f"/tenant/salon/api/orders/{told['id']}/receipt/refuse"

    refused = staff.call("POST", one, {"reason": "Fue a otra cuenta"}, If_Match=f'"{told["version"]}"')

    assert (refused.status, refused.json["receipt_refusal"]) == (200, "Fue a otra cuenta"), refused.text
    mine = anybody.call("GET", links["self"]).json
    assert (mine["status"], mine["receipt_refusal"]) == ("IN_REVIEW", "Fue a otra cuenta")
    assert mine["review_due_at"] == told["review_due_at"]
    another = anybody.call("POST", links["receipt"], {"reference": "T-2"}).json
    assert (another["receipt"]["reference"], another["receipt_refusal"]) == ("T-2", None)
    stale = staff.call("POST", one, {"reason": "Tarde"}, If_Match=f'"{refused.json["version"]}"')
    assert (stale.status, stale.json["code"]) == (412, "stale")
