"""Connections to other systems in requests and answers. Secrets are only in requests."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from mostrador.fields import Request, Url, View, local
from mostrador.tenancy.rules.integration_states import IntegrationState, IntegrationType
from mostrador.values import shown

if TYPE_CHECKING:
    from mostrador.table.items.tenants import Integration

PUBLIC_KEY: Final = r"^[A-Za-z0-9]{16,64}$"
_PublicKey = Annotated[str, StringConstraints(pattern=PUBLIC_KEY)]
_PrivateKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{16,128}$")]


# Bancard takes 255 characters; the payment's id and token are added to it.
_ReturnUrl = Annotated[Url, StringConstraints(max_length=150)]


class BancardForm(Request):
    """The tenant's own account at Bancard, by the keys of its portal."""

    public_key: _PublicKey = Field(title="Clave pública")
    private_key: _PrivateKey | None = Field(
        None, title="Clave privada", description="Never shown again; left out, the present one stays."
    )
    return_url: _ReturnUrl = Field(
        title="Página a la que vuelve quien paga", description="Gets `payment` and `token` added to its query."
    )


class IntegrationView(View):
    kind: IntegrationType = Field(title="Sistema")
    resource_id: shown.Id | None = Field(title="Profesional o recurso")
    status: IntegrationState = Field(title="Estado")
    reason: str | None = Field(title="Motivo")
    changed_by: str = Field(title="Modificado por")
    created_at: datetime = Field(title="Creado")
    updated_at: datetime | None = Field(title="Modificado")
    version: int = Field(title="Versión")


class IntegrationPage(View):
    items: list[IntegrationView] = Field(title="Elementos")
    next: shown.Next


class BancardView(IntegrationView):
    public_key: Annotated[str, shown.text(pattern=PUBLIC_KEY)] = Field(title="Clave pública")
    return_url: shown.Url = Field(title="Página a la que vuelve quien paga")
    webhook_path: shown.Path = Field(
        title="Dirección de confirmación", description="For Bancard's portal, below the API's."
    )
    has_private_key: bool = Field(title="Tiene clave privada")
    previous_key_until: datetime | None = Field(title="La clave anterior vale hasta")

    @classmethod
    def computed_fields(cls, item: "Integration") -> dict[str, object]:
        return {
            "public_key": item.settings["public_key"],
            "return_url": item.settings["return_url"],
            "webhook_path": f"/tenant/{item.pk.split('#')[1]}/api/payments/bancard/webhook",
            "has_private_key": bool(item.sealed),
            "previous_key_until": local(item.previous_until, ZoneInfo("UTC")),
        }
