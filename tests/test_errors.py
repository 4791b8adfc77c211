import pytest

from astronet.errors import counted


@pytest.mark.parametrize("number", [0, 1, 2])
def test_only_one_is_singular(number):
    assert counted(number, "pair") == f"{number} pair{'' if number == 1 else 's'}"
