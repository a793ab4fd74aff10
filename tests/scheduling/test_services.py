from decimal import Decimal

import pytest

from mostrador.errors import NotHere, Stale
from mostrador.scheduling import resources, services
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges, ServiceListing
from mostrador.table import keys, reads
from mostrador.table.writes import KeyReused
from mostrador.values.money import BadAmount


def new(now, tenant="salon", key=None, **more):
    return services.create(tenant, NewService(**({"name": "Corte", "duration_minutes": 30, "price": "80000"} | more)), key=key, now=now)  # fmt: skip # noqa: E501


def test_a_service_takes_the_tenants_currency_and_first_resource(salon, now):
    made = new(now)

    assert (made.currency, made.price, len(made.resource_ids)) == ("PYG", Decimal(80000), 1)
    assert (made.max_bookings_per_day, made.advance_booking_days) == (20, 30)


def test_a_price_has_its_currencys_digits(salon, now):
    with pytest.raises(BadAmount, match=r"80000\.5"):
        new(now, price="80000.5")

    assert new(now, price="25.50", currency="USD").price == Decimal("25.50")


def test_changing_only_the_currency_checks_the_price_that_stays(salon, now):
    dollars = new(now, price="25.50", currency="USD")

    with pytest.raises(BadAmount):
        services.change("salon", dollars.id, ServiceChanges(currency="PYG"), seen=None, now=now)


def test_lists_all_or_only_the_active(salon, now):
    first, second = new(now), new(now, name="Color", is_active=False)

    def listed(is_active):
        page = services.listing("salon", ServiceListing(is_active=is_active), now=now)
        return [item.id for item in page.items]

    assert listed(None) == [first.id, second.id]
    assert (listed(True), listed(False)) == ([first.id], [second.id])


def test_the_same_key_makes_one_service(salon, now):
    assert new(now, key="k").id == new(now, key="k").id
    with pytest.raises(KeyReused):
        new(now, key="k", name="Otro")


def test_a_service_names_only_resources_of_its_tenant(salon, clinic, now):
    foreign = resources.create("clinic", NewResource(name="Consultorio"), key=None, now=now)

    with pytest.raises(NotHere, match=foreign.id):
        new(now, resource_ids=[foreign.id])


def test_replacing_sets_what_is_left_out_to_its_default(salon, now):
    made = new(now, description="Con lavado", buffer_time_minutes=10)

    replaced = services.change(
        "salon", made.id, NewService(name="Corte", duration_minutes=45, price="90000"), seen=1, now=now
    )

    assert (replaced.description, replaced.buffer_time_minutes, replaced.duration_minutes) == (None, 0, 45)
    with pytest.raises(Stale):
        services.change("salon", made.id, ServiceChanges(name="X"), seen=1, now=now)


def test_a_deleted_service_is_gone(salon, now):
    made = new(now)

    services.delete("salon", made.id, seen=None, now=now)

    with pytest.raises(NotHere):
        services.get("salon", made.id, now=now)


def test_another_tenants_service_is_not_found(salon, clinic, now):
    with pytest.raises(NotHere):
        services.get("clinic", new(now).id, now=now)
    assert services.listing("clinic", ServiceListing(), now=now).items == []


def test_a_repeat_gives_the_same_service_although_its_resource_is_gone(salon, now):
    chair = resources.create("salon", NewResource(name="Silla"), key=None, now=now)
    form = NewService(name="Corte", duration_minutes=30, price="1", resource_ids=[chair.id])
    first = services.create("salon", form, key="k", now=now)
    other = ServiceChanges(resource_ids=[salon_resource().id])
    services.change("salon", first.id, other, seen=None, now=now)
    resources.delete("salon", chair.id, seen=None, now=now)

    assert services.create("salon", form, key="k", now=now).id == first.id
    with pytest.raises(KeyReused):
        services.create("salon", form.model_copy(update={"name": "Otro"}), key="k", now=now)


def salon_resource():
    return reads.everything(*keys.resource("salon", ""))[0]
