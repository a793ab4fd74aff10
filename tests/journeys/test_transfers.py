"""A deposit that can be paid, by a transfer that staff reviews: the deployed stack from the setting to the refusal."""

import pytest

from tests.journeys.conftest import swept
from tests.journeys.payers import LONG_AGO, alter, appointment_of, book, connect, lapse, offered, own_account, see
from tests.journeys.visitors import Visitor, problem

pytestmark = pytest.mark.journey
DETAILS = {"bank": "Banco Itaú", "account": "720012345", "holder": "Salón Ñandutí SRL"}
RECEIPT = {"reference": "TRF-20261130-0042"}
DEPOSIT = {"deposit_percent": 30}


@pytest.fixture(scope="module")
def business(found):
    return found("Salón que recibe transferencias", currency="USD", transfer_details=DETAILS)


@pytest.fixture
def anybody(http):
    return Visitor(http)


@pytest.fixture
def declared(anybody, business):
    """A booking with a deposit whose customer says that it was transferred; nobody else books its service."""
    service = business.service("Peinado de novia", price="60.00", **DEPOSIT)
    own = book(anybody, business, service)
    assert (own["status"], own["transfer_details"]["account"]) == ("PENDING", "720012345")
    said = anybody.call("POST", own["links"]["receipt"].lstrip("/"), RECEIPT)
    assert (said.status_code, said.json()["status"]) == (200, "IN_REVIEW"), said.text
    return service, own, said.json()


def test_a_deposit_that_nobody_can_pay_is_refused_and_bancard_stays_while_one_needs_it(found, stack):
    shop = found("Salón sin cuenta", currency="PYG")
    service = shop.service("Corte", price="80000")
    one = f"{shop.api}/services/{service['id']}"

    refused = shop.admin.call("PATCH", one, DEPOSIT)
    connect(stack, shop, own_account())
    asked = shop.admin.call("PATCH", one, DEPOSIT)
    kept = shop.admin.call("DELETE", f"{shop.api}/integrations/BANCARD")
    told = shop.admin.call("PATCH", f"{shop.api}/tenant", {"transfer_details": DETAILS})
    gone = shop.admin.call("DELETE", f"{shop.api}/integrations/BANCARD")
    needed = shop.admin.call("PATCH", f"{shop.api}/tenant", {"transfer_details": None})

    problem(refused, 409, "deposit_not_payable")
    assert "Corte" in problem(kept, 409, "deposits_depend_on_it")["detail"]
    assert (asked.status_code, told.status_code, gone.status_code) == (200, 200, 204)
    problem(needed, 409, "deposits_depend_on_it")


def test_a_declared_transfer_keeps_the_time_until_staff_records_the_money(declared, anybody, business):
    service, own, said = declared
    assert said["review_due_at"] > own["hold_expires_at"]
    assert own["scheduled_at"] not in offered(anybody, business, service)
    (one,) = business.staff.call("GET", f"{business.api}/appointments?status=IN_REVIEW").json()["items"]

    money = f"{business.api}/appointments/{one['id']}/payments"
    form = {"method": "TRANSFER", "reference": RECEIPT["reference"], "amount": "18.00"}
    paid = business.staff.call("POST", money, form, Idempotency_Key="transfer-1")

    assert (paid.status_code, paid.json()["payment"]["status"]) == (200, "PAID"), paid.text
    seen = see(anybody, own)
    assert (seen["status"], seen["payment_status"], seen["paid_amount"]) == ("CONFIRMED", "PARTIAL", "18.00")


def test_a_refused_receipt_frees_the_time_and_says_why(declared, anybody, business):
    service, own, _ = declared
    one = appointment_of(business.staff, business, service)

    refused = business.staff.call(
        "POST", f"{business.api}/appointments/{one['id']}/receipt/refuse", {"reason": "No llegó"}
    )

    assert (refused.status_code, refused.json()["status"]) == (200, "CANCELLED"), refused.text
    assert see(anybody, own)["refused_because"] == "No llegó"
    assert own["scheduled_at"] in offered(anybody, business, service)


def test_at_the_deadline_the_sweeper_ends_it_and_the_money_is_perhaps_owed(declared, anybody, business, stack):
    service, own, _ = declared
    one = appointment_of(business.staff, business, service)
    lapse(stack, business.slug, one)
    alter(stack, (f"T#{business.slug}#APPOINTMENTS", f"APPOINTMENT#{one['id']}"), {"due_at": LONG_AGO})

    swept(stack, lambda: see(anybody, own)["status"] == "EXPIRED")

    assert own["scheduled_at"] in offered(anybody, business, service)
    owed = business.staff.call("GET", f"{business.api}/appointments?perhaps_owed=true").json()["items"]
    assert [found["id"] for found in owed] == [one["id"]]
