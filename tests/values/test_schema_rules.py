"""The rules between fields: the JSON schema of a request refuses the same combinations as the request itself."""

from itertools import product

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import ValidationError

from mostrador.fields import Request
from mostrador.raffles.views.orders import NewOrder, PublicOrder
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.blocks import NewBlock
from mostrador.scheduling.views.prices import Discounting, NewDiscount
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.series import Extension, SeriesMove
from mostrador.scheduling.views.special_days import NewClosure
from mostrador.scheduling.views.visits import Delay
from mostrador.scheduling.views.waiting_list import NewWaiting
from mostrador.scheduling.views.walk_ins import WalkIn
from mostrador.values import schema_rules
from tests.support import wire_models

ID, START = "0" * 32, "2026-12-01T12:00:00Z"
LEFT_OUT = object()
PERSON = [LEFT_OUT, None, {"name": "Ana"}]
IDS = [LEFT_OUT, None, ID]
BOOKING = {
    "customer_id": IDS,
    "customer_data": PERSON,
    "hold": [LEFT_OUT, True, False],
    "status": [LEFT_OUT, "CONFIRMED"],
}
CHOICE = {"numbers": [LEFT_OUT, None, [7]], "count": [LEFT_OUT, None, 2]}
AT, LATER = [LEFT_OUT, None, START], [LEFT_OUT, None, "2026-12-01T13:00:00Z"]
DAYS = [LEFT_OUT, None, "2026-12-01"]
DISCOUNT = {"percent": [LEFT_OUT, None, 0, 10], "amount": [LEFT_OUT, None, "5000"]}
# The model -> a request without the fields in question, and the values that each of them takes in turn.
RULES = {
    NewAppointment: ({"service_id": ID, "scheduled_at": START}, BOOKING),
    NewSeries: (
        {"service_id": ID, "scheduled_at": START},
        BOOKING | {"count": [LEFT_OUT, None, 3], "until": [LEFT_OUT, None, "2027-01-01"]},
    ),
    WalkIn: ({"service_id": ID}, {"name": [LEFT_OUT, None, "Ana"], "customer_id": IDS, "customer_data": PERSON}),
    NewWaiting: ({"service_id": ID, "date": "2026-12-01"}, {"customer_id": IDS, "customer_data": PERSON}),
    NewClosure: ({"name": "Vacaciones"}, {"date": DAYS, "from": DAYS, "to": DAYS}),
    Delay: ({}, {"minutes": [LEFT_OUT, None, 20], "starts_at": [LEFT_OUT, None, START]}),
    NewBlock: ({"title": "Gripe"}, {"starts_at": AT, "ends_at": LATER, "from": DAYS, "to": DAYS}),
    SeriesMove: (
        {"from": "2026-12-01"},
        {
            "weekday": [LEFT_OUT, None, "friday"],
            "time": [LEFT_OUT, None, "10:00"],
            "resource_id": IDS,
            "duration_minutes": [LEFT_OUT, None, 30],
        },
    ),
    Extension: ({}, {"count": [LEFT_OUT, None, 3], "until": [LEFT_OUT, None, "2027-01-01"]}),
    NewOrder: ({}, CHOICE | {"customer_id": IDS, "customer": PERSON}),
    NewDiscount: ({"reason": "x"}, DISCOUNT),
    Discounting: ({"reason": "x"}, DISCOUNT),
    PublicOrder: ({"name": "Ana", "phone": "0981 123 456"}, CHOICE),
}


def requests(model):
    """The request with every combination of the values."""
    base, values = RULES[model]
    for combination in product(*values.values()):
        given = dict(zip(values, combination, strict=True))
        yield base | {name: value for name, value in given.items() if value is not LEFT_OUT}


def takes(model, request):
    try:
        model.model_validate(request)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("model", RULES)
def test_the_schema_takes_the_combinations_that_the_request_takes(model):
    schema = jsonschema.Draft202012Validator(model.model_json_schema())

    judged = [(request, takes(model, request), schema.is_valid(request)) for request in requests(model)]

    assert [request for request, by_model, by_schema in judged if by_model != by_schema] == []
    assert {by_model for _, by_model, _ in judged} == {True, False}


@pytest.mark.parametrize("model", RULES)
def test_red_control_without_its_rules_the_schema_takes_more(model):
    schema = model.model_json_schema()
    del schema["not"]
    lax = jsonschema.Draft202012Validator(schema)

    assert any(lax.is_valid(request) and not takes(model, request) for request in requests(model))


def test_each_request_with_rules_is_tried_here():
    with_rules = {
        model
        for model in wire_models.with_nested(wire_models.of_doors())
        if issubclass(model, Request) and "json_schema_extra" in model.model_config
    }

    assert with_rules == set(RULES)


def test_null_is_as_good_as_left_out():
    schema = {"not": schema_rules.both("a", "b")}

    assert jsonschema.Draft202012Validator(schema).is_valid({"a": 1, "b": None})
    assert not jsonschema.Draft202012Validator(schema).is_valid({"a": 1, "b": 0})
