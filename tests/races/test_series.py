"""Two people change a series at once: each date is moved and each extension booked once."""

from datetime import date, timedelta

import pytest

from mostrador.scheduling import recurring, series, series_changes
from mostrador.scheduling.views.recurring import NewSeries
from mostrador.scheduling.views.series import Extension, SeriesMove
from mostrador.table.items.scheduling import Series
from tests.races.test_one_slot import NINE, book, offer, shop, stored
from tests.support.at_once import at_once

__all__ = ["shop"]
pytestmark = pytest.mark.race
WEEK = timedelta(weeks=1)


def recurs(service, now, count=3):
    form = {"service_id": service.id, "scheduled_at": NINE, "count": count, "customer_data": {"name": "Ana"}}
    return recurring.book("salon", NewSeries.model_validate(form), actor_name="eva", key=None, now=now).series_id


def extend(series_id, now, key, **form):
    wanted = Extension.model_validate({"count": 2} | form)
    return series_changes.extend("salon", series_id, wanted, actor_name="eva", key=key, now=now)


def move(series_id, now, **form):
    wanted = SeriesMove.model_validate({"from": NINE.date().isoformat()} | form)
    return series_changes.move("salon", series_id, wanted, actor_name="eva", clock=lambda: now)


def days(series_id, now):
    dates = series.get("salon", series_id, now=now).dates
    return [one.planned_day - NINE.date() for one in dates]


def test_the_same_extension_at_once_is_booked_once(shop, now):
    series_id = recurs(offer(now), now)

    answers = at_once(4, lambda _: extend(series_id, now, "k"))

    assert len({tuple(one.id for one in answer.booked) for answer in answers}) == 1
    assert days(series_id, now) == [number * WEEK for number in range(5)]
    assert len(stored(now)) == 5


def test_two_extensions_at_once_follow_one_another(shop, now):
    series_id = recurs(offer(now, capacity=5), now)

    at_once(2, lambda number: extend(series_id, now, f"k{number}"))

    assert days(series_id, now) == [number * WEEK for number in range(7)]


def far_apart(series_id, now):
    """Two extensions that share no agenda day; gives how many dates the series has."""
    later = (NINE + 20 * WEEK).date().isoformat()
    at_once(2, lambda number: extend(series_id, now, f"k{number}", **({"from": later} if number else {})))
    return len(days(series_id, now))


def test_two_extensions_that_share_no_day_are_both_kept(shop, now):
    assert far_apart(recurs(offer(now), now), now) == 7


def test_red_control_without_the_version_one_of_them_is_lost(shop, now, monkeypatch):
    def forgetful(self, *, attributes=None, actions=None):
        handle(self, attributes=attributes, actions=actions)
        return Series.pk.exists()

    series_id, handle = recurs(offer(now), now), Series._handle_version_attribute
    monkeypatch.setattr(Series, "_handle_version_attribute", forgetful)

    assert far_apart(series_id, now) == 5


def test_two_moves_at_once_leave_each_date_at_one_of_the_two(shop, now):
    series_id = recurs(offer(now), now)
    times = ("10:00", "11:00")

    at_once(2, lambda number: move(series_id, now, time=times[number]))

    dates = series.get("salon", series_id, now=now).dates
    assert all(one.exception() is None for one in dates)
    assert {one.planned[11:] for one in dates} <= set(times)
    assert len(stored(now)) == 3


def test_a_date_that_a_customer_takes_meanwhile_is_refused_to_one(shop, now):
    service = offer(now)
    series_id = recurs(service, now)
    target = NINE + timedelta(hours=3)

    def call(number):
        if number == 0:
            return move(series_id, now, time="12:00")
        return book(service, target + (number - 1) * WEEK, now, number)

    outcome, *answers = at_once(4, call)

    moved = [row.appointment.scheduled_at for row in outcome.rows if row.result == "DONE"]
    taken = [one.scheduled_at for one in answers if not isinstance(one, Exception)]
    assert sorted([*moved, *taken]) == [target + number * WEEK for number in range(3)]
    assert date.fromisoformat(series.get("salon", series_id, now=now).dates[0].planned[:10]) == NINE.date()
