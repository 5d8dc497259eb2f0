"""The process that `warm` forks kernels from. It is started by this file's path, before gtan.

It imports what it is told to, says so, and forks a kernel for every line that it is sent. It ends
when its asker does, and its kernels then notice within a second.

Nothing but imported modules is shared: no thread runs here, and no notebook's code ever did.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

# What a kernel imports before its first cell; not the debugger, which complains where it is early.
KERNEL = (
    "ipykernel_launcher",
    "ipykernel.kernelapp",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
)


def main(handle: str, *modules: str) -> None:
    """Fork kernels for who is at the other end of a pipe."""
    asker = Connection(int(handle))
    for name in (*KERNEL, *modules):
        import_module(name)
    gc.collect()
    gc.freeze()  # or the end of every kernel would go through these modules, and copy them
    if len(os.listdir("/proc/self/task")) > 1:
        return  # a fork would lack the threads that some module has started
    request = requested(asker)
    if request is not None:
        be_kernel(**request)


def requested(asker: Connection) -> dict[str, Any] | None:
    """In a fork: what was asked for. In the parent: None, once the asker is gone."""
    with asker, suppress(EOFError, ConnectionError):
        asker.send_bytes(b"0")
        while True:
            line = asker.recv_bytes()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            process = os.fork()
            if process == 0:
                request: dict[str, Any] = json.loads(line)
                return request
            os.setpgid(process, process)  # before it is told to who may kill the group
            asker.send_bytes(b"%d" % process)
    return None


def be_kernel(argv: list[str], cwd: str, env: dict[str, str]) -> None:
    """What `python -m ipykernel_launcher` would be, with these arguments."""
    from ipykernel.kernelapp import IPKernelApp

    parent = str(os.getppid())
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env | {"JPY_PARENT_PID": parent})
    sys.argv = [str(sys.modules["ipykernel_launcher"].__file__), *argv]
    # Seeds that were drawn by the imports; Python itself sees to its module random.
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()
    IPKernelApp.launch_instance([*argv, f"--IPKernelApp.parent_handle={parent}"])


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's folder, whose names are not for import
    main(*sys.argv[1:])
