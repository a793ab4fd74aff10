"""The rules of a question about free starts, and the classes that hold two resources."""

from datetime import date, datetime

import pytest

from mostrador.errors import NotHere
from mostrador.scheduling import booking, booking_context, resources, services, slot_terms
from mostrador.scheduling.slot_terms import SlotQuery
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.services import NewResource, NewService, ResourceChanges
from mostrador.values import local_time
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
START = local_time.minute(NINE)


@pytest.fixture
def people(salon, now):
    return [resources.create("salon", NewResource(name=name), key=None, now=now).id for name in "ABC"]


@pytest.fixture
def lesson(people, now):
    form = {"name": "Clase", "duration_minutes": 60, "price": "1", "capacity": 3}
    groups = {"resource_ids": people[:2], "second_resource_ids": people[1:]}
    return services.create("salon", NewService.model_validate(form | groups), key=None, now=now)


def asked(service, now, **query):
    context = booking_context.load("salon", service.id, [START], [])
    return slot_terms.terms(context, SlotQuery(now, **query))


def book(service, now):
    form = NewAppointment(service_id=service.id, scheduled_at=NINE, customer_data={"name": "Ana"})
    return booking.book("salon", form, actor_name="eva", key=None, now=now)


def test_one_resource_of_the_first_group_is_asked_for_and_all_of_the_second(lesson, people, now):
    terms = asked(lesson, now, resource_id=people[1])

    assert (list(terms.main), list(terms.second)) == ([people[1]], people[1:])
    with pytest.raises(NotHere):
        asked(lesson, now, resource_id=people[2])


def test_a_running_class_is_known_by_each_resource_that_it_holds_inactive_ones_too(lesson, people, now):
    first = book(lesson, now)
    held = dict.fromkeys((first.resource_id, first.second_resource_id), frozenset({first.id}))
    assert asked(lesson, now).running == {START: held}

    resources.change("salon", first.second_resource_id, ResourceChanges(is_active=False), seen=None, now=now)
    assert asked(lesson, now).running == {START: held}
    assert asked(lesson, now, without=first.id).running == {}


def test_an_agreed_start_is_refused_neither_for_its_notice_nor_for_its_window(lesson, now):
    terms = asked(lesson, now, agreed_start=START - 7 * 24 * 60)

    assert {rules.earliest for rules in terms.main.values()} == {START - 7 * 24 * 60}
    assert {rules.last_day for rules in terms.main.values()} == {date.max}
