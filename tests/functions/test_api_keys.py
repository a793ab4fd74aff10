"""The door of API keys: what it shows, to whom, and what programs may not."""

from datetime import datetime, timedelta

import pytest

from mostrador.people import api_keys
from mostrador.table import keys, reads
from tests.support.http import Client, admin, foreign, staff, superuser, viewer

KEYS = "/tenant/salon/api/keys"
FORM = {"name": "Caja registradora", "role": "admin"}
HIDDEN = {"digest", "fingerprint", "pk", "sk", "entity"}


class Program(Client):
    """A caller with a key, as the authorizer tells it."""

    def _told(self):
        return super()._told() | {"user": self.name, "email": "Caja registradora"}


@pytest.fixture
def made(salon):
    return admin.call("POST", KEYS, FORM).json


def program(made):
    return Program({"salon": made["role"]}, name=f"key:{made['id']}")


def test_a_key_is_shown_when_it_is_made_and_never_again(made):
    one, (listed,) = admin.call("GET", f"{KEYS}/{made['id']}").json, admin.call("GET", KEYS).json["items"]

    assert made["key"].startswith("mostrador_salon.")
    assert one == listed == {name: value for name, value in made.items() if name != "key"}
    assert not HIDDEN & set(made)


def test_a_key_tells_by_whom_until_when_and_when_last(made, now):
    ends = datetime.fromisoformat(made["valid_until"]) - datetime.fromisoformat(made["created_at"])
    assert (made["created_by"], made["is_active"], made["last_used_at"]) == ("eva@example.com", True, None)
    assert ends == timedelta(days=90)

    api_keys.authenticate(made["key"], now=now)

    assert admin.call("GET", f"{KEYS}/{made['id']}").json["last_used_at"] is not None


def test_a_repeat_under_one_idempotency_key_does_not_show_it_again(salon):
    first = admin.call("POST", KEYS, FORM, Idempotency_Key="k1")

    again = admin.call("POST", KEYS, FORM, Idempotency_Key="k1")

    assert (first.status, again.status, again.json["code"]) == (201, 409, "key_shown_once")
    assert again.json["id"] == first.json["id"]
    assert admin.call("DELETE", f"{KEYS}/{again.json['id']}").status == 204


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "superuser"), ("role", "owner"), ("expires_in_days", 0), ("expires_in_days", 366), ("name", " ")],
)
def test_no_key_has_more_role_or_time_than_there_is(salon, field, value):
    answer = admin.call("POST", KEYS, FORM | {field: value})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, f"body.{field}")


def test_a_revoked_key_is_gone(made):
    assert admin.call("DELETE", f"{KEYS}/{made['id']}").status == 204

    assert admin.call("GET", f"{KEYS}/{made['id']}").status == 404
    assert admin.call("DELETE", f"{KEYS}/{made['id']}").status == 404
    assert admin.call("GET", KEYS).json["items"] == []


@pytest.mark.parametrize("client", [viewer, staff], ids=["viewer", "staff"])
def test_keys_are_an_admins_alone(made, client):
    one = f"{KEYS}/{made['id']}"
    for method, url in (("GET", KEYS), ("POST", KEYS), ("GET", one), ("DELETE", one)):
        answer = client.call(method, url, FORM if method == "POST" else None)

        assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_another_tenants_admin_sees_and_revokes_nothing(made, clinic):
    for method in ("GET", "DELETE"):
        assert foreign.call(method, f"/tenant/clinic/api/keys/{made['id']}").status == 404
        assert foreign.call(method, f"{KEYS}/{made['id']}").status == 404
    assert reads.get_item(keys.api_key("salon", made["id"]))


def test_a_superuser_may_make_one_too(salon):
    assert superuser.call("POST", KEYS, FORM).status == 201


def test_a_program_makes_and_revokes_no_keys_whatever_its_role(made):
    for method, url in (("POST", KEYS), ("DELETE", f"{KEYS}/{made['id']}")):
        answer = program(made).call(method, url, FORM if method == "POST" else None)

        assert (answer.status, answer.json["code"]) == (403, "forbidden")


def test_what_an_admins_key_changes_is_recorded_as_the_keys(made):
    answer = program(made).call("PATCH", "/tenant/salon/api/tenant", {"name": "Otro"})

    last = reads.everything(keys.audit_partition("salon"), "2")[-1]
    assert answer.status == 200
    assert (last.user, last.name, last.role) == (f"key:{made['id']}", "Caja registradora", "admin")


def test_a_revoked_key_changes_nothing_more_although_the_gateway_still_knows_it(made):
    before = program(made).call("PATCH", "/tenant/salon/api/tenant", {"name": "Otro"})
    admin.call("DELETE", f"{KEYS}/{made['id']}")

    after = program(made).call("PATCH", "/tenant/salon/api/tenant", {"name": "Tercero"})

    assert (before.status, after.status, after.json["code"]) == (200, 404, "not_found")
