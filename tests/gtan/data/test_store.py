"""Published data by name: from files, and from a server on this machine that often fails."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from gtan.cli import main
from gtan.data import download, store
from gtan.data.download import DownloadError
from gtan.data.published import PUBLISHED, Remote
from gtan.data.store import LicenceError, MissingDataError, add, check, find, remove
from tests.made_up import (
    activitynet_texts,
    framewise_folder,
    sbhar_texts,
    small_sbhar,
    thumos14_json,
    thumos14_truth,
    write_folder,
    write_tar,
    write_zip,
)


class Server(ThreadingHTTPServer):
    """Serves `content` at every path.

    Attributes:
        cut: bytes after which the next answers break off.
        ranges: whether it knows Range requests.
        status: of the answers, if not 200.
        asked: the Range header of each request.
    """

    content = b""
    cut: int | None = None
    ranges = True
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.server.asked.append(asked)
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        first = int(asked[6:-1]) if asked and self.server.ranges else 0
        body = self.server.content[first:]
        self.send_response(206 if first else 200)
        if first:
            whole = len(self.server.content)
            self.send_header("Content-Range", f"bytes {first}-{whole - 1}/{whole}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.server.cut is None else body[: self.server.cut])

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GTAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GTAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    raw = small_sbhar()
    monkeypatch.setitem(PUBLISHED, "sbhar", replace(PUBLISHED["sbhar"], contents=raw.digest()))
    for name in ("thumos14", "activitynet"):
        source = write_folder(tmp_path / name, {"thumos14.json": thumos14_json()})
        write_folder(source, activitynet_texts())
        made_up = store._CONTENTS[name](source)
        monkeypatch.setitem(PUBLISHED, name, replace(PUBLISHED[name], contents=made_up))
    return tmp_path / "data"


@pytest.fixture
def served(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A small SBHAR as an archive, at the server."""
    server.content = write_zip(tmp_path / "served.zip", sbhar_texts(small_sbhar())).read_bytes()
    remote = Remote(
        "sbhar.zip",
        f"http://127.0.0.1:{server.server_port}/smartphone.zip",
        len(server.content),
        hashlib.sha256(server.content).hexdigest()[:8],
    )
    monkeypatch.setitem(PUBLISHED, "sbhar", replace(PUBLISHED["sbhar"], remotes=(remote,)))
    monkeypatch.setattr(download, "BLOCK", 100)
    return server


def names(folder: Path) -> set[str]:
    """What lies in a folder, but for locks."""
    return {p.name for p in folder.iterdir() if p.suffix != ".lock"} if folder.exists() else set()


def added(name: str = "sbhar", source: Path | None = None) -> Path:
    return add(name, source, accept_licence=True, progress=False)


# --- downloads


def test_a_download(served: Server, folder: Path) -> None:
    assert added() == folder / "sbhar" == find("sbhar")
    assert names(folder) == {"sbhar"} and names(folder / "sbhar") == {"sbhar.zip"}
    assert check("sbhar") == []
    assert added() == folder / "sbhar" and len(served.asked) == 1  # it is there
    remove("sbhar")
    assert names(folder) == set()
    with pytest.raises(MissingDataError, match="sbhar is not in"):
        remove("sbhar")


def test_a_whole_hash_is_checked_too(
    served: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = PUBLISHED["sbhar"]
    whole = hashlib.sha256(served.content).hexdigest()
    remotes = (replace(data.remotes[0], sha256=whole),)
    monkeypatch.setitem(PUBLISHED, "sbhar", replace(data, remotes=remotes))
    assert added() == folder / "sbhar"


def test_cut_off_it_goes_on(served: Server, folder: Path) -> None:
    served.cut = 1000
    for there in (None, "bytes=1000-"):
        with pytest.raises(DownloadError, match="started again, it goes on where it was"):
            added()
        assert served.asked[-1] == there
        with pytest.raises(MissingDataError):
            find("sbhar")
    served.cut = None
    assert added() == folder / "sbhar" and served.asked[-1] == "bytes=2000-"
    assert (folder / "sbhar" / "sbhar.zip").read_bytes() == served.content


def test_a_server_that_cannot_go_on_begins_anew(served: Server, folder: Path) -> None:
    served.cut, served.ranges = 1000, False
    with pytest.raises(DownloadError):
        added()
    served.cut = None
    added()
    assert served.asked == [None, "bytes=1000-"] and check("sbhar") == []


@pytest.mark.parametrize("change", ["bit", "longer", "shorter"])
def test_another_file_is_not_kept(served: Server, folder: Path, change: str) -> None:
    right = served.content
    served.content = {
        "bit": bytes([right[0] ^ 1]) + right[1:],
        "longer": right + b"!",
        "shorter": right[:-1],
    }[change]
    said = "goes on where it was" if change == "shorter" else "not the file that is known"
    with pytest.raises(DownloadError, match=said):
        added()
    with pytest.raises(MissingDataError):
        find("sbhar")
    served.content = right
    added()
    assert check("sbhar") == []


def test_what_is_right_by_size_and_hash_must_be_right_inside(
    served: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(PUBLISHED["sbhar"], contents="0" * 64)
    monkeypatch.setitem(PUBLISHED, "sbhar", other)
    with pytest.raises(ValueError, match="its contents are not those that are known"):
        added()
    assert names(folder) == set()


@pytest.mark.parametrize("status", [404, 500, 403])
def test_errors_of_the_server(served: Server, status: int) -> None:
    served.status = status
    with pytest.raises(DownloadError, match=rf"the server says {status} .*--from FILE_OR_FOLDER"):
        added()


def test_no_network(served: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    data = PUBLISHED["sbhar"]
    nobody = (replace(data.remotes[0], address="http://127.0.0.1:1/x.zip"),)
    monkeypatch.setitem(PUBLISHED, "sbhar", replace(data, remotes=nobody))
    with pytest.raises(DownloadError, match=r"x.zip: cannot be reached from here \(no network\?\)"):
        added()


def test_a_full_disk(served: Server, folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    aside = folder / ".sbhar.adding"
    aside.mkdir(parents=True)
    (aside / ".sbhar.zip.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"the disk of .* is full: sbhar.zip takes .* make room"):
        added()
    (aside / ".sbhar.zip.part").unlink()
    assert added() == folder / "sbhar"


def test_a_folder_that_cannot_be_written(
    served: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "mkdir", refuse)  # root may write everywhere
    with pytest.raises(PermissionError, match="let GTAN_DATA name a folder of yours"):
        added()


def test_two_processes(served: Server, folder: Path) -> None:
    folder.mkdir()
    with (
        FileLock(folder / ".sbhar.lock"),
        pytest.raises(OSError, match="another process is at it"),
    ):
        added()
    added()


def test_nothing_to_download() -> None:
    with pytest.raises(MissingDataError, match=r"gtan data add gtea --from FILE_OR_FOLDER"):
        added("gtea")


# --- from files


def zipped(where: Path) -> Path:
    return write_zip(where / "smartphone.zip", sbhar_texts(small_sbhar()))


def tarred(where: Path) -> Path:
    return write_tar(where / "HAPT.tar.xz", sbhar_texts(small_sbhar()))


def unpacked(where: Path) -> Path:
    return write_folder(where / "unpacked", sbhar_texts(small_sbhar()))


def around(where: Path) -> Path:
    return tarred(where).parent


@pytest.mark.parametrize("make", [zipped, tarred, unpacked, around])
def test_sbhar_from_what_people_have(
    tmp_path: Path, folder: Path, make: Callable[[Path], Path]
) -> None:
    (tmp_path / "mine").mkdir()
    added("sbhar", make(tmp_path / "mine"))
    assert check("sbhar") == [] and names(folder) == {"sbhar"}
    with pytest.raises(ValueError, match="is there already; first: gtan data remove sbhar"):
        added("sbhar", make(tmp_path / "mine"))


def test_a_copy_that_fails_leaves_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match=r"the disk of .* is full; make room, start again"):
        added("sbhar", zipped(tmp_path))
    assert names(folder) == set()


def test_thumos14_and_later_its_official_truth(tmp_path: Path, folder: Path) -> None:
    mine = write_folder(tmp_path / "mine", {"thumos14.json": thumos14_json()})
    added("thumos14", mine / "thumos14.json")
    archive = write_zip(mine / "TH14_Temporal_annotations_test.zip", thumos14_truth())
    assert "Ambiguous" in store.lost("thumos14")
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-30])
    with pytest.raises(ValueError, match="damaged archive"):
        added("thumos14", archive)
    archive.write_bytes(whole)
    added("thumos14", archive)
    assert names(folder / "thumos14") == {"thumos14.json", archive.name}
    assert store.lost("thumos14") == ""
    with pytest.raises(ValueError, match="is there already; first: gtan data remove thumos14"):
        added("thumos14", mine)


def test_activitynet_needs_both_files(tmp_path: Path, folder: Path) -> None:
    mine = write_folder(tmp_path / "mine/data/activitynet_annotations", activitynet_texts())
    with pytest.raises(ValueError, match=r"there is no video_info_new\.csv"):
        added("activitynet", mine / "anet_anno_action.json")
    added("activitynet", tmp_path / "mine")
    assert names(folder / "activitynet") == set(activitynet_texts())


@pytest.mark.parametrize("per_split", [False, True])
def test_framewise_layouts(tmp_path: Path, folder: Path, per_split: bool) -> None:
    mine = framewise_folder(tmp_path / "mine", per_split)
    added("gtea", mine)
    assert check("gtea") == [] and (folder / "gtea" / "mapping.txt").exists()
    lost = next((folder / "gtea").glob("**/v2.npy"))
    lost.unlink()
    (fault,) = check("gtea")
    assert "has no features of v2" in fault
    (folder / "gtea" / "groundTruth" / "v1.txt").unlink()
    assert "v1" in check("gtea")[0]


def test_files_that_are_another_data_set(tmp_path: Path, folder: Path) -> None:
    mine = framewise_folder(tmp_path / "mine")
    with pytest.raises(MissingDataError, match="holds no sbhar: looked for"):
        added("sbhar", mine)
    with pytest.raises(FileNotFoundError, match="there is no"):
        added("sbhar", tmp_path / "nowhere")
    with pytest.raises(ValueError, match="no data set 'sbar' is known; there are sbhar, thumos14"):
        added("sbar")
    broken = write_zip(tmp_path / "broken.zip", {"x.txt": ""})
    with pytest.raises(ValueError, match="not SBHAR's raw data"):
        added("sbhar", broken)
    assert names(folder) == set()
    with pytest.raises(ValueError, match="is where sbhar belongs, or around it"):
        added("sbhar", tmp_path)


# --- the command


def test_the_licence_is_shown_and_asked_for(
    served: Server,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main(["data", "add", "sbhar"]) == 2  # nobody to ask
    said, error = capsys.readouterr()
    said = " ".join(said.split())
    assert "prohibits any commercial use" in said and "CC BY 4.0" in said
    assert "Neurocomputing" in said and "gtan data add sbhar --accept-licence" in error
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, code in (("", 2), ("n", 2), ("y", 0)):
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        assert main(["data", "add", "sbhar"]) == code
    assert "prohibits any commercial use" in capsys.readouterr().out
    with pytest.raises(LicenceError):
        add("sbhar")


def test_the_command(served: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "path", "sbhar"]) == 2
    error = capsys.readouterr().err
    assert "gtan data: error: sbhar is not in" in error and error.count("\n") == 1
    assert main(["data", "add", "sbhar", "--accept-licence"]) == 0
    assert main(["data", "add", "sbhar"]) == 0  # it is here
    assert "sbhar is here" in capsys.readouterr().out
    assert main(["data", "path", "sbhar"]) == 0
    assert capsys.readouterr().out == f"{folder / 'sbhar'}\n"
    assert main(["data", "list"]) == 0
    listed = capsys.readouterr().out
    assert "sbhar: is here" in listed and "thumos14: not here" in listed and str(folder) in listed
    assert main(["data", "check", "sbhar"]) == 0
    (folder / "sbhar" / "sbhar.zip").write_bytes(served.content[:-100])
    assert main(["data", "check", "sbhar"]) == 1
    assert "damaged archive" in capsys.readouterr().out
    assert main(["data", "remove", "sbhar"]) == 0 and names(folder) == set()
    assert main(["data", "check", "sbar"]) == 2


def test_every_data_set_is_described() -> None:
    for name, data in PUBLISHED.items():
        assert name == data.name and all((data.title, data.licence, data.citation, data.website))
        for remote in data.remotes:
            assert remote.address.startswith("https://") and remote.size and len(remote.sha256) > 7
