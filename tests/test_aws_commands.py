"""The AWS CLI's commands in the docs: each service, operation and option exists in botocore's models."""

import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OF_EVERY_COMMAND = {"region", "endpoint-url", "query", "output", "cli-read-timeout", "cli-binary-format", "max-items"}
"""Of the AWS CLI, version 2."""
COMMAND = re.compile(
    r"(?<![\w/.-])aws (?P<first>(?:--[\w-]+ \S+ )*)(?P<service>[a-z-]+) (?P<operation>[a-z-]+)(?P<rest>[^`|\n]*)"
)
FOUND = [
    pytest.param(found["service"], found["operation"], re.findall(r"(?<!\S)--([\w-]+)", found[0]), id=found[0][:60])
    for page in PAGES
    for found in COMMAND.finditer(re.sub(r"\\\n\s*", "", page.read_text()))
]


@pytest.mark.parametrize(("service", "operation", "options"), FOUND)
def test_each_command_is_one_that_aws_knows(service, operation, options):
    model = botocore.session.get_session().get_service_model(service)
    known = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}

    members = known[operation].input_shape.members
    assert set(options) - OF_EVERY_COMMAND <= {xform_name(name, "-") for name in members}


def test_the_commands_are_found():
    assert len(FOUND) >= 8
