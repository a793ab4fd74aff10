"""Facts as people write them, in Spanish and English."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mostrador.values.wording import Reader, exactly

ASUNCION = ZoneInfo("America/Asuncion")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SPANISH, ENGLISH = Reader("es", ASUNCION, NOW), Reader("en", ASUNCION, NOW)
START = "2026-12-06T12:00:00+00:00"


def said(kind, value, reader=SPANISH, **facts):
    return reader.sentence(f"{{value:{kind}}}", {"value": value} | facts)


def test_a_time_is_on_the_clock_of_the_reader():
    assert said("time", START) == "domingo 6 de diciembre, 9:00"
    assert said("time", START, ENGLISH) == "Sunday 6 December, 9:00"
    assert said("time", "2026-12-06T12:05:59Z") == "domingo 6 de diciembre, 9:05"


def test_a_time_keeps_its_own_clock_where_the_zone_of_the_reader_is_not_known():
    nowhere = Reader("es", None, NOW)

    assert said("time", "2026-12-06T09:00:00-03:00", nowhere) == "domingo 6 de diciembre, 9:00"
    assert said("time", START, nowhere) == "domingo 6 de diciembre, 12:00 UTC"


def test_a_year_is_said_unless_it_is_the_present_one():
    assert said("day", "2027-01-01") == "viernes 1 de enero de 2027"
    assert said("day", "2027-01-01", ENGLISH) == "Friday 1 January 2027"
    assert said("time", "2027-01-01T02:00:00Z") == "jueves 31 de diciembre, 23:00"
    assert said("day", "2026-12-06", Reader("es")) == "domingo 6 de diciembre de 2026"


def test_the_present_year_is_that_of_the_zone():
    new_year = Reader("es", ASUNCION, datetime(2027, 1, 1, 2, tzinfo=UTC))

    assert said("time", "2026-12-31T15:00:00Z", new_year) == "jueves 31 de diciembre, 12:00"


@pytest.mark.parametrize(
    ("kind", "value", "spanish", "english"),
    [
        ("month", "2026-12", "diciembre de 2026", "December 2026"),
        ("count", 65536, "65.536", "65,536"),
        ("count", 7, "7", "7"),
        ("duration", 1, "1 segundo", "1 second"),
        ("duration", 119, "119 segundos", "119 seconds"),
        ("duration", 120, "2 minutos", "2 minutes"),
        ("duration", 1433, "24 minutos", "24 minutes"),
        ("duration", 7201, "3 horas", "3 hours"),
        ("money", "350000 PYG", "Gs. 350.000", "Gs. 350,000"),
        ("money", "1250.50 USD", "USD 1.250,50", "USD 1,250.50"),
        ("order", "EXPIRED", "vencida", "expired"),
        ("appointment", "EXPIRED", "vencido", "expired"),
        ("gateway", ("BuyNotFoundError", "PaymentNotFoundError"), "no conoce la compra, no conoce el pago", None),
    ],
)
def test_a_fact_is_said_as_its_kind_wants_it(kind, value, spanish, english):
    assert said(kind, value) == spanish
    assert english is None or said(kind, value, ENGLISH) == english


def test_an_amount_takes_its_currency_from_the_facts():
    assert said("money", "80000", currency="PYG") == "Gs. 80.000"


def test_what_is_not_of_its_kind_stands_as_it_is():
    assert said("time", "-") == "-" == said("day", "-")
    assert said("time", "2026-12-06T12:00:00") == "2026-12-06T12:00:00"  # without offset it is no instant
    assert said("order", "NEW") == "NEW"


def test_for_logs_the_facts_stand_as_they_are():
    assert exactly("{at:time} {state:order}", {"at": START, "state": "PAID"}) == f"{START} PAID"
