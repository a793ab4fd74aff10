"""Names and notes as phones, word processors and copied contacts send them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostrador.values import text

LINES = {
    "Ana López": "Ana López",
    "  Ana   López ": "Ana López",
    "Ana\u00a0López": "Ana López",
    "Ana\u202fLópez\u3000": "Ana López",
    "Ana\nLópez": "Ana López",
    "Ana\r\n\tLópez\u2028": "Ana López",
    "\u200eAna\u200f López\u202a\u202c": "Ana López",
    "\u2068Ana\u2069 Ló\u200bpez\ufeff": "Ana López",
    "Ana\u200d Lo\u0301pez": "Ana López",
    "A\ufe0fna\u3164 Ló\u00adpez\u034f\u2800": "Ana López",
    "Ana \U000e0041\U000e007f": "Ana",
}
WHOLE = [
    "👩‍👩‍👧",
    "👩🏽‍⚕️ Ana",
    "❤️‍🔥",
    "1️⃣ y ‼️",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "🏳️‍🌈",
    "🙂‍↔️",
    "\U0001fae8",  # Python 3.11 does not know it
    "ශ්‍රී",
]


@pytest.mark.parametrize("typed", LINES)
def test_a_name_is_one_line_of_what_can_be_seen(typed):
    assert text.one_line(typed) == LINES[typed]


@pytest.mark.parametrize("typed", WHOLE)
def test_a_joined_emoji_and_a_joined_letter_stay_whole(typed):
    assert text.one_line(typed) == typed


@pytest.mark.parametrize("typed", ["🙂\u200d", "🙂\u200dAna", "Ana\u200d🙂", "🙂\u200c🙂", "Ana\U000e0067🙂"])
def test_a_joiner_that_joins_nothing_goes(typed):
    assert not set(text.one_line(typed)) & {"\u200c", "\u200d", "\U000e0067"}


@pytest.mark.parametrize(
    "number", [*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xD800, 0xE000, 0xFFFD, 0xFFFF]
)
@pytest.mark.parametrize("clean", [text.one_line, text.paragraph])
def test_a_character_that_nobody_writes_is_refused_by_its_number(clean, number):
    with pytest.raises(text.BadCharacter) as refused:
        clean(f"Ana{chr(number)}López")

    assert refused.value.character == f"U+{number:04X}"


def test_notes_keep_their_lines_and_tabs():
    assert text.paragraph(" uno\r\n\tdos\u2029tres\rcuatro\u200e ") == "uno\n\tdos\ntres\ncuatro"


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\ufffd")))
def test_cleaned_text_stays_as_it_is(typed):
    for clean in (text.one_line, text.paragraph):
        cleaned = clean(typed)

        assert clean(cleaned) == cleaned == unicodedata.normalize("NFC", cleaned)
    assert len(text.one_line(typed).splitlines()) <= 1
