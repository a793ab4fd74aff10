"""template.yaml as the tests read it, so that what is tested is what is deployed."""

from typing import Any

from local.stack import ROOT
from local.template import create_table, load, resources

__all__ = ["ROOT", "create_table", "load", "machine_routes", "old_routes", "resources", "routes", "user_pool"]
_FOR_POOLS = ("UsernameAttributes", "UsernameConfiguration", "AutoVerifiedAttributes", "AdminCreateUserConfig")


def user_pool(name: str) -> dict[str, Any]:
    """The arguments of CreateUserPool for the one pool of users."""
    (found,) = resources("AWS::Cognito::UserPool").values()
    return {"PoolName": name} | {part: found["Properties"][part] for part in _FOR_POOLS}


MACHINES = ("payments_webhook",)
"""Functions that answer another system in its own words, without a resolver, roles or problems."""


def routes() -> list[tuple[str, str, str]]:
    """Every route of the API but the old ones and those of MACHINES: method, path, and the folder of its function."""
    return [route for route in _every_route() if not route[1].startswith("/api/") and route[2] not in MACHINES]


def machine_routes() -> list[tuple[str, str, str]]:
    """The routes that only another system calls."""
    return [route for route in _every_route() if route[2] in MACHINES]


def old_routes() -> list[tuple[str, str, str]]:
    """The routes that name no tenant: those of the ``default`` one."""
    return [route for route in _every_route() if route[1].startswith("/api/")]


def _every_route() -> list[tuple[str, str, str]]:
    return sorted(
        (
            event["Properties"]["Method"].upper(),
            event["Properties"]["Path"],
            one["Properties"]["CodeUri"].split("/")[-1],
        )
        for one in resources("AWS::Serverless::Function").values()
        for event in one["Properties"].get("Events", {}).values()
        if event["Type"] == "Api" and event["Properties"]["RestApiId"] == {"Ref": "Api"}
    )
