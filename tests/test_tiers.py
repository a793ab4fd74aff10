"""`make test` and `make test-deep` share all tests between them: each test is in exactly one."""

import re

import pytest

from tests.conftest import COLLECTED
from tests.support import template

MAKEFILE = (template.ROOT / "Makefile").read_text()
ALWAYS_DEEP = re.compile(r"tests/(stand_ins/.*|([^:]*/)?test_(crashes|machine)\.py)::.*")


def options_of(target):
    """How pytest is called by a target of the Makefile."""
    (command,) = re.findall(rf"^{target}:.*\n\t.* -m pytest (.*)$", MAKEFILE, re.M)
    return command


def test_the_selection_of_one_target_is_the_complement_of_the_others():
    assert options_of("test").replace("not deep", "deep") == options_of("test-deep")
    assert options_of("test") == '-n $(WORKERS) -m "not deep" $(ARGS)'


def test_the_continuous_integration_runs_both():
    commands = re.findall(r"^make (\S+)$", (template.ROOT / ".ci" / "run").read_text(), re.M)

    assert commands == ["test", "test-deep", "check"]


@pytest.fixture
def collected(pytestconfig):
    """Every test of this run before any was selected, with its markers."""
    return pytestconfig.stash[COLLECTED]


def test_a_journey_is_either_core_or_deep(collected):
    journeys = {name: marks for name, marks in collected.items() if name.startswith("tests/journeys/")}

    assert [name for name, marks in journeys.items() if ("core" in marks) == ("deep" in marks)] == []


def test_only_journeys_are_core(collected):
    assert [name for name, marks in collected.items() if "core" in marks and "/journeys/" not in name] == []


def test_crash_matrices_state_machines_and_stand_ins_are_deep(collected):
    deep = {name for name, marks in collected.items() if "deep" in marks}

    assert [name for name in collected if ALWAYS_DEEP.match(name) and name not in deep] == []
