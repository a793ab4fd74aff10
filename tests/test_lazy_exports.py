"""What the layer's build makes of packages that only re-export: the same names, loaded when they are asked for."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import aws_lambda_powertools
import pytest

import lazy_exports
from lazy_exports import NotOnlyExports
from tests.support import template

POWERTOOLS = Path(aws_lambda_powertools.__file__).parent
PACKAGES = ["event_handler", "utilities/data_classes"]


def python(code, home):
    """What ``code`` prints, as JSON, in a process that finds its packages in ``home`` first."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(home)!r}); import json; {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def package(tmp_path):
    """A package of two modules, of which one is called like what it exports."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "till.py").write_text("class Till: pass\nclass Coin: pass\n")
    (folder / "open.py").write_text("def open(): return 1\n")
    (folder / "__init__.py").write_text(
        '"""A shop."""\nfrom shop.till import (Till, Coin as Money)\nfrom .open import open\n__all__ = ["Till"]\n'
    )
    return folder


def rewrite(*folders):
    command = [sys.executable, str(template.ROOT / "layers" / "shared" / "lazy_exports.py"), *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own


def test_what_is_exported_is_loaded_when_it_is_asked_for(package):
    assert rewrite(package).returncode == 0

    told = python(
        "import shop; before = 'shop.till' in sys.modules; from shop import Till, Money, till;"
        "print(json.dumps([before, Till is till.Till, Money is till.Coin, shop.open(), shop.__all__, shop.__doc__,"
        " hasattr(shop, 'nothing')]))",
        package.parent,
    )

    assert told == [False, True, True, 1, ["Till"], "A shop.", False]


@pytest.mark.parametrize("line", ["import os", "print(1)", "x = 1", "from shop.till import *", "if True: pass"])
def test_a_package_that_does_anything_else_is_left_alone_and_the_build_ends(package, line):
    source = package / "__init__.py"
    source.write_text(f"{source.read_text()}{line}\n")
    before = source.read_text()

    assert rewrite(package).returncode != 0

    assert source.read_text() == before
    with pytest.raises(NotOnlyExports, match="line 5"):
        lazy_exports.rewritten(before, set())


def test_powertools_has_all_its_names_and_loads_no_asyncio(tmp_path):
    home = tmp_path / "aws_lambda_powertools"
    shutil.copytree(POWERTOOLS, home, ignore=shutil.ignore_patterns("__pycache__"))
    names = {
        name: python(f"import {name} as one; print(json.dumps(sorted(one.__all__)))", tmp_path)
        for name in (f"aws_lambda_powertools.{one.replace('/', '.')}" for one in PACKAGES)
    }

    assert rewrite(*(home / one for one in PACKAGES)).returncode == 0

    for name, exported in names.items():
        told = python(
            f"import {name} as one; assert one.__file__.startswith({str(tmp_path)!r});"
            "print(json.dumps([x for x in one.__all__ if getattr(one, x).__name__]))",
            tmp_path,
        )
        assert sorted(told) == exported
    loaded = python(
        "from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response;"
        "from aws_lambda_powertools.event_handler.openapi.params import Query;"
        "print(json.dumps(['asyncio' in sys.modules, 'aws_lambda_powertools.event_handler.appsync' in sys.modules]))",
        tmp_path,
    )
    assert loaded == [False, False]
