"""Whether an answer is one that the document tells of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import schemathesis
from schemathesis import GenerationMode, Response
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import Failure, FailureGroup

from tests.fuzz.cases import AnyCase

load_all_checks()
CHECKS: Final = schemathesis.checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
        "negative_data_rejection",
    ]
)
RULES: Final[dict[str, str]] = {
    "bad_character": "Unicode tells what is text, and its tables grow each year",
    "unreadable": "a name needs a letter that is left after folding",
    "invalid_cursor": "a cursor is opaque",
    "one_range": "parameters of a URL are independent of each other in OpenAPI",
    "ids_alone": "the same",
    "range_order": "JSON Schema compares no two values",
    "interval_order": "the same",
    "time_zone": "the zones are those of the IANA data",
    "currency": "the currencies are those of ISO 4217",
    "invalid_phone": "the numbering plan of each country",
    "private_key_missing": "it depends on what is stored",
    "misleading_name": "it depends on the business's people",
    "wrong_evidence": "it depends on the raffle",
    "invalid_range": "JSON Schema compares no two values",
    "range_length": "the same",
    "invalid_times": "the same",
    "block_length": "the same",
    "appointment_twice": "the same",
    "invalid_package": "the same",
    "invalid_series": "the same",
    "too_many_prizes": "the same",
    "known_link": "parameters of a URL are independent of each other in OpenAPI",
    "odd_start": "a format of whole minutes does not exist",
    "number_outside": "it depends on the raffle",
    "number_twice": "it depends on the raffle's packages",
    "amount_digits": "JSON Schema counts no digits of a number",
    "invalid_amount": "the decimals depend on the business's currency",
    "country": "the countries are those with telephones, of ISO 3166",
    "email": "an address has more rules than the format, such as names that are no domain",
    "day_outside": "it depends on today and on the service",
    "idempotency_key_reused": "it depends on earlier requests",
    "guessable_lottery": "JSON Schema multiplies no two values",
    "unknown_seller": "it depends on the team",
    "calendar_consent_denied": "Google's answer says no",
    "missing header.idempotency-key": "a sale needs it where its body says paid",
    "invalid_tax_id": "it has a check digit",
    "announced_too_late": "it depends on the present time",
    "raffle_too_big": "JSON Schema adds no lengths",
    "lottery_at_another_time": "it depends on the raffle's times",
    "redraw_too_far": "it depends on the present time",
    "before_the_beacon": "it depends on the beacon's first round",
    "lottery_does_not_match": "it depends on the raffle's method",
    "no_reason": "Unicode tells which text can be read",
    "wrong_exclusion": "it depends on the draw",
    "unknown_prize": "it depends on the raffle",
    "prizes_do_not_fit": "JSON Schema compares no two values",
    "redraw_not_by_beacon": "it depends on the raffle",
    "too_many_numbers": "it depends on the raffle",
    "too_many_resources": "JSON Schema compares no two values",
    "same_resource": "the same",
    "too_much_at_once": "it depends on the service",
    "invalid_amount_for_gateway": "it depends on the currency and the gateway",
    "calendar_cannot_invite": "it depends on the credentials",
    "no_email_to_confirm": "it depends on the customer",
    "calendar_refused": "Google's answer says no",
    "email_refused": "the user directory's answer says no",
    "one_discount": "clients ignore the rule that one of two fields is given",
    "nothing_moved": "an amount of 0 is an amount elsewhere",
    "other_service": "it depends on the link's appointment",
    "delay_outside": "it depends on the appointment",
    "default_tenant_stays": "one tenant is another than the rest",
}
"""Codes of a 422 to what the document allows -> why JSON Schema cannot tell it."""


TOO_SHORT: Final = "string_too_short"
"""The length is that of the text after cleaning: a rule only where it was not sent like this."""
TAKES_ALL: Final = "payments.bancard_webhook"
"""Bancard gets the answer that it expects, whatever it sends."""


@dataclass(frozen=True, slots=True)
class Violation:
    operation: str
    check: str
    message: str
    request: str
    answer: str


def of(operation: str, case: AnyCase, answer: Response) -> Iterator[Violation]:
    """The violations of one answer."""
    checks = [check for check in CHECKS if check.__name__ != "negative_data_rejection" or operation != TAKES_ALL]
    try:
        case.validate_response(answer, checks=checks)  # type: ignore[arg-type]
    except FailureGroup as group:
        for failure in group.exceptions:
            yield _violation(operation, type(failure).__name__, _told(failure), case, answer)
    if case.meta and case.meta.generation.mode == GenerationMode.POSITIVE and answer.status_code == 422:
        for fault in answer.json()["errors"]:
            if not _is_by_rule(fault, case):
                message = f"{fault['code']} at {fault['field']}: {fault['detail']}"
                yield _violation(operation, "PositiveRefused", message, case, answer)


def _is_by_rule(fault: dict[str, Any], case: AnyCase) -> bool:
    """Whether no JSON Schema can state why the request was refused."""
    if fault["code"] == TOO_SHORT:
        return fault["value"] not in set(_texts([case.body, case.query]))
    return bool({fault["code"], f"{fault['code']} {fault['field']}"} & RULES.keys())


def _texts(part: object) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for one in part.values() if isinstance(part, dict) else part:
            yield from _texts(one)


def _told(failure: object) -> str:
    return f"{failure.title}: {failure.message}" if isinstance(failure, Failure) else repr(failure)


def _violation(operation: str, check: str, message: str, case: AnyCase, answer: Response) -> Violation:
    return Violation(operation, check, message, case.as_curl_command(), f"{answer.status_code} {answer.text[:600]}")
