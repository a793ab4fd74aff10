"""The memory of an appointment's last moves: each keeps the fields that it changed, as they were before."""

from datetime import datetime
from typing import Final

from mostrador.scheduling.rules.visits import VisitMove
from mostrador.table import keys
from mostrador.table.items.scheduling import Appointment
from mostrador.values.holds import has_lapsed
from mostrador.values.wire import JSON

MOST_MOVES: Final = 5
_INSTANTS: Final = (
    "hold_expires_at", "review_due_at", "confirmed_at", "cancelled_at", "completed_at", "arrived_at", "started_at",
    "freed_at", "delayed_to",
)  # fmt: skip
_PLAIN: Final = ("status", "payment_status", "payment_ids", "is_perhaps_owed")
Snapshot = dict[str, JSON]
"""The fields that moves change, by name; instants as text."""


def snapshot(appointment: Appointment) -> Snapshot:
    """To be called before the move."""
    instants = {name: getattr(appointment, name) for name in _INSTANTS}
    written: Snapshot = {name: at.isoformat() if at else None for name, at in instants.items()}
    return written | {name: getattr(appointment, name) for name in _PLAIN}


def remember(appointment: Appointment, move: VisitMove, before: Snapshot, *, now: datetime) -> None:
    """Keep the move that was just made, so that it can be undone; the oldest are forgotten."""
    after = snapshot(appointment)
    changed = {name: value for name, value in before.items() if value != after[name]}
    entry = {"move": move.value, "at": now.isoformat(), "to": appointment.status, "before": changed}
    appointment.undoable = [*(appointment.undoable or []), entry][-MOST_MOVES:]


def restore(appointment: Appointment, before: Snapshot, now: datetime) -> None:
    """Set the fields as they were, and forget the move. A hold that has ended meanwhile does not come back."""
    for name, value in before.items():
        is_instant = name in _INSTANTS and isinstance(value, str)
        setattr(appointment, name, datetime.fromisoformat(str(value)) if is_instant else value)
    if has_lapsed(appointment.hold_expires_at, now):
        appointment.hold_expires_at = None
    if appointment.hold_expires_at:
        appointment.due_pk, appointment.due_at = keys.due(appointment.id, appointment.hold_expires_at)
    appointment.undoable = (appointment.undoable or [])[:-1] or None
