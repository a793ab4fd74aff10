"""A shop at the stand-in for Bancard, with a server of its own that takes down what it is told."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3

from mostrador.payments.rules import bancard
from tests.support import stand_ins


def pytest_itemcollected(item):
    """The stand-ins in full are of `make test-deep`; the journeys and the clients meet them in `make test`."""
    item.add_marker("deep")


PUBLIC_KEY = "MOCKpub0000000000000000000000001"
PRIVATE_KEY = "MOCKprivKEY0000000000000000000000000001x"
PROCESS = 900000000000123
AMOUNT = "10330.00"
API = "/vpos/api/0.3"


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def key(self):
        return self.json["messages"][0]["key"]


@dataclass
class Shop:
    """``notices`` are the raw bodies that were posted to it, ``types`` how they were labelled; ``says`` its answer."""

    base: str = ""
    pool: Any = None
    public_key: str = PUBLIC_KEY
    private_key: str = PRIVATE_KEY
    notices: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    says: dict[str, Any] = field(default_factory=lambda: {"statusCode": 200, "body": '{"status":"success"}'})
    then: Callable[[], object] | None = None

    def handle(self, event, _context):
        """The shop's webhook, as a function behind API Gateway."""
        self.notices.append(event["body"])
        self.types.append(event["headers"]["content-type"])
        if self.then:
            self.then()
        return self.says

    @property
    def told(self):
        """What the notices said."""
        return [json.loads(one)["operation"] for one in self.notices]

    def call(self, method, path, body=None, **options):
        sent = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        answer = self.pool.request(
            method, self.base + path, body=None if method == "GET" else sent, headers=stand_ins.PORTAL, **options
        )
        return Answer(answer.status, answer.data.decode(), answer.headers)

    def vpos(self, path, *, public_key=None, method="POST", **operation):
        envelope = {"public_key": public_key or self.public_key, "operation": operation}
        return self.call(method, API + path, envelope)

    def register(self, url=None):
        body = {"private_key": self.private_key, "confirmation_url": url or f"{self.host}/shop/notices"}
        return self.call("PUT", f"/portal/applications/{self.public_key}", body)

    @property
    def host(self):
        return self.base.removesuffix("/bancard")

    def buy(self, number=PROCESS, **changed):
        """The answer to a right single_buy, but for what is ``changed``."""
        amount = changed.get("amount", AMOUNT)
        sent = {
            "token": bancard.single_buy_token(self.private_key, int(number), amount, "PYG"),
            "shop_process_id": number,
            "amount": amount,
            "currency": "PYG",
            "additional_data": "",
            "description": "Turno 15:30",
            "return_url": "https://t1.example.py/pago/1?orden=7",
            "cancel_url": "https://t1.example.py/pago/1/cancelado",
        }
        return self.vpos("/single_buy", **(sent | changed))

    def confirmations(self, number=PROCESS):
        token = bancard.confirmation_query_token(self.private_key, int(number))
        return self.vpos("/single_buy/confirmations", token=token, shop_process_id=number)

    def rollback(self, number=PROCESS):
        token = bancard.rollback_token(self.private_key, int(number))
        return self.vpos("/single_buy/rollback", token=token, shop_process_id=number)

    def behave(self, operation, how, **more):
        asked = {"operation": operation, "how": how} | more
        return self.call("POST", f"/portal/applications/{self.public_key}/faults", asked)

    def purchase(self, number=PROCESS):
        return self.call("GET", f"/portal/purchases/{self.public_key}/{number}").json

    def pay(self, choice="approve", number=PROCESS, **more):
        return self.call("POST", f"/portal/purchases/{self.public_key}/{number}/pay", {"choice": choice} | more)

    def confirm(self, number=PROCESS, **notice):
        return self.call("POST", f"/portal/purchases/{self.public_key}/{number}/confirmation", notice)

    def next_day(self):
        return self.call("POST", "/portal/next-day", {"public_key": self.public_key})


@pytest.fixture
def shop(table):
    """A registered shop."""
    opened = Shop()
    with (
        stand_ins.serving("bancard_mock", also={"/shop": opened.handle}) as base,
        urllib3.PoolManager(retries=False, timeout=30) as pool,
    ):
        opened.base, opened.pool = base, pool
        assert opened.register().status == 200
        yield opened


@pytest.fixture
def other_shop(shop):
    """Another shop at the same gateway."""
    opened = Shop(shop.base, shop.pool, "OTHERpub000000000000000000000002", "another private key")
    assert opened.register().status == 200
    return opened
