"""Paying online through the deployed stack: the stand-in for Bancard as another system, its page, its messages."""

import time
from datetime import UTC, datetime

import httpx
import pytest

from local.seed import BANCARD
from tests.journeys.conftest import Visitor, free_starts, problem, swept
from tests.support.raffles import body

pytestmark = pytest.mark.journey
SLUG = "peluqueria-nanduti"
PUBLIC, API = f"tenant/{SLUG}/public", f"tenant/{SLUG}/api"
LONG_AGO = {"S": "2026-01-01T00:00:00Z"}


class Portal:
    """The stand-in's portal, and a person at its page."""

    def __init__(self, base_url):
        self.http = httpx.Client(base_url=f"{base_url}/bancard/", timeout=60, trust_env=False)

    def page(self, checkout):
        return self.http.get(checkout["page_url"])

    def choose(self, checkout, choice):
        """What the page's button sends."""
        sent = {"process_id": checkout["process_id"], "choice": choice}
        answer = self.http.post("checkout/pay", json=sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def purchase(self, checkout):
        return self.http.get(self._of(checkout)).json()

    def confirm(self, checkout, **changed):
        return self.http.post(f"{self._of(checkout)}/confirmation", json=changed)

    def _of(self, checkout):
        return f"portal/purchases/{BANCARD['public_key']}/{checkout['payment_id']}"


@pytest.fixture(scope="module")
def portal(stack):
    found = Portal(stack.stand_ins_url)
    yield found
    found.http.close()


@pytest.fixture(scope="module")
def boss(sign_in):
    return sign_in(f"admin@{SLUG}.example")


@pytest.fixture(scope="module")
def clerk(sign_in):
    return sign_in(f"staff@{SLUG}.example")


@pytest.fixture(scope="module")
def deposit(boss):
    """A service of which customers pay 30 % beforehand, and the rest at the counter."""
    form = {"name": "Peinado de novia", "duration_minutes": 60, "price": "400000", "deposit_percent": 30}
    made = boss.call("POST", f"{API}/services", form)
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
def anybody(http):
    return Visitor(http)


_taken = iter(range(100))


def book(anybody, service):
    """A customer books the first free time that no other test here took."""
    starts = free_starts(anybody, f"{PUBLIC}/availability", service["id"], 9)[next(_taken) % 5]
    form = {"service_id": service["id"], "starts_at": starts, "name": "Ana López", "phone": "0984 100 001"}
    booked = anybody.call("POST", f"{PUBLIC}/appointments", form)
    assert booked.status_code == 201, booked.text
    return booked.json()


def checkout(anybody, own, **form):
    begun = anybody.call("POST", own["links"]["checkout"].lstrip("/"), form or None)
    assert begun.status_code == 200, begun.text
    return begun.json()


def see(anybody, own):
    return anybody.call("GET", own["links"]["self"].lstrip("/")).json()


def appointment_of(clerk, own):
    found = clerk.call("GET", f"{API}/appointments?limit=100&order=newest").json()["items"]
    return next(one for one in found if one["starts_at"] == own["starts_at"] and one["status"] != "CANCELLED")


def alter(stack, key, values):
    """Let time pass for one item: nobody waits a quarter of an hour in a test."""
    names = {f"#{name}": name for name in values}
    stack.client("dynamodb").update_item(
        TableName=stack.table_name,
        Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def lapse(stack, appointment):
    """The hold ends, in the appointment and in its agenda day."""
    alter(stack, (f"T#{SLUG}#APPOINTMENTS", f"APPOINTMENT#{appointment['id']}"), {"hold_expires_at": LONG_AGO})
    table = stack.client("dynamodb")
    key = {"pk": {"S": f"T#{SLUG}#AGENDA#{appointment['resource_id']}"}, "sk": {"S": appointment["starts_at"][:10]}}
    lines = table.get_item(TableName=stack.table_name, Key=key)["Item"]["lines"]["M"]
    for name, line in lines.items():
        held = int.from_bytes(line["B"][14:18])
        if held:
            table.update_item(
                TableName=stack.table_name,
                Key=key,
                UpdateExpression="SET #l.#n = :l",
                ExpressionAttributeNames={"#l": "lines", "#n": name},
                ExpressionAttributeValues={":l": {"B": line["B"][:14] + (1).to_bytes(4)}},
            )


def expire_page(stack, paid):
    """The payment's time is over, and it is due to be asked about."""
    changed = {"payable_until": LONG_AGO, "due_at": LONG_AGO}
    alter(stack, (f"T#{SLUG}#PAYMENTS", f"PAYMENT#{paid['payment_id']}"), changed)


def test_a_customer_books_pays_the_deposit_on_the_page_and_the_message_confirms(anybody, clerk, portal, deposit):
    own = book(anybody, deposit)
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
    rest = clerk.call("POST", f"{API}/appointments/{appointment_of(clerk, own)['id']}/payments", {"method": "CASH"})
    assert (rest.json()["payment"]["amount"], rest.json()["appointment"]["payment_status"]) == ("280000", "PAID")


def test_a_decline_leaves_the_slot_held_until_it_lapses(anybody, clerk, portal, deposit, stack):
    own = book(anybody, deposit)
    begun = checkout(anybody, own)

    portal.choose(begun, "decline_processed")

    assert see(anybody, own)["status"] == "PENDING"
    (sent,) = portal.purchase(begun)["confirmations"]
    assert (sent["sent"]["operation"]["response"], sent["answer"]) == ("S", '{"status":"success"}')
    one = appointment_of(clerk, own)
    assert clerk.call("GET", f"{API}/payments/{begun['payment_id']}").json()["status"] == "FAILED"
    lapse(stack, one)
    alter(stack, (f"T#{SLUG}#APPOINTMENTS", f"APPOINTMENT#{one['id']}"), {"due_at": LONG_AGO})
    swept(stack, lambda: see(anybody, own)["status"] == "EXPIRED")
    assert own["starts_at"] in free_starts(anybody, f"{PUBLIC}/availability", deposit["id"], 9)


def test_a_late_message_takes_the_slot_again(anybody, clerk, portal, deposit, stack):
    own = book(anybody, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "late")
    assert see(anybody, own)["status"] == "PENDING"
    lapse(stack, appointment_of(clerk, own))

    assert portal.confirm(begun).status_code == 200

    assert (see(anybody, own)["status"], see(anybody, own)["payment_status"]) == ("CONFIRMED", "PARTIAL")


def test_a_late_message_for_a_slot_that_is_gone_is_refunded(anybody, clerk, boss, portal, deposit, stack):
    own = book(anybody, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "late")
    one = appointment_of(clerk, own)
    lapse(stack, one)
    form = {"service_id": deposit["id"], "starts_at": own["starts_at"], "status": "CONFIRMED"}
    taken = clerk.call("POST", f"{API}/appointments", form | {"customer": {"name": "Beto", "phone": "0984 100 002"}})
    assert taken.status_code == 201, taken.text

    portal.confirm(begun)

    def payment_of():
        return clerk.call("GET", f"{API}/payments/{begun['payment_id']}").json()

    swept(stack, lambda: payment_of()["status"] == "REFUNDED")
    payment = payment_of()
    assert (payment["status"], payment["reason"], payment["refunded_by"]) == ("REFUNDED", "SLOT_GONE", "bancard")
    assert portal.purchase(begun)["state"] == "ROLLED_BACK"
    problem(clerk.call("POST", f"{API}/payments/{begun['payment_id']}/refund", {"reason": "x"}), 403, "forbidden")


def test_with_every_message_lost_it_is_found_out(anybody, clerk, portal, deposit, stack):
    own = book(anybody, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "never")
    assert portal.purchase(begun)["confirmations"] == []

    alter(stack, (f"T#{SLUG}#PAYMENTS", f"PAYMENT#{begun['payment_id']}"), {"due_at": LONG_AGO})
    swept(stack, lambda: see(anybody, own)["status"] != "PENDING")

    assert (see(anybody, own)["status"], see(anybody, own)["payment_status"]) == ("CONFIRMED", "PARTIAL")


def test_what_was_never_paid_is_rolled_back_and_let_go(anybody, clerk, portal, deposit, stack):
    own = book(anybody, deposit)
    begun = checkout(anybody, own)
    one = appointment_of(clerk, own)
    lapse(stack, one)
    expire_page(stack, begun)

    swept(stack, lambda: clerk.call("GET", f"{API}/payments/{begun['payment_id']}").json()["status"] == "EXPIRED")
    alter(stack, (f"T#{SLUG}#APPOINTMENTS", f"APPOINTMENT#{one['id']}"), {"due_at": LONG_AGO})
    swept(stack, lambda: see(anybody, own)["status"] == "EXPIRED")

    assert portal.purchase(begun)["state"] == "CLOSED"
    assert portal.http.get(f"payment/single_buy?process_id={begun['process_id']}").status_code in (200, 404)


@pytest.fixture(scope="module")
def on_sale(boss):
    form = body(datetime.now(UTC).replace(microsecond=0), price="10000", last_number=48, numbers_per_order=4)
    made = boss.call("POST", f"{API}/raffles", form)
    assert made.status_code == 201, made.text
    opened = boss.call("POST", f"{API}/raffles/{made.json()['id']}/open", {"method": {"name": "drand"}})
    assert opened.status_code == 200, opened.text
    return made.json()["id"]


@pytest.mark.parametrize("choice", ["approve", "twice", "never"])
def test_a_raffle_order_is_paid_likewise(anybody, portal, stack, on_sale, choice):
    numbers = {"approve": [1, 2], "twice": [3, 4], "never": [5, 6]}[choice]
    form = {"numbers": numbers, "name": "Ana López", "phone": "0984 200 001"}
    own = anybody.call("POST", f"{PUBLIC}/raffles/{on_sale}/orders", form).json()
    begun = checkout(anybody, own)

    portal.choose(begun, choice)
    if choice == "never":
        alter(stack, (f"T#{SLUG}#PAYMENTS", f"PAYMENT#{begun['payment_id']}"), {"due_at": LONG_AGO})
        swept(stack, lambda: see(anybody, own)["status"] == "PAID")

    assert see(anybody, own)["status"] == "PAID"
    sent = portal.purchase(begun)["confirmations"]
    assert [one["answer"] for one in sent] == ['{"status":"success"}'] * {"approve": 1, "twice": 2, "never": 0}[choice]


def test_a_cancellation_gives_the_deposit_back(anybody, clerk, portal, deposit, stack):
    own = book(anybody, deposit)
    begun = checkout(anybody, own)
    portal.choose(begun, "approve")

    cancelled = anybody.call("POST", own["links"]["cancel"].lstrip("/"), {"reason": "Viajo"})

    assert (cancelled.json()["status"], cancelled.json()["payment_status"]) == ("CANCELLED", "REFUNDED")
    swept(stack, lambda: portal.purchase(begun)["state"] == "ROLLED_BACK")


def test_keys_are_never_shown_and_only_an_admin_of_the_tenant_sees_that_they_are_there(boss, clerk, admin, http):
    one = f"{API}/integrations/BANCARD"

    shown = boss.call("GET", one)

    assert (shown.json()["public_key"], shown.json()["has_private_key"]) == (BANCARD["public_key"], True)
    assert BANCARD["private_key"] not in shown.text
    problem(clerk.call("GET", one), 403, "forbidden")
    problem(admin.call("GET", one), 404, "not_found")
    started = time.monotonic()
    assert http.post(f"{API}/payments/bancard/webhook", content=b"").json() == {"status": "success"}
    assert time.monotonic() - started < 30


def test_the_days_report_tells_what_moved(boss):
    today = datetime.now(UTC).date()
    told = [boss.call("GET", f"{API}/payments/report?date={day}").json() for day in (today,)]

    assert {"sums", "due", "pending", "parked", "differences"} <= set(told[0])
