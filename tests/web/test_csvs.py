import csv
import io
import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from mostrador.web import csvs
from tests.support.sheets import table

ASUNCION = ZoneInfo("America/Asuncion")
FORMULA = "=+-@＝＋－＠"
BREAKS = ";,；，\t\r\n\v\f\x85\u2028\u2029"
DANGEROUS = st.text(st.sampled_from([*FORMULA, *BREAKS, '"', "'", " ", "\xa0", "\ufeff", "a", "1"]), max_size=12)


class Row(BaseModel):
    name: str
    price: str = "1.50"
    reference: str | None = None
    at: datetime | None = Field(None, title="Cuándo")
    notes: str | None = None


def sheet(row, *, unseen=frozenset(), country="PY"):
    return csvs.sheet(Row, [Row(**row).model_dump(mode="json")], unseen=unseen, country=country, zone=ASUNCION)


def starts(text, separator):
    """The cells of a file in a program that splits it at ``separator``, without the space before them."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [cell.lstrip().lstrip("\ufeff").lstrip() for line in lines for cell in line]


def test_a_header_and_a_line_for_each_row_are_all_quoted_and_end_in_crlf():
    text = csvs.text(["id", "name"], [{"id": "1", "name": "Ana"}, {"id": "2", "name": "Ñandú"}])

    assert text == '\ufeff"id","name"\r\n"1","Ana"\r\n"2","Ñandú"\r\n'
    assert text.encode().startswith(b"\xef\xbb\xbf")


def test_no_rows_are_a_header():
    assert csvs.text(["id", "name"], [], separator=";") == '\ufeff"id";"name"\r\n'


@pytest.mark.parametrize(
    "value", ['a "b"', "a,b", "a\r\nb", "a\nb", "a;b", "", "ñ € 🙂", "a-b", "a; b", "2 + 2", "a@b.c"]
)
def test_harmless_text_comes_back(value):
    for separator in ",;":
        text = csvs.text(["notes"], [{"notes": f"x{value}"}], separator=separator)
        assert table(text, separator) == [["notes"], [f"x{value}"]]


@pytest.mark.parametrize(
    "value", ["=1+1", "+595981123456", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠1", " =1", '"=1', "\t=1"]
)
def test_a_formula_at_the_start_of_a_cell_is_led_by_an_apostrophe(value):
    (_, (cell,)) = table(csvs.text(["notes"], [{"notes": value}]), ",")

    assert cell.startswith("'")
    assert cell.replace("'", "") == value


@pytest.mark.parametrize("separator", list(BREAKS))
@pytest.mark.parametrize("formula", ["=1+1", "＝1", ' "=1', '"=1'])
def test_a_formula_behind_any_separator_is_led_by_an_apostrophe(separator, formula):
    (_, (cell,)) = table(csvs.text(["notes"], [{"notes": f"x{separator}{formula}"}]), ",")

    assert cell == f"x{separator}'{formula}"


@given(
    st.lists(st.tuples(DANGEROUS, DANGEROUS), min_size=1, max_size=4),
    st.sampled_from(",;"),
    st.sampled_from(",;\t；，"),
)
def test_no_cell_starts_with_a_formula_wherever_a_program_splits_the_file(cells, written, read):
    file = csvs.text(["a", "b"], [{"a": a, "b": b} for a, b in cells], separator=written)

    assert not [cell for cell in starts(file, read) if cell.startswith(tuple(FORMULA))]


@given(st.lists(DANGEROUS, min_size=1, max_size=4), st.sampled_from(",;\t"))
def test_nor_with_texts_inside_json(texts, read):
    file = csvs.text(["id", "many"], [{"id": "1", "many": [{"at": text, text: -3} for text in texts]}], separator=";")

    assert not [cell for cell in starts(file, read) if cell.startswith(tuple(FORMULA))]


def test_quotes_alone_would_let_a_formula_start_a_cell():
    """The red control of the two before: a file whose only guard is QUOTE_ALL."""
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow(["Ana", "x;=1+1"])

    assert '=1+1"' in starts(written.getvalue(), ";")


def test_what_is_no_text_is_json_and_nothing_is_empty():
    row = {"none": None, "yes": True, "number": 3, "negative": -3, "many": [{"at": "ñ"}], "phones": ["+595981"]}

    assert table(csvs.text(list(row), [row]), ",")[1] == ["", "true", "3", "-3", '[{"at": "ñ"}]', '["\'+595981"]']


def test_nested_texts_made_inert_stay_json():
    (_, (cell,)) = table(csvs.text(["many"], [{"many": {"reason": 'x;"=1', "phone": "+595"}}]), ",")

    assert json.loads(cell) == {"reason": "x;'\"=1", "phone": "'+595"}


def test_an_instant_is_in_utc_and_beside_it_on_the_tenants_clock():
    header, line = table(sheet({"name": "Ana", "at": "2026-12-01T09:00:00-03:00"}))

    assert header == ["name", "price", "reference", "at", "at_local", "notes"]
    assert (line[3], line[4]) == ("2026-12-01T12:00:00Z", "2026-12-01 09:00")
    assert table(sheet({"name": "Ana"}))[1][3:5] == ["", ""]


def test_a_field_that_the_role_does_not_see_has_no_column_in_either_form():
    header, _ = table(
        sheet({"name": "Ana", "at": "2026-12-01T12:00:00Z", "notes": "x"}, unseen=frozenset({"at", "notes"}))
    )

    assert header == ["name", "price", "reference"]


@pytest.mark.parametrize(
    ("country", "separator", "price"),
    [("PY", ";", "25,00"), ("BR", ";", "25,00"), ("MX", ",", "25.00"), ("US", ",", "25.00")],
)
def test_the_country_decides_the_separator_and_the_decimals_of_amounts_together(country, separator, price):
    _, line = table(sheet({"name": "1.50", "price": "25.00", "reference": "12.34"}, country=country), separator)

    assert line[:3] == ["1.50", price, "12.34"]


def test_an_amount_without_decimals_stays_as_it_is():
    assert table(sheet({"name": "Ana", "price": "150000"}))[1][1] == "150000"


def test_a_file_is_named_for_its_list_tenant_and_day():
    day = date(2026, 12, 1)

    assert csvs.file_name("/tenant/salon/api/appointments", "salon", day) == "turnos-salon-2026-12-01.csv"
    assert csvs.file_name("/tenant/salon/api/waiting/", "salon", day) == "lista-de-espera-salon-2026-12-01.csv"
    assert csvs.file_name("/admin/tenants", None, day) == "negocios-2026-12-01.csv"
