"""The draws on record are items of their own; raffles of before, which have them inline, are read and moved."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mostrador.raffles import raffles, redraws
from mostrador.raffles.rules import commitments
from mostrador.raffles.rules.commitments import Prize
from mostrador.raffles.views.raffles import PublicRaffleView, RaffleListing
from mostrador.table import keys, reads, writes
from tests.raffles.test_draws import draw, late_for, noted, proof, redraw, verified
from tests.support import relays
from tests.support.raffles import BY_DRAND, drawn, frozen, opened

MINUTE = timedelta(minutes=1)


@pytest.fixture
def relay(monkeypatch):
    with relays.running(monkeypatch) as server:
        yield server


def stored(raffle):
    return reads.get_item(keys.raffle("salon", raffle.id))


def of_before(raffle):
    """The raffle as it was stored when its draws were inline."""
    item = stored(raffle)
    item.draw_count, item.inline_draws = None, raffle.draws
    with writes.transaction() as tx:
        tx.save(item)
        for place in range(1, len(raffle.draws) + 1):
            tx.delete(reads.get_item(keys.raffle_draw("salon", raffle.id, place)))
    return raffles.get("salon", raffle.id, now=raffle.draw_at)


def test_a_raffle_does_not_grow_by_its_draws(salon, now, relay):
    raffle = drawn(now, claim_days=1)
    before = len(str(stored(raffle).serialize()))

    for _ in range(5):
        at = late_for(raffle)
        redraw(raffle, at, reason="x" * 120, prizes=[1])
        raffle = draw(raffle, at + 2 * MINUTE)

    assert (len(raffle.draws), stored(raffle).draw_count) == (6, 6)
    assert abs(len(str(stored(raffle).serialize())) - before) < 200
    assert [one["redraw"] is None for one in raffle.draws] == [True] + [False] * 5


def test_every_reader_sees_the_draws(salon, now):
    raffle, other = drawn(now), opened(now)

    for page in (
        raffles.listing("salon", RaffleListing(), now=now),
        raffles.listing("salon", RaffleListing(ids=[raffle.id, other.id]), now=now),
        raffles.public_listing("salon", now=now, size=10, cursor=None),
    ):
        assert {one.id: one.draws for one in page.items} == {raffle.id: raffle.draws, other.id: None}


def test_a_raffle_of_before_keeps_its_draws_and_moves_them_with_the_next_one(salon, now, relay):
    raffle = of_before(drawn(now))
    told, at = proof(raffle, now), late_for(raffle)
    assert raffle.draws == stored(raffle).inline_draws

    redraw(raffle, at)
    moved = stored(raffle)
    held = draw(raffle, at + 2 * MINUTE)

    assert (moved.draw_count, moved.inline_draws) == (2, None)
    assert proof(raffle, at)["draws"][0] == told["draws"][0]
    assert held.draws[0] == raffle.draws[0]


def test_a_redraw_that_was_announced_before_is_held_after(salon, now, relay):
    raffle = drawn(now)
    at = late_for(raffle)
    announced = of_before(redraw(raffle, at))

    held = draw(announced, at + 2 * MINUTE)

    assert (stored(raffle).draw_count, stored(raffle).inline_draws) == (2, None)
    assert [one["evidence"] is None for one in held.draws] == [False, False]
    assert raffles.get("salon", raffle.id, now=at).draws == held.draws
    assert redraws.FROZEN_LATE not in str(held.draws)


def test_each_draw_shows_the_digest_that_the_verifier_takes(salon, now):
    raffle = redraw(drawn(now), late_for(drawn(now)))

    shown = PublicRaffleView.model_validate(raffle).model_dump(mode="json")["draws"]

    told = proof(raffle, now)["draws"]
    assert [one["terms_sha256"] for one in shown] == [one["terms_sha256"] for one in told]


def test_a_raffle_that_was_opened_in_the_first_format_is_drawn_and_drawn_again(salon, now, relay, tmp_path):
    raffle = frozen(now, method=BY_DRAND)
    told = commitments.read_commitment(raffle.commitment)
    names = tuple(Prize(prize.name) for prize in told.prizes)
    old = commitments.to_document(replace(told, version=1, prizes=names, claim_days=None, terms_url=None))
    item = stored(raffle)
    item.commitment, item.commitment_digest = old, commitments.digest(old)
    with writes.transaction() as tx:
        tx.save(item)

    held = draw(raffle, raffle.draw_at)
    good = verified(tmp_path, proof(held, now), *noted(held), chain=True)
    at = late_for(held)
    redraw(held, at)
    again = draw(held, at + 2 * MINUTE)
    status, said = verified(tmp_path, proof(again, at), *noted(again), chain=True)

    assert good[0] == 0, good
    assert status == 3, said
    assert "LOOK UP draw 2: the time to claim prizes, which the commitment does not have" in said
