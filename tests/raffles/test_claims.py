"""A winner claims by the link of the order, in time, and then the prize is not drawn again."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.raffles import claims, order_links, prizes, public_orders, raffles, redraws
from mostrador.raffles.order_links import DeadOrderLink
from mostrador.raffles.rules import prize_outcome
from mostrador.raffles.views.draws import Delivery
from mostrador.signed_links import KEPT
from mostrador.table.items.raffles import Raffle
from tests.raffles.test_draws import draw, late_for, redraw
from tests.raffles.test_machine import before_its_write
from tests.support import relays
from tests.support.raffles import drawn, frozen

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def relay(monkeypatch):
    with relays.running(monkeypatch) as server:
        yield server


def winner(raffle, prize=1):
    return prize_outcome.outcomes(raffle.draws, int(raffle.claim_days))[prize]


def claim(raffle, at, prize=1, tenant="salon"):
    token = order_links.token_of(tenant, winner(raffle, prize).order_id)
    return public_orders.claim(tenant, token, now=at)


def test_a_winner_claims_until_the_last_second_and_again_changes_nothing(salon, now):
    raffle = drawn(now)
    at = winner(raffle).claim_by

    claimed = claim(raffle, at)
    version = raffles.get("salon", raffle.id, now=at).version

    assert (claimed.prizes[0].prize, claimed.prizes[0].claimed_at) == (1, at)
    assert claim(raffle, at + DAY).prizes == claimed.prizes
    assert raffles.get("salon", raffle.id, now=at).version == version


def test_a_claim_after_the_time_is_refused_with_its_end(salon, now):
    raffle = drawn(now)

    with pytest.raises(claims.ClaimOver):
        claim(raffle, late_for(raffle))

    assert raffles.get("salon", raffle.id, now=now).claims is None


def test_a_prize_that_was_claimed_is_not_drawn_again(salon, now):
    raffle = drawn(now)
    claim(raffle, now)
    taken = {one.prize for one in claims.of_orders(raffle, [winner(raffle).order_id])}
    left = [prize for prize in (1, 2) if prize not in taken]

    with pytest.raises(redraws.NotUnclaimed):
        redraw(raffle, late_for(raffle), prizes=[1])
    if left:
        assert redraw(raffle, late_for(raffle)).draws[1]["redraw"]["prizes"] == left


def test_an_order_without_a_prize_has_nothing_to_claim(salon, now):
    raffle = frozen(now)
    drawn_ = draw(raffle, raffle.draw_at, secret=bytes(range(32)).hex())
    winning = {one["order_id"] for one in drawn_.draws[0]["winners"]}

    with pytest.raises(claims.NothingToClaim):
        claims.claim("salon", raffle.id, ["0" * 32], now=now)
    assert claims.of_orders(drawn_, winning)[0].claimed_at is None


def test_before_the_draw_there_is_nothing_to_claim(salon, now):
    with pytest.raises(claims.NothingToClaim):
        claims.claim("salon", frozen(now).id, ["0" * 32], now=now)


def test_a_prize_that_is_to_be_drawn_again_is_nobodys_to_claim(salon, now, relay):
    raffle = drawn(now)
    at = late_for(raffle)
    redraw(raffle, at)

    with pytest.raises(claims.NothingToClaim):
        claim(raffle, at)


def test_the_winner_of_a_redraw_has_the_whole_time_and_a_living_link(salon, now, relay):
    raffle = drawn(now)
    at = late_for(raffle)
    redraw(raffle, at, prizes=[1])
    again = draw(raffle, at + 2 * MINUTE)
    end = winner(again).claim_by

    assert claim(again, end).prizes[0].claimed_at == end
    with pytest.raises(DeadOrderLink):
        claim(again, end + KEPT + SECOND)


def test_a_delivered_prize_needs_no_claim(salon, now):
    raffle = drawn(now)
    prizes.deliver("salon", raffle.id, 1, Delivery(delivered_to="Ana"), actor_name="eva", now=now)

    managed = claim(raffle, late_for(raffle)) if len(claims.of_orders(raffle, [winner(raffle).order_id])) == 1 else None

    assert managed is None or managed.prizes[0].claimed_at is None


def test_the_buyers_link_claims_what_any_order_of_the_buyer_won(salon, now):
    raffle = drawn(now)
    link = order_links.of_buyer("salon", winner(raffle).order_id, now=now)

    assert public_orders.claim("salon", link.token, now=now).prizes[0].claimed_at == now


def test_another_tenants_link_claims_nothing(salon, clinic, now):
    raffle = drawn(now)

    with pytest.raises((DeadOrderLink, NotHere)):
        claim(raffle, now, tenant="clinic")


def test_a_claim_between_reading_and_announcing_wins(salon, now):
    """The clocks of two functions differ: the claim is in time, and the redraw is allowed."""
    raffle = drawn(now)
    both = {winner(raffle, prize).order_id for prize in (1, 2)}

    with before_its_write(lambda: claims.claim("salon", raffle.id, both, now=now)), pytest.raises(redraws.NotUnclaimed):
        redraw(raffle, late_for(raffle))

    assert len(raffles.get("salon", raffle.id, now=now).draws) == 1


def test_red_control_without_the_raffles_version_the_claim_is_lost(salon, now, monkeypatch):
    raffle = drawn(now)
    both = {winner(raffle, prize).order_id for prize in (1, 2)}
    counted_up = Raffle._handle_version_attribute

    def unconditionally(self, **given):
        counted_up(self, **given)

    monkeypatch.setattr(Raffle, "_handle_version_attribute", unconditionally)

    with before_its_write(lambda: claims.claim("salon", raffle.id, both, now=now)):
        announced = redraw(raffle, late_for(raffle))

    assert len(announced.draws) == 2
