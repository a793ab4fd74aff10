"""A visit that begins later today: the answer tells whose time it takes, and nothing moves."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.scheduling import appointments, delays, rescheduling, undoing, visits
from mostrador.scheduling.rules.appointment_states import WrongAppointmentState
from mostrador.scheduling.rules.delays import DelayOutside, NotToday, StartedAlready
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.scheduling.views.appointments import Rescheduling
from mostrador.scheduling.views.visits import Delay
from mostrador.table import keys, reads
from tests.support import till
from tests.support.till import NINE

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def delay(one, now=NINE, tenant="salon", **form):
    return delays.delay(tenant, one.id, Delay.model_validate(form), actor_name="rosa", now=now)


def stored(one):
    return reads.get_item(keys.appointment("salon", one.id))


@pytest.fixture
def day(haircut, now):
    """Four visits of half an hour, from nine on, and one after a gap."""
    return [till.book(haircut, now, at=NINE + n * HOUR / 2, phone=f"0981 {100000 + n}") for n in (0, 1, 2, 5)]


def told(delayed):
    return [(one.appointment.id, one.minutes, one.could_start_at) for one in delayed.overlaps]


def test_it_is_expected_later_and_keeps_its_time_in_the_agenda(day):
    first, second, third, _ = day

    late = delay(first, minutes=20)

    assert (late.appointment.scheduled_at, late.appointment.delayed_to) == (NINE, NINE + 20 * MINUTE)
    assert told(late) == [
        (second.id, 20, NINE + 50 * MINUTE),
        (third.id, 20, NINE + 80 * MINUTE),
    ]
    assert [stored(one).version for one in day[1:]] == [one.version for one in day[1:]]
    entry, until = late.appointment.history[-1], keys.at(NINE + 20 * MINUTE)
    assert entry == {"at": keys.at(NINE), "by": "rosa", "change": "DELAYED", "from": keys.at(NINE), "to": until}


def test_again_and_the_same_as_an_instant_change_nothing(day):
    once = delay(day[0], minutes=20).appointment

    assert delay(day[0], minutes=20).appointment.version == once.version
    assert delay(day[0], starts_at=NINE + 20 * MINUTE).appointment.version == once.version
    assert told(delay(day[0], minutes=20)) != []


def test_no_delay_takes_it_back_and_so_does_undo(day):
    delay(day[0], minutes=20)
    assert delay(day[0], minutes=0).appointment.delayed_to is None

    delay(day[0], minutes=30)
    back = undoing.undo("salon", day[0].id, VisitMove.DELAY, actor_name="rosa", key=None, now=NINE)
    assert (back.delayed_to, stored(day[0]).delayed_to) == (None, None)


def test_one_who_is_late_already_is_seen_where_it_is_expected(day):
    first, second, third, _ = day
    delay(second, minutes=10)

    assert told(delay(first, minutes=5)) == []
    assert told(delay(first, minutes=25)) == [(second.id, 15, NINE + 55 * MINUTE), (third.id, 25, NINE + 85 * MINUTE)]


def test_what_has_begun_or_is_over_is_nobody_who_waits(day):
    first, second, third, _ = day
    visits.start("salon", second.id, actor_name="rosa", now=NINE)
    appointments.cancel("salon", third.id, reason="", actor_name="rosa", now=NINE)

    assert told(delay(first, minutes=20)) == []


def test_another_time_ends_the_delay(day):
    delay(day[3], minutes=20)
    form = Rescheduling(scheduled_at=NINE + 4 * HOUR)

    moved = rescheduling.move("salon", day[3].id, form, actor_name="rosa", now=NINE)

    assert (moved.delayed_to, moved.delayed_from) == (None, None)


@pytest.mark.parametrize("form", [{"minutes": 720}, {"starts_at": NINE + 12 * HOUR}])
def test_half_a_day_is_the_most(day, form):
    assert delay(day[3], NINE + 2 * HOUR, **form)


@pytest.mark.parametrize("starts_at", [NINE - MINUTE, NINE + 13 * HOUR])
def test_an_earlier_start_or_another_day_is_no_delay(day, starts_at):
    with pytest.raises(DelayOutside) as refusal:
        delay(day[0], starts_at=starts_at)
    assert refusal.value.facts["field"] == "body.starts_at"


def test_only_what_stands_today_and_has_not_begun_is_delayed(day):
    first, second, third, _ = day
    visits.start("salon", first.id, actor_name="rosa", now=NINE)
    appointments.cancel("salon", second.id, reason="", actor_name="rosa", now=NINE)

    with pytest.raises(StartedAlready):
        delay(first, minutes=5)
    with pytest.raises(WrongAppointmentState, match="DELAYED"):
        delay(second, minutes=5)
    with pytest.raises(NotToday):
        delay(third, NINE - 12 * HOUR, minutes=5)


def test_another_tenants_appointment_is_not_there(day, clinic):
    with pytest.raises(NotHere):
        delay(day[0], tenant="clinic", minutes=5)
