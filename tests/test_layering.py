"""The seams: what imports what, no pickle, and notebooks without outputs."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PICKLES = ("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")


@pytest.mark.parametrize(
    "package",
    [
        "gtan",
        "gtan.backbones",
        "gtan.data",
        "gtan.evaluation",
        "gtan.extraction",
        "gtan.runs",
        "gtan.video",
        "gtan_viz",
    ],
)
def test_importing_a_package_does_not_import_torch(package: str) -> None:
    code = f"import sys, {package}; sys.exit('torch' in sys.modules and 'torch was imported')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_runs_evaluation_and_pictures_do_without_torch() -> None:
    drawn = modules_in("gtan_viz")
    needed = {
        name
        for path in drawn.values()
        for _, name in imported(ast.parse(path.read_text()))
        if name.startswith("gtan.experiments.")
    }
    modules = [*modules_in("gtan/runs"), *modules_in("gtan/evaluation"), *sorted(needed), *drawn]
    done = subprocess.run(
        [sys.executable, "-P", ROOT / "tests" / "without_torch.py", *modules],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("folder", ["gtan/runs", "gtan/evaluation", "gtan/data"])
def test_what_is_read_does_not_import_what_makes_it(folder: str) -> None:
    guilty = [
        f"{module} imports {name}"
        for module, path in modules_in(folder).items()
        for name in imported_first(ast.parse(path.read_text()))
        if name.startswith(("gtan.training", "gtan.experiments"))
    ]
    assert not guilty


def test_figures_never_import_the_explorer() -> None:
    guilty = [
        f"{module}:{line}"
        for module, path in modules_in("gtan_viz/figures").items()
        for line, name in imported(ast.parse(path.read_text()))
        if name.startswith("gtan_viz.explorer")
    ]
    assert not guilty


@pytest.mark.parametrize("package", ["gtan", "gtan_viz"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    modules = modules_in(package)
    needs = {
        module: {*imported_first(ast.parse(path.read_text()))} & {*modules} - {module}
        for module, path in modules.items()
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_imports_are_found() -> None:
    code = """
import a, b.c as d
from e import f
if TYPE_CHECKING:
    import g
try:
    import h
except ImportError:
    pass
def later():
    import i
"""
    assert {"a", "b.c", "e", "e.f", "h"} == set(imported_first(ast.parse(code)))


def test_gtan_never_imports_gtan_viz() -> None:
    # Where somebody asks for a page.
    asked = [ROOT / "gtan/commands/detect.py", ROOT / "gtan/commands/demo.py"]
    guilty = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "gtan").rglob("*.py"))
        for line, name in imported(ast.parse(path.read_text()))
        if name.split(".")[0] == "gtan_viz" and path not in asked
    ]
    assert not guilty


def test_no_pickle_is_read() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{fault}"
        for folder in ("gtan", "gtan_viz", "scripts", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for fault in pickle_faults(path.read_text())
    ]
    assert not guilty


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import load",
        "import joblib as j",
        "import torch\ntorch.load(f)",
        "import torch\ntorch.load(f, weights_only=False)",
        "import torch as t\nt.load(f, map_location='cpu')",
        "from torch import load as read\nread(f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "import numpy as np\nnp.load(f, None, True)",
        "import numpy\nnumpy.load(f, allow_pickle=setting)",
        "import pandas as pd\npd.read_pickle(f)",
        "import accelerate\naccelerator = accelerate.Accelerator()\naccelerator.load_state(f)",
    ],
)
def test_pickle_is_found(code: str) -> None:
    assert list(pickle_faults(code))


@pytest.mark.parametrize(
    "code",
    [
        "import torch\ntorch.load(f, weights_only=True)",
        "import numpy as np\nnp.load(f)\nnp.load(f, allow_pickle=False)",
        "import json\njson.load(f)",
        "model.load_state_dict(state)",
    ],
)
def test_harmless_reading_is_allowed(code: str) -> None:
    assert not list(pickle_faults(code))


def test_notebooks_are_committed_without_outputs() -> None:
    if not (ROOT / "notebooks").is_dir():
        pytest.skip("notebooks/ is not there yet")
    guilty = [
        f"{path.relative_to(ROOT)}, cell {number}"
        for path in sorted((ROOT / "notebooks").rglob("*.ipynb"))
        if ".ipynb_checkpoints" not in path.parts
        for number, cell in enumerate(json.loads(path.read_text())["cells"])
        if cell.get("outputs") or cell.get("execution_count") is not None
    ]
    assert not guilty, "clear the outputs: jupyter nbconvert --clear-output --inplace NOTEBOOK"


def modules_in(folder: str) -> dict[str, Path]:
    """The modules below a folder, by their full name."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    parts = {path: path.relative_to(ROOT).with_suffix("").parts for path in paths}
    return {".".join(p[:-1] if p[-1] == "__init__" else p): path for path, p in parts.items()}


def imported_first(tree: ast.AST) -> Iterator[str]:
    """What is imported as soon as a module is: not in functions, not for type checkers.

    Of ``from a import b`` both a and a.b, since b may be a module.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, "import by the full name"
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        else:
            yield from imported_first(node)


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every absolute import, wherever in the file it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
        elif isinstance(node, ast.Call) and dotted(node.func, {}).endswith("import_module"):
            yield from (
                (node.lineno, str(a.value)) for a in node.args if isinstance(a, ast.Constant)
            )


def pickle_faults(source: str) -> Iterator[str]:
    """What in this source could read a pickle, as "line: what"."""
    tree = ast.parse(source)
    for line, name in imported(tree):
        if name.split(".")[0] in PICKLES:
            yield f"{line}: import of {name}"
    names = aliases(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = dotted(node.func, names)
        keywords = {k.arg: k.value for k in node.keywords}
        if called == "torch.load" and not is_constant(keywords.get("weights_only"), True):
            yield f"{node.lineno}: torch.load without weights_only=True"
        elif called == "numpy.load" and (
            len(node.args) > 2 or not is_constant(keywords.get("allow_pickle"), False, absent=True)
        ):
            yield f"{node.lineno}: numpy.load that may read a pickle"
        elif f".{called}".endswith((".pandas.read_pickle", ".accelerator.load_state")):
            yield f"{node.lineno}: {called} reads pickles"


def aliases(tree: ast.AST) -> dict[str, str]:
    """Local name -> full name, for every import in the file."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """`np.load` as "numpy.load"; "" for what is not a plain chain of names."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, names)}.{node.attr}"
    return ""


def is_constant(node: ast.expr | None, value: bool, absent: bool = False) -> bool:
    return absent if node is None else isinstance(node, ast.Constant) and node.value is value


def test_what_is_public_is_there_after_the_package_alone() -> None:
    pytest.importorskip("torch")
    names = ("kernels.kernel_weights", "grouping.group_kernels", "pooling.gaussian_pool",
             "detection.soft_nms", "evaluation.evaluate_detections", "network.GTAN")  # fmt: skip
    for name in names:  # each in a process of its own: none must rely on another's import
        code = f"import gtan; gtan.{name}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
