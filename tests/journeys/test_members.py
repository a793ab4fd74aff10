"""Somebody is invited by e-mail, signs in with what the mail says, accepts, works, and is put out."""

import html
import re

import pytest

from local.stack import PASSWORD
from tests.journeys.visitors import aws, problem

pytestmark = pytest.mark.journey


@pytest.fixture
def mailed(mails):
    """The temporary password in the last mail to somebody."""
    return lambda email: html.unescape(re.search(r"<p>Le dieron acceso.*?<b>(.+?)</b>", mails(email)[-1], re.S)[1])


@pytest.fixture
def begin(stack):
    """The first sign-in of somebody: the temporary password becomes the one of all examples."""

    def signed_in(email, temporary):
        pool = aws(stack, "cognito-idp")
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


def test_from_the_invitation_to_the_way_out(business, admin, sign_in, mailed, begin):
    salon, email = business.api, f"nueva@{business.slug}.example"
    invited = admin.call("POST", f"{salon}/members", {"email": email, "role": "staff"})
    assert invited.status_code == 201, invited.text
    begin(email, mailed(email))

    nueva = sign_in(email)
    (invitation,) = nueva.call("GET", "me").json()["invitations"]
    assert (invitation["slug"], invitation["role"]) == (business.slug, "staff")
    problem(nueva.call("GET", f"{salon}/services"), 404, "not_found")
    assert nueva.call("POST", f"me/invitations/{business.slug}/accept").status_code == 200

    nueva = sign_in(email)  # a token of which the authorizer does not know an answer yet
    assert nueva.call("GET", f"{salon}/services").status_code == 200
    problem(nueva.call("GET", f"{salon}/members"), 403, "forbidden")
    assert nueva.call("GET", "me").json()["memberships"][0]["slug"] == business.slug

    assert admin.call("DELETE", f"{salon}/members/{invited.json()['user']}").status_code == 204
    problem(sign_in(email).call("GET", f"{salon}/services"), 404, "not_found")


def test_the_last_admin_stays(business, admin):
    problem(admin.call("DELETE", f"me/memberships/{business.slug}"), 409, "last_admin")


def test_a_new_tenant_has_its_first_admin(found, sign_in, mailed, begin):
    optica = found("Óptica")
    duena = optica.email("admin")
    begin(duena, mailed(duena))

    usage = sign_in(duena).call("GET", f"{optica.api}/tenant/usage")

    assert usage.json()["members"] == {"used": 1, "limit": None}
