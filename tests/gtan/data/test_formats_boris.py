"""BORIS: the exports of its versions 7 to 9, projects, and detections back as a project."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from gtan.data.formats import read_annotations, read_boris, read_scored, write_boris

HEADER_7 = [
    "Observation id", "Observation date", "Description", "Media file", "Total length", "FPS",
    "weather", "Subject", "Behavior", "Behavioral category", "Modifiers", "Behavior type",
    "Start (s)", "Stop (s)", "Duration (s)", "Comment start", "Comment stop",
]  # fmt: skip
HEADER_8 = [
    "Observation id", "Observation date", "Description", "Observation type", "Source",
    "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)", "Subject",
    "Observation duration by subject by observation", "Behavior", "Behavioral category",
    "Modifier #1", "Behavior type", "Start (s)", "Stop (s)", "Duration (s)", "Media file name",
    "Image index start", "Image index stop", "Image file path start", "Image file path stop",
    "Comment start", "Comment stop",
]  # fmt: skip
EVENT_7 = {
    "Observation id": "morning", "Media file": "C:\\videos\\cow.7.mp4", "Total length": "60.000",
    "FPS": "25.0", "Subject": "No focal subject", "Behavior": "eat", "Behavior type": "STATE",
    "Start (s)": "1.500", "Stop (s)": "4.250", "Duration (s)": "2.750",
}  # fmt: skip
EVENT_8 = {
    "Observation id": "morning", "Observation type": "Media file(s)",
    "Source": "player #1:/videos/cow.7.mp4", "Time offset (s)": "0.0",
    "Media duration (s)": "60.000", "FPS (frame/s)": "25.000", "Subject": "Bessy",
    "Behavior": "eat", "Behavior type": "STATE", "Start (s)": "1.5", "Stop (s)": "4.25",
    "Duration (s)": "2.75", "Media file name": "/videos/cow.7.mp4",
}  # fmt: skip
VERSIONS = [(HEADER_7, EVENT_7), (HEADER_8, EVENT_8)]


def export(folder: Path, header: list[str], *events: dict[str, str], name: str = "e.tsv") -> Path:
    mark = "," if name.endswith(".csv") else "\t"
    lines = [header, *([event.get(column, "") for column in header] for event in events)]
    path = folder / name
    path.write_text("".join(mark.join(line) + "\r\n" for line in lines))
    return path


@pytest.mark.parametrize("name", ["e.tsv", "e.csv"])
@pytest.mark.parametrize(("header", "event"), VERSIONS)
def test_aggregated_events_of_each_version(tmp_path, header, event, name):
    other = event | {"Behavior": "drink, a lot" if name == "e.tsv" else "drink"}
    truth = read_annotations(export(tmp_path, header, event, other, name=name), "boris")
    assert truth.instances.values.tolist() == [
        ["cow.7", "eat", 1.5, 4.25],
        ["cow.7", other["Behavior"], 1.5, 4.25],
    ]
    assert truth.videos["video"].tolist() == ["cow.7"]
    assert truth.videos["duration"].tolist() == [60.0]
    by_id = read_boris(export(tmp_path, header, event), recording="observation")
    assert by_id.videos["video"].tolist() == ["morning"]


@pytest.mark.parametrize(("header", "event"), VERSIONS)
def test_point_events_are_kept_and_said(tmp_path, header, event):
    point = event | {"Behavior": "moo", "Behavior type": "POINT", "Stop (s)": "NA"}
    path = export(tmp_path, header, event, point)
    with pytest.warns(UserWarning, match=r"1 of 2 events have no length .*cow\.7 1\.5 s moo"):
        truth = read_boris(path)
    assert truth.instances.values.tolist()[1] == ["cow.7", "moo", 1.5, 1.5]


def test_a_time_offset_is_taken_off_again(tmp_path):
    path = export(tmp_path, HEADER_8, EVENT_8 | {"Time offset (s)": "1.25"})
    with pytest.warns(UserWarning, match=r"'morning' has a time offset of 1\.25 s"):
        assert read_boris(path).instances.values.tolist() == [["cow.7", "eat", 0.25, 3.0]]


@pytest.mark.parametrize(
    ("header", "events"),
    [
        (HEADER_7, [EVENT_7, EVENT_7 | {"Media file": "next.mp4"}]),
        (HEADER_8, [EVENT_8 | {"Source": "player #1:/videos/cow.7.mp4;/videos/next.mp4"}]),
    ],
)
def test_several_files_in_a_row_have_times_of_the_observation(tmp_path, header, events):
    path = export(tmp_path, header, *events)
    with pytest.raises(ValueError, match=r"several media files in a row.*recording='observation'"):
        read_boris(path)
    assert set(read_boris(path, recording="observation").instances["video"]) == {"morning"}


def test_two_players_are_one_recording(tmp_path):
    both = {
        "Source": "player #1:/videos/cow.7.mp4|player #2:/videos/side.mp4",
        "Media duration (s)": "60.000|59.5",
    }
    videos = read_boris(export(tmp_path, HEADER_8, EVENT_8 | both)).videos
    assert videos["video"].tolist() == ["cow.7"] and videos["duration"].tolist() == [60.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Start (s)": "x"}, "line 2: start is 'x', not a number"),
        ({"Stop (s)": "NA"}, "line 2: stop is 'NA', not a number"),
        ({"Stop (s)": "1"}, "line 2: end 1 is before start 1.5"),
        ({"Behavior": ""}, "line 2: the label is empty"),
        ({"Behavior type": "START"}, "line 2: behavior type is 'START', not STATE or POINT"),
        ({"Media file": "NA"}, "line 2: names no media file.*recording='observation'"),
    ],
)
def test_faults_name_file_and_line(tmp_path, change, message):
    path = export(tmp_path, HEADER_7, EVENT_7 | change)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_boris(path)


def test_other_exports_are_named(tmp_path):
    tabular = ["Observation id", "Media file name", "Subject", "Behavior", "Behavior type", "Time"]
    with pytest.raises(ValueError, match=r"'Start \(s\)', 'Stop \(s\)' is missing \(one line for"):
        read_boris(export(tmp_path, tabular))
    with pytest.raises(ValueError, match="'Observation id' is missing"):
        read_boris(export(tmp_path, HEADER_7[1:]), recording="observation")
    path = export(tmp_path, HEADER_7)
    path.write_text(path.read_text() + "short\n")
    with pytest.raises(ValueError, match="line 2 has 1 fields, not 17"):
        read_boris(path)
    with pytest.raises(ValueError, match="choose 'media' or 'observation'"):
        read_boris(path, recording="both")


DETECTIONS = pd.DataFrame(
    [
        ("a", "run", 4.0, 6.5, 0.5),  # touches the next one
        ("a", "run", 0.0, 4.0, 0.25),
        ("a", "run", 3.0, 5.0, 0.125),  # overlaps both
        ("a", "walk", 3.0004, 5.0, 0.75),
        ("b", "run", 7.0, 7.0, 1.0),
    ],
    columns=["video", "label", "start", "end", "score"],
)


@pytest.mark.filterwarnings("ignore:.*no length")
def test_written_projects_read_back_to_the_millisecond(tmp_path):
    path = tmp_path / "d.boris"
    write_boris(DETECTIONS, path, media="/videos/{video}.mkv", durations={"a": 60.0})
    found = read_scored(path, "boris")
    wanted = DETECTIONS.assign(start=DETECTIONS["start"].round(3))
    by = ["video", "start", "end", "label"]
    pd.testing.assert_frame_equal(
        found.sort_values(by, ignore_index=True), wanted.sort_values(by, ignore_index=True)
    )
    videos = read_boris(path).videos
    assert videos["video"].tolist() == ["a", "b"] and videos["duration"].tolist() == [60.0, 7.0]
    project = json.loads(path.read_text())
    assert project["project_format_version"] == "7.0"
    assert {one["name"] for one in project["subjects_conf"].values()} == {"2"}
    assert {one["code"] for one in project["behaviors_conf"].values()} == {"run", "walk"}
    assert project["observations"]["a"]["file"]["1"] == ["/videos/a.mkv"]
    first = path.read_bytes()
    write_boris(DETECTIONS, path, media="/videos/{video}.mkv", durations={"a": 60.0})
    assert path.read_bytes() == first


def test_broken_projects(tmp_path):
    path = tmp_path / "p.boris"
    write_boris(DETECTIONS.drop(columns="score"), path)
    project = json.loads(path.read_text())
    with pytest.raises(ValueError, match="holds no score"):
        read_boris(path, scores=True)

    def fails(message: str) -> None:
        path.write_text(json.dumps(project))
        with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
            read_boris(path)

    events = project["observations"]["b"]["events"]
    kept = events.pop()
    fails("observation 'b': 'run' starts at 7 s and never stops")
    events.append([7.0, "", "fly", "", ""])
    fails("'fly': no such behavior")
    events[-1] = kept[:2]
    fails("not a BORIS project: IndexError")
    events[-1] = ["soon", *kept[1:]]
    fails("observation 'b': a time is 'soon', not a number")
    del project["behaviors_conf"]
    fails("not a BORIS project: KeyError")
    path.write_text("{")
    with pytest.raises(ValueError, match=r"p\.boris: not JSON"):
        read_boris(path)
    with pytest.raises(ValueError, match=r"ends in \.boris"):
        write_boris(DETECTIONS, tmp_path / "p.tsv")
