"""Lists as CSV, read as a spreadsheet reads them."""

import csv
import io


def table(text, separator=";"):
    """The cells of a file, line by line; it begins with the mark by which Excel knows UTF-8."""
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=separator, strict=True))


def rows(answer, separator=";"):
    """The lines of an answer as column -> cell; the tests' tenants are in Paraguay, where decimals have a comma."""
    columns, *lines = table(answer.text, separator)
    return [dict(zip(columns, line, strict=True)) for line in lines]
