"""The README's first booking, run as printed."""

import json
import os
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.journeys import days

pytestmark = pytest.mark.journey
README = Path(__file__).parents[2] / "README.md"


MOVED = """
import datetime, os

class Moved(datetime.date):
    @classmethod
    def today(cls):
        return cls.fromisoformat(os.environ["MOSTRADOR_TEST_TODAY"])

datetime.date = Moved
"""


@pytest.fixture
def environment(seeded, tmp_path):
    """Where today is moved, Python's ``date.today()`` is, and the seed's services may be booked as far ahead."""
    if not days.ahead():
        return dict(os.environ)
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "sitecustomize.py").write_text(MOVED)
    salon = seeded("salon-beauty")
    for service in salon.admin.call("GET", f"{salon.api}/services").json()["items"]:
        one, far = f"{salon.api}/services/{service['id']}", {"advance_booking_days": days.FAR}
        assert salon.admin.call("PATCH", one, far).status_code == 200
    return os.environ | {"PYTHONPATH": str(tmp_path / "moved"), days.TODAY: days.today().isoformat()}


def test_the_first_booking_of_the_readme_works_as_printed(stack, environment, tmp_path):
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "ready.json").write_text(json.dumps({"stack": asdict(stack)}))
    _commands, *steps = re.findall(r"^```sh\n(.*?)^```$", README.read_text(), re.S | re.M)

    ran = subprocess.run(
        ["bash"],  # noqa: S607
        input="".join(steps),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    # services twice, availability twice, booked and its repeat, the taken time, confirmed, cancelled
    assert ran.stderr.split() == "200 200 200 200 201 201 409 200 200".split(), ran.stdout + ran.stderr
