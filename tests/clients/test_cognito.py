"""The user pool: on moto what it does, by injected answers how it fails."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from mostrador.clients import cognito
from mostrador.errors import Invalid, Unavailable
from tests.support import faults, people

pytestmark = pytest.mark.usefixtures("table")


def answering(operation, code):
    return faults.answering(operation, faults.refused(code), client=cognito._client())


def test_somebody_new_is_made_once_and_found_again():
    assert cognito.find("ana@example.com") is None

    made = cognito.create("ana@example.com")

    assert cognito.find("ana@example.com") == made == cognito.create("ana@example.com")
    assert people.known() == ["ana@example.com"]


def test_whoever_set_a_password_has_signed_in():
    new, known = cognito.create("ana@example.com"), people.signed_in("eva@example.com")

    assert new.has_signed_in is False
    assert cognito.find("eva@example.com") == cognito.User(known, has_signed_in=True)


def test_an_account_that_has_not_shown_to_have_the_address_is_not_found_by_it():
    people.signed_in("ana@example.com")
    people.unverify("ana@example.com")

    with pytest.raises(cognito.EmailNotVerified, match="ana@example.com"):
        cognito.find("ana@example.com")


def test_an_account_that_comes_back_with_another_address_is_not_found_by_this_one():
    """The pool looks a user up by more than the e-mail."""
    known = people.signed_in("ana@example.com")

    with pytest.raises(cognito.EmailNotVerified):
        cognito.find(known)


def test_a_second_factor_is_known_from_the_pool():
    people.signed_in("ana@example.com")
    assert not cognito.has_second_factor("ana@example.com")

    people.enrol("ana@example.com")
    assert cognito.has_second_factor("ana@example.com")

    people.disable("ana@example.com")
    assert not cognito.has_second_factor("ana@example.com")
    assert not cognito.has_second_factor("nobody@example.com")


def test_making_somebody_mails_nothing_until_that_is_asked_for():
    with people.mails() as mailed:
        cognito.create("ana@example.com")
        assert mailed == []
        cognito.mail_password("ana@example.com")

    assert mailed == ["ana@example.com"]


def test_whoever_signed_in_meanwhile_needs_no_password():
    with answering("AdminCreateUser", "UnsupportedUserStateException") as asked:
        cognito.mail_password("ana@example.com")

    assert asked == ["AdminCreateUser"]


@pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException", "InternalErrorException"])
def test_a_pool_that_is_busy_is_asked_again_later(code):
    with answering("AdminGetUser", code), pytest.raises(cognito.PoolUnavailable) as refused:
        cognito.find("ana@example.com")

    assert isinstance(refused.value, Unavailable)


def test_a_mail_that_cannot_go_out_is_said():
    with answering("AdminCreateUser", "CodeDeliveryFailureException"), pytest.raises(cognito.PoolUnavailable):
        cognito.mail_password("ana@example.com")


def test_an_address_that_the_pool_does_not_take_is_the_callers_mistake():
    with (
        answering("AdminGetUser", "InvalidParameterException"),
        pytest.raises(cognito.EmailRefused, match="ana@") as refused,
    ):
        cognito.find("ana@example.com")

    assert isinstance(refused.value, Invalid)
    assert refused.value.facts["field"] == "body.email"


def test_what_we_may_not_ask_is_a_failure_of_ours():
    with answering("AdminGetUser", "AccessDeniedException"), pytest.raises(ClientError, match="AccessDenied"):
        cognito.find("ana@example.com")


def test_a_pool_that_does_not_answer_is_asked_twice_and_not_waited_for(monkeypatch):
    tries = []

    def silence(**_):
        tries.append(1)
        raise ReadTimeoutError(endpoint_url="cognito")

    events = cognito._client().meta.events
    events.register_first("before-send.cognito-identity-provider", silence)
    try:
        with pytest.raises(cognito.PoolUnavailable):
            cognito.find("ana@example.com")
    finally:
        events.unregister("before-send.cognito-identity-provider", silence)

    assert len(tries) == 2
    assert (cognito._PATIENCE.connect_timeout, cognito._PATIENCE.read_timeout) == (1, 2)
