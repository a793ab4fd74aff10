"""How a program is let into a calendar, and how that ends."""

import base64
import builtins
import re
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mostrador import clock
from tests.support.google import CHALLENGE, CLIENT, EMAIL, REDIRECT, SCOPE, VERIFIER, own_agenda, served
from tests.support.stand_ins import PORTAL

google, agenda = served, own_agenda
ROBOT = "robot@project.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"
PAGE = "/o/oauth2/v2/auth"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def asked(**changed):
    usual = {
        "response_type": "code",
        "client_id": CLIENT["client_id"],
        "redirect_uri": REDIRECT,
        "scope": SCOPE,
        "state": "s-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    return usual | changed


def decided(google, decision, token=PORTAL["X-Stand-Ins-Token"], **changed):
    form = urlencode({"account": EMAIL, "decision": decision, "token": token}).encode()
    return google.send("POST", PAGE, form, query=asked(**changed))


def sent_back(location):
    split = urlsplit(location)
    return f"{split.scheme}://{split.netloc}{split.path}", dict(parse_qsl(split.query))


def error_of(reply):
    return reply.status, reply.told["error"], reply.told["error_description"]


def test_the_page_asks_in_spanish_and_loads_nothing(google):
    page = google.send("GET", PAGE, query=asked()).body.decode()

    assert "Permitir</button>" in page
    assert "Rechazar</button>" in page
    assert not re.search("src=|href=|url\\(|<script", page)


def test_the_page_escapes_whatever_it_was_sent(google):
    nasty = '"><script>alert(1)</script>'

    page = google.send("GET", PAGE, query=asked(scope=f"{SCOPE} {nasty}", login_hint=nasty)).body.decode()
    refused = google.send("GET", PAGE, query=asked(redirect_uri=nasty))

    assert "<script" not in page
    assert refused.status == 400
    assert b"<script" not in refused.body


def test_who_allows_it_goes_back_with_a_code(google):
    reply = decided(google, "allow")

    url, told = sent_back(reply.headers["Location"])
    assert (reply.status, url, told["state"]) == (302, REDIRECT, "s-1")
    assert google.exchange(reply.headers["Location"]).status == 200


@pytest.mark.parametrize("token", ["", "another"])
def test_who_does_not_know_the_stacks_token_agrees_to_nothing(google, token):
    reply = decided(google, "allow", token=token)

    assert (reply.status, "Location" in reply.headers) == (400, False)


def test_who_does_not_goes_back_with_an_error(google):
    reply = decided(google, "deny")

    assert sent_back(reply.headers["Location"]) == (REDIRECT, {"state": "s-1", "error": "access_denied"})


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"response_type": "token"},
        {"scope": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
def test_a_wrong_request_sends_nobody_anywhere(google, changed):
    for reply in (google.send("GET", PAGE, query=asked(**changed)), decided(google, "allow", **changed)):
        assert reply.status == 400
        assert "Location" not in reply.headers


def test_a_code_is_good_for_both_tokens(google):
    told = google.exchange(google.consent()).told

    assert (told["expires_in"], told["token_type"], told["scope"]) == (3599, "Bearer", SCOPE)
    assert google.refresh(told["refresh_token"]).told.keys() == {"access_token", "expires_in", "scope", "token_type"}


def test_a_code_is_good_once(google):
    location = google.consent()
    google.exchange(location)

    assert error_of(google.exchange(location)) == (400, "invalid_grant", "Bad Request")


def test_a_code_is_good_for_ten_minutes(google, monkeypatch):
    location = google.consent()
    later = clock.now() + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert google.exchange(location).told["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "w" * 43}, (400, "invalid_grant", "Invalid code verifier.")),
        ({"code_verifier": ""}, (400, "invalid_grant", "Missing code verifier.")),
        ({"redirect_uri": "https://elsewhere.example/"}, (400, "redirect_uri_mismatch", "Bad Request")),
        ({"code": "4/0Amade-up"}, (400, "invalid_grant", "Malformed auth code.")),
        ({"client_secret": "wrong"}, (401, "invalid_client", "The provided client secret is invalid.")),
        ({"client_id": "nobody"}, (401, "invalid_client", "The OAuth client was not found.")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", "Invalid grant_type: password")),
    ],
)
def test_a_wrong_exchange_is_refused_and_leaves_the_code_good(google, changed, error):
    location = google.consent()

    assert error_of(google.exchange(location, **changed)) == error
    assert google.exchange(location).status == 200


def test_a_code_is_for_who_asked(google):
    google.portal("PUT", "/clients/client-2", {"client_secret": "secret-2", "redirect_uris": [REDIRECT]})

    reply = google.exchange(google.consent(), client_id="client-2", client_secret="secret-2")

    assert error_of(reply) == (400, "invalid_grant", "Malformed auth code.")


def test_without_asking_again_a_refresh_token_comes_the_first_time_only(google):
    first = google.exchange(google.consent(prompt=""))
    second = google.exchange(google.consent(prompt=""))

    assert "refresh_token" in first.told
    assert "refresh_token" not in second.told


def test_a_program_may_say_who_it_is_in_a_header(google):
    refresh_token = google.exchange(google.consent()).told["refresh_token"]
    basic = base64.b64encode(b"client-1:secret-1").decode()
    form = urlencode({"grant_type": "refresh_token", "refresh_token": refresh_token}).encode()

    assert google.send("POST", "/token", form, Authorization=f"Basic {basic}").status == 200
    assert google.send("POST", "/token", form, Authorization="Basic !").told["error"] == "invalid_client"


def test_an_access_token_lasts_an_hour(google, agenda, monkeypatch):
    later = clock.now() + timedelta(seconds=3599)
    monkeypatch.setattr(clock, "now", lambda: later)

    reply = agenda.list()

    assert reply.reason == (401, "authError")
    assert reply.told["error"]["errors"] == [
        {
            "domain": "global",
            "reason": "authError",
            "message": "Invalid Credentials",
            "locationType": "header",
            "location": "Authorization",
        }
    ]


@pytest.mark.parametrize("header", ["Bearer made-up", "Basic made-up", "Bearer " + "x" * 2000])
def test_nobody_gets_in_with_another_token(google, agenda, header):
    reply = google.send("GET", f"/calendar/v3/calendars/{EMAIL}/events", Authorization=header)

    assert reply.reason == (401, "authError")
    assert google.send("GET", f"/calendar/v3/calendars/{EMAIL}/events").told["error"]["message"] == "Login Required"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_a_token_ends_all_that_the_program_was_granted(google, agenda, which):
    told = google.exchange(google.consent()).told

    assert google.form("/revoke", token=told[which]).status == 200

    assert agenda.list().reason == (401, "authError")
    dead = (400, "invalid_grant", "Token has been expired or revoked.")
    assert error_of(google.refresh(told["refresh_token"])) == dead
    assert google.form("/revoke", token=told[which]).told["error"] == "invalid_token"


def test_an_account_whose_grants_were_killed_can_be_connected_again(google, agenda):
    refresh_token = google.exchange(google.consent()).told["refresh_token"]
    other = google.agenda("otra@example.com")

    google.portal("POST", "/revoke", {"account": EMAIL})

    assert google.refresh(refresh_token).told["error"] == "invalid_grant"
    assert agenda.list().status == 401
    assert other.list().status == 200
    assert google.agenda().list().status == 200


def test_a_scope_lets_in_where_it_says_and_nowhere_else(google, agenda):
    reader = google.token(scope="https://www.googleapis.com/auth/calendar.events.readonly")
    path = f"/calendar/v3/calendars/{EMAIL}/events"

    assert google.send("GET", path, token=reader).status == 200
    assert google.send("POST", path, {}, token=reader).reason == (403, "insufficientPermissions")
    assert google.send("POST", "/calendar/v3/freeBusy", {}, token=reader).reason == (403, "insufficientPermissions")


def assertion(key=KEY, algorithm="RS256", **changed):
    issued_at = int(clock.now().timestamp())
    claims = {"iss": ROBOT, "scope": SCOPE, "aud": AUDIENCE, "iat": issued_at, "exp": issued_at + 3600}
    return jwt.encode(claims | changed, key, algorithm=algorithm)


def word_of(google, written):
    return google.form("/token", grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=written)


@pytest.fixture
def robot(google, agenda):
    google.portal("PUT", f"/accounts/{ROBOT}", {"public_key": PEM.decode()})
    google.portal("POST", f"/calendars/{EMAIL}/shares", {"account": ROBOT, "role": "writer"})
    return google


def test_a_service_account_comes_in_on_its_word(robot, agenda):
    token = word_of(robot, assertion()).told["access_token"]

    assert robot.send("GET", f"/calendar/v3/calendars/{EMAIL}/events", token=token).told["accessRole"] == "writer"


def test_a_service_account_of_nobody_invites_nobody(robot, agenda):
    token = word_of(robot, assertion()).told["access_token"]
    agenda.insert(id="event09", attendees=[{"email": "ana@example.com"}])
    path = f"/calendar/v3/calendars/{EMAIL}/events/event09"

    invited = robot.send("PATCH", path, {"attendees": [{"email": "eva@example.com"}]}, token=token)

    assert invited.reason == (403, "forbiddenForServiceAccounts")
    assert robot.send("PATCH", path, {"summary": "Otra"}, token=token).status == 200


@pytest.mark.parametrize(
    ("written", "error"),
    [
        (lambda: assertion(OTHER_KEY), "Invalid JWT Signature."),
        (lambda: assertion("k" * 32, "HS256"), "Invalid JWT Signature."),
        (lambda: "no.jwt.atall", "Invalid JWT Signature."),
        (lambda: assertion(aud="https://elsewhere.example/"), "Invalid JWT: Failed audience check."),
        (lambda: assertion(iss="nobody@example.com"), "Invalid grant: account not found"),
        (lambda: assertion(exp=int(clock.now().timestamp()) + 3700), "Invalid JWT: Token must be a short-lived token"),
        (lambda: assertion(exp=1, iat=0), "Invalid JWT: Token must be a short-lived token"),
    ],
)
def test_a_word_that_is_not_the_accounts_own_is_refused(robot, written, error):
    reply = word_of(robot, written())

    assert (reply.status, reply.told["error"]) == (400, "invalid_grant")
    assert reply.told["error_description"].startswith(error)


def test_a_word_without_a_scope_is_good_for_nothing(robot):
    assert word_of(robot, assertion(scope="")).told["error"] == "invalid_scope"


def test_a_service_account_acts_for_whom_its_domain_lets_it(robot):
    assert word_of(robot, assertion(sub=EMAIL)).told["error"] == "unauthorized_client"

    robot.portal("PUT", f"/accounts/{ROBOT}", {"acts_for": [EMAIL]})
    token = word_of(robot, assertion(sub=EMAIL)).told["access_token"]

    path = "/calendar/v3/calendars/primary/events"
    assert robot.send("GET", path, token=token).told["summary"] == EMAIL


def test_a_service_account_whose_grants_were_killed_needs_its_key_again(robot):
    token = word_of(robot, assertion()).told["access_token"]

    robot.portal("POST", "/revoke", {"account": ROBOT})

    assert robot.send("GET", f"/calendar/v3/calendars/{EMAIL}/events", token=token).status == 401
    assert word_of(robot, assertion()).told["error"] == "invalid_grant"
    robot.portal("PUT", f"/accounts/{ROBOT}", {"public_key": PEM.decode()})
    assert word_of(robot, assertion()).status == 200


def test_without_cryptography_no_service_account_is_served(robot, monkeypatch):
    imported, written = builtins.__import__, assertion()

    def missing(name, *rest):
        if name == "cryptography":
            raise ImportError(name)
        return imported(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)

    assert word_of(robot, written).told["error"] == "invalid_client"


def test_a_consent_without_a_challenge_needs_no_verifier(google):
    location = google.consent(code_challenge="")

    assert parse_qs(urlsplit(location).query)["state"] == ["s-1"]
    assert google.exchange(location, code_verifier=VERIFIER).status == 200
