"""Two machines in one: jobs on a dask cluster of two network namespaces, and what goes wrong there.

    sudo env PATH="$PATH" python scripts/two_machines.py        every job with every fault
    sudo env PATH="$PATH" python scripts/two_machines.py --jobs sweep --faults folder

Scheduler and one worker run in namespace `gtan-a`, the other worker in `gtan-b`, the command
itself outside; a folder is shared. Needs Linux, root and `ip`. One line a pair of job and fault:
seconds, how often runs were begun, and whether everything is there as it is without a fault.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
SCHEDULER = "10.77.0.1:8786"
HOSTS = {"gtan-a": "10.77.0.1", "gtan-b": "10.77.0.2"}
BODY = """
import os, pathlib, time
folder = pathlib.Path(run_folder)
with open(folder / "begun", "a") as file:
    file.write(f"{os.getppid()}\\n")
for part in range(20):
    time.sleep(seconds / 20)
    (folder / f"part{part}").write_text(str(seed))
(folder / "result").write_text(str(seed))
"""


def main() -> int:
    """Run; 1 if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), choices=JOBS)
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=FAULTS)
    parser.add_argument("--away", type=float, default=10.0, help="seconds that something is away")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # no namespace is left behind
    faulty = 0
    with tempfile.TemporaryDirectory(prefix="gtan-machines") as scratch, network():
        for job in given.jobs:
            whole: dict[str, str] = {}
            for fault in dict.fromkeys(["none", *given.faults]):
                place = Path(scratch) / f"{job}-{fault}"
                place.mkdir()
                with Cluster(place, given.away) as cluster:
                    said, seconds, code = carried_out(JOBS[job](cluster), cluster, FAULTS[fault])
                found = results(place / "shared")
                whole = whole or found
                fine = code == 0 and found == whole
                faulty += not fine
                begun = [
                    len(path.read_text().splitlines())
                    for path in (place / "shared").rglob("attempts")
                ]
                print(
                    f"{job:8} {fault:10} {seconds:6.1f} s  exit {code}  "
                    f"{'all there' if fine else 'NOT as without a fault'}  "
                    f"{len(begun)} runs, begun {sum(begun)} times",
                    flush=True,
                )
                if not fine:
                    print(said[-3000:])
                    print(sorted(set(whole.items()) ^ set(found.items()))[:6])
    return int(faulty > 0)


@contextmanager
def network() -> Iterator[None]:
    """Two namespaces on one bridge."""
    ip("link add gtan0 type bridge", "addr add 10.77.0.254/24 dev gtan0", "link set gtan0 up")
    for name, address in HOSTS.items():
        ip(
            f"netns add {name}",
            f"link add {name} type veth peer name eth0 netns {name}",
            f"link set {name} master gtan0 up",
            f"-n {name} addr add {address}/24 dev eth0",
            f"-n {name} link set eth0 up",
            f"-n {name} link set lo up",
        )
    try:
        yield
    finally:
        for name in HOSTS:
            ip(f"netns del {name}")
        ip("link del gtan0")


def ip(*commands: str) -> None:
    """Carry out commands of iproute2."""
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)


class Cluster:
    """A scheduler, two workers, and a folder that all see."""

    def __init__(self, place: Path, away: float) -> None:
        self.place, self.shared, self.away = place, place / "shared", away
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Cluster:
        self.shared.mkdir()
        self.scheduler()
        for host in HOSTS:
            self.worker(host)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            kill(process)

    def scheduler(self) -> None:
        """Begin with it."""
        options = ["--host", HOSTS["gtan-a"], "--port", "8786", "--no-dashboard"]
        self.start("scheduler", "gtan-a", "distributed.cli.dask_scheduler", *options)

    def worker(self, host: str) -> None:
        """One more, with the nanny that starts it anew."""
        options = ["--nthreads", "1", "--host", HOSTS[host], "--no-dashboard"]
        options += ["--local-directory", str(self.place / host)]
        self.start(host, host, "distributed.cli.dask_worker", f"tcp://{SCHEDULER}", *options)

    def start(self, name: str, host: str, module: str, *options: str) -> None:
        """Run a Python module on a host."""
        command = ["ip", "netns", "exec", host, sys.executable, "-m", module, *options]
        with open(self.place / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, env=environment()
            )


def environment() -> dict[str, str]:
    """Of all processes."""
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def kill(process: subprocess.Popen[bytes], how: int = signal.SIGKILL) -> None:
    """End a process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    process.wait()


def carried_out(
    command: list[str], cluster: Cluster, fault: Callable[[Cluster], None]
) -> tuple[str, float, int]:
    """What a command said, in how many seconds, and its exit code, while a fault happens."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )
    happening = threading.Thread(target=fault, args=(cluster,), daemon=True)
    happening.start()
    said, _ = process.communicate(timeout=900)
    happening.join(60)
    return said, time.perf_counter() - started, process.returncode


def results(folder: Path) -> dict[str, str]:
    """Hashes of what must not depend on faults."""
    names = ("result", "detections.json", "evaluation.json", "*.safetensors", "metrics/*.json")
    files = {path for name in names for path in folder.rglob(name) if path.is_file()}
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in sorted(files)
        if not path.name.startswith(".")
    }


def at_work(cluster: Cluster) -> None:
    """Until something was begun, and a moment more."""
    for _ in range(2400):
        names = [path.name for path in cluster.shared.rglob("*")]
        if any(name in ("begun", "attempts") or name.endswith(".part") for name in names):
            break
        time.sleep(0.05)
    time.sleep(1.5)


def nothing(cluster: Cluster) -> None:
    """No fault."""


def worker_killed(cluster: Cluster) -> None:
    """A worker and its nanny die at work; another comes a little later."""
    at_work(cluster)
    kill(cluster.processes["gtan-b"])
    time.sleep(cluster.away / 2)
    cluster.worker("gtan-b")


def scheduler_restarted(cluster: Cluster) -> None:
    """The scheduler dies, another comes at the same address, and workers as they would be."""
    at_work(cluster)
    kill(cluster.processes["scheduler"])
    time.sleep(cluster.away)
    cluster.scheduler()
    for host in HOSTS:  # as a service manager does
        try:
            cluster.processes[host].wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue
        cluster.worker(host)


def folder_away(cluster: Cluster) -> None:
    """The shared folder is gone for a while."""
    at_work(cluster)
    aside = cluster.shared.with_name("away")
    cluster.shared.rename(aside)
    time.sleep(cluster.away)
    if cluster.shared.exists():
        ghosts = sorted(str(p.relative_to(cluster.shared)) for p in cluster.shared.rglob("*"))
        print(f"written where no folder was: {ghosts[:5]}", flush=True)
        cluster.shared.rename(cluster.shared.with_name("ghost"))
    aside.rename(cluster.shared)


def sweep_job(cluster: Cluster) -> list[str]:
    """Twelve runs of a notebook that sleeps."""
    head = nbformat.v4.new_code_cell(
        'run_folder: str = ""\nseed: int = 0\nseconds: float = 3.0',
        metadata={"tags": ["parameters"]},
    )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(
        cells=[head, nbformat.v4.new_code_cell(BODY)], metadata={"kernelspec": kernel}
    )
    nbformat.write(made, cluster.place / "toy.ipynb")
    options = ["--folder", str(cluster.shared / "runs"), "-p", "seed", *map(str, range(12))]
    return gtan("sweep", str(cluster.place / "toy.ipynb"), *options)


def extract_job(cluster: Cluster) -> list[str]:
    """Features of four films of noise, 30 s each."""
    import numpy as np

    from gtan.video.encoding import write_mp4

    rng = np.random.default_rng(0)
    for name in "abcd":
        frames = (rng.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(375))
        write_mp4(cluster.shared / "videos" / f"{name}.mp4", frames, 12.5, {}, 12)
    return gtan(
        "extract", str(cluster.shared / "videos"), "--backbone", "world", "--batch-size", "1",
        "--out", str(cluster.shared / "features"),
    )  # fmt: skip


def study_job(cluster: Cluster) -> list[str]:
    """Two runs of the study's notebook."""
    overrides = (
        '{"training.iterations": 40, "training.checkpoint_every": 5, "training.trace_every": 5,'
        ' "training.validate_every": 40, "training.warmup": 5, "training.threads": 1}'
    )
    options = ["--folder", str(cluster.shared / "runs"), "-p", "preset", "sbhar", "-p", "baseline"]
    options += ["gtan", "fixed", "-p", "seed", "0", "-p", "overrides", overrides]
    return gtan("sweep", str(ROOT / "notebooks" / "pipelines" / "measure.ipynb"), *options)


def gtan(command: str, *options: str) -> list[str]:
    """A command of gtan's on the cluster."""
    return [
        sys.executable,
        "-m",
        "gtan.cli",
        command,
        *options,
        "--scheduler",
        f"tcp://{SCHEDULER}",
    ]


JOBS = {"sweep": sweep_job, "extract": extract_job, "study": study_job}
FAULTS = {
    "none": nothing,
    "worker": worker_killed,
    "scheduler": scheduler_restarted,
    "folder": folder_away,
}

if __name__ == "__main__":
    sys.exit(main())
