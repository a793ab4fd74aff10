"""The command after an update of tzdata, over all tenants, through its door."""

import base64
import importlib
from datetime import UTC, datetime, timedelta

import pytest

from mostrador import clock
from mostrador.background import clock_changes
from mostrador.background.clock_changes import Wanted
from mostrador.scheduling import appointments, booking, services
from mostrador.scheduling import clock_changes as use_case
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.services import NewService
from mostrador.table import writes
from mostrador.table.items.scheduling import Appointment
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import clocks, days, log_patterns
from tests.support.logs import written

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
NINE_BEFORE = datetime(2027, 6, 1, 13, 0, tzinfo=UTC)
SLUGS = ["barber", "salon"]


@pytest.fixture
def booked(salon, clinic, monkeypatch):
    """One appointment of each of two tenants in Asuncion, and one in New York, all before the law; slug -> it."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    there = NewTenant(slug="barber", name="Barbería", business_hours=days.EVERY_DAY)
    tenants.create(there, now=NOW)
    with clocks.under(clocks.BEFORE):
        return {slug: book(slug) for slug in ("barber", "clinic", "salon")}


def book(slug):
    wanted = NewService(name="Corte", duration_minutes=30, price="1", advance_booking_days=730)
    service = services.create(slug, wanted, key=None, now=NOW)
    form = NewAppointment(service_id=service.id, scheduled_at=NINE_BEFORE, customer_data={"name": "Ana"})
    return booking.book(slug, form, actor_name="eva", key=None, now=NOW)


def call(**event):
    with clocks.under(clocks.AFTER):
        return importlib.import_module("functions.clock_changes.app").handler(event, None)


def start(booked, slug):
    return appointments.get(slug, booked[slug].id, now=NOW).scheduled_at


def test_it_lists_and_writes_nothing_until_it_is_told_to(booked):
    listed = call()

    assert (listed["tenants"], listed["appointments"], listed["moved"]) == (3, 3, 0)
    assert [one["tenant"] for one in listed["shifted"]] == SLUGS
    assert listed["shifted"][0] == {
        "tenant": "barber",
        "appointment": booked["barber"].id,
        "local_start": "2027-06-01T09:00",
        "scheduled_at": "2027-06-01T13:00:00Z",
        "moves_to": "2027-06-01T12:00:00Z",
        "blocked_by": "",
    }
    assert start(booked, "salon") == NINE_BEFORE

    assert call(apply=True)["moved"] == 2
    assert [NINE_BEFORE - start(booked, slug) for slug in SLUGS] == [timedelta(hours=1)] * 2
    assert start(booked, "clinic") == NINE_BEFORE
    assert call()["shifted"] == []


def test_one_tenant_alone(booked):
    assert call(apply=True, tenant="salon")["moved"] == 1
    assert start(booked, "barber") == NINE_BEFORE


def test_a_suspended_tenants_appointments_are_kept_too(booked):
    tenants.suspend("salon", now=NOW)

    assert call(apply=True)["moved"] == 2


def test_it_goes_on_behind_the_last_tenant(booked):
    ticks = iter([NOW] * 3 + [NOW + timedelta(hours=1)] * 9)
    with clocks.under(clocks.AFTER):
        first = clock_changes.run(Wanted(is_applied=True), clock=lambda: next(ticks), until=NOW + timedelta(minutes=1))

    assert (first["moved"], first["after"]) == (1, "barber")
    rest = call(apply=True, after=first["after"])
    assert (rest["tenants"], rest["moved"], rest["after"]) == (2, 1, "")


def test_a_failure_of_one_tenant_stops_no_other(booked, monkeypatch):
    survey = use_case.survey

    def failing(tenant, **more):
        if tenant.slug == "barber":
            raise RuntimeError("barber")
        return survey(tenant, **more)

    monkeypatch.setattr(use_case, "survey", failing)

    report = call(apply=True)

    assert (report["failed"], report["moved"]) == (1, 1)


def test_older_appointments_are_recorded_or_read_by_the_former_rules(booked):
    for one in booked.values():
        writes.update_attribute(one, Appointment.local_start.remove(), condition=Appointment.pk.exists())
    assert (call()["unknown"], call()["shifted"]) == (3, [])
    file = (clocks.ZONES / clocks.BEFORE / clocks.ASUNCION).read_bytes()

    moved = call(apply=True, record=True, former={clocks.ASUNCION: base64.b64encode(file).decode()})

    assert (moved["moved"], moved["recorded"]) == (2, 1)  # those moved have it by that
    assert call()["unknown"] == 0


def test_a_night_that_finds_one_shifted_rings_and_a_look_by_hand_does_not(booked):
    with written() as by_hand:
        call()
    with written() as at_night:
        call(watch=True)

    assert by_hand.lines("ERROR") == []
    (line,) = at_night.lines("ERROR")
    assert (line["message"], line["count"], line["tenants"]) == ("clock changed", 2, SLUGS)
    pattern = log_patterns.of("ClockChanged")
    (text,) = [one for one in at_night.text.splitlines() if log_patterns.passes(pattern, one)]
    assert log_patterns.is_kept(text, "ERROR")


def test_a_night_with_all_in_place_rings_nobody(booked):
    call(apply=True)

    with written() as lines:
        call(watch=True)

    assert lines.lines("ERROR") == []
