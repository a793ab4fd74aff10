"""Links to orders: what they open, for how long, and that whatever is no link is refused alike."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.raffles import order_links
from mostrador.raffles.order_links import DeadOrderLink
from mostrador.signed_links import KEPT
from tests.support import orders as shop


@pytest.fixture
def made(salon, now):
    return shop.sell(shop.on_sale(now), 1, now=now)


def opened(token, now, tenant="salon"):
    found, raffle, is_buyers = order_links.verify_token(tenant, token, now=now)
    return found.id, raffle.id, is_buyers


def test_each_kind_opens_the_order_and_tells_which_it_is(made, now):
    own, buyers = order_links.token_of("salon", made.id), order_links.of_buyer("salon", made.id, now=now)

    assert opened(own, now) == (made.id, made.raffle_id, False)
    assert opened(buyers.token, now) == (made.id, made.raffle_id, True)
    assert buyers.path == f"/tenant/salon/public/orders/{buyers.token}"


def test_dead_links_are_all_alike(made, clinic, now):
    token = order_links.token_of("salon", made.id)
    order_id, _, signature = token.partition(".")
    nobodys = order_links.token_of("salon", "0" * 32)

    for one in ("", "x", order_id, f"{'0' * 32}.{signature}", f"{order_id}.{signature[:-1]}", "é", "a" * 3000, nobodys):
        with pytest.raises(DeadOrderLink):
            order_links.verify_token("salon", one, now=now)
    with pytest.raises(DeadOrderLink):
        order_links.verify_token("clinic", token, now=now)


def test_the_buyers_link_is_made_of_an_order_of_the_tenant_alone(made, clinic, now):
    with pytest.raises(NotHere):
        order_links.of_buyer("clinic", made.id, now=now)


def test_a_link_lives_until_a_month_after_the_prizes_can_be_claimed(made, now):
    token = order_links.token_of("salon", made.id)
    _, raffle, _ = order_links.verify_token("salon", token, now=now)
    end = raffle.draw_at + timedelta(days=int(raffle.claim_days)) + KEPT

    assert opened(token, end)[0] == made.id
    with pytest.raises(DeadOrderLink):
        opened(token, end + timedelta(seconds=1))
