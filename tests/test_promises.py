"""What docs/promises.md promises: the tests it names are there, and those with no other place."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gtan.experiments.notebooks import run_notebook
from gtan.workers import client

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# What reaches into a network, or waits for somebody from there.
REACHING = {
    "aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "socketserver",
    "telnetlib", "tornado", "urllib", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
HARMLESS = {"urllib.parse"}
FETCHING = {"load_state_dict_from_url", "download_url_to_file", "hf_hub_download", "urlopen",
            "urlretrieve", "load_url"}  # fmt: skip
LISTENING = {"create_server", "start_server", "serve_forever", "listen", "HTTPServer"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in ("gtan", "gtan_viz"):
        for path in (ROOT / package).rglob("*.py"):
            if "node_modules" not in path.parts:
                name = path.relative_to(ROOT).as_posix()
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module))
    return names


def spoken(tree: ast.Module) -> set[str]:
    """Names and attributes."""
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_every_test_that_the_page_names_is_there() -> None:
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 20
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in there, f"{file} has no {name}"


def test_every_promise_names_a_test() -> None:
    text = PAGE.read_text(encoding="utf-8")
    promises, _, others = text.partition("## Not promised")
    assert others
    rows = [line for line in promises.splitlines() if line.startswith("| ") and "::" in line]
    unheld = [
        line for line in promises.splitlines() if line.startswith("| **") and not NAMED.search(line)
    ]
    assert len(rows) > 10 and not unheld, unheld


def test_one_module_alone_reaches_out() -> None:
    """What `gtan data add NAME` calls; nothing else can fetch, whatever is done with it."""
    reaching = {
        name
        for name, tree in modules()
        for module in imported(tree) - HARMLESS
        if module.split(".")[0] in REACHING
    }
    assert reaching == {"gtan/data/download.py"}
    assert not [name for name, tree in modules() if spoken(tree) & FETCHING]


def test_no_module_listens() -> None:
    assert not [name for name, tree in modules() if spoken(tree) & LISTENING]


def test_nothing_is_fetched_unasked(tmp_path: Path) -> None:
    """A run is opened, detected in, explained, drawn and made a page, where nothing can connect."""
    pytest.importorskip("torch")
    script = """
import socket, sys
def refuse(*_):
    raise SystemExit("somebody wants to connect")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import numpy, pandas, gtan, gtan_viz
run = gtan.open_run()
clips = numpy.zeros((40, run.settings.network.feature_dim), numpy.float32)
gtan.detect(run, {"mine": clips}, fps=12.5)
gtan.check(run, headers_only=True)
found = gtan.Explanation.load(next(iter(run.explanations().values())))
gtan_viz.timeline(found)
gtan_viz.page(run, sys.argv[1])
"""
    page = tmp_path / "page.html"
    done = subprocess.run(
        [sys.executable, "-c", script, str(page)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert page.exists()


def listening(process: Any) -> list[str]:
    """Addresses at which a process and its children wait for others."""
    each = [process, *process.children(recursive=True)]
    found = [one for child in each for one in child.net_connections(kind="inet")]
    return [one.laddr.ip for one in found if one.status == "LISTEN"]


def test_dask_listens_on_loopback_alone() -> None:
    psutil = pytest.importorskip("psutil")
    before = set(listening(psutil.Process()))
    with client(None, 1) as dask:
        assert dask.submit(int, "7").result() == 7
        found = listening(psutil.Process())
    assert found and set(found) - before <= {"127.0.0.1", "::1"}


@pytest.mark.skipif(sys.platform == "win32", reason="kernels there have no other way than TCP")
def test_a_kernel_of_a_notebook_that_we_run_listens_on_loopback_alone(tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    assert psutil
    code = (
        "import psutil, pathlib\n"
        "found = psutil.Process().net_connections(kind='inet')\n"
        "found = {c.laddr.ip for c in found if c.status == 'LISTEN'}\n"
        "pathlib.Path(out).write_text(repr(sorted(found - {'127.0.0.1', '::1'})))"
    )
    parts = [("out = ''", ["parameters"]), (code, [])]
    cells = [
        {"cell_type": "code", "source": source, "metadata": {"tags": tags}, "outputs": [],
         "execution_count": None, "id": f"c{number}"}
        for number, (source, tags) in enumerate(parts)
    ]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path, out = tmp_path / "n.ipynb", tmp_path / "out.txt"
    path.write_text(json.dumps(notebook))
    run_notebook(path, tmp_path / "done.ipynb", {"out": str(out)}, progress=False)
    assert out.read_text() == "[]"


def test_reports_have_no_invented_address() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "Report a vulnerability" in text and "@" not in text
