"""Paraguay's law of October 2024 through the deployed stack: booked under tzdata 2024.1, run under 2025.1."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from local.stack import NAME
from tests.journeys import days
from tests.journeys.conftest import eventually, run
from tests.journeys.test_calendar import connecting
from tests.journeys.visitors import aws
from tests.support import clocks

pytestmark = pytest.mark.journey
SWITCHED = ("AppointmentsFunction", "FeedsFunction", "ClockChangesFunction", "CalendarSyncFunction")


@contextmanager
def under(stack, release):
    """The deployed functions that this journey uses have the zones of a release of tzdata."""
    functions = aws(stack, "lambda")
    usual = {}
    for logical_id in SWITCHED:
        found = aws(stack, "cloudformation").describe_stack_resource(StackName=NAME, LogicalResourceId=logical_id)
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        usual[name] = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        switched = usual[name] | {"TZDATA_FOLDER": str(clocks.ZONES / release)}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": switched})
    try:
        yield
    finally:
        for name, variables in usual.items():
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def winter():
    """The first Tuesday of a June to come, on which Asuncion had its winter time before the law."""
    first = date(days.today().year + (days.today().month > 4), 6, 1)
    return first + timedelta(days=(1 - first.weekday()) % 7)


def test_nine_as_booked_is_nine_after_the_law_and_is_not_sold_twice(stack, business, staff, admin):
    service, day, api = business.service("Corte")["id"], winter(), f"{business.api}/appointments"
    feed = admin.call("POST", f"{business.api}/feeds", {}).json()["path"]

    def offered():
        slots = staff.call("GET", f"{api}/availability?service={service}&date={day}").json()["slots"]
        return [slot["starts_at"] for slot in slots]

    def book(start, name):
        form = {"service_id": service, "scheduled_at": start, "customer_data": {"name": name}, "status": "CONFIRMED"}
        answer = staff.call("POST", api, form)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def shown(booked):
        return staff.call("GET", f"{api}/{booked}").json()["scheduled_at"]

    with connecting(stack, business) as google:
        with under(stack, clocks.BEFORE):
            assert offered()[0] == f"{day}T09:00:00-04:00"
            ana, eva = book(f"{day}T09:00:00-04:00", "Ana"), book(f"{day}T09:30:00-04:00", "Eva")
            eventually(lambda: {ana, eva} <= set(google.events()))
        with under(stack, clocks.AFTER):
            assert (shown(ana), offered()[0]) == (f"{day}T10:00:00-03:00", f"{day}T09:00:00-03:00")
            beto = book(f"{day}T09:00:00-03:00", "Beto")  # nine is sold a second time before anybody looks

            listed = run(stack, "ClockChangesFunction", {"tenant": business.slug})
            assert {one["appointment"]: one["blocked_by"] for one in listed["shifted"]} == {ana: beto, eva: ""}
            assert shown(eva) == f"{day}T10:30:00-03:00"  # a list changes nothing

            kept = run(stack, "ClockChangesFunction", {"tenant": business.slug, "apply": True})
            assert (kept["moved"], kept["conflicts"]) == (1, 1)
            assert (shown(ana), shown(eva)) == (f"{day}T10:00:00-03:00", f"{day}T09:30:00-03:00")

            staff.call("POST", f"{api}/{beto}/cancel")  # called, and given another time
            kept = run(stack, "ClockChangesFunction", {"tenant": business.slug, "apply": True})
            assert (kept["moved"], kept["conflicts"]) == (1, 0)

            assert (shown(ana), shown(eva)) == (f"{day}T09:00:00-03:00", f"{day}T09:30:00-03:00")
            assert offered()[0] == f"{day}T10:00:00-03:00"
            text = staff.http.get(feed).text
            starts = {str(one["uid"]): one["dtstart"].dt.isoformat() for one in Calendar.from_ical(text).walk("VEVENT")}
            assert starts[f"{ana}@mostrador"] == f"{day}T12:00:00+00:00"
            eventually(lambda: google.events()[ana]["start"]["dateTime"] == f"{day}T09:00:00-03:00")


def test_a_superuser_corrects_the_zone_and_nine_stays_nine(found, superuser, stack):
    business = found("Salón de Bogotá")
    service, day, api = business.service("Corte")["id"], winter(), f"{business.api}/appointments"
    form = {"service_id": service, "scheduled_at": f"{day}T09:00:00-03:00", "customer_data": {"name": "Ana"}}
    booked = superuser.call("POST", api, form).json()["id"]
    path, correction = f"admin/tenants/{business.slug}/relocate", {"time_zone": "America/Bogota", "country": "CO"}

    told = superuser.call("POST", path, correction).json()
    assert (told["moved"], told["is_applied"]) == (1, False)
    assert superuser.call("GET", f"{api}/{booked}").json()["scheduled_at"] == f"{day}T09:00:00-03:00"

    done = superuser.call("POST", path, correction | {"apply": True}).json()
    assert (done["moved"], done["left"], done["is_applied"]) == (1, 0, True)
    assert superuser.call("GET", f"{api}/{booked}").json()["scheduled_at"] == f"{day}T09:00:00-05:00"
    asked = f"{api}/availability?service={service}&date={day}"

    def first():
        return superuser.call("GET", asked).json()["slots"][0]["starts_at"]

    eventually(lambda: first() == f"{day}T09:30:00-05:00")  # functions know a tenant for some seconds
