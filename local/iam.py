"""What MiniStack's judge of IAM policies does not know, and is told before it starts (local/server.py).

MiniStack judges as before. It learns three things that AWS has (docs/decisions/isolation.md): the partition keys that
a request to DynamoDB names (``dynamodb:LeadingKeys``), variables in conditions, and that ``aws:PrincipalArn`` is the
role of who has assumed one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-untyped]

LEADING: Final = "dynamodb:LeadingKeys"
_ALONE: Final = "alone"
_VARIABLE: Final = re.compile(r"\${([^}]+)}")
_SESSION: Final = re.compile(r"arn:(.+):sts::(\d+):assumed-role/([^/]+)/.*")
_IN_TRANSACTIONS: Final[Mapping[str, str]] = iam_actions._DYNAMODB_TRANSACT_ITEM_ACTIONS


def teach() -> None:
    """Have this process's MiniStack know the three."""
    iam_actions.dynamodb_service_context = _with_keys(iam_actions.dynamodb_service_context)
    iam_evaluator.enforce = _of_action(iam_evaluator.enforce)
    iam_evaluator._conditions_met = _with_variables(iam_evaluator._conditions_met)
    iam_evaluator._resolve_condition_key = _with_roles(iam_evaluator._resolve_condition_key)


def leading_keys(request: Mapping[str, Any]) -> dict[str, list[str]]:
    """The partition keys that a request names, by the action that touches them, or ``alone``; none for a Scan."""
    found = defaultdict[str, list[str]](list)
    for entry in request.get("TransactItems", ()):
        for member, action in entry.items():
            found[_IN_TRANSACTIONS[member]].append(_partition(action))
    batches = [of_table for of_table in request.get("RequestItems", {}).values() if isinstance(of_table, dict)]
    found[_ALONE] += [_partition({"Key": key}) for of_table in batches for key in of_table["Keys"]]
    if "Item" in request or "Key" in request:
        found[_ALONE].append(_partition(request))
    if "KeyConditionExpression" in request:
        found[_ALONE] += _queried(request)
    return found


def _partition(action: Mapping[str, Any]) -> str:
    return str((action.get("Item") or action["Key"])["pk"]["S"])


def _queried(request: Mapping[str, Any]) -> list[str]:
    """The partition that MiniStack itself would read; an index has a partition key of its own."""
    from ministack.services import dynamodb  # type: ignore[import-untyped]  # noqa: PLC0415 - reads a server's settings

    index = request.get("IndexName")
    name = {None: "pk", "due": "due_pk"}.get(index, f"{index}pk")
    values, names = request.get("ExpressionAttributeValues", {}), request.get("ExpressionAttributeNames", {})
    asked = dynamodb._extract_pk_from_condition(request["KeyConditionExpression"], values, names, name)
    return [str(asked)] if asked else []


def _with_keys(context_of: Callable[[bytes], dict[str, Any]]) -> Callable[[bytes], dict[str, Any]]:
    def context(body: bytes) -> dict[str, Any]:
        return context_of(body) | {LEADING: leading_keys(json.loads(body or b"{}"))}

    return context


def _of_action(enforce: Callable[..., Any]) -> Callable[..., Any]:
    """Of a transaction, judge each action by the keys that this action touches."""

    def enforce_with_keys(access_key: str, action: str, *rest: Any, **more: Any) -> Any:
        context = dict(more.get("service_context") or {})
        if LEADING in context:
            keys = context.pop(LEADING)
            if own := keys.get(action) or keys.get(_ALONE):
                context[LEADING] = own
            more["service_context"] = context
        return enforce(access_key, action, *rest, **more)

    return enforce_with_keys


def _with_variables(are_met: Callable[..., bool]) -> Callable[..., bool]:
    """Conditions with their variables' values; where one has none, they are not met."""

    def are_met_with_values(conditions: Any, ctx: Any) -> bool:
        text = json.dumps(conditions)
        values = {name: iam_evaluator._resolve_condition_key(name, ctx) for name in _VARIABLE.findall(text)}
        if None in values.values():
            return False
        filled = _VARIABLE.sub(lambda found: json.dumps(str(values[found[1]]))[1:-1], text)
        return are_met(json.loads(filled), ctx)

    return are_met_with_values


def _with_roles(resolve: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def resolve_role(key: str, ctx: Any) -> Any:
        found = resolve(key, ctx)
        session = _SESSION.fullmatch(found) if key.lower() == "aws:principalarn" else None
        return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else found

    return resolve_role
