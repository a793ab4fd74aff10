"""The values of a change: any attribute of an item, in a type that generators of clients understand."""

import pytest
from pydantic import ValidationError

from mostrador.audit.views.audit import ChangeView
from tests.support.answers import judge


def change(value):
    """A change to ``value``, as the API answers it."""
    line = {"entity": "resource", "id": "eva", "action": "resource.changed", "fields": {"hours": [None, value]}}
    return ChangeView.model_validate(line).model_dump(mode="json")


@pytest.mark.parametrize(
    "value", ["text", 1, 2.5, True, None, [[540, 720]], {"mon": [[540, 720]]}, [{"seats": [1, {"days": ["mon"]}]}]]
)
def test_a_value_of_an_attribute_is_shown_as_the_document_says(value):
    shown = change(value)

    judge(ChangeView, shown)
    assert shown["fields"]["hours"] == [None, value]


def test_a_list_three_deep_has_no_form():
    with pytest.raises(ValidationError):
        change([[[540]]])
