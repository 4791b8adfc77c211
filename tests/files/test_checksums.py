import re
import subprocess

from samples import REPOSITORY

from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit


def test_sha256_of_nothing(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "empty").startswith("e3b0c44298fc1c14")


def test_the_commit_is_gits_own_or_nothing():
    if not (REPOSITORY / ".git").exists():
        assert commit() == ""
        return
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    head = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert re.fullmatch(rf"{head}(-dirty)?", commit())
