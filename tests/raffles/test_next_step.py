"""What a raffle does by itself, in time and after a pause of the sweeper."""

from datetime import timedelta

import pytest

from mostrador.raffles import next_step, raffles, redraws
from mostrador.table import keys
from tests.raffles.test_draws import noted, proof, verified
from tests.support import relays
from tests.support.lines import sweep
from tests.support.raffles import BY_DRAND, BY_LOTTERY, SECRETLY, sold

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def relay(monkeypatch):
    with relays.running(monkeypatch) as server:
        yield server


def test_by_itself_it_is_closed_frozen_and_drawn_by_the_beacon(salon, now, relay):
    raffle = sold(now, method=BY_DRAND)

    def states_at(*instants):
        for at in instants:
            next_step.take("salon", raffle.id, now=at)
            found = raffles.get("salon", raffle.id, now=at)
            yield found.status, found.frozen_at, found.due_at

    closes, freezes, draws = raffle.sale_closes_at, raffles.freezes_at(raffle), raffle.draw_at
    assert list(states_at(closes, freezes, draws)) == [
        ("CLOSED", None, keys.at(freezes)),
        ("CLOSED", freezes, keys.at(draws)),
        ("DRAWN", freezes, None),
    ]
    assert next_step.take("salon", raffle.id, now=draws + DAY) is False


def test_a_pause_of_the_sweeper_that_ends_before_the_draw_does_no_harm(salon, now, relay):
    raffle = sold(now, method=BY_DRAND)
    just_before = raffle.draw_at - SECOND

    assert sweep(just_before)["raffles"] == 1

    frozen_ = raffles.get("salon", raffle.id, now=just_before)
    assert (frozen_.status, frozen_.frozen_at) == ("CLOSED", just_before)
    assert sweep(raffle.draw_at)["raffles"] == 1
    assert raffles.get("salon", raffle.id, now=just_before).status == "DRAWN"


@pytest.mark.parametrize("method", [BY_DRAND, BY_LOTTERY, SECRETLY], ids=lambda method: method["name"])
def test_after_a_longer_pause_the_redraw_announces_itself_and_is_held(salon, now, relay, tmp_path, method):
    raffle = sold(now, method=method)
    late = raffle.draw_at + 3 * DAY

    assert sweep(late)["raffles"] == 1
    announced = raffles.get("salon", raffle.id, now=late)
    assert sweep(late + 2 * MINUTE)["raffles"] == 1

    redrawn = raffles.get("salon", raffle.id, now=late)
    assert (announced.status, redrawn.status) == ("CLOSED", "DRAWN")
    assert [one["redraw"]["reason"] for one in announced.draws[1:]] == [redraws.FROZEN_LATE]
    assert verified(tmp_path, proof(redrawn, late), *noted(redrawn), chain=True)[0] == 3


def test_a_crash_between_the_freeze_and_the_announcement_leaves_it_due(salon, now, relay):
    raffle = sold(now)
    late = raffle.draw_at + DAY
    raffles.close("salon", raffle.id, now=late)
    raffles.freeze("salon", raffle.id, now=late)

    assert sweep(late)["raffles"] == 1

    assert len(raffles.get("salon", raffle.id, now=late).draws) == 2
    assert sweep(late)["raffles"] == 0
