"""The commands of the README and the guides, run as printed, twice."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from local import logs
from local import stack as local_stack
from local.stack import PASSWORD
from tests.journeys import days
from tests.journeys.conftest import eventually

pytestmark = pytest.mark.journey
ROOT = Path(__file__).parents[2]


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
    for slug in ("salon-beauty", "peluqueria-nanduti"):
        shop = seeded(slug)
        for service in shop.admin.call("GET", f"{shop.api}/services").json()["items"]:
            one, far = f"{shop.api}/services/{service['id']}", {"advance_booking_days": days.FAR}
            assert shop.admin.call("PATCH", one, far).status_code == 200
    return os.environ | {"PYTHONPATH": str(tmp_path / "moved"), days.TODAY: days.today().isoformat()}


@pytest.fixture
def ran(stack, environment, tmp_path):
    """Runs a page's blocks of shell in one shell, at a root where ``make dev`` has started: output and statuses."""

    def run(page: str) -> tuple[str, str]:
        (tmp_path / ".local").mkdir(exist_ok=True)
        (tmp_path / ".local" / "ready.json").write_text(json.dumps({"stack": asdict(stack)}))
        steps = re.findall(r"^```sh\n(.*?)^```$", (ROOT / page).read_text(), re.S | re.M)
        done = subprocess.run(
            ["bash", "-u"],  # noqa: S607
            input="".join(step for step in steps if not step.startswith("make ")),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout, done.stderr

    return run


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_first_booking_of_the_readme_works_as_printed(ran, time):
    said, statuses = ran("README.md")

    # services twice, availability twice, booked and its repeat, the taken time, confirmed, cancelled
    assert statuses.split() == "200 200 200 200 201 201 409 200 200".split(), said + statuses


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_payment_at_the_stand_in_works_as_printed(ran, time):
    said, statuses = ran("docs/payments.md")

    # the connection, services; availability, booked, checkout; appointment, payment, refund, report; and begun again
    expected = "200 200 200 201 200 200 200 200 200 200 201 200".split()
    assert statuses.split() == expected, said + statuses
    assert '"status":"REFUNDED"' in said


@pytest.mark.parametrize("time", ["first", "second"])
def test_sessions_work_as_printed(ran, time):
    said, statuses = ran("docs/sessions.md")

    assert statuses.split() == "200 200 200 201 200 200".split(), said + statuses


@pytest.fixture
def commanded(stack):
    """Runs a module of ``local`` as the Makefile does, with the settings that reach the local stack's AWS."""

    def run(module: str, **settings: str) -> subprocess.CompletedProcess[str]:
        env = local_stack.environment(stack.endpoint) | {"PYTHONPATH": "layers/shared:layers/stand_ins:."} | settings
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", module], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )

    return run


def test_examples_are_made_on_a_deployed_stage_and_again(commanded, stack, sign_in):
    ran = [commanded("local.examples", STAGE="local", EXAMPLES_PASSWORD=PASSWORD) for _ in range(2)]

    assert [one.returncode for one in ran] == [0, 0], ran[0].stderr
    assert ran[0].stdout == ran[1].stdout
    assert re.search(rf"staff@clinic-health\.example +{PASSWORD} +staff +clinic-health", ran[0].stdout)
    assert sign_in("staff@clinic-health.example").call("GET", "/tenant/clinic-health/api/services").status_code == 200


@pytest.mark.parametrize(("stage", "reason"), [("prod", "STAGE=prod"), ("test", "no stack mostrador-test")])
def test_examples_are_refused_where_they_do_not_belong(commanded, stage, reason):
    ran = commanded("local.examples", STAGE=stage)

    assert ran.returncode == 1
    assert ran.stderr.startswith("make examples: ")
    assert reason in ran.stderr


def test_the_logs_find_the_lines_with_a_text(stack, business):
    text = f'"tenant":"{business.slug}"'

    eventually(lambda: logs.lines(stack, text), seconds=60)
    assert all(text in line for line in logs.lines(stack, text))
    assert not logs.lines(stack, '"tenant":"nobody-here"')
