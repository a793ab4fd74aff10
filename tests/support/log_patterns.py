"""CloudWatch's filter patterns for JSON lines, as far as template.yaml uses them.

A pattern is ``{ $.name = value && ... || ... }`` with brackets; ``&&`` binds closer than ``||``. A value is a number, a
word, or a text in quotes; ``*`` in it stands for any letters. A comparison with a missing field does not hold, ``!=``
included.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from tests.support import template

TOKEN = re.compile(r'\s*(\$[.\w]+|"(?:[^"\\]|\\.)*"|&&|\|\||!=|<=|>=|[=<>()]|[^\s()=<>!&|"]+)')
MISSING = object()


def of(name: str) -> str:
    """The pattern of a metric filter of template.yaml."""
    pattern: str = template.resources("AWS::Logs::MetricFilter")[name]["Properties"]["FilterPattern"]
    return pattern


def passes(pattern: str, line: str) -> bool:
    """Whether a line of the log counts; a line that is not JSON never does. Raises ValueError for a bad pattern."""
    tokens = _tokens(pattern)
    try:
        told = json.loads(line)
    except ValueError:
        told = MISSING
    holds = _either(tokens, told)
    if tokens:
        raise ValueError(f"{tokens} is left of {pattern}")
    return holds


def _tokens(pattern: str) -> list[str]:
    inside = re.fullmatch(r"\s*\{(.*)\}\s*", pattern, re.DOTALL)
    if not inside:
        raise ValueError(pattern)
    text = inside[1].strip()
    found = TOKEN.findall(text)
    if re.sub(r"\s", "", "".join(found)) != re.sub(r"\s", "", text):
        raise ValueError(pattern)
    return found


def _either(tokens: list[str], told: Any) -> bool:
    holds = _both(tokens, told)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        holds = _both(tokens, told) or holds
    return holds


def _both(tokens: list[str], told: Any) -> bool:
    holds = _one(tokens, told)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        holds = _one(tokens, told) and holds
    return holds


def _one(tokens: list[str], told: Any) -> bool:
    if tokens[:1] == ["("]:
        tokens.pop(0)
        holds = _either(tokens, told)
        if tokens.pop(0) != ")":
            raise ValueError("a bracket is open")
        return holds
    selector, operator, wanted = tokens.pop(0), tokens.pop(0), tokens.pop(0)
    value = told
    for name in selector.removeprefix("$.").split("."):
        value = value.get(name, MISSING) if isinstance(value, dict) else MISSING
    return _compared(value, operator, wanted)


def _compared(value: Any, operator: str, wanted: str) -> bool:
    if value is MISSING:
        return False
    if operator in ("=", "!="):
        return _is(value, wanted) is (operator == "=")
    if not isinstance(value, int | float):
        return False
    return {"<": value < float(wanted), ">": value > float(wanted), "<=": value <= float(wanted)}.get(
        operator, value >= float(wanted)
    )


def _is(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted.lower() == str(value).lower()
    if isinstance(value, int | float):
        return wanted == "*" or float(wanted) == value
    if not isinstance(value, str):
        return False
    text: str = json.loads(wanted) if wanted.startswith('"') else wanted
    return fnmatchcase(value, text.replace("[", "[[]").replace("?", "[?]"))


LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_AS_LAMBDA = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_kept(line: str, level: str) -> bool:
    """Whether Lambda hands a line on to CloudWatch under this ApplicationLogLevel.

    A line without a level, or whose timestamp is not RFC 3339, counts as INFO.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    told = json.loads(line)
    own = _AS_LAMBDA.get(told.get("level"), told.get("level"))
    if own not in LEVELS or not _RFC_3339.fullmatch(str(told.get("timestamp", ""))):
        own = "INFO"
    return LEVELS.index(own) >= LEVELS.index(level)
