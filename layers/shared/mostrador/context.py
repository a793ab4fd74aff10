"""On whose behalf this process works: the tenant in hand, and who acts. The doors say so, and nobody else.

``table`` reads it: the guard lets no request out whose keys are not the tenant's, each change is recorded with its
actor, and under IAM isolation the credentials are the tenant's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the pool's id of a user, ``key:<id>``, ``public`` or ``system``; the address as API Gateway saw it."""

    user: str
    role: str
    name: str = ""
    address: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """What is being done: for which tenant (None: for none yet) and by whom."""

    tenant: str | None
    actor: Actor


SYSTEM: Final = Actor("system", "system", "system")
NOBODY: Final = Work(None, SYSTEM)
_current: Final[ContextVar[Work]] = ContextVar("work", default=NOBODY)


def current() -> Work:
    return _current.get()


def enter(tenant: str | None, actor: Actor | None = None) -> None:
    """Take ``tenant`` in hand until the enclosing ``working`` ends; the actor stays unless another is given."""
    _current.set(Work(tenant, actor or _current.get().actor))


@contextmanager
def working(tenant: str | None = None, actor: Actor | None = None) -> Iterator[None]:
    """Work for ``tenant`` inside the block, and again for whom it was before it at the end."""
    token = _current.set(replace(_current.get(), tenant=tenant) if actor is None else Work(tenant, actor))
    try:
        yield
    finally:
        _current.reset(token)
