"""Any sequence of what befalls appointments, the stream and Google ends with one right event for each live one.

Records of the stream are kept, brought late, again and in any portions, and workers die at any request to Google; what
Google's own users do to our events is put back. A quick run is part of the suite; `make proof` runs 2,000 sequences.
"""

from contextlib import suppress
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from functions.calendar_sync import app
from mostrador import process_cache
from mostrador.calendars import watches
from mostrador.errors import ServiceError
from mostrador.scheduling import resources, services
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges
from tests.support import calendars, days, stream
from tests.support.days import shifted
from tests.support.google_double import Killed

pytestmark = pytest.mark.deep

EXAMPLES = max(8, settings().max_examples // 4)
HOURS = st.integers(9, 17)
KINDS = ["before", "after", "killed", "503 backendError", "401 authError"]
SEVEN = {
    "start": {"dateTime": shifted("2026-12-01T07:00:00-03:00")},
    "end": {"dateTime": shifted("2026-12-01T07:30:00-03:00")},
}
WHICH = st.integers(0, 5)
KIND = st.sampled_from([0, 1])


class Follows(RuleBasedStateMachine):
    """``made`` are all appointments, ``log`` all records of the stream, of which ``brought`` were handed on."""

    prepare = None

    @initialize()
    def open_the_shop(self):
        self.clock, self.google, source = type(self).prepare()
        service = services.create(
            "salon", NewService(name="Corte", duration_minutes=30, price="1"), key=None, now=self.clock()
        )
        watches.wake("salon", calendars.connect(self.clock()), now=self.clock())
        self.shop = calendars.Shop(self.clock, service, source)
        self.open_rooms(service)
        self.made, self.log, self.brought = [], [], 0

    def open_rooms(self, service):
        """A service that takes one of two rooms too: one with a calendar of its own, one in the business's."""
        own, shared = (
            resources.create("salon", NewResource(name=name), key=None, now=self.clock()).id for name in ("1", "2")
        )
        form = {"duration_minutes": 30, "price": "1", "second_resource_ids": [own, shared]}
        massage = services.create("salon", NewService(name="Masaje", **form), key=None, now=self.clock())
        self.services, self.rooms = [service, massage], {own: "room"}
        self.google.calendars["room"] = {}
        watches.wake("salon", calendars.connect(self.clock(), resource_id=own, calendar_id="room"), now=self.clock())

    def one(self, which):
        return self.made[which % len(self.made)]

    def change(self, how):
        with suppress(ServiceError):
            how()
        self.log += self.shop.records()

    def bring(self, records, **how):
        with suppress(Killed):
            stream.pump(app.handler, records, **how)
        self.log += self.shop.records()

    @rule(hour=HOURS, confirmed=st.booleans(), kind=KIND)
    def book(self, hour, confirmed, kind):
        form = {"status": "CONFIRMED" if confirmed else "PENDING", "service_id": self.services[kind].id}
        self.change(lambda: self.made.append(self.shop.book(hour, **form)))

    @precondition(lambda self: self.made)
    @rule(which=WHICH, kind=KIND)
    def another_service(self, which, kind):
        """With a room or without."""
        self.change(lambda: self.shop.rebook(self.one(which), self.services[kind]))

    @rule(reverse=st.booleans())
    def another_room(self, reverse):
        """Is the only one from now on, for bookings and moves."""
        ids = sorted(self.services[1].second_resource_ids, reverse=reverse)
        change = ServiceChanges(second_resource_ids=ids[:1])
        self.change(lambda: services.change("salon", self.services[1].id, change, seen=None, now=self.clock()))

    @precondition(lambda self: self.made)
    @rule(which=WHICH, how=st.sampled_from(["confirm", "declare", "refuse", "cancel", "delete"]))
    def decide(self, which, how):
        self.change(lambda: getattr(self.shop, how)(self.one(which)))

    @precondition(lambda self: self.made)
    @rule(which=WHICH, hour=HOURS)
    def move(self, which, hour):
        self.change(lambda: self.shop.move(self.one(which), hour))

    @rule(upto=st.integers(1, 4), size=st.integers(1, 3))
    def stream_comes(self, upto, size):
        records = self.log[self.brought : self.brought + upto]
        self.brought += len(records)
        self.bring(records, size=size)

    @precondition(lambda self: self.log)
    @rule(data=st.data())
    def stream_comes_again(self, data):
        self.bring(data.draw(st.lists(st.sampled_from(self.log), min_size=1, max_size=3)))

    @rule(
        ahead=st.integers(0, 3),
        kind=st.sampled_from(KINDS),
    )
    def google_will_fail(self, ahead, kind):
        self.google.crash = (len(self.google.asked) + ahead, kind)

    @rule()
    def google_goes_and_comes(self):
        self.google.is_down = not self.google.is_down

    @rule(minutes=st.sampled_from([1, 20]))
    def minutes_pass(self, minutes):
        self.clock.pass_(minutes=minutes)
        with suppress(Killed):
            self.shop.sweep()
        self.log += self.shop.records()

    @rule()
    def another_process(self):
        process_cache.clear_all()

    @rule(
        which=WHICH, how=st.sampled_from(["trash", "move", "rename"]), calendar_id=st.sampled_from(["primary", "room"])
    )
    def somebody_in_google(self, which, how, calendar_id):
        alive = sorted(self.google.alive(calendar_id))
        if not alive:
            return
        name = alive[which % len(alive)]
        if how == "trash":
            self.google.trash(name, calendar_id)
        elif how == "move":
            self.google.edit(name, calendar_id, **SEVEN)
        else:
            self.google.edit(name, calendar_id, summary="Otra cosa")

    def teardown(self):
        if not hasattr(self, "shop"):
            return
        self.google.is_down, self.google.crash = False, None
        process_cache.clear_all()
        self.bring(self.log[self.brought :])
        self.clock.pass_(hours=25)  # a night, in which the calendar is proved
        for _ in range(4):
            self.shop.settle()
            self.clock.pass_(minutes=6)
            self.shop.sweep()
        assert calendars.is_right(self.google, rooms=self.rooms)
        assert calendars.unsettled() == []
        for booked in self.made:
            now = calendars.stored(booked)
            shown = calendars.record(booked)
            assert now is None or now.google_calendar_event_id == (shown.event_id if shown else None)


@pytest.fixture
def machine(new_table, ticking, google, now):
    made = count()

    def prepare():
        from mostrador.tenancy import tenants
        from mostrador.tenancy.views.tenants import NewTenant

        next(made)
        new_table()
        ticking.now = now
        google.reset()
        process_cache.clear_all()
        source = stream.Stream()
        tenants.create(
            NewTenant(slug="salon", name="Salón", country="PY", currency="PYG", business_hours=days.EVERY_DAY), now=now
        )
        return ticking, google, source

    class Machine(Follows):
        pass

    Machine.prepare = staticmethod(prepare)
    return Machine


def test_whatever_happens_there_is_one_right_event_for_each_live_appointment(machine):
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=15, max_examples=EXAMPLES))
