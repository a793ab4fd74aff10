"""Texts, dates and e-mail addresses as people and programs really send them: cleaned, or refused by field and value."""

import datetime as dt
import typing

import pytest
from pydantic import AwareDatetime

from mostrador.fields import Request
from mostrador.people import members
from mostrador.people.rules.permissions import Role
from mostrador.table import base, keys
from tests.support import people
from tests.support.http import Client, admin, staff
from tests.test_docs import subclasses

SALON = "/tenant/salon/api"
EPOCHS = ["1234567890", "1764590400000", " 1764590400", "-1", "1764590400.5", 1764590400, 1764590400.5, True]
DATES = {dt.date, AwareDatetime}
UNSTORED = {"Returned"}
"""The query with which Google returns: nothing of it is stored."""
FIELDS = [
    (form, field.alias or name, field)
    for form in sorted(subclasses(Request), key=lambda form: form.__name__)
    if form.__name__ not in UNSTORED and form.__module__.startswith("mostrador.")
    for name, field in form.model_fields.items()
]


def kinds(annotation):
    """The types that a field's annotation is made of."""
    parts = typing.get_args(annotation)
    return {annotation} if not parts else {kind for part in parts for kind in kinds(part)}


def faults(form, name, value):
    """What validation has against this field."""
    try:
        form.model_validate({name: value})
    except ValueError as error:
        return [fault["type"] for fault in error.errors() if fault["loc"][:1] == (name,)]
    return []


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\ufffd"])
def test_no_text_of_any_request_takes_a_control_character(case, character):
    for form, name, _ in FIELDS:
        value = f"https://a{character}b"
        with case(form=form.__name__, field=name):
            if name != "cursor":  # which its signature protects
                assert faults(form, name, value)
                assert faults(form, name, [value])


@pytest.mark.parametrize("value", EPOCHS)
def test_no_date_of_any_request_takes_a_number(case, value):
    of_dates = [(form, name) for form, name, field in FIELDS if kinds(field.annotation) & DATES]

    for form, name in of_dates:
        with case(form=form.__name__, field=name):
            assert faults(form, name, value) in (["date_parsing"], ["datetime_parsing"])
    assert len(of_dates) > 20


def test_a_date_and_an_instant_as_text_are_taken(case):
    for form, name, field in FIELDS:
        is_date = kinds(field.annotation) & DATES
        value = "2026-12-01" if dt.date in is_date else "2026-12-01T12:00:00Z"
        with case(form=form.__name__, field=name):
            assert not is_date or faults(form, name, value) == []


def test_the_number_of_a_date_is_refused_with_field_and_value(haircut):
    form = {"service_id": haircut.id, "scheduled_at": 1764590400, "customer_data": {"name": "Ana"}}

    booked = staff.call("POST", f"{SALON}/appointments", form)
    listed = staff.call("GET", f"{SALON}/appointments?from=1764590400")

    assert booked.status == listed.status == 422
    (of_body,), (of_query,) = booked.json["errors"], listed.json["errors"]
    assert (of_body["field"], of_body["value"], of_body["code"]) == (
        "body.scheduled_at",
        1764590400,
        "datetime_parsing",
    )
    assert (of_query["field"], of_query["value"]) == ("query.from", "1764590400")


def test_a_name_is_stored_clean_and_found_again(salon):
    typed = {"name": "\u200eAna\u00a0\n Lo\u0301pez 👩🏽‍⚕️", "email": " ana@b.com\u200f "}

    made = staff.call("POST", f"{SALON}/customers", typed)

    assert (made.json["name"], made.json["email"]) == ("Ana López 👩🏽‍⚕️", "ana@b.com")
    assert staff.call("GET", f"{SALON}/customers?q=ana%C2%A0lopez").json["items"] == [made.json]


def test_a_phone_copied_from_the_contacts_is_taken(salon):
    made = staff.call("POST", f"{SALON}/customers", {"name": "Ana", "phone": "\u202a+595\u00a0981 123456\u202c"})

    assert made.json["phone"] == "+595981123456"


def test_nul_in_notes_is_refused_with_field_and_value_and_nothing_is_stored(salon):
    refused = staff.call("POST", f"{SALON}/customers", {"name": "Ana", "notes": "a\0b"}, Accept_Language="es")
    kept = staff.call("POST", f"{SALON}/customers", {"name": "Ana", "notes": "a\r\n\tb"})

    (fault,) = refused.json["errors"]
    assert (refused.status, fault["field"], fault["value"]) == (422, "body.notes", "a\0b")
    assert fault["detail"] == "tiene el carácter U+0000, que no es texto"
    assert kept.json["notes"] == "a\n\tb"
    assert staff.call("GET", f"{SALON}/customers").json["items"] == [kept.json]


def test_an_address_in_two_spellings_is_one_person(salon, now):
    first = admin.call("POST", f"{SALON}/members", {"email": " Ana@Example.com", "role": "staff"}).json
    again = admin.call("POST", f"{SALON}/members", {"email": "ana@example.COM ", "role": "viewer"}).json

    assert (again["user"], again["email"], again["role"]) == (first["user"], "ana@example.com", "viewer")
    assert people.known() == ["ana@example.com"]
    assert admin.call("POST", f"{SALON}/customers", {"name": "A", "email": "ANA@b.com"}).json["email"] == "ana@b.com"
    assert admin.call("PATCH", f"{SALON}/tenant", {"contact_email": "Ana@B.com"}).json["contact_email"] == "ana@b.com"


def test_an_address_stored_in_capitals_is_read_in_lower_case(salon, now):
    members.add("salon", "u-old", email="old@example.com", role=Role.STAFF, now=now)
    made = staff.call("POST", f"{SALON}/customers", {"name": "Ana", "email": "ana@b.com"}).json
    as_stored_before(keys.member("salon", "u-old"), "Old@Example.com")
    as_stored_before(keys.customer("salon", made["id"]), "Ana@B.com")

    assert admin.call("GET", f"{SALON}/members/u-old").json["email"] == "old@example.com"
    assert staff.call("GET", f"{SALON}/customers/{made['id']}").json == made
    assert members.with_emails("salon", ["OLD@example.com"]) == ["u-old"]


def as_stored_before(key, email):
    """Write an address as older versions did, past the attribute that lowers it."""
    base.client().update_item(
        TableName=base.Item.Meta.table_name,
        Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}},
        UpdateExpression="SET email = :email",
        ExpressionAttributeValues={":email": {"S": email}},
    )


def test_the_audit_log_finds_a_person_under_every_spelling(salon, now):
    members.add("salon", "u-old", email="old@example.com", role=Role.ADMIN, now=now)
    spelt = [Client({"salon": "admin"}, name=name, user="u-old") for name in ("Old@Example.com", "old@example.com")]
    for number, client in enumerate(spelt):
        form = {"name": f"S{number}", "duration_minutes": 30, "price": "1"}
        assert client.call("POST", f"{SALON}/services", form).status == 201

    for query in ("old@example.com", "OLD@example.com", "u-old"):
        found = admin.call("GET", f"{SALON}/audit?entity=service&user={query}").json["items"]
        assert len(found) == 2, query
    assert admin.call("GET", f"{SALON}/audit?entity=service&user=eva@example.com").json["items"] == []
