"""A fault names its field as people call it."""

import json
from pathlib import Path

import pytest

from mostrador.scheduling.views.appointments import AppointmentListing, NewAppointment
from mostrador.web import field_titles
from tests.support import template
from tests.support.http import staff

PAGE = (Path(template.ROOT) / "docs" / "errors.md").read_text()


@pytest.mark.parametrize(
    ("place", "spanish", "english"),
    [
        (("body", "scheduled_at"), "Comienza", "scheduled at"),
        (("body", "customer_data", "phone"), "Teléfono", "phone"),
        (("body", "foo"), "«foo»", "foo"),
        (("body", "customer_data", "foo"), "«foo»", "foo"),
        (("query", "query", "limit"), "Cantidad por página", "limit"),
        (("query", "from"), "Desde", "from"),
        (("header", "if-match"), "«if-match»", "if-match"),
        (("body",), "", ""),
    ],
)
def test_a_field_is_called_by_its_title(place, spanish, english):
    forms = [NewAppointment | None, AppointmentListing]

    assert field_titles.of(forms, place, "es") == spanish
    assert field_titles.of(forms, place, "en") == english


def test_the_example_of_the_page_is_what_is_answered(salon, haircut):
    example = next(
        json.loads(block.split("```")[0]) for block in PAGE.split("```json\n") if '"invalid_request"' in block
    )
    body = {"service_id": haircut.id, "scheduled_at": "2026-12-01T09:00:00", "foo": 1} | {
        "customer_data": {"name": "Ana", "phone": "0981 123 456"}
    }

    told = staff.call("POST", "/tenant/salon/api/appointments", body, Accept_Language="es").json

    assert told | {"request_id": ""} == example | {"request_id": ""}
