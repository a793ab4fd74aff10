"""Raffles under real concurrency, on dynoxide: the plan's limit, one commitment, one frozen list, one draw."""

import pytest

from mostrador.raffles import draws, open_raffles, raffles
from mostrador.raffles.views.draws import Evidence, Opening
from mostrador.raffles.views.raffles import RaffleListing
from mostrador.table import keys, reads
from mostrador.table.items.raffles import OpenRaffles, Raffle
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support.at_once import at_once
from tests.support.raffles import BY_DRAND, BY_LOTTERY, PERMIT, SECRET, SECRETLY, drafted, frozen, opened, sold

pytestmark = pytest.mark.race


@pytest.fixture
def shop(dynoxide, now):
    wanted = NewTenant(slug="salon", name="Salón", currency="PYG", max_raffles=3)
    return tenants.create(wanted, now=now)


def open_all(now, count=12):
    """As many drafts opened at the same moment."""
    drafts = [drafted(now, permit=PERMIT).id for _ in range(count)]
    return at_once(count, lambda place: raffles.open_sale("salon", drafts[place], Opening(method=SECRETLY), now=now))


def opened_ones(answers):
    return {one.id for one in answers if isinstance(one, Raffle)}


def among_the_open():
    return set(reads.get_item(keys.open_raffles("salon")).raffles)


def test_so_many_raffles_open_at_once_as_the_plan_allows(shop, now):
    answers = open_all(now)

    assert len(opened_ones(answers)) == 3
    assert all(isinstance(one, Raffle | open_raffles.TooManyOpen) for one in answers), answers
    assert among_the_open() == opened_ones(answers)
    assert len(raffles.listing("salon", RaffleListing(status="OPEN"), now=now).items) == 3


def test_red_control_without_the_condition_the_limit_breaks(shop, now, monkeypatch):
    monkeypatch.setattr(OpenRaffles, "are_fewer_than", lambda _limit: OpenRaffles.pk != "")

    assert len(opened_ones(open_all(now))) > 3


def test_two_ways_of_drawing_committed_to_at_once_leave_one(shop, now):
    raffle = drafted(now)
    methods = [SECRETLY, BY_LOTTERY]

    answers = at_once(
        8, lambda place: raffles.open_sale("salon", raffle.id, Opening(method=methods[place % 2]), now=now)
    )

    kept = raffles.get("salon", raffle.id, now=now)
    winners = [one for one in answers if isinstance(one, Raffle)]
    assert len(winners) == 4
    assert {one.commitment_digest for one in winners} == {kept.commitment_digest}
    assert among_the_open() == {raffle.id}


def test_closing_and_cancelling_at_once_ends_in_one_state_and_counts_it_out_once(shop, now):
    raffle = opened(now, method=BY_DRAND)

    def either(place):
        if place % 2:
            return raffles.close("salon", raffle.id, now=now)
        return raffles.cancel("salon", raffle.id, reason="x", now=now)

    at_once(8, either)

    assert raffles.get("salon", raffle.id, now=now).status == "CANCELLED"
    assert reads.get_item(keys.open_raffles("salon")).raffles is None


def test_a_list_frozen_at_once_by_many_is_frozen_once(shop, now):
    closed = raffles.close("salon", sold(now).id, now=now)
    at = raffles.freezes_at(closed)

    answers = at_once(6, lambda _: raffles.freeze("salon", closed.id, now=at))

    assert {(one.root, one.version) for one in answers} == {(answers[0].root, closed.version + 1)}


LOTTERIES = [{"numbers": [f"{place:03d}"] * 4, "source_url": "https://lottery.test"} for place in range(6)]


def test_a_draw_at_once_with_other_numbers_each_is_one_draw(shop, now):
    raffle = frozen(now, method=BY_LOTTERY)

    answers = at_once(6, lambda place: draws.draw("salon", raffle.id, Evidence(**LOTTERIES[place]), now=raffle.draw_at))

    kept = raffles.get("salon", raffle.id, now=now)
    (winner,) = [one for one in answers if isinstance(one, Raffle)]
    assert winner.draws == kept.draws
    assert sum(isinstance(one, draws.AlreadyDrawn) for one in answers) == 5


def test_the_same_draw_at_once_gives_everybody_the_same(shop, now):
    raffle = frozen(now)

    answers = at_once(6, lambda _: draws.draw("salon", raffle.id, Evidence(secret=SECRET), now=raffle.draw_at))

    assert [one.draws for one in answers] == [answers[0].draws] * 6
    assert {one.version for one in answers} == {raffle.version + 1}


def test_red_control_without_the_raffles_version_everybody_draws(shop, now, monkeypatch):
    raffle = frozen(now, method=BY_LOTTERY)
    counted_up = Raffle._handle_version_attribute

    def unconditionally(self, **given):
        counted_up(self, **given)

    monkeypatch.setattr(Raffle, "_handle_version_attribute", unconditionally)
    answers = at_once(6, lambda place: draws.draw("salon", raffle.id, Evidence(**LOTTERIES[place]), now=raffle.draw_at))

    assert sum(isinstance(one, Raffle) for one in answers) > 1
