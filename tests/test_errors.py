import pytest

from astronet.errors import counted


@pytest.mark.parametrize("number", [0, 1, 2])
def test_noun_is_singular_only_for_one(number):
    assert counted(number, "pair") == f"{number} pair{'' if number == 1 else 's'}"
