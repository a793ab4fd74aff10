"""The doors of connections: keys go in, take over without a gap, and no answer ever shows them."""

import pytest

from mostrador.clients import kms
from mostrador.payments import bancard_account
from mostrador.people import api_keys
from mostrador.people.views.api_keys import NewKey
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support import bank as banks
from tests.support import faults, logs
from tests.support.days import shifted
from tests.support.http import Client, admin, foreign, staff, superuser, viewer

ALL = "/tenant/salon/api/integrations"
ONE = f"{ALL}/BANCARD"
PRIVATE, OTHER = "clave/privada+0001=" + "x" * 21, "clave/privada+0002=" + "y" * 21
FORM = {"public_key": "P" * 32, "private_key": PRIVATE, "return_url": "https://salon.test/pago"}

pytestmark = pytest.mark.usefixtures("salon")


def put(who=admin, **more):
    headers = {name: more.pop(name) for name in ("If_Match",) if name in more}
    return who.call("PUT", ONE, {name: value for name, value in (FORM | more).items() if value is not None}, **headers)


def test_keys_go_in_and_what_may_be_seen_comes_out():
    answer = put()

    assert (answer.status, answer.headers["etag"]) == (200, '"1"')
    assert answer.json == {
        "kind": "BANCARD",
        "resource_id": None,
        "status": "ACTIVE",
        "reason": None,
        "changed_by": "eva@example.com",
        "created_at": shifted("2026-11-30T13:00:00Z"),
        "updated_at": None,
        "version": 1,
        "public_key": "P" * 32,
        "return_url": "https://salon.test/pago",
        "webhook_path": "/tenant/salon/api/payments/bancard/webhook",
        "has_private_key": True,
        "previous_key_until": None,
    }
    assert admin.call("GET", ONE).json == answer.json


def test_the_list_tells_which_there_are():
    assert admin.call("GET", ALL).json == {"items": [], "next": None}

    put()

    (told,) = admin.call("GET", ALL).json["items"]
    assert (told["kind"], told["status"]) == ("BANCARD", "ACTIVE")


def test_the_same_again_is_the_same_answer():
    assert put().json == put().json


def test_new_keys_tell_until_when_those_before_hold(now):
    put()

    told = put(public_key="N" * 32, private_key=OTHER).json

    assert (told["version"], told["public_key"], told["previous_key_until"]) == (
        2,
        "N" * 32,
        shifted("2026-12-01T13:00:00Z"),
    )
    assert bancard_account.load("salon", now=now).private_keys == [OTHER, PRIVATE]


def test_without_a_private_key_the_present_one_stays(now):
    put()

    told = put(private_key=None, return_url="https://salon.test/gracias").json

    assert (told["return_url"], told["previous_key_until"]) == ("https://salon.test/gracias", None)
    assert bancard_account.load("salon", now=now).private_keys == [PRIVATE]


def test_a_new_public_key_without_its_private_key_is_refused():
    answer = put(private_key=None)

    assert (answer.status, answer.json["code"], answer.json["errors"][0]["field"]) == (
        422,
        "private_key_missing",
        "body.private_key",
    )


def test_a_copy_that_somebody_changed_is_refused():
    put()
    put(return_url="https://salon.test/gracias")

    changed, removed = put(private_key=OTHER, If_Match='"1"'), admin.call("DELETE", ONE, If_Match='"1"')

    assert [(one.status, one.json["code"]) for one in (changed, removed)] == [(412, "stale")] * 2
    assert put(private_key=OTHER, If_Match='"2"').status == 200


def test_what_is_removed_is_gone():
    put()

    assert admin.call("DELETE", ONE).status == 204

    assert [admin.call(method, ONE).status for method in ("GET", "DELETE")] == [404, 404]


def test_what_is_broken_is_told_with_its_reason_until_it_is_put_again(now):
    put()
    integrations.mark_broken(integrations.find("salon", IntegrationType.BANCARD), "InvalidPublicKeyError", now=now)

    told = admin.call("GET", ONE).json

    assert (told["status"], told["reason"]) == ("BROKEN", "InvalidPublicKeyError")
    assert put().json["status"] == "ACTIVE"


@pytest.mark.parametrize(
    "wrong",
    [
        {"public_key": "short"},
        {"public_key": "P" * 31 + "#"},
        {"public_key": "P" * 65},
        {"return_url": "salon.test"},
        {"return_url": "javascript:alert(1)"},
        {"return_url": f"https://salon.test/{'x' * 500}"},
        {"sealed": "x"},
    ],
    ids=str,
)
def test_a_form_that_makes_no_sense_is_refused_and_changes_nothing(wrong):
    put()

    answer = put(**wrong)

    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert PRIVATE not in answer.text
    assert admin.call("GET", ONE).json["version"] == 1


@pytest.mark.parametrize("wrong", [{"status": "BROKEN"}, {"webhook_path": "/"}, {"has_private_key": False}], ids=str)
def test_what_is_only_shown_is_not_written(wrong):
    put()

    answer = put(**wrong)

    assert (answer.status, answer.json["code"]) == (403, "field_forbidden")
    assert PRIVATE not in answer.text
    assert admin.call("GET", ONE).json["version"] == 1


NO_KEYS = {
    "with a blank": f"{PRIVATE} {OTHER}",
    "with a line break": f"{PRIVATE}\n",
    "too short": "clave-corta",
    "too long": PRIVATE * 10,
    "no ASCII": f"{PRIVATE}ñ",
    "in a list": [PRIVATE],
    "in an object": {"key": PRIVATE},
}


@pytest.mark.parametrize("wrong", NO_KEYS.values(), ids=NO_KEYS)
def test_what_cannot_be_a_private_key_is_refused_and_not_repeated(wrong):
    answer = put(private_key=wrong)

    assert answer.status == 422
    assert [one["field"].split(".")[:2] for one in answer.json["errors"]] == [["body", "private_key"]]
    assert not [one for one in (PRIVATE, "clave") if one in answer.text]


def test_no_answer_ever_holds_a_private_key_or_what_it_is_sealed_as(now):
    answers = [put(), put(private_key=OTHER), put(If_Match='"1"'), put(staff), put(foreign), put(return_url="x")]
    answers += [who.call("GET", url) for who in (admin, superuser, staff, viewer) for url in (ALL, ONE)]
    with faults.answering("Encrypt", faults.refused("KMSInternalException"), client=kms._client()):
        answers.append(put(private_key=PRIVATE[::-1]))
    item = integrations.find("salon", IntegrationType.BANCARD)
    answers.append(admin.call("GET", "/tenant/salon/api/audit"))

    assert {one.status for one in answers} == {200, 403, 404, 412, 422, 503}
    hidden = (PRIVATE, OTHER, PRIVATE[::-1], item.sealed, item.previous)
    assert not [one for answer in answers for one in hidden if one[:20] in answer.text]


def test_no_line_of_the_log_holds_a_private_key_or_what_it_is_sealed_as():
    with logs.written() as written:
        put()
        put(private_key=OTHER)
        put(private_key=f"{PRIVATE} {OTHER}")
        put(staff)
        with faults.answering("Encrypt", faults.refused("KMSInternalException"), client=kms._client()):
            put(private_key=PRIVATE[::-1])

    item = integrations.find("salon", IntegrationType.BANCARD)
    assert "integration.connected" in written.text
    hidden = (PRIVATE, OTHER, PRIVATE[::-1], item.sealed, item.previous)
    assert not [one for one in hidden if one[:20] in written.text]


def test_where_the_secrets_cannot_be_kept_it_is_said():
    with faults.answering("Encrypt", faults.refused("KMSInternalException"), client=kms._client()):
        answer = put()

    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "secrets_unavailable", "1")
    assert admin.call("GET", ONE).status == 404


@pytest.mark.parametrize("who", [viewer, staff], ids=["viewer", "staff"])
def test_only_admins_see_and_change_whither_money_goes(who):
    put()

    answers = [who.call("GET", ALL), who.call("GET", ONE), put(who, private_key=OTHER), who.call("DELETE", ONE)]

    assert {(one.status, one.json["code"]) for one in answers} == {(403, "forbidden")}
    assert admin.call("GET", ONE).json["version"] == 1


@pytest.mark.parametrize("who", [foreign, Client({})], ids=["of another tenant", "of none"])
def test_for_others_there_is_no_such_tenant(clinic, who):
    put()

    answers = [who.call("GET", ALL), who.call("GET", ONE), put(who), who.call("DELETE", ONE)]

    assert {(one.status, one.json["code"]) for one in answers} == {(404, "not_found")}


def test_two_tenants_have_each_its_own(clinic):
    put()

    answer = foreign.call("GET", "/tenant/clinic/api/integrations/BANCARD")

    assert answer.status == 404
    assert foreign.call("GET", "/tenant/clinic/api/integrations").json["items"] == []


def test_an_api_key_of_an_admin_sees_and_changes_nothing(now):
    put()
    made = api_keys.create("salon", NewKey(name="tienda", role="admin"), actor_name="eva", key=None, now=now)
    tool = Client({"salon": "admin"}, user=f"key:{made.id}")

    assert tool.call("GET", ONE).status == 200
    answers = [put(tool, private_key=OTHER), tool.call("DELETE", ONE)]

    assert {(one.status, one.json["code"]) for one in answers} == {(403, "forbidden")}


def test_keys_put_here_are_those_that_bancard_is_asked_with(now):
    put(private_key=banks.PRIVATE_KEY)

    assert [(one.public_key, one.private_key) for one in bancard_account.load("salon", now=now).applications] == [
        (banks.PUBLIC_KEY, banks.PRIVATE_KEY)
    ]
