"""Signing in, staying and leaving as docs/sessions.md says, over HTTP as pages and curl do it; and keys of programs."""

import html
import json
import re
import subprocess
import uuid
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from local.stack import PASSWORD
from tests.journeys.conftest import PATIENCE
from tests.journeys.visitors import Session, Visitor, problem

pytestmark = pytest.mark.journey
PAGE = Path(__file__).parents[2] / "docs" / "sessions.md"
NEW = "Turnos-y-rifas-1"


@pytest.fixture(scope="module")
def pool(stack):
    """``pool("RevokeToken", ClientId=..., Token=...)``: one JSON call, as ``fetch`` makes it."""

    def call(operation, **body):
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return httpx.post(stack.endpoint, json=body, headers=headers, timeout=PATIENCE, trust_env=False)

    return call


@pytest.fixture(scope="module")
def enter(pool, stack):
    """The pool's answer to a password."""

    def signed_in(user, password=PASSWORD):
        told = {"USERNAME": user, "PASSWORD": password}
        return pool("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", ClientId=stack.client_id, AuthParameters=told)

    return signed_in


@pytest.fixture(scope="module")
def refresh(pool, stack):
    def refreshed(session):
        told = {"REFRESH_TOKEN": session["RefreshToken"]}
        return pool("InitiateAuth", AuthFlow="REFRESH_TOKEN_AUTH", ClientId=stack.client_id, AuthParameters=told)

    return refreshed


@pytest.fixture(scope="module")
def salon(business):
    return business.api


@pytest.fixture(scope="module")
def clerk(business):
    """The e-mail of somebody of the staff."""
    assert business.staff.call("GET", "me").status_code == 200
    return business.email("staff")


@pytest.fixture
def ana(admin, salon, mails):
    """Somebody just invited: e-mail and temporary password."""
    email = f"ana.{uuid.uuid4().hex}@example.com"
    assert admin.call("POST", f"{salon}/members", {"email": email, "role": "staff"}).status_code == 201
    return email, html.unescape(re.search("<b>(.*?)</b>", mails(email)[-1])[1])


def session_of(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["AuthenticationResult"]


def refused(answer, kind):
    return (answer.status_code, answer.json()["__type"]) == (400, kind)


def test_the_commands_of_the_page_work_as_printed(stack, tmp_path):
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "ready.json").write_text(json.dumps({"stack": asdict(stack)}))
    script = "set -e\n" + "".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.S | re.M))

    ran = subprocess.run(["bash"], input=script, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607

    # me signed in, refreshed and signed out; invited; accepted; me with a second factor
    assert ran.stderr.split() == "200 200 200 201 200 200".split(), ran.stdout + ran.stderr
    assert ran.returncode == 0
    assert ran.stdout.count("Refresh Token has been revoked") == 3  # signed out here, everywhere, after the reset
    assert "NEW_PASSWORD_REQUIRED\n" in ran.stdout
    assert "SUCCESS\n" in ran.stdout
    assert "SOFTWARE_TOKEN_MFA\n" in ran.stdout


def test_a_session_lasts_a_quarter_of_an_hour_at_a_time(http, salon, clerk, enter, refresh):
    session = session_of(enter(clerk))

    renewed = session_of(refresh(session))

    assert session["ExpiresIn"] == renewed["ExpiresIn"] == 900
    assert "RefreshToken" not in renewed
    assert Visitor(http, renewed["AccessToken"]).call("GET", f"{salon}/services").status_code == 200


def test_a_visitor_of_the_journeys_renews_a_token_that_runs_out_and_one_that_is_refused(http, stack, salon, clerk):
    session = Session(stack, clerk)
    visitor, first = Visitor(http, session), session.token()
    session._renew_at = 0.0  # its time is over
    assert visitor.call("GET", f"{salon}/services").status_code == 200
    second = session.token()

    session._token = "a.b.c"  # it is refused
    assert visitor.call("GET", f"{salon}/services").status_code == 200
    session._token, session._refresh_token = "a.b.c", "signed out"
    assert visitor.call("GET", f"{salon}/services").status_code == 200

    assert len({first, second, session.token(), "a.b.c"}) == 4
    problem(Visitor(http, "a.b.c").call("GET", f"{salon}/services"), 401, "unauthorized")


def test_only_the_access_token_opens_the_api(http, salon, clerk, enter):
    session = session_of(enter(clerk))

    for kind in ("IdToken", "RefreshToken"):
        problem(Visitor(http, session[kind]).call("GET", f"{salon}/services"), 401, "unauthorized")


def test_signing_out_ends_this_session_and_no_other(http, stack, clerk, pool, enter, refresh):
    here, elsewhere = session_of(enter(clerk)), session_of(enter(clerk))

    assert pool("RevokeToken", ClientId=stack.client_id, Token=here["RefreshToken"]).status_code == 200

    assert refused(refresh(here), "NotAuthorizedException")
    assert refused(pool("GetUser", AccessToken=here["AccessToken"]), "NotAuthorizedException")
    assert Visitor(http, here["AccessToken"]).call("GET", "me").status_code == 200  # until its 15 minutes are over
    assert session_of(refresh(elsewhere))


def test_signing_out_everywhere_ends_all_sessions_and_not_the_account(clerk, pool, enter, refresh):
    sessions = [session_of(enter(clerk)) for _ in range(2)]

    assert pool("GlobalSignOut", AccessToken=sessions[0]["AccessToken"]).status_code == 200

    assert all(refused(refresh(one), "NotAuthorizedException") for one in sessions)
    assert session_of(enter(clerk))


def test_who_is_invited_chooses_a_password_and_is_in_after_accepting(http, stack, business, salon, pool, enter, ana):
    email, temporary = ana
    challenge = enter(email, temporary).json()
    assert (challenge["ChallengeName"], "AuthenticationResult" in challenge) == ("NEW_PASSWORD_REQUIRED", False)

    chosen = pool(
        "RespondToAuthChallenge",
        ChallengeName="NEW_PASSWORD_REQUIRED",
        ClientId=stack.client_id,
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": NEW},
    )

    visitor = Visitor(http, session_of(chosen)["AccessToken"])
    problem(visitor.call("GET", f"{salon}/services"), 404, "not_found")
    assert visitor.call("POST", f"me/invitations/{business.slug}/accept").status_code == 200
    # The gateway remembers for a minute what a token may do; a new token is asked of the table.
    assert (
        Visitor(http, session_of(enter(email, NEW))["AccessToken"]).call("GET", f"{salon}/services").status_code == 200
    )
    assert refused(enter(email, temporary), "NotAuthorizedException")


def test_a_forgotten_password_takes_the_code_that_was_mailed(stack, pool, enter, ana, mails):
    email, temporary = ana
    assert pool("ForgotPassword", ClientId=stack.client_id, Username=email).status_code == 200
    code = re.search("[0-9]{6}", mails(email)[-1])[0]

    def confirm(typed):
        told = {"Username": email, "ConfirmationCode": typed, "Password": NEW}
        return pool("ConfirmForgotPassword", ClientId=stack.client_id, **told)

    assert refused(confirm("000000"), "CodeMismatchException")
    assert confirm(code).status_code == 200
    assert refused(enter(email, temporary), "NotAuthorizedException")
    assert session_of(enter(email, NEW))


def test_nobody_learns_who_has_an_account(stack, business, clerk, pool, enter):
    nobody = business.email("nadie")

    known, unknown = enter(clerk, "wrong"), enter(nobody, "wrong")
    mailed = [pool("ForgotPassword", ClientId=stack.client_id, Username=user) for user in (clerk, nobody)]

    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert [answer.status_code for answer in mailed] == [200, 200]
    assert set(mailed[0].json()["CodeDeliveryDetails"]) == set(mailed[1].json()["CodeDeliveryDetails"])


def test_a_program_comes_in_with_a_key_until_it_is_revoked(http, salon, neighbour, admin):
    made = [admin.call("POST", f"{salon}/keys", {"name": "Caja", "role": "staff"}).json() for _ in range(2)]
    used, unused = (Visitor(http, one["key"]) for one in made)

    assert used.call("GET", f"{salon}/services").status_code == 200
    problem(
        used.call("POST", f"{salon}/services", {"name": "A", "duration_minutes": 30, "price": "1"}), 403, "forbidden"
    )
    problem(used.call("GET", f"{neighbour.api}/services"), 404, "not_found")
    problem(used.call("GET", "me"), 404, "not_found")
    assert admin.call("GET", f"{salon}/keys/{made[0]['id']}").json()["last_used_at"]

    for one in made:
        assert admin.call("DELETE", f"{salon}/keys/{one['id']}").status_code == 204
    problem(unused.call("GET", f"{salon}/services"), 401, "unauthorized")
