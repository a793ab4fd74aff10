"""Requests made from the OpenAPI document, to the deployed stack: `make fuzz` sends 10,000, `make test-deep` some."""

import os

import pytest

from local import openapi
from tests.fuzz import report, world
from tests.fuzz.run import Runner

pytestmark = [pytest.mark.journey, pytest.mark.deep]
CASES = int(os.environ.get("MOSTRADOR_FUZZ_CASES", "139"))
SEED = int(os.environ.get("MOSTRADOR_FUZZ_SEED", "1"))


def test_every_answer_is_one_that_the_document_tells_of(stack, http, superuser):
    runner = Runner(world.built(stack, http, superuser), openapi.document(), SEED)

    outcome = runner.run(-(-CASES // len(runner.operations)))

    print(f"\n{report.text(outcome)}")  # noqa: T201 - the figures
    assert not (found := report.faults(outcome, set(runner.operations))), "\n".join(found)
    assert outcome.cases >= CASES
