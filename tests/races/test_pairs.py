"""Two resources at once, from groups that overlap: simultaneous bookings of the last pair, on dynoxide."""

from datetime import date, timedelta

import pytest

from mostrador.scheduling import agenda, resources, slots
from mostrador.scheduling.views.services import NewResource
from mostrador.table.attributes import packed, short
from mostrador.table.items.scheduling import AgendaDay
from tests.races.test_one_slot import NINE, book, offer, shop, winners
from tests.support.at_once import at_once

pytestmark = pytest.mark.race
__all__ = ["shop"]


@pytest.fixture
def people(shop, now):
    return [resources.create("salon", NewResource(name=name), key=None, now=now).id for name in "ABC"]


def take_without_looking(tx, key, days, lines, _now):
    kept = {short(line.appointment_id): packed(line, date.fromisoformat(key[1])) for line in lines}
    tx.save(AgendaDay(*key, version=1, lines=kept))


def last_pair(now, people, at=NINE):
    """Two clients at once; each names one of the two resources that are left as the first of its pair."""
    service = offer(now, resource_ids=people[:2], second_resource_ids=people[:2])
    return at_once(2, lambda number: book(service, at, now, number, resource_id=people[number]))


@pytest.mark.parametrize("round_", range(5))
def test_two_clients_on_the_last_pair_have_one_winner(people, now, round_):
    answers = last_pair(now, people)

    (winner,) = winners(answers)
    assert {winner.resource_id, winner.second_resource_id} == set(people[:2])
    assert [type(answer) for answer in answers if answer is not winner] == [slots.SlotTaken]


def test_red_control_without_the_days_version_the_last_pair_is_sold_twice(people, now, monkeypatch):
    monkeypatch.setattr(agenda, "take", take_without_looking)

    tries = (len(winners(last_pair(now, people, NINE + timedelta(hours=hours)))) for hours in range(8))
    assert 2 in tries


def class_of_three(now, people):
    """Twelve clients at once on the seats of one class: any two of its pairs share a resource."""
    a, b, c = people
    service = offer(now, resource_ids=[a, b], second_resource_ids=[b, c], capacity=3)
    return winners(at_once(12, lambda number: book(service, NINE, now, number)))


def test_a_class_that_fills_at_once_keeps_its_two_resources(people, now):
    won = class_of_three(now, people)

    assert len(won) == 3
    assert len({(one.resource_id, one.second_resource_id) for one in won}) == 1


def test_red_control_without_the_days_version_the_class_has_more_than_its_seats(people, now, monkeypatch):
    monkeypatch.setattr(agenda, "take", take_without_looking)

    assert len(class_of_three(now, people)) > 3
