"""A block and a booking of the same hour at the same moment: one of the two wins."""

from datetime import date, timedelta

import pytest

from mostrador.scheduling import agenda, blocks
from mostrador.scheduling.views.blocks import NewBlock
from mostrador.table.attributes import packed, short
from mostrador.table.items.scheduling import AgendaDay
from tests.races.test_one_slot import NINE, book, offer, shop, winners
from tests.support.at_once import at_once

__all__ = ["shop"]
pytestmark = pytest.mark.race


def both(service, now, day):
    """Bookings and blocks of one hour at once; gives how many of each there are."""
    start = NINE + timedelta(days=day)
    form = NewBlock(title="Almuerzo", starts_at=start, ends_at=start + timedelta(hours=1))

    def call(number):
        if number % 2:
            return book(service, start, now, number)
        return blocks.create("salon", form, actor_name="eva", key=None, now=now)

    answers = at_once(8, call)
    return len(winners(answers)), sum(isinstance(one, blocks.Blocked) for one in answers)


def test_a_block_and_a_booking_never_both_win(shop, now):
    service = offer(now)

    for day in range(4):
        booked, blocked = both(service, now, day)

        assert (booked == 1) != (blocked > 0)


def test_red_control_without_the_days_version_both_win(shop, now, monkeypatch):
    def take_without_looking(tx, key, days, lines, _now):
        kept = {short(line.appointment_id): packed(line, date.fromisoformat(key[1])) for line in lines}
        tx.save(AgendaDay(*key, version=1, lines=kept))

    monkeypatch.setattr(agenda, "take", take_without_looking)
    service = offer(now)

    found = [both(service, now, day) for day in range(4)]

    assert any(booked and blocked for booked, blocked in found)
