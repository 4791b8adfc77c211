"""Plain English: strings, comments, docs and configs avoid the phrases that style.md replaces."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import REPOSITORY

AVOIDED = {
    "again": r"\banew\b",
    "fix, correct": r"\bmend(s|ed|ing)?\b",
    "N, this many": r"\bso many\b",
    "because … is missing": r"\bfor want of\b",
    "one row per …": r"\b(a|one) row an? \w+",
    "per": r"\b(events|stars|files|bytes|units|samples|steps|points|rows) an? "
    r"(second|day|star|event|epoch|quarter|view|batch|month|file)\b",
    "is, has": r"\b(bears?|borne)\b",
    "is, are": r"\bstands? (in|for|beside|there|on|behind|at|twice|over|under|where|wherever)\b",
    "is, are ": r"\b(it|that|they|files?|folders?|stores?|which|where) lies?\b",
    "continue, resume": r"\bgo(es)? on\b",
    "a noun phrase": r"^(Of|Whose|At) (the|a|an)\b",
    "a statement": r"^(What|How|Which|Whose|Where|Why) [^?:]*\.$",
    "started": r"\b(was|is|were|are) begun\b",
    "None means …": r"; none: ",
    "in the same way": r"\blikewise\b",
    "too, also": r"\bbesides\b",
    "if": r"\bshould (a|an|the) \w+ ever\b",
    "contains, has": r"\bholds (no|what|only|something|nothing|more)\b",
    "another process, another user": r"\b(nobody|anybody|somebody)\b",
    "raise, reject": r"\b[Rr]efuses? (a|an|the|what|any|to|other)\b",
    "your own": r"\bone's own\b",
    "except": r"\b(save|but) for\b",
    "while": r"\bas long as\b",
    "package, module": r"\bin (its|their) rooms?\b",
    "if, when": r", where (there|it|that|they) (is|are)\b",
    "quarantined": r"\bmoved aside\b",
    "not available": r"\bto be had\b|\bcould not be had\b",
    "fraction": r"\b[Ss]hare of (the )?(events|light|stars|steps|points|planets)\b",
}
"""Patterns by what to write in their place."""

FILES = ("*.py", "*.md", "*.yaml", "*.html", "*.j2", "*.toml", "Makefile", "*.css", "*.js")
SKIPPED = {"tests/test_language.py", "LICENSE"}


def tracked() -> list[Path]:
    try:
        found = subprocess.run(
            ["git", "ls-files", *FILES], cwd=REPOSITORY, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        folders = ("astronet", "tests", "docs", "configs", "benchmarks", "scripts")
        found = [
            str(path.relative_to(REPOSITORY))
            for folder in folders
            for pattern in FILES
            for path in (REPOSITORY / folder).rglob(pattern)
        ]
    return [REPOSITORY / name for name in found if name not in SKIPPED]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every line of prose with its number: strings and comments of Python, all of other files."""
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(content.splitlines(), start=1)
        return
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for offset, line in enumerate(node.value.splitlines()):
                yield node.lineno + offset, line
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name.replace("_", " ")
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")


@pytest.mark.parametrize("path", tracked(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_prose_is_plain(path: Path) -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()!r}; write: {better}"
        for number, line in texts(path)
        for better, pattern in AVOIDED.items()
        if re.search(pattern, line.strip())
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "phrase",
    [
        "Read the file anew.",
        "a row an event",
        "Of the draw.",
        "Whose stars.",
        "Refuses an event that stands in two rows.",
        "go on with the same command",
        "perhaps for want of memory",
    ],
)
def test_the_patterns_find_the_old_phrases(phrase: str) -> None:
    assert any(re.search(pattern, phrase) for pattern in AVOIDED.values())


NO_VERBS = {
    *("The", "A", "An", "One", "All", "Each", "Every", "Both", "Some", "Any", "No", "Its", "This"),
    *("What", "Whether", "How", "Which", "Whose", "Where", "When", "Why", "Of", "At", "In", "For"),
    *("True", "Is", "Has", "With", "Without", "By", "From", "To", "If", "It", "Many", "Several"),
}
"""First words of a docstring that is a noun phrase or a fragment."""


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Functions and methods with a docstring; a property is documented as the value that it is."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            names = {getattr(d, "id", getattr(d, "attr", "")) for d in node.decorator_list}
            if not names & {"property", "cached_property", "fixture"}:
                yield node


@pytest.mark.parametrize(
    "path",
    [path for path in tracked() if path.is_relative_to(REPOSITORY / "astronet")],
    ids=lambda path: str(path.relative_to(REPOSITORY)),
)
def test_docstrings_of_functions_start_with_a_verb(path: Path) -> None:
    if path.suffix != ".py":
        return
    wrong = []
    for node in functions(path):
        first = (ast.get_docstring(node) or "").split()[0]
        if first in NO_VERBS or not re.fullmatch(r"[A-Z][a-z]+,?", first):
            wrong.append(f"{path.name}:{node.lineno} {node.name}: starts with {first!r}")
    assert not wrong, "\n".join(wrong)
