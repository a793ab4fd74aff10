"""Google's OAuth against a stand-in, over real HTTP."""

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mostrador.clients import google_oauth, http_bodies
from mostrador.clients.google_oauth import Access, Grant, GrantDead, ServiceAccount
from mostrador.errors import Conflict, Unavailable
from tests.support import calendar_double
from tests.support.calendar_double import Says

NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
GRANT = Grant("client.apps", "the-secret", "1//refresh")
TOKEN = {"access_token": "ya29.token", "expires_in": 3599, "scope": google_oauth.SCOPE, "token_type": "Bearer"}
CONSENT = {
    "client_id": "client.apps",
    "client_secret": "the-secret",
    "code": "4/0Ab",
    "redirect_uri": "https://mostrador.test/back",
    "code_verifier": "v" * 43,
    "now": NOW,
}


@pytest.fixture
def google():
    with calendar_double.running() as server:
        yield server


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key):
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def robot(key):
    return ServiceAccount("robot@project.iam", pem(key), "key-1")


def test_the_challenge_is_the_one_of_rfc_7636_appendix_b():
    found = google_oauth.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")

    assert found == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_consent_asks_for_a_refresh_token_and_is_bound_to_who_asked():
    url = google_oauth.consent_url(
        "https://accounts.google.test/o/oauth2/v2/auth",
        client_id="client.apps",
        redirect_uri="https://mostrador.test/back?tenant=demo",
        scope=google_oauth.SCOPE,
        state="the state",
        code_challenge="E9Melhoa",
    )

    assert url.startswith("https://accounts.google.test/o/oauth2/v2/auth?")
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["client.apps"],
        "redirect_uri": ["https://mostrador.test/back?tenant=demo"],
        "scope": ["https://www.googleapis.com/auth/calendar.events"],
        "state": ["the state"],
        "code_challenge": ["E9Melhoa"],
        "code_challenge_method": ["S256"],
        "access_type": ["offline"],
        "prompt": ["consent"],
    }


def test_a_refresh_token_gives_an_access_token_and_says_until_when(google):
    google.says(Says(body=TOKEN))

    access = google_oauth.access_token(f"{google.url}/token", GRANT, NOW)

    assert access == Access("ya29.token", NOW + timedelta(seconds=3599))
    (asked,) = google.asked
    assert (asked.method, asked.target) == ("POST", "/token")
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.form == {
        "grant_type": "refresh_token",
        "client_id": "client.apps",
        "client_secret": "the-secret",
        "refresh_token": "1//refresh",
    }


def test_a_code_gives_the_grant_and_the_first_access_token(google):
    google.says(Says(body=TOKEN | {"refresh_token": "1//new"}))

    grant, access = google_oauth.exchange(f"{google.url}/token", **CONSENT)

    assert grant == Grant("client.apps", "the-secret", "1//new")
    assert access.token == "ya29.token"
    assert google.asked[0].form == {
        "grant_type": "authorization_code",
        "client_id": "client.apps",
        "client_secret": "the-secret",
        "code": "4/0Ab",
        "redirect_uri": "https://mostrador.test/back",
        "code_verifier": "v" * 43,
    }


def test_a_code_that_gives_no_refresh_token_is_no_grant(google):
    google.says(Says(body=TOKEN))

    with pytest.raises(GrantDead, match="no refresh token came"):
        google_oauth.exchange(f"{google.url}/token", **CONSENT)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, "invalid_grant"), (401, "invalid_client"), (400, "unauthorized_client"), (401, "disabled_client")],
)
def test_a_dead_grant_is_a_conflict_that_says_why(google, status, error):
    google.says(Says(status, {"error": error, "error_description": "Token has been expired or revoked."}))

    with pytest.raises(GrantDead, match=error) as refused:
        google_oauth.access_token(f"{google.url}/token", GRANT, NOW)

    assert isinstance(refused.value, Conflict)
    assert "vuelva a conectarlo" in refused.value.says("es")


UNCLEAR = [
    (Says(500, {"error": "invalid_grant"}), "status 500 invalid_grant"),
    (Says(503, "<html>Sorry</html>"), "status 503"),
    (Says(429, {"error": "rate_limit_exceeded"}), "status 429 rate_limit_exceeded"),
    (Says(400, {"error": "invalid_request"}), "status 400 invalid_request"),
    (Says(400, {"error": {"code": 400}}), "status 400"),
    (Says(400, "<html>"), "status 400"),
    (Says(302, TOKEN, {"Location": "/elsewhere"}), "status 302"),
    (Says(200, "<html>Hello</html>"), "status 200"),
    (Says(200, "[" * 20_000), "status 200"),
    (Says(200, ""), "status 200"),
    (Says(200, []), "status 200"),
    (Says(200, {}), "no access token"),
    (Says(200, TOKEN | {"access_token": ""}), "no access token"),
    (Says(200, TOKEN | {"access_token": "a\r\nX-Evil: 1"}), "no access token"),
    (Says(200, TOKEN | {"access_token": 7}), "no access token"),
    (Says(200, {"access_token": "ya29.token"}), "no time"),
    (Says(200, TOKEN | {"expires_in": "soon"}), "no time"),
    (Says(200, TOKEN | {"expires_in": 10**18}), "no time"),
    (Says(200, b"\xff\xfe"), "status 200"),
    (Says(200, '{"access_token": "ya29', claims=40), "IncompleteRead|ProtocolError"),
    (Says(hangs_up=True), "ProtocolError"),
    (Says(200, " " * (256 * 1024 + 1)), "more than 262144 bytes"),
]


@pytest.mark.parametrize(("says", "reason"), UNCLEAR, ids=[str(place) for place in range(len(UNCLEAR))])
def test_an_answer_that_is_no_token_is_unavailable_and_says_why(google, says, reason):
    google.says(says)

    with pytest.raises(google_oauth.GoogleUnavailable, match=reason) as refused:
        google_oauth.access_token(f"{google.url}/token", GRANT, NOW)

    assert isinstance(refused.value, Unavailable)
    assert [asked.target for asked in google.asked] == ["/token"]  # neither repeated nor redirected


def test_google_that_is_slow_is_unavailable(google, monkeypatch):
    monkeypatch.setattr(google_oauth, "_TIMEOUT", urllib3.Timeout(connect=1, read=0.05))
    google.says(Says(body=TOKEN, delay=0.2))

    with pytest.raises(google_oauth.GoogleUnavailable, match="ReadTimeoutError"):
        google_oauth.access_token(f"{google.url}/token", GRANT, NOW)


def test_google_whose_answer_drips_is_unavailable(google, monkeypatch):
    monkeypatch.setattr(http_bodies, "WITHIN", 0.1)
    google.says(Says(body=TOKEN, drip=0.05))

    with pytest.raises(google_oauth.GoogleUnavailable, match="TooSlow"):
        google_oauth.access_token(f"{google.url}/token", GRANT, NOW)


def test_google_that_is_not_there_is_unavailable():
    with pytest.raises(google_oauth.GoogleUnavailable, match="NewConnectionError"):
        google_oauth.access_token("http://127.0.0.1:9/token", GRANT, NOW)


@pytest.mark.parametrize("url", ["http://", "http://[", "gopher://x/y"])
def test_an_address_that_is_none_is_unavailable(url):
    with pytest.raises(google_oauth.GoogleUnavailable):
        google_oauth.access_token(url, GRANT, NOW)


@pytest.mark.parametrize("says", [Says(200), Says(400, {"error": "invalid_token"})], ids=["there", "gone already"])
def test_a_revoked_grant_has_ended_whether_or_not_it_had_before(google, says):
    google.says(says)

    google_oauth.revoke(f"{google.url}/revoke", "1//refresh")

    assert (google.asked[0].target, google.asked[0].form) == ("/revoke", {"token": "1//refresh"})


@pytest.mark.parametrize("says", [Says(503), Says(400, {"error": "invalid_request"}), Says(400, "<html>")])
def test_a_grant_that_may_not_have_ended_says_so(google, says):
    google.says(says)

    with pytest.raises(google_oauth.GoogleUnavailable):
        google_oauth.revoke(f"{google.url}/revoke", "1//refresh")


def test_a_service_account_signs_who_it_is_for_an_hour(google, key):
    google.says(Says(body=TOKEN))

    access = google_oauth.service_token(f"{google.url}/token", robot(key), google_oauth.SCOPE, NOW)

    assert access.token == "ya29.token"
    form = google.asked[0].form
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert jwt.get_unverified_header(form["assertion"]) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    assert claimed(form["assertion"], key) == {
        "iss": "robot@project.iam",
        "scope": google_oauth.SCOPE,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
    }


def test_a_service_account_may_act_for_a_person(google, key):
    google.says(Says(body=TOKEN))
    acting = replace(robot(key), subject="ana@business.test")

    google_oauth.service_token(f"{google.url}/token", acting, google_oauth.SCOPE, NOW)

    assert claimed(google.asked[0].form["assertion"], key)["sub"] == "ana@business.test"


def test_another_key_does_not_verify_the_assertion(google, key):
    google.says(Says(body=TOKEN))
    google_oauth.service_token(f"{google.url}/token", robot(key), google_oauth.SCOPE, NOW)

    with pytest.raises(jwt.InvalidSignatureError):
        claimed(google.asked[0].form["assertion"], rsa.generate_private_key(public_exponent=65537, key_size=2048))


def claimed(assertion, key):
    unchecked = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(
        assertion, key.public_key(), ["RS256"], audience="https://oauth2.googleapis.com/token", options=unchecked
    )


BAD_KEYS = ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "EC", "PUBLIC", "LOCKED"]


@pytest.mark.parametrize("name", BAD_KEYS)
def test_a_private_key_that_cannot_sign_is_a_dead_grant_and_nobody_is_asked(google, key, name):
    broken = replace(robot(key), private_key=other_keys(key).get(name, name))

    with pytest.raises(GrantDead, match="private key cannot be read"):
        google_oauth.service_token(f"{google.url}/token", broken, google_oauth.SCOPE, NOW)

    assert google.asked == []


def other_keys(key):
    from cryptography.hazmat.primitives.asymmetric import ec

    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    return {
        "EC": pem(ec.generate_private_key(ec.SECP256R1())), "PUBLIC": public.decode(), "LOCKED": locked.decode(),
    }  # fmt: skip


def test_the_crypto_is_imported_for_service_accounts_alone():
    tree = ast.parse(Path(google_oauth.__file__).read_text())
    at_the_top = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    anywhere = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]

    assert not [line for line in at_the_top if "jwt" in line or "crypto" in line]
    assert "import jwt" in anywhere


def test_nobody_sees_a_secret_by_printing_what_holds_it(key):
    shown = repr([GRANT, robot(key), Access("ya29.token", NOW), google_oauth.Answer(200, {}, TOKEN)])

    assert "client.apps" in shown
    assert not [secret for secret in ("the-secret", "1//refresh", "PRIVATE", "ya29") if secret in shown]
