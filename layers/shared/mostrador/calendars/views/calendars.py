"""Requests and answers of connections to Google Calendar, and of the differences between calendar and appointments."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mostrador.calendars.rules.event_plan import PLACEHOLDERS, Choices, DifferenceKind, OnChange
from mostrador.calendars.rules.google_event import EventField
from mostrador.fields import Email, Flag, Id, Query, Request, ShortText, View
from mostrador.tenancy.rules.integration_states import IntegrationState
from mostrador.tenancy.views.integrations import IntegrationView
from mostrador.values import shown

_DEFAULT = Choices()
_CalendarId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,254}$")]
_Pem = Annotated[str, StringConstraints(pattern=r"^-----BEGIN [A-Z ]*PRIVATE KEY-----", max_length=2600)]
_KeyId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
_Code = Annotated[str, StringConstraints(max_length=2000)]
_Answer = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{0,2000}$")]


class OfResource(Query):
    resource: Id | None = Field(None, title="Profesional o recurso", description="Left out: of the whole business.")


class Disconnection(OfResource):
    events: Literal["leave", "remove"] = Field("leave", title="Qué pasa con los turnos que ya están en el calendario")


class ServiceAccountForm(Request):
    """A Google account without a person, with which the calendar is shared; the fields of its JSON key."""

    client_email: Email = Field(title="Cuenta de servicio")
    private_key: _Pem = Field(title="Clave privada")
    private_key_id: _KeyId = Field(title="Identificador de la clave")
    subject: Email | None = Field(None, title="En nombre de", description="With domain-wide delegation.")


class CalendarForm(Request):
    """The options of a calendar. Credentials come by a consent, or with a service account's key."""

    calendar_id: _CalendarId = Field("primary", title="Calendario")
    summary: ShortText = Field(
        _DEFAULT.summary,
        title="Título de los eventos",
        description="{service}, {customer}, {resource} are filled in.",
    )
    show_pending: Flag = Field(True, title="Mostrar turnos pendientes", description="As tentative events.")
    private: Flag = Field(False, title="Sin datos del cliente", description="Neither name nor phone nor notes.")
    attendees: Flag = Field(False, title="Invitar al cliente", description="By e-mail, where it is confirmed.")
    two_way: Flag = Field(True, title="Los demás eventos bloquean horarios")
    on_change: OnChange = Field(
        OnChange.PUT_BACK, title="Si se mueve o borra un evento en Google", description="PUT_BACK or FOLLOW."
    )
    service_account: ServiceAccountForm | None = Field(None, title="Cuenta de servicio")

    @model_validator(mode="after")
    def _known_placeholders(self) -> Self:
        rest = self.summary
        for name in PLACEHOLDERS:
            rest = rest.replace(f"{{{name}}}", "")
        if "{" in rest or "}" in rest:
            raise PydanticCustomError(
                "placeholder", "only {names} can be filled in", {"names": ", ".join(PLACEHOLDERS)}
            )
        return self


class Returned(Query):
    """The query with which Google returns after a consent. Other parameters are ignored (``model_config``)."""

    model_config = Request.model_config | {"extra": "ignore"}
    state: _Code = Field("", title="Estado")
    code: _Code = Field("", title="Código")
    error: _Code = Field("", title="Error")
    scope: _Code = Field("", title="Permisos")
    authuser: _Code = Field("", title="Cuenta")
    prompt: _Code = Field("", title="Pregunta")
    hd: _Code = Field("", title="Dominio")
    iss: _Code = Field("", title="Emisor")


class GrantForm(Request):
    """Google's answer to a consent: its query, as Google sent the person back with it."""

    state: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,2000}$")] = Field(title="Estado")
    code: _Answer = Field("", title="Código")
    error: _Answer = Field("", title="Error", description="In place of a code, where the person refused.")


class ConsentView(View):
    url: shown.Url = Field(title="Dirección en la que se da el permiso")


class CalendarView(IntegrationView):
    volatile = frozenset({"parked_events", "parked_reason"})
    calendar_id: str = Field(title="Calendario")
    summary: str = Field(title="Título de los eventos")
    show_pending: bool = Field(title="Mostrar turnos pendientes")
    private: bool = Field(title="Sin datos del cliente")
    attendees: bool = Field(title="Invitar al cliente")
    two_way: bool = Field(title="Los demás eventos bloquean horarios")
    on_change: OnChange = Field(title="Si se mueve o borra un evento en Google")
    has_credentials: bool = Field(title="Tiene permiso de Google")
    can_invite: bool = Field(
        title="Puede invitar", description="False: Google lets no service account invite that acts for nobody."
    )
    parked_events: int = Field(title="Eventos que Google rechaza")
    parked_reason: str | None = Field(title="Motivo de un rechazo")

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, Any]:
        choices = Choices.of(item.settings)
        shown = {name: getattr(choices, name) for name in Choices.__dataclass_fields__}
        return shown | {"has_credentials": bool(item.sealed)}


class CalendarDifferenceView(View):
    kind: DifferenceKind = Field(title="Diferencia")
    appointment_id: shown.Id | None = Field(title="Turno")
    event_id: str | None = Field(title="Evento en Google Calendar")
    fields: list[EventField] = Field(title="Campos que difieren")
    reason: str | None = Field(title="Motivo")


class DriftView(View):
    resource_id: shown.Id | None = Field(title="Profesional o recurso")
    calendar_id: str = Field(title="Calendario")
    status: IntegrationState = Field(title="Estado")
    reason: str | None = Field(title="Motivo")
    read_at: datetime | None = Field(title="Leído por última vez")
    proved_at: datetime | None = Field(title="Comprobado por última vez")
    deletions_kept_until: datetime | None = Field(title="Lo que se borra en Google se repone hasta")
    is_whole: bool = Field(title="Se comprobó por completo")
    counts: dict[DifferenceKind, int] = Field(title="Diferencias por tipo")
    differences: list[CalendarDifferenceView] = Field(title="Diferencias", description="The first 100.")


class DriftPage(View):
    items: list[DriftView] = Field(title="Elementos")
    next: shown.Next
