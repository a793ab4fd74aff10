"""A small raffle from its draft to its draw, and numbers sold as orders leave them: what its tests share."""

from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from mostrador import ids
from mostrador.raffles import drafts, draws, raffles
from mostrador.raffles.rules.states import OrderStatus, public_code
from mostrador.raffles.views.draws import Evidence, Opening
from mostrador.raffles.views.raffles import NewRaffle
from mostrador.table import keys, writes
from mostrador.table.items.raffles import Order, RaffleNumber
from tests.support import snapshots

SECRET = bytes(range(32)).hex()
SECRETLY = {"name": "commit_reveal", "secret_sha256": sha256(bytes.fromhex(SECRET)).hexdigest()}
BY_DRAND = {"name": "drand"}
BY_LOTTERY = {
    "name": "lottery",
    "lottery": "Quiniela",
    "takes": "los primeros cuatro premios del 24/12",
    "source": "https://lottery.test",
    "numbers": 4,
    "digits": 3,
}
BUYERS = ["María Fernández", "José Benítez", "Ana", "Luz Marina Ojeda"]
PERMIT = {"authority": "CONAJZAR", "number": "Res. 12/2026", "document_url": "https://salon.test/permiso.pdf"}


def body(now, **more):
    """A raffle of the numbers 1 to 100 that closes in a day and is drawn in two: what a POST may send."""
    return {
        "title": "Rifa solidaria",
        "prizes": [{"name": "Moto"}, {"name": "Bici", "value": "Gs. 2.000.000"}],
        "price": "10000",
        "first_number": 1,
        "last_number": 100,
        "hold_minutes": 10,
        "sale_closes_at": (now + timedelta(days=1)).isoformat(),
        "draw_at": (now + timedelta(days=2)).isoformat(),
        "organiser": "Club Salón",
        "permit": PERMIT,
        "terms_url": "https://salon.test/bases",
    } | more


@snapshots.kept
def drafted(now, tenant="salon", key=None, **more):
    return drafts.create(tenant, NewRaffle(**body(now, **more)), actor_name="eva", key=key, now=now)


@snapshots.kept
def opened(now, tenant="salon", method=SECRETLY, unsold="sold_only", **more):
    form = Opening(method=method, unsold=unsold)
    return raffles.open_sale(tenant, drafted(now, tenant, **more).id, form, now=now)


def sell(raffle, *numbers, now, name=BUYERS[0], status=OrderStatus.PAID, tenant="salon"):
    """An order of these numbers, as it stands once it is paid (or was reserved)."""
    order_id, is_sold = ids.new(), status is OrderStatus.PAID
    order = Order(
        *keys.order(tenant, order_id),
        id=order_id,
        code=public_code(order_id),
        raffle_id=raffle.id,
        raffle_title=raffle.title,
        last_number=raffle.last_number,
        numbers=list(numbers),
        total_amount=Decimal(10_000) * len(numbers),
        currency=raffle.currency,
        customer_id=ids.new(),
        customer_name=name,
        customer_phone="+595981123456",
        time_zone=raffle.time_zone,
        status=status.value,
        paid_at=now if is_sold else None,
        created_by="eva",
        created_at=now,
    )
    with writes.transaction() as tx:
        tx.save(order)
        for number in numbers:
            held_until = None if is_sold else int(now.timestamp()) + 600
            item = RaffleNumber(*keys.raffle_number(tenant, raffle.id, number), order_id=order_id, is_sold=is_sold)
            item.hold_expires_at = held_until
            tx.save(item)
    return order


@snapshots.kept
def sold(now, tenant="salon", **more):
    """An open raffle of which the four buyers have bought four numbers each."""
    raffle = opened(now, tenant, **more)
    for place, name in enumerate(BUYERS):
        sell(raffle, *(place * 5 + step * 20 + 3 for step in range(4)), now=now, name=name, tenant=tenant)
    return raffle


@snapshots.kept
def frozen(now, tenant="salon", **more):
    """Sold, closed by the clock and frozen in time for its draw."""
    raffle = sold(now, tenant, **more)
    raffles.close(tenant, raffle.id, now=raffle.sale_closes_at)
    return raffles.freeze(tenant, raffle.id, now=raffles.freezes_at(raffle))


def drawn(now, evidence=None, tenant="salon", **more):
    """Frozen and drawn when it was due."""
    raffle = frozen(now, tenant, **more)
    form = Evidence(**(evidence if evidence is not None else {"secret": SECRET}))
    return draws.draw(tenant, raffle.id, form, now=raffle.draw_at)
