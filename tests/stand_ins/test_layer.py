"""The stand-ins have a layer of their own, which no other code imports and which ``prod`` does not get."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import conditions, template

LAYERS = template.ROOT / "layers"
TOKEN = "x" * 20
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


@pytest.mark.parametrize("name", ["StandInsLayer", "StandInsApi", "BancardMockFunction", "GoogleCalendarMockFunction"])
def test_all_of_the_stand_ins_has_the_condition(name):
    assert template.load()["Resources"][name]["Condition"] == "HasStandIns"


def test_stand_ins_exist_only_where_the_parameter_says_so():
    assert not conditions.holds("HasStandIns", Stage="dev")
    assert conditions.holds("HasStandIns", Stage="dev", StandIns="on")


@pytest.mark.parametrize("stage", ["prod", "produccion", "live", "main", "devel"])
def test_a_stage_that_may_be_a_real_business_refuses_them(stage):
    assert conditions.refusals(Stage=stage, StandIns="on", StandInsToken=TOKEN)
    assert not conditions.refusals(Stage=stage)


@pytest.mark.parametrize("stage", ["local", "dev", "test"])
def test_a_stage_to_try_things_out_may_have_them_with_a_token(stage):
    assert not conditions.refusals(Stage=stage, StandIns="on", StandInsToken=TOKEN)
    assert conditions.refusals(Stage=stage, StandIns="on") == ["StandIns needs a StandInsToken"]


def test_a_token_cannot_be_short():
    pattern = template.load()["Parameters"]["StandInsToken"]["AllowedPattern"]

    assert [bool(re.search(pattern, one)) for one in (TOKEN, "", "short", "x" * 19)] == [True, True, False, False]


@pytest.mark.parametrize(("stage", "is_prod"), [("prod", True), ("produccion", True), ("dev", False), ("local", False)])
def test_every_stage_but_those_to_try_is_kept_as_prod_is(stage, is_prod):
    assert conditions.holds("IsProd", Stage=stage) is is_prod
    assert conditions.holds("IsGoogle", Stage=stage)


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
