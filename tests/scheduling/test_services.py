from datetime import timedelta
from decimal import Decimal

import pytest

from mostrador.errors import NotHere, Stale
from mostrador.scheduling import appointments, availability, resources, services, slots
from mostrador.scheduling.views.appointments import AvailabilityQuery
from mostrador.scheduling.views.services import NewResource, NewService, ServiceChanges, ServiceListing
from mostrador.table import keys, reads
from mostrador.table.writes import KeyReused
from mostrador.values.money import BadAmount
from tests.support import till


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


@pytest.fixture
def chairs(salon, now):
    return [resources.create("salon", NewResource(name=f"Silla {n}"), key=None, now=now).id for n in range(3)]


@pytest.mark.parametrize("limit", ["max_bookings_per_day", "max_bookings_per_week"])
def test_a_resource_that_is_taken_out_keeps_the_limit_of_its_bookings(chairs, now, limit):
    service = till.service(now, resource_ids=chairs[:2], **{limit: 2})
    till.book(service, now, resource_id=chairs[0])

    change(service, now, resource_ids=chairs[1:2])

    till.book(service, now, at=till.NINE + timedelta(hours=1))
    with pytest.raises(slots.SlotTaken):
        till.book(service, now, at=till.NINE + timedelta(hours=2))
    told = availability.find("salon", AvailabilityQuery(service=service.id, date=till.NINE.date()), now=now)
    assert told.slots == []


def test_one_that_is_taken_out_counts_until_its_bookings_are_over(chairs, now):
    service = till.service(now, resource_ids=chairs[:2], max_bookings_per_day=2)
    visit = till.book(service, now, resource_id=chairs[0])

    assert change(service, now, resource_ids=chairs[1:2]).former_resource_ids == [chairs[0]]
    assert change(service, now, resource_ids=chairs[1:]).former_resource_ids == [chairs[0]]
    appointments.cancel("salon", visit.id, reason="", actor_name="eva", now=now)
    assert change(service, now, resource_ids=chairs[1:2]).former_resource_ids == [chairs[2]]
    assert change(service, now, resource_ids=chairs).former_resource_ids is None


def test_a_change_of_nothing_else_takes_nobody_out(chairs, now):
    service = till.service(now, resource_ids=chairs)

    assert change(service, now, name="Otro").former_resource_ids is None
    assert change(service, now, resource_ids=chairs[::-1]).former_resource_ids is None


def test_a_weekly_limit_counts_at_most_twelve_with_those_taken_out(salon, now):
    every = [resources.create("salon", NewResource(name=f"Silla {n}"), key=None, now=now).id for n in range(13)]
    service = till.service(now, resource_ids=every[:12], max_bookings_per_week=50)

    with pytest.raises(services.TooManyResources):
        change(service, now, resource_ids=every[1:])

    assert services.get("salon", service.id, now=now).resource_ids == every[:12]


def change(service, now, **changes):
    return services.change("salon", service.id, ServiceChanges(**changes), seen=None, now=now)
