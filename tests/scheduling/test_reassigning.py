"""The chosen proposals are carried out, each with its result."""

import pytest

from mostrador.scheduling import affected, appointments, blocks, reassigning
from tests.support import illness
from tests.support.http import staff
from tests.support.illness import BLOCKS, DAY, book, carry_out, get, ill, places, proposed, results, sent


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch, now):
    monkeypatch.setattr("mostrador.clock.now", lambda: now)


@pytest.fixture
def chairs(salon, now):
    return illness.people(now, "Eva", "Luz")


@pytest.fixture
def cut(chairs, now):
    return illness.offer(now, chairs)


def test_no_two_get_the_same_place_and_all_can_be_carried_out(cut, chairs, now):
    visits = [book(cut, now, hour, chairs[0]) for hour in (9, 10, 11)]
    for hour in (9, 10, 11):
        book(cut, now, hour, chairs[1], number=1)
    block = ill(chairs[0], now)
    moves = proposed(block, now)
    assert len(set(places(moves))) == 3

    outcomes = carry_out(block, moves.values())

    assert results(outcomes) == ["MOVED"] * 3
    assert affected.of_block("salon", block, now=now) == []
    for visit in visits:
        change = get(visit, now).history[-1]
        assert (change["change"], change["by"], change["from_resource_id"]) == ("RESCHEDULED", "eva", chairs[0])


def test_a_repeat_under_any_key_moves_nothing_twice(cut, chairs, now):
    visit = book(cut, now, 9, chairs[0])
    block = ill(chairs[0], now)
    (move,) = proposed(block, now).values()
    assert results(carry_out(block, [move])) == ["MOVED"]
    version = get(visit, now).version

    assert results(carry_out(block, [move])) == ["ALREADY_MOVED"]
    assert get(visit, now).version == version

    blocks.delete("salon", block.id, seen=None, now=now)
    again = ill(chairs[1], now)
    back = carry_out(again, [sent(move, version=version, resource_id=chairs[0])])
    assert results(back) == ["MOVED"]
    (refused,) = carry_out(again, [move])  # made for the version before it went and came back
    assert (refused.result, refused.error.code) == ("REFUSED", "stale")


def test_one_that_is_refused_leaves_the_others_done_and_tells_why(cut, chairs, now):
    first, second, third = (book(cut, now, hour, chairs[0]) for hour in (9, 11, 13))
    block = ill(chairs[0], now)
    moves = proposed(block, now)
    book(cut, now, 11, chairs[1], number=5)
    appointments.cancel("salon", third.id, reason="", actor_name="eva", now=now)

    body = {"moves": [move.model_dump(mode="json") for move in moves.values()]}
    answer = staff.call("POST", f"{BLOCKS}/{block.id}/reassign", body)

    rows = answer.json["results"]
    assert [row["result"] for row in rows] == ["MOVED", "REFUSED", "REFUSED"]
    problems = [row["problem"] for row in rows]
    assert [problem and problem["code"] for problem in problems] == [None, "slot_taken", "wrong_state"]
    assert (problems[1]["reason"], len(problems[1]["alternatives"])) == ("taken", 3)
    assert rows[0]["appointment"]["resource_id"] == chairs[1]
    assert get(first, now).resource_id == chairs[1]
    assert get(second, now).resource_id == chairs[0]


def test_without_time_the_rest_is_left_and_the_same_request_goes_on(cut, chairs, now, monkeypatch):
    for hour in (9, 11):
        book(cut, now, hour, chairs[0])
    block = ill(chairs[0], now)
    moves = list(proposed(block, now).values())
    times = iter([now, now, now + reassigning.WITHIN])

    made = reassigning.reassign(
        "salon", block.id, [sent(move) for move in moves], actor_name="eva", clock=lambda: next(times)
    )

    assert results(made) == ["MOVED", "NOT_TRIED"]
    assert results(carry_out(block, moves)) == ["ALREADY_MOVED", "MOVED"]


def test_bad_moves_are_refused_with_their_field(cut, chairs, now):
    visit = book(cut, now, 9, chairs[0])
    block = ill(chairs[0], now)
    good = sent(next(iter(proposed(block, now).values()))).model_dump(mode="json")

    def answer(*moves):
        return staff.call("POST", f"{BLOCKS}/{block.id}/reassign", {"moves": moves})

    assert answer().status == 422
    assert answer(good, good).json["errors"][0]["code"] == "appointment_twice"
    assert answer(good | {"scheduled_at": f"{DAY}T11:00:30-03:00"}).json["code"] == "odd_start"
    (row,) = answer(good | {"resource_id": "0" * 32}).json["results"]
    assert (row["result"], row["problem"]["code"]) == ("REFUSED", "not_found")
    (row,) = answer(good | {"second_resource_id": chairs[0]}).json["results"]
    assert (row["result"], row["problem"]["code"]) == ("REFUSED", "not_found")
    (row,) = answer(good | {"appointment_id": "0" * 32}).json["results"]
    assert (row["result"], row["problem"]["code"]) == ("REFUSED", "not_found")
    assert get(visit, now).version == 1


def test_a_crash_in_between_and_the_same_request_again_converge(cut, chairs, now, monkeypatch):
    visits = [book(cut, now, hour, chairs[0]) for hour in (9, 11, 13)]
    block = ill(chairs[0], now)
    moves = list(proposed(block, now).values())
    put, calls = reassigning.placing.put, []

    def dies_after_the_second(*args, **more):
        put(*args, **more)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(reassigning.placing, "put", dies_after_the_second)
    with pytest.raises(KeyboardInterrupt):
        carry_out(block, moves)
    monkeypatch.setattr(reassigning.placing, "put", put)

    assert results(carry_out(block, moves)) == ["ALREADY_MOVED", "ALREADY_MOVED", "MOVED"]
    assert [get(visit, now).resource_id for visit in visits] == [chairs[1]] * 3
