"""Where isolation is on, each request is signed for the tenant in hand; botocore's own events show by whom."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from mostrador import clock, context, process_cache, settings
from mostrador.process_cache import ProcessCache
from mostrador.table import base, credentials, keys, reads, tenant_guard
from mostrador.table.credentials import NoCredentials
from tests.support.http import viewer
from tests.support.lines import trips

ROLE = "arn:aws:iam::123456789012:role/data"
THROTTLED = ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "AssumeRole")
SILENT = ConnectTimeoutError(endpoint_url="https://sts.us-east-1.amazonaws.com")


class Sts:
    """STS as far as it is asked: the access key tells the tenant and how often its role was assumed."""

    def __init__(self):
        self.asked, self.fails = [], None

    def assume_role(self, **asked):
        if self.fails:
            raise self.fails
        self.asked.append(asked)
        (tag,) = asked["Tags"]
        number = self.tenants().count(tag["Value"])
        key = {"AccessKeyId": f"{tag['Value']}.{number}", "SecretAccessKey": "secret", "SessionToken": "token"}
        return {"Credentials": key | {"Expiration": clock.now() + timedelta(seconds=asked["DurationSeconds"])}}

    def tenants(self):
        return [one["Tags"][0]["Value"] for one in self.asked]


@pytest.fixture
def client_of_its_own(table):
    base.disconnect()
    process_cache.clear_all()
    yield
    base.disconnect()
    process_cache.clear_all()


@pytest.fixture
def sts(client_of_its_own, monkeypatch):
    fake = Sts()
    monkeypatch.setattr(settings, "data_role_arn", lambda: ROLE)
    monkeypatch.setattr(credentials, "_sts", lambda *_: fake)
    return fake


def own():
    """The access key that the client was made with."""
    return base.client()._request_signer._credentials.access_key


@contextmanager
def signatures():
    """For each request sent, who was in hand and whose access key signed."""
    seen, events = [], base.client().meta.events

    def sent(request, **_):
        key = str(request.headers["Authorization"]).split("Credential=")[1].split("/")[0]
        seen.append((context.current().tenant, key))

    events.register_first("before-send.dynamodb", sent)
    try:
        yield seen
    finally:
        events.unregister("before-send.dynamodb", sent)


def read(slug):
    with context.working(slug):
        reads.get_item(keys.tenant(slug))


def at(monkeypatch, instant):
    monkeypatch.setattr(clock, "now", lambda: instant)


NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_each_request_is_signed_for_the_tenant_in_hand(sts):
    with signatures() as seen:
        for slug in ("salon", "clinic", "salon"):
            read(slug)

    assert seen == [("salon", "salon.1"), ("clinic", "clinic.1"), ("salon", "salon.1")]


def test_the_role_is_assumed_once_for_a_tenant_and_tagged_with_it(sts):
    slug = "a" * 63
    for _ in range(3):
        read(slug)

    (asked,) = sts.asked
    assert asked["Tags"] == [{"Key": "tenant", "Value": slug}]
    assert (asked["RoleArn"], asked["DurationSeconds"]) == (ROLE, 3600)
    assert asked["RoleSessionName"].startswith("test-aaa")
    assert len(asked["RoleSessionName"]) == 64


def test_without_a_tenant_in_hand_the_functions_own_credentials_sign(sts):
    with context.working(None), signatures() as seen:
        reads.parents(keys.user_partition("u"))

    assert seen == [(None, own())]
    assert sts.asked == []


def test_it_is_off_unless_the_environment_names_the_role(client_of_its_own, monkeypatch):
    monkeypatch.setattr(credentials, "_sts", lambda *_: pytest.fail("no client of STS is needed"))
    with signatures() as seen:
        read("salon")

    assert seen == [("salon", own())]


def test_credentials_are_renewed_five_minutes_before_they_end(sts, monkeypatch):
    at(monkeypatch, NOON)
    read("salon")
    at(monkeypatch, NOON + timedelta(minutes=54, seconds=59))
    read("salon")
    assert len(sts.asked) == 1

    at(monkeypatch, NOON + timedelta(minutes=55))
    with signatures() as seen:
        read("salon")

    assert seen == [("salon", "salon.2")]


def test_the_tenant_that_was_longest_not_served_is_forgotten_first(sts, monkeypatch):
    monkeypatch.setattr(credentials, "_kept", ProcessCache(size=2))
    for slug in ("salon", "clinic", "salon", "garage", "salon", "clinic"):
        read(slug)

    assert sts.tenants() == ["salon", "clinic", "garage", "clinic"]


def test_a_foreign_key_is_refused_before_any_role_is_assumed(sts):
    with context.working("salon"), pytest.raises(tenant_guard.ForeignKey):
        reads.get_item(keys.tenant("clinic"))

    assert sts.asked == []


@pytest.mark.parametrize("failure", [THROTTLED, SILENT], ids=["throttled", "silent"])
def test_without_sts_a_request_is_a_503_and_nothing_is_sent(sts, failure):
    sts.fails = failure
    with trips() as sent:
        answer = viewer.call("GET", "/tenant/salon/api/services")

    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert sent == []


def test_while_sts_fails_the_old_credentials_sign_until_they_end(sts, monkeypatch):
    at(monkeypatch, NOON)
    read("salon")
    sts.fails = THROTTLED
    at(monkeypatch, NOON + timedelta(minutes=59))
    with signatures() as seen:
        read("salon")
    at(monkeypatch, NOON + timedelta(hours=1))

    assert seen == [("salon", "salon.1")]
    with pytest.raises(NoCredentials):
        read("salon")


def test_after_a_failure_sts_is_asked_again_in_half_a_minute(sts, monkeypatch):
    at(monkeypatch, NOON)
    read("salon")
    sts.fails = THROTTLED
    at(monkeypatch, NOON + timedelta(minutes=56))
    read("salon")
    sts.fails = None
    for seconds, assumed in ((29, 1), (30, 2)):
        at(monkeypatch, NOON + timedelta(minutes=56, seconds=seconds))
        read("salon")
        assert len(sts.asked) == assumed


def signed_by_threads(monkeypatch):
    """What eight threads send for four tenants, of whom only two are kept: (tenant in hand, whose key signed)."""
    monkeypatch.setattr(credentials, "_kept", ProcessCache(size=2))
    slugs = [f"tenant-{number % 4}" for number in range(400)]
    events = base.client().meta.events
    events.register("before-sign.dynamodb", lambda **_: time.sleep(0.001))  # the others' turn
    with signatures() as seen, ThreadPoolExecutor(8) as pool:
        list(pool.map(read, slugs))
    assert len(seen) == len(slugs)
    return [(tenant, key.split(".")[0]) for tenant, key in seen]


def test_the_tenants_of_different_threads_never_mix(sts, monkeypatch):
    assert all(tenant == signer for tenant, signer in signed_by_threads(monkeypatch))


def test_credentials_set_on_the_client_would_mix(sts, monkeypatch):
    def sign(sts, **_):
        signer = base.client()._request_signer
        signer._credentials = credentials._of(context.current().tenant, sts)

    monkeypatch.setattr(credentials, "_sign", sign)

    assert not all(tenant == signer for tenant, signer in signed_by_threads(monkeypatch))


def test_the_client_of_sts_is_made_late_asks_its_region_and_waits_briefly(client_of_its_own, monkeypatch):
    made, really = [], credentials._sts
    monkeypatch.setattr(settings, "data_role_arn", lambda: ROLE)
    monkeypatch.setattr(credentials, "_sts", lambda *of: made.append(really(*of)) or made[-1])
    base.client()
    assert made == []

    for slug in ("salon", "clinic"):
        read(slug)

    (client,) = set(made)
    assert client.meta.endpoint_url == "https://sts.us-east-1.amazonaws.com"
    assert (client.meta.config.connect_timeout, client.meta.config.read_timeout) == (1, 2)
