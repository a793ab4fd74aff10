"""template.yaml as the tests read it, so that what is tested is what is deployed."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_FOR_POOLS = ("UsernameAttributes", "UsernameConfiguration", "AutoVerifiedAttributes", "AdminCreateUserConfig")
_FOR_TABLES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms (!Ref x) as their long ones."""


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def read() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return loaded


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Resources of one type, by logical id."""
    return {name: one for name, one in read()["Resources"].items() if one["Type"] == kind}


def table(name: str) -> dict[str, Any]:
    """The arguments of CreateTable for the one table."""
    (found,) = resources("AWS::DynamoDB::Table").values()
    return {"TableName": name} | {part: found["Properties"][part] for part in _FOR_TABLES}


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
