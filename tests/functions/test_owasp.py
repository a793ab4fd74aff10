"""R7: one test, named for it, for each risk of the OWASP API Security Top 10 of 2023; the matrices are elsewhere."""

import json
import socket
from datetime import datetime, timedelta

import pytest

from local import openapi
from mostrador.web import access_tokens
from tests.support import gateway, template
from tests.support.days import shifted
from tests.support.http import Client, admin, anybody, staff, viewer

SALON = "/tenant/salon/api"


@pytest.fixture
def booking(haircut):
    return {
        "service_id": haircut.id,
        "scheduled_at": shifted("2026-12-01T12:00:00Z"),
        "customer_data": {"name": "Ana", "phone": "0981 123 456"},
    }


def test_api1_broken_object_level_authorization(haircut, clinic):
    """Whoever is an admin of both still finds the one's service under the other's address nowhere."""
    both = Client({"salon": "admin", "clinic": "admin"})

    answer = both.call("GET", f"/tenant/clinic/api/services/{haircut.id}")

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_api2_broken_authentication(salon, monkeypatch):
    monkeypatch.setattr(access_tokens._keys, "fetch_data", lambda: {"keys": gateway.JWKS})
    access_tokens._keys.jwk_set_cache = None

    answers = {gateway.call(bearer, "GET", f"{SALON}/services").status for bearer in gateway.forged("u-admin").values()}

    assert answers == {401}


def test_api3_broken_object_property_level_authorization(haircut):
    """Neither does a request set what is not its own, nor does an answer tell what is not the reader's."""
    form = {"service_id": haircut.id, "scheduled_at": shifted("2026-12-01T12:00:00Z"), "customer_data": {"name": "Ana"}}
    made = staff.call("POST", f"{SALON}/appointments", form | {"internal_notes": "vip"}).json

    assert staff.call("POST", f"{SALON}/appointments", form | {"total_amount": "1"}).status == 422
    assert staff.call("PATCH", f"{SALON}/appointments/{made['id']}", {"total_amount": "1"}).status == 403
    assert "vip" in staff.call("GET", f"{SALON}/appointments/{made['id']}").text
    assert "vip" not in viewer.call("GET", f"{SALON}/appointments/{made['id']}").text


def test_api4_unrestricted_resource_consumption(haircut):
    long = shifted(f"{SALON}/appointments/availability?service={haircut.id}&from=2026-12-01&to=2027-12-01")

    assert viewer.call("GET", long).status == 422
    assert viewer.call("GET", f"{SALON}/appointments?limit=101").status == 422
    assert admin.call("POST", f"{SALON}/services", {"name": "x" * 70_000}).status == 413


def test_api5_broken_function_level_authorization(haircut):
    one = f"{SALON}/services/{haircut.id}"

    refused = [who.call("DELETE", one).status for who in (viewer, staff)]

    assert refused == [403, 403]
    assert (
        admin.call("POST", "/admin/tenants", {"slug": "mine", "name": "Mine", "admin_email": "a@example.com"}).status
        == 404
    )
    assert viewer.call("GET", one).status == 200


def test_api6_unrestricted_access_to_sensitive_business_flows(haircut, booking):
    """Nobody fills a day from one address: it holds a twentieth of it, until that is paid or confirmed."""
    nine = datetime.fromisoformat(booking["scheduled_at"])
    starts = [(nine + number * timedelta(minutes=30)).isoformat() for number in range(10)]
    wanted = [booking | {"scheduled_at": start} for start in starts]
    answers = [anybody.call("POST", "/tenant/salon/public/appointments", one) for one in wanted]

    assert [one.status for one in answers] == [201] + [409] * 9
    assert {one.json["code"] for one in answers[1:]} == {"too_many_unconfirmed"}


def test_api7_server_side_request_forgery(salon, monkeypatch):
    """An address that somebody types is kept and shown; nothing of ours ever fetches it."""

    def refuse(*_args, **_more):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    answer = admin.call("PATCH", f"{SALON}/tenant", {"logo_url": "https://169.254.169.254/latest/meta-data/"})

    assert (answer.status, answer.json["logo_url"]) == (200, "https://169.254.169.254/latest/meta-data/")
    assert admin.call("PATCH", f"{SALON}/tenant", {"logo_url": "file:///etc/passwd"}).status == 422


def test_api8_security_misconfiguration(haircut, monkeypatch):
    """A failure tells nothing of its inside, and the table is encrypted, recoverable and closed to the internet."""
    from mostrador.scheduling import services

    def broken(*_args, **_more):
        raise RuntimeError("T#salon secret")

    monkeypatch.setattr(services, "get", broken)

    answer = viewer.call("GET", f"{SALON}/services/{haircut.id}")

    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "access-control-allow-origin" not in answer.headers
    table = template.resources("AWS::DynamoDB::Table")["Table"]["Properties"]
    assert "SSESpecification" not in table  # AWS's own key encrypts every table; SSEEnabled means a key that is billed
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]


def test_api9_improper_inventory_management():
    """What the template routes is what the published description has, and nothing else."""
    described = {(method.upper(), path) for path, methods in openapi.document()["paths"].items() for method in methods}

    assert described == {route[:2] for route in (*template.routes(), *template.machine_routes())}


@pytest.mark.parametrize("served", ["not JSON", {"keys": []}, {"keys": "x"}, [], {"keys": [{"kty": "oct", "k": "AA"}]}])
def test_api10_unsafe_consumption_of_apis(salon, monkeypatch, served):
    """The one API that is consumed here serves the pool's keys: whatever it answers, nobody gets in by it."""

    def fetched():
        return json.loads(served) if isinstance(served, str) else served

    monkeypatch.setattr(access_tokens._keys, "fetch_data", fetched)
    access_tokens._keys.jwk_set_cache = None

    answer = gateway.call(gateway.token(sub="u-admin"), "GET", f"{SALON}/services")

    assert answer in (gateway.UNAUTHORIZED, gateway.FAILED)
