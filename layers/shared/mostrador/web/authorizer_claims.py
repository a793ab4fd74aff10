"""The caller as the authorizer describes them to the handlers, in the request's context."""

import json
from typing import TypedDict

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from mostrador.people.rules.permissions import Role


class Claims(TypedDict, total=False):
    """``user`` is the pool's id or ``key:<id>``; ``superuser`` is "true" or "false"; ``roles`` is JSON, slug -> role.

    ``needs_mfa`` is "true" or left out. API Gateway passes only text.
    """

    user: str
    email: str
    superuser: str
    roles: str
    needs_mfa: str


def of(event: APIGatewayProxyEvent) -> Claims:
    """The claims in a request's event; empty on routes without an authorizer."""
    claims: Claims | None = event.request_context.get("authorizer")
    return claims or {}


def is_superuser(event: APIGatewayProxyEvent) -> bool:
    """Whether the caller is in the pool's group of superusers."""
    return of(event).get("superuser") == "true"


def needs_mfa(event: APIGatewayProxyEvent) -> bool:
    """Whether the caller is a superuser only once they have a second factor."""
    return of(event).get("needs_mfa") == "true"


def role_in(event: APIGatewayProxyEvent, tenant: str | None) -> Role | None:
    """The role that the authorizer says the caller has in ``tenant``."""
    if is_superuser(event):
        return Role.SUPERUSER
    role = json.loads(of(event).get("roles") or "{}").get(tenant)
    return Role(role) if role else None
