"""A local server with the interface of S3, and a local web server with directory listings."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

BUCKET = "sky"

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "name", "AWS_SECRET_ACCESS_KEY": "secret"}


class ObjectStore:
    """Bucket of a local S3 server."""

    def __init__(self, endpoint: str) -> None:
        import boto3

        self.endpoint = endpoint
        self.client: Any = boto3.client("s3")
        self.client.create_bucket(Bucket=BUCKET)

    def add(self, folder: Path, prefix: str) -> str:
        """Upload the files of a folder, and return the URL of the copy."""
        for path in folder.rglob("*"):
            if path.is_file():
                key = f"{prefix}/{path.relative_to(folder).as_posix()}"
                self.client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
        return f"s3://{BUCKET}/{prefix}"

    def put(self, key: str, content: bytes = b"") -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def read(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def names(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix, without it."""
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return sorted(one["Key"].removeprefix(prefix) for one in found)


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Start an S3 server, whose address and credentials are in the environment."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    variables = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1", **CREDENTIALS}
    try:
        with patch.dict(os.environ, variables):
            forget_connections()
            yield ObjectStore(endpoint)
    finally:
        forget_connections()
        server.stop()


def forget_connections() -> None:
    """Let fsspec read the environment again."""
    from fsspec import get_filesystem_class

    from astronet.files import remote_access

    remote_access._filesystem.cache_clear()
    get_filesystem_class("s3").clear_instance_cache()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


class Unlisted(_Quiet):
    """Handler without directory listings."""

    def list_directory(self, path: Any) -> None:
        self.send_error(403)


@contextmanager
def web_server(folder: Path, handler: type[SimpleHTTPRequestHandler] = _Quiet) -> Iterator[str]:
    """Serve a folder, and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
