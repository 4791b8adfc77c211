import re
import subprocess

from samples import REPOSITORY

from astronet.files.checksums import crc32c, crc32c_of, sha256, sha256_of
from astronet.files.provenance import commit


def test_sha256_of_an_empty_file(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "empty").startswith("e3b0c44298fc1c14")


def test_commit_is_that_of_git_or_empty():
    if not (REPOSITORY / ".git").exists():
        assert commit() == ""
        return
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    head = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert re.fullmatch(rf"{head}(-dirty)?", commit())


def test_checksums_of_a_file_equal_those_of_its_bytes(tmp_path):
    for content in (b"", bytes(32), bytes(range(256)) * 10_000):
        (tmp_path / "file").write_bytes(content)
        assert sha256_of(tmp_path / "file") == sha256(content)
        assert crc32c_of(tmp_path / "file") == f"{crc32c(content):08x}"
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
