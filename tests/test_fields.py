"""The types of fields that several requests share."""

import importlib
import pkgutil

import pytest
from pydantic import TypeAdapter, ValidationError

import mostrador
from mostrador.fields import Request, Url
from mostrador.values import shown

GOOD = [
    "https://example.com",
    "https://example.com/",
    "https://salon.com.py:8443/bases?x=1&y=%27#a",
    "https://ñandutí.com.py/año/@eva",
    "https://[2001:db8::1]/a",
    "https://example.com?x",
    "https://example.com/a(b)*c;d,e!",
]
BAD = [
    "http://example.com",
    "HTTPS://example.com",
    "ftp://example.com",
    "javascript:alert(1)",
    "//example.com",
    "https://",
    "https:///path",
    "https://user@example.com",
    "https://user:word@example.com/",
    "https://example.com@evil.example/",
    "https://example.com\\@evil.example",
    'https://example.com/"onload="x',
    "https://example.com/'x",
    "https://example.com/<b>",
    "https://example.com/`",
    "https://exa mple.com",
    "https://example.com/a b",
    "https://example.com/\x01",
    "https://example.com/\x7f",
    "https://example.com/a\nb",
]


@pytest.mark.parametrize("address", GOOD)
def test_an_address_that_people_are_sent_to_is_https(address):
    assert TypeAdapter(Url).validate_python(address) == address


@pytest.mark.parametrize("address", BAD)
def test_an_address_is_refused_that_could_mislead_or_break_out(address):
    with pytest.raises(ValidationError):
        TypeAdapter(Url).validate_python(address)


def requests():
    """Every request model of the package."""
    for module in pkgutil.walk_packages(mostrador.__path__, "mostrador."):
        if ".views." in module.name:
            importlib.import_module(module.name)
    families = [Request]
    while families:
        family = families.pop()
        yield family
        families += family.__subclasses__()


def addresses(part):
    """The schemas of a model's schema that are addresses."""
    if isinstance(part, dict):
        if part.get("format") == "uri":
            yield part
        for inner in part.values():
            yield from addresses(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from addresses(inner)


def test_every_address_of_a_request_has_that_one_type():
    found = [(model.__name__, one["pattern"]) for model in requests() for one in addresses(model.model_json_schema())]

    assert len({name for name, _ in found}) > 8
    assert {pattern for _, pattern in found} == {shown.WEB_ADDRESS}


def test_no_text_of_a_request_is_an_address_without_the_type():
    for model in requests():
        for name, schema in model.model_json_schema().get("properties", {}).items():
            if name == "url" or name.endswith("_url"):
                assert list(addresses(schema)), (model.__name__, name)
