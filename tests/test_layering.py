"""The seams: what imports what, no pickle, and notebooks without outputs."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PICKLES = ("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")


@pytest.mark.parametrize("module", ["gtan", "gtan.evaluation", "gtan_viz"])
def test_imports_without_torch(module: str) -> None:
    if not (ROOT / module.replace(".", "/")).is_dir():
        pytest.skip(f"{module} is not there yet")
    code = f"import sys, {module}; sys.exit('torch' in sys.modules and 'torch was imported')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_gtan_never_imports_gtan_viz() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / "gtan").rglob("*.py"))
        for line, name in imported(ast.parse(path.read_text()))
        if name.split(".")[0] == "gtan_viz"
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
