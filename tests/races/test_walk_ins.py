"""Customers who stand at several counters in the same minute, before one chair."""

from datetime import date, timedelta

import pytest

from mostrador.scheduling import agenda, slots, walk_ins
from mostrador.scheduling.views.walk_ins import WalkIn
from mostrador.table.attributes import packed, short
from mostrador.table.items.scheduling import AgendaDay
from tests.races.test_one_slot import offer, shop, winners
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
__all__ = ["shop"]


def walk_in_at_once(service, now):
    def walk_in(number):
        form = WalkIn(service_id=service.id, name=f"Cliente {number}", override=["closed"])
        return walk_ins.begin("salon", form, actor_name="eva", key=None, now=now + timedelta(seconds=number))

    return at_once(6, walk_in)


def test_of_many_walk_ins_in_one_minute_one_gets_the_chair(shop, now):
    answers = walk_in_at_once(offer(now), now)

    assert len(winners(answers)) == 1
    assert all(isinstance(one, slots.SlotTaken) for one in answers if one not in winners(answers))


def test_red_control_without_the_days_version_several_get_it(shop, now, monkeypatch):
    def take_without_looking(tx, key, days, lines, _now):
        kept = {short(line.appointment_id): packed(line, date.fromisoformat(key[1])) for line in lines}
        tx.save(AgendaDay(*key, version=1, lines=kept))

    monkeypatch.setattr(agenda, "take", take_without_looking)

    assert len(winners(walk_in_at_once(offer(now), now))) > 1
