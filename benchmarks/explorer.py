"""How fast the explorer follows the hand, in Chromium.

    python benchmarks/explorer.py [RUN] [--lab | --hour | --video] [--json OUT]

On the stand-alone page, or with --lab in a real JupyterLab, or with --hour on a page of a made-up
recording of one hour (8 layers, 20,000 cells, 2,000 detections). Per slider: ms from the input
event to the frame painted (first message after the frame that drew it), and of script alone; and
the page's CPU time per painted move (script, layout and painting, on average). The animation:
milliseconds of script per frame, and the share of frames that came late. First paint: from opening
the page, or from the end of the notebook's cell. With --video the page has one (25 frames a
second, PyAV makes it), paused while the sliders move; then it plays: how often a second the cursor
was drawn, and the share of the main thread that took. The load is printed too: with all cores busy
every figure grows, so measure on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

import gtan
import gtan_viz

ROOT = Path(__file__).parents[1]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
SLIDERS = (
    "sigma_factor", "sigma", "center", "epsilon", "ratio_scale", "xi", "rho", "tiou", "score",
)  # fmt: skip
MOVES = 90
SCREEN = {"width": 1440, "height": 900}  # of a laptop

LISTEN = """() => {
  window.painted = [];
  const channel = new MessageChannel();
  let since = null;
  channel.port1.onmessage = () => {
    window.painted.push(performance.now() - since);
    since = null;
  };
  document.querySelector('.gtan-explorer').addEventListener('input', (event) => {
    if (since !== null) return;
    since = event.timeStamp;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }, true);
}"""

SCRIPT = """async (key) => {
  const { store } = document.querySelector('.gtan-explorer').explorer;
  const input = document.querySelector(`input[data-key=${key}]`);
  const times = [];
  for (let i = 0; i < 60; i++) {
    await new Promise(requestAnimationFrame);
    input.value = 250 + 500 * ((i % 30) / 30);
    const begin = performance.now();
    input.dispatchEvent(new Event('input', { bubbles: true }));
    store.flush();
    times.push(performance.now() - begin);
  }
  return times;
}"""

PLAY = """() => new Promise((resolve) => {
  const { play, state } = document.querySelector('.gtan-explorer').explorer;
  const stamps = [];
  const watch = (now) => {
    stamps.push(now);
    if (state.playing) requestAnimationFrame(watch);
    else resolve({ stamps, script: play.times });
  };
  play.toggle();
  requestAnimationFrame(watch);
})"""

# When the cell's execution ended, and when the explorer's first frame was on screen.
FIRST_IN_LAB = """async () => {
  const { content } = jupyterapp.shell.currentWidget;
  const cell = content.widgets.find((one) => one.model.type === 'code');
  let ended = null;
  const seen = new Promise((resolve) => {
    const look = () => {
      if (ended === null && cell.model.executionCount !== null) ended = performance.now();
      if (document.querySelector('.gtan-explorer canvas')) {
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
      } else {
        requestAnimationFrame(look);
      }
    };
    look();
  });
  jupyterapp.commands.execute('notebook:run-all-cells');
  const painted = await seen;
  return Math.max(0, painted - (ended ?? painted));
}"""
FIRST_ON_PAGE = (
    "new Promise((r) => requestAnimationFrame(() => setTimeout(() => r(performance.now()))))"
)
# Seconds of playing: how often the cursor of the timeline was drawn.
WATCH = """(seconds) => new Promise((resolve) => {
  const root = document.querySelector('.gtan-explorer');
  const cursor = [...root.querySelectorAll('.gx-cursor')].find((one) => !one.hidden);
  let drawn = 0;
  const watcher = new MutationObserver(() => drawn++);
  watcher.observe(cursor, { attributes: true, attributeFilter: ['style'] });
  root.explorer.act.play();
  setTimeout(() => {
    root.explorer.act.play();
    resolve(drawn);
  }, 1000 * seconds);
})"""
WATCHED = 10  # seconds
IDLE = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def percentiles(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, rounded."""
    names = {"median": 50, "p95": 95, "worst": 100}
    return {name: round(float(np.percentile(values, at)), 1) for name, at in names.items()}


def measure(page: Any) -> dict[str, Any]:
    """Sliders and animation of the explorer on this page."""
    page.wait_for_timeout(2500)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        """CPU time of the page's main thread so far, milliseconds."""
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(one["value"] for one in metrics if one["name"] == "ThreadTime")

    page.evaluate(LISTEN)
    found: dict[str, Any] = {}
    for key in SLIDERS:
        slider = page.locator(f"input[data-key={key}]")
        slider.evaluate("one => one.scrollIntoView({block: 'center'})")
        page.wait_for_timeout(300)
        box = slider.bounding_box()
        height = box["y"] + box["height"] / 2
        at = [box["x"] + box["width"] * (0.25 + 0.5 * ((k % 30) / 30)) for k in range(MOVES)]
        page.evaluate("window.painted.length = 0")
        page.mouse.move(at[0], height)
        before = used()
        page.mouse.down()
        for x in at:
            page.mouse.move(x, height)
            page.wait_for_timeout(12)
        page.mouse.up()
        page.wait_for_timeout(300)
        times = page.evaluate("window.painted")
        cpu = round((used() - before) / len(times), 1)
        painted = percentiles(times)
        script = percentiles(page.evaluate(SCRIPT, key))
        page.evaluate("document.querySelector('.gtan-explorer').explorer.act.reset()")
        page.wait_for_timeout(400)
        found[key] = {"painted": painted, "script": script, "cpu": cpu}
        print(f"{key:14} painted {painted}  script {script}  CPU {cpu}", flush=True)
    if page.evaluate("!document.querySelector('.gtan-explorer').explorer.state.traced"):
        print("animation: the recording was not probed while training")
        return found
    played = page.evaluate(PLAY)
    gaps = np.diff(played["stamps"])
    found["animation"] = {
        "script": percentiles(played["script"]),
        "late": round(float((gaps > 1.5 * 1000 / 60).mean()), 4),
        "frames": len(gaps),
    }
    print(f"{'animation':14} {found['animation']}")
    return found


@contextmanager
def lab(run: Path) -> Iterator[str]:
    """The address of the front-door notebook in a JupyterLab of its own."""
    with tempfile.TemporaryDirectory() as scratch, socket.socket() as free:
        work = Path(scratch) / "work"
        (work / "notebooks").mkdir(parents=True)
        (work / "runs").mkdir()
        shutil.copy(ROOT / "notebooks" / "explore.ipynb", work / "notebooks")
        shutil.copytree(run, work / "runs" / "run")
        private = {
            name: f"{scratch}/{name}"
            for name in (
                "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"
            )
        }  # fmt: skip
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        token = secrets.token_hex(16)
        server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1",
                f"--port={port}", f"--IdentityProvider.token={token}",
                f"--ServerApp.root_dir={work}", "--LabApp.expose_app_in_browser=True",
                "--allow-root",
            ],
            env=os.environ | private | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}/lab/tree/notebooks/explore.ipynb?token={token}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)  # and its kernels
            server.wait(20)


def in_lab(browser: Any, run: Path) -> dict[str, Any]:
    with lab(run) as address:
        page = browser.new_page(viewport=SCREEN)
        for _ in range(240):
            try:
                page.goto(address)
                break
            except Exception:  # until the server answers
                page.wait_for_timeout(250)
        page.wait_for_function(IDLE, timeout=60_000)
        first = round(page.evaluate(FIRST_IN_LAB))
        return {"first_paint": first, **measure(page)}


def hour(folder: Path) -> Path:
    """A run folder with one recording of an hour, as the tests make them."""
    sys.path.insert(0, str(ROOT))
    from tests.browser.conftest import write_run
    from tests.gtan_viz.conftest import make_explanation

    rng = np.random.default_rng(0)
    start, score = rng.uniform(0, 3590, 2000), np.sort(rng.uniform(0.01, 1, 2000))[::-1]
    found = make_explanation(
        clips=7200,
        cells=(20, 10, 5, 3, 2, 2, 1, 1),
        classes=[f"action {number}" for number in range(12)],
        truth=[(n % 12, 9.0 * n, 9.0 * n + 6) for n in range(390)],
        detections=[
            (n % 12, t, t + 5, s) for n, (t, s) in enumerate(zip(start, score, strict=True))
        ],
    )
    found.arrays["detections.source"][:] = (0, 1, 0, 0)
    for layer in range(1, 9):
        for name, rows in (("score", 3 * 13), ("offset", 3 * 2), ("overlap", 3)):
            weights = rng.normal(0, 0.3, (rows, 6)).astype(np.float16)
            found.arrays[f"layer{layer}.{name}_weights"] = weights
            found.arrays[f"layer{layer}.{name}_bias"] = np.zeros(rows, np.float16)
    cells = sum(int(found.arrays[f"layer{layer}.exists"].sum()) for layer in range(1, 9))
    windows = len(found.arrays["windows.start"])
    print(f"{windows} windows, {cells} kernels (mixed ones too), 2000 detections")
    return write_run(folder, [found], None)


def watch(page: Any) -> dict[str, float]:
    """Draws a second while the page's video plays, and the share of its main thread they took."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "ThreadTime"))

    before = used()
    draws = page.evaluate(WATCH, WATCHED) / WATCHED
    found = {"draws": round(draws, 1), "thread": round((used() - before) / WATCHED, 3)}
    print(f"{'video':14} {found}")
    return found


def on_page(browser: Any, run: gtan.Run | None, has_video: bool) -> dict[str, Any]:
    """On the stand-alone page of the run, or (None) of a recording of an hour."""
    with tempfile.TemporaryDirectory() as scratch:
        if run is None:
            run = gtan.open_run(hour(Path(scratch) / "run"))
        stored = [recording for recording, _ in run.explanations()]
        names = [max(stored, key=stored.count)]  # a probe recording, for the animation
        video: Path | bool = False
        if has_video:
            sys.path.insert(0, str(ROOT))
            from tests.videos import write_video

            video = write_video(Path(scratch) / "video.mp4", 60, Fraction(25))
        file = gtan_viz.page(run, Path(scratch) / "explore.html", names, video=video)
        print(f"page of {names[0]}: {file.stat().st_size / 1e6:.1f} MB")
        page = browser.new_page(viewport=SCREEN)
        page.goto(file.as_uri())
        page.locator(".gtan-explorer canvas").first.wait_for()
        found = {"first_paint": round(page.evaluate(FIRST_ON_PAGE)), **measure(page)}
        return {**found, "video": watch(page)} if has_video else found


def main() -> None:
    """Open it, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", help="default: the example run")
    parser.add_argument("--lab", action="store_true", help="in JupyterLab, not on the page")
    parser.add_argument("--hour", action="store_true", help="a made-up recording of one hour")
    parser.add_argument("--video", action="store_true", help="on a page that has a video")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not installed here")
    run = None if arguments.hour else gtan.open_run(arguments.run)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        found = (
            in_lab(browser, run.path)
            if arguments.lab and run
            else on_page(browser, run, arguments.video)
        )
        browser.close()
    found |= {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    print(f"first paint {found['first_paint']} ms; load {found['load']}, {found['cores']} cores")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
