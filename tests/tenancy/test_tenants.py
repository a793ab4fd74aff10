import pytest

from mostrador import process_cache
from mostrador.errors import NotHere, Stale
from mostrador.table import keys, reads
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant, TenantChanges


def test_a_tenant_starts_with_one_resource(salon):
    (resource,) = reads.everything(*keys.resource("salon", ""))

    assert (resource.name, resource.is_active) == ("Salón Ñandutí", True)


def test_a_slug_is_taken_once(salon, now):
    with pytest.raises(tenants.SlugTaken, match="salon"):
        tenants.create(NewTenant(slug="salon", name="Otro"), now=now)

    assert tenants.find("salon", now=now).name == "Salón Ñandutí"
    assert len(reads.everything(*keys.resource("salon", ""))) == 1


def test_the_default_tenant_is_made_when_it_is_missing(table, now):
    assert tenants.current("default", now=now).name == "Mostrador"
    process_cache.clear_all()
    assert tenants.current("default", now=now).version == 1


def test_a_list_of_tenants_is_in_the_order_of_their_slugs_and_has_the_default_one(salon, clinic, now):
    page = tenants.listing(size=2, cursor=None, now=now)
    rest = tenants.listing(size=2, cursor=page.next, now=now)

    assert [tenant.slug for tenant in page.items + rest.items] == ["clinic", "default", "salon"]


def test_a_change_leaves_out_what_it_does_not_name(salon, now):
    changed = tenants.change("salon", TenantChanges(hold_minutes=5), seen=1, now=now)

    assert (changed.hold_minutes, changed.slot_step_minutes, changed.name) == (5, 30, "Salón Ñandutí")


def test_a_change_from_an_old_copy_is_refused(salon, now):
    tenants.change("salon", TenantChanges(hold_minutes=5), seen=1, now=now)

    with pytest.raises(Stale):
        tenants.change("salon", TenantChanges(hold_minutes=6), seen=1, now=now)


def test_hours_are_kept_as_several_intervals_a_day(salon, now):
    week = {"monday": [{"opens": "08:00", "closes": "12:00"}, {"opens": "14:00", "closes": "24:00"}]}

    tenants.change("salon", TenantChanges(business_hours=week), seen=None, now=now)

    assert tenants.find("salon", now=now).hours["0"] == [[480, 720], [840, 1440]]


@pytest.mark.parametrize("closed", [None, []])
def test_a_change_of_one_day_leaves_the_others(salon, now, closed):
    before = tenants.find("salon", now=now).hours
    week = {"monday": [{"opens": "08:00", "closes": "12:00"}], "sunday": closed}

    tenants.change("salon", TenantChanges(business_hours=week), seen=None, now=now)

    kept = {day: spans for day, spans in before.items() if day not in "06"}
    assert kept
    assert tenants.find("salon", now=now).hours == kept | {"0": [[480, 720]]}


def test_a_contact_phone_is_written_in_one_way(salon, now):
    changed = tenants.change("salon", TenantChanges(contact_phone="021 600 100"), seen=None, now=now)

    assert changed.contact_phone == "+59521600100"


def test_suspending_is_seen_at_once_here_and_elsewhere_within_a_minute(salon, now):
    tenants.suspend("salon", now=now)

    with pytest.raises(NotHere, match="salon"):
        tenants.current("salon", now=now)


def test_what_a_process_remembers_is_a_minute_old_at_most(salon, now):
    from datetime import timedelta

    tenants.current("salon", now=now)
    stored = reads.get_item(keys.tenant("salon"))
    stored.update(actions=[Tenant.is_active.set(False)])

    assert tenants.current("salon", now=now + timedelta(seconds=60))
    with pytest.raises(NotHere):
        tenants.current("salon", now=now + timedelta(seconds=61))
