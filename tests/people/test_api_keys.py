"""Keys as they are made, shown, used and revoked: two tenants, and no way from one to the other."""

import re
from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.people import api_keys, members
from mostrador.people.api_keys import BadKey, ShownOnce
from mostrador.people.rules.permissions import Role
from mostrador.people.views.api_keys import NewKey
from mostrador.table import keys, reads
from mostrador.table.base import Item
from mostrador.table.writes import KeyReused
from mostrador.tenancy import tenants
from tests.support import faults

VALIDATION = r"^[Bb]earer +[-\w]+\.[-\w]+\.[-\w]+$"


def made(now, tenant="salon", key=None, **wanted):
    form = NewKey(**({"name": "Caja", "role": "staff"} | wanted))
    return api_keys.create(tenant, form, actor_name="eva@example.com", key=key, now=now)


@pytest.fixture
def key(salon, now):
    return made(now)


def stored(key, tenant="salon"):
    return reads.get_item(keys.api_key(tenant, key.id))


def audited():
    return [entry.serialize() for entry in reads.everything(keys.audit_partition("salon"), "2")]


def used(key, now):
    api_keys.authenticate(key.key, now=now)
    return stored(key).last_used_at


def test_a_key_opens_its_tenant_with_its_role(key, now):
    integrator = api_keys.authenticate(key.key, now=now)

    assert (integrator.tenant, integrator.role, integrator.name) == ("salon", "staff", "Caja")
    assert integrator.user == f"key:{key.id}"


def test_a_key_says_whose_it_is_and_passes_the_gateway(key):
    assert re.fullmatch(r"mostrador_salon\.[0-9a-f]{32}\.[A-Za-z0-9_-]{43}", key.key)
    assert re.fullmatch(VALIDATION, f"Bearer {key.key}")


def test_the_secret_is_stored_nowhere_and_no_two_are_alike(key, now):
    secret, other = key.key.split(".")[2], made(now).key.split(".")[2]

    everything = [str(item.serialize()) for item in Item.scan()]
    assert not [one for one in everything if secret in one or other in one]
    assert secret != other


def test_the_audit_log_tells_of_a_key_and_not_its_digest(key, now):
    api_keys.revoke("salon", key.id, now=now)

    told = str(audited())
    assert "apikey.created" in told
    assert "apikey.deleted" in told
    assert key.digest not in told


def changed(text, at):
    letter = "0" if text[at] != "0" else "1"
    return text[:at] + letter + text[at + 1 :]


def test_a_key_that_is_not_right_to_the_letter_is_no_key(key, clinic, now):
    text, (_, key_id, secret) = key.key, key.key.split(".")
    wrong = [
        "", "mostrador_", f"mostrador_salon.{key_id}", f"{text}.x", f"{text}\n", f" {text}", text.upper(), text[:-1],
        changed(text, -2), changed(text, len("mostrador_salon.")), f"mostrador_clinic.{key_id}.{secret}",
        f"mostrador_nobody.{key_id}.{secret}", f"mostrador_T#salon.{key_id}.{secret}", text.removeprefix("mostrador_"),
        f"mostrador_salon.{key_id}.{'ñ' * 43}",
    ]  # fmt: skip

    for one in wrong:
        with pytest.raises(BadKey):
            api_keys.authenticate(one, now=now)


def test_no_refusal_says_which_of_unknown_and_wrong_it_was(key, clinic, now):
    slug, key_id, secret = key.key.split(".")
    told = set()
    for one in (f"{slug}.{key_id}.{'A' * 43}", f"{slug}.{'0' * 32}.{secret}", f"mostrador_nobody.{key_id}.{secret}"):
        with pytest.raises(BadKey) as refused:
            api_keys.authenticate(one, now=now)
        told.add(str(refused.value).replace(key_id, "?").replace("0" * 32, "?"))

    assert len(told) == 1


def test_an_unknown_key_is_compared_and_asked_for_as_a_known_one(key, now, monkeypatch):
    compared = []
    compare = api_keys.hmac.compare_digest
    monkeypatch.setattr(api_keys.hmac, "compare_digest", lambda *both: compared.append(both) or compare(*both))

    for one in (key.key[:-43] + "A" * 43, f"mostrador_nobody.{'0' * 32}.{'A' * 43}"):
        with faults.answering("BatchGetItem") as asked, pytest.raises(BadKey):
            api_keys.authenticate(one, now=now)
        assert len(asked) == 1
        assert len(compared.pop()[0]) == 64


def test_a_key_ends_to_the_second(salon, now):
    key = made(now, expires_in_days=1)
    end = now + timedelta(days=1)

    assert api_keys.authenticate(key.key, now=end - timedelta(seconds=1)).role == "staff"
    with pytest.raises(BadKey):
        api_keys.authenticate(key.key, now=end)


def test_a_revoked_key_is_no_key(key, now):
    api_keys.revoke("salon", key.id, now=now)

    with pytest.raises(BadKey):
        api_keys.authenticate(key.key, now=now)
    with pytest.raises(NotHere):
        api_keys.get("salon", key.id, now=now)


def test_a_suspended_tenants_keys_open_nothing_until_it_is_back(key, now):
    tenants.suspend("salon", now=now)
    with pytest.raises(BadKey):
        api_keys.authenticate(key.key, now=now)

    tenants.resume("salon", now=now)

    assert api_keys.authenticate(key.key, now=now).tenant == "salon"


def test_a_use_is_noted_once_in_five_minutes(key, now):
    assert used(key, now) == now
    assert used(key, now + timedelta(seconds=299)) == now
    assert used(key, now + timedelta(seconds=300)) == now + timedelta(seconds=300)


def test_a_use_leaves_version_and_audit_log_alone(key, now):
    before = audited()

    used(key, now)

    assert stored(key).version == 1
    assert audited() == before


def test_a_key_is_good_although_its_use_cannot_be_noted(key, now):
    refused = faults.refused("ProvisionedThroughputExceededException")
    with faults.answering("UpdateItem", refused) as asked:
        assert api_keys.authenticate(key.key, now=now).role == "staff"

    assert asked == ["UpdateItem"]
    assert stored(key).last_used_at is None


def test_noting_a_use_never_brings_a_revoked_key_back(key, now):
    known = stored(key)
    api_keys.revoke("salon", key.id, now=now)

    api_keys._note_use(known, now)

    assert stored(key) is None


def test_a_repeated_request_says_that_the_key_was_shown(salon, now):
    key = made(now, key="k1")

    with pytest.raises(ShownOnce, match=key.id):
        made(now, key="k1")
    with pytest.raises(KeyReused):
        made(now, key="k1", role="admin")
    assert [one.id for one in api_keys.listing("salon", now=now, size=10, cursor=None).items] == [key.id]


def test_a_list_has_the_own_keys_page_by_page_and_says_which_are_good(salon, clinic, now):
    short, long = made(now, expires_in_days=1), made(now)
    made(now, tenant="clinic")
    later = now + timedelta(days=2)

    first = api_keys.listing("salon", now=later, size=1, cursor=None)
    rest = api_keys.listing("salon", now=later, size=1, cursor=first.next)

    told = {one.id: one.is_active for one in [*first.items, *rest.items]}
    assert told == {short.id: False, long.id: True}


def test_another_tenants_key_is_not_there(key, clinic, now):
    for act in (api_keys.get, api_keys.revoke):
        with pytest.raises(NotHere):
            act("clinic", key.id, now=now)

    assert stored(key)


def test_the_role_of_a_key_is_asked_of_the_table(salon, clinic, now, monkeypatch):
    key = made(now, role="admin")
    monkeypatch.setattr("mostrador.clock.now", lambda: now)

    assert members.role_now("salon", f"key:{key.id}") is Role.ADMIN
    for tenant, of in (("clinic", key.id), ("salon", "0" * 32)):
        with pytest.raises(NotHere):
            members.role_now(tenant, f"key:{of}")


def test_a_key_that_has_ended_has_no_role(salon, now, monkeypatch):
    key = made(now, role="admin")
    monkeypatch.setattr("mostrador.clock.now", lambda: key.valid_until)

    with pytest.raises(NotHere):
        members.role_now("salon", f"key:{key.id}")


@pytest.mark.parametrize("name", ["Mostrador", "Sоpоrte", "eva@example.com", "Eva Lopez"])
def test_a_key_has_no_name_that_looks_like_us_or_like_a_person(salon, now, name):
    members.add("salon", "u-9", email="eva.lopez@example.com", role=Role.STAFF, now=now)
    form = NewKey(name=name, role="staff")

    with pytest.raises(api_keys.MisleadingName) as caught:
        api_keys.create("salon", form, actor_name="eva@example.com", key=None, now=now)

    assert caught.value.facts == {"field": "body.name", "value": name}
    assert api_keys.listing("salon", now=now, size=10, cursor=None).items == []
