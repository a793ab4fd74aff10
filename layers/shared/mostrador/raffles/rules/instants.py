"""Instants as the published documents have them: ``2026-12-24T22:00:00Z``, in UTC."""

from datetime import UTC, datetime


def parse(written: str) -> datetime:
    """The instant that ``published`` wrote. Raises ValueError where it names no zone."""
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None:
        raise ValueError(f"{written} has no zone")
    return instant


def published(instant: datetime) -> str:
    """An instant as it is published."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
