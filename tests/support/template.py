"""template.yaml as the tests read it, so that what is tested is what is deployed."""

from typing import Any

from local import routes as declared
from local.stack import ROOT
from local.template import create_table, load, resources
from mostrador.web.routes import Access, Route

__all__ = ["ROOT", "create_table", "load", "resources"]
_FOR_POOLS = (
    "UsernameAttributes",
    "UsernameConfiguration",
    "AutoVerifiedAttributes",
    "AdminCreateUserConfig",
    "MfaConfiguration",
)


def user_pool(name: str) -> dict[str, Any]:
    """The arguments of CreateUserPool for the one pool of users."""
    (found,) = resources("AWS::Cognito::UserPool").values()
    return {"PoolName": name} | {part: found["Properties"][part] for part in _FOR_POOLS}


def routes() -> list[tuple[str, str, str]]:
    """Every route of the API with a role or for anybody: method, path, and the folder of its function."""
    return [one for one in _every_route() if one not in machine_routes()]


def machine_routes() -> list[tuple[str, str, str]]:
    """The routes that only another system calls, in its own words, without a resolver, roles or problems."""
    folders, served = declared.folders(), declared.of_doors()
    return [(one.method, one.path, folders[function]) for function, one in served if one.access is Access.MACHINE]


def old_routes() -> list[tuple[str, str, str]]:
    """The routes that name no tenant: those of the ``default`` one."""
    folders = declared.folders()
    return sorted(
        (route.method, route.old_path, folders[function]) for function, route in declared.of_doors() if route.old_path
    )


def route(method: str, path: str) -> Route:
    """The route as its door declares it; ``path`` may be its old one."""
    return next(one for _, one in declared.of_doors() if one.method == method and path in (one.path, one.old_path))


def of_function(function: str) -> list[Route]:
    """The routes that the function with this logical id serves."""
    return [one for name, one in declared.of_doors() if name == function]


def _every_route() -> list[tuple[str, str, str]]:
    folders = declared.folders()
    return sorted((one.method, one.path, folders[function]) for function, one in declared.of_doors())
