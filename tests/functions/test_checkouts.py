"""The doors of paying online: for staff, and for whoever holds the link of what is paid for."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from mostrador import signed_links
from mostrador.ledger.rules.payment_states import Target
from mostrador.payments import payment_links
from mostrador.raffles import order_links
from mostrador.scheduling import manage_links
from tests.support import bank as banks
from tests.support import logs, template
from tests.support import orders as shop
from tests.support import till as tills
from tests.support.days import shifted
from tests.support.http import Client, admin, anybody, foreign, staff, superuser, viewer

SALON, PUBLIC = "/tenant/salon/api", "/tenant/salon/public"
MINUTE = timedelta(minutes=1)


PAGE = set("payment_id status amount currency payable_until process_id page_url script_url status_path".split())


def folder(till):
    return "orders" if till.target is Target.ORDER else "appointments"


def token(till):
    """What the link of the order or appointment ends with."""
    if till.target is Target.ORDER:
        return order_links.token_of("salon", till.item.id)
    return manage_links.token("salon", till.item.id)


def start(till, who=staff, body=None):
    return who.call("POST", f"{SALON}/{folder(till)}/{till.item.id}/checkout", body)


def start_own(till, who=anybody, body=None, slug="salon"):
    return who.call("POST", f"/tenant/{slug}/public/{folder(till)}/{token(till)}/checkout", body)


def wait(monkeypatch, now, how_long):
    monkeypatch.setattr("mostrador.clock.now", lambda: now + how_long)


def test_its_public_routes_ask_for_no_account_and_only_they_do():
    served = template.of_function("CheckoutsFunction")

    assert (
        {one.path for one in served if one.is_open} == {one.path for one in served if "/public/" in one.path} != set()
    )


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
def test_a_page_is_told_with_its_amount_as_text_and_its_time_on_the_tenants_clock(bank, till, begin):
    answer = begin(till)

    told = answer.json
    ((number, bought),) = bank.purchases.items()
    assert answer.status == 200
    assert (told["payment_id"], told["process_id"]) == (str(number), f"page*{number}"[:20])
    assert (told["status"], told["currency"], told["payable_until"]) == (
        "PENDING",
        "PYG",
        shifted("2026-11-30T10:13:00-03:00"),
    )
    assert (told["amount"], bought["amount"]) == {"orders": ("20000", "20000.00")}.get(
        folder(till), ("80000", "80000.00")
    )
    assert told["page_url"] == f"https://bancard.test/payment/single_buy?process_id=page%2A{number}"
    assert told["script_url"] == "https://bancard.test/checkout/javascript/dist/bancard-checkout-4.0.0.js"
    assert set(told) == PAGE


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
def test_the_same_call_again_gives_the_page_that_is_there(bank, till, begin):
    answers = [begin(till).json for _ in range(3)]

    assert answers == [answers[0]] * 3
    assert bank.calls == ["single_buy"]


def test_staff_and_customer_get_the_same_page(bank, till):
    assert start(till).json == start_own(till).json


def test_whoever_pays_comes_back_to_the_business_with_what_opens_the_payment(bank, till, now):
    told = start(till).json

    (bought,) = bank.purchases.values()
    back = urlsplit(bought["url"])
    query = {name: value for name, (value,) in parse_qs(back.query).items()}
    assert (back.netloc, back.path, query["payment"]) == ("salon.test", "/pago", told["payment_id"])
    assert payment_links.verify_token("salon", query["token"], now=now).id == told["payment_id"]
    assert told["status_path"] == f"{PUBLIC}/payments/{query['token']}"


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
@pytest.mark.parametrize(
    ("body", "amount"), [(None, "24000"), ({}, "24000"), ({"all": False}, "24000"), ({"all": True}, "80000")], ids=str
)
def test_the_deposit_is_asked_for_or_all_of_it(bank, now, begin, body, amount):
    told = begin(tills.appointment(now, deposit_percent=30), body=body).json

    assert (told["amount"], [one["amount"] for one in bank.purchases.values()]) == (amount, [f"{amount}.00"])


def test_after_the_deposit_the_rest_is_asked_for(bank, now):
    till = tills.appointment(now, deposit_percent=30)
    first = start(till).json
    bank.pay(first["payment_id"])
    bank.notify(first["payment_id"], now=now)

    assert start(till).json["amount"] == "56000"


def test_whoever_wants_to_pay_all_after_asking_for_the_deposit_gets_another_page(bank, now):
    till = tills.appointment(now, deposit_percent=30)
    deposit = start(till).json

    whole = start(till, body={"all": True}).json

    assert (deposit["amount"], whole["amount"]) == ("24000", "80000")
    assert (bank.state(deposit["payment_id"]), bank.state(whole["payment_id"])) == ("CLOSED", "OPEN")


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
@pytest.mark.parametrize(
    "body", [{"all": "true"}, {"all": 1}, {"amount": "1"}, {"all": True, "currency": "USD"}], ids=str
)
def test_a_form_that_makes_no_sense_is_refused_before_anything_is_asked(bank, now, begin, body):
    answer = begin(tills.appointment(now), body=body)

    assert (answer.status, answer.json["code"], bank.calls) == (422, "invalid_request", [])


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
@pytest.mark.parametrize("kind", tills.KINDS)
def test_another_currency_is_said_before_anything_is_asked(bank, now, begin, kind):
    till = tills.KINDS[kind](now, currency="USD", price="25.50")

    answer = begin(till)

    amount = {"order": "51.00"}.get(kind, "25.50")
    assert (answer.status, answer.json["code"], answer.json["errors"][0]["value"]) == (
        409,
        "currency_not_taken",
        f"{amount} USD",
    )
    assert (bank.calls, tills.all_payments()) == ([], [])


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
@pytest.mark.parametrize(
    ("late", "status"), [(-timedelta(seconds=1), 200), (timedelta(), 409)], ids=["in time", "late"]
)
def test_a_hold_that_has_lapsed_is_not_paid_online(bank, till, now, monkeypatch, begin, late, status):
    wait(monkeypatch, now, tills.HOLD + late)

    answer = begin(till)

    assert answer.status == status
    if status == 409:
        assert (answer.json["code"], answer.json["status"], bank.calls) == ("not_payable", 409, [])


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
def test_what_was_paid_is_not_paid_again(bank, till, now, begin):
    told = start(till).json
    bank.pay(told["payment_id"])
    bank.notify(told["payment_id"], now=now)

    answer = begin(till)

    assert (answer.status, answer.json["code"]) == (409, {"orders": "not_payable"}.get(folder(till), "nothing_due"))


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
def test_what_was_cancelled_is_not_paid_online(bank, till, now, begin):
    till.cancel(now)

    answer = begin(till)

    assert (answer.status, answer.json["code"], bank.calls) == (409, "not_payable", [])


def test_where_bancard_refuses_the_keys_it_is_said(bank, till):
    bank.keys.clear()

    answer = start(till)

    assert (answer.status, answer.json["code"]) == (409, "gateway_keys_refused")


def test_where_bancard_does_not_answer_it_may_be_tried_again(bank, till, now, monkeypatch):
    bank.silent.add("single_buy")
    silent = start(till)
    bank.silent.clear()
    wait(monkeypatch, now, MINUTE)

    again = start(till)

    assert (silent.status, silent.json["code"], silent.headers["retry-after"]) == (503, "gateway_unknown", "1")
    assert (again.status, again.json["status"]) == (200, "PENDING")


@pytest.mark.parametrize("begin", [start, start_own], ids=["staff", "public"])
def test_a_business_without_keys_takes_no_online_payments(salon, now, begin):
    for kind in tills.KINDS.values():
        answer = begin(kind(now))

        assert (answer.status, answer.json["code"]) == (409, "payments_not_connected")


@pytest.mark.parametrize(
    ("who", "status"), [(viewer, 403), (staff, 200), (admin, 200), (superuser, 200), (foreign, 404)]
)
def test_staff_starts_payments_and_a_viewer_does_not(bank, till, who, status):
    answer = start(till, who)

    assert answer.status == status
    assert len(bank.calls) == (1 if status == 200 else 0)


def test_another_tenants_order_or_appointment_is_not_there(bank, till, clinic, now):
    banks.connect(now, "clinic")
    both = Client({"salon": "staff", "clinic": "staff"})

    answer = both.call("POST", f"/tenant/clinic/api/{folder(till)}/{till.item.id}/checkout")

    assert (answer.status, answer.json["code"], bank.calls) == (404, "not_found", [])


def test_dead_links_all_look_the_same(bank, till, clinic, now):
    banks.connect(now, "clinic")
    name, signature = token(till).split(".")
    wrong = [
        "x",
        f"{'0' * 32}.{signature}",
        f"{name}~{signature}",
        payment_links.token("salon", till.item.id),
        "a" * 3000,
    ]

    answers = [anybody.call("POST", f"{PUBLIC}/{folder(till)}/{one}/checkout") for one in wrong]
    answers.append(start_own(till, slug="clinic"))

    assert {(one.status, one.text) for one in answers} == {(404, answers[0].text)}
    assert bank.calls == []


def test_an_address_starts_so_many_payments_an_hour_and_no_more(bank, till, monkeypatch):
    monkeypatch.setattr("functions.checkouts.app.MOST_AN_HOUR", 2)

    answers = [start_own(till) for _ in range(3)]

    assert [one.status for one in answers] == [200, 200, 429]
    assert (answers[2].json["code"], answers[2].headers["retry-after"]) == ("too_many_requests", "3600")
    assert start_own(till, replace(anybody, address="203.0.113.8")).status == 200
    assert start(till).status == 200


def see(told):
    return anybody.call("GET", told["status_path"])


SHOWN = {"payment_id", "status", "amount", "currency", "at", "response_description", "reason"}
FORBIDDEN = (
    "response_code",
    "extended",
    "security_information",
    "authorization",
    "654321",
    "2118000001",
    "token",
    "***",
)


@pytest.mark.parametrize("pays", [True, False], ids=["approved", "declined"])
def test_who_paid_is_shown_what_bancard_wants_shown_and_nothing_that_it_does_not(bank, till, now, monkeypatch, pays):
    told = start(till).json
    bank.pay(told["payment_id"]) if pays else bank.decline(told["payment_id"])
    bank.notify(told["payment_id"], now=now + MINUTE, extended_response_description="FONDOS INSUFICIENTES")

    answer = see(told)

    shown = answer.json
    assert (answer.status, set(shown)) == (200, SHOWN)
    assert (shown["payment_id"], shown["amount"], shown["currency"]) == (told["payment_id"], told["amount"], "PYG")
    assert (shown["status"], shown["at"], shown["response_description"]) == (
        ("PAID", shifted("2026-11-30T10:01:00-03:00"), "Transaccion aprobada")
        if pays
        else ("FAILED", shifted("2026-11-30T10:00:00-03:00"), "Transacción Denegada")
    )
    assert not [one for one in FORBIDDEN if one in answer.text]
    assert "FONDOS" not in answer.text


def test_before_anything_is_known_it_is_shown_as_pending(bank, till):
    shown = see(start(till).json).json

    assert (shown["status"], shown["at"], shown["response_description"]) == (
        "PENDING",
        shifted("2026-11-30T10:00:00-03:00"),
        None,
    )


def test_who_paid_what_was_gone_sees_why_it_goes_back(bank, till, now, monkeypatch):
    told = start(till).json
    bank.pay(told["payment_id"])
    till.cancel(now)
    bank.notify(told["payment_id"], now=now)

    shown = see(told).json

    assert (shown["status"], shown["reason"]) == ("REFUND_DUE", f"{till.target.value}_CANCELLED")


def test_dead_links_to_a_payment_all_look_the_same(bank, till, clinic, now, monkeypatch):
    told = start(till).json
    name, signature = told["status_path"].rpartition("/")[2].split(".")
    wrong = ["x", f"{int(name) + 1}.{signature}", f"{name}~{signature}", manage_links.token("salon", name), "a" * 3000]

    answers = [anybody.call("GET", f"{PUBLIC}/payments/{one}") for one in wrong]
    answers.append(anybody.call("GET", told["status_path"].replace("salon", "clinic")))
    wait(monkeypatch, now, signed_links.KEPT + MINUTE)
    answers.append(see(told))

    assert {(one.status, one.text) for one in answers} == {(404, answers[0].text)}


def test_no_answer_and_no_line_of_the_log_holds_a_key_or_a_token_or_a_person(bank, till, now):
    with logs.written() as written:
        answers = [start(till), start_own(till), start(till, viewer)]
        told = answers[0].json
        bank.pay(told["payment_id"])
        bank.notify(told["payment_id"], now=now)
        answers += [see(told), start(till)]
        bank.keys.clear()
        answers.append(start(tills.KINDS["order"](now)))

    assert "checkout.started" in written.text
    assert not [one for one in answers if banks.PRIVATE_KEY in one.text]
    link = told["status_path"].rpartition("/")[2]
    hidden = (
        banks.PRIVATE_KEY,
        banks.PUBLIC_KEY,
        link,
        token(till),
        "Ana",
        "Cliente 1",
        "981123",
        "981 123",
        "203.0.113.7",
    )
    assert not [one for one in hidden if one in written.text]


def test_two_tenants_have_each_its_own_page(bank, clinic, now):
    banks.connect(now, "clinic")
    raffle = shop.on_sale(now, "clinic", hold_minutes=15, currency="PYG")
    order = shop.sell(raffle, 1, now=now, tenant="clinic", customer={"name": "Ana"})
    of_clinic = Client({"clinic": "staff"}).call("POST", f"/tenant/clinic/api/orders/{order.id}/checkout")

    of_salon = start(tills.order(now))

    assert (of_clinic.json["amount"], of_salon.json["amount"]) == ("10000", "20000")
    assert [len(tills.all_payments(one)) for one in ("salon", "clinic")] == [1, 1]
