"""Services of two resources at once, whose groups may overlap: two different ones, and classes that keep theirs."""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from mostrador.scheduling import (
    appointments,
    availability,
    booking,
    booking_context,
    rebooking,
    recurring,
    rescheduling,
    resources,
    services,
    slots,
)
from mostrador.scheduling.rules import pairs
from mostrador.scheduling.rules.appointment_states import WrongAppointmentState
from mostrador.scheduling.slot_terms import SlotQuery
from mostrador.scheduling.views.appointments import AvailabilityQuery, NewAppointment, Rescheduling
from mostrador.scheduling.views.rebooking import Rebooking
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.services import NewResource, NewService, ResourceChanges, ServiceChanges
from mostrador.table import keys, reads
from mostrador.values import local_time
from tests.support import plain_pairs
from tests.support.days import shifted

ZONE = ZoneInfo("America/Asuncion")
NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
HOUR = timedelta(hours=1)
LIVE = {"PENDING", "CONFIRMED"}


@pytest.fixture
def people(salon, now):
    return [resources.create("salon", NewResource(name=name), key=None, now=now).id for name in "ABCD"]


def offer(now, mains, seconds, **more):
    form = {"name": "Terapia", "duration_minutes": 60, "price": "1", "resource_ids": mains} | more
    return services.create("salon", NewService(second_resource_ids=seconds, **form), key=None, now=now)


def book(service, at, now, **more):
    form = {"service_id": service.id, "scheduled_at": at, "customer_data": {"name": "Ana"}} | more
    return booking.book("salon", NewAppointment.model_validate(form), actor_name="eva", key=None, now=now)


def two(appointment):
    return appointment.resource_id, appointment.second_resource_id


def found(service, now, at=NINE, **query):
    asked = AvailabilityQuery(service=service.id, date=at.date(), **query)
    return availability.find("salon", asked, now=now)


def slot(service, now, at=NINE, **query):
    return next((one for one in found(service, now, at, **query).slots if one.starts_at == at), None)


def refused(service, at, now, **more):
    with pytest.raises(slots.SlotTaken) as error:
        book(service, at, now, **more)
    return error.value.facts


def set_active(resource_id, now, *, is_active):
    resources.change("salon", resource_id, ResourceChanges(is_active=is_active), seen=None, now=now)


def test_the_two_are_different_whatever_the_groups_overlap(people, now):
    a, b, *_ = people
    service = offer(now, [a, b], [a, b])

    assert set(two(book(service, NINE, now))) == {a, b}
    assert slot(service, now) is None
    assert refused(service, NINE, now)["reason"] == "taken"


def test_one_resource_that_is_left_is_no_pair_and_explain_says_so(people, now):
    a, b, c, _ = people
    service = offer(now, [a, b, c], [a, b, c])
    book(service, NINE, now)

    view = found(service, now, explain=True)

    assert NINE not in [one.starts_at for one in view.slots]
    assert [one.reason for one in view.refused if one.starts_at == NINE] == ["taken"]


def test_groups_of_one_resource_alone_are_refused_when_the_service_is_saved(people, now):
    a, b, *_ = people
    with pytest.raises(services.SameResource, match="two different"):
        offer(now, [a], [a])
    service = offer(now, [a], [b])
    with pytest.raises(services.SameResource):
        services.change("salon", service.id, ServiceChanges(resource_ids=[b]), seen=None, now=now)
    services.change("salon", service.id, ServiceChanges(second_resource_ids=[]), seen=None, now=now)
    services.change("salon", service.id, ServiceChanges(resource_ids=[b]), seen=None, now=now)


def test_a_limit_counts_a_booking_once_though_it_stands_in_two_agendas(people, now):
    a, b, *_ = people
    service = offer(now, [a, b], [a, b], max_bookings_per_day=3)

    for number in range(3):
        book(service, NINE + number * HOUR, now)

    facts = refused(service, NINE + 4 * HOUR, now)
    assert (facts["reason"], facts["details"]) == ("daily_limit", {"booked": 3, "limit": 3})


def test_a_class_that_runs_keeps_its_teacher_and_its_room(people, now):
    teacher, other, room, hall = people
    service = offer(now, [teacher, other], [room, hall], capacity=3)
    first = book(service, NINE, now)

    assert slot(service, now, resource=first.resource_id).second_resource_ids == [first.second_resource_id]
    assert two(book(service, NINE, now)) == two(first)
    assert slot(service, now, resource=first.resource_id).seats_left == 1
    book(service, NINE, now)

    assert set(two(book(service, NINE, now))).isdisjoint(two(first))


def test_the_seats_of_a_class_are_those_of_a_pair_that_can_be_booked(people, now):
    """The other teacher is idle, but there is no other room."""
    teacher, other, room, _ = people
    service = offer(now, [teacher, other], [room], capacity=3)
    book(service, NINE, now)

    assert (slot(service, now).resource_ids, slot(service, now).seats_left) == ([teacher], 2)
    assert slot(service, now, resource=other) is None


def test_seats_are_no_more_than_the_limits_leave(people, now):
    teacher, _, room, _ = people
    service = offer(now, [teacher], [room], capacity=3, max_bookings_per_day=4, max_bookings_per_week=5)
    for _ in range(3):
        book(service, NINE, now)

    assert slot(service, now, NINE + HOUR).seats_left == 1


@pytest.mark.parametrize("has_room", [False, True])
def test_a_class_whose_capacity_was_lowered_says_how_many_are_booked(people, now, has_room):
    teacher, _, room, _ = people
    service = offer(now, [teacher], [room] if has_room else [], capacity=5)
    for _ in range(5):
        book(service, NINE, now)
    services.change("salon", service.id, ServiceChanges(capacity=3), seen=None, now=now)

    assert slot(service, now) is None
    (told,) = [one for one in found(service, now, explain=True).refused if one.starts_at == NINE]
    assert (told.reason, told.details) == ("no_seats", {"booked": 5, "seats": 3})
    assert refused(service, NINE, now)["details"] == {"booked": 5, "seats": 3}


def test_a_move_keeps_the_second_resource_where_it_can(people, now):
    teacher, _, room, hall = people
    service = offer(now, [teacher], [room, hall])
    first = book(service, NINE, now)
    free_room = hall if first.second_resource_id == room else room

    for hours in (1, 2):
        form = Rescheduling(scheduled_at=NINE + hours * HOUR)
        moved = rescheduling.move("salon", first.id, form, actor_name="eva", now=now)
        assert two(moved) == two(first)
    longer = rebooking.rebook("salon", first.id, Rebooking(duration_minutes=90), actor_name="eva", now=now)
    assert two(longer) == two(first)

    other = offer(now, [first.second_resource_id], [])
    book(other, NINE + 4 * HOUR, now)
    form = Rescheduling(scheduled_at=NINE + 4 * HOUR)
    assert two(rescheduling.move("salon", first.id, form, actor_name="eva", now=now)) == (teacher, free_room)


def test_a_move_into_a_class_gets_its_teacher_and_its_room(people, now):
    teacher, other, room, hall = people
    service = offer(now, [teacher, other], [room, hall], capacity=2)
    alone, first = book(service, NINE + HOUR, now, resource_id=other), book(service, NINE, now, resource_id=teacher)
    set_active(other, now, is_active=False)

    moved = rescheduling.move("salon", alone.id, Rescheduling(scheduled_at=NINE), actor_name="eva", now=now)

    assert two(moved) == two(first)


def test_a_series_takes_two_different_ones_on_each_date(people, now):
    a, b, *_ = people
    service = offer(now, [a, b], [a, b])
    form = {"service_id": service.id, "scheduled_at": NINE, "count": 3, "customer_data": {"name": "Ana"}}

    series = recurring.book("salon", NewSeries.model_validate(form), actor_name="eva", key="k" * 16, now=now)

    assert [set(two(one)) for one in series.booked] == [{a, b}] * 3


def test_a_lapsed_hold_does_not_come_back_into_another_class(people, now):
    """Its teacher has begun a class in another room meanwhile."""
    teacher, _, room, hall = people
    service = offer(now, [teacher], [room, hall], capacity=3)
    held = book(service, NINE, now, hold=True)
    assert two(held) == (teacher, room)
    later = now + timedelta(minutes=30)
    set_active(room, later, is_active=False)
    assert two(book(service, NINE, later)) == (teacher, hall)
    set_active(room, later, is_active=True)

    with pytest.raises((slots.SlotTaken, WrongAppointmentState)) as error:
        appointments.confirm("salon", held.id, actor_name="eva", now=later)

    assert isinstance(error.value, slots.SlotTaken)


SERVICES = {
    "one at a time": {},
    "class": {"capacity": 2},
    "class, limited": {"capacity": 3, "max_bookings_per_day": 7},
    "class that had one group": {"capacity": 3, "begins_alone": True},
}
GROUPS = {"overlapping": ("ABC", "BCD"), "the same": ("ABC", "ABC"), "one of two": ("A", "AB"), "apart": ("AB", "CD")}


class Desk:
    """A service of two groups, one of one resource beside it, and what dice book, move and cancel."""

    def __init__(self, now, people, groups, begins_alone=False, **terms):
        of = dict(zip("ABCD", people, strict=True))
        mains, seconds = ([of[name] for name in names] for names in groups)
        self.now, self.mains = now, mains
        self.beside = offer(now, people, [], name="Solo")
        spare = resources.create("salon", NewResource(name="E"), key=None, now=now).id
        self.idle = offer(now, [spare], [], name="Nada")
        self.service = offer(now, mains, [] if begins_alone else seconds, **terms)
        if begins_alone:
            for resource_id in mains:
                book(self.service, NINE, now, resource_id=resource_id)
            self.service = services.change(
                "salon", self.service.id, ServiceChanges(second_resource_ids=seconds), seen=None, now=now
            )

    def standing(self):
        stored = reads.span(keys.appointments_partition("salon"), "0", "9", index="gsi1")
        return [one for one in stored if one.status in LIVE]

    def step(self, dice):
        at, move = NINE + dice.randint(0, 2) * HOUR, dice.random()
        try:
            if move < 0.5:
                named = dice.choice([None, *self.mains])
                book(self.service, at, self.now, resource_id=named)
            elif move < 0.65:
                book(self.beside, at, self.now)
            elif standing := self.standing():
                one = dice.choice(standing)
                self.change(one, at, is_cancelled=move < 0.8)
        except slots.SlotTaken:
            pass

    def change(self, one, at, *, is_cancelled):
        if is_cancelled:
            appointments.cancel("salon", one.id, reason="", actor_name="eva", now=self.now)
        else:
            rescheduling.move("salon", one.id, Rescheduling(scheduled_at=at), actor_name="eva", now=self.now)

    def candidates(self):
        return [one.starts_at for one in found(self.idle, self.now).slots]

    def explained(self, service):
        return {one.starts_at for one in found(service, self.now, explain=True).refused}

    def offered(self):
        return {
            one.starts_at: (one.resource_ids, one.second_resource_ids, one.seats_left)
            for one in found(self.service, self.now).slots
        }

    def chooses(self, at, resource_id):
        """The pair that a booking would get, or None."""
        start = local_time.minute(at)
        context = booking_context.load("salon", self.service.id, [start], [])
        try:
            return tuple(one.id for one in slots.choose(context, start, SlotQuery(self.now, resource_id)))
        except slots.SlotTaken:
            return None

    def check(self):
        standing, candidates = self.standing(), self.candidates()
        plain = plain_pairs.free(self.service, standing, candidates, ZONE)
        assert self.offered() == plain
        assert self.explained(self.service) - self.explained(self.idle) == set(candidates) - set(plain)
        for at in [NINE, NINE + HOUR]:
            possible = plain_pairs.pairs(self.service, standing, at) if at in plain else {}
            for main in self.mains:
                pair = self.chooses(at, main)
                assert (pair in possible) if any(one[0] == main for one in possible) else pair is None


def differential(now, people, groups, terms, seed, steps=9):
    dice, desk = Random(seed), Desk(now, people, groups, **terms)  # noqa: S311 - the same each time
    for _ in range(steps):
        desk.step(dice)
        desk.check()
    return desk


@pytest.mark.parametrize("terms", SERVICES)
@pytest.mark.parametrize("groups", GROUPS)
def test_what_is_free_is_what_the_appointments_alone_tell(people, now, terms, groups):
    desk = differential(now, people, GROUPS[groups], SERVICES[terms], f"{terms} {groups}")

    booked = [one for one in desk.standing() if one.service_id == desk.service.id]
    assert all(one.resource_id != one.second_resource_id for one in booked)


def test_red_control_without_the_rule_of_classes_they_differ(people, now, monkeypatch):
    monkeypatch.setattr(pairs, "_fits", lambda *_: True)

    with pytest.raises(AssertionError):
        differential(now, people, GROUPS["overlapping"], SERVICES["class"], "class overlapping", steps=40)


def test_red_control_without_the_rule_that_they_differ_one_resource_is_booked_twice(people, now, monkeypatch):
    monkeypatch.setattr(pairs, "apart", lambda mains, seconds: (mains, seconds))

    with pytest.raises(AssertionError):
        differential(now, people, GROUPS["the same"], SERVICES["one at a time"], "one at a time the same", steps=40)
