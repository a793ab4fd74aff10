"""The door of availability: the length of an appointment in the query."""

import pytest

from tests.support.days import shifted
from tests.support.http import admin, anybody

DAY = shifted("2026-12-01")


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


def ask(service, who=admin, area="api/appointments", **query):
    text = "&".join(f"{name}={value}" for name, value in ({"service": service.id, "date": DAY} | query).items())
    return who.call("GET", f"/tenant/salon/{area}/availability?{text}")


def test_slots_have_the_length_asked_for_and_the_refusals_follow_it(haircut):
    answer = ask(haircut, duration_minutes=90, explain="true")

    assert answer.status == 200, answer.text
    first, last = answer.json["slots"][0], answer.json["slots"][-1]
    assert (first["starts_at"][11:16], first["ends_at"][11:16]) == ("09:00", "10:30")
    assert (last["starts_at"][11:16], last["ends_at"][11:16]) == ("16:30", "18:00")
    assert [(one["starts_at"][11:16], one["reason"]) for one in answer.json["refused"]] == [
        ("17:00", "closed"),
        ("17:30", "closed"),
    ]
    assert ask(haircut).json["slots"][-1]["starts_at"][11:16] == "17:30"


@pytest.mark.parametrize("minutes", ["4", "1441", "an hour", "", "30.5"])
def test_a_length_that_no_appointment_has_is_refused(haircut, minutes):
    answer = ask(haircut, duration_minutes=minutes)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "query.duration_minutes")


def test_the_public_asks_for_the_length_of_the_service_alone(haircut):
    assert ask(haircut, anybody, "public", duration_minutes=90).json["code"] == "unknown_parameter"
