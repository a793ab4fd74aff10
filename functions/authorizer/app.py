"""Door: who calls, and which tenants they may enter."""

import json
from typing import Any

from mostrador import members, tokens
from mostrador.errors import Forbidden
from mostrador.observability import logger

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The answer of a TOKEN authorizer; API Gateway turns the exception "Unauthorized" into a 401."""
    scheme, _, token = event.get("authorizationToken", "").partition(" ")
    try:
        user = tokens.user(token if scheme.lower() == "bearer" else "")
    except Forbidden as error:
        logger.info("token refused", reason=str(error))
        raise Exception("Unauthorized") from error  # noqa: TRY002 - the only message API Gateway knows
    memberships = members.of_user(user.id)
    return {
        "principalId": user.id,
        "policyDocument": _policy(event["methodArn"], [member.slug for member in memberships], user.is_superuser),
        "context": {
            "user": user.id,
            "email": next((member.email for member in memberships), user.name),
            "superuser": "true" if user.is_superuser else "false",
            "roles": json.dumps({member.slug: member.role for member in memberships}),
        },
    }


def _policy(method_arn: str, slugs: list[str], is_superuser: bool) -> dict[str, Any]:
    """Leave to call every method under the paths of exactly these tenants; everything for a superuser."""
    stage_arn = "/".join(method_arn.split("/")[:2])
    # Each method is named: a leading * would match slashes too, and so a path that only ends in a tenant of theirs.
    own = [f"{method}/tenant/{slug}/api/*" for slug in slugs for method in METHODS]
    paths = ["*"] if is_superuser else own
    allowed = [f"{stage_arn}/{path}" for path in paths]
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": allowed}
    nothing = {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": [f"{stage_arn}/*"]}
    return {"Version": "2012-10-17", "Statement": [statement if allowed else nothing]}
