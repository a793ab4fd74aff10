"""The requests that schemathesis makes from the document: some that it allows, some that it does not."""

import random
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning, Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode

AnyCase = Case[Any]
AnyOperation = APIOperation[Any, Any, Any, Any]
LONGEST = 6000
_FIRST, _LAST = datetime(2000, 1, 2), datetime(2099, 12, 30)
"""The document says these years in ``formatMinimum``, which is no word of JSON Schema."""
_MOMENTS = st.datetimes(_FIRST, _LAST)


def operations(document: dict[str, Any], base_url: str) -> dict[str, AnyOperation]:
    """The operations of the document by their id."""
    schemathesis.openapi.format("date-time", _MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC).isoformat()))
    schemathesis.openapi.format("date", _MOMENTS.map(lambda moment: moment.date().isoformat()))
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=base_url)
    found: list[AnyOperation] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return {operation.definition.raw["operationId"]: operation for operation in found}


def made(operation: AnyOperation, count: int, number: int) -> list[AnyCase]:
    """``count`` cases, some of them wrong where any can be wrong; the same number makes the same cases."""
    wrong = list(_of_mode(operation, GenerationMode.NEGATIVE, count // _share(operation), number))
    right = list(_of_mode(operation, GenerationMode.POSITIVE, count - len(wrong), number))
    cases = (right * count)[: count - len(wrong)] + wrong  # an operation without a parameter has one right case
    random.Random(number).shuffle(cases)  # noqa: S311 - nothing secret
    return [_copied(case) for case in cases]


def _share(operation: AnyOperation) -> int:
    """One in how many is wrong: fewer where only the path can be, because every wrong path is one 404."""
    has_more = "requestBody" in operation.definition.raw or any(
        one["in"] != "path" for one in operation.definition.raw.get("parameters", ())
    )
    return 2 if has_more else 6


def _is_sent(case: AnyCase) -> bool:
    """Whether its address is short enough: the gateway refuses others before a function sees them, here with 431."""
    address = urlencode(case.query or {}, doseq=True) + "".join(
        quote(str(one)) for one in (case.path_parameters or {}).values()
    )
    return len(address) < LONGEST


def _copied(case: AnyCase) -> AnyCase:
    """A case of its own: one that is sent again gets other ids."""
    return case.operation.Case(
        method=case.method,
        path_parameters=dict(case.path_parameters or {}),
        headers=dict(case.headers or {}),
        cookies=dict(case.cookies or {}),
        query=dict(case.query or {}),
        body=case.body,
        media_type=case.media_type,
        _meta=case.meta,
    )


def _of_mode(operation: AnyOperation, mode: GenerationMode, count: int, number: int) -> Iterator[AnyCase]:
    found: list[AnyCase] = []

    @seed(number)
    @settings(
        max_examples=max(count, 1),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: AnyCase) -> None:
        if _is_sent(case):
            found.append(case)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        try:
            collect()
        except Unsatisfiable:  # nothing of this operation can be wrong
            return iter(())
    return iter(found[:count])
