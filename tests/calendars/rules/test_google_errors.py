import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.calendars.rules import google_errors
from mostrador.calendars.rules.google_errors import Failure

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def error(*reasons):
    return {"error": {"errors": [{"domain": "usageLimits", "reason": reason} for reason in reasons]}}


@pytest.mark.parametrize(
    ("status", "reason", "failure"),
    [
        (400, "timeRangeEmpty", Failure.REFUSED),
        (400, "required", Failure.REFUSED),
        (401, "authError", Failure.REFRESH),
        (403, "userRateLimitExceeded", Failure.RETRY),
        (403, "rateLimitExceeded", Failure.RETRY),
        (403, "quotaExceeded", Failure.RETRY),
        (403, "dailyLimitExceeded", Failure.RETRY),
        (403, "accessNotConfigured", Failure.RETRY),
        (403, "forbidden", Failure.FORBIDDEN),
        (403, "forbiddenForNonOrganizer", Failure.REFUSED),
        (403, "insufficientPermissions", Failure.FORBIDDEN),
        (404, "notFound", Failure.GONE),
        (408, "", Failure.RETRY),
        (409, "duplicate", Failure.DUPLICATE),
        (410, "deleted", Failure.GONE),
        (410, "fullSyncRequired", Failure.FULL_SYNC),
        (410, "updatedMinTooLongAgo", Failure.FULL_SYNC),
        (412, "conditionNotMet", Failure.CHANGED),
        (413, "", Failure.REFUSED),
        (429, "rateLimitExceeded", Failure.RETRY),
        (500, "backendError", Failure.RETRY),
        (503, "backendError", Failure.RETRY),
        (302, "", Failure.RETRY),
    ],
)
def test_every_error_of_the_table_asks_for_one_thing(status, reason, failure):
    assert google_errors.failure_of(status, error(reason)) == failure


def test_any_of_the_reasons_may_be_the_one_that_counts():
    assert google_errors.failure_of(403, error("forbidden", "rateLimitExceeded")) == Failure.RETRY


def test_a_list_that_is_gone_must_be_read_anew_whatever_the_reason():
    assert google_errors.failure_of(410, error("deleted"), listing=True) == Failure.FULL_SYNC
    assert google_errors.failure_of(410, None, listing=True) == Failure.FULL_SYNC
    assert google_errors.failure_of(404, error("notFound"), listing=True) == Failure.GONE


@pytest.mark.parametrize(
    "body", [None, "<html>", [], {"error": "invalid"}, {"error": {"errors": [None, {"reason": 7}]}}]
)
def test_without_reasons_the_status_decides(body):
    statuses = {400: "REFUSED", 401: "REFRESH", 403: "REFUSED", 404: "GONE", 409: "DUPLICATE", 502: "RETRY"}

    assert {status: google_errors.failure_of(status, body) for status in statuses} == statuses


@given(st.integers(100, 599), json_values | st.fixed_dictionaries({"error": json_values}))
def test_no_answer_whatever_it_says_makes_us_fall(status, body):
    assert google_errors.failure_of(status, body) in Failure
    assert isinstance(google_errors.reasons(body), tuple)
