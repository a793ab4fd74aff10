"""What we know of Google's calendars: what each appointment's event says, and how far each calendar was read."""

from typing import Any

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, VersionAttribute

from mostrador.table.attributes import InstantAttribute
from mostrador.table.base import Item


class CalendarEvent(Item, discriminator="CALENDAREVENT"):
    """Of one appointment, where its event is and what it last said; it names the event *before* Google is asked for it.

    ``connection`` is the sort key of the integration, ``connected_at`` tells that one from a later one in its place.
    ``fingerprint`` is of what the calendar says, ``asked`` of what was last tried. While ``lease`` holds, until
    ``lease_until``, one worker alone talks to Google; whoever comes meanwhile counts ``version`` up.
    """

    appointment_id = UnicodeAttribute()
    connection = UnicodeAttribute()
    connected_at = InstantAttribute()
    calendar_id = UnicodeAttribute()
    generation = NumberAttribute()
    event_id = UnicodeAttribute(null=True)
    etag = UnicodeAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
    asked = UnicodeAttribute(null=True)
    revision = NumberAttribute(null=True)
    state = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    attempts = NumberAttribute()
    lease = UnicodeAttribute(null=True)
    lease_until = InstantAttribute(null=True)
    told_at = InstantAttribute(null=True)
    version = VersionAttribute()


class CalendarWatch(Item, discriminator="CALENDARWATCH"):
    """Of one connection, how far its calendar was read (``cursor``), and when to read and to prove it next.

    ``found`` is what the last proof found, by kind. Until ``deletions_kept_until`` what is deleted in Google is put
    back, though the tenant follows: too much was deleted at once.
    """

    connection = UnicodeAttribute()
    calendar_id = UnicodeAttribute()
    cursor = UnicodeAttribute(null=True)
    read_at = InstantAttribute(null=True)
    proved_at = InstantAttribute(null=True)
    prove_at = InstantAttribute()
    found: Any = JSONAttribute(null=True)
    is_whole = BooleanAttribute(null=True)
    deletions_kept_until = InstantAttribute(null=True)
    attempts = NumberAttribute()
    version = VersionAttribute()


class CalendarConsent(Item, discriminator="CALENDARCONSENT"):
    """A consent that is under way, for one use; gone soon after it lapses (TTL, seconds)."""

    resource_id = UnicodeAttribute(null=True)
    verifier = UnicodeAttribute()
    actor_name = UnicodeAttribute()
    expires_at = NumberAttribute()
