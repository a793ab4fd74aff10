"""The doors of payments: taken by hand, seen, asked about, given back, and the report of a day."""

from datetime import timedelta

import pytest

from mostrador import ids
from mostrador.ledger.rules.payment_states import Target
from tests.support import bank as banks
from tests.support import logs
from tests.support import till as tills
from tests.support.days import shifted
from tests.support.http import Client, admin, foreign, staff, superuser, viewer

SALON = "/tenant/salon/api"
PAYMENTS = f"{SALON}/payments"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CASH, WHY = {"method": "CASH"}, {"reason": "Se arrepintió"}


@pytest.fixture
def online(bank, till, now):
    """The id of a payment that was paid online."""
    started = till.start(now).payment
    bank.pay(started.id)
    bank.notify(started.id, now=now)
    return started.id


@pytest.fixture
def visit(bank, now):
    """An appointment that is held until it is paid."""
    service = tills.service(now)
    booked = tills.book(service, now, at=tills.NINE + timedelta(hours=1), hold=True)
    return tills.Till(Target.APPOINTMENT, booked, service)


def wait(monkeypatch, now, how_long):
    monkeypatch.setattr("mostrador.clock.now", lambda: now + how_long)


def take(visit, who=staff, *, key="", **form):
    """Take money; without a key it is another payment each time."""
    url = f"{SALON}/appointments/{visit.item.id}/payments"
    return who.call("POST", url, CASH | form, Idempotency_Key=key or ids.new())


def post(payment_id, verb, body=None, who=admin):
    return who.call("POST", f"{PAYMENTS}/{payment_id}/{verb}", body)


def get(payment_id, who=staff):
    return who.call("GET", f"{PAYMENTS}/{payment_id}")


def listed(**query):
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return staff.call("GET", f"{PAYMENTS}?{asked}").json["items"]


def confirm(visit, who=staff, tenant="salon", **form):
    path = f"/tenant/{tenant}/api/appointments/{visit.item.id}/confirm"
    return who.call("POST", path, form or None)


def test_a_confirmation_with_a_transaction_id_is_paid(visit):
    answer = confirm(visit, payment_transaction_id="TX-1")

    assert answer.status == 200, answer.text
    assert (answer.json["status"], answer.json["payment_status"]) == ("CONFIRMED", "PAID")
    assert answer.json["confirmed_at"] == shifted("2026-11-30T10:00:00-03:00")
    (paid,) = listed(target=visit.item.id)
    assert (paid["provider"], paid["reference"], paid["status"]) == ("MANUAL", "TX-1", "PAID")
    assert confirm(visit, payment_transaction_id="TX-1").json == answer.json
    assert confirm(visit, payment_transaction_id="TX-2").json["code"] == "nothing_due"


@pytest.mark.parametrize("form", [{}, {"payment_transaction_id": None}])
def test_a_confirmation_without_one_is_not_paid(visit, form):
    answer = confirm(visit, **form)

    assert (answer.status, answer.json["status"], answer.json["payment_status"]) == (200, "CONFIRMED", "PENDING")
    assert listed(target=visit.item.id) == []


@pytest.mark.parametrize("transaction_id", ["x" * 121, 7])
def test_a_transaction_id_is_a_short_text(visit, transaction_id):
    answer = confirm(visit, payment_transaction_id=transaction_id)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "body.payment_transaction_id")


def test_who_may_not_take_money_confirms_nothing(visit, clinic):
    assert confirm(visit, viewer, payment_transaction_id="TX-1").status == 403
    assert confirm(visit, foreign, payment_transaction_id="TX-1").status == 404
    both = Client({"salon": "staff", "clinic": "staff"})
    assert confirm(visit, both, tenant="clinic", payment_transaction_id="TX-1").status == 404

    assert visit.status() == "PENDING PENDING"


def test_money_taken_by_hand_confirms_the_appointment_and_is_told_as_text(visit):
    answer = take(visit, reference="R-1")

    paid, appointment = answer.json["payment"], answer.json["appointment"]
    assert (answer.status, appointment["status"], appointment["payment_status"]) == (200, "CONFIRMED", "PAID")
    assert (paid["amount"], paid["currency"], paid["status"], paid["method"]) == ("80000", "PYG", "PAID", "CASH")
    assert (paid["provider"], paid["reference"], paid["taken_by"]) == ("MANUAL", "R-1", "eva@example.com")
    assert (paid["confirmed_at"], paid["asked_amount"]) == (shifted("2026-11-30T10:00:00-03:00"), None)
    assert get(paid["id"]).json == paid


def test_a_part_is_taken_and_then_the_rest(visit):
    first, second = take(visit, amount="30000").json, take(visit).json

    assert (first["appointment"]["payment_status"], first["appointment"]["paid_amount"]) == ("PARTIAL", "30000")
    assert (second["payment"]["amount"], second["appointment"]["payment_status"]) == ("50000", "PAID")


def test_the_same_again_is_taken_once(visit):
    first, second = (take(visit, key="k", amount="30000").json for _ in range(2))

    assert first["payment"] == second["payment"]
    assert second["appointment"]["paid_amount"] == "30000"
    assert len(listed()) == 1


def test_money_without_a_key_is_refused_and_the_header_is_named(visit):
    answer = staff.call("POST", f"{SALON}/appointments/{visit.item.id}/payments", CASH)

    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "missing")
    assert answer.json["errors"][0]["field"] == "header.idempotency-key"
    assert (listed(), visit.status()) == ([], "PENDING PENDING")


def test_two_people_who_pay_half_each_are_two_payments(visit):
    """They hand over the same amount at the same second."""
    answers = [take(visit, key=f"half-{number}", amount="40000").json for number in (1, 2)]

    assert answers[0]["payment"]["id"] != answers[1]["payment"]["id"]
    assert answers[1]["appointment"]["payment_status"] == "PAID"


def test_one_half_that_is_retried_much_later_is_one_payment(visit, monkeypatch, now):
    first = take(visit, key="half", amount="40000").json
    wait(monkeypatch, now, 25 * MINUTE)

    again = take(visit, key="half", amount="40000").json

    assert again["payment"]["id"] == first["payment"]["id"]
    assert again["appointment"]["payment_status"] == "PARTIAL"


@pytest.mark.parametrize("key", ["", "the-same-key"])
def test_cash_that_is_taken_again_after_it_went_back_is_on_record(visit, key):
    first = take(visit, key=key).json["payment"]
    post(first["id"], "refund", WHY | {"is_returned": True})

    again = take(visit, key=key).json

    assert (again["payment"]["status"], again["appointment"]["payment_status"]) == ("PAID", "PAID")
    assert again["payment"]["id"] != first["id"]
    assert sorted(one["status"] for one in listed(target=visit.item.id)) == ["PAID", "REFUNDED"]
    if key:
        assert take(visit, key=key).json["payment"] == again["payment"]


def test_money_that_is_still_due_back_is_the_same_payment(visit):
    """It has not gone back, so a repeat is no new money."""
    first = take(visit, key="k").json["payment"]
    post(first["id"], "refund", WHY)

    again = take(visit, key="k").json["payment"]

    assert (again["id"], again["status"]) == (first["id"], "REFUND_DUE")


def test_the_same_amount_twice_takes_another_key(visit):
    for key in ("k-1", "k-2"):
        told = take(visit, key=key, amount="30000").json

    assert told["appointment"]["paid_amount"] == "60000"


def test_a_key_with_another_body_is_refused(visit):
    take(visit, key="k", amount="30000")

    answer = take(visit, key="k", amount="30001")

    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")
    assert [one["amount"] for one in listed()] == ["30000"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"amount": "0.5"}, "invalid_amount"),
        ({"amount": "1.0001"}, "invalid_amount"),
        ({"amount": "-1"}, "invalid_request"),
        ({"amount": 0.00001}, "invalid_request"),
        ({"amount": "30.000,00"}, "invalid_request"),
        ({"method": "BITCOIN"}, "invalid_request"),
        ({"method": None}, "invalid_request"),
        ({"currency": "USD"}, "invalid_request"),
        ({"reference": " "}, "invalid_request"),
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_takes_nothing(visit, form, code):
    answer = take(visit, **form)

    assert (answer.status, answer.json["code"]) == (422, code)
    assert listed() == []


def test_more_than_is_due_is_kept_and_due_back(visit):
    told = take(visit, amount="80001", surplus="refund").json

    assert (told["payment"]["status"], told["payment"]["reason"]) == ("REFUND_DUE", "WRONG_AMOUNT")
    assert told["appointment"]["status"] == "PENDING"


def test_another_currency_is_taken_by_hand_with_its_decimals(bank, now):
    visit = tills.appointment(now, currency="USD", price="25.50")

    paid = take(visit, amount="5.5").json["payment"]

    assert (paid["amount"], paid["currency"]) == ("5.50", "USD")


def test_the_list_is_the_newest_first_and_filtered(till, bank, online, visit, now, monkeypatch):
    wait(monkeypatch, now, MINUTE)
    cash = take(visit, amount="30000").json["payment"]["id"]

    assert [one["id"] for one in listed()] == [cash, online]
    assert [one["id"] for one in listed(provider="BANCARD")] == [online]
    assert [one["id"] for one in listed(status="PAID", provider="MANUAL")] == [cash]
    assert [one["id"] for one in listed(target=till.item.id)] == [online]
    assert listed(status="REFUND_DUE") == []


def test_the_list_goes_on_where_a_page_ends(visit):
    for number in range(3):
        take(visit, key=str(number), amount="100")

    first = staff.call("GET", f"{PAYMENTS}?limit=2").json
    rest = staff.call("GET", f"{PAYMENTS}?limit=2&cursor={first['next']}").json

    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert {one["id"] for one in first["items"]}.isdisjoint(one["id"] for one in rest["items"])


@pytest.mark.parametrize("query", ["status=LOST", "provider=PAYPAL", "target=x", "limit=0", "cursor=x", "amount=1"])
def test_a_query_that_makes_no_sense_is_refused(salon, query):
    assert staff.call("GET", f"{PAYMENTS}?{query}").status == 422


def test_a_payment_online_is_told_with_what_was_asked_and_answered(till, online):
    told = get(online).json

    assert (told["id"], told["provider"], told["status"], told["target"]) == (online, "BANCARD", "PAID", till.target)
    assert (told["asked_amount"], told["amount"]) == (told["amount"], {"ORDER": "20000"}.get(till.target, "80000"))
    assert (told["response_code"], told["response_description"]) == ("00", "Transaccion aprobada")
    assert (told["reference"], told["started_by"], told["by_hand"]) == ("2118000001", "eva", False)
    assert not {"told", "process_id", "fingerprint", "authorization_number"} & set(told)


def test_whoever_wants_to_know_asks_bancard_now(bank, till, now):
    started = till.start(now).payment
    assert post(started.id, "verify", who=staff).json["status"] == "PENDING"

    bank.pay(started.id)

    answers = [post(started.id, "verify", who=staff).json["status"] for _ in range(2)]
    assert (answers, till.is_paid()) == (["PAID", "PAID"], True)


def test_where_bancard_does_not_answer_that_is_said_and_nothing_changes(bank, till, now):
    started = till.start(now).payment
    bank.silent.add("confirmation")

    answer = post(started.id, "verify")

    assert (answer.status, answer.json["code"]) == (503, "gateway_unknown")
    assert get(started.id).json["status"] == "PENDING"


def test_about_money_taken_by_hand_nobody_is_asked(bank, visit):
    cash = take(visit).json["payment"]["id"]

    assert post(cash, "verify").json["status"] == "PAID"
    assert bank.calls == []


def test_a_refund_online_is_rolled_back_at_once_and_again_changes_nothing(bank, till, online):
    first, second = (post(online, "refund", WHY) for _ in range(2))

    assert (first.status, first.json["status"], first.json["refund_reference"]) == (200, "REFUNDED", "DONE")
    assert second.json == first.json
    assert (bank.state(online), bank.calls.count("rollback"), till.is_paid()) == ("ROLLED_BACK", 1, False)


def test_the_next_day_it_is_given_back_by_hand(bank, till, online):
    bank.is_next_day = True

    due = post(online, "refund", WHY).json

    assert (due["status"], due["by_hand"]) == ("REFUND_DUE", True)
    assert [one["id"] for one in listed(status="REFUND_DUE")] == [online]
    told = [post(online, "refunded", {"reference": "D-1"}).json for _ in range(2)]
    assert (told[0]["status"], told[0]["refund_reference"], told[0]["by_hand"]) == ("REFUNDED", "D-1", False)
    assert told[1] == told[0]


def test_where_bancard_does_not_answer_a_refund_stays_due_and_is_tried_again(bank, till, online, now):
    bank.silent.add("rollback")
    assert post(online, "refund", WHY).json["status"] == "REFUND_DUE"

    bank.silent.clear()
    tills.sweep(now + 5 * MINUTE)

    assert (get(online).json["status"], bank.state(online)) == ("REFUNDED", "ROLLED_BACK")


def test_money_taken_by_hand_is_due_back_until_it_is_returned(visit):
    cash = take(visit).json["payment"]["id"]

    due, returned = post(cash, "refund", WHY).json, post(cash, "refunded").json

    assert (due["status"], due["reason"], due["by_hand"]) == ("REFUND_DUE", "GIVEN_BACK", False)
    assert (returned["status"], returned["refunded_by"]) == ("REFUNDED", "eva@example.com")


def test_money_that_was_returned_at_once_is_refunded(visit):
    cash = take(visit).json["payment"]["id"]

    assert post(cash, "refund", WHY | {"is_returned": True}).json["status"] == "REFUNDED"


@pytest.mark.parametrize(("verb", "body"), [("refund", WHY), ("refunded", {})])
def test_what_was_not_paid_is_not_given_back(bank, till, now, verb, body):
    answer = post(till.start(now).payment.id, verb, body)

    assert (answer.status, answer.json["code"]) == (409, "wrong_payment_state")


def test_what_is_paid_is_not_returned_before_it_is_refunded(till, online):
    answer = post(online, "refunded")

    assert (answer.status, answer.json["code"]) == (409, "wrong_payment_state")


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": "x", "is_returned": "yes"}, {"reason": "x", "amount": "1"}]
)
def test_a_refund_that_makes_no_sense_is_refused(till, online, body):
    assert post(online, "refund", body).status == 422
    assert get(online).json["status"] == "PAID"


CALLS = {
    "list": lambda who, one: who.call("GET", PAYMENTS),
    "report": lambda who, one: who.call("GET", f"{PAYMENTS}/report"),
    "get": lambda who, one: get(one, who),
    "verify": lambda who, one: post(one, "verify", who=who),
    "refund": lambda who, one: post(one, "refund", WHY, who=who),
    "refunded": lambda who, one: post(one, "refunded", who=who),
}
FOR_ADMINS = {"refund", "refunded"}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("role", "who"), [("viewer", viewer), ("staff", staff), ("admin", admin), ("root", superuser)])
def test_staff_sees_and_takes_payments_and_admins_give_them_back(visit, call, role, who):
    cash = take(visit).json["payment"]["id"]

    status = CALLS[call](who, cash).status

    may = role in ("admin", "root") or (role == "staff" and call not in FOR_ADMINS)
    assert (status == 403) is not may
    assert may is (status in (200, 409))


def test_a_viewer_takes_no_money(visit):
    assert (take(visit, viewer).status, listed()) == (403, [])


@pytest.mark.parametrize("call", CALLS)
def test_for_others_there_is_no_such_tenant(visit, clinic, call):
    cash = take(visit).json["payment"]["id"]

    answer = CALLS[call](foreign, cash)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(("verb", "body"), [("", None), ("/verify", None), ("/refund", WHY), ("/refunded", {})])
def test_another_tenants_payment_is_not_there(till, online, clinic, verb, body):
    both = Client({"salon": "admin", "clinic": "admin"})

    answer = both.call("POST" if verb else "GET", f"/tenant/clinic/api/payments/{online}{verb}", body)

    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert get(online).json["status"] == "PAID"


@pytest.mark.parametrize("payment_id", ["0" * 15, "1" * 14, "1" * 16, "x" * 32, "REPORT%232026-11-29", "%00", "-"])
def test_what_can_be_no_payment_is_not_there(salon, payment_id):
    assert get(payment_id).status == 404


def test_a_report_tells_what_moved_what_is_due_what_is_open_and_what_nobody_knows(bank, till, online, visit, now):
    due = post(take(visit, amount="30000").json["payment"]["id"], "refund", WHY).json
    pending = visit.start(now).payment
    bank.notify(900000000000123, now=now)

    told = staff.call("GET", shifted(f"{PAYMENTS}/report?date=2026-11-30")).json

    assert (told["date"], told["time_zone"], told["compared_at"]) == (shifted("2026-11-30"), "America/Asuncion", None)
    assert {(one["state"], one["provider"], one["payments"], one["amount"]) for one in told["sums"]} == {
        ("PAID", "BANCARD", 1, {"ORDER": "20000"}.get(till.target, "80000")),
        ("PAID", "MANUAL", 1, "30000"),
        ("REFUND_DUE", "MANUAL", 1, "30000"),
    }
    assert ([one["id"] for one in told["due"]], [one["id"] for one in told["pending"]]) == ([due["id"]], [pending.id])
    (parked,) = told["parked"]
    assert (parked["process_id"], parked["message"]["token"]) == ("900000000000123", "***")


def test_a_report_of_no_day_is_that_of_yesterday(salon, monkeypatch, now):
    wait(monkeypatch, now, DAY)

    assert staff.call("GET", f"{PAYMENTS}/report").json["date"] == shifted("2026-11-30")


@pytest.mark.parametrize("day", ["2026-13-01", "hoy", "1999-12-31", shifted("2026-11-30T00:00:00Z x"), ""])
def test_a_report_of_what_is_no_day_is_refused(salon, day):
    assert staff.call("GET", f"{PAYMENTS}/report?date={day}").status == 422


def test_no_answer_and_no_line_of_the_log_holds_a_key_or_a_token_or_a_person(bank, till, online, visit, now):
    with logs.written() as written:
        cash = take(visit, reference="De Ana").json["payment"]["id"]
        bank.notify(900000000000123, now=now)
        answers = [call(admin, one) for one in (cash, online) for call in CALLS.values()]

    token = bank.notice(900000000000123)["operation"]["token"]
    assert "payment.settled" in written.text
    assert not [one for one in answers for secret in (banks.PRIVATE_KEY, token) if secret in one.text]
    assert not [
        one for one in (banks.PRIVATE_KEY, token, "Ana", "981123456", "203.0.113.7", "654321") if one in written.text
    ]
