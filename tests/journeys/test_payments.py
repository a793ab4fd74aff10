"""Paying online through the deployed stack: the stand-in for Bancard as another system, its page, its messages."""

import time
from datetime import UTC, datetime

import pytest

from local.seed import BANCARD
from tests.journeys import days
from tests.journeys.conftest import swept
from tests.journeys.payers import (
    LONG_AGO,
    Portal,
    alter,
    appointment_of,
    book,
    checkout,
    connect,
    expire_page,
    lapse,
    offered,
    own_account,
    see,
)
from tests.journeys.visitors import Visitor, problem
from tests.support.raffles import body

pytestmark = [pytest.mark.journey, pytest.mark.core]
SEEDED = "peluqueria-nanduti"


@pytest.fixture(scope="module")
def account():
    return own_account()


@pytest.fixture(scope="module")
def business(found, stack, account):
    """A tenant that takes payments, with an account of its own."""
    made = found("Peluquería que cobra", currency="PYG", hold_minutes=10)
    connect(stack, made, account)
    return made


@pytest.fixture(scope="module")
def slug(business):
    return business.slug


@pytest.fixture(scope="module")
def portal(stack, account):
    found = Portal(stack, account["public_key"])
    yield found
    found.http.close()


@pytest.fixture(scope="module")
def boss(business):
    return business.admin


@pytest.fixture(scope="module")
def clerk(business):
    return business.staff


@pytest.fixture
def deposit(business):
    """A service of which customers pay 30 % beforehand, and the rest at the counter; nobody else books it."""
    return business.service("Peinado de novia", duration_minutes=60, price="400000", deposit_percent=30)


@pytest.fixture
def anybody(http):
    return Visitor(http)


def test_a_customer_books_pays_the_deposit_on_the_page_and_the_message_confirms(
    anybody, business, clerk, portal, deposit
):
    own = book(anybody, business, deposit)
    assert (own["status"], own["deposit_amount"], bool(own["hold_expires_at"])) == ("PENDING", "120000", True)

    begun = checkout(anybody, own)
    again = checkout(anybody, own)
    assert (begun["amount"], again["payment_id"]) == ("120000", begun["payment_id"])
    shown = portal.page(begun)
    assert (shown.status_code, "Gs. 120.000" in shown.text) == (200, True)
    told = portal.choose(begun, "approve")

    paid = see(anybody, own)
    assert (paid["status"], paid["payment_status"], paid["paid_amount"]) == ("CONFIRMED", "PARTIAL", "120000")
    assert f"payment={begun['payment_id']}" in told["redirect"]
    seen = anybody.call("GET", begun["status_path"].lstrip("/")).json()
    assert (seen["status"], seen["payment_id"]) == ("PAID", begun["payment_id"])
    counter = f"{business.api}/appointments/{appointment_of(clerk, business, deposit)['id']}/payments"
    rest = clerk.call("POST", counter, {"method": "CASH"}, Idempotency_Key="rest-1")
    assert (rest.json()["payment"]["amount"], rest.json()["appointment"]["payment_status"]) == ("280000", "PAID")


def test_the_account_of_the_seed_takes_payments_as_well(anybody, seeded, stack):
    """Nobody else books in this tenant of the seed's."""
    nanduti, portal = seeded(SEEDED), Portal(stack, BANCARD["public_key"])
    service = nanduti.service("Peinado de novia", price="400000", deposit_percent=30)
    own = book(anybody, nanduti, service)

    with portal.http:
        portal.choose(checkout(anybody, own), "approve")

    paid = see(anybody, own)
    assert (paid["status"], paid["payment_status"], paid["paid_amount"]) == ("CONFIRMED", "PARTIAL", "120000")


def test_a_decline_leaves_the_slot_held_until_it_lapses(anybody, business, slug, clerk, portal, deposit, stack):
    own = book(anybody, business, deposit)
    begun = checkout(anybody, own)

    portal.choose(begun, "decline_processed")

    assert see(anybody, own)["status"] == "PENDING"
    (sent,) = portal.purchase(begun)["confirmations"]
    assert (sent["sent"]["operation"]["response"], sent["answer"]) == ("S", '{"status":"success"}')
    one = appointment_of(clerk, business, deposit)
    assert clerk.call("GET", f"{business.api}/payments/{begun['payment_id']}").json()["status"] == "FAILED"
    lapse(stack, slug, one)
    alter(stack, (f"T#{slug}#APPOINTMENTS", f"APPOINTMENT#{one['id']}"), {"due_at": LONG_AGO})
    swept(stack, lambda: see(anybody, own)["status"] == "EXPIRED")
    assert own["scheduled_at"] in offered(anybody, business, deposit)


def test_a_late_message_takes_the_slot_again(anybody, business, slug, clerk, portal, deposit, stack):
    own = book(anybody, business, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "late")
    assert see(anybody, own)["status"] == "PENDING"
    lapse(stack, slug, appointment_of(clerk, business, deposit))

    assert portal.confirm(begun).status_code == 200

    assert (see(anybody, own)["status"], see(anybody, own)["payment_status"]) == ("CONFIRMED", "PARTIAL")


def test_a_late_message_for_a_slot_that_is_gone_is_refunded(anybody, business, slug, clerk, portal, deposit, stack):
    own = book(anybody, business, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "late")
    one = appointment_of(clerk, business, deposit)
    lapse(stack, slug, one)
    form = {"service_id": deposit["id"], "scheduled_at": own["scheduled_at"], "status": "CONFIRMED"}
    taken = clerk.call(
        "POST", f"{business.api}/appointments", form | {"customer_data": {"name": "Beto", "phone": "0984 100 002"}}
    )
    assert taken.status_code == 201, taken.text

    portal.confirm(begun)

    def payment_of():
        return clerk.call("GET", f"{business.api}/payments/{begun['payment_id']}").json()

    swept(stack, lambda: payment_of()["status"] == "REFUNDED")
    payment = payment_of()
    assert (payment["status"], payment["reason"], payment["refunded_by"]) == ("REFUNDED", "SLOT_GONE", "bancard")
    assert portal.purchase(begun)["state"] == "ROLLED_BACK"
    problem(
        clerk.call("POST", f"{business.api}/payments/{begun['payment_id']}/refund", {"reason": "x"}), 403, "forbidden"
    )


def test_with_every_message_lost_it_is_found_out(anybody, business, slug, clerk, portal, deposit, stack):
    own = book(anybody, business, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "never")
    assert portal.purchase(begun)["confirmations"] == []

    alter(stack, (f"T#{slug}#PAYMENTS", f"PAYMENT#{begun['payment_id']}"), {"due_at": LONG_AGO})
    swept(stack, lambda: see(anybody, own)["status"] != "PENDING")

    assert (see(anybody, own)["status"], see(anybody, own)["payment_status"]) == ("CONFIRMED", "PARTIAL")


def test_what_was_never_paid_is_rolled_back_and_let_go(anybody, business, slug, clerk, portal, deposit, stack):
    own = book(anybody, business, deposit)
    begun = checkout(anybody, own)
    one = appointment_of(clerk, business, deposit)
    lapse(stack, slug, one)
    expire_page(stack, slug, begun)

    swept(
        stack, lambda: clerk.call("GET", f"{business.api}/payments/{begun['payment_id']}").json()["status"] == "EXPIRED"
    )
    alter(stack, (f"T#{slug}#APPOINTMENTS", f"APPOINTMENT#{one['id']}"), {"due_at": LONG_AGO})
    swept(stack, lambda: see(anybody, own)["status"] == "EXPIRED")

    assert portal.purchase(begun)["state"] == "CLOSED"
    assert portal.http.get(f"payment/single_buy?process_id={begun['process_id']}").status_code in (200, 404)


@pytest.fixture(scope="module")
def on_sale(business, boss):
    form = body(days.moment(), price="10000", last_number=48, numbers_per_order=4)
    made = boss.call("POST", f"{business.api}/raffles", form)
    assert made.status_code == 201, made.text
    opened = boss.call("POST", f"{business.api}/raffles/{made.json()['id']}/open", {"method": {"name": "drand"}})
    assert opened.status_code == 200, opened.text
    return made.json()["id"]


@pytest.mark.parametrize("choice", ["approve", "twice", "never"])
def test_a_raffle_order_is_paid_likewise(anybody, business, slug, portal, stack, on_sale, choice):
    numbers = {"approve": [1, 2], "twice": [3, 4], "never": [5, 6]}[choice]
    form = {"numbers": numbers, "name": "Ana López", "phone": "0984 200 001"}
    own = anybody.call("POST", f"{business.public}/raffles/{on_sale}/orders", form).json()
    begun = checkout(anybody, own)

    portal.choose(begun, choice)
    if choice == "never":
        alter(stack, (f"T#{slug}#PAYMENTS", f"PAYMENT#{begun['payment_id']}"), {"due_at": LONG_AGO})
        swept(stack, lambda: see(anybody, own)["status"] == "PAID")

    assert see(anybody, own)["status"] == "PAID"
    sent = portal.purchase(begun)["confirmations"]
    assert [one["answer"] for one in sent] == ['{"status":"success"}'] * {"approve": 1, "twice": 2, "never": 0}[choice]


def test_a_cancellation_gives_the_deposit_back(anybody, business, slug, clerk, portal, deposit, stack):
    own = book(anybody, business, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "approve")

    cancelled = anybody.call("POST", own["links"]["cancel"].lstrip("/"), {"reason": "Viajo"})

    assert (cancelled.json()["status"], cancelled.json()["payment_status"]) == ("CANCELLED", "REFUNDED")
    swept(stack, lambda: portal.purchase(begun)["state"] == "ROLLED_BACK")


@pytest.mark.parametrize("whose", ["the journey", "the seed"])
def test_keys_are_never_shown_and_only_an_admin_of_the_tenant_sees_that_they_are_there(
    business, account, seeded, stranger, http, whose
):
    paid, keys = (business, account) if whose == "the journey" else (seeded(SEEDED), BANCARD)
    one = f"{paid.api}/integrations/BANCARD"

    shown = paid.admin.call("GET", one)

    assert (shown.json()["public_key"], shown.json()["has_private_key"]) == (keys["public_key"], True)
    assert keys["private_key"] not in shown.text
    problem(paid.staff.call("GET", one), 403, "forbidden")
    problem(stranger.call("GET", one), 404, "not_found")
    started = time.monotonic()
    assert http.post(f"{paid.api}/payments/bancard/webhook", content=b"").json() == {"status": "success"}
    assert time.monotonic() - started < 30


def test_the_days_report_tells_what_moved(business, boss):
    today = datetime.now(UTC).date()
    told = [boss.call("GET", f"{business.api}/payments/report?date={day}").json() for day in (today,)]

    assert {"sums", "due", "pending", "parked", "differences"} <= set(told[0])


def test_cash_that_went_back_and_is_taken_again_is_on_record(anybody, boss, business, clerk):
    """Without a key nothing is taken; the same key is the same cash, until that went back."""
    service = business.service("Corte de barba", duration_minutes=30, price="80000")
    book(anybody, business, service)
    one = f"{business.api}/appointments/{appointment_of(clerk, business, service)['id']}"

    def take(key, **form):
        return clerk.call("POST", f"{one}/payments", {"method": "CASH"} | form, Idempotency_Key=key).json()

    problem(clerk.call("POST", f"{one}/payments", {"method": "CASH"}), 422, "invalid_request")
    halves = [take("half-of-ana", amount="40000"), take("half-of-beto", amount="40000")]
    assert take("half-of-ana", amount="40000")["payment"] == halves[0]["payment"]
    assert halves[1]["appointment"]["payment_status"] == "PAID"
    for half in halves:
        returned = {"reason": "Se arrepintió", "is_returned": True}
        boss.call("POST", f"{business.api}/payments/{half['payment']['id']}/refund", returned)
    again = take("half-of-ana", amount="40000")

    assert (again["payment"]["status"], again["appointment"]["paid_amount"]) == ("PAID", "40000")
    kept = boss.call("GET", f"{business.api}/payments?target={one.rpartition('/')[2]}").json()["items"]
    assert sorted(payment["status"] for payment in kept) == ["PAID", "REFUNDED", "REFUNDED"]
