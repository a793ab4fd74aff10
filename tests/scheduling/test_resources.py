from datetime import datetime

import pytest

from mostrador.errors import NotHere
from mostrador.scheduling import appointments, booking, resources
from mostrador.scheduling.views.appointments import NewAppointment
from mostrador.scheduling.views.services import NewResource, ResourceChanges, ResourceListing
from tests.support.days import shifted

NINE = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))


def test_resources_are_listed_in_the_order_in_which_they_were_made(salon, now):
    second = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)

    page = resources.listing("salon", ResourceListing(), now=now)

    assert [item.name for item in page.items] == ["Salón Ñandutí", second.name]


def test_own_hours_can_be_set_and_taken_back(salon, now):
    own = {"business_hours": {"monday": [{"opens": "10:00", "closes": "11:00"}]}}
    made = resources.create("salon", NewResource(name="Silla 2", **own), key=None, now=now)
    assert made.hours == {"0": [[600, 660]]}

    changed = resources.change("salon", made.id, ResourceChanges(business_hours=None), seen=None, now=now)

    assert changed.hours is None


def test_a_change_of_one_day_leaves_the_others_as_its_own_hours_or_the_tenants_have_them(salon, now):
    made = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)
    ten, nine = {"opens": "10:00", "closes": "11:00"}, {"opens": "09:00", "closes": "12:00"}

    def change(**week):
        return resources.change("salon", made.id, ResourceChanges(business_hours=week), seen=None, now=now).hours

    others = {day: spans for day, spans in salon.hours.items() if day != "0"}
    assert others
    assert change() is None
    assert change(monday=[ten]) == others | {"0": [[600, 660]]}
    assert change(tuesday=[nine]) == others | {"0": [[600, 660]], "1": [[540, 720]]}
    assert change(monday=None)["1"] == [[540, 720]]


def test_a_resource_with_bookings_to_come_is_not_deleted(haircut, now):
    form = NewAppointment(service_id=haircut.id, scheduled_at=NINE, customer_data={"name": "Ana"})
    booked = booking.book("salon", form, actor_name="eva", key=None, now=now)

    with pytest.raises(resources.ResourceInUse, match=shifted("2026-12-01")):
        resources.delete("salon", booked.resource_id, seen=None, now=now)

    appointments.cancel("salon", booked.id, reason="", actor_name="eva", now=now)
    resources.delete("salon", booked.resource_id, seen=None, now=now)
    with pytest.raises(NotHere):
        resources.get("salon", booked.resource_id, now=now)


def test_another_tenants_resource_is_not_found(salon, clinic, now):
    made = resources.create("salon", NewResource(name="Silla 2"), key=None, now=now)

    with pytest.raises(NotHere):
        resources.get("clinic", made.id, now=now)
