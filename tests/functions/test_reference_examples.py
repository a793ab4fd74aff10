"""Every operation answers its declared status to each example of the reference, through the authorizer."""

import importlib
import json
from contextlib import nullcontext
from functools import cache
from urllib.parse import urlencode

import pytest

from local import handlers, holidays, openapi, reference_texts, routes
from mostrador import clock
from mostrador.scheduling import special_days
from mostrador.web import access_tokens, answers
from tests.support import bank, example_world, gateway, relays
from tests.support.example_world import STATES, World
from tests.support.http import Answer

REFERENCE = reference_texts.load()
ROUTES = {route.operation: route for _, route in routes.of_doors()}
BY_BEACON = ("raffles.draw", "raffles.redraw", "raffles.open")
WEBHOOK = "payments.bancard_webhook"


def examples():
    """Each operation with the names of its examples; "" for one without any."""
    return [(one, name) for one in sorted(ROUTES) for name in REFERENCE.operation(one).examples or [""]]


@cache
def all_holidays(year):
    return json.dumps(holidays.by_country(year))


@cache
def document():
    return json.dumps(openapi.document())


@pytest.fixture(autouse=True)
def installation(salon, now, google, monkeypatch, tmp_path):
    """The user pool's keys, Bancard and Google in memory, the files that the build writes into the package."""
    monkeypatch.setattr(access_tokens._keys, "fetch_data", lambda: {"keys": gateway.JWKS})
    access_tokens._keys.jwk_set_cache = None
    monkeypatch.setattr(special_days, "HOLIDAYS", tmp_path / "holidays.json")
    special_days.HOLIDAYS.write_text(all_holidays(now.year))
    monkeypatch.setattr(answers, "__file__", str(tmp_path / "web" / "answers.py"))
    (tmp_path / "openapi.json").write_text(document())
    with bank.opened():
        yield


@pytest.fixture
def answered(now, google, monkeypatch):
    """Sends an example, with other fields where they are given, to a world in the state that it needs."""

    def send(operation, example, **more):
        world = World(example_world.made(now), now, google)
        with relays.running(monkeypatch) if operation in BY_BEACON else nullcontext():
            world.values |= state_of(operation, example)(world)
            monkeypatch.setattr(clock, "now", lambda: world.now)
            return call(operation, example, world.values, more)

    return send


def state_of(operation, example):
    names = (f"{operation}.{example}", operation, operation.partition(".")[0])
    return next((STATES[name] for name in names if name in STATES), lambda _: {})


def call(operation, example, values, more):
    route, path = ROUTES[operation], ROUTES[operation].path
    words = REFERENCE.operation(operation)
    body = reference_texts.filled(words.examples[example].value, values) | more if example else None
    if operation == WEBHOOK:
        return told_by_bancard(body, values)
    query = {name: as_text(value) for name, value in reference_texts.filled(words.query, values).items()}
    url = path.format(**values) + (f"?{urlencode(query, doseq=True)}" if query else "")
    return gateway.call(bearer(path, values), route.method, url, body, **key_of(route))


def key_of(route):
    """The key that says what is a repeat, where the route takes one: some examples take money."""
    takes_one = "Idempotency-Key" in handlers.of_route(route).headers
    return {"Idempotency_Key": "example-of-a-key"} if takes_one else {}


def as_text(value):
    return json.dumps(value) if isinstance(value, bool) else value


def bearer(path, values):
    """The token of an admin, of the person that the state names, or of a superuser."""
    if path.startswith("/admin"):
        return gateway.token(sub="root", **{"cognito:groups": ["superuser"]})
    return gateway.token(sub=values.get("caller", "u-admin"))


def told_by_bancard(body, values):
    """The answer of the webhook, which is no door of the resolver."""
    handler = importlib.import_module("functions.payments_webhook.app").handler
    answer = handler({"pathParameters": {"slug": values["slug"]}, "body": json.dumps(body)}, None)
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return Answer(answer["statusCode"], headers, answer["body"])


@pytest.mark.parametrize(("operation", "example"), examples())
def test_an_example_is_answered_with_the_declared_status(answered, operation, example):
    answer = answered(operation, example)

    route = ROUTES[operation]
    assert answer.status == route.status, answer.text
    assert kind_of(answer) == ("" if route.status == 204 else kind(route.media_type))


def kind_of(answer):
    return kind(answer.headers.get("content-type", ""))


def kind(media_type):
    return media_type.partition(";")[0]


@pytest.mark.parametrize("operation", sorted(name for name, route in ROUTES.items() if handlers.of_route(route).form))
def test_every_body_has_an_example(operation):
    assert REFERENCE.operation(operation).examples


@pytest.mark.parametrize("operation", ["appointments.book", "raffles.draw", "public.book", "tenants.create"])
def test_an_example_with_a_field_that_does_not_exist_is_refused(answered, operation):
    example = next(iter(REFERENCE.operation(operation).examples))

    answer = answered(operation, example, no_such_field=1)

    assert (answer.status, answer.json["code"]) == (422, "invalid_request")


def test_every_state_is_that_of_an_operation_or_an_example():
    names = {f"{one}.{name}" for one, name in examples()} | set(ROUTES) | set(REFERENCE.areas)

    assert STATES.keys() - names == set()


def test_the_reference_has_the_words_of_every_operation_and_no_others():
    assert REFERENCE.operation_ids() == set(ROUTES)
