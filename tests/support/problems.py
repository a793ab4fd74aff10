"""The shape that each problem must have which any test receives."""

from typing import Any

from mostrador.web.problem_views import Problem
from mostrador.web.routes import PROBLEM


def check(media_type: str | None, text: str) -> None:
    """Raise ValidationError where ``text`` is sent as a problem and is none."""
    if media_type == PROBLEM:
        Problem.model_validate_json(text, strict=True)


def fault(answer: Any) -> Any:
    """The one entry of ``errors`` in an answer's JSON."""
    (only,) = answer["errors"]
    return only
