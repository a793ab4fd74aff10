"""Rows as CSV (RFC 4180), in which a spreadsheet finds no formulas."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """A header line and one line for each row; None is empty, values other than text are JSON."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return written.getvalue()


def _cell(value: object) -> str:
    """The value as text, after an apostrophe where a spreadsheet would run it: OWASP, CSV injection."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if value.startswith(_FORMULA) else value
