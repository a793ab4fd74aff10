"""No raffle is too big for the steps that follow: it would be the organiser's way not to be drawn."""

import pytest

from mostrador.raffles import drafts, prizes, raffles, sizes
from mostrador.raffles.views.draws import Delivery, Opening
from mostrador.raffles.views.raffles import RaffleChanges
from tests.support.raffles import BY_DRAND, drafted, drawn, opened

BIG = {"name": "á" * 120, "description": "🎁" * 500, "value": "á" * 120}
BIGGEST = {"name": "á" * 120, "description": "á" * 500, "value": "á" * 120}


def test_a_draft_that_would_be_too_big_is_refused_with_its_size(salon, now):
    with pytest.raises(sizes.RaffleTooBig) as refused:
        drafted(now, prizes=[BIG] * 50)

    assert refused.value.facts["field"] == "body.prizes"
    assert refused.value.facts["value"] > sizes.MOST_BYTES == refused.value.facts["most"]


def test_a_change_that_makes_it_too_big_is_refused_and_changes_nothing(salon, now):
    raffle = drafted(now)

    with pytest.raises(sizes.RaffleTooBig):
        drafts.change("salon", raffle.id, RaffleChanges(prizes=[BIG] * 50), seen=None, now=now)

    assert raffles.get("salon", raffle.id, now=now).version == raffle.version


def test_a_draft_of_before_that_is_too_big_is_not_opened(salon, now, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(sizes, "check", lambda *_, **__: None)
        raffle = drafted(now, prizes=[BIG] * 25)

    with pytest.raises(sizes.RaffleTooBig):
        raffles.open_sale("salon", raffle.id, Opening(method=BY_DRAND), now=now)


def test_the_biggest_raffle_is_sold_drawn_and_delivered(salon, now):
    raffle = drawn(now, prizes=[BIGGEST] * 20)
    big = Delivery(delivered_to="á" * 120, note="🎁" * 500)

    delivered = [prizes.deliver("salon", raffle.id, place, big, actor_name="eva", now=now) for place in range(1, 17)]

    assert len(str(raffle.serialize())) > sizes.MOST_BYTES * 0.9
    assert len(delivered[-1].deliveries) == 16


def test_deliveries_that_do_not_fit_are_refused_with_the_field(salon, now, monkeypatch):
    raffle = drawn(now)
    monkeypatch.setattr(sizes, "MOST_WITH_DELIVERIES", 3_000)

    with pytest.raises(sizes.RaffleTooBig) as refused:
        prizes.deliver("salon", raffle.id, 1, Delivery(delivered_to="Ana", note="🎁" * 500), actor_name="eva", now=now)

    assert refused.value.facts["field"] == "body.note"
    assert raffles.get("salon", raffle.id, now=now).deliveries is None


def test_texts_of_an_open_raffle_are_bound_too(salon, now, monkeypatch):
    raffle = opened(now)
    monkeypatch.setattr(sizes, "MOST_WITH_DELIVERIES", 3_000)

    with pytest.raises(sizes.RaffleTooBig):
        drafts.change("salon", raffle.id, RaffleChanges(description="🎁" * 2000), seen=None, now=now)
