"""Audacity's labels, THUMOS14's submissions, and tools by name."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data.annotations import read_truth
from gtan.data.formats import (
    THUMOS14,
    TOOLS,
    read_annotations,
    read_audacity,
    read_class_list,
    read_scored,
    read_thumos_submission,
    write_annotations,
    write_audacity,
    write_thumos_submission,
)
from gtan.data.recordings import annotation_file

COLUMNS = ["video", "label", "start", "end", "score"]
DETECTIONS = pd.DataFrame(
    [("a", "run fast", 0.1234567, 4, 0.5), ("a", "run fast", 3, 5, 0.25), ("b", "x [1]", 7, 8, 1)],
    columns=COLUMNS,
)


def test_labels_points_frequencies_and_decimal_commas(tmp_path):
    path = tmp_path / "mon.day.txt"
    path.write_text(
        '3.400000\t6.100000\tspeech, "loud"\n\\\t120.000000\t4000.000000\n'
        "2,150000\t2,150000\tdoor\n"
    )
    with pytest.warns(UserWarning, match=r"1 of 2 events have no length .* 2\.15 s door"):
        truth = read_annotations(path, "audacity")
    assert truth.instances.values.tolist() == [
        ["mon.day", 'speech, "loud"', 3.4, 6.1],
        ["mon.day", "door", 2.15, 2.15],
    ]
    with pytest.warns(UserWarning, match="no length"):
        assert read_audacity(path, video="v").videos["video"].tolist() == ["v"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t2\n", "line 1: '1.t2' is not 'start<TAB>end<TAB>label'"),
        ("1\t2\tx\n\nx\t2\ty\n", "line 3: start is 'x', not a number"),
        ("1\t1e999\tx\n", "line 1: end is '1e999'"),
        ("2\t1\tx\n", "line 1: end 1 is before start 2"),
        ("1\t2\t\n", "line 1: the label is empty"),
        ("\\\t2\t3\n", "line 1: start is"),
        ("", "is empty"),
    ],
)
def test_faults_of_labels_name_file_and_line(tmp_path, text, message):
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_audacity(path)


def test_written_labels_read_back_to_a_microsecond(tmp_path):
    write_annotations(DETECTIONS, tmp_path, "audacity", scores=True)
    found = read_scored(tmp_path, "audacity")
    pd.testing.assert_frame_equal(
        found, DETECTIONS.astype({"end": float, "score": float}), atol=5e-7, rtol=0
    )
    write_annotations(DETECTIONS, tmp_path, "audacity")
    assert read_annotations(tmp_path, "audacity").instances["label"].tolist() == [
        "run fast",
        "run fast",
        "x [1]",
    ]
    with pytest.raises(ValueError, match="line 1: 'run fast' holds no score"):
        read_scored(tmp_path, "audacity")
    with pytest.raises(ValueError, match="does not fit on a line"):
        write_audacity(DETECTIONS.assign(label="a\nb"), tmp_path)
    with pytest.raises(ValueError, match="no score to write"):
        write_audacity(DETECTIONS.drop(columns="score"), tmp_path, scores=True)


def test_classes_of_thumos14_are_those_of_its_annotations():
    labels = set(read_truth(annotation_file("thumos14")).instances["label"])
    assert labels == set(THUMOS14.values()) and len(THUMOS14) == 21


def test_a_submission_with_blanks_tabs_and_numbers_as_programs_write_them(tmp_path):
    path = tmp_path / "run.txt"
    path.write_text(
        "video_test_0000004 0.2 1.1 7 0.98\n\n"
        "video_test_0000006\t3.000e+00   4.5  9.000000e+00 -1.5\r\n"
    )
    assert read_thumos_submission(path).values.tolist() == [
        ["video_test_0000004", "BaseballPitch", 0.2, 1.1, 0.98],
        ["video_test_0000006", "BasketballDunk", 3.0, 4.5, -1.5],
    ]
    classes = tmp_path / "classes.txt"
    classes.write_text("7 Pitch\n9 Slam Dunk\n")
    found = read_thumos_submission(path, read_class_list(classes))
    assert found["label"].tolist() == ["Pitch", "Slam Dunk"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("v 0 1 7", "line 2: 4 fields, not video, start, end, class, score"),
        ("v 0 1 8 0.5", "line 2: class 8 has no name; there are 0, 7, 9"),
        ("v 0 1 7.5 0.5", r"line 2: class 7\.5 has no name"),
        ("v 0 1 Billiards 0.5", "line 2: class is 'Billiards', not a number"),
        ("v 0 x 7 0.5", "line 2: end is 'x'"),
        ("v 0 1 7 nan", "line 2: score is 'nan'"),
        ("v 2 1 7 0.5", "line 2: end 1 is before start 2"),
    ],
)
def test_faults_of_submissions_name_file_and_line(tmp_path, line, message):
    path = tmp_path / "run.txt"
    path.write_text(f"w 0 1 7 1\n{line}\n")
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_thumos_submission(path)


def test_faults_of_class_lists(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("7 a\n7 b\n")
    with pytest.raises(ValueError, match="line 2: class 7 is there twice"):
        read_class_list(path)
    path.write_text("a 7\n")
    with pytest.raises(ValueError, match="line 1: 'a 7' is not a number and a name"):
        read_class_list(path)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(st.tuples(numbers, numbers, numbers, st.sampled_from(sorted(THUMOS14))), min_size=1)
)
def test_written_submissions_read_back_bit_by_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("thumos") / "run.txt"
    table = pd.DataFrame(
        [("v", THUMOS14[c], min(s, e), max(s, e), x) for s, e, x, c in rows], columns=COLUMNS
    )
    write_thumos_submission(table, path)
    pd.testing.assert_frame_equal(read_scored(path, "thumos"), table, check_exact=True)


def test_what_a_submission_cannot_hold(tmp_path):
    table = DETECTIONS.assign(label="Diving")
    for changed, message in (
        (DETECTIONS, "label 'run fast' has no number"),
        (table.assign(video="a b"), "hold no blanks"),
        (table.drop(columns="score"), "needs a column score"),
    ):
        with pytest.raises(ValueError, match=message):
            write_thumos_submission(changed, tmp_path / "run.txt")


def test_unknown_tools_and_files_list_those_that_exist(tmp_path):
    for use in (
        lambda: read_annotations("x", "praat"),
        lambda: write_annotations(DETECTIONS, "x", "praat"),
    ):
        with pytest.raises(ValueError, match="tool 'praat' is unknown; there are audacity, boris"):
            use()
    for tool in TOOLS:
        with pytest.raises(ValueError, match=f"x.pdf: {tool} has files that end in \\."):
            read_annotations("x.pdf", tool)
        with pytest.raises(ValueError, match="no file in it ends in"):
            read_annotations(tmp_path, tool)
        if tool != "frames":
            with pytest.raises(OSError, match="nowhere"):
                read_annotations(tmp_path / f"nowhere{TOOLS[tool][0].SUFFIXES[0]}", tool)


def test_a_recording_in_two_files_is_named(tmp_path):
    for name in ("a.txt", "a.eaf"):
        (tmp_path / name).write_text("t\t\t1.0\t2.0\tx\nt\t\t2.0\t3.0\tx\n")
    write_annotations(DETECTIONS, tmp_path, "elan")
    with pytest.raises(ValueError, match="recording 'a' is in two files"):
        read_annotations(tmp_path, "elan")
