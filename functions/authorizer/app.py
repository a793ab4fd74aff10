"""Door: the authorizer tells who calls, and which tenants they may enter."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from mostrador import clock, settings
from mostrador.errors import Forbidden
from mostrador.observability import log_failure, logger
from mostrador.people import api_keys, members, superusers
from mostrador.web import access_tokens

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OWN = [f"{method}/{path}" for method in ("GET", "POST", "DELETE") for path in ("me", "me/*")]
MOST_NAMED = 30
"""The policy names at most so many tenants. With more it allows all; the handlers check the role in any case."""


@dataclass(frozen=True, slots=True)
class Caller:
    """``user`` is the pool's id of a person, or ``key:<id>``; ``roles`` are slug -> role; see web.authorizer_claims."""

    user: str
    name: str
    roles: dict[str, str]
    is_superuser: bool = False
    is_person: bool = True
    needs_mfa: bool = False


def handler(event: dict[str, str], _context: object) -> dict[str, object]:
    """The answer of a TOKEN authorizer; API Gateway turns the exception "Unauthorized" into a 401."""
    scheme, _, token = event.get("authorizationToken", "").partition(" ")
    try:
        caller = _caller(token.strip() if scheme.lower() == "bearer" else "")
    except Forbidden as error:
        logger.info("token refused", reason=str(error))
        raise Exception("Unauthorized") from error  # noqa: TRY002 - the only message API Gateway knows
    except Exception as error:
        log_failure("authorizer failed", error)  # the alarm counts this line: an exception alone may be a 401
        raise
    stage_arn = "/".join(event["methodArn"].split("/")[:2])
    return {
        "principalId": caller.user,
        "policyDocument": {"Version": "2012-10-17", "Statement": list(_statements(stage_arn, caller))},
        "usageIdentifierKey": _usage_key(caller),
        "context": {
            "user": caller.user,
            "email": caller.name,
            "superuser": "true" if caller.is_superuser else "false",
            "roles": json.dumps(caller.roles, separators=(",", ":")),
            **({"needs_mfa": "true"} if caller.needs_mfa else {}),
        },
    }


def _caller(token: str) -> Caller:
    if token.startswith(api_keys.PREFIX):
        key = api_keys.authenticate(token, now=clock.now())
        return Caller(key.user, key.name, {key.tenant: key.role}, is_person=False)
    user = access_tokens.user(token)
    memberships = members.of_user(user.id)
    name = next((member.email for member in memberships), user.name.lower())
    roles = {member.slug: member.role for member in memberships}
    needs_mfa = user.is_superuser and superusers.lacks_second_factor(user.name)
    return Caller(user.id, name, roles, user.is_superuser and not needs_mfa, needs_mfa=needs_mfa)


def _statements(stage_arn: str, caller: Caller) -> Iterator[dict[str, object]]:
    """Allow every method under the paths of exactly the caller's tenants; everything for a superuser."""
    if caller.is_superuser:
        yield _statement("Allow", stage_arn, ["*"])
        return
    yield _statement("Allow", stage_arn, [*(OWN if caller.is_person else ()), *_paths(list(caller.roles))])
    # A * matches slashes too: the one for the method would allow any path that has a tenant of theirs further on.
    yield _statement("Deny", stage_arn, ["*/*/tenant/*/api/*"])


def _paths(slugs: list[str]) -> Iterator[str]:
    """The paths below these tenants; the old routes, which name none, belong to the ``default`` one."""
    if "default" in slugs:
        yield from (f"{method}/api/*" for method in METHODS)
    if len(slugs) > MOST_NAMED:
        yield from (f"{method}/tenant/*" for method in METHODS)
    else:
        yield from (f"*/tenant/{slug}/api/*" for slug in slugs)


def _statement(effect: str, stage_arn: str, paths: list[str]) -> dict[str, object]:
    return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": [f"{stage_arn}/{path}" for path in paths]}


def _usage_key(caller: Caller) -> str:
    """The gateway's key for counting requests: one of a pool, by the caller's one tenant, else by the caller."""
    owner = next(iter(caller.roles)) if len(caller.roles) == 1 else caller.user
    pool = settings.usage_keys()
    return pool[crc32(owner.encode()) % len(pool)]
