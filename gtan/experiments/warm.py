"""Kernels for one notebook after the other: forked from a process that has imported their modules.

Starting a Python kernel is mostly imports, and so is a short notebook that uses torch. On Linux
`WarmKernelManager` keeps a process beside its own that has done them (`warm_parent`), and forks
each kernel from it: as fresh as any, but for those modules and Python's hash seed. Wherever that
cannot be, other systems and kernels of other languages, it starts a kernel as jupyter does.

gtan itself is never imported beforehand: a run has the code of the moment when it begins.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Pipe, wait
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from traitlets import List, Unicode

PARENT = Path(__file__).with_name("warm_parent.py")
MODULES = ("torch", "pandas", "pydantic", "safetensors.torch", "accelerate")  # that gtan imports
PATIENCE = 60.0  # seconds for an answer; imports from a slow disk take many

_IMPORTS = re.compile(r"^\s*(import|from) (gtan|torch)\b", re.M)
_SETS_VARIABLE = re.compile(r"environ|putenv|%(set_)?env")


class WarmKernelManager(AsyncKernelManager):
    """Forks its kernel, where it can.

    Attributes:
        modules: that the kernel shall have imported.
    """

    modules = List(Unicode(), config=True)

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
        process = _forked(kernel_cmd, kw.get("cwd") or os.getcwd(), kw["env"], tuple(self.modules))
        if process is None:
            await super()._async_launch_kernel(kernel_cmd, **kw)
            return
        provisioner: Any = self.provisioner
        provisioner.process, provisioner.cwd = process, kw.get("cwd")
        provisioner.pid = provisioner.pgid = process.pid
        self._reconcile_connection_info(provisioner.connection_info)


def modules_for(notebook: str | Path) -> list[str]:
    """`MODULES` for a notebook that imports gtan or torch, none for others.

    None as well where it sets an environment variable: torch would have read OMP_NUM_THREADS.
    """
    cells = nbformat.read(notebook, 4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return list(MODULES) if _IMPORTS.search(code) and not _SETS_VARIABLE.search(code) else []


class Forked:
    """What jupyter asks of a `Popen`, of a process that is another one's child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)  # means this process, also when its number is another's

    def poll(self) -> int | None:
        """0 once it has ended; nobody here can know its status."""
        return 0 if wait([self._handle], 0) else None

    def wait(self) -> int:
        wait([self._handle])
        os.close(self._handle)
        return 0

    def send_signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._handle, number)


class _Parent:
    """A `warm_parent`, and the pipe it is asked through; OSError where it does not answer."""

    def __init__(self, python: list[str], env: Mapping[str, str], modules: tuple[str, ...]) -> None:
        self._pipe, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [*python, str(PARENT), str(theirs.fileno()), *modules],
                env=env,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        try:
            os.close(os.pidfd_open(self._process.pid))  # not before Linux 5.3
            self._answer()
        except OSError:
            self.end()
            raise

    def fork(self, **request: Any) -> Forked:
        self._pipe.send_bytes(json.dumps(request).encode())
        return Forked(self._answer())

    def end(self) -> None:
        """Kernels that are still at work notice, and end."""
        self._pipe.close()
        self._process.kill()
        self._process.wait()

    def _answer(self) -> int:
        if not self._pipe.poll(PATIENCE):
            raise TimeoutError("the parent of kernels does not answer")
        try:
            return int(self._pipe.recv_bytes())
        except EOFError:
            raise ConnectionResetError("the parent of kernels is gone") from None


_lock = Lock()
_parents: dict[tuple[str, ...], _Parent | None] = {}  # None where there can be none


def _forked(
    command: list[str], cwd: str, env: Mapping[str, str], modules: tuple[str, ...]
) -> Forked | None:
    """The process that a kernel's command would start; None if it is not to be forked."""
    if sys.platform != "linux" or "ipykernel_launcher" not in command:
        return None
    at = command.index("ipykernel_launcher")
    python, argv = command[: at - 1], command[at + 1 :]  # between them is -m
    key = (*python, *modules)
    with _lock:
        if key not in _parents:
            _parents[key] = None
            with suppress(OSError):
                _parents[key] = _Parent(python, env, modules)
        parent = _parents[key]
        if parent is None:
            return None
        try:
            return parent.fork(argv=argv, cwd=cwd, env=dict(env))
        except OSError:  # it was killed; the next kernel has a new one
            del _parents[key]
            parent.end()
            return None
