"""API Gateway in front of the doors, as template.yaml sets it up: route, authorizer, policy, then the function."""

import base64
import fnmatch
import hashlib
import hmac
import importlib
import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local import routes
from mostrador.table import base
from tests.support import template
from tests.support.http import Answer, Client

STAGE = "arn:aws:execute-api:us-east-1:1:api/test"
DENIED = Answer(404, {}, "what the gateway says of whatever is not there")
UNAUTHORIZED = Answer(401, {}, "what the gateway says without a valid token")
FAILED = Answer(500, {}, "what the gateway says when the authorizer fails")
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
JWKS = [
    jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "k1", "use": "sig", "alg": "RS256"}
]


def claims(**changed):
    """What a Cognito access token of the tests' pool says; a claim given as None is left out."""
    now = int(time.time())
    told = {
        "sub": "user-1", "iss": "https://issuer.test/pool", "client_id": "client", "token_use": "access",
        "username": "eva", "iat": now, "exp": now + 300,
    }  # fmt: skip
    return {name: value for name, value in (told | changed).items() if value is not None}


def token(*, key=KEY, algorithm="RS256", kid="k1", **changed):
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers={"kid": kid})


def hs256_signed_with_the_public_key(**changed):
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "k1"}, claims(**changed)]
    text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_base64(hmac.new(public, text.encode(), hashlib.sha256).digest())}"


def unsigned(**changed):
    return jwt.encode(claims(**changed), None, algorithm="none", headers={"kid": "k1"})


def forged(user):
    """Everything that looks like a token of ``user`` and is none, each wrong in exactly one way."""
    now = int(time.time())
    return {
        "none": None,
        "empty": "",
        "no token at all": "x.y.z",
        "expired": token(sub=user, exp=now - 60),
        "alg none": unsigned(sub=user),
        "HS256 with the public key": hs256_signed_with_the_public_key(sub=user),
        "another key": token(sub=user, key=OTHER_KEY),
        "unknown kid": token(sub=user, kid="k9"),
        "wrong issuer": token(sub=user, iss="https://issuer.test/other"),
        "wrong client": token(sub=user, client_id="other"),
        "an id token": token(sub=user, token_use="id"),
        "an unknown API key": f"mostrador_salon.{'0' * 32}.{'A' * 43}",
    }


def _base64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Told(Client):
    """A client of whom the authorizer said this."""

    told: tuple[tuple[str, str], ...] = ()

    def _told(self):
        return dict(self.told)


def call(bearer, method, url, body=None, **headers):
    """The answer of the API to a request with this bearer token (None: without the header)."""
    path = url.partition("?")[0]
    if is_open(method, path):
        return Told({}).call(method, url, body, **headers)
    sent = f"Bearer {bearer}"
    if bearer is None or not re.match(_validation(), sent):
        return UNAUTHORIZED
    authorizer = importlib.import_module("functions.authorizer.app")
    arn = f"{STAGE}/{method}{path}"
    try:
        said = authorizer.handler({"type": "TOKEN", "authorizationToken": sent, "methodArn": arn}, None)
    except Exception as error:  # noqa: BLE001 - API Gateway knows two kinds
        return UNAUTHORIZED if str(error) == "Unauthorized" else FAILED
    if not _is_allowed(said["policyDocument"], arn):
        return DENIED
    return Told({}, told=tuple(said["context"].items())).call(method, url, body, **headers)


@cache
def is_open(method, path):
    """Whether the route needs no authorizer."""
    return any(
        at == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", of), path) for at, of in _open_routes()
    ) and not any(at == method and of == path for at, of, _ in template.routes() if (at, of) not in _open_routes())


@cache
def _open_routes():
    return {(route.method, route.path) for _, route in routes.of_doors() if route.is_open}


def _validation():
    return template.load()["Resources"]["Api"]["Metadata"]["Authorizer"]["ValidationExpression"]


def _is_allowed(policy, arn):
    """IAM's own order: an explicit denial wins, and what nobody allows is denied."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(fnmatch.fnmatchcase(arn, one) for one in statement["Resource"])
    }
    return effects == {"Allow"}


@contextmanager
def tenants_touched():
    """The slugs in the keys of every request that leaves for DynamoDB, and how many requests there were."""
    events, seen = base.client().meta.events, Touched()

    def sent(request, **_):
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
        seen.requests += 1
        seen.slugs |= set(re.findall(r'"T#([a-z0-9-]+)', body))

    events.register_first("before-send.dynamodb", sent)
    try:
        yield seen
    finally:
        events.unregister("before-send.dynamodb", sent)


class Touched:
    def __init__(self):
        self.slugs, self.requests = set(), 0
