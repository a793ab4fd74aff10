import csv
import io

import pytest

from mostrador.web import csvs


def read(text):
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_header_and_a_line_for_each_row_end_in_crlf():
    text = csvs.text(["id", "name"], [{"id": "1", "name": "Ana"}, {"id": "2", "name": "Ñandú"}])

    assert text == "id,name\r\n1,Ana\r\n2,Ñandú\r\n"


def test_no_rows_are_a_header():
    assert csvs.text(["id", "name"], []) == "id,name\r\n"


@pytest.mark.parametrize("value", ['a "b"', "a,b", "a\r\nb", "a\nb", "a;b", "", "ñ € 🙂"])
def test_any_text_comes_back(value):
    assert read(csvs.text(["notes"], [{"notes": f"x{value}"}])) == [["notes"], [f"x{value}"]]


@pytest.mark.parametrize("value", ["=1+1", "+595981123456", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_what_a_spreadsheet_would_run_is_led_by_an_apostrophe(value):
    (_, (cell,)) = read(csvs.text(["notes"], [{"notes": value}]))

    assert cell == f"'{value}"


def test_a_formula_cannot_hide_behind_the_quotes():
    (_, row) = read(csvs.text(["a", "b"], [{"a": '","=1+1', "b": "x\r\n=1+1"}]))

    assert row == ['","=1+1', "x\r\n=1+1"]


def test_what_is_no_text_is_json_and_nothing_is_empty():
    row = {"none": None, "yes": True, "number": 3, "negative": -3, "many": [{"at": "ñ"}]}

    assert read(csvs.text(list(row), [row]))[1] == ["", "true", "3", "-3", '[{"at": "ñ"}]']
