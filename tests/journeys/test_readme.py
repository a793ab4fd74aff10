"""The README's first booking, run as printed."""

import json
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey
README = Path(__file__).parents[2] / "README.md"


def test_the_first_booking_of_the_readme_works_as_printed(stack, tmp_path):
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "ready.json").write_text(json.dumps({"stack": asdict(stack)}))
    _commands, *steps = re.findall(r"^```sh\n(.*?)^```$", README.read_text(), re.S | re.M)

    ran = subprocess.run(["bash"], input="".join(steps), cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S607

    # services twice, availability twice, booked and its repeat, the taken time, confirmed, cancelled
    assert ran.stderr.split() == "200 200 200 200 201 201 409 200 200".split(), ran.stdout + ran.stderr
