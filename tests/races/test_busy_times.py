"""Pulls of calendars that overlap each other, and bookings: under real concurrency on dynoxide."""

import time
from datetime import date, timedelta
from random import Random
from threading import Barrier, Lock

import pytest

from mostrador.scheduling import busy_sources, busy_times
from mostrador.scheduling.rules.busy_times import BusyTime
from mostrador.table import keys, reads
from mostrador.table.items.busy_times import BusyDay
from mostrador.values import local_time
from tests.races.test_one_slot import NINE, book, offer, shop, stored, winners
from tests.support.at_once import at_once
from tests.support.busy import GOOGLE, busy_days, event, pull, resource_ids
from tests.support.days import shifted

__all__ = ["shop"]
pytestmark = pytest.mark.race
PULLS, ROUNDS, NAMES = 6, 5, "abc"


class Calendar:
    """A calendar elsewhere that tells what changed since a token, as Google does."""

    def __init__(self):
        self.log, self.lock, self.token = [], Lock(), 0

    def move(self, name, starts_at):
        with self.lock:
            self.log.append(event(name, starts_at, 30) if starts_at else BusyTime(name, 0, 0))

    def since(self, token):
        with self.lock:
            changes = {one.event_id: one if one.ends else None for one in self.log[token:]}
            return changes, len(self.log)

    def truth(self):
        return sorted((one.starts, one.ends) for one in self.since(0)[0].values() if one)


def pull_once(calendar, dice, now):
    turn = int(busy_sources.begin("salon", GOOGLE).version)
    changes, token = calendar.since(calendar.token)
    time.sleep(dice.uniform(0, 0.02))
    busy_times.replace("salon", GOOGLE, resource_ids(), changes, turn=turn, now=now)
    busy_sources.finish("salon", GOOGLE, turn=turn, resource_ids=resource_ids(), as_of=now)
    calendar.token = token


def live(calendar, client, now):
    """Move events that others move too, and pull the calendar each time; whoever is overtaken leaves it to them."""
    dice = Random(client)  # noqa: S311 - dice of a test
    for _ in range(ROUNDS):
        calendar.move(dice.choice(NAMES), dice.choice([None, *(NINE + timedelta(hours=n) for n in range(30))]))
        try:
            pull_once(calendar, dice, now)
        except busy_sources.Overtaken:
            continue


def differing(now):
    """What the agenda says and what the calendar says, once everybody is done and it was pulled once more."""
    calendar = Calendar()
    busy_sources.follow("salon", GOOGLE, now=now)
    assert at_once(PULLS, lambda client: live(calendar, client, now)) == [None] * PULLS
    pull_once(calendar, Random(0), now)  # noqa: S311 - dice of a test
    days = busy_days(resource_ids()[0]).items()
    midnights = {day: local_time.wall_midnight(date.fromisoformat(day)) for day, _ in days}
    agenda = sorted((midnights[day] + begins, midnights[day] + ends) for day, of in days for begins, ends in of)
    busy_times.clear("salon", GOOGLE, now=now)
    return None if agenda == calendar.truth() else (agenda, calendar.truth())


@pytest.mark.parametrize("round_", range(3))
def test_whoever_pulls_at_the_same_time_the_agenda_ends_as_the_calendar_is(shop, now, round_):
    assert differing(now) is None


def test_red_control_without_the_turn_an_older_pull_covers_a_newer_one(shop, now, monkeypatch):
    monkeypatch.setattr(busy_sources, "hold_turn", lambda *_: None)

    assert any(differing(now) for _ in range(20))


def two_calendars(now):
    """Two calendars of one resource, each with ten events on the same ten days; tells the lines of each day."""
    chair = resource_ids()[0]
    sources = [GOOGLE, f"{GOOGLE}#{chair}"]
    for source in sources:
        busy_sources.follow("salon", source, now=now)

    together = Barrier(2, timeout=30)

    def work(number):
        for day in range(10):
            together.wait()  # else one may stay a day behind the other, and they never meet
            pull(event(f"e{day}", NINE + timedelta(days=day, hours=number), 30), now=now, source=sources[number])

    assert at_once(2, work) == [None, None]
    return [len(spans) for spans in busy_days(chair).values()]


def test_two_calendars_that_are_pulled_at_once_keep_each_others_lines(shop, now):
    assert two_calendars(now) == [2] * 10


def test_red_control_without_the_conditions_on_the_day_they_wipe_each_other(shop, now, monkeypatch):
    def save_whole(tx, key, before, changes):
        time.sleep(0.05)  # whatever else the machine does, the other one has read the same by now
        kept = (dict(before.lines) if before else {}) | {name: line for name, line in changes.items() if line}
        tx.save(BusyDay(*key, lines=kept, expires_at=0))

    monkeypatch.setattr(busy_times, "_write_day", save_whole)

    assert two_calendars(now) != [2] * 10


def pull_and_book(service, now):
    """A pull that takes the morning while ten clients book it; tells the bookings made, and tries each start again."""
    busy_sources.follow("salon", GOOGLE, now=now)
    starts = [NINE + timedelta(minutes=30 * number) for number in range(6)]

    def work(number):
        if number == 0:
            return pull(event("e1", NINE, 180), event("e2", NINE + timedelta(days=1), 30), now=now)
        return book(service, starts[number % 6], now, number)

    answers = at_once(12, work)
    others = [one for one in answers[1:] if one not in winners(answers)]
    assert {one.facts["reason"] for one in others} <= {"external", "taken"}
    again = at_once(6, lambda number: book(service, starts[number], now, 50 + number))
    return winners(answers), winners(again)


@pytest.mark.parametrize("round_", range(3))
def test_a_pull_and_bookings_at_once_lose_nothing_and_nobody_books_after_it(shop, now, round_):
    made, late = pull_and_book(offer(now), now)

    assert late == []
    assert sorted(stored(now)) == sorted(one.id for one in made)
    chair = resource_ids()[0]
    day = reads.get_item(keys.agenda_day("salon", chair, NINE.date()))
    assert {line.appointment_id for line in (day.bookings() if day else [])} == {one.id for one in made}
    assert busy_days(chair) == {shifted("2026-12-01"): [(720, 900)], shifted("2026-12-02"): [(720, 750)]}


def test_red_control_where_bookings_do_not_look_they_are_made_after_it(shop, now, monkeypatch):
    monkeypatch.setattr(busy_sources, "blocking", lambda *_: [])

    made, late = pull_and_book(offer(now), now)

    assert len(made) + len(late) == 6
