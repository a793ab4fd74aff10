"""Stored records of Google's calendars: each appointment's event, each calendar's watch, consents under way."""

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)

from mostrador.table.attributes import InstantAttribute
from mostrador.table.base import Item


class CalendarEvent(Item, discriminator="CALENDAREVENT"):
    """An event of one appointment: its place and content. It is named *before* Google is asked for it.

    An appointment has one for each resource's calendar. ``place`` is ``second`` for the second resource, else absent.
    ``connection`` is the sort key of the integration, ``connected_at`` tells it from a later one under the same key.
    ``fingerprint`` is of the calendar's content, ``tried_fingerprint`` of the content last tried. Until ``lease_until``
    only the worker with the ``lease`` talks to Google; another one that comes meanwhile counts ``version`` up.
    """

    appointment_id = UnicodeAttribute()
    place = UnicodeAttribute(null=True)
    connection = UnicodeAttribute()
    connected_at = InstantAttribute()
    calendar_id = UnicodeAttribute()
    generation = NumberAttribute()
    event_id = UnicodeAttribute(null=True)
    etag = UnicodeAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
    tried_fingerprint = UnicodeAttribute(null=True)
    revision = NumberAttribute(null=True)
    state = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    attempts = NumberAttribute()
    lease = UnicodeAttribute(null=True)
    lease_until = InstantAttribute(null=True)
    synced_at = InstantAttribute(null=True)
    version = VersionAttribute()


class CalendarWatch(Item, discriminator="CALENDARWATCH"):
    """When to read and to prove the calendar of one connection next, and how far it was read: ``cursor``.

    ``found`` counts the differences of the last proof, by kind. Until ``deletions_kept_until`` events deleted in Google
    are put back, though the tenant follows edits: too many were deleted at once.
    """

    connection = UnicodeAttribute()
    calendar_id = UnicodeAttribute()
    cursor = UnicodeAttribute(null=True)
    read_at = InstantAttribute(null=True)
    proved_at = InstantAttribute(null=True)
    prove_at = InstantAttribute()
    found: Attribute[dict[str, int] | None] = JSONAttribute(null=True)
    is_whole = BooleanAttribute(null=True)
    deletions_kept_until = InstantAttribute(null=True)
    attempts = NumberAttribute()
    version = VersionAttribute()


class CalendarConsent(Item, discriminator="CALENDARCONSENT"):
    """A consent under way, for one use; DynamoDB deletes it soon after ``expires_at`` (TTL, seconds).

    ``actor`` is the id of the user who asked for it, and who alone can finish it.
    """

    resource_id = UnicodeAttribute(null=True)
    verifier = UnicodeAttribute()
    actor = UnicodeAttribute(null=True)
    actor_name = UnicodeAttribute()
    expires_at = NumberAttribute()
