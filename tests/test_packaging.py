"""pyproject.toml, constraints.txt, environment.yml, the Makefile and the README tell one story."""

import importlib.util
import json
import re
import sys
import tomllib
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import gtan

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
CHANGELOG = ROOT / "CHANGELOG.md"
START = ROOT / "docs" / "start.md"

# What conda-forge calls differently. Extras are packages of their own there.
CONDA_NAMES = {
    "torch": {"pytorch"},
    "build": {"python-build"},
    "kaleido": {"python-kaleido"},
    "dask[distributed]": {"dask-core", "distributed"},
}
# What conda brings and pip does not.
CONDA_ONLY = {"python", "pip", "nodejs"}


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements() -> dict[str, SpecifierSet]:
    """Every direct dependency, core and extras: name with its extras -> range."""
    project = pyproject()
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    parsed = [Requirement(line) for lines in lists for line in lines]
    assert all(r.marker is None and r.url is None for r in parsed), "not expected in this project"
    ranges: dict[str, SpecifierSet] = {}
    for r in parsed:
        if r.name == "gtan":
            continue
        key = canonicalize_name(r.name) + (f"[{','.join(sorted(r.extras))}]" if r.extras else "")
        assert key not in ranges, f"{key} is listed twice in pyproject.toml"
        ranges[key] = r.specifier
    return ranges


def constraints() -> dict[str, Version]:
    """Name -> the one version that constraints.txt allows."""
    versions: dict[str, Version] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([^\s+]+)", line)
        assert match, f"constraints.txt: not an exact version: {line!r}"
        name = canonicalize_name(match[1])
        assert name not in versions, f"constraints.txt: {name} stands twice"
        versions[name] = Version(match[2])
    return versions


def conda_environment() -> tuple[dict[str, SpecifierSet], list[str]]:
    """The conda packages (name -> range) and the lines of the pip part.

    Only the forms that conda and pip read alike are allowed: a name, or a name and a `>=` range.
    """
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    ranges: dict[str, SpecifierSet] = {}
    pip_lines: list[str] = []
    for entry in dependencies:
        if isinstance(entry, dict):
            assert set(entry) == {"pip"}
            pip_lines += entry["pip"]
            continue
        match = re.fullmatch(r"([a-z0-9_.-]+?)(>=\d+(?:\.\d+)*)?", entry)
        assert match, f"environment.yml: not understood: {entry!r}"
        assert match[1] not in ranges, f"environment.yml: {match[1]} stands twice"
        ranges[match[1]] = SpecifierSet(match[2] or "")
    return ranges, pip_lines


def base_name(key: str) -> str:
    return key.partition("[")[0]


def test_constraints_satisfy_the_ranges() -> None:
    pinned = constraints()
    for key, allowed in requirements().items():
        assert base_name(key) in pinned, f"{key} is missing in constraints.txt"
        assert pinned[base_name(key)] in allowed, f"{key}: pinned outside {allowed}"


def test_every_direct_dependency_has_a_lower_bound() -> None:
    for key, allowed in requirements().items():
        assert [s.operator for s in allowed] == [">="], f"{key}{allowed}"


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    """What `scripts/check_release.py --oldest` installs."""
    place = ROOT / "scripts" / "requirements.py"
    spec = importlib.util.spec_from_file_location("requirements_script", place)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    allowed = requirements()
    oldest = [Requirement(line) for line in script.requirements(True, ("torch", "dask"))]
    assert {base_name(key) for key in allowed} - {r.name for r in oldest} == {"torch", "dask"}
    for r in oldest:
        assert str(r.specifier) == str(allowed[canonicalize_name(r.name)]).replace(">=", "==")
    assert "dask[distributed]>=2025.1" in script.requirements()


def test_extra_all_holds_every_extra() -> None:
    extras = pyproject()["optional-dependencies"]
    (everything,) = extras["all"]
    assert Requirement(everything).extras == set(extras) - {"all"}


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="constraints.txt is of Python 3.11")
def test_constraints_are_the_whole_closure() -> None:
    """Nothing in the environment that runs these tests came in unpinned."""
    installed = {canonicalize_name(d.name) for d in distributions()}
    pinned = constraints()
    seen: set[str] = set()
    todo = [(base_name(key), {"distributed"} if "[" in key else set()) for key in requirements()]
    while todo:
        name, extras = todo.pop()
        # Not installed, or only where torch is a CUDA build: not ours to pin.
        if name in seen or name not in installed or name.startswith(("nvidia-", "cuda-", "triton")):
            continue
        seen.add(name)
        assert name in pinned, f"{name} is missing in constraints.txt"
        for line in distribution(name).requires or []:
            r = Requirement(line)
            if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in extras | {""}):
                todo.append((canonicalize_name(r.name), set(r.extras)))


def test_every_pin_can_be_installed_on_the_oldest_python() -> None:
    """On 3.11.2 too, which distributions ship: pip's own words about such a pin help nobody."""
    pinned = constraints()
    oldest = f"{pyproject()['requires-python'].removeprefix('>=')}.0"
    for d in distributions():
        if pinned.get(canonicalize_name(d.name)) == Version(d.version):
            asked = d.metadata.get("Requires-Python", "")
            assert oldest in SpecifierSet(asked), f"{d.name} {d.version} needs Python {asked}"


def test_conda_environment_has_the_same_packages_and_ranges() -> None:
    conda, pip_lines = conda_environment()
    assert "-e ." in pip_lines
    by_pip = {
        canonicalize_name(r.name): r.specifier
        for r in map(Requirement, (line for line in pip_lines if line != "-e ."))
    }
    expected_conda: dict[str, SpecifierSet] = {}
    expected_pip: dict[str, SpecifierSet] = {}
    for key, allowed in requirements().items():
        if key in by_pip:
            expected_pip[key] = allowed
        else:
            expected_conda |= dict.fromkeys(CONDA_NAMES.get(key, {key}), allowed)
    assert by_pip == expected_pip
    assert {k: v for k, v in conda.items() if k not in CONDA_ONLY} == expected_conda
    assert set(conda) >= CONDA_ONLY


def test_conda_channels() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]


def test_one_python_version() -> None:
    floor = pyproject()["requires-python"]
    assert floor == ">=3.11"
    assert conda_environment()[0]["python"] == SpecifierSet(floor)
    assert "sys.version_info < (3, 11)" in (ROOT / "Makefile").read_text()


def test_the_pythons_named_are_those_that_were_tried() -> None:
    """What the index shows, beside what the first page says was tried on it."""
    said = re.findall(r"Language :: Python :: (3\.\d+)", str(pyproject()["classifiers"]))
    (tried,) = re.findall(r"(?s)\*\*Tried\*\*.*?(?=\*\*Untried)", START.read_text())
    assert set(re.findall(r"\b3\.1\d\b", tried)) == set(said)
    assert f"Python {said[0]} and torch {constraints()['torch']}" in tried
    assert pyproject()["requires-python"] == f">={said[0]}"


def test_one_version() -> None:
    """What names the version agrees, and the changelog's newest entry is of it."""
    project = pyproject()
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == gtan.__version__ == project["version"]
    assert citation["license"] == project["license"]
    headings = re.findall(r"(?m)^## \[(.+?)\] - (.+)$", CHANGELOG.read_text())
    assert headings[0][0] == project["version"]
    versions = [Version(version) for version, _ in headings]
    assert versions == sorted(versions, reverse=True)
    assert headings[0][1] == citation["date-released"].isoformat()


def test_no_page_names_another_version() -> None:
    """`gtan 0.1.0`, `gtan==0.1.0`, `gtan-0.1.0-py3-none-any.whl` in a page are of this version."""
    pages = [README, ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        named = re.findall(r"\bgtan(?:\s*[=~>]=\s*|[ -]v?)(\d+\.\d+\.\d+)", page.read_text())
        assert set(named) <= {gtan.__version__}, page.name


def test_the_way_back_in_the_upgrade_notes_is_one() -> None:
    """Every setting in which 0.1.0's preset `sbhar` was another, by the names of today."""
    (block,) = re.findall(r"(?m)^ +(\{\"network(?:.|\n)*?\})$", CHANGELOG.read_text())
    overrides = json.loads(block)
    assert overrides == {
        "network.anchor_channels": [128] * 5, "kernels.sigma_ceiling": 1.5,
        "kernels.grouping": "join", "kernels.derivatives": 0, "loss.matching": "best",
        "loss.ties": "first", "loss.localization_unit": "cell", "loss.background_sigma": 0.0,
    }  # fmt: skip
    preset = gtan.Settings.preset("sbhar")
    assert len(preset.override(overrides).difference(preset)) == len(overrides)


@pytest.mark.parametrize("target", ["help", "demo", "test", "lab", "lint", "format", "clean"])
def test_makefile_has_the_target(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE), f"make {target}"


@pytest.mark.skipif(not README.exists(), reason="README.md is not there yet")
def test_readme_agrees() -> None:
    readme = README.read_text()
    for needed in ("Python 3.11", "make demo", "make test", "make lab"):
        assert needed in readme, f"README.md does not say {needed!r}"
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z]+)", readme)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"README.md: make {target}"
    torch = str(constraints()["torch"])
    mentioned = re.findall(r"\b(?:py)?torch[ =`]*(\d+\.\d+\.\d+)", readme, re.IGNORECASE)
    assert set(mentioned) <= {torch}, f"README.md names torch {mentioned}; constraints.txt {torch}"
