"""API keys in requests and answers."""

from datetime import datetime

from pydantic import Field

from mostrador.fields import Request, ShortText, View, Whole
from mostrador.people.views.members import MemberRole


class NewKey(Request):
    name: ShortText = Field(title="Nombre", description="For whom or what: it stands in the audit log.")
    role: MemberRole = Field(title="Rol")
    expires_in_days: Whole = Field(90, ge=1, le=365, title="Días de validez")


class KeyView(View):
    id: str = Field(title="Identificador")
    name: str = Field(title="Nombre")
    role: str = Field(title="Rol")
    is_active: bool = Field(title="Activa")
    valid_until: datetime = Field(title="Válida hasta")
    last_used_at: datetime | None = Field(title="Último uso", description="To five minutes.")
    created_by: str = Field(title="Creada por")
    created_at: datetime = Field(title="Creada")


class MadeKeyView(KeyView):
    key: str = Field(title="Clave", description="Shown this once: whoever has it acts with its role.")


class KeyPage(View):
    items: list[KeyView]
    next: str | None
