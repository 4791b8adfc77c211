"""The code of the package: nothing runs data as code, and requests are sent in few modules."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import REPOSITORY

PACKAGE = REPOSITORY / "astronet"
MODULES = sorted(PACKAGE.rglob("*.py"))

RUNS_DATA = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "runpy"}
NETWORK = {
    *("pycurl", "urllib3", "requests", "http", "socket", "aiohttp", "httpx", "ftplib"),
    *("astroquery", "smtplib", "websockets", "fsspec", "s3fs", "gcsfs", "boto3", "botocore"),
}


def names(node: ast.AST) -> str:
    """Return the dotted name of an expression such as `torch.load`; "" if it has none."""
    if isinstance(node, ast.Attribute):
        return f"{names(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


@functools.cache
def nodes() -> list[tuple[str, ast.AST]]:
    return [
        (path.relative_to(PACKAGE).as_posix(), node)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]


def imports() -> Iterator[tuple[str, str]]:
    for place, node in nodes():
        if isinstance(node, ast.Import):
            yield from ((place, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((place, f"{node.module}.{alias.name}") for alias in node.names)


def calls(*wanted: str) -> list[tuple[str, ast.Call]]:
    """Return the calls of functions by the end of their dotted names, with their files."""
    ends = tuple(f".{name}" for name in wanted)
    return [
        (place, node)
        for place, node in nodes()
        if isinstance(node, ast.Call) and f".{names(node.func)}".endswith(ends)
    ]


def value_of(call: ast.Call, keyword: str) -> object:
    """Return the constant given for a keyword; None if the keyword is not given."""
    found = [one.value for one in call.keywords if one.arg == keyword]
    return ast.literal_eval(found[0]) if found else None


def test_no_library_that_runs_data_as_code_is_imported() -> None:
    assert not [found for found in imports() if found[1].split(".")[0] in RUNS_DATA]


def test_no_text_is_run_as_code() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "breakpoint"}
    found = [
        (place, node.func.id)
        for place, node in nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert not [one for one in found if one[1] in forbidden]


def test_other_programs_are_run_only_to_find_the_commit() -> None:
    assert not calls("os.system", "os.popen", "Popen", "os.execv", "os.startfile")
    assert not [one for one in imports() if one[1].startswith(("os.system", "pty"))]
    using = {place for place, name in imports() if name.split(".")[0] == "subprocess"}
    assert using == {"files/provenance.py"}
    assert not [one for _, one in calls("run") if any(k.arg == "shell" for k in one.keywords)]


def test_pickles_are_read_only_as_weights() -> None:
    loads = calls("torch.load")
    assert [place for place, _ in loads] == ["runs/checkpoints.py"]
    assert all(value_of(one, "weights_only") is True for _, one in loads)
    fits = [one for _, one in calls("fit") if any(k.arg == "ckpt_path" for k in one.keywords)]
    assert len(fits) == 1
    assert value_of(fits[0], "weights_only") is True
    assert not calls("load_from_checkpoint", "read_pickle", "torch.jit.load", "torch.hub.load")


def test_arrays_are_read_without_pickle() -> None:
    reads = calls("np.load", "format.read_array", "format.open_memmap", "np.fromfile")
    assert reads
    assert not [place for place, one in reads if value_of(one, "allow_pickle")]


def test_yaml_is_read_only_with_the_safe_loader() -> None:
    used = {names(node) for _, node in nodes() if names(node).startswith("yaml.")}
    safe = {"SafeLoader", "safe_dump", "compose", "YAMLError", "Node", "ScalarNode", "MappingNode"}
    assert {name.removeprefix("yaml.") for name in used} <= safe
    composed = [names(k.value) for _, one in calls("yaml.compose") for k in one.keywords]
    assert composed == ["_LOADER"]
    defined = '_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)\n'
    assert defined in (PACKAGE / "files/ecsv.py").read_text()


def test_xml_is_parsed_only_where_document_types_are_rejected() -> None:
    """See `test_an_entity_expansion_attack_is_rejected` for the behaviour."""
    using = {place for place, name in imports() if name.startswith(("xml", "lxml", "defusedxml"))}
    assert using == {"archives/cloud.py"}
    assert (
        '"<!DOCTYPE" in text or "<!ENTITY" in text' in (PACKAGE / "archives/cloud.py").read_text()
    )


def test_requests_are_sent_only_by_the_archives_and_for_urls_of_the_user() -> None:
    using = {place for place, name in imports() if name.split(".")[0] in NETWORK}
    using |= {place for place, name in imports() if name.startswith("urllib.request")}
    remote = {"files/remote_access.py", "files/web.py"}
    assert {place.split("/")[0] for place in using - remote} == {"archives"}
    assert remote <= using


def test_certificates_are_verified_and_redirects_are_not_followed_by_libcurl() -> None:
    """These are libcurl's defaults; `addresses.redirected` decides about redirects."""
    used = {names(node) for _, node in nodes() if names(node).startswith("pycurl.")}
    assert "pycurl.PROTOCOLS" in used
    changed = {"SSL_VERIFYPEER", "SSL_VERIFYHOST", "FOLLOWLOCATION", "NETRC", "COOKIEFILE"}
    assert not {f"pycurl.{name}" for name in changed} & used


def test_texts_are_printed_only_by_functions_that_replace_control_characters() -> None:
    found = {place for place, _ in calls("typer.echo", "typer.secho", "print", "console.print")}
    assert found <= {"cli/messages.py", "cli/__init__.py"}
    assert not calls("from_markup", "escape_markup")
    markup = [n.value for _, n in nodes() if isinstance(n, ast.keyword) and n.arg == "markup"]
    assert not [value for value in markup if ast.literal_eval(value) is not False]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.js")), ids=lambda path: path.name)
def test_scripts_of_pages_insert_texts_only_as_text(path: Path) -> None:
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\bnew Function\b"
    unsafe += r"|createContextualFragment|setTimeout\(['\"`]|\bfetch\(|XMLHttpRequest|\bimport\("
    assert not re.findall(unsafe, path.read_text("utf-8"))
