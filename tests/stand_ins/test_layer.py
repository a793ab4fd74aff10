"""The stand-ins have a layer of their own, which no other code imports and which ``prod`` does not get."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import template

LAYERS = template.ROOT / "layers"
MOCKS = {"bancard_mock", "google_calendar_mock"}


def layers_of(function):
    return [layer["Ref"] for layer in function["Properties"].get("Layers", [])]


def test_the_shared_layer_holds_no_stand_in():
    names = {path.name for path in (LAYERS / "shared").rglob("*")}

    assert not {name for name in names if "stand_in" in name or "_mock" in name}


def test_the_layer_is_added_to_the_two_mocks_alone():
    functions = template.resources("AWS::Serverless::Function").values()
    with_layer = {Path(one["Properties"]["CodeUri"]).name for one in functions if "StandInsLayer" in layers_of(one)}

    assert with_layer == MOCKS
    assert template.load()["Globals"]["Function"]["Layers"] == [{"Ref": "SharedLayer"}]


@pytest.mark.parametrize("name", ["StandInsLayer", "StandIns", "BancardMockFunction", "GoogleCalendarMockFunction"])
def test_prod_gets_nothing_of_the_stand_ins(name):
    is_not_prod = {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "prod"]}]}

    assert template.load()["Conditions"]["HasStandIns"] == is_not_prod
    assert template.load()["Resources"][name]["Condition"] == "HasStandIns"


def test_the_layer_holds_the_package_alone_compiled(tmp_path):
    copied, built = tmp_path / "copy", tmp_path / "built"
    shutil.copytree(LAYERS / "stand_ins", copied)  # as `sam build` does, which runs the Makefile on a copy

    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # uv
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run(  # noqa: S603 - our own Makefile
        ["make", "-s", "--makefile", LAYERS / "stand_ins" / "Makefile", "build-StandInsLayer"],  # noqa: S607 - make is on the path
        cwd=copied,
        env=os.environ | {"PATH": tools, "ARTIFACTS_DIR": str(built), "LAYER_PYTHON": version},
        check=True,
    )

    assert [path.name for path in (built / "python").iterdir()] == ["stand_ins"]
    sources = {path.with_suffix("").relative_to(built) for path in built.rglob("*.py")}
    compiled = {(path.parent.parent / path.name.split(".")[0]).relative_to(built) for path in built.rglob("*.pyc")}
    assert compiled == sources
    assert {"checkout.js", "page.html"} <= {path.name for path in built.rglob("*")}
