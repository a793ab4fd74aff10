"""No small request costs seconds: four times the input takes at most five times the CPU, on each public input path."""

import importlib
import json
import re
import unicodedata
from contextlib import suppress
from copy import deepcopy

import pytest

from mostrador.payments.rules import bancard, bancard_masking
from mostrador.values import tax_ids, text
from mostrador.web import csvs
from mostrador.web.routes import Access
from tests.support import growth, samples, template
from tests.support.http import Client
from tests.support.notices import NOTICE

FIELDS = ("response_description", "authorization_number", "ticket_number", "token", "amount", "response_code")
PUBLIC = [
    (method, path)
    for method, path, _ in template.routes()
    if template.route(method, path).access is Access.PUBLIC and method in ("POST", "PUT", "PATCH")
]


def result(field):
    return refused(lambda value: bancard.result_of(NOTICE | {field: value}), bancard.BadResult)


def refused(call, *errors):
    def run(value):
        with suppress(*errors):
            call(value)

    return run


READERS = {
    "shown": bancard_masking.shown,
    "masked": lambda value: bancard_masking.masked({"operation": {"response": value, value: 1}}),
    **{f"result {field}": result(field) for field in FIELDS},
    "description": bancard.description_of,
    "name": refused(text.one_line, text.BadCharacter),
    "notes": refused(text.paragraph, text.BadCharacter),
    "search": text.folded,
    "cell": lambda value: csvs.text(["notes"], [{"notes": f"-{value}="}]),
    "tax id": refused(tax_ids.ruc, tax_ids.BadTaxId),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_text_is_read_in_quadratic_time(subtests, reader):
    for piece in growth.HARD:
        with subtests.test(piece=piece):
            assert growth.is_linear(READERS[reader], piece)


def test_patterns_with_a_look_ahead_from_each_letter_would_be_slow():
    """The red control: the patterns of Bancard's messages and of tables as they were."""
    secret = re.compile(r"(?![A-Za-z]+Error\b)[0-9A-Za-z]{32,}")
    starts = re.compile(r"""(^|[;,\t\r\n])(?=[\s"]*[-=+@])""")

    assert not growth.is_linear(lambda value: secret.sub("", f"{value[:-1]}Error"), "a", 1500)
    assert not growth.is_linear(lambda value: starts.sub("", value), "\t", 1500)


def test_marks_piled_on_one_letter_would_be_slow():
    """The red control: text normalised as it came."""
    assert not growth.is_linear(lambda value: unicodedata.normalize("NFC", value), "\u0316\u0301", 4000)


def leaves(body, at=()):
    """The places of the texts in a body."""
    for name, value in body.items():
        if isinstance(value, dict):
            yield from leaves(value, (*at, name))
        elif isinstance(value, str):
            yield (*at, name)


def with_value(body, place, value):
    changed = deepcopy(body)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return changed


@pytest.mark.parametrize(("method", "path"), PUBLIC)
def test_no_body_that_anybody_may_send_costs_seconds(salon, case, method, path):
    body, anybody = samples.body(method, path) or {}, Client({})
    for place in [*leaves(body), ("nobody_knows_me",)]:
        for piece in ("a", " ", "\t", "\u0316\u0301", "a@", "1", "\u200d"):
            with case(place=place, piece=piece):
                assert growth.is_linear(
                    lambda value, place=place: anybody.call(
                        method, samples.url(path, slug="salon"), with_value(body, place, value)
                    ),
                    piece,
                    3000,
                )


@pytest.mark.parametrize("piece", growth.HARD)
def test_a_message_to_the_webhook_costs_no_seconds(salon, piece):
    door = importlib.import_module("functions.payments_webhook.app")

    def send(value):
        body = json.dumps({"operation": NOTICE | {"response_description": value, "token": value, value[:50]: value}})
        door.handler({"pathParameters": {"slug": "salon"}, "body": body}, None)

    assert growth.is_linear(send, piece, 600)
    assert growth.is_linear(send, piece)
