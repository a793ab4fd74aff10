"""Who sends a request: mostly somebody who may, sometimes somebody who may not."""

import random
from typing import Any

from tests.fuzz.world import World
from tests.journeys.visitors import Visitor

OFTEN = 0.88
"""The share of requests that somebody sends who may."""
_ABOVE = {"viewer": 1, "staff": 2, "admin": 3}


def chosen(world: World, raw: dict[str, Any], slug: str, dice: random.Random) -> Visitor:
    """A caller of the operation that ``raw`` describes."""
    allowed = _allowed(world, raw, slug)
    others = [Visitor(world.http), Visitor(world.http, "not.a.token"), world.main.viewer, world.person]
    return dice.choice(allowed if dice.random() < OFTEN else others)


def surely(world: World, raw: dict[str, Any], slug: str) -> Visitor:
    """A caller who may."""
    return _allowed(world, raw, slug)[0]


def _allowed(world: World, raw: dict[str, Any], slug: str) -> list[Visitor]:
    access = raw["x-access"]
    if access in ("public", "machine"):
        return [Visitor(world.http)]
    if access == "signed in":
        return [world.person]
    if access == "operator" or slug != world.main.slug:
        return [world.superuser]
    staff = {"admin": world.main.admin, "staff": world.main.staff, "viewer": world.main.viewer}
    members = [staff[role] for role in ("admin", "staff", "viewer") if _ABOVE[role] >= _ABOVE[raw["x-role"]]]
    keys = [] if raw.get("security") else [Visitor(world.http, world.key)]
    return [*members, *keys, world.superuser]
