"""Proposals with labels of whole videos: by hand, by a slow reference, from files, and its page."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.cli import main
from gtan.data.annotations import read_detections, write_detections
from gtan.data.class_scores import COLUMNS, check_class_scores, read_class_scores
from gtan.evaluation import evaluate_detections, fuse_class_scores

PAGE = Path(__file__).parents[3] / "docs" / "class-scores.md"
DETECTIONS = ("video", "label", "start", "end", "score")
CUHK = {
    "class": ["Archery", "Ballet", "Cricket"],
    "results": {"a": [0.75, 0.25, 0.0], "b": [0.125, 0.375, 0.5]},
}
FOUND = [("a", "Ballet", 0.0, 4.0, 0.8), ("a", "Archery", 6.0, 9.0, 0.4)]


def detections(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(DETECTIONS))


def scores(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def file_of(folder: Path, content: Any = CUHK, name: str = "class-scores.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_by_hand(tmp_path: Path) -> None:
    """The page's own table."""
    fused = fuse_class_scores(detections(*FOUND), read_class_scores(file_of(tmp_path)))
    assert fused.columns.tolist() == list(DETECTIONS)
    wanted = [
        ("a", "Archery", 0.0, 4.0, 0.6), ("a", "Archery", 6.0, 9.0, 0.3),
        ("a", "Ballet", 0.0, 4.0, 0.2), ("a", "Ballet", 6.0, 9.0, 0.1),
    ]  # fmt: skip
    assert fused.iloc[:, :4].values.tolist() == [list(row[:4]) for row in wanted]
    assert fused["score"].tolist() == pytest.approx([row[4] for row in wanted], abs=1e-15)
    text = PAGE.read_text(encoding="utf-8")
    assert "| 0 s to 4 s, Ballet | 0.8 | 0.6 | 0.2 |" in text
    assert "| 6 s to 9 s, Archery | 0.4 | 0.3 | 0.1 |" in text


def slowly(found: pd.DataFrame, known: pd.DataFrame, top_k: int) -> list[tuple[Any, ...]]:
    rows = []
    for video in found["video"].unique():
        best = sorted(
            (row for row in known.itertuples() if row.video == video), key=lambda row: -row.score
        )[:top_k]
        proposals: dict[tuple[float, float], float] = {}
        for row in found.itertuples():
            if row.video == video:
                at = row.start, row.end
                proposals[at] = max(row.score, proposals.get(at, 0.0))
        here = [
            (video, one.label, start, end, score * one.score)
            for (start, end), score in proposals.items()
            for one in best
        ]
        rows += sorted(here, key=lambda row: -row[4])
    return rows


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from(("x", "y")), st.integers(0, 3),
            st.integers(3, 6), st.integers(0, 8),
        ),
        max_size=20,
    ),
    st.lists(st.integers(0, 8), min_size=12, max_size=12),
    st.integers(1, 5),
)  # fmt: skip
def test_as_a_slow_reference(rows: list[Any], numbers: list[int], top_k: int) -> None:
    """Scores are eighths, so that products are exact, and ties are many."""
    found = detections(*(((*row[:4], row[4] / 8)) for row in rows))
    found = found.astype({"video": "str", "label": "str", "score": float})
    pairs = [(video, label) for video in "abc" for label in "pqrs"]
    known = scores(*((*pair, number / 8) for pair, number in zip(pairs, numbers)))
    fused = fuse_class_scores(found, known, top_k)
    assert list(fused.itertuples(index=False, name=None)) == slowly(found, known, top_k)


def test_a_perfect_classifier_mends_labels() -> None:
    """What only the labels had wrong is right afterwards; with proposals that have none, too."""
    truth = detections(("a", "x", 0, 4, 1), ("b", "y", 1, 3, 1))[list(DETECTIONS[:4])]
    found = truth.assign(label=["y", "x"], score=[0.9, 0.8])
    known = scores(("a", "x", 1.0), ("a", "y", 0.0), ("b", "x", 0.0), ("b", "y", 1.0))
    assert evaluate_detections(truth, found, "activitynet").average_mAP == 0
    for proposals in (found, found.drop(columns="label"), found.assign(label="")):
        fused = fuse_class_scores(proposals, known, 1, ["x", "y"])
        assert evaluate_detections(truth, fused, "activitynet").average_mAP == 1


def test_names_with_and_without_v(tmp_path: Path) -> None:
    known = scores(("a", "x", 0.5), ("v_b", "x", 0.25), ("v_v_c", "x", 1.0))
    found = detections(("v_a", "y", 0, 1, 1), ("b", "y", 0, 1, 1), ("v_c", "y", 0, 1, 1),
                       ("a", "y", 0, 1, 1))  # fmt: skip
    fused = fuse_class_scores(found, known)
    assert fused["video"].tolist() == ["v_a", "b", "v_c", "a"]
    assert fused["score"].tolist() == [0.5, 0.25, 1.0, 0.5]


def test_fewer_labels_than_asked_for_and_no_detections() -> None:
    known = scores(("a", "x", 0.5))
    assert len(fuse_class_scores(detections(*FOUND), known, 5)) == 2
    assert fuse_class_scores(detections(), known).columns.tolist() == list(DETECTIONS)


@pytest.mark.parametrize(
    ("found", "known", "more", "words"),
    [
        (detections(("b", "x", 0, 1, 1), ("c", "x", 0, 1, 1)), [("a", "x", 0.5)], {},
         "2 videos have detections and no class scores: 'b', 'c'; the class scores are of 'a'"),
        (detections(*FOUND), [("a", "x", 0.5), ("z", "w", 0.5)], {"labels": ["x"]},
         "1 labels are none of the data set's: 'w'"),
        (detections(("a", "x", 0, 1, -0.5)), [("a", "x", 0.5)], {}, "score -0.5 is negative"),
        (detections(*FOUND), [("a", "x", 1.5)], {}, r"row 0: score 1.5 is not from 0 to 1 \(1"),
        (detections(*FOUND), [("a", "x", -3.0)], {}, "logits. Apply softmax"),
        (detections(*FOUND), [("a", "x", float("nan"))], {}, "row 0: score is nan"),
        (detections(*FOUND), [("a", "x", 0.5), ("a", "x", 0.25)], {}, "'a' has two scores of 'x'"),
        (detections(*FOUND), [("a", 7, 0.5)], {}, r"label is .*7.*, not a name"),
        (detections(*FOUND), [("a", "x", 0.5)], {"top_k": 0}, "top_k = 0"),
        (detections(*FOUND), [("a", "x", 0.5)], {"top_k": True}, "top_k = True"),
    ],
)  # fmt: skip
def test_refused(found: pd.DataFrame, known: list[Any], more: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fuse_class_scores(found, scores(*known), **more)


def test_every_form_of_file(tmp_path: Path) -> None:
    wanted = check_class_scores(read_class_scores(file_of(tmp_path)))
    assert len(wanted) == 6 and wanted["score"].dtype == np.float64
    listed = {
        video: [{"label": label, "score": score} for label, score in zip(CUHK["class"], values)]
        for video, values in CUHK["results"].items()  # type: ignore[attr-defined]
    }
    lines = ["video,label,score", *(",".join(map(str, row)) for row in wanted.values.tolist())]
    contents: dict[str, Any] = {
        "1.json": {"classes": CUHK["class"], "results": CUHK["results"]},
        "2.json": {"results": listed},
        "3.csv": "\n".join(lines),
        "4.tsv": "\n".join(lines).replace(",", "\t"),
    }
    for name, content in contents.items():
        path = file_of(tmp_path, content, name)
        packed = tmp_path / f"{name}.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        for one in (path, packed):
            pd.testing.assert_frame_equal(read_class_scores(one), wanted)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"results": [1]}, "no class scores: needs"),
        ([], "no class scores: needs"),
        ({"results": {"a": [0.5]}}, 'has no list "class"'),
        ({"results": {"a": 0.5}, "class": ["x"]}, r"results\['a'\] is 0.5, not a list"),
        ({"results": {"a": [0.5, 0.5]}, "class": ["x"]}, "holds 2 scores, and there are 1 labels"),
        ({"results": {"a": [3.5]}, "class": ["x"]}, r"results\['a'\]\[0\]: score 3.5 is not from"),
        ({"results": {"a": ["0.5"]}, "class": ["x"]}, "score is '0.5', not a number"),
        ({"results": {"a": [0.5]}, "class": [1]}, "label is 1.0, not a name"),
        ({"results": {"a": [{"label": "x"}]}}, r"\[0\]: .* needs 'label' and 'score'"),
        ({"results": {"": [0.5]}, "class": ["x"]}, "video is '', not a name"),
        ('{"results": {"a": [0.5], "a": [1]}, "class": ["x"]}', "'a' appears twice"),
        ("{", "not JSON"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(tmp_path: Path, content: Any, words: str) -> None:
    path = file_of(tmp_path, content)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + words):
        read_class_scores(path)


def test_other_endings(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"class scores are \.json, \.csv or \.tsv"):
        read_class_scores(tmp_path / "scores.pkl")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the page's files."""
    database = {
        video: {
            "subset": "validation", "duration": 10.0,
            "annotations": [{"segment": segment, "label": label}],
        }
        for video, segment, label in (("v_a", [0, 4], "Archery"), ("v_b", [1, 3], "Cricket"))
    }  # fmt: skip
    database["v_c"] = {"subset": "training", "duration": 10.0,
                       "annotations": [{"segment": [0, 1], "label": "Ballet"}]}  # fmt: skip
    file_of(tmp_path, {"database": database}, "truth.json")
    file_of(tmp_path)
    found = [(f"v_{row[0]}", *row[1:]) for row in FOUND] + [("v_b", "Ballet", 1.0, 3.0, 0.5)]
    write_detections(detections(*found), tmp_path / "detections.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_runs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (content,) = blocks("json")
    assert json.loads(content) == CUHK
    namespace: dict[str, Any] = {}
    first, second = blocks("python")
    exec(compile(first, "class-scores", "exec"), namespace)
    # Archery is ranked first of its label. Of Cricket, the one detection is all right.
    assert float(capsys.readouterr().out) == pytest.approx(1.0)
    pd.testing.assert_frame_equal(read_detections("fused.json"), namespace["fused"])
    exec(compile(second, "class-scores", "exec"), namespace)
    assert len(namespace["fused"]) == 6


def test_the_command(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = blocks("sh")
    program, *arguments = shlex.split(command)
    assert program == "gtan" and main(arguments) == 0
    told = capsys.readouterr().out
    assert told.startswith("labels by class-scores.json, the best 2 of each video; score = score")
    assert "average mAP 1.0000" in told
    assert main([*arguments[:-4]]) == 0
    assert "average mAP 0.0000" in capsys.readouterr().out
    assert main([*arguments[:-4], "--top-labels", "2"]) == 2
    assert "no effect without --class-scores" in capsys.readouterr().err
    assert main([*arguments[:-1], "0"]) == 2
    assert "top_k = 0" in capsys.readouterr().err
    file_of(place, CUHK | {"class": ["Archery", "Ballet", "Crickets"]})
    assert main(arguments) == 2
    assert "1 labels are none of the data set's: 'Crickets'" in capsys.readouterr().err
