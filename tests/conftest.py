"""What every test shares: the environment (before any import of ours), the table, two tenants, a caller."""

import os

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "TABLE_NAME": "mostrador-test",
    "STAGE": "test",
    "SIGNING_KEY": "a key for tests",
    "TOKEN_ISSUER": "https://issuer.test/pool",
    "JWKS_URL": "https://issuer.test/pool/.well-known/jwks.json",
    "USER_POOL_CLIENT_ID": "client",
    "INTEGRATION_KEY": "alias/mostrador-test",
    "BANCARD_URL": "https://bancard.test",
    "GOOGLE_API_BASE": "https://google.test/calendar/v3",
    "GOOGLE_TOKEN_URL": "https://google.test/token",
    "GOOGLE_AUTH_URL": "https://google.test/auth",
    "GOOGLE_REVOKE_URL": "https://google.test/revoke",
    "GOOGLE_CLIENT_ID": "client-of-google",
    "GOOGLE_CLIENT_SECRET": "a secret for tests",
    "USAGE_KEY": "requests",
    "SUPERUSER_MFA": "off",
    "STAND_INS_TOKEN": "a token for tests only",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Test",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
os.environ.pop("AWS_ENDPOINT_URL", None)

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws
from moto.backends import get_backend
from moto.core.model_instances import reset_model_data
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from local import dynoxide as local_dynoxide
from mostrador import clock, context, process_cache
from mostrador.people import members
from mostrador.people.rules.permissions import Role
from mostrador.scheduling import services
from mostrador.scheduling.views.services import NewService
from mostrador.table import attempts, base, tenant_guard
from mostrador.table.items.scheduling import Service
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import bank as banks
from tests.support import calendars, days, quick_moto, snapshots, spoken, stream, template
from tests.support import google_double as doubles
from tests.support import till as tills

# On a machine that is busy an example may take long to make: that says nothing of the code.
calm: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
# The same examples in each run, so that a run proves the same twice; `make proof` searches for new ones.
settings.register_profile("default", max_examples=15, stateful_step_count=25, derandomize=True, **calm)
settings.register_profile("proof", max_examples=2000, stateful_step_count=30, **calm)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """However many processes share the tests: one of them has all journeys, and so the one stack."""

    def _split_scope(self, nodeid: str) -> str:
        return "journeys" if nodeid.startswith("tests/journeys/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """xdist's own groups (``--dist loadgroup``) are overlooked by pytest 9."""
    return Sharing(config, log)


# The markers of every test before pytest selects any, by its id.
COLLECTED = pytest.StashKey[dict[str, set[str]]]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A journey that is not ``core`` is ``deep``: `make test` leaves it to `make test-deep`."""
    for one in items:
        if one.nodeid.startswith("tests/journeys/") and not one.get_closest_marker("core"):
            one.add_marker("deep")
    config.stash[COLLECTED] = {one.nodeid: {mark.name for mark in one.iter_markers()} for one in items}


quick_moto.hasten()
spoken.check_each_refusal()


# A test itself, in whatever thread, may touch every tenant's items; the doors that it calls may not.
TESTING = context.Work(tenant_guard.EVERY_TENANT, context.SYSTEM)
context._current = ContextVar("work", default=TESTING)  # type: ignore[misc]

NOW = days.NOW


@pytest.fixture(autouse=True)
def in_hand() -> Iterator[None]:
    """What one test takes in hand (a use case may ``enter`` a tenant) is not in the next one's."""
    with context.working(tenant_guard.EVERY_TENANT, context.SYSTEM):
        yield


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def monday() -> datetime:
    """In the place of ``now`` where the date is the point."""
    return days.MONDAY


@pytest.fixture(scope="session")
def moto() -> Iterator[Any]:
    """moto for the whole run; its clients are made once, because that is what takes long, and one pool of users."""
    with mock_aws():
        pool = boto3.client("cognito-idp").create_user_pool(**template.user_pool("mostrador-test"))
        os.environ["USER_POOL_ID"] = pool["UserPool"]["Id"]
        key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
        boto3.client("kms").create_alias(AliasName=os.environ["INTEGRATION_KEY"], TargetKeyId=key)
        yield boto3.client("dynamodb")


@pytest.fixture(scope="session")
def new_table(moto: Any) -> Callable[[], None]:
    """Puts a copy of the table of template.yaml, empty, on moto: a copy takes a hundredth of making one."""
    backend = get_backend("dynamodb")["123456789012"]["us-east-1"]
    moto.create_table(**template.create_table("mostrador-test"))
    empty = copy.deepcopy(backend.tables)
    users = get_backend("cognito-idp")["123456789012"]["us-east-1"].user_pools[os.environ["USER_POOL_ID"]].users

    def make() -> None:
        backend.tables = copy.deepcopy(empty)
        reset_model_data()  # moto keeps every table that there ever was
        users.clear()
        process_cache.clear_all()

    return make


@pytest.fixture
def table(new_table: Callable[[], None]) -> Iterator[None]:
    """The table of template.yaml, empty, on moto."""
    new_table()
    yield
    process_cache.clear_all()


@pytest.fixture
def case(table: None, subtests: pytest.Subtests) -> Callable[..., AbstractContextManager[None]]:
    """``with case(role="staff"):`` is one case of several in a test: a failure names it, and the others still run.

    Each case begins with the table as the test's fixtures left it.
    """

    @contextmanager
    def begun(**named: Any) -> Iterator[None]:
        with snapshots.put_back(), subtests.test(**named), context.working(tenant_guard.EVERY_TENANT, context.SYSTEM):
            yield

    return begun


@pytest.fixture
def salon(table: None) -> Tenant:
    wanted = NewTenant(slug="salon", name="Salón Ñandutí", country="PY", currency="PYG", business_hours=days.EVERY_DAY)
    return _with_an_admin(wanted)


def _with_an_admin(wanted: NewTenant) -> Tenant:
    """What an admin does is asked of the table, so the ``Client`` with that role must be in it."""

    def make() -> Tenant:
        tenant = tenants.create(wanted, now=NOW)
        members.add(tenant.slug, "u-admin", email="eva@example.com", role=Role.ADMIN, now=NOW)
        return tenant

    return snapshots.once(wanted.slug, make)


@pytest.fixture
def clinic(table: None) -> Tenant:
    there = {"country": "US", "time_zone": "America/New_York", "currency": "USD"}
    wanted = NewTenant(slug="clinic", name="Clínica", business_hours=days.EVERY_DAY, **there)
    return _with_an_admin(wanted)


@pytest.fixture
def haircut(salon: Tenant) -> Service:
    wanted = NewService(name="Corte", duration_minutes=30, price="80000")
    return snapshots.once("haircut", lambda: services.create("salon", wanted, key=None, now=NOW))


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that the test moves; the pauses between tries take no time."""
    made = calendars.Clock(NOW)
    monkeypatch.setattr(clock, "now", made)
    monkeypatch.setattr(attempts, "pause", lambda *_: None)
    return made


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Google, in memory."""
    with doubles.standing_in(monkeypatch) as made:
        yield made


@pytest.fixture
def shop(ticking: Any, google: Any, haircut: Service) -> Any:
    """A salon whose appointments follow into a calendar of Google's."""
    source = stream.Stream()
    calendars.connect(NOW)
    return calendars.Shop(ticking, haircut, source)


@pytest.fixture
def dynoxide(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The table of template.yaml, empty, on dynoxide: its transactions are atomic under real concurrency."""
    with local_dynoxide.running("mostrador-test") as endpoint:
        # Dozens of clients share this machine with the engine: who wins is the question, not how soon.
        monkeypatch.setattr(base.Item.Meta, "connect_timeout_seconds", 30)
        monkeypatch.setattr(base.Item.Meta, "read_timeout_seconds", 60)
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        base.disconnect()  # a client of this engine, for this test
        process_cache.clear_all()
        yield endpoint
        base.disconnect()
        process_cache.clear_all()


@pytest.fixture
def bank(salon: Tenant) -> Iterator[banks.Bank]:
    """Bancard in memory, at which the salon has an account."""
    banks.connect(NOW)
    with banks.opened() as opened:
        yield opened


@pytest.fixture(params=tills.KINDS)
def till(request: pytest.FixtureRequest, bank: banks.Bank) -> tills.Till:
    """Something held that is to be paid: an order, then an appointment."""
    return tills.KINDS[request.param](NOW)
