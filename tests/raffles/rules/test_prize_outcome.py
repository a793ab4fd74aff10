from datetime import UTC, datetime

import pytest

from mostrador.raffles.rules import prize_outcome

FIRST = {
    "redraw": None,
    "evidence": {"secret": "00"},
    "drawn_at": "2026-12-24T22:00:00Z",
    "winners": [
        {"prize": 1, "number": 7, "order": "A", "order_id": "a", "name": "Ana"},
        {"prize": 2, "number": 9, "order": "B", "order_id": "b", "name": "Bea R."},
    ],
}
AGAIN = FIRST | {
    "redraw": {"draw": 2},
    "drawn_at": "2027-03-01T22:00:00Z",
    "winners": [{"prize": 2, "number": 5, "order": "C", "order_id": "c", "name": "Ciro"}],
}
ANNOUNCED = AGAIN | {"evidence": None, "drawn_at": None, "winners": []}


def test_each_prize_stands_with_its_last_winner_and_the_deadline_of_that_draw():
    standing = prize_outcome.outcomes([FIRST, AGAIN], claim_days=60)

    assert {prize: won.name for prize, won in standing.items()} == {1: "Ana", 2: "Ciro"}
    assert standing[1].claim_by == datetime(2027, 2, 22, 22, tzinfo=UTC)
    assert standing[2].claim_by == datetime(2027, 4, 30, 22, tzinfo=UTC)


def test_a_draw_that_was_only_announced_changes_nothing():
    assert prize_outcome.outcomes([FIRST, ANNOUNCED], 60) == prize_outcome.outcomes([FIRST], 60)
    assert [prize_outcome.is_held(one) for one in (FIRST, ANNOUNCED)] == [True, False]


@pytest.mark.parametrize(("name", "masked"), [("María Fernández López", "María F."), ("Ñandutí", "Ñandutí")])
def test_of_a_name_the_first_word_and_a_letter_are_shown(name, masked):
    assert prize_outcome.masked(name) == masked
