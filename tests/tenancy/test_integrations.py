"""Credentials of other people's systems: sealed, bound to where they belong, replaced without a gap, never shown."""

import json
from base64 import b64encode
from datetime import timedelta

import pytest

from mostrador import process_cache
from mostrador.clients import kms
from mostrador.clients.kms import SecretsUnavailable
from mostrador.errors import NotHere, Stale
from mostrador.process_cache import ProcessCache
from mostrador.table import keys, reads, writes
from mostrador.tenancy import integrations, tenants
from mostrador.tenancy.rules.integration_states import IntegrationState, IntegrationType
from tests.support import faults, logs

SECOND = timedelta(seconds=1)
FIRST, SECOND_SECRET, THIRD = "primera-clave-0001", "segunda-clave-0002", "tercera-clave-0003"
CHAIR = "c" * 32

pytestmark = pytest.mark.usefixtures("salon", "clinic")


def put(now, secret=FIRST, *, tenant="salon", kind=IntegrationType.BANCARD, url="https://a.test", **more):
    given = {"settings": {"url": url}, "secret": secret, "actor_name": "eva", "now": now} | more
    return integrations.put(tenant, kind, **given)


def stored(tenant="salon", kind=IntegrationType.BANCARD, resource_id=None):
    return integrations.find(tenant, kind, resource_id)


def holding(now, **where):
    """What opens now, the newest first."""
    return integrations.secrets(stored(**where), now=now)


def calls(operation):
    return faults.answering(operation, client=kms._client())


def failing(operation):
    return faults.answering(operation, faults.refused("KMSInternalException"), client=kms._client())


def test_what_is_put_is_kept_and_opens(now):
    made = put(now)

    found = integrations.get("salon", IntegrationType.BANCARD, now=now)
    assert (found.settings, found.status, found.changed_by) == (
        {"url": "https://a.test"},
        IntegrationState.ACTIVE,
        "eva",
    )
    assert (found.version, found.created_at, found.previous) == (made.version, now, None)
    assert holding(now) == [FIRST]


def test_new_credentials_take_over_and_those_before_hold_for_a_day_and_not_a_second_longer(now):
    put(now)

    rotated = put(now, SECOND_SECRET)

    assert rotated.previous_until == now + timedelta(hours=24)
    assert holding(now) == [SECOND_SECRET, FIRST]
    assert holding(now + integrations.KEPT - SECOND) == [SECOND_SECRET, FIRST]
    assert holding(now + integrations.KEPT) == [SECOND_SECRET]


def test_replaced_twice_only_the_last_two_hold(now):
    for number, secret in enumerate((FIRST, SECOND_SECRET, THIRD)):
        put(now + number * SECOND, secret)

    assert holding(now + 2 * SECOND) == [THIRD, SECOND_SECRET]


def test_the_same_again_changes_nothing(now):
    put(now)
    before = put(now, SECOND_SECRET).version

    again = put(now + timedelta(hours=1), SECOND_SECRET)

    assert (again.version, stored().version) == (before, before)
    assert stored().previous_until == now + integrations.KEPT
    assert holding(now) == [SECOND_SECRET, FIRST]


@pytest.mark.parametrize("secret", [None, FIRST], ids=["left out", "the same"])
def test_other_settings_leave_the_credentials(now, secret):
    put(now)

    changed = put(now + SECOND, secret, url="https://b.test")

    assert (changed.settings, changed.updated_at) == ({"url": "https://b.test"}, now + SECOND)
    assert changed.previous is None
    assert holding(now) == [FIRST]


def test_without_credentials_there_are_none_to_open(now):
    put(now, None)

    assert holding(now) == []
    assert put(now, FIRST).previous_until is None
    assert holding(now) == [FIRST]


def test_a_copy_that_is_not_the_present_one_changes_nothing(now):
    seen = put(now).version
    put(now, url="https://b.test")

    with pytest.raises(Stale):
        put(now, SECOND_SECRET, seen=seen)
    with pytest.raises(Stale):
        integrations.remove("salon", IntegrationType.BANCARD, seen=seen, now=now)

    assert stored().settings == {"url": "https://b.test"}
    assert holding(now) == [FIRST]


def test_the_present_copy_may_change_and_remove(now):
    changed = put(now, SECOND_SECRET, seen=put(now).version)

    integrations.remove("salon", IntegrationType.BANCARD, seen=changed.version, now=now)

    assert stored() is None


def test_what_is_removed_is_not_there_and_not_removed_again(now):
    put(now)
    integrations.remove("salon", IntegrationType.BANCARD, seen=None, now=now)

    with pytest.raises(NotHere):
        integrations.get("salon", IntegrationType.BANCARD, now=now)
    with pytest.raises(NotHere):
        integrations.remove("salon", IntegrationType.BANCARD, seen=None, now=now)


def test_removed_and_put_again_the_old_credentials_hold_no_more(now):
    put(now)
    integrations.remove("salon", IntegrationType.BANCARD, seen=None, now=now)

    put(now, SECOND_SECRET)

    assert holding(now) == [SECOND_SECRET]


def test_somebody_who_is_quicker_is_seen_at_the_next_try(now):
    put(now)

    with faults.answering("TransactWriteItems", faults.cancelled("ConditionalCheckFailed")) as tries:
        put(now, SECOND_SECRET)

    assert len(tries) == 2
    assert holding(now) == [SECOND_SECRET, FIRST]


def test_it_is_broken_once_and_an_alarm_rings_once(now):
    item = put(now)

    with logs.written() as written:
        for _ in range(2):
            integrations.mark_broken(stored(), "InvalidPublicKeyError", now=now)

    (line,) = written.lines("ERROR")
    assert (line["tenant"], line["kind"], line["reason"]) == ("salon", "BANCARD", "InvalidPublicKeyError")
    assert (stored().status, stored().reason, stored().version) == (
        IntegrationState.BROKEN,
        "InvalidPublicKeyError",
        item.version + 1,
    )


def test_what_is_broken_is_mended_by_putting_it_even_the_same(now):
    integrations.mark_broken(put(now), "InvalidPublicKeyError", now=now)

    mended = put(now + SECOND)

    assert (mended.status, mended.reason, mended.previous) == (IntegrationState.ACTIVE, None, None)
    assert holding(now) == [FIRST]


def test_whoever_connects_anew_at_that_moment_is_not_marked(now):
    seen_before = put(now)
    put(now, SECOND_SECRET)

    integrations.mark_broken(seen_before, "InvalidPublicKeyError", now=now)

    assert stored().status == IntegrationState.ACTIVE


def test_what_is_leaving_and_breaks_is_leaving_still(now):
    item = put(now)
    item.status = IntegrationState.REMOVING.value
    item.save()

    with logs.written() as written:
        for _ in range(2):
            integrations.mark_broken(stored(), "InvalidPublicKeyError", now=now)

    assert (stored().status, stored().reason) == (IntegrationState.REMOVING, "InvalidPublicKeyError")
    assert len(written.lines("ERROR")) == 1


def test_a_long_reason_is_cut(now):
    integrations.mark_broken(put(now), "x" * 1000, now=now)

    assert stored().reason == "x" * 200


def test_what_is_stored_never_holds_the_secret(now):
    put(now)
    put(now, SECOND_SECRET)

    everything = json.dumps(dict(stored().loaded))

    assert stored().sealed
    assert stored().previous
    for secret in (FIRST, SECOND_SECRET):
        assert secret not in everything
        assert b64encode(secret.encode()).decode()[:16] not in everything


ELSEWHERE = {
    "another tenant's": {"tenant": "clinic"},
    "another system's": {"kind": IntegrationType.GOOGLE_CALENDAR},
    "a resource's": {"resource_id": CHAIR},
}


def copied(now, where):
    """What is sealed for the salon's account, in the item of something else."""
    put(now)
    item = put(now, "another-secret", **where)
    item.sealed = stored().sealed
    with writes.transaction() as tx:
        tx.save(item)


@pytest.mark.parametrize("where", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_is_copied_to_another_item_does_not_open(now, where):
    copied(now, where)

    with pytest.raises(SecretsUnavailable):
        holding(now, **where)

    assert holding(now) == [FIRST]


@pytest.mark.parametrize("where", ELSEWHERE.values(), ids=ELSEWHERE)
def test_red_control_without_what_it_is_bound_to_a_copy_opens(now, where, monkeypatch):
    monkeypatch.setattr(integrations, "_bound_to", lambda _: {"to": "nothing"})
    copied(now, where)

    assert holding(now, **where) == [FIRST]


@pytest.mark.parametrize("where", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_was_opened_here_before_does_not_open_there(now, where):
    copied(now, where)
    assert holding(now) == [FIRST]

    with pytest.raises(SecretsUnavailable):
        holding(now, **where)


def test_where_kms_fails_nothing_is_put(now):
    with failing("Encrypt"), pytest.raises(SecretsUnavailable):
        put(now)

    assert stored() is None


def test_where_kms_fails_nothing_is_opened_and_the_next_time_it_is(now):
    put(now)
    process_cache.clear_all()

    with failing("Decrypt"), pytest.raises(SecretsUnavailable):
        holding(now)

    assert holding(now) == [FIRST]


def test_where_kms_fails_at_a_rotation_the_present_credentials_stay(now):
    put(now)

    with failing("Encrypt"), pytest.raises(SecretsUnavailable):
        put(now, SECOND_SECRET)

    assert holding(now) == [FIRST]


def test_kms_is_asked_once_for_each_secret_in_a_process(now):
    put(now)
    put(now, SECOND_SECRET)
    process_cache.clear_all()

    with calls("Decrypt") as asked:
        for _ in range(3):
            assert holding(now) == [SECOND_SECRET, FIRST]

    assert len(asked) == 2


def test_a_process_remembers_no_more_than_the_most_the_least_used_gives_way(now, monkeypatch):
    monkeypatch.setattr(integrations, "_secrets", ProcessCache[str, str](size=2))
    places = [CHAIR[:-1] + digit for digit in "123"]
    for place in places:
        put(now, resource_id=place)
    process_cache.clear_all()

    with calls("Decrypt") as asked:
        for place in (places[0], places[1], places[0], places[2], places[0], places[1]):
            holding(now, resource_id=place)

    assert len(asked) == 4


def test_two_tenants_have_each_its_own(now):
    put(now)
    put(now, SECOND_SECRET, tenant="clinic")

    assert (holding(now), holding(now, tenant="clinic")) == ([FIRST], [SECOND_SECRET])
    assert [one.pk for one in integrations.listing("clinic", now=now)] == [keys.tenant("clinic")[0]]
    integrations.remove("clinic", IntegrationType.BANCARD, seen=None, now=now)
    assert holding(now) == [FIRST]


def test_a_resource_has_its_own_beside_the_tenants(now):
    put(now, kind=IntegrationType.GOOGLE_CALENDAR)
    put(now, SECOND_SECRET, kind=IntegrationType.GOOGLE_CALENDAR, resource_id=CHAIR)

    listed = integrations.listing("salon", now=now)

    assert [(one.kind, one.resource_id) for one in listed] == [("GOOGLE_CALENDAR", None), ("GOOGLE_CALENDAR", CHAIR)]
    assert holding(now, kind=IntegrationType.GOOGLE_CALENDAR, resource_id=CHAIR) == [SECOND_SECRET]


@pytest.mark.parametrize(
    "call",
    [
        put,
        lambda now: integrations.get("salon", IntegrationType.BANCARD, now=now),
        lambda now: integrations.listing("salon", now=now),
        lambda now: integrations.remove("salon", IntegrationType.BANCARD, seen=None, now=now),
    ],
    ids=["put", "get", "listing", "remove"],
)
def test_of_a_suspended_tenant_nothing_is_there(now, call):
    put(now)
    tenants.suspend("salon", now=now)

    with pytest.raises(NotHere, match="tenant salon"):
        call(now)

    assert stored() is not None


def audit_lines(tenant="salon"):
    return reads.everything(keys.audit_partition(tenant), "2")


def test_the_audit_log_tells_of_each_change_and_holds_no_secret_open_or_sealed(now):
    sealed = [put(now + n * SECOND, one).sealed for n, one in enumerate((FIRST, SECOND_SECRET, THIRD))]
    integrations.mark_broken(stored(), "InvalidPublicKeyError", now=now)
    integrations.remove("salon", IntegrationType.BANCARD, seen=None, now=now)

    lines = [one for one in audit_lines() if "integration#BANCARD" in one.about]

    assert [one.about.split()[1].partition(".")[2] for one in lines] == [
        "created",
        "changed",
        "changed",
        "broken",
        "deleted",
    ]
    written = json.dumps([dict(one.loaded) for one in audit_lines()])
    assert not [one for one in (FIRST, SECOND_SECRET, THIRD, *sealed) if one[:20] in written]


def test_the_log_holds_no_secret_open_or_sealed(now):
    with logs.written() as written:
        sealed = [put(now).sealed, put(now, SECOND_SECRET).sealed]
        process_cache.clear_all()
        holding(now)
        with failing("Encrypt"), pytest.raises(SecretsUnavailable):
            put(now, THIRD)
        integrations.mark_broken(stored(), "InvalidPublicKeyError", now=now)

    assert {"integration.connected", "KMS refused", "integration broken"} == {one["message"] for one in written.lines()}
    assert not [one for one in (FIRST, SECOND_SECRET, THIRD, *sealed) if one[:20] in written.text]
