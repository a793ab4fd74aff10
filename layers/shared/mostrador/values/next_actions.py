"""The next step after a refusal, where it is known: a code for programs, a sentence for people.

A refusal's class names its step in ``next_action``. A visitor is told another step than the business's people where
only they could take the first.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from mostrador.values.wording import Words


class NextAction(StrEnum):
    """A step that a refusal may suggest."""

    ANNOUNCE_REDRAW = "announce_redraw"
    ASK_ADMIN = "ask_admin"
    ASK_FOR_CONSENT = "ask_for_consent"
    ASK_FOR_FEWER = "ask_for_fewer"
    ASK_FOR_INVITATION = "ask_for_invitation"
    ASK_FOR_LINK = "ask_for_link"
    ASK_OPERATOR = "ask_operator"
    CANCEL_INSTEAD = "cancel_instead"
    CANCEL_ONE_FIRST = "cancel_one_first"
    CHANGE_EXISTING = "change_existing"
    CHANGE_SERVICES = "change_services"
    CHOOSE_ANOTHER_DAY = "choose_another_day"
    CHOOSE_ANOTHER_NAME = "choose_another_name"
    CHOOSE_ANOTHER_SERVICE = "choose_another_service"
    CHOOSE_ANOTHER_TIME = "choose_another_time"
    CHOOSE_OTHER_NUMBERS = "choose_other_numbers"
    COMPLETE_RAFFLE = "complete_raffle"
    CONNECT_INTEGRATION = "connect_integration"
    CONTACT_BUSINESS = "contact_business"
    CORRECT_REQUEST = "correct_request"
    CREATE_RESOURCE = "create_resource"
    DEACTIVATE_INSTEAD = "deactivate_instead"
    HOLD_DRAW = "hold_draw"
    LEAVE_OUT = "leave_out"
    NAME_ANOTHER_ADMIN = "name_another_admin"
    PAY = "pay"
    PAY_AT_BUSINESS = "pay_at_business"
    READ_AGAIN = "read_again"
    REPORT = "report"
    REVOKE_AND_CREATE = "revoke_and_create"
    SIGN_IN = "sign_in"
    SKIP_CONFLICTS = "skip_conflicts"
    START_AGAIN = "start_again"
    TAKE_ALTERNATIVE = "take_alternative"
    TRY_AGAIN = "try_again"
    USE_ANOTHER_KEY = "use_another_key"
    USE_SERVICE_ACCOUNT = "use_service_account"
    WAIT_UNTIL = "wait_until"


TEXTS: Final[Mapping[NextAction, Words]] = {
    NextAction.ANNOUNCE_REDRAW: ("Anuncie un nuevo sorteo.", "Announce a redraw."),
    NextAction.ASK_ADMIN: ("Pídalo a un administrador del negocio.", "Ask an admin of the business."),
    NextAction.ASK_FOR_CONSENT: ("Vuelva a pedir el permiso de Google.", "Ask for Google's consent again."),
    NextAction.ASK_FOR_FEWER: ("Pida menos.", "Ask for fewer."),
    NextAction.ASK_FOR_INVITATION: ("Pida otra invitación.", "Ask for another invitation."),
    NextAction.ASK_FOR_LINK: ("Pida al negocio un enlace nuevo.", "Ask the business for a new link."),
    NextAction.ASK_OPERATOR: ("Pídalo a quien opera Mostrador.", "Ask the operator of Mostrador."),
    NextAction.CANCEL_INSTEAD: ("Cancele en lugar de borrar.", "Cancel instead of deleting."),
    NextAction.CANCEL_ONE_FIRST: ("Cancele antes uno de los que tiene.", "Cancel one of those first."),
    NextAction.CHANGE_EXISTING: ("Cambie lo que ya existe.", "Change that which exists already."),
    NextAction.CHANGE_SERVICES: ("Cambie antes esos servicios.", "Change these services first."),
    NextAction.CHOOSE_ANOTHER_DAY: ("Elija otro día.", "Choose another day."),
    NextAction.CHOOSE_ANOTHER_NAME: ("Elija otro nombre.", "Choose another name."),
    NextAction.CHOOSE_ANOTHER_SERVICE: ("Elija otro servicio.", "Choose another service."),
    NextAction.CHOOSE_ANOTHER_TIME: ("Elija otro horario.", "Choose another time."),
    NextAction.CHOOSE_OTHER_NUMBERS: ("Elija otros números.", "Choose other numbers."),
    NextAction.COMPLETE_RAFFLE: ("Complete la rifa antes de abrirla.", "Complete the raffle before you open it."),
    NextAction.CONNECT_INTEGRATION: ("Conecte la cuenta del negocio.", "Connect the account of the business."),
    NextAction.CONTACT_BUSINESS: ("Comuníquese con el negocio.", "Contact the business."),
    NextAction.CORRECT_REQUEST: ("Corrija lo señalado y envíelo de nuevo.", "Correct the faults and send it again."),
    NextAction.CREATE_RESOURCE: ("Cree antes un profesional o recurso.", "Create a resource first."),
    NextAction.DEACTIVATE_INSTEAD: ("Desactive en lugar de borrar.", "Deactivate instead of deleting."),
    NextAction.HOLD_DRAW: ("Realice el sorteo.", "Hold the draw."),
    NextAction.LEAVE_OUT: ("Envíe el cambio sin ese dato.", "Send the change without that field."),
    NextAction.NAME_ANOTHER_ADMIN: ("Nombre antes a otro administrador.", "Make somebody else an admin first."),
    NextAction.PAY: ("Pague lo pendiente.", "Pay the amount that is due."),
    NextAction.PAY_AT_BUSINESS: ("Pague directamente en el negocio.", "Pay at the business itself."),
    NextAction.READ_AGAIN: ("Lea el estado actual y decida de nuevo.", "Read the current state and decide again."),
    NextAction.REPORT: (
        "Intente más tarde; si vuelve a pasar, avise con el identificador de esta respuesta.",
        "Try again later; if it happens again, report the id of this answer.",
    ),
    NextAction.REVOKE_AND_CREATE: ("Revoque esa clave y cree otra.", "Revoke that key and create another."),
    NextAction.SIGN_IN: ("Inicie sesión.", "Sign in."),
    NextAction.SKIP_CONFLICTS: ("Agende solo las fechas libres.", "Book only the dates that are free."),
    NextAction.START_AGAIN: ("Empiece de nuevo.", "Start again."),
    NextAction.TAKE_ALTERNATIVE: ("Tome una de las alternativas.", "Take one of the alternatives."),
    NextAction.TRY_AGAIN: ("Intente de nuevo en {retry_after:duration}.", "Try again in {retry_after:duration}."),
    NextAction.USE_ANOTHER_KEY: ("Envíe otra clave de idempotencia.", "Send another Idempotency-Key."),
    NextAction.USE_SERVICE_ACCOUNT: ("Conecte con una cuenta de servicio.", "Connect with a service account."),
    NextAction.WAIT_UNTIL: ("Espere hasta ese momento.", "Wait until then."),
}
"""(Spanish, English) of each step; ``retry_after`` in seconds is known to all."""
FOR_VISITORS: Final[Mapping[NextAction, NextAction]] = {
    NextAction.ASK_ADMIN: NextAction.CONTACT_BUSINESS,
    NextAction.CONNECT_INTEGRATION: NextAction.PAY_AT_BUSINESS,
}
"""The step of somebody without an account, where only the business's people can take the first."""
