import pytest

from astronet.errors import LONGEST_MESSAGE, AstronetError, counted, shortened, shown


@pytest.mark.parametrize(("number", "text"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs")])
def test_noun_is_singular_only_for_one(number, text):
    assert counted(number, "pair") == text


@pytest.mark.parametrize("entry", ["a\nb", "a\r\n b", "a\u2028b", "a\tb"])
def test_a_message_is_one_line_whatever_it_quotes(entry):
    assert str(AstronetError(f"{entry} is no number; correct it")) == "a b is no number; correct it"


def test_a_message_contains_no_control_characters():
    assert str(AstronetError("\x1b[31mred\x00")) == "\ufffd[31mred\ufffd"


def test_a_long_message_keeps_its_begin_and_its_remedy():
    message = str(AstronetError(f"a.csv has the columns {'x' * 5000}; rename a column"))
    assert len(message) <= LONGEST_MESSAGE
    assert message.startswith("a.csv has the") and message.endswith("xxx; rename a column")


def test_a_place_is_added_once_even_if_it_contains_unprintable_characters():
    error = AstronetError("a\x01.csv: no rows; add one").at("a\x01.csv")
    assert str(error.at("a\x01.csv")) == "a\ufffd.csv: no rows; add one"


def test_short_texts_are_unchanged():
    assert shortened("abcdefghi", 9) == "abcdefghi"
    assert shortened("abcdefghij", 9) == "abc … hij"


def test_values_are_shown_even_if_python_does_not_write_them():
    assert shown({"a": 1}) == "{'a': 1}"
    assert shown(16**5000) == "a number with too many digits"
    assert len(shown(["x"] * 1000)) <= 200
