"""URLs as paths, and access to object stores and web servers with errors of one line."""

import os
import sys
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from unittest.mock import patch

import pytest
from object_store import ObjectStore, Unlisted, forget_connections, object_store, web_server

from astronet.errors import ArchiveError, ConfigError
from astronet.files import remote_access
from astronet.files.remote import RemotePath, local_path, location
from astronet.files.remote_access import Found, fetch, list_files


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


@pytest.mark.parametrize("text", ["data", "data/raw", "/data", "C:/data", "a:b", "s3", "-"])
def test_a_text_without_a_scheme_is_a_local_path(text: str) -> None:
    assert location(text) == Path(text)


def test_a_file_url_is_a_local_path() -> None:
    assert location("file:///data/my%20stars") == Path("/data/my stars")
    assert location("file://localhost/data/") == Path("/data")


@pytest.mark.parametrize(
    ("text", "url", "name"),
    [
        ("s3://sky/kepler/", "s3://sky/kepler", "kepler"),
        ("s3://sky", "s3://sky", ""),
        ("gcs://sky/a/b.csv", "gs://sky/a/b.csv", "b.csv"),
        ("S3A://sky/a", "s3://sky/a", "a"),
        ("https://example.org:8080/a%20b.csv", "https://example.org:8080/a%20b.csv", "a b.csv"),
    ],
)
def test_a_url_is_a_remote_path(text: str, url: str, name: str) -> None:
    path = location(text)
    assert path == RemotePath(url)
    assert (str(path), path.name) == (url, name)


@pytest.mark.parametrize(
    "text",
    [
        *("ftp://host/a", "s3:/sky/a", "s3://", "s3:///a", "https://host/a//b", "file://host/a"),
        *("s3://sky/../a", "s3://sky/%2e%2e/a", "s3://sky/a::https://host/b", "s3://sky/a\nb"),
    ],
)
def test_an_incomplete_or_unknown_url_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError):
        location(text)


@pytest.mark.parametrize(
    "text",
    ["https://me:hunter2@host/a", "s3://key:hunter2@sky/a", "https://host/a?token=hunter2"],
)
def test_credentials_in_a_url_are_an_error_that_does_not_show_them(text: str) -> None:
    with pytest.raises(ConfigError, match="contains credentials, a query or a fragment") as caught:
        location(text)
    assert "hunter2" not in str(caught.value)


def test_only_local_paths_are_possible_where_no_url_is_expected() -> None:
    assert local_path("data/store") == "data/store"
    with pytest.raises(ConfigError, match="only a local path is possible"):
        local_path("s3://sky/store")
    with pytest.raises(ConfigError, match="only a local path is possible"):
        local_path(Path("s3://sky/store"))


def test_a_listing_contains_only_names_with_the_prefix(store: ObjectStore) -> None:
    for key in ("flat/a-1.fits", "flat/a-2.fits", "flat/b-1.fits", "flat/a/deep.fits"):
        store.put(key, b"12")
    found = list_files("s3://sky/flat", "a-")
    assert [(one.path, one.size, one.folder) for one in found] == [
        ("a-1.fits", 2, False),
        ("a-2.fits", 2, False),
    ]
    assert [one.path for one in list_files("s3://sky/flat", "a/")] == ["a/deep.fits"]
    assert list_files("s3://sky/flat", "none/") == []


def test_a_file_a_folder_and_nothing_are_told_apart(store: ObjectStore, tmp_path: Path) -> None:
    store.put("kinds/one.csv")
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds/one.csv").touch()
    with web_server(tmp_path) as server:
        for root in ("s3://sky/kinds", f"{server}/kinds"):
            kinds = [
                (path.is_file(), path.is_dir(), path.exists())
                for path in map(location, (f"{root}/one.csv", root, f"{root}/none"))
            ]
            assert kinds == [(True, False, True), (False, True, True), (False, False, False)]
    assert not location("s3://no-such-bucket/kinds").exists()


def test_a_web_server_without_listings_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>Nothing to see.</p>")
    with (
        web_server(tmp_path) as server,
        pytest.raises(ArchiveError, match="the server does not list the files"),
    ):
        location(server).exists()
    (tmp_path / "index.html").unlink()
    with (
        web_server(tmp_path, Unlisted) as server,
        pytest.raises(ArchiveError, match="access is denied"),
    ):
        location(server).exists()


@pytest.mark.parametrize("name", ["../../evil.csv", "a/../../evil.csv", "..", "a\\evil.csv"])
def test_a_listed_name_that_leads_elsewhere_is_an_error(store: ObjectStore, name: str) -> None:
    """The server of the bucket decides about the names; nothing is written for such a listing."""
    listing = [{"name": f"sky/x/{name}", "size": 1, "type": "file"}]
    with (
        patch.object(remote_access, "_infos", lambda *_: listing),
        pytest.raises(ArchiveError, match="which is not a path in this folder"),
    ):
        list_files("s3://sky/x", "")


class Evil(SimpleHTTPRequestHandler):
    """A web server whose listing leads to other folders and servers."""

    links = ("%2e%2e%2fevil.csv", "?C=N;O=D", "https://elsewhere.example/a.csv", "good.csv")

    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://localhost:1/away")
            self.end_headers()
            return
        links = self.links if self.path == "/evil/" else self.links[1:]
        body = "".join(f'<a href="{link}">x</a>' for link in links).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_links_to_other_folders_and_servers_are_not_files(tmp_path: Path) -> None:
    with web_server(tmp_path, Evil) as server:
        assert [one.path for one in list_files(f"{server}/good", "")] == ["good.csv"]
        with pytest.raises(ArchiveError, match="which is not a path in this folder"):
            list_files(f"{server}/evil", "")


def test_a_redirect_to_another_server_is_an_error(tmp_path: Path) -> None:
    with web_server(tmp_path, Evil) as server:
        wanted = {tmp_path / "away": Found("away", f"{server}/away", False, None)}
        with pytest.raises(ArchiveError, match="redirects to http://localhost:1, which is another"):
            fetch(server, wanted)


def test_a_file_that_is_too_large_is_not_read(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_access, "MAX_SIZE", 10)
    store.put("large/a.csv", b"0" * 11)
    (tmp_path / "a.csv").write_bytes(b"0" * 11)
    (found,) = list_files("s3://sky/large", "")
    with pytest.raises(ArchiveError, match="is larger than 10 bytes"):
        fetch("s3://sky/large", {tmp_path / "copy": found})
    unknown = Found("a.csv", found.address, False, None)
    with pytest.raises(ArchiveError, match="is larger than 10 bytes"):
        fetch("s3://sky/large", {tmp_path / "copy": unknown})
    with web_server(tmp_path) as server:
        (found,) = [one for one in list_files(server, "a.csv")]
        assert found.size is None
        with pytest.raises(ArchiveError, match="is larger than 10 bytes"):
            fetch(server, {tmp_path / "copy": found})


def test_a_server_that_cannot_be_reached_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_access, "_LONGEST_WAIT", 0)
    with pytest.raises(ArchiveError, match="it cannot be read .*check the address and the network"):
        list_files("http://127.0.0.1:9", "")


def test_missing_credentials_are_an_error_with_a_remedy(store: ObjectStore, tmp_path: Path) -> None:
    from fsspec.config import conf, set_conf_env

    store.put("kinds/one.csv")
    nothing = {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no"),
        "AWS_EC2_METADATA_DISABLED": "1",
    }
    try:
        with patch.dict(os.environ, nothing):
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                del os.environ[name]
            forget_connections()
            with pytest.raises(ArchiveError, match="no credentials are found; .*FSSPEC_S3_ANON"):
                location("s3://sky/kinds").exists()
            with patch.dict(os.environ, {"FSSPEC_S3_ANON": "true"}):
                set_conf_env(conf)
                forget_connections()
                assert location("s3://sky/kinds").is_dir()
    finally:
        conf.clear()
        forget_connections()


def test_denied_access_is_an_error_with_a_remedy(store: ObjectStore) -> None:
    from moto.core import set_initial_no_auth_action_count

    @set_initial_no_auth_action_count(0)
    def check() -> None:
        with pytest.raises(ArchiveError, match="access is denied; check the credentials"):
            location("s3://sky/kinds").exists()
        with pytest.raises(ArchiveError, match="access is denied; check the credentials"):
            list_files("s3://sky/kinds", "")

    check()


@pytest.mark.parametrize(("scheme", "package"), [("gs", "gcsfs"), ("s3", "s3fs")])
def test_a_missing_package_is_an_error_with_the_command(
    scheme: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec  # noqa: F401

    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, scheme, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    forget = remote_access._filesystem.cache_clear
    forget()
    try:
        with pytest.raises(ConfigError, match=rf"{package}, which .*astronet\[remote\]"):
            location(f"{scheme}://sky/kepler").exists()
    finally:
        forget()
