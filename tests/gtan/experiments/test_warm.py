"""Kernels that are forked are like any other; where none can be forked, others are started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from gtan.experiments import warm
from gtan.experiments.notebooks import pipeline, run_notebook
from gtan.settings import Settings
from tests.gtan.experiments.test_notebooks import text_of
from tests.gtan.runs.made_run import files, made

Run = Callable[..., Path]

LOOK = """
import builtins, json, os, random, sys, threading, warnings
found = {
    "parent": os.getppid(),
    "marks": [hasattr(builtins, "mark"), "mark" in globals(), "MARK" in os.environ,
              "tests" in sys.modules, "gtan" in sys.modules],
    "random": [random.random()],
    "files": sorted(os.readlink(f"/proc/self/fd/{n}").partition(":")[0] for n in (1, 2)),
    "argv": [sys.argv[0], len(sys.argv)],
    "folder": os.getcwd(),
    "path": sys.path,
    "main": sys.modules["__main__"].__dict__ is globals(),
    "group": os.getpgrp() == os.getpid(),
    "environment": sorted(set(os.environ) - {"MARK"}),
}
if "numpy" in sys.modules:
    found["random"].append(sys.modules["numpy"].random.random())
if "torch" in sys.modules:
    import torch
    found["random"] += [torch.initial_seed(), torch.rand(()).item()]
    found["torch"] = [torch.get_num_threads(), torch.cuda.is_initialized()]
builtins.mark = mark = os.environ["MARK"] = "1"
random.seed(0); sys.path.append("mark"); os.chdir("/"); open(out, "w").write(json.dumps(found))
left_open = open(out + ".open", "w"); left_open.write("kept")
"""


@pytest.fixture(autouse=True)
def parents() -> Iterator[dict[Any, Any]]:
    yield warm._parents
    for parent in filter(None, warm._parents.values()):
        parent.end()
    warm._parents.clear()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(source: str, warm: bool = True, **parameters: Any) -> Path:
        head = nbformat.v4.new_code_cell('out: str = ""', metadata={"tags": ["parameters"]})
        made = nbformat.v4.new_notebook(
            cells=[head, nbformat.v4.new_code_cell(source)],
            metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
        )
        nbformat.write(made, tmp_path / "in.ipynb")
        output = tmp_path / "out.ipynb"
        return run_notebook(tmp_path / "in.ipynb", output, parameters, progress=False, warm=warm)

    return run


def looked(run: Run, out: Path, warm: bool, modules: str = "") -> dict[str, Any]:
    run(modules + LOOK, warm, out=str(out))
    assert Path(f"{out}.open").read_text() == "kept"  # as at the end of any Python
    found: dict[str, Any] = json.loads(out.read_text())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("modules", ["", "import torch"])
def test_every_kernel_is_a_fresh_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modules: str
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # as dask does; threads are not forked
    if modules:
        monkeypatch.setattr(warm, "modules_for", lambda _: list(warm.MODULES))
    ordinary, first, second = (
        looked(run, tmp_path / f"{n}.json", n > 0, modules) for n in range(3)
    )
    assert ordinary.pop("parent") == os.getpid()
    assert first.pop("parent") == second.pop("parent") != os.getpid()
    numbers = [found.pop("random") for found in (ordinary, first, second)]
    assert len({str(number) for column in zip(*numbers, strict=True) for number in column}) == (
        3 * len(numbers[0])
    )
    assert ordinary == first == second
    assert ordinary["marks"] == [False] * 5 and ("torch" in ordinary) == bool(modules)


@pytest.mark.slow
def test_a_killed_kernel_costs_its_run_alone_and_so_does_a_killed_parent(
    run: Run, tmp_path: Path, parents: dict[Any, Any]
) -> None:
    from nbclient.exceptions import DeadKernelError

    def parent() -> int:
        return int(looked(run, tmp_path / "found.json", True)["parent"])

    before = parent()
    with pytest.raises(DeadKernelError):
        run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert parent() == before
    with pytest.raises(DeadKernelError):
        run("import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)")
    assert parent() == os.getpid()  # nobody is there to fork it
    assert parent() not in (before, os.getpid())
    assert len(parents) == 1


@pytest.mark.slow
def test_interrupts_errors_and_output_are_as_ever(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from papermill import PapermillExecutionError

    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # where it is, ipykernel leaves programs' output

    with pytest.raises(PapermillExecutionError, match="KeyboardInterrupt"):
        run("import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(60)")
    with pytest.raises(PapermillExecutionError, match="ValueError: 3"):
        run("print('said'); raise ValueError(3)")
    assert "said" in (tmp_path / "out.ipynb").read_text()
    run("import os, sys; print('of the notebook'); os.system('echo of a program')")
    assert text_of(tmp_path / "out.ipynb").count("of a program") == 1


@pytest.mark.slow
def test_a_measured_run_has_the_same_bytes(
    place: Path, monkeypatch: pytest.MonkeyPatch, parents: dict[Any, Any]
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    preset = Settings.preset("features").model_dump()
    overrides = {
        f"{group}.{name}": value
        for group, values in made().model_dump(mode="json").items()
        if isinstance(values, dict)
        for name, value in values.items()
        if value != preset[group][name]
    }
    left = []
    for forked in (False, True):
        folder = place / f"forked_{forked}"
        given = {"run_folder": str(folder), "preset": "features", "overrides": overrides}
        run_notebook(
            pipeline("measure"), folder / "measure.ipynb", given, progress=False, warm=forked
        )
        found = files(folder)
        kept = ("evaluation.json", "detections.json", "model.safetensors")
        left.append({Path(n).relative_to(folder): c for n, c in found.items() if n.endswith(kept)})
    assert [key[1:] for key in parents] == [warm.MODULES] and all(parents.values())
    assert len(left[0]) >= 3 and left[0] == left[1]


def test_what_cannot_be_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parents: dict[Any, Any]
) -> None:
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "none"]
    given = {"cwd": str(tmp_path), "env": os.environ | {"PYTHONPATH": str(tmp_path)}}
    assert warm._forked(["R", "--slave"], **given, modules=()) is None and not parents
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        assert warm._forked(command, **given, modules=()) is None and not parents
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True)"
    (tmp_path / "with_a_thread.py").write_text(f"{thread}.start()")
    for _ in range(2):  # not tried twice
        assert warm._forked(command, **given, modules=("with_a_thread",)) is None
        assert list(parents.values()) == [None]
        monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("tried again"))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("import gtan", True),
        ("x = 1\nfrom gtan.data import load_dataset", True),
        ("  import torch.nn as nn", True),
        ("import gtanx\nprint('import gtan')", False),
        ("import os\nos.environ['OMP_NUM_THREADS'] = '4'\nimport torch", False),
        ("%env OMP_NUM_THREADS=4\nimport torch", False),
    ],
)
def test_what_is_imported_beforehand(tmp_path: Path, source: str, wanted: bool) -> None:
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("import gtan"), nbformat.v4.new_code_cell(source)]
    )
    nbformat.write(made, tmp_path / "a.ipynb")
    assert warm.modules_for(tmp_path / "a.ipynb") == (list(warm.MODULES) if wanted else [])
