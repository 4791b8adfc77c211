"""The page docs/security.md names tests and constants that exist."""

import re

import pytest
from samples import REPOSITORY

from astronet.files.expansion import MAX_RATIO, MAX_YAML_VALUES
from astronet.files.gzipped import MAX_BYTES

PAGE = (REPOSITORY / "docs/security.md").read_text("utf-8")
CLAIMS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## Claims")[2].partition("## Limits")[0].splitlines()
    if line.startswith("| ") and not line.endswith("| test |")
]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim[0]}, {claim[2]}")
def test_each_claim_has_tests_that_exist(claim: list[str]) -> None:
    file = claim[2].strip("`")
    path = REPOSITORY / (file if file.startswith("tests/") else f"tests/security/{file}")
    assert "def test_" in path.read_text("utf-8")


def test_every_file_of_security_tests_is_named() -> None:
    files = {path.name for path in (REPOSITORY / "tests/security").glob("test_*.py")}
    assert all(name in PAGE for name in files - {"test_security_page.py"})


def test_limits_are_those_of_the_code() -> None:
    assert MAX_BYTES == 2**30
    assert f"1 GiB, or {MAX_RATIO} times the file |" in PAGE
    assert f"| {MAX_YAML_VALUES:,} values |" in PAGE
    for name, file in re.findall(r"`(MAX_\w+)` in `([\w/.]+)`", PAGE):
        assert re.search(rf"^{name} = ", (REPOSITORY / file).read_text("utf-8"), re.MULTILINE)
