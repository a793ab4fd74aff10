"""template.yaml as plain values, for those who need one fact of it."""

from pathlib import Path
from typing import Any

import yaml

from local.stack import ROOT


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
    template: dict[str, Any] = _Loader(path.read_text()).get_single_data()
    return template


def properties(logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = load()["Resources"][logical_id]["Properties"]
    return found
