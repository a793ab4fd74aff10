"""Somebody is invited by e-mail, signs in with what the mail says, accepts, works, and is put out."""

import re

import httpx
import pytest

from local.seed import PASSWORD
from tests.journeys.conftest import problem

SALON = "tenant/salon-beauty/api"
EMAIL = "nueva@example.com"


@pytest.fixture
def mailed(stack):
    """The temporary password in the last mail to somebody."""

    def password(email):
        told = httpx.get(f"{stack.endpoint}/_ministack/ses/messages", timeout=30, trust_env=False).text
        mails = re.findall(r"<p>Le dieron acceso.*?<b>(.+?)</b>", told)
        assert email in told
        return mails[-1]

    return password


@pytest.fixture
def begin(stack):
    """The first sign-in of somebody: the temporary password becomes the one of all examples."""

    def signed_in(email, temporary):
        pool = stack.client("cognito-idp")
        asked = pool.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=stack.client_id,
            AuthParameters={"USERNAME": email, "PASSWORD": temporary},
        )
        pool.respond_to_auth_challenge(
            ClientId=stack.client_id,
            ChallengeName=asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": PASSWORD},
        )

    return signed_in


def test_from_the_invitation_to_the_way_out(admin, sign_in, mailed, begin):
    invited = admin.call("POST", f"{SALON}/members", {"email": EMAIL, "role": "staff"})
    assert invited.status_code == 201, invited.text
    begin(EMAIL, mailed(EMAIL))

    nueva = sign_in(EMAIL)
    (invitation,) = nueva.call("GET", "me").json()["invitations"]
    assert (invitation["slug"], invitation["role"]) == ("salon-beauty", "staff")
    problem(nueva.call("GET", f"{SALON}/services"), 404, "not_found")
    assert nueva.call("POST", "me/invitations/salon-beauty/accept").status_code == 200

    nueva = sign_in(EMAIL)  # a token of which the authorizer does not know an answer yet
    assert nueva.call("GET", f"{SALON}/services").status_code == 200
    problem(nueva.call("GET", f"{SALON}/members"), 403, "forbidden")
    assert nueva.call("GET", "me").json()["memberships"][0]["name"] == "Beauty Salon"

    assert admin.call("DELETE", f"{SALON}/members/{invited.json()['user']}").status_code == 204
    problem(sign_in(EMAIL).call("GET", f"{SALON}/services"), 404, "not_found")


def test_the_last_admin_stays(admin):
    problem(admin.call("DELETE", "me/memberships/salon-beauty"), 409, "last_admin")


def test_a_new_tenant_has_its_first_admin(superuser, sign_in, mailed, begin):
    new = {"slug": "optica", "name": "Óptica", "admin_email": "duena@example.com"}
    made = superuser.call("POST", "admin/tenants", new)
    assert made.status_code == 201, made.text
    begin(new["admin_email"], mailed(new["admin_email"]))

    usage = sign_in(new["admin_email"]).call("GET", "tenant/optica/api/tenant/usage")

    assert usage.json()["members"] == {"used": 1, "limit": None}
