from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.raffles import prizes as raffle_results
from mostrador.raffles import raffles, redraws
from mostrador.raffles.rules.states import OrderStatus, public_code
from mostrador.raffles.views.draws import Delivery, Redrawing
from tests.support.days import shifted
from tests.support.raffles import BUYERS, BY_DRAND, drawn, opened, sell

DAY = timedelta(days=1)


def deliver(raffle, prize, now, to="María Fernández", tenant="salon", **more):
    return raffle_results.deliver(
        tenant, raffle.id, prize, Delivery(delivered_to=to, **more), actor_name="eva", now=now
    )


def exported(raffle, now, tenant="salon", size=100, cursor=None):
    return raffle_results.export(tenant, raffle.id, now=now, size=size, cursor=cursor)


def test_a_delivery_is_recorded_once_with_who_and_when(salon, now):
    raffle = drawn(now)

    delivered = deliver(raffle, 2, now, note="Con C.I. 1.234.567")

    assert delivered.deliveries["2"] == {
        "delivered_to": "María Fernández",
        "note": "Con C.I. 1.234.567",
        "delivered_at": shifted("2026-11-30T13:00:00Z"),
        "by": "eva",
    }
    assert deliver(raffle, 2, now + DAY, note="Con C.I. 1.234.567").version == delivered.version
    with pytest.raises(raffle_results.AlreadyDelivered, match="María"):
        deliver(raffle, 2, now, to="Otro")


def test_a_prize_that_is_not_there_or_that_nobody_won_is_not_delivered(salon, now):
    raffle, unsold = drawn(now), drawn(now, unsold="house", last_number=10_000)

    with pytest.raises(NotHere, match="prize 3"):
        deliver(raffle, 3, now)
    with pytest.raises(raffle_results.NobodyWon):
        deliver(unsold, 1, now)
    with pytest.raises(raffle_results.NobodyWon):
        deliver(opened(now), 1, now)


def test_a_prize_that_is_to_be_drawn_again_is_not_delivered_meanwhile(salon, now):
    raffle, later = drawn(now), now + 63 * DAY
    redraws.announce("salon", raffle.id, Redrawing(reason="Nadie vino", method=BY_DRAND, prizes=[1]), now=later)

    with pytest.raises(raffle_results.NobodyWon):
        deliver(raffle, 1, later)
    assert deliver(raffle, 2, later).deliveries.keys() == {"2"}


def test_the_export_has_every_number_with_its_buyer_and_its_prize(salon, now):
    raffle = drawn(now)
    reserved = sell(raffle, 100, now=now, name=BUYERS[2], status=OrderStatus.RESERVED)

    rows = {row["number"]: row for row in exported(raffle, now).items}

    assert len(rows) == 17
    assert rows["100"] == {
        "number": "100",
        "order": public_code(reserved.id),
        "status": "RESERVED",
        "buyer": "Ana",
        "phone": "+595981123456",
        "total_amount": "10000",
        "currency": "PYG",
        "paid_at": None,
        "prize": None,
    }
    prizes = {row["prize"] for row in rows.values()}
    assert prizes == {None, "1. Moto", "2. Bici"}
    first = raffle.draws[0]["winners"][0]["number"]
    assert rows[f"{first:03d}"]["prize"] == "1. Moto"


def test_the_export_comes_in_pages(salon, now):
    raffle = drawn(now)

    first = exported(raffle, now, size=10)
    second = exported(raffle, now, size=10, cursor=first.next)

    numbers = [row["number"] for row in first.items + second.items]
    assert (len(first.items), len(numbers), second.next) == (10, 16, None)
    assert numbers == sorted(set(numbers))


def test_another_tenant_neither_delivers_nor_exports(salon, clinic, now):
    raffle = drawn(now)

    with pytest.raises(NotHere):
        deliver(raffle, 1, now, tenant="clinic")
    with pytest.raises(NotHere):
        exported(raffle, now, tenant="clinic")
    assert raffles.get("salon", raffle.id, now=now).deliveries is None
