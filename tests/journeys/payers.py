"""Somebody who books and pays, the page of the stand-in for Bancard, and time that passes at once for one item."""

import uuid
from itertools import count

import httpx

from local.seed import BANCARD
from tests.journeys.conftest import PATIENCE, free_starts
from tests.journeys.visitors import aws

LONG_AGO = {"S": "2026-01-01T00:00:00Z"}
_addresses = count(1)


class Portal:
    """The stand-in's portal, and a person at its page."""

    def __init__(self, stack, public_key):
        base_url, headers = f"{stack.stand_ins_url}/bancard/", stack.portal_headers()
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=PATIENCE, trust_env=False)
        self.public_key = public_key

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
        return f"portal/purchases/{self.public_key}/{checkout['payment_id']}"


def own_account():
    """Keys of an account at the stand-in, which nobody else has."""
    return BANCARD | {"public_key": f"MOCK{uuid.uuid4().hex[:28]}"}


def connect(stack, business, account):
    """The business takes payments with this account, which sends its messages there."""
    webhook = f"{stack.api_url}/{business.api}/payments/bancard/webhook"
    told = {"private_key": account["private_key"], "confirmation_url": webhook}
    address = f"{stack.stand_ins_url}/bancard/portal/applications/{account['public_key']}"
    httpx.put(address, json=told, headers=stack.portal_headers(), timeout=PATIENCE, trust_env=False).raise_for_status()
    connected = business.admin.call("PUT", f"{business.api}/integrations/BANCARD", account)
    assert connected.status_code in (200, 201), connected.text


def offered(anybody, business, service):
    return free_starts(anybody, f"{business.public}/availability", service["id"], 9)


def book(anybody, business, service):
    """A customer, at an address that nobody else has, books the first free time."""
    starts = offered(anybody, business, service)[0]
    ana = {"name": "Ana López", "phone": "0984 100 001"}
    form = {"service_id": service["id"], "scheduled_at": starts, "customer_data": ana}
    address = f"198.51.100.{next(_addresses)}"
    booked = anybody.call("POST", f"{business.public}/appointments", form, X_Forwarded_For=address)
    assert booked.status_code == 201, booked.text
    return booked.json()


def checkout(anybody, own, **form):
    begun = anybody.call("POST", own["links"]["checkout"].lstrip("/"), form or None)
    assert begun.status_code == 200, begun.text
    return begun.json()


def see(anybody, own):
    return anybody.call("GET", own["links"]["self"].lstrip("/")).json()


def appointment_of(clerk, business, service):
    """The one that stands in the agenda of a service."""
    found = clerk.call("GET", f"{business.api}/appointments?limit=100&sort=-scheduled_at").json()["items"]
    (one,) = [one for one in found if one["service_id"] == service["id"] and one["status"] != "CANCELLED"]
    return one


def alter(stack, key, values):
    """Let time pass for one item: nobody waits a quarter of an hour in a test."""
    names = {f"#{name}": name for name in values}
    aws(stack, "dynamodb").update_item(
        TableName=stack.table_name,
        Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def lapse(stack, slug, appointment):
    """The hold ends, in the appointment and in its agenda day."""
    alter(stack, (f"T#{slug}#APPOINTMENTS", f"APPOINTMENT#{appointment['id']}"), {"hold_expires_at": LONG_AGO})
    table = aws(stack, "dynamodb")
    key = {"pk": {"S": f"T#{slug}#AGENDA#{appointment['resource_id']}"}, "sk": {"S": appointment["scheduled_at"][:10]}}
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


def expire_page(stack, slug, paid):
    """The payment's time is over, and it is due to be asked about."""
    changed = {"payable_until": LONG_AGO, "due_at": LONG_AGO}
    alter(stack, (f"T#{slug}#PAYMENTS", f"PAYMENT#{paid['payment_id']}"), changed)
