"""The routes of every door, as the doors declare them, and of the stand-ins' routers."""

import importlib
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import Final, NamedTuple

from local import template
from local.stack import ROOT
from mostrador.web.routes import Route

FOLDER: Final = "functions/"
_ANSWERS_HTTP: Final = re.compile(r"^(app = door\.Door\(\)|ROUTES|STAND_IN_ROUTES)", re.MULTILINE)


class Served(NamedTuple):
    """A route, and the logical id of the function that serves it."""

    function: str
    route: Route


class StandInRoute(NamedTuple):
    """A method and path of a stand-in, and the logical id of its function."""

    function: str
    method: str
    path: str


@lru_cache(maxsize=1)
def of_doors() -> tuple[Served, ...]:
    """Every route of the API, by path and method. Raises ValueError where two doors declare the same."""
    served = [Served(function, route) for function, door in _doors() for route in _declared(door)]
    for what in (lambda one: (one.route.method, one.route.path), lambda one: one.route.operation):
        _refuse_repeated([what(one) for one in served])
    return tuple(sorted(served, key=lambda one: (one.route.path, one.route.method)))


def of_stand_ins() -> list[StandInRoute]:
    """Every route of the stand-ins for other people's systems."""
    return sorted(
        StandInRoute(function, method, path)
        for function, door in _doors()
        for method, path in getattr(door, "STAND_IN_ROUTES", ())
    )


def folders() -> dict[str, str]:
    """The folder below ``functions`` of every function of the template, by logical id."""
    functions = template.resources("AWS::Serverless::Function").items()
    return {name: function["Properties"]["CodeUri"].removeprefix(FOLDER) for name, function in functions}


def _doors() -> Iterator[tuple[str, ModuleType]]:
    """The modules of the functions that answer HTTP; the others want settings of their own as they are imported."""
    os.environ.setdefault("TABLE_NAME", "-")  # which doors read as they are imported
    for name, folder in folders().items():
        if _ANSWERS_HTTP.search((ROOT / FOLDER / folder / "app.py").read_text()):
            yield name, importlib.import_module(f"functions.{folder}.app")


def _declared(door: ModuleType) -> list[Route]:
    """The routes of a door: those of its ``Door``, or its own list where it answers in another system's words."""
    if hasattr(door, "ROUTES"):
        return list(door.ROUTES)
    return list(door.app.routes) if hasattr(door, "app") else []


def _refuse_repeated(names: list[object]) -> None:
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"declared twice: {', '.join(repeated)}")
