"""Two people move the appointments of one who is ill at once, and customers book the proposed places meanwhile."""

from datetime import date, timedelta

import pytest

from mostrador.scheduling import agenda, appointments, blocks, proposals, reassigning, resources
from mostrador.scheduling.views.blocks import NewBlock
from mostrador.scheduling.views.reassigning import Move, ProposalsView
from mostrador.scheduling.views.services import NewResource
from mostrador.table import keys, reads
from mostrador.table.attributes import packed, short
from mostrador.table.items.scheduling import AgendaDay
from tests.races.test_one_slot import NINE, book, offer, shop, winners
from tests.support.at_once import at_once

__all__ = ["shop"]
pytestmark = pytest.mark.race
HALF = timedelta(minutes=30)


@pytest.fixture
def people(shop, now):
    return [resources.create("salon", NewResource(name=name), key=None, now=now).id for name in ("Eva", "Luz")]


@pytest.fixture
def cut(people, now):
    return offer(now, resource_ids=people)


def ill(cut, people, now, count=4):
    """The block of Eva's day, and the moves proposed for its appointments."""
    for number in range(count):
        book(cut, NINE + number * HALF, now, number, resource_id=people[0])
    day = NINE.date().isoformat()
    form = {"title": "Enferma", "from": day, "to": day, "resource_ids": people[:1], "even_if_booked": True}
    block = blocks.create("salon", NewBlock.model_validate(form), actor_name="eva", key=None, now=now).block
    view = ProposalsView.model_validate(proposals.propose("salon", block.id, days=1, now=now))
    return block, [Move.model_validate(one.move.model_dump()) for one in view.items]


def later(move, hours):
    return move.model_copy(update={"scheduled_at": move.scheduled_at + timedelta(hours=hours)})


def reassign(block, moves, now):
    return reassigning.reassign("salon", block.id, moves, actor_name="eva", clock=lambda: now)


def two_people(cut, people, now):
    """Both carry out a plan of their own; gives how often each appointment was moved."""
    block, moves = ill(cut, people, now)
    plans = [moves, [later(move, 3) for move in moves]]
    answers = at_once(2, lambda number: reassign(block, plans[number], now))
    moved = [one.appointment_id for answer in answers for one in answer if one.result == "MOVED"]
    return {move.appointment_id: moved.count(move.appointment_id) for move in moves}


def lines(people):
    """The appointment of each line of the agenda days of a resource."""
    days = [day for one in people for day in reads.everything(keys.agenda_partition("salon", one), "")]
    return sorted(line.appointment_id for day in days for line in day.bookings() if line.service != "0" * 16)


def test_two_people_at_once_move_each_appointment_once(cut, people, now):
    moved = two_people(cut, people, now)

    assert set(moved.values()) == {1}
    assert lines(people) == sorted(moved)


def test_red_control_without_the_version_an_appointment_is_moved_twice(cut, people, now, monkeypatch):
    monkeypatch.setattr(reassigning, "_check_version", lambda *_: None)

    assert 2 in two_people(cut, people, now).values()


def with_customers(cut, people, now, arrange=lambda: None):
    """The plan is carried out while customers book its places; gives the starts that Luz has, one for each booking."""
    block, moves = ill(cut, people, now)
    arrange()

    def call(number):
        if number == 0:
            return reassign(block, moves, now)
        move = moves[number - 1]
        return book(cut, move.scheduled_at, now, 50 + number, resource_id=move.resource_id)

    answers = at_once(1 + len(moves), call)
    standing = [*winners(answers[1:]), *(one.appointment for one in answers[0] if one.result == "MOVED")]
    refused = [one.error.code for one in answers[0] if one.result == "REFUSED"]
    assert set(refused) <= {"slot_taken"}
    return [one.scheduled_at for one in standing if one.resource_id == people[1]]


def test_a_place_that_a_customer_books_meanwhile_is_had_by_one(cut, people, now):
    starts = with_customers(cut, people, now)

    assert len(starts) == len(set(starts)) == 4


def test_red_control_without_the_days_version_two_have_it(cut, people, now, monkeypatch):
    def take_without_looking(tx, key, days, added, _now):
        kept = {short(line.appointment_id): packed(line, date.fromisoformat(key[1])) for line in added}
        tx.save(AgendaDay(*key, version=1, lines=kept))

    starts = with_customers(cut, people, now, lambda: monkeypatch.setattr(agenda, "take", take_without_looking))

    assert len(starts) > len(set(starts))


def test_the_same_plan_twice_at_once_is_done_once(cut, people, now):
    block, moves = ill(cut, people, now)

    answers = at_once(4, lambda _: reassign(block, moves, now))

    for rows in zip(*answers, strict=True):
        assert sorted(row.result.value for row in rows) == ["ALREADY_MOVED"] * 3 + ["MOVED"]
    for move in moves:
        assert appointments.get("salon", move.appointment_id, now=now).version == move.version + 1
