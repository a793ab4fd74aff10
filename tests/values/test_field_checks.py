"""Single values as people and programs send them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mostrador.fields import Amount
from mostrador.values import field_checks

AMOUNT = TypeAdapter(Amount)


@pytest.mark.parametrize(
    ("sent", "text"),
    [(0, "0"), (25, "25"), (25.5, "25.5"), (80000.0, "80000"), (1e3, "1000"), (0.0001, "0.0001"), ("25.50", "25.50")],
)
def test_a_number_is_the_text_that_it_means(sent, text):
    assert AMOUNT.validate_python(sent) == text


@pytest.mark.parametrize(
    "sent", [-1, 1e14, 0.00001, 0.1 + 0.2, float("nan"), float("inf"), True, None, "1e3", "-1", [25]]
)
def test_anything_else_is_no_amount(sent):
    with pytest.raises(ValidationError):
        AMOUNT.validate_python(sent)


@pytest.mark.parametrize(
    ("schema", "takes_it"),
    [
        ({"anyOf": [{"type": "string", "maxLength": 2000}, {"type": "null"}]}, True),
        ({"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]}, False),
        ({"anyOf": [{"type": "string", "format": "email"}, {"type": "null"}]}, False),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, False),
    ],
)
def test_a_schema_takes_an_empty_text_or_needs_it_named(schema, takes_it):
    assert field_checks.takes_empty(schema) is takes_it
