"""Every lesson: its notebook runs, its page is whole, its files are named alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import gtan_viz
from gtan_viz.cli import main
from gtan_viz.lessons.answers import read_answers
from gtan_viz.lessons.catalogue import lessons, notebook_of

ROOT = Path(__file__).parents[3]
JS = Path(gtan_viz.__file__).parent / "js" / "lessons"
NAMES = tuple(lessons())


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "article"])
def test_the_notebook_runs(name: str, tmp_path: Path) -> None:
    from gtan.experiments.notebooks import run_notebook

    if name == "network":  # its receptive fields are gradients of an untrained one
        pytest.importorskip("torch")
    done = tmp_path / "done.ipynb"
    run_notebook(notebook_of(name), done, {}, progress=False)
    cells = json.loads(done.read_text())["cells"]
    shown = [
        output
        for cell in cells
        for output in cell.get("outputs", ())
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    ]
    assert shown


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_whole(name: str, tmp_path: Path) -> None:
    from gtan_viz.lessons.page import lesson_page

    page = lesson_page(name, tmp_path / "lesson.html").read_text()
    index = json.loads(re.findall(r'id="gtan-lesson">(.*?)</script>', page)[0])
    assert index["lesson"] == name
    assert index["parts"]
    for number, one in enumerate(index["parts"]):
        assert f'<div id="gtan-part-{number}">' in page
        assert (JS / f"{one['part']}.js").is_file()
    assert (JS / f"{name}.js").is_file()
    assert (ROOT / "tests" / "browser" / f"test_lesson_{name}.py").is_file()
    notes = ROOT / "docs" / "lessons" / f"{name}.md"
    assert "exam question" in notes.read_text().lower()
    assert not re.search(r'(src|href)="https?:', page)


@pytest.mark.parametrize("name", [*NAMES, "article"])
def test_what_acts_is_a_value_of_a_part(name: str) -> None:
    cells = json.loads(notebook_of(name).read_text())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    scripts = "\n".join(path.read_text() for path in JS.glob("*.js"))
    for link in re.findall(r"\(#set:([^)]*)\)", text):
        for pair in link.split("&"):
            value = pair.split("=")[0]
            assert re.search(rf"\b{value}\b", scripts), f"{value} of {link}"


@pytest.mark.parametrize("name", [*NAMES, "article"])
def test_make_lessons_finds_the_notebook(name: str) -> None:
    (pattern,) = re.findall(r"papermill .*?(notebooks/\S+ipynb)", (ROOT / "Makefile").read_text())
    (found,) = ROOT.glob(pattern.replace("$$name", name))
    assert found.name == notebook_of(name).name


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == [*NAMES, "article"]
    page, notebook = tmp_path / "kernel.html", tmp_path / "kernel.ipynb"
    assert main(["lesson", "kernel", "--page", str(page), "--notebook", str(notebook)]) == 0
    assert page.stat().st_size > 10_000
    assert notebook.read_bytes() == notebook_of("kernel").read_bytes()
    assert main(["lesson", "kernel", "--notebook", str(notebook)]) == 2
    assert main(["lesson", "nothing"]) == 2
    assert "there is no lesson 'nothing'; there are" in capsys.readouterr().err


def test_answers_of_a_class(tmp_path: Path) -> None:
    for name, right in (("Ada", True), ("Bo", False)):
        answer = {"lesson": "kernel", "part": "kernel", "id": "half", "ask": "?", "given": 0.8,
                  "tries": 1, "right": right, "told": False}  # fmt: skip
        whole = {"format": "gtan-answers", "version": 1, "name": name, "answers": [answer]}
        (tmp_path / f"{name}.json").write_text(json.dumps(whole))
    rows = read_answers(tmp_path)
    assert rows.groupby("id")["right"].mean()["half"] == 0.5
    assert rows["name"].tolist() == ["Ada", "Bo"]
    (tmp_path / "other.json").write_text('{"format": "x"}')
    with pytest.raises(ValueError, match=r"other.json holds no answers"):
        read_answers(tmp_path)
