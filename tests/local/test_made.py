"""The files of the build are made on a machine that has none of the functions' settings."""

import os
import subprocess
import sys

import pytest

from local.stack import ROOT


@pytest.mark.parametrize("module", ["local.made", "local.reference_pages"])
def test_a_command_of_the_build_needs_no_settings(module):
    bare = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    paths = os.pathsep.join([str(ROOT / "layers" / "shared"), str(ROOT / "layers" / "stand_ins"), str(ROOT)])

    script = f"import {module}; from local import openapi; print(len(openapi.document()['paths']))"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], env=bare | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50
