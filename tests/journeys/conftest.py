"""The deployed local stack: MiniStack, the real template, the example tenants; one for all journeys."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from local import up
from local.seed import PASSWORD
from local.stack import NAME, Stack


@dataclass(frozen=True)
class Visitor:
    """Somebody who talks to the API over HTTP, signed in or not."""

    http: httpx.Client
    token: str | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()} | {"Accept-Language": "en"}
        if self.token:
            told["Authorization"] = f"Bearer {self.token}"
        return self.http.request(method, path, json=body, headers=told)


def free_starts(visitor: Visitor, path: str, service_id: str, days_ahead: int) -> list[str]:
    """What ``path`` (an availability) offers in the eight days from so many days ahead."""
    first = datetime.now(UTC).date() + timedelta(days=days_ahead)
    answer = visitor.call("GET", f"{path}?service={service_id}&from={first}&to={first + timedelta(days=7)}")
    assert answer.status_code == 200, answer.text
    return [slot["starts_at"] for slot in answer.json()["slots"]]


def problem(answer: httpx.Response, status: int, code: str) -> Any:
    """The problem that ``answer`` must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == code
    return told


def sweep(stack: Stack) -> Any:
    """One run of the deployed sweeper, now. What it counts may be less than all: its schedule runs beside it."""
    found = stack.client("cloudformation").describe_stack_resource(StackName=NAME, LogicalResourceId="SweeperFunction")
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    told = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def eventually(holds: Callable[[], Any], seconds: float, pause: float = 0.1) -> float:
    """Wait until it holds; the seconds that took."""
    since = time.monotonic()
    while not holds():
        assert time.monotonic() - since < seconds, "it never did"
        time.sleep(pause)
    return time.monotonic() - since


def swept(stack: Stack, holds: Callable[[], Any], seconds: float = 60) -> None:
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
    limits = httpx.Limits(max_connections=64)
    with httpx.Client(base_url=stack.api_url, timeout=60, trust_env=False, limits=limits) as client:
        yield client


@pytest.fixture(scope="session")
def sign_in(stack: Stack, http: httpx.Client) -> Any:
    """``sign_in("staff@salon-beauty.example")``: a Visitor with a token of the user pool."""

    def signed_in(email: str) -> Visitor:
        answer = stack.client("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=stack.client_id,
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        return Visitor(http, answer["AuthenticationResult"]["AccessToken"])

    return signed_in


@pytest.fixture(scope="session")
def staff(sign_in: Any) -> Visitor:
    return sign_in("staff@salon-beauty.example")


@pytest.fixture(scope="session")
def viewer(sign_in: Any) -> Visitor:
    return sign_in("viewer@salon-beauty.example")


@pytest.fixture(scope="session")
def admin(sign_in: Any) -> Visitor:
    return sign_in("admin@salon-beauty.example")


@pytest.fixture(scope="session")
def clinic_admin(sign_in: Any) -> Visitor:
    return sign_in("admin@clinic-health.example")


@pytest.fixture(scope="session")
def superuser(sign_in: Any) -> Visitor:
    return sign_in("super@mostrador.example")
