"""Who calls, and whether they may: from the authorizer's claims, and from the table for what admins alone do."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from mostrador import context, errors
from mostrador.people import members
from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Action, Role
from mostrador.web import authorizer_claims, middleware
from mostrador.web.routes import Access


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller as the authorizer said: ``tenant`` from the path, role in it, and a name for the records.

    ``role`` is None for somebody without an account. ``address`` is the IP address. With ``needs_mfa`` the person is a
    superuser only once they have a second factor.
    """

    tenant: str
    user: str
    name: str
    role: Role | None
    address: str
    needs_mfa: bool = False

    @property
    def is_member(self) -> bool:
        """Whether it is a person who belongs to the tenant, not an API key or a superuser."""
        return self.role not in (None, Role.SUPERUSER) and not self.user.startswith(members.KEY)

    @property
    def acting_role(self) -> str:
        """The role as text; empty for somebody without an account."""
        return self.role.value if self.role else ""


def admitted(app: APIGatewayRestResolver, access: Access | Action, tenant: str | None) -> Caller:
    """The caller, if they may do that; the tenant of the path is in hand from here on.

    Raises NotHere (no role there), NotAllowed, NotForKeys.
    """
    if isinstance(access, Action):
        return member(app, tenant or "", access)
    if access is Access.OPERATOR:
        return _operator(app, tenant)
    return _person(app) if access is Access.SIGNED_IN else _visitor(app, tenant)


def member(app: APIGatewayRestResolver, tenant: str, action: Action) -> Caller:
    """The caller, if they may do ``action`` in ``tenant``.

    For actions of admins the table says the role, because the authorizer's answer may be a minute old.
    """
    role = authorizer_claims.role_in(app.current_event, tenant)
    if role is None:
        raise errors.NotHere(entity="tenant", id=tenant)
    user, name = _user_and_name(app)
    permissions.check(role, action, is_key=user.startswith(members.KEY))
    actor = _enter(app, tenant, user, role.value, name)
    if role is Role.ADMIN and (action in permissions.CONFIRMED or middleware.takes_an_admin(app)):
        role = members.role_now(tenant, user)
        permissions.check(role, action)
        middleware.check_fields(app, role)
    app.append_context(role=role)  # type: ignore[no-untyped-call]
    return Caller(tenant, user, name, role, actor.address)


def _visitor(app: APIGatewayRestResolver, tenant: str | None) -> Caller:
    """Somebody without an account."""
    actor = _enter(app, tenant, context.PUBLIC, context.PUBLIC, context.PUBLIC)
    return Caller(tenant or "", context.PUBLIC, context.PUBLIC, None, actor.address)


def _person(app: APIGatewayRestResolver) -> Caller:
    """The signed-in person, whatever their tenants; no tenant is in hand. Raises NotForKeys."""
    user, name = _user_and_name(app)
    if user.startswith(members.KEY):
        raise permissions.NotForKeys(action="me")
    role = Role.SUPERUSER if authorizer_claims.is_superuser(app.current_event) else Role.VIEWER
    actor = _enter(app, None, user, role.value, name)
    return Caller("", user, name, role, actor.address, authorizer_claims.needs_mfa(app.current_event))


def _operator(app: APIGatewayRestResolver, tenant: str | None) -> Caller:
    """A superuser: routes outside tenants do not exist for others. Raises NotHere."""
    if not authorizer_claims.is_superuser(app.current_event):
        raise errors.NotHere(entity="path", id=app.current_event.path)
    user, name = _user_and_name(app)
    actor = _enter(app, tenant, user, Role.SUPERUSER.value, name)
    app.append_context(role=Role.SUPERUSER)  # type: ignore[no-untyped-call]
    return Caller(tenant or "", user, name, Role.SUPERUSER, actor.address)


def enter(app: APIGatewayRestResolver, caller: Caller, tenant: str) -> None:
    """Take ``tenant`` in hand, which the path does not name."""
    _enter(app, tenant, caller.user, caller.role.value if caller.role else context.PUBLIC, caller.name)


def _user_and_name(app: APIGatewayRestResolver) -> tuple[str, str]:
    """The caller's id, and the e-mail address or else the id as their name."""
    claims = authorizer_claims.of(app.current_event)
    user = claims.get("user", "")
    return user, claims.get("email") or user


def _enter(app: APIGatewayRestResolver, tenant: str | None, user: str, role: str, name: str) -> context.Actor:
    """Take ``tenant`` in hand for this actor.

    The address is the one that API Gateway saw; the caller's own X-Forwarded-For is ignored.
    """
    request = app.current_event.request_context
    identity: dict[str, str] = request.get("identity") or {}
    actor = context.Actor(user, role, name, identity.get("sourceIp") or "", request.get("requestId") or "")
    context.enter(tenant, actor)
    return actor
