"""The deployed local stack, one for all journeys: MiniStack, the real template, and a tenant for each journey."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import up
from local.seed import SUPERUSER
from local.stack import NAME, Stack
from tests.journeys import businesses, days
from tests.journeys.businesses import Business
from tests.journeys.visitors import Session, Visitor, aws

PATIENCE = httpx.Timeout(180, connect=60, pool=180)
"""For a machine on which twelve others work: what takes long is no failure."""
LONG = 180
"""Seconds until which something must have come about that takes some seconds on an idle machine."""


def free_starts(visitor: Visitor, path: str, service_id: str, days_ahead: int) -> list[str]:
    """What ``path`` (an availability) offers in the eight days from so many days after today, the first day first.

    Eight days have an open one, whatever the weekday. None is half over, and none is a holiday of the tenant's.
    """
    first = days.today() + timedelta(days=days_ahead)
    answer = visitor.call("GET", f"{path}?service={service_id}&from={first}&to={first + timedelta(days=7)}")
    assert answer.status_code == 200, answer.text
    return [slot["starts_at"] for slot in answer.json()["slots"]]


CALLING = (
    "test_calendar.py",
    "test_generated_client.py",
    "test_isolation.py",
    "test_payments.py",
    "test_raffle_fairness.py",
    "test_raffles.py",
    "test_waiting.py",
)
"""Journeys that themselves call what else runs by a schedule."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a minute pass of itself: what the schedules are to do is made first, and looked at before others do it."""
    places = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    for place, item in zip(places, sorted((items[place] for place in places), key=_turn), strict=True):
        items[place] = item


def _turn(item: pytest.Item) -> int:
    if item.path.name == "test_schedules.py":
        return 0 if item.name.startswith("test_what_is_due") else 2
    return 3 if item.path.name in CALLING else 1


called: Counter[str] = Counter()
"""How often a test has called a function that else runs by itself."""


def run(stack: Stack, logical_id: str, event: dict[str, Any]) -> Any:
    """What a function answers to an event that is no request."""
    called[logical_id] += 1
    found = aws(stack, "cloudformation").describe_stack_resource(StackName=NAME, LogicalResourceId=logical_id)
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    answer = aws(stack, "lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    counts = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, counts
    return counts


def sweep(stack: Stack) -> Any:
    """One run of the deployed sweeper, now. What it counts may be less than all: its schedule runs beside it."""
    return run(stack, "SweeperFunction", {})


def eventually(holds: Callable[[], Any], seconds: float = LONG, pause: float = 0.1) -> float:
    """Wait until it holds; the seconds that took."""
    since = time.monotonic()
    while not holds():
        assert time.monotonic() - since < seconds, "it never did"
        time.sleep(pause)
    return time.monotonic() - since


def swept(stack: Stack, holds: Callable[[], Any], seconds: float = LONG) -> None:
    """Run the sweeper until it holds: what is due may be in the hands of the run that the schedule started."""

    def held() -> Any:
        sweep(stack)
        return holds()

    eventually(held, seconds)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Deployed once for all journeys."""
    with up.throwaway(tmp_path_factory.mktemp("mostrador")) as running:
        yield running.stack


@pytest.fixture(scope="session")
def http(stack: Stack) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(retries=3, trust_env=False, limits=httpx.Limits(max_connections=64))
    with httpx.Client(base_url=stack.api_url, timeout=PATIENCE, trust_env=False, transport=transport) as client:
        yield client


@pytest.fixture(scope="session")
def sign_in(stack: Stack, http: httpx.Client) -> Callable[[str], Visitor]:
    """``sign_in("staff@salon-beauty.example")``: a Visitor whose session at the user pool is renewed by itself."""
    return lambda email: Visitor(http, Session(stack, email))


@pytest.fixture(scope="session")
def superuser(sign_in: Callable[[str], Visitor]) -> Visitor:
    return sign_in(SUPERUSER)


@pytest.fixture(scope="session")
def found(superuser: Visitor, stack: Stack) -> Callable[..., Business]:
    """``found("Salón", currency="PYG")``: a new tenant."""
    return lambda name, **settings: businesses.found(superuser, stack, name, **settings)


@pytest.fixture(scope="session")
def seeded(superuser: Visitor, stack: Stack) -> Callable[[str], Business]:
    """``seeded("salon-beauty")``: one of the example tenants, for who reads there or is the only one to write."""
    return lambda slug: Business(stack, superuser.http, superuser, slug, is_of_the_seed=True)


@pytest.fixture(scope="session")
def neighbour(found: Callable[..., Business]) -> Business:
    """Another tenant, whose people have no business in any other."""
    return found("Clínica vecina")


@pytest.fixture(scope="module")
def business(found: Callable[..., Business]) -> Business:
    """The tenant of this journey, in whose file nobody else books, sells or is paid."""
    return found("Salón de la jornada")


@pytest.fixture(scope="module")
def staff(business: Business) -> Visitor:
    return business.staff


@pytest.fixture(scope="module")
def viewer(business: Business) -> Visitor:
    return business.viewer


@pytest.fixture(scope="module")
def admin(business: Business) -> Visitor:
    return business.admin


@pytest.fixture(scope="session")
def stranger(neighbour: Business) -> Visitor:
    """The admin of another tenant, where this admin may do everything."""
    visitor = neighbour.admin
    assert visitor.call("GET", f"{neighbour.api}/services").status_code == 200
    return visitor


@pytest.fixture(scope="session")
def mails(stack: Stack) -> Callable[[str], list[str]]:
    """``mails("ana@example.com")``: the texts of what was mailed to somebody, the newest last."""

    def to(email: str) -> list[str]:
        kept = httpx.get(f"{stack.endpoint}/_ministack/ses/messages", timeout=PATIENCE, trust_env=False).json()
        sent = [mail for actor_name in kept["messages"].values() for mail in actor_name if mail["To"] == [email]]
        return [mail["BodyText"] + mail["BodyHtml"] for mail in sent]

    return to
