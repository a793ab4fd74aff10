"""Calendars connected: by consent with state and PKCE, by a service account; credentials are never shown."""

import json
import re
from functools import cache
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mostrador.calendars import watches
from mostrador.clients.google_oauth import Answer
from mostrador.table import keys, reads
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support.calendars import connect, is_right
from tests.support.http import Client, admin, anybody, staff

BASE = "/tenant/salon/api"
ONE = f"{BASE}/integrations/GOOGLE_CALENDAR"


@pytest.fixture
def asked(shop, google):
    """What the consent's address asks of Google; whoever agrees there gets ``code-1``."""
    answer = admin.call("POST", f"{ONE}/consent")
    assert answer.status == 200, answer.text
    split = urlsplit(answer.json["url"])
    query = {name: values[0] for name, values in parse_qs(split.query).items()}
    google.codes["code-1"] = ("refresh-2", query["code_challenge"])
    return query


def returned(**query):
    """The page at which Google leaves the person who agreed."""
    return anybody.call("GET", f"/calendar/oauth/callback?{urlencode(query)}")


def finished(client=admin, base=BASE, **form):
    return client.call("POST", f"{base}/integrations/GOOGLE_CALENDAR/consent/finish", form)


def robot(**more):
    return {"client_email": "robot@example.com", "private_key": pem(), "private_key_id": "k1"} | more


@cache
def pem():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(kind, form, serialization.NoEncryption()).decode()


def secret(now, resource_id=None):
    found = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR, resource_id)
    return json.loads(integrations.secrets(found, now=now)[0])


def test_a_consent_asks_for_the_least_and_hides_the_verifier(asked):
    assert asked["scope"] == "https://www.googleapis.com/auth/calendar.events"
    assert (asked["access_type"], asked["prompt"], asked["code_challenge_method"]) == ("offline", "consent", "S256")
    assert asked["redirect_uri"].endswith("/calendar/oauth/callback")
    (stored,) = reads.everything(keys.calendar_partition("salon"), "CONSENT#")
    assert stored.verifier not in str(asked)


def test_a_consent_connects_and_what_waited_comes_into_the_calendar(shop, google, asked, now):
    google.grants.discard("refresh-1")
    shop.book()
    shop.deliver()

    answer = finished(state=asked["state"], code="code-1")

    assert answer.status == 200, answer.text
    assert secret(now) == {"type": "oauth", "refresh_token": "refresh-2"}
    shop.sweep()
    assert is_right(google)


def test_the_page_at_which_google_leaves_the_person_connects_nothing(asked, google, now):
    answer = returned(state=asked["state"], code="code-1", scope="x")

    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    (form,) = re.findall("<pre>(.*)</pre>", answer.text)
    assert json.loads(unescape(form)) == {"state": asked["state"], "code": "code-1"}
    assert secret(now)["refresh_token"] == "refresh-1"
    assert "code-1" in google.codes


def test_a_code_with_markup_is_shown_as_text(asked):
    assert "<b>" not in returned(state=asked["state"], code="<b>x").text


def test_another_admin_cannot_finish_a_consent(asked, now):
    other = Client({}, superuser=True, user="root")

    assert finished(other, state=asked["state"], code="code-1").json["code"] == "calendar_consent_dead"

    assert secret(now)["refresh_token"] == "refresh-1"
    assert finished(state=asked["state"], code="code-1").status == 200


def test_who_may_not_connect_cannot_finish(asked):
    answers = [
        finished(one, state=asked["state"], code="code-1") for one in (staff, Client({"salon": "admin"}, user="key:1"))
    ]

    assert {answer.status for answer in answers} == {403}


def test_a_consent_is_good_once(asked):
    assert finished(state=asked["state"], code="code-1").status == 200

    again = finished(state=asked["state"], code="code-1")

    assert (again.status, again.json["code"]) == (404, "calendar_consent_dead")


def test_a_consent_lapses(shop, asked):
    shop.clock.pass_(minutes=10)

    assert finished(state=asked["state"], code="code-1").status == 404
    assert returned(state=asked["state"], code="code-1").status == 404


@pytest.mark.parametrize("state", ["-", "x", "WyJjbGluaWMiXQ.x"])
def test_a_forged_state_leads_nowhere(asked, state):
    assert returned(state=state, code="code-1").status == 404
    assert finished(state=state, code="code-1").status == 404


def test_a_state_of_one_tenant_does_not_connect_another(asked, clinic, now):
    both = Client({"salon": "admin", "clinic": "admin"}, user=admin.user)

    assert finished(both, "/tenant/clinic/api", state=asked["state"], code="code-1").status == 404

    assert integrations.find("clinic", IntegrationType.GOOGLE_CALENDAR) is None


def test_who_refuses_at_google_connects_nothing(asked, now):
    assert "access_denied" in returned(state=asked["state"], error="access_denied").text

    answer = finished(state=asked["state"], error="access_denied")

    assert (answer.status, answer.json["code"]) == (422, "calendar_consent_denied")
    assert secret(now)["refresh_token"] == "refresh-1"


def test_a_code_of_somebody_elses_consent_is_refused(asked, google, now):
    google.codes["code-1"] = ("refresh-2", "another challenge")

    answer = finished(state=asked["state"], code="code-1")

    assert (answer.status, answer.json["code"]) == (409, "calendar_grant_dead")


def test_an_api_key_connects_nothing(shop):
    key = Client({"salon": "admin"}, user="key:1")

    answers = [
        key.call("POST", f"{ONE}/consent"),
        key.call("PUT", ONE, {}),
        key.call("DELETE", ONE),
        staff.call("POST", f"{ONE}/consent"),
    ]

    assert {one.status for one in answers} == {403}


def test_settings_are_kept_by_a_consent_and_shown_without_credentials(asked, now):
    admin.call("PUT", ONE, {"calendar_id": "eva@example.com", "private": True, "on_change": "FOLLOW"})
    finished(state=asked["state"], code="code-1")

    shown = admin.call("GET", ONE)

    assert (shown.json["calendar_id"], shown.json["private"], shown.json["on_change"]) == (
        "eva@example.com",
        True,
        "FOLLOW",
    )
    assert shown.json["has_credentials"] is True
    assert "refresh" not in shown.text


def test_a_summary_with_an_unknown_placeholder_is_refused(shop):
    assert admin.call("PUT", ONE, {"summary": "{phone}"}).status == 422


def test_a_service_account_connects_at_once(shop, google, now, monkeypatch):
    key = serialization.load_pem_private_key(pem().encode(), None)
    google.grants.add("robot")
    claims = {}

    def token(form):
        unchecked = {"verify_aud": False, "verify_exp": False, "verify_iat": False}
        claims.update(jwt.decode(form["assertion"], key.public_key(), algorithms=["RS256"], options=unchecked))
        google.tokens["access-robot"] = "robot"
        return Answer(200, {}, {"access_token": "access-robot", "expires_in": 3599})

    monkeypatch.setattr(google, "token", token)
    answer = admin.call("PUT", ONE, {"calendar_id": "primary", "service_account": robot()})

    assert answer.status == 200, answer.text
    assert "PRIVATE" not in answer.text
    shop.book()
    shop.deliver()
    assert is_right(google)
    assert (claims["iss"], claims["scope"]) == ("robot@example.com", "https://www.googleapis.com/auth/calendar.events")


def test_a_resource_has_a_calendar_of_its_own(shop, google, haircut, now):
    own = haircut.resource_ids[0]
    answer = admin.call("POST", f"{ONE}/consent?resource={own}")
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.json["url"]).query).items()}
    google.codes["code-1"] = ("refresh-2", query["code_challenge"])

    finished(state=query["state"], code="code-1")

    assert secret(now, own)["refresh_token"] == "refresh-2"
    assert secret(now)["refresh_token"] == "refresh-1"
    assert admin.call("POST", f"{ONE}/consent?resource={'f' * 32}").status == 404


def test_a_calendar_that_comes_has_the_others_proved_too(shop, haircut, now):
    own = connect(now, resource_id=haircut.resource_ids[0])
    watches.wake("salon", own, now=now)
    shop.sweep()
    assert watches.find("salon", own.sk).prove_at > now

    assert admin.call("PUT", ONE, {"private": True}).status == 200

    assert watches.find("salon", own.sk).prove_at < now + watches.EVERY


def test_disconnecting_gives_the_grant_back_and_leaves_the_events(shop, google, now):
    shop.book()
    shop.deliver()

    assert admin.call("DELETE", ONE).status == 204

    assert google.grants == set()
    assert len(google.alive()) == 1
    assert admin.call("GET", ONE).status == 404


def test_disconnecting_removes_the_events_if_asked(shop, google, now):
    shop.book()
    shop.deliver()

    assert admin.call("DELETE", f"{ONE}?events=remove").status == 204
    assert admin.call("GET", ONE).json["status"] == "REMOVING"
    shop.sweep()

    assert google.alive() == {}
    assert admin.call("GET", ONE).status == 404
    assert watches.find("salon", "INTEGRATION#GOOGLE_CALENDAR") is None


def test_a_service_account_that_acts_for_nobody_cannot_invite(shop):
    refused = admin.call("PUT", ONE, {"attendees": True, "service_account": robot()})

    assert (refused.status, refused.json["code"]) == (422, "calendar_cannot_invite")
    assert refused.json["errors"][0]["field"] == "body.attendees"
    assert admin.call("GET", ONE).json["attendees"] is False
    for_eva = admin.call("PUT", ONE, {"attendees": True, "service_account": robot(subject="eva@example.com")})
    assert (for_eva.status, for_eva.json["can_invite"]) == (200, True)


def test_a_stored_service_account_that_acts_for_nobody_cannot_invite_either(shop):
    shown = admin.call("PUT", ONE, {"service_account": robot()}).json
    assert (shown["attendees"], shown["can_invite"]) == (False, False)

    assert admin.call("PUT", ONE, {"attendees": True}).json["code"] == "calendar_cannot_invite"


def test_a_consent_after_a_service_account_can_invite_again(shop, google, now):
    admin.call("PUT", ONE, {"service_account": robot()})
    url = admin.call("POST", f"{ONE}/consent").json["url"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    google.codes["code-1"] = ("refresh-2", query["code_challenge"])

    assert finished(state=query["state"], code="code-1").json["can_invite"] is True

    assert admin.call("PUT", ONE, {"attendees": True}).status == 200


def test_an_installation_that_google_does_not_know_asks_for_no_consents(shop, monkeypatch):
    from mostrador import settings

    monkeypatch.setattr(settings, "google_client_id", lambda: "")

    answer = admin.call("POST", f"{ONE}/consent")

    assert (answer.status, answer.json["code"]) == (409, "calendar_consent_off")
