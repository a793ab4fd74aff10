"""The form of Bancard's messages, for the document of the API alone: the door reads them as they come."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mostrador.values import shown


class NoticeOperation(BaseModel):
    """The result of one payment; ``token`` proves that Bancard made it."""

    model_config = ConfigDict(defer_build=True)
    token: Annotated[str, shown.text(maxLength=64)] = Field(title="Firma")
    shop_process_id: int | str = Field(title="Número de pedido")
    amount: Annotated[str, shown.text(pattern=r"^[0-9]{1,13}(\.[0-9]{1,2})?$")] = Field(title="Importe")
    currency: shown.Currency = Field(title="Moneda")
    response: Literal["S", "N"] = Field(title="Aprobado")
    response_code: Annotated[str, shown.text(pattern="^[0-9A-Za-z]{1,4}$")] = Field(title="Código de respuesta")
    response_description: str | None = Field(None, title="Respuesta")
    authorization_number: str | None = Field(None, title="Número de autorización")
    ticket_number: int | str | None = Field(None, title="Número de ticket")


class BancardNotice(BaseModel):
    """Left out of a ping."""

    model_config = ConfigDict(defer_build=True)
    operation: NoticeOperation | None = Field(None, title="Operación")


class NoticeAnswer(BaseModel):
    model_config = ConfigDict(defer_build=True)
    status: Literal["success", "error"] = Field(title="Estado")
