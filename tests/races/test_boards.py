"""One picture, many who bring it up to date: under real concurrency on dynoxide."""

from random import Random

import pytest

from mostrador.raffles import board
from mostrador.raffles.rules.board import NumberState
from mostrador.table.items.raffles import BoardChunk
from tests.races.test_one_slot import shop
from tests.support.at_once import at_once
from tests.support.boards import on_sale, project, set_state

__all__ = ["shop"]
pytestmark = pytest.mark.race
CLIENTS = 12
ROUNDS = 6
NUMBERS = range(1, 31)


def live(raffle, client, now):
    """Change numbers that others change too, and have each change projected; one begins by rebuilding it all."""
    dice = Random(client)  # noqa: S311 - dice of a test
    if client == 0:
        board.rebuild("salon", raffle.id, now=now)
    for _ in range(ROUNDS):
        number = dice.choice(NUMBERS)
        set_state(raffle, number, dice.choice(list(NumberState)))
        project(raffle, number, now=now)


def differing(now):
    """The numbers of which the picture is wrong when all is done."""
    raffle = on_sale(now=now, first=1, last=30)
    answers = at_once(CLIENTS, lambda client: live(raffle, client, now))
    assert answers == [None] * CLIENTS
    picture, truth = board.read("salon", raffle, consistent=True), board.states("salon", raffle.id, NUMBERS)
    return [number for number in NUMBERS if picture.state(number) is not truth[number]]


@pytest.mark.parametrize("round_", range(3))
def test_whoever_projects_at_the_same_time_the_picture_ends_true(shop, now, round_):
    assert differing(now) == []


def test_red_control_without_the_version_they_cover_each_other(shop, now, monkeypatch):
    save = BoardChunk.save
    monkeypatch.setattr(BoardChunk, "save", lambda self: save(self, add_version_condition=False))

    assert any(differing(now) for _ in range(5))
