from datetime import datetime

import pytest

from mostrador import process_cache
from mostrador.errors import NotHere, Stale
from mostrador.people import customers
from mostrador.people.views.customers import CustomerChanges, CustomerListing, NewCustomer
from mostrador.scheduling import booking
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.table import keys, reads
from mostrador.table.items.tenants import Tenant
from mostrador.table.writes import KeyReused
from mostrador.values.phones import BadPhone
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))


def new(now, name="Ana López", tenant="salon", key=None, **more):
    return customers.create(tenant, NewCustomer(name=name, **more), key=key, now=now)


def found(now, q=None, tenant="salon"):
    return [item.name for item in customers.listing(tenant, CustomerListing(q=q, limit=100), now=now).items]


def guard(phone, tenant="salon"):
    return reads.get_item(keys.phone(tenant, phone))


def test_a_phone_belongs_to_one_customer(salon, now):
    ana = new(now, phone="0981 123 456")

    with pytest.raises(customers.PhoneTaken, match=r"\+595981123456"):
        new(now, "Beto", phone="+595 981 123456")

    assert found(now) == ["Ana López"]
    assert guard("+595981123456").customer_id == ana.id


def test_the_same_phone_in_another_tenant_is_another_customer(salon, clinic, now):
    new(now, phone="+595981123456")

    assert new(now, tenant="clinic", phone="+595981123456").phone == "+595981123456"


def test_a_new_phone_frees_the_old_one(salon, now):
    ana = new(now, phone="0981 123 456")

    customers.change("salon", ana.id, CustomerChanges(phone="0982 222 222"), seen=None, now=now)

    assert guard("+595981123456") is None
    assert new(now, "Beto", phone="0981 123 456").phone == "+595981123456"


def test_a_phone_cannot_be_taken_over_by_an_edit(salon, now):
    new(now, phone="0981 123 456")
    beto = new(now, "Beto", phone="0982 222 222")

    with pytest.raises(customers.PhoneTaken):
        customers.change("salon", beto.id, CustomerChanges(phone="0981 123 456"), seen=None, now=now)

    assert customers.get("salon", beto.id, now=now).phone == "+595982222222"
    assert guard("+595982222222").customer_id == beto.id


def test_a_new_name_is_the_name_of_the_next_booking(haircut, now):
    ana = new(now, phone="0981 123 456")
    customers.change("salon", ana.id, CustomerChanges(name="Ana Ruiz"), seen=None, now=now)
    form = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "A", "phone": "0981123456"})

    assert booking.book("salon", form, actor_name="eva", key=None, now=now).customer_name == "Ana Ruiz"


def test_a_booking_in_between_is_in_no_editors_way(haircut, now):
    ana = new(now, phone="0981 123 456")
    form = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_id=ana.id)
    booked = booking.book("salon", form, actor_name="eva", key=None, now=now)

    changed = customers.change("salon", ana.id, CustomerChanges(name="X"), seen=ana.version, now=now)

    assert (changed.name, changed.last_appointment_at) == ("X", booked.scheduled_at)


@pytest.mark.parametrize("phone", ["0981 123 456", None])
def test_what_was_booked_last_is_shown_alone_and_in_the_list_and_outlives_a_new_phone(haircut, now, phone):
    ana = new(now, phone=phone)
    form = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_id=ana.id)
    booked = booking.book("salon", form, actor_name="eva", key=None, now=now)

    customers.change("salon", ana.id, CustomerChanges(phone="0982 333 444"), seen=None, now=now)

    listed = customers.listing("salon", CustomerListing(), now=now).items
    assert customers.get("salon", ana.id, now=now).last_appointment_at == booked.scheduled_at
    assert [one.last_appointment_at for one in listed] == [booked.scheduled_at]


def test_who_books_while_being_deleted_stays(haircut, now, monkeypatch):
    ana = new(now, phone="0981 123 456")
    form = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_id=ana.id)
    unbooked = customers.get("salon", ana.id, now=now)
    booking.book("salon", form, actor_name="eva", key=None, now=now)
    monkeypatch.setattr(customers, "get", lambda *_, **__: unbooked)

    with pytest.raises(Stale):
        customers.delete("salon", ana.id, seen=None, now=now)


def test_who_ever_booked_stays_on_record(haircut, now):
    ana, beto = new(now), new(now, "Beto", phone="0982 222 222")
    form = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_id=ana.id)
    booking.book("salon", form, actor_name="eva", key=None, now=now)

    with pytest.raises(customers.CustomerInUse):
        customers.delete("salon", ana.id, seen=None, now=now)
    customers.delete("salon", beto.id, seen=None, now=now)

    assert found(now) == ["Ana López"]
    assert guard("+595982222222") is None


def test_search_is_by_any_part_of_name_or_phone_without_accents(salon, now):
    for name, phone in (("Ana López", "0981 123 456"), ("Beto Núñez", "0982 222 333"), ("Zoé", None)):
        new(now, name, phone=phone)

    assert found(now) == ["Ana López", "Beto Núñez", "Zoé"]
    assert found(now, "LOPEZ") == ["Ana López"]
    assert found(now, "nuñez") == ["Beto Núñez"]
    assert found(now, "222 333") == found(now, "0982222") == ["Beto Núñez"]
    assert found(now, "nobody") == []


def test_the_same_key_makes_one_customer(salon, now):
    assert new(now, key="k", phone="0981 123 456").id == new(now, key="k", phone="0981 123 456").id
    with pytest.raises(KeyReused):
        new(now, "Otra", key="k", phone="0981 123 456")


def test_a_bad_phone_makes_nothing(salon, now):
    with pytest.raises(BadPhone):
        new(now, phone="123 45")

    assert found(now) == []


def test_another_tenants_customer_is_not_found(salon, clinic, now):
    with pytest.raises(NotHere):
        customers.get("clinic", new(now).id, now=now)
    assert found(now, tenant="clinic") == []


def test_a_repeat_gives_the_same_customer_although_the_phone_reads_otherwise_now(salon, now):
    made = new(now, phone="0981 123 456", key="k")
    stored = reads.get_item(keys.tenant("salon"))
    stored.update(actions=[Tenant.country.set("US")])
    process_cache.clear_all()

    assert new(now, phone="0981 123 456", key="k").id == made.id
    with pytest.raises(BadPhone):
        new(now, phone="0981 123 456")
