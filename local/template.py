"""template.yaml as plain values: the one loader of CloudFormation's YAML."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from local.stack import ROOT

_FOR_TABLES: Final = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags: `!Ref Table` becomes `{"Ref": "Table"}`."""


def _tagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    raise yaml.constructor.ConstructorError(None, None, f"cannot read !{tag}", node.start_mark)


_Loader.add_multi_constructor("!", _tagged)


def load(path: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """The whole template, parsed again only when the file has changed; callers must not change it."""
    return _parsed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _parsed(path: Path, _changed_at: int) -> dict[str, Any]:
    template: dict[str, Any] = _Loader(path.read_text()).get_single_data()
    return template


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type that the template itself has, by logical id."""
    return {name: resource for name, resource in load()["Resources"].items() if resource.get("Type") == kind}


def properties(logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = load()["Resources"][logical_id]["Properties"]
    return found


def create_table(name: str) -> dict[str, Any]:
    """The arguments of CreateTable for the one table."""
    (table,) = resources("AWS::DynamoDB::Table").values()
    return {"TableName": name} | {part: table["Properties"][part] for part in _FOR_TABLES}
