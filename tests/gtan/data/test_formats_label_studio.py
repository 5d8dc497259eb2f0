"""Label Studio: JSON and JSON-MIN exports of its three tags, and predictions to import."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gtan.data.formats import read_annotations, read_label_studio, read_scored, write_label_studio


def timeline(start: int, end: int, *labels: str) -> dict[str, Any]:
    return {"ranges": [{"start": start, "end": end}], "timelinelabels": list(labels)}


def region(value: dict[str, Any], **others: Any) -> dict[str, Any]:
    kind = next(key for key in value if key.endswith("labels"))
    tag = {"id": "x1", "from_name": "label", "to_name": "video", "origin": "manual"}
    return {"type": kind, "value": value, **tag, **others}


def task(*results: list[dict[str, Any]], data: dict[str, Any] | None = None) -> dict[str, Any]:
    data = {"video": "/data/upload/1/0a1b2c3d-monday.mp4"} if data is None else data
    annotations = [{"id": n, "completed_by": n, "result": r} for n, r in enumerate(results)]
    return {"id": 7, "data": data, "annotations": annotations, "predictions": []}


def export(folder: Path, *tasks: Any) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(list(tasks)))
    return path


def test_frames_of_a_video_count_from_1_both_ends_in(tmp_path):
    regions = [region(timeline(1, 10, "run")), region(timeline(11, 11, "jump", "fall"))]
    regions[1]["type"] = "timeserieslabels"  # as some versions write it
    path = export(tmp_path, task(regions))
    truth = read_annotations(path, "label_studio", fps=10)
    assert truth.instances.values.tolist() == [
        ["0a1b2c3d-monday", "run", 0.0, 1.0],
        ["0a1b2c3d-monday", "jump", 1.0, 1.1],
        ["0a1b2c3d-monday", "fall", 1.0, 1.1],
    ]
    assert read_label_studio(path, fps=10, strip_hash=True).videos["video"].tolist() == ["monday"]
    with pytest.raises(ValueError, match="task 7: timelinelabels count frames; say fps"):
        read_label_studio(path)


def test_time_series_of_numbers_and_of_dates(tmp_path):
    numbers = [region({"start": 1500, "end": 4000.5, "timeserieslabels": ["run"]})]
    dates = [
        region(
            {"start": "2024-05-01 10:00:01.5", "end": "2024-05-01T10:01:00",
             "timeserieslabels": ["run"]}
        )
    ]  # fmt: skip
    path = export(
        tmp_path,
        task(numbers, data={"csv": "https://x.org/a/b.csv?token=1"}),
        task(dates, data={"csv": "c.csv", "person": "Ann"}),
    )
    found = read_label_studio(path, unit=0.001, starts={"c": "2024-05-01 10:00:00"}).instances
    assert found.values.tolist() == [["b", "run", 1.5, 4.0005], ["c", "run", 1.5, 60.0]]
    with pytest.raises(ValueError, match=r"'2024-05-01 10:00:01.5' is a date; say starts=\{'c'"):
        read_label_studio(path)
    with pytest.raises(ValueError, match="no time between dates"):
        read_label_studio(path, starts={"c": "May"})


def test_audio_regions_in_seconds_and_their_length(tmp_path):
    value = {"start": 0.5, "end": 2.25, "channel": 0, "labels": ["speech"]}
    others = [
        region({"start": 3, "end": 9, "text": "a word", "labels": ["noun"]}),
        region({"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["car"]}),
        {"type": "choices", "value": {"choices": ["good"]}},
    ]
    local = {"audio": "/data/local-files/?d=calls%2Fmonday%20a.wav"}
    path = export(tmp_path, task([region(value, original_length=12.5), *others], data=local))
    with pytest.warns(UserWarning, match="1 labels without times, 1 rectanglelabels, 1 choices"):
        truth = read_label_studio(path)
    assert truth.instances.values.tolist() == [["monday a", "speech", 0.5, 2.25]]
    assert truth.videos["duration"].tolist() == [12.5]


def test_tasks_without_an_annotation_are_left_out_and_empty_ones_are_recordings(tmp_path):
    path = export(tmp_path, task(data={"video": "idle.mp4"}), task([], data={"video": "calm.mp4"}))
    with pytest.warns(UserWarning, match=r"1 of 2 tasks have no annotation .*: idle"):
        truth = read_label_studio(path)
    assert truth.videos["video"].tolist() == ["calm"] and len(truth.instances) == 0


def test_of_several_annotations_one_must_be_chosen(tmp_path):
    both = task([region(timeline(1, 10, "run"))], [region(timeline(1, 20, "run"))])
    path = export(tmp_path, both)
    with pytest.raises(ValueError, match=r"task 7: has 2 annotations, by 0, 1.*completed_by"):
        read_label_studio(path, fps=10)
    assert read_label_studio(path, fps=10, completed_by="1").instances["end"].tolist() == [2.0]
    both["annotations"][0]["was_cancelled"] = True
    both["annotations"][1]["completed_by"] = {"id": 5, "email": "a@b.c"}
    path = export(tmp_path, both)
    for who in ("", "5", "a@b.c"):
        found = read_label_studio(path, fps=10, completed_by=who).instances
        assert found["end"].tolist() == [2.0]


def test_json_min(tmp_path):
    flat = {
        "id": 1, "video": "monday.mp4", "annotator": 1, "annotation_id": 3, "lead_time": 1.5,
        "created_at": "2024-05-01T10:00:00.5Z", "updated_at": "2024-05-01T10:00:00.5Z",
        "videoLabels": [timeline(1, 10, "run"), timeline(21, 30, "jump")],
    }  # fmt: skip
    path = export(tmp_path, flat)
    assert read_label_studio(path, fps=10).instances.values.tolist() == [
        ["monday", "run", 0.0, 1.0],
        ["monday", "jump", 2.0, 3.0],
    ]
    path = export(tmp_path, flat, flat | {"annotator": 2})
    with pytest.raises(ValueError, match=r"'monday' is there twice.*completed_by"):
        read_label_studio(path, fps=10)
    with pytest.warns(UserWarning, match="1 of 2 tasks"):
        assert len(read_label_studio(path, fps=10, completed_by="2").instances) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ({"a": 1}, "not a list of tasks"),
        ([3], "not a list of tasks"),
        ([{"id": 4, "data": {}, "annotations": []}], "task 4: which entry of its data .* none"),
        ([task([], data={"a": "x.mp4", "b": "y.mp4"})], "data_key, one of 'a', 'b'"),
        ([task([region(timeline(5, 1, "run"))])], "task 7: end 1 is before start 4"),
        ([task([region(timeline("1", 2, "run"))])], "a time is '1', not a number"),
        ([task([region(timeline(1, 2, 3))])], "task 7: the label is not a name"),
        ([task([region({"start": 1, "end": 2, "labels": "run"})])], "not a list of labels"),
        ([task([{"type": "labels"}])], "task 7: not as Label Studio exports it"),
        ([task([3])], "task 7: not as Label Studio exports it"),
    ],
)
def test_faults_name_file_and_task(tmp_path, content, message):
    path = tmp_path / "export.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_label_studio(path, fps=1)


def test_the_recording_can_be_named(tmp_path):
    path = export(tmp_path, task([], data={"a": "x.mp4", "b": "y.mp4"}))
    assert read_label_studio(path, data_key="b").videos["video"].tolist() == ["y"]
    with pytest.raises(ValueError, match=r"no text 'c'; it has \['a', 'b'\]"):
        read_label_studio(path, data_key="c")


DETECTIONS = pd.DataFrame(
    [("a", "run", 0.04, 4.0, 0.5), ("a", "run", 3.0, 5.1, 0.25), ("b", "fall", 7.0, 7.04, 1.0)],
    columns=["video", "label", "start", "end", "score"],
)


@pytest.mark.parametrize("kind", ["timelinelabels", "timeserieslabels", "labels"])
def test_written_predictions_read_back(tmp_path, kind):
    path = tmp_path / "d.json"
    units = {"fps": 25.0} if kind == "timelinelabels" else {"unit": 0.5}
    write_label_studio(DETECTIONS, path, kind=kind, address="/v/{video}.mp4", **units)
    found = read_scored(path, "label_studio", **units)
    tolerance = 0.02 if kind == "timelinelabels" else 1e-12
    pd.testing.assert_frame_equal(found, DETECTIONS, atol=tolerance, rtol=0)
    first, _ = json.loads(path.read_text())
    assert first["data"] == {"video": "/v/a.mp4"}
    assert first["predictions"][0]["score"] == 0.375
    assert {one["type"] for one in first["predictions"][0]["result"]} == {kind}


def test_what_cannot_be_written(tmp_path):
    for options, message in (
        ({"path": "d.json"}, "say fps"),
        ({"path": "d.txt", "fps": 1.0}, r"imports \.json"),
        ({"path": "d.json", "kind": "x"}, "choose timelinelabels"),
    ):
        path = tmp_path / str(options.pop("path"))
        with pytest.raises(ValueError, match=message):
            write_label_studio(DETECTIONS, path, **options)
    write_label_studio(DETECTIONS.drop(columns="score"), tmp_path / "d.json", fps=25.0)
    with pytest.raises(ValueError, match="region has no score"):
        read_scored(tmp_path / "d.json", "label_studio", fps=25.0)


def test_regions_that_are_no_intervals_are_said(tmp_path) -> None:
    """A recording of which only boxes were drawn is not one in which nothing happens."""
    box = {"type": "videorectangle", "value": {"labels": ["run"], "sequence": [], "text": "x"}}
    span = {"type": "labels", "value": {"start": 1.0, "end": 2.0, "labels": ["run"]}}
    tasks = [
        {"id": 1, "data": {"video": "/v1.mp4"}, "annotations": [{"result": [box, box]}]},
        {"id": 2, "data": {"video": "/v2.mp4"}, "annotations": [{"result": [box, span]}]},
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks))
    with pytest.warns(UserWarning, match="left out") as said:
        found = read_annotations(path, "label_studio")
    texts = " ".join(str(one.message) for one in said)
    assert "left out: 3 videorectangle" in texts and "1 of 2 tasks have no annotation" in texts
    assert found.videos["video"].tolist() == ["v2"] and len(found.instances) == 1


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (
            {"type": "videorectangle", "value": {"sequence": [], "labels": ["car"]}},
            "videorectangle",
        ),
        ({"type": "labels", "value": {"x": 1, "y": 2, "labels": ["car"]}}, "labels without times"),
        ({"type": "choices", "value": {"choices": ["good"]}}, "choices"),
        ({"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"}, "relation"),
    ],
)
def test_a_task_of_other_regions_alone_is_left_out(tmp_path, other, kind) -> None:
    """Boxes that have "labels" were passed over, and their task was one without actions."""
    span = {"type": "labels", "value": {"start": 1.0, "end": 2.0, "labels": ["run"]}}
    only, both = ({"video": f"{name}.mp4"} for name in ("only", "both"))
    path = export(tmp_path, task([other], data=only), task([other, span], data=both))
    with pytest.warns(UserWarning, match="left out") as said:
        found = read_label_studio(path)
    texts = [str(one.message) for one in said]
    assert len(texts) == 2 and texts[1].endswith(f"left out: 2 {kind}")
    assert texts[0].endswith("1 of 2 tasks have no annotation and are left out: only")
    assert found.videos["video"].tolist() == ["both"] and len(found.instances) == 1


def test_other_regions_of_json_min_are_said_too(tmp_path) -> None:
    flat = {"id": 1, "annotator": 1, "turns": [{"author": "a", "text": "hello"}]}
    boxes = [{"sequence": [], "labels": ["car"]}, {"x": 1, "rectanglelabels": ["car"]}]
    path = export(
        tmp_path,
        flat | {"video": "only.mp4", "box": boxes, "quality": {"choices": ["a", "b"]}},
        flat | {"video": "calm.mp4"},
    )
    with pytest.warns(UserWarning, match="left out") as said:
        found = read_label_studio(path)
    kinds = "1 videorectangle, 1 rectanglelabels, 1 choices"
    assert str(said[-1].message).endswith(f"left out: {kinds}")
    assert found.videos["video"].tolist() == ["calm"]
