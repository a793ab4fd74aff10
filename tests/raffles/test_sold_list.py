from mostrador.raffles import sold_list
from mostrador.raffles.rules import draw, merkle
from mostrador.raffles.rules.draw import Ticket
from mostrador.raffles.rules.states import public_code
from mostrador.table import keys, reads
from tests.support.raffles import opened, sell


def kept(raffle, tenant="salon"):
    """The raffle's list as it is now, kept and read again."""
    tickets = sold_list.collect(tenant, raffle.id)
    raffle.root, raffle.sold_count = sold_list.store(tenant, raffle.id, tickets), len(tickets)
    return sold_list.read(tenant, raffle)


def test_a_list_is_read_as_it_was_kept(salon, now):
    raffle = opened(now)
    order = sell(raffle, 12, 3, now=now)

    tickets = kept(raffle)

    assert tickets == (Ticket(3, public_code(order.id)), Ticket(12, public_code(order.id)))
    assert merkle.merkle_root(draw.leaves(tickets)).hex() == raffle.root


def test_a_list_of_several_parts_is_one_list(salon, now, monkeypatch):
    monkeypatch.setattr(sold_list, "PER_CHUNK", 3)
    raffle = opened(now)
    sell(raffle, *range(1, 11), now=now)

    assert [ticket.number for ticket in kept(raffle)] == list(range(1, 11))
    assert len(reads.everything(keys.sold_chunk("salon", raffle.id, "", 0)[0], raffle.root)) == 4


def test_keeping_the_same_list_twice_keeps_one_and_another_does_not_touch_it(salon, now):
    raffle = opened(now)
    sell(raffle, 1, now=now)
    first = kept(raffle)
    sold_list.store("salon", raffle.id, first)
    sell(raffle, 2, now=now)

    sold_list.store("salon", raffle.id, sold_list.collect("salon", raffle.id))

    assert sold_list._read("salon", raffle.id, raffle.root, 1) == first
    assert len(reads.span(keys.sold_chunk("salon", raffle.id, "", 0)[0], "0", "~")) == 2


def test_another_tenants_numbers_are_not_in_it(salon, clinic, now):
    raffle = opened(now)
    sell(raffle, 1, now=now)
    sell(raffle, 2, now=now, tenant="clinic")

    assert [ticket.number for ticket in kept(raffle)] == [1]
