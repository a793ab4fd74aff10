"""A route's request and answer, as the signature of its handler says them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel

from mostrador.web.routes import Route

Model = type[BaseModel]


@dataclass(slots=True)
class Handled:
    """``variables`` are those of the path and ``headers`` those of the request, each with its annotation.

    ``answer`` is None where there is no body, ``str`` for text.
    """

    variables: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    needed_headers: set[str] = field(default_factory=set)
    query: Model | None = None
    form: Model | None = None
    needs_form: bool = False
    answer: Any = None


def of_route(route: Route) -> Handled:
    """What the handler of ``route`` takes and gives."""
    if route.function is None:
        return Handled(form=_named(route.form), needs_form=False, answer=_named(route.answer))
    hints = get_type_hints(route.function, include_extras=True)
    answer = _answer(hints.pop("return"))
    handled = Handled(answer=_named(route.answer) or answer)
    for name, hint in hints.items():
        _take(handled, name, hint)
    return handled


def _take(handled: Handled, name: str, hint: Any) -> None:
    mark = _mark(hint)
    if isinstance(mark, Header):
        header = (mark.alias or name).title()
        handled.headers[header] = hint
        handled.needed_headers |= set() if _is_union(hint.__origin__) else {header}
    elif isinstance(mark, Query):
        handled.query = get_args(hint)[0]
    elif isinstance(mark, Path) or hint is str:
        handled.variables[name] = hint
    else:
        handled.form, handled.needs_form = _without_none(hint), not _is_union(hint)


def _mark(hint: Any) -> object:
    """Powertools' mark on a parameter: where in the request it is; None on a body."""
    marks = hint.__metadata__ if get_origin(hint) is Annotated else ()
    return next((mark for mark in marks if isinstance(mark, Header | Query | Path)), None)


def _without_none(hint: Any) -> Any:
    return next(member for member in get_args(hint) if member is not NoneType) if _is_union(hint) else hint


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _answer(hint: Any) -> Any:
    answer = get_args(hint)[0] if get_origin(hint) is Response else hint
    return None if answer is NoneType else answer


def _named(model: Callable[..., Any] | str | None) -> Any:
    """A model that a route names as ``module:Class``, because its function does without it at run time."""
    if not isinstance(model, str):
        return model
    module, _, name = model.partition(":")
    return getattr(import_module(module), name) if module else None
