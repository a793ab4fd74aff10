"""The handlers behind the routes of the template, as their source says what they ask for."""

import importlib
import inspect
import re
from functools import cache

from mostrador.people.rules.permissions import Action
from tests.support import template


@cache
def source(method, path):
    """The source of the handler behind a route."""
    folder = next(of for one, at, of in template.routes() if (one, at) == (method, path))
    app = importlib.import_module(f"functions.{folder}.app").app
    doors = {(route.method, route.openapi_path): route.func for route in routes_of(app)}
    return inspect.getsource(doors[method, path])


def routes_of(app):
    """All routes of a resolver, which Powertools keeps in private lists."""
    return [*app._static_routes, *app._dynamic_routes]


def action(method, path):
    """The action that the handler asks the permissions for; None where it asks for none."""
    named = re.search(r"Action\.(\w+)", source(method, path))
    return Action[named[1]] if named else None
