import pytest

from astronet.errors import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs")])
def test_noun_is_singular_only_for_one(number, text):
    assert counted(number, "pair") == text
