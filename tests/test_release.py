"""A release: the sdist is the tree as committed; the wheel, made from it, the packages."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.test_packaging import ROOT, pyproject
from tests.test_third_party import KNOWN, hashes

# Folders outside the packages whose files are installed as parts of them; see setup.py.
NOTEBOOKS = {
    "notebooks/lessons": "gtan_viz/lessons/notebooks",
    "notebooks/pipelines": "gtan/experiments/pipelines",
}
# What building adds to an sdist.
GENERATED = re.compile(r"PKG-INFO|setup\.cfg|gtan\.egg-info/.*")


@pytest.fixture(scope="module")
def committed() -> set[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    return {name for name in names if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def built(committed: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was made from it alone."""
    place = tmp_path_factory.mktemp("release")
    for name in committed:
        (place / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place / "source" / name)
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "source"]
    done = subprocess.run(build, cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return place / "dist"


@pytest.fixture(scope="module")
def sdist(built: Path) -> dict[str, bytes]:
    """Its files, by their name below its one folder."""
    (path,) = built.glob("*.tar.gz")
    folder = f"gtan-{pyproject()['version']}"
    assert path.name == f"{folder}.tar.gz"
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        assert {member.name.split("/")[0] for member in members} == {folder}
        assert all(member.isfile() or member.isdir() for member in members), "no links"
        return {
            member.name.removeprefix(f"{folder}/"): file.read()
            for member in members
            if (file := archive.extractfile(member))
        }


@pytest.fixture(scope="module")
def wheel(built: Path) -> dict[str, bytes]:
    (path,) = built.glob("*.whl")
    assert path.name == f"gtan-{pyproject()['version']}-py3-none-any.whl"
    assert path.stat().st_size <= 8_000_000
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}


@pytest.mark.slow
def test_the_sdist_is_the_tree_as_committed(sdist: dict[str, bytes], committed: set[str]) -> None:
    """Tests, pages and what the bundle is made with; see MANIFEST.in."""
    made = {name for name in sdist if GENERATED.fullmatch(name)}
    assert set(sdist) - made == committed
    assert [name for name in committed if sdist[name] != (ROOT / name).read_bytes()] == []


@pytest.mark.slow
def test_the_wheel_is_the_packages_and_nothing_else(
    wheel: dict[str, bytes], committed: set[str]
) -> None:
    """Data, schemas and the widgets' scripts too; an editable install hides a missing one."""
    wanted = {
        name: f"{NOTEBOOKS.get(folder, folder)}/{file}"
        for name in committed
        for folder, _, file in [name.rpartition("/")]
        if name.startswith(("gtan/", "gtan_viz/")) or folder in NOTEBOOKS
    }
    info = f"gtan-{pyproject()['version']}.dist-info/"
    found = {name for name in wheel if not name.startswith(info)}
    assert found == set(wanted.values()), "see [tool.setuptools] in pyproject.toml"
    assert [n for n, there in wanted.items() if wheel[there] != (ROOT / n).read_bytes()] == []
    assert {f"{info}licenses/LICENSE", f"{info}licenses/NOTICE"} <= set(wheel)


@pytest.mark.slow
@pytest.mark.parametrize("archive", ["sdist", "wheel"])
def test_nothing_of_others_is_released(archive: str, request: pytest.FixtureRequest) -> None:
    files: dict[str, bytes] = request.getfixturevalue(archive)
    assert not {n for n, content in files.items() if {*hashes(content)} & set(KNOWN)}


@pytest.mark.slow
def test_the_wheel_says_what_pyproject_says(wheel: dict[str, bytes]) -> None:
    project = pyproject()
    info = f"gtan-{project['version']}.dist-info"
    said: Message = message_from_bytes(wheel[f"{info}/METADATA"])
    assert (said["Name"], said["Version"]) == (project["name"], project["version"])
    assert said["Requires-Python"] == project["requires-python"]
    assert said["License-Expression"] == project["license"]
    assert set(said.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
    commands = wheel[f"{info}/entry_points.txt"].decode()
    assert all(f"{name} = {call}" in commands for name, call in project["scripts"].items())


@pytest.mark.slow
def test_an_index_would_take_both(built: Path) -> None:
    files = sorted(map(str, built.iterdir()))
    check = [sys.executable, "-m", "twine", "check", "--strict", *files]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2
