"""What all tests share: one thread, the same examples, and what to do where a tool is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# One thread makes sums come out the same each time, and leaves the other cores to the other test
# processes. Set before anything imports torch or numpy, so that nothing has to be imported here;
# processes that a test starts inherit it.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

# Tests share helpers as `tests.NAME`. What they test may lie elsewhere (the wheel installed, tests
# of an unpacked sdist): this folder comes last, so it hides nothing. Where it is this folder's,
# processes that tests start take it from here too, wherever they run.
ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
TESTED = Path(getattr(find_spec("gtan"), "origin", None) or "").resolve().parent
if TESTED.parent == ROOT:
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    )


class TorchIsMissing(MetaPathFinder):
    """Where torch is not installed, a test that asks for it is skipped, as a file of tests is."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name in ("torch", "accelerate"):
            pytest.skip(f"{name} is not installed", allow_module_level=True)


if find_spec("torch") is None:
    sys.meta_path.insert(0, TorchIsMissing())


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A skipped file is forgotten, so that those that share its helpers are skipped as well."""
    if report.skipped:
        sys.modules.pop(report.nodeid.removesuffix(".py").replace("/", "."), None)


# The same examples every time, unless one asks to explore.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OLDEST_NODE = 18


def pytest_report_header() -> str:
    """Which packages are tested."""
    return f"gtan: {TESTED}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with skipped_without_data():
        _setup(item)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with skipped_without_data():
        return (yield)


@contextmanager
def skipped_without_data() -> Iterator[None]:
    """Where a test asks for data of other people that are not here, it is skipped."""
    from gtan.data.store import MissingDataError
    from tests.published import missing

    try:
        yield
    except MissingDataError as error:
        missing(str(error))


def _setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") and not has_cuda():
        pytest.skip("no CUDA device here")
    if item.get_closest_marker("browser"):
        need("Chromium", find_chromium())
        need("Node", find_node())
        need("Python's playwright", find_spec("playwright"))


@pytest.fixture(scope="session", autouse=True)
def film_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the world's films lie: one folder a session, so that each is rendered at most once."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # shared by all workers
    os.environ["GTAN_CACHE"] = str(base / "gtan_cache")  # processes that tests start inherit it
    return base / "gtan_cache"


@pytest.fixture(scope="session", autouse=True)
def made_up_data(film_cache: Path) -> None:
    """A made-up SBHAR where there is none, unless it is required; see `tests.published`."""
    from filelock import FileLock

    from tests.published import FOLDER, REQUIRED, with_made_up_sbhar

    if REQUIRED or (FOLDER / "sbhar").exists():
        return
    folder = film_cache.with_name("published")  # shared by all workers
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            with_made_up_sbhar(folder)
    os.environ["GTAN_DATA"] = str(folder)  # processes that tests start inherit it


@pytest.fixture(scope="session")
def example() -> Any:
    """The run that ships with the package; what it is of, and its figures, may change."""
    import gtan

    return gtan.open_run()


@pytest.fixture(scope="session")
def example_recording(example: Any) -> str:
    """The recording that the example run explains at its last step."""
    return next(name for name, step in example.explanations() if step == example.step)


@pytest.fixture(scope="session")
def example_few(example: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The example run as of a data set with two recordings a subset, the explained one first.

    What looks through a whole subset would have every film of it rendered.
    """
    import gtan

    subsets = example.dataset().subsets
    explained = {name for name, _ in example.explanations()}
    kept = {
        name
        for names in subsets.values()
        for name in sorted(names, key=lambda name: name not in explained)[:2]
    }
    left_out = tuple(name for name in example.dataset().recordings if name not in kept)
    folder = tmp_path_factory.mktemp("few") / "run"
    shutil.copytree(example.path, folder)
    settings = example.settings.override({"data.exclude": left_out})
    (folder / "settings.json").write_text(settings.to_json())
    return gtan.open_run(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return need("Chromium", find_chromium())


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node."""
    return need("Node", find_node())


@pytest.fixture(scope="session")
def node_packages(node: str) -> None:
    """What the browser half needs of npm's."""
    packages = ROOT / "gtan_viz" / "js" / "node_modules"
    needed = all((packages / name).is_dir() for name in ("esbuild", "@preact"))
    need("What package-lock.json lists", needed, "npm --prefix gtan_viz/js ci")


def need(name: str, found: object, how: str = "Debian: apt-get install chromium nodejs") -> str:
    """What was found; where nothing was, skip, or fail if GTAN_REQUIRE_BROWSER=1."""
    if found:
        return str(found)
    message = f"{name} is not installed here ({how})"
    if os.environ.get("GTAN_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{message}, and GTAN_REQUIRE_BROWSER=1 asks for it", pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One Chromium for a whole test process: playwright runs only once in each."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@cache
def has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


@cache
def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, BROWSER_NAMES)), None)


@cache
def find_node() -> str | None:
    """Node's path, or None where it is missing or too old for its own test runner."""
    path = shutil.which("node")
    if path is None:
        return None
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    return path if int(version.lstrip("v").split(".")[0]) >= OLDEST_NODE else None
