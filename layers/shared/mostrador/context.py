"""The work in hand: its tenant, its actor, and the caller's copy of an item. Only the doors set them.

``table`` reads them. The guard refuses every request with a key outside the tenant, each change is recorded with its
actor, and under IAM isolation the credentials are the tenant's own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Actor:
    """``user`` is the pool's id, ``key:<id>``, ``public`` or ``system``; ``address`` is the one API Gateway saw."""

    user: str
    role: str
    name: str = ""
    address: str = ""
    request_id: str = ""


Comparison = Callable[[object], None]
"""Raises an error where the read-only fields of a request are not those of an item (None: there is none)."""


@dataclass(frozen=True, slots=True)
class Work:
    """The tenant (None: none yet) and the actor of the work; ``compare`` where the request has read-only fields."""

    tenant: str | None
    actor: Actor
    compare: Comparison | None = None


SYSTEM: Final = Actor("system", "system", "system")
PUBLIC: Final = "public"
"""The user, the name and the role of somebody without an account."""
NOBODY: Final = Work(None, SYSTEM)
_current: Final[ContextVar[Work]] = ContextVar("work", default=NOBODY)


def current() -> Work:
    return _current.get()


def is_public() -> bool:
    """Whether somebody without an account acts."""
    return current().actor.user == PUBLIC


def enter(tenant: str | None, actor: Actor | None = None) -> None:
    """Take ``tenant`` in hand until the enclosing ``working`` ends; the actor stays unless another is given."""
    work = _current.get()
    _current.set(replace(work, tenant=tenant, actor=actor or work.actor))


def carry(compare: Comparison) -> None:
    """Have the item that is about to be changed compared with the caller's copy, by ``compare_copy``."""
    _current.set(replace(_current.get(), compare=compare))


def compare_copy(item: object) -> None:
    """Raise what the comparison raises, if the caller sent a copy."""
    if compare := _current.get().compare:
        compare(item)


@contextmanager
def working(tenant: str | None = None, actor: Actor | None = None) -> Iterator[None]:
    """Work for ``tenant`` inside the block; at its end the former tenant and actor are back."""
    token = _current.set(replace(_current.get(), tenant=tenant) if actor is None else Work(tenant, actor))
    try:
        yield
    finally:
        _current.reset(token)
