"""Tokens as Cognito makes them, and each forged in exactly one way."""

import base64
import fnmatch
import hashlib
import hmac
import importlib
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mostrador import members, tokens
from mostrador.rules.permissions import Role

ARN = "arn:aws:execute-api:us-east-1:1:api/test/GET/tenant/salon/api/services"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
KEYS = [
    jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "k1", "use": "sig", "alg": "RS256"}
]


@pytest.fixture
def handler(table, monkeypatch):
    monkeypatch.setattr(tokens._keys, "fetch_data", lambda: {"keys": KEYS})
    tokens._keys.jwk_set_cache = None
    return importlib.import_module("functions.authorizer.app").handler


def claims(**changed):
    now = int(time.time())
    base = {
        "sub": "user-1",
        "iss": "https://issuer.test/pool",
        "client_id": "client",
        "token_use": "access",
        "username": "eva",
        "iat": now,
        "exp": now + 300,
    }
    return {name: value for name, value in (base | changed).items() if value is not None}


def token(*, key=KEY, algorithm="RS256", kid="k1", **changed):
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers={"kid": kid})


def hs256_signed_with_the_public_key():
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "k1"}, claims()]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    signature = base64.urlsafe_b64encode(hmac.new(public, text.encode(), hashlib.sha256).digest()).rstrip(b"=")
    return f"{text}.{signature.decode()}"


def ask(handler, bearer):
    return handler({"type": "TOKEN", "authorizationToken": f"Bearer {bearer}", "methodArn": ARN}, None)


def allowed(answer):
    (statement,) = answer["policyDocument"]["Statement"]
    return statement["Resource"] if statement["Effect"] == "Allow" else []


def test_a_member_may_enter_exactly_the_own_tenants(handler, now):
    members.add("salon", "user-1", email="eva@example.com", role=Role.STAFF, now=now)
    members.add("clinic", "user-1", email="eva@example.com", role=Role.VIEWER, now=now)
    members.add("other", "user-2", email="x@example.com", role=Role.ADMIN, now=now)

    answer = ask(handler, token())

    stage = "arn:aws:execute-api:us-east-1:1:api/test"
    assert len(allowed(answer)) == 10
    assert {arn.replace("/GET/", "/*/") for arn in allowed(answer) if "/GET/" in arn} == {
        f"{stage}/*/tenant/clinic/api/*",
        f"{stage}/*/tenant/salon/api/*",
    }
    assert json.loads(answer["context"]["roles"]) == {"salon": "staff", "clinic": "viewer"}
    assert answer["context"] | {"roles": ""} == {
        "user": "user-1",
        "email": "eva@example.com",
        "superuser": "false",
        "roles": "",
    }


def test_a_user_without_a_tenant_may_enter_nothing(handler):
    assert allowed(ask(handler, token())) == []


def test_a_superuser_may_enter_everything(handler):
    answer = ask(handler, token(**{"cognito:groups": ["superuser"]}))

    assert allowed(answer) == ["arn:aws:execute-api:us-east-1:1:api/test/*"]
    assert answer["context"]["superuser"] == "true"


FORGED = {
    "expired": lambda: token(exp=int(time.time()) - 11),
    "another issuer": lambda: token(iss="https://issuer.test/other"),
    "another client": lambda: token(client_id="other"),
    "an id token": lambda: token(token_use="id"),
    "no subject": lambda: token(sub=None),
    "no expiry": lambda: token(exp=None),
    "signed by another key": lambda: token(key=OTHER_KEY),
    "an unknown key id": lambda: token(kid="k2"),
    "alg none": lambda: jwt.encode(claims(), "", algorithm="none", headers={"kid": "k1"}),
    "HS256 with the public key": hs256_signed_with_the_public_key,
    "RS512": lambda: token(algorithm="RS512"),
    "cut": lambda: token()[:-5],
    "not a token": lambda: "abc",
    "nothing": lambda: "",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_token_that_is_wrong_in_one_way_is_unauthorized(handler, forge):
    with pytest.raises(Exception, match="^Unauthorized$"):
        ask(handler, forge())


def test_only_the_bearer_scheme_counts(handler):
    with pytest.raises(Exception, match="^Unauthorized$"):
        handler({"type": "TOKEN", "authorizationToken": f"Basic {token()}", "methodArn": ARN}, None)


def test_keys_that_cannot_be_read_are_no_verdict_on_the_token(handler, monkeypatch):
    def down():
        raise jwt.PyJWKClientConnectionError("down")

    monkeypatch.setattr(tokens._keys, "fetch_data", down)

    with pytest.raises(tokens.NoKeys):
        ask(handler, token(kid="a key not seen before"))


def test_a_path_that_only_ends_in_ones_own_tenant_is_not_allowed(handler, now):
    members.add("salon", "user-1", email="eva@example.com", role=Role.STAFF, now=now)
    elsewhere = "arn:aws:execute-api:us-east-1:1:api/test/GET/tenant/clinic/api/services/x/tenant/salon/api/y"

    assert not any(fnmatch.fnmatchcase(elsewhere, pattern) for pattern in allowed(ask(handler, token())))
