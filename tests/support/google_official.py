"""Google's own client against the stand-in; runs in an environment of its own, and prints what it saw as JSON.

usage: google_official.py <scenario> <base url> <credentials as JSON>
"""

import json
import sys

from google.oauth2 import credentials as oauth
from google.oauth2 import service_account
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

CALENDAR = "agenda@example.com"
ID = "0192f3a15b7c7d119c2e0a1b2c3d4e5fg0"
SCOPES = ["https://www.googleapis.com/auth/calendar"]
BODY = {
    "id": ID,
    "summary": "Corte de Ana",
    "start": {"dateTime": "2026-12-01T15:00:00-03:00", "timeZone": "America/Asuncion"},
    "end": {"dateTime": "2026-12-01T15:30:00-03:00", "timeZone": "America/Asuncion"},
    "extendedProperties": {"private": {"appointment": "7"}},
}


def service(base, made):
    endpoint = f"{base}/calendar/v3/"
    return build("calendar", "v3", credentials=made, static_discovery=True, client_options={"api_endpoint": endpoint})


def refused(request):
    """Status, reason and message of a refusal; None where there is none."""
    try:
        request.execute()
    except HttpError as error:
        return [error.status_code, error.error_details[0]["reason"], error.reason]
    return None


def write(events):
    """Every way of writing an event, and of being refused."""
    inserted = events.insert(calendarId=CALENDAR, body=BODY).execute()
    patched = events.patch(calendarId=CALENDAR, eventId=ID, body={"summary": "Color"}).execute()
    update = events.update(calendarId=CALENDAR, eventId=ID, body=patched | {"summary": "Corte"})
    update.headers["If-Match"] = inserted["etag"]
    conflict = refused(update)
    update.headers["If-Match"] = patched["etag"]
    updated = update.execute()
    got = events.get(calendarId=CALENDAR, eventId=ID).execute()
    again = refused(events.insert(calendarId=CALENDAR, body=BODY))
    deleted = events.delete(calendarId=CALENDAR, eventId=ID).execute()
    return {
        "summaries": [inserted["summary"], patched["summary"], updated["summary"], got["summary"]],
        "etags": len({one["etag"] for one in (inserted, patched, updated)}),
        "conflict": conflict,
        "taken": again,
        "deleted": deleted,
        "deleted_twice": refused(events.delete(calendarId=CALENDAR, eventId=ID)),
        "status": events.get(calendarId=CALENDAR, eventId=ID).execute()["status"],
        "taken_for_ever": refused(events.insert(calendarId=CALENDAR, body=BODY)),
        "unknown": refused(events.get(calendarId="nobody@example.com", eventId=ID)),
        "empty": refused(events.insert(calendarId=CALENDAR, body=BODY | {"start": BODY["end"], "end": BODY["start"]})),
    }


def pages(events, **query):
    """All events of a list, and its sync token."""
    request, found, token = events.list(calendarId=CALENDAR, **query), [], None
    while request is not None:
        page = request.execute()
        found += page["items"]
        token, request = page.get("nextSyncToken"), events.list_next(request, page)
    return found, token


def sync(events):
    """A full list in pages, what changed since, and a token that nobody knows."""
    for number in range(5):
        events.insert(calendarId=CALENDAR, body=BODY | {"id": f"event{number}"}).execute()
    first, token = pages(events, maxResults=2, singleEvents=True)
    events.delete(calendarId=CALENDAR, eventId="event1").execute()
    events.patch(calendarId=CALENDAR, eventId="event3", body={"summary": "Color"}).execute()
    changed, following = pages(events, syncToken=token, maxResults=1, singleEvents=True)
    query = {"timeMin": "2026-12-01T00:00:00-03:00", "privateExtendedProperty": ["appointment=7"]}
    return {
        "first": [one["id"] for one in first],
        "changed": [[one["id"], one["status"]] for one in changed],
        "nothing": pages(events, syncToken=following, singleEvents=True)[0],
        "unknown": refused(events.list(calendarId=CALENDAR, syncToken="unknown")),
        "restricted": refused(events.list(calendarId=CALENDAR, syncToken=token, q="Corte")),
        "matching": len(pages(events, orderBy="startTime", singleEvents=True, **query)[0]),
    }


def main(scenario, base, told):
    if "private_key" in told:
        made = service_account.Credentials.from_service_account_info(told, scopes=SCOPES)
    else:
        made = oauth.Credentials(None, **told)
    built = service(base, made)
    act = {"write": write, "sync": sync}[scenario]
    seen = act(built.events())
    busy = {"timeMin": "2026-12-01T00:00:00Z", "timeMax": "2026-12-02T00:00:00Z", "items": [{"id": CALENDAR}]}
    told_busy = built.freebusy().query(body=busy).execute()["calendars"][CALENDAR]["busy"]
    print(json.dumps(seen | {"busy": told_busy, "is_valid": made.valid}))  # noqa: T201


main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
