"""The policies of template.yaml, and a judge of them that knows as much of IAM as they use, and fails at more."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support import template

ACCOUNT = "123456789012"
STACK = "mostrador-test"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{STACK}-Table-1"
LEADING = "dynamodb:LeadingKeys"
_SUBSTITUTES = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT, "AWS::StackName": STACK, "Table.Arn": TABLE}

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """An action on a resource, and the condition keys that come with it."""

    action: str
    resource: str = TABLE
    context: Mapping[str, list[str]] = field(default_factory=dict)


def role_arn(logical_id: str) -> str:
    """The role as CloudFormation names it."""
    return f"arn:aws:iam::{ACCOUNT}:role/{STACK}-{logical_id}-A1B2C3D4E5F6"


def of_function(logical_id: str, isolation: str = "on") -> list[Policy]:
    """What the template allows a function's own role."""
    return _plain(_resource(logical_id)["Policies"], isolation)


def of_data_role() -> list[Policy]:
    """What the template allows whoever has become the data role."""
    return _plain(_resource("DataRole")["ManagedPolicyArns"], "on")


def trust() -> Policy:
    """Who may become the data role."""
    found: Policy = _plain(_resource("DataRole")["AssumeRolePolicyDocument"], "on")
    return found


def allows(policies: Iterable[Policy], asked: Asked) -> bool:
    """Whether some statement allows and none denies."""
    effects = {one["Effect"] for policy in policies for one in _listed(policy["Statement"]) if _applies(one, asked)}
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], asked: Asked) -> bool:
    assert statement.keys() <= {"Effect", "Action", "Resource", "Condition", "Principal"}
    return (
        any(_is_like(asked.action, one) for one in _listed(statement["Action"]))
        and any(_is_like(asked.resource, one) for one in _listed(statement.get("Resource", "*")))
        and all(
            _holds(operator, key, _listed(wanted), asked.context)
            for operator, block in statement.get("Condition", {}).items()
            for key, wanted in block.items()
        )
    )


def _holds(operator: str, key: str, wanted: list[str], context: Mapping[str, list[str]]) -> bool:
    """One condition; a request that lacks the key meets ``ForAllValues``, which is why ``Null`` stands beside it."""
    found = context.get(key)
    if operator == "Null":
        return (found is None) == (wanted == ["true"])
    every, _, plain = operator.rpartition(":")
    assert plain in ("StringLike", "StringEquals", "ArnLike"), operator
    assert every in ("", "ForAllValues", "ForAnyValue"), operator
    if found is None:
        return every == "ForAllValues"
    matches = [any(_matches(plain, value, _filled(one, context)) for one in wanted) for value in found]
    return all(matches) if every == "ForAllValues" else any(matches)


def _matches(operator: str, value: str, wanted: str | None) -> bool:
    if wanted is None:
        return False
    return value == wanted if operator == "StringEquals" else _is_like(value, wanted)


def _filled(pattern: str, context: Mapping[str, list[str]]) -> str | None:
    """The pattern with its variables' values; None where one has none, for then nothing matches."""
    names = re.findall(r"\${([^}]+)}", pattern)
    if any(name not in context for name in names):
        return None
    return re.sub(r"\${([^}]+)}", lambda found: context[found[1]][0], pattern)


def _is_like(value: str, pattern: str) -> bool:
    parts = (".*" if letter == "*" else "." if letter == "?" else re.escape(letter) for letter in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _listed(one: Any) -> list[Any]:
    return one if isinstance(one, list) else [one]


def _resource(logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = template.load()["Resources"][logical_id]["Properties"]
    return found


def _plain(node: Any, isolation: str) -> Any:
    """The template's values with its intrinsic functions carried out; a managed policy is its document."""
    if isinstance(node, list):
        return [_plain(one, isolation) for one in node]
    if not isinstance(node, dict):
        return node
    ((name, value),) = node.items() if len(node) == 1 else [("", node)]
    if name in ("Fn::If", "Fn::Sub", "Fn::GetAtt", "Ref"):
        return _carried_out(name, value, isolation)
    values = {key: _plain(one, isolation) for key, one in node.items()}
    return {key: one for key, one in values.items() if one is not None}


def _carried_out(function: str, value: Any, isolation: str) -> Any:
    if function == "Fn::If":
        assert value[0] == "IsIsolated"
        return _plain(value[1 if isolation == "on" else 2], isolation)
    if function == "Fn::Sub":
        return re.sub(r"\${([^}]+)}", lambda found: _SUBSTITUTES[found[1]], value)
    if function == "Fn::GetAtt":
        return _arn(value)
    return None if value == "AWS::NoValue" else _plain(_resource(value)["PolicyDocument"], isolation)


def _arn(attribute: str) -> str:
    if attribute in _SUBSTITUTES:
        return _SUBSTITUTES[attribute]
    logical_id = attribute.removesuffix(".Arn")
    return role_arn(logical_id) if logical_id.endswith("Role") else f"arn:aws:other:us-east-1:{ACCOUNT}:{logical_id}"
