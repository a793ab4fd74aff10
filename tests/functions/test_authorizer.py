"""Tokens as Cognito makes them, and each forged in exactly one way; keys of integrators; the policy that both get."""

import fnmatch
import importlib
import io
import json
import os
import re
import subprocess
import sys
import time
from datetime import timedelta

import jwt
import pytest

from mostrador import clock
from mostrador.clients import cognito
from mostrador.people import api_keys, members
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.rules.permissions import Role
from mostrador.people.views.api_keys import NewKey
from mostrador.table import writes
from mostrador.tenancy import tenants
from mostrador.web import access_tokens
from tests.support import faults, gateway, people, template
from tests.support.gateway import token

STAGE = "arn:aws:execute-api:us-east-1:1:api/test"
ARN = f"{STAGE}/GET/tenant/salon/api/services"
MOST_BYTES = 8192


class Pool:
    """Serves the user pool's public keys as urllib does; ``asked`` counts, ``is_down`` fails."""

    def __init__(self):
        self.asked, self.is_down = 0, False

    def __call__(self, *_):
        return self

    def open(self, *_, **__):
        self.asked += 1
        if self.is_down:
            raise TimeoutError
        return io.BytesIO(json.dumps({"keys": gateway.JWKS}).encode())


@pytest.fixture
def pool(monkeypatch):
    served = Pool()
    monkeypatch.setattr("jwt.jwks_client.urllib.request.build_opener", served)
    monkeypatch.setattr(access_tokens._keys, "jwk_set_cache", jwt.jwks_client.JWKSetCache(3600))
    monkeypatch.setattr(access_tokens._keys, "_last_successful_fetch", None)
    return served


@pytest.fixture
def handler(table, pool):
    return importlib.import_module("functions.authorizer.app").handler


def ask(handler, bearer):
    return handler({"type": "TOKEN", "authorizationToken": f"Bearer {bearer}", "methodArn": ARN}, None)


def may(answer, request):
    """Whether the policy lets by ``GET/tenant/...``, as IAM judges: a denial wins, * matches slashes."""
    effects = {
        statement["Effect"]
        for statement in answer["policyDocument"]["Statement"]
        if any(fnmatch.fnmatchcase(f"{STAGE}/{request}", pattern) for pattern in statement["Resource"])
    }
    return effects == {"Allow"}


def join(now, *slugs, user="user-1", role=Role.STAFF):
    for slug in slugs:
        members.add(slug, user, email="eva@example.com", role=role, now=now)


def a_key(now, tenant="salon", **wanted):
    form = NewKey(**({"name": "Caja", "role": "staff"} | wanted))
    return api_keys.create(tenant, form, actor_name="eva", key=None, now=now).key


OWN_ROUTES = [(method, path) for method, path, _ in template.routes() if path.startswith("/tenant/{slug}/api/")]
OLD_ROUTES = [(method, path) for method, path, _ in template.old_routes()]


def test_a_member_may_call_every_route_of_the_own_tenants_and_of_no_other(handler, now):
    join(now, "salon", "clinic")
    join(now, "other", user="user-2")

    answer = ask(handler, token())

    for method, path in OWN_ROUTES:
        request = method + re.sub(r"{(?!slug)\w+}", "x", path)
        assert may(answer, request.format(slug="salon")), request
        assert may(answer, request.format(slug="clinic")), request
        assert not may(answer, request.format(slug="other")), request
    assert json.loads(answer["context"]["roles"]) == {"salon": "staff", "clinic": "staff"}
    assert answer["context"] | {"roles": ""} == {
        "user": "user-1",
        "email": "eva@example.com",
        "superuser": "false",
        "roles": "",
    }


def test_who_is_only_invited_may_not_enter_yet(handler, now):
    invited = members.draft(
        "salon", "user-1", email="eva@example.com", role="admin", status=MemberStatus.INVITED, now=now
    )
    with writes.transaction() as tx:
        members.enlist(tx, invited, limit=None)

    answer = ask(handler, token())

    assert json.loads(answer["context"]["roles"]) == {}
    assert not may(answer, "GET/tenant/salon/api/services")


ME = [f"{method}/{path}" for method in ("GET", "POST", "DELETE") for path in ("me", "me/invitations/salon")]


def test_a_person_without_a_tenant_may_call_what_is_about_the_person_and_nothing_else(handler):
    answer = ask(handler, token())

    assert all(may(answer, request) for request in ME)
    for request in ("GET/tenant/salon/api/services", "GET/admin/tenants", "GET/api/services", "GET/meat", "PUT/me"):
        assert not may(answer, request), request


def test_only_members_of_the_default_tenant_may_call_the_old_routes(handler, now):
    join(now, "salon", user="user-1")
    join(now, "default", user="user-2")

    own, other = ask(handler, token(sub="user-2")), ask(handler, token(sub="user-1"))

    for method, path in OLD_ROUTES:
        request = method + re.sub(r"{\w+}", "x", path)
        assert may(own, request), request
        assert not may(other, request), request


def test_a_superuser_may_enter_everything(handler):
    answer = ask(handler, token(**{"cognito:groups": ["superuser"]}))

    assert all(may(answer, one) for one in (*ME, "GET/admin/tenants", "DELETE/tenant/any/api/services/x"))
    assert answer["context"]["superuser"] == "true"


@pytest.fixture
def with_mfa(monkeypatch):
    """As on AWS: what the template says where nobody says otherwise."""
    monkeypatch.delenv("SUPERUSER_MFA")


def root(**changed):
    return token(username="root@example.com", **{"cognito:groups": ["superuser"]} | changed)


def test_a_superuser_without_a_second_factor_is_none(handler, with_mfa):
    people.signed_in("root@example.com")

    answer = ask(handler, root())

    assert (answer["context"]["superuser"], answer["context"]["needs_mfa"]) == ("false", "true")
    assert may(answer, "GET/me")
    assert not any(may(answer, one) for one in ("GET/admin/tenants", "GET/tenant/any/api/services"))


def test_a_superuser_with_a_second_factor_may_enter_everything(handler, with_mfa):
    people.signed_in("root@example.com")
    people.enrol("root@example.com")

    answer = ask(handler, root())

    assert (answer["context"]["superuser"], "needs_mfa" in answer["context"]) == ("true", False)
    assert may(answer, "GET/admin/tenants")


def test_a_superuser_who_is_not_in_the_pool_any_more_is_none(handler, with_mfa):
    assert ask(handler, root())["context"]["superuser"] == "false"


def test_a_member_without_a_second_factor_enters_and_the_pool_is_not_asked(handler, with_mfa, now):
    join(now, "salon")

    with faults.answering(
        "AdminGetUser", faults.refused("TooManyRequestsException"), client=cognito._client()
    ) as asked:
        answer = ask(handler, token())

    assert asked == []
    assert may(answer, "GET/tenant/salon/api/services")


def test_where_the_pool_does_not_answer_no_superuser_enters(handler, with_mfa):
    refused = faults.refused("TooManyRequestsException")
    with faults.answering("AdminGetUser", refused, client=cognito._client()), pytest.raises(cognito.PoolUnavailable):
        ask(handler, root())


@pytest.mark.parametrize("many", [1, 31], ids=["by name", "too many to name"])
@pytest.mark.parametrize(
    "path",
    ["tenant/clinic/api/services/x/tenant/salon/api/y", "tenant/clinic/api/tenant/salon/api/y",
     "admin/tenants/x/tenant/salon/api/y", "me/x/tenant/salon/api/y", "/tenant/salon/api/y",
     "tenant/clinic/public/tenant/salon/api/y", "api/services/tenant/salon/api/y"],
)  # fmt: skip
def test_a_path_that_only_ends_in_ones_own_tenant_is_not_allowed(handler, now, many, path):
    join(now, "salon", *(f"shop-{number}" for number in range(many - 1)))

    answer = ask(handler, token())

    assert not any(may(answer, f"{method}/{path}") for method in ("GET", "POST", "PATCH", "PUT", "DELETE"))


@pytest.mark.parametrize(("many", "letters"), [(20, 20), (30, 63), (50, 20), (50, 63), (180, 20)])
def test_the_answer_stays_below_8_kb_with_many_tenants(handler, now, many, letters):
    arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/me"
    join(now, *(f"{number:03}".rjust(letters, "x") for number in range(many)))

    answer = handler({"authorizationToken": f"Bearer {token()}", "methodArn": arn}, None)

    assert len(json.dumps(answer, separators=(",", ":"))) <= MOST_BYTES
    assert len(json.loads(answer["context"]["roles"])) == many


def test_of_too_many_tenants_the_policy_names_none_and_the_roles_all(handler, now):
    join(now, *(f"shop-{number}" for number in range(31)))

    answer = ask(handler, token())

    assert may(answer, "PATCH/tenant/shop-30/api/tenant")
    assert may(answer, "GET/tenant/clinic/api/services")  # the handler finds no role there: 404
    assert not may(answer, "GET/admin/tenants")
    assert "clinic" not in json.loads(answer["context"]["roles"])


def with_payload(text, of):
    head, _, signature = text.split(".")
    return f"{head}.{of.split('.')[1]}.{signature}"


FORGED = {
    "expired": lambda: token(exp=int(time.time()) - 11),
    "not valid yet": lambda: token(nbf=int(time.time()) + 60),
    "made in the future": lambda: token(iat=int(time.time()) + 60),
    "another issuer": lambda: token(iss="https://issuer.test/other"),
    "no issuer": lambda: token(iss=None),
    "another client": lambda: token(client_id="other"),
    "no client": lambda: token(client_id=None),
    "an id token": lambda: token(token_use="id", aud="client"),
    "no use": lambda: token(token_use=None),
    "no subject": lambda: token(sub=None),
    "no expiry": lambda: token(exp=None),
    "signed by another key": lambda: token(key=gateway.OTHER_KEY),
    "an unknown key id": lambda: token(kid="k2"),
    "no key id": lambda: jwt.encode(gateway.claims(), gateway.KEY, algorithm="RS256"),
    "alg none": gateway.unsigned,
    "HS256 with the public key": gateway.hs256_signed_with_the_public_key,
    "RS512": lambda: token(algorithm="RS512"),
    "PS256": lambda: token(algorithm="PS256"),
    "cut": lambda: token()[:-5],
    "another payload": lambda: with_payload(token(), token(sub="root")),
    "not a token": lambda: "abc",
    "nothing": lambda: "",
    "a key that is none": lambda: f"mostrador_salon.{'0' * 32}.{'A' * 43}",
    "a key of another form": lambda: "mostrador_salon.x.y",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_token_that_is_wrong_in_one_way_is_unauthorized(handler, forge):
    with pytest.raises(Exception, match="^Unauthorized$"):
        ask(handler, forge())


def test_only_the_bearer_scheme_counts_however_it_is_spaced(handler):
    for sent in (f"Basic {token()}", token(), f"Bearer{token()}"):
        with pytest.raises(Exception, match="^Unauthorized$"):
            handler({"authorizationToken": sent, "methodArn": ARN}, None)

    assert handler({"authorizationToken": f"bearer   {token()}", "methodArn": ARN}, None)["principalId"] == "user-1"


def test_keys_that_cannot_be_read_are_no_verdict_on_the_token(handler, pool):
    pool.is_down = True

    with pytest.raises(access_tokens.NoKeys):
        ask(handler, token())


def test_who_invents_key_ids_has_the_pool_asked_once_a_minute(handler, pool, monkeypatch):
    seconds = [1000.0]
    monkeypatch.setattr("jwt.jwks_client.time.monotonic", lambda: seconds[0])
    ask(handler, token())

    def invent(times):
        for number in range(times):
            with pytest.raises(Exception, match="^Unauthorized$"):
                ask(handler, token(kid=f"k{number}-{seconds[0]}"))
        return pool.asked

    assert invent(20) == 1
    seconds[0] += 59
    assert invent(20) == 1
    seconds[0] += 1
    assert invent(20) == 2
    assert ask(handler, token())["principalId"] == "user-1"
    assert pool.asked == 2


def test_a_key_that_the_pool_took_up_is_known_within_a_minute(handler, pool, monkeypatch):
    seconds = [1000.0]
    monkeypatch.setattr("jwt.jwks_client.time.monotonic", lambda: seconds[0])
    ask(handler, token())
    rotated = jwt.algorithms.RSAAlgorithm.to_jwk(gateway.OTHER_KEY.public_key(), as_dict=True)
    monkeypatch.setattr(gateway, "JWKS", [*gateway.JWKS, rotated | {"kid": "k2", "use": "sig", "alg": "RS256"}])
    seconds[0] += 60

    assert ask(handler, token(key=gateway.OTHER_KEY, kid="k2"))["principalId"] == "user-1"


def test_a_key_may_call_its_tenants_routes_with_its_role_and_nothing_about_a_person(handler, salon, clinic, now):
    answer = ask(handler, a_key(now, role="admin"))

    assert may(answer, "POST/tenant/salon/api/appointments")
    for request in (*ME, "GET/tenant/clinic/api/services", "GET/admin/tenants", "GET/api/services"):
        assert not may(answer, request), request
    assert answer["principalId"] == answer["context"]["user"] != "key:"
    assert answer["context"] | {"user": ""} == {
        "user": "",
        "email": "Caja",
        "superuser": "false",
        "roles": '{"salon":"admin"}',
    }


def test_a_key_of_the_default_tenant_may_call_the_old_routes(handler, now):
    tenants.current("default", now=now)

    assert may(ask(handler, a_key(now, tenant="default")), "GET/api/services")


def tampered(key, **parts):
    slug, key_id, secret = key.removeprefix("mostrador_").split(".")
    told = {"slug": slug, "key_id": key_id, "secret": secret} | parts
    return "mostrador_{slug}.{key_id}.{secret}".format(**told)


@pytest.mark.parametrize(
    "parts",
    [{"secret": "A" * 43}, {"key_id": "0" * 32}, {"slug": "clinic"}, {"slug": "no-such-tenant"}],
    ids=["wrong secret", "unknown key", "another tenant's slug with the own key id", "unknown tenant"],
)
def test_a_key_that_is_wrong_in_one_way_is_unauthorized(handler, salon, clinic, now, parts):
    key = a_key(now)
    a_key(now, tenant="clinic")

    with pytest.raises(Exception, match="^Unauthorized$"):
        ask(handler, tampered(key, **parts))
    assert ask(handler, tampered(key))["context"]["roles"] == '{"salon":"staff"}'


def revoke(key, now):
    api_keys.revoke("salon", key.split(".")[1], now=now)


def suspend(_key, now):
    tenants.suspend("salon", now=now)


@pytest.mark.parametrize("end", [revoke, suspend], ids=["revoked", "suspended tenant"])
def test_a_key_that_was_good_is_unauthorized_from_then_on(handler, salon, now, end):
    key = a_key(now)
    assert ask(handler, key)

    end(key, now)

    with pytest.raises(Exception, match="^Unauthorized$"):
        ask(handler, key)


def test_a_key_is_unauthorized_from_the_second_at_which_it_expires(handler, salon, now, monkeypatch):
    key = a_key(now, expires_in_days=1)

    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1, seconds=-1))
    assert ask(handler, key)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
    with pytest.raises(Exception, match="^Unauthorized$"):
        ask(handler, key)


def test_a_token_that_is_refused_is_logged_without_its_secret(handler, salon, now, monkeypatch):
    logged = []
    monkeypatch.setattr("functions.authorizer.app.logger.info", lambda *told, **more: logged.append((told, more)))
    key = tampered(a_key(now), secret="B" * 43)

    for bearer in (key, token(exp=1)):
        with pytest.raises(Exception, match="^Unauthorized$"):
            ask(handler, bearer)

    assert len(logged) == 2
    assert "B" * 43 not in str(logged)
    assert token(exp=1).split(".")[2] not in str(logged)


def test_the_authorizer_starts_without_what_it_does_not_need():
    start = [sys.executable, "-c", "import sys, functions.authorizer.app; print(*sys.modules)"]
    path = {"PYTHONPATH": f"layers/shared{os.pathsep}."}
    ran = subprocess.run(start, capture_output=True, text=True, check=True, cwd=template.ROOT, env=os.environ | path)  # noqa: S603

    assert not {"pydantic", "phonenumbers", "email_validator", "boto3", "icalendar"} & set(ran.stdout.split())
