"""API keys in requests and answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from mostrador.fields import Request, ShortText, View, Whole
from mostrador.people.rules.permissions import MemberRole
from mostrador.values import shown


class NewKey(Request):
    name: ShortText = Field(title="Nombre", description="For whom or what: it stands in the audit log.")
    role: MemberRole = Field(title="Rol")
    expires_in_days: Whole = Field(90, ge=1, le=365, title="Días de validez")


class KeyView(View):
    id: shown.Id = Field(title="Identificador")
    name: str = Field(title="Nombre")
    role: MemberRole = Field(title="Rol")
    is_active: bool = Field(title="Activa")
    valid_until: datetime = Field(title="Válida hasta")
    last_used_at: datetime | None = Field(title="Último uso", description="To five minutes.")
    created_by: str = Field(title="Creada por")
    created_at: datetime = Field(title="Creada")


class MadeKeyView(KeyView):
    key: Annotated[str, shown.text(pattern=r"^mostrador_[a-z0-9-]{2,63}\.[0-9a-f]{32}\.[A-Za-z0-9_-]{43}$")] = Field(
        title="Clave", description="Shown this once: whoever has it acts with its role."
    )


class KeyPage(View):
    items: list[KeyView] = Field(title="Elementos")
    next: shown.Next
