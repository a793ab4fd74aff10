"""Conditions and rules of template.yaml for given parameters, as CloudFormation evaluates them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from typing import Any

from tests.support import template


def holds(condition: str, **parameters: str) -> bool:
    """Whether the condition of this name holds; parameters that are not given have their defaults."""
    return _true(template.load()["Conditions"][condition], _with_defaults(parameters))


def refusals(**parameters: str) -> list[str]:
    """The descriptions of the assertions that fail, so that nothing is deployed."""
    given = _with_defaults(parameters)
    asserted = [
        assertion
        for rule in template.load()["Rules"].values()
        if _true(rule["RuleCondition"], given)
        for assertion in rule["Assertions"]
    ]
    return [one["AssertDescription"] for one in asserted if not _true(one["Assert"], given)]


def _with_defaults(parameters: dict[str, str]) -> dict[str, str]:
    declared = template.load()["Parameters"]
    assert parameters.keys() <= declared.keys()
    return {name: str(one["Default"]) for name, one in declared.items() if "Default" in one} | parameters


def _true(expression: Any, given: dict[str, str]) -> bool:
    ((function, operands),) = expression.items()
    if function == "Condition":
        return _true(template.load()["Conditions"][operands], given)
    if function in ("Fn::And", "Fn::Or", "Fn::Not"):
        parts = [_true(one, given) for one in operands]
        return {"Fn::And": all(parts), "Fn::Or": any(parts), "Fn::Not": not parts[0]}[function]
    left, right = (_value(one, given) for one in operands)
    if function == "Fn::Equals":
        return bool(left == right)
    assert function == "Fn::Contains", function
    return right in left


def _value(operand: Any, given: dict[str, str]) -> Any:
    return given[operand["Ref"]] if isinstance(operand, dict) else operand
