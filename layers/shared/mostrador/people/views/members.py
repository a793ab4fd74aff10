"""Members and invitations in requests and answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from mostrador.fields import Email, Request, View, partial
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.rules.permissions import Action, MemberRole
from mostrador.values import shown


class NewMember(Request):
    email: Email = Field(title="Correo electrónico")
    role: MemberRole = Field(title="Rol")


@partial
class MemberChanges(Request):
    """PATCH."""

    entity = "member"
    role: MemberRole = Field(title="Rol")


class MemberView(View):
    entity = "member"
    user: shown.User = Field(title="Identificador")
    email: shown.Email = Field(title="Correo electrónico")
    role: MemberRole = Field(title="Rol")
    status: MemberStatus = Field(title="Estado")
    invited_by: str | None = Field(title="Invitado por")
    invitation_expires_at: datetime | None = Field(title="La invitación vence")
    created_at: datetime = Field(title="Creado")
    updated_at: datetime | None = Field(title="Modificado")
    version: int = Field(title="Versión")


class MemberPage(View):
    items: list[MemberView] = Field(title="Elementos")
    next: shown.Next


class MembershipView(View):
    """The role of a person in one tenant, and its part of the table of permissions."""

    slug: shown.Slug = Field(title="Identificador del negocio")
    name: str = Field(title="Nombre del negocio")
    role: MemberRole = Field(title="Rol")
    may: list[Action] = Field(title="Acciones permitidas")
    writes: dict[str, list[str]] = Field(title="Campos que puede escribir")
    hidden: dict[str, list[str]] = Field(title="Campos que no ve")


class InvitationView(View):
    slug: shown.Slug = Field(title="Identificador del negocio")
    name: str = Field(title="Nombre del negocio")
    role: MemberRole = Field(title="Rol")
    status: MemberStatus = Field(title="Estado")
    invited_by: str | None = Field(title="Invitado por")
    expires_at: datetime | None = Field(title="Vence")


class MeView(View):
    user: shown.User = Field(title="Identificador")
    email: Annotated[str, shown.text(minLength=1, maxLength=254)] = Field(
        title="Correo electrónico", description="The user's id, where no business knows the address."
    )
    is_superuser: bool = Field(title="Superusuario")
    needs_mfa: bool = Field(
        title="Falta el segundo factor", description="A superuser, once they sign in with a second factor."
    )
    memberships: list[MembershipView] = Field(title="Negocios")
    invitations: list[InvitationView] = Field(title="Invitaciones")
