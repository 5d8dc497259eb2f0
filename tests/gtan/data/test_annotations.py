import csv
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtan.data.annotations import (
    Annotations,
    as_annotations,
    check_detections,
    read_detections,
    read_proposals,
    read_truth,
    write_detections,
)
from gtan.files import read_json

TRUTH = {
    "version": "x",
    "taxonomy": [],
    "database": {
        "b": {
            "subset": "training",
            "duration": 10,
            "annotations": [{"segment": [1, 2.5], "label": "run"}],
        },
        "a": {
            "subset": "validation",
            "duration": 7.25,
            "annotations": [
                {"segment": [3, 4], "label": "jump"},
                {"segment": [0, 1], "label": "run"},
            ],
        },
        "idle": {"subset": "validation", "annotations": []},
    },
}


def write(path: Path, content: object) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["truth.json", "truth.json.gz"])
def test_truth_from_json_keeps_file_order_and_recordings_without_actions(tmp_path, name):
    truth = read_truth(write(tmp_path / name, TRUTH))
    assert truth.instances.to_dict("list") == {
        "video": ["b", "a", "a"],
        "label": ["run", "jump", "run"],
        "start": [1.0, 3.0, 0.0],
        "end": [2.5, 4.0, 1.0],
    }
    assert truth.videos["video"].tolist() == ["b", "a", "idle"]
    assert truth.videos["duration"].tolist()[:2] == [10.0, 7.25]
    assert np.isnan(truth.videos["duration"][2])


def test_subset_selects_and_an_unknown_one_lists_what_exists(tmp_path):
    path = write(tmp_path / "truth.json", TRUTH)
    truth = read_truth(path, "validation")
    assert truth.videos["video"].tolist() == ["a", "idle"]
    assert truth.instances["video"].tolist() == ["a", "a"]
    with pytest.raises(ValueError, match=r"truth\.json.*'testing'.*training, validation"):
        read_truth(path, "testing")


@pytest.mark.parametrize("name", ["truth.csv", "truth.csv.gz"])
def test_csv_with_columns_in_any_order_quotes_blank_lines_and_a_byte_order_mark(tmp_path, name):
    text = '﻿label,video,end,start,note\n"run, fast",007,3,0.1,x\n\nNA,nan, 4 ,1,\n'
    truth = read_truth(write(tmp_path / name, text))
    assert truth.instances.to_dict("list") == {
        "video": ["007", "nan"],
        "label": ["run, fast", "NA"],
        "start": [0.1, 1.0],
        "end": [3.0, 4.0],
    }
    assert truth.videos["video"].tolist() == ["007", "nan"]


def test_detections_of_both_kinds_are_equal_and_negative_scores_are_legal(tmp_path):
    results = {"v": [{"segment": [0.1, 2], "label": "run", "score": -0.3}], "w": []}
    one = read_detections(write(tmp_path / "d.json", {"results": results}))
    two = read_detections(write(tmp_path / "d.csv", "video,label,start,end,score\nv,run,.1,2,-.3"))
    pd.testing.assert_frame_equal(one, two)
    assert one.to_dict("records") == [
        {"video": "v", "label": "run", "start": 0.1, "end": 2.0, "score": -0.3}
    ]


def test_no_detection_is_legal(tmp_path):
    for path in (
        write(tmp_path / "d.json", {"results": {"v": []}}),
        write(tmp_path / "d.csv", "video,label,start,end,score\n"),
    ):
        frame = read_detections(path)
        assert list(frame.columns) == ["video", "label", "start", "end", "score"]
        assert len(frame) == 0
        write_detections(frame, tmp_path / "again.json")
        pd.testing.assert_frame_equal(read_detections(tmp_path / "again.json"), frame)


def test_proposals_need_no_label(tmp_path):
    content = {"results": {"v": [{"segment": [0, 1], "score": 0.5}]}}
    frame = read_proposals(write(tmp_path / "p.json", content))
    assert frame.to_dict("records") == [
        {"video": "v", "label": "", "start": 0.0, "end": 1.0, "score": 0.5}
    ]
    with pytest.raises(ValueError, match="'label'"):
        read_detections(tmp_path / "p.json")


def test_zero_length_is_read_as_activitynet_has_it(tmp_path):
    path = write(tmp_path / "t.csv", "video,label,start,end\nv,run,2,2\n")
    assert len(read_truth(path).instances) == 1


HEAD = "video,label,start,end,score\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("v,run,0,1,0.5\n", "video, label, start, end, score is missing from the header"),
        ("video,label,start,end\nv,run,0,1\n", "column score is missing"),
        (HEAD + "v,run,0,1,0.5\nv,run,0,1\n", "line 3 has 4 fields, not 5"),
        (HEAD + "v,run,0,1,0.5\n\nv,run,2,1,0.5\n", "line 4: end 1.0 is before start 2.0"),
        (HEAD + "v,run,2,1,0.5\n" * 3, "line 2: end .* 2 more such rows"),
        (HEAD + "v,run,0,1,nan\n", "line 2: score is nan; it must be finite"),
        (HEAD + "v,run,0,inf,1\n", "line 2: end is inf"),
        (HEAD + "v,run,1_0,20,1\n", "line 2: start is '1_0', not a number"),
        (HEAD + "v,run,\uff11,20,1\n", "line 2: start is '\uff11', not a number"),
        (HEAD + "v,run,0x1,20,1\n", "line 2: start is '0x1', not a number"),
        ("video,label,start,end,score, score\n", "column 'score' is there twice"),
        (HEAD + "v,run,zero,1,1\n", "line 2: start is 'zero', not a number"),
        (HEAD + "v,run,,1,1\n", "line 2: start is '', not a number"),
        (HEAD + "v,,0,1,1\n", "line 2: label is '', not a name"),
        (HEAD + "x" * 140_000 + ",run,0,1,1\n", "line 2: field larger"),
    ],
)
def test_broken_csv_names_file_and_line(tmp_path, text, message):
    path = write(tmp_path / "d.csv", text)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_detections(path)


GOOD = {"segment": [0, 1], "label": "run", "score": 0.5}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("{", "not JSON"),
        ("[" * 100_000, "JSON"),
        ([], "not ActivityNet detections.*found list"),
        ({"database": {}}, "needs {'results'.*found \\['database'\\]"),
        ({"results": []}, "not ActivityNet detections"),
        ({"results": {"v": {}}}, r"results\['v'\] is not a list"),
        ({"results": {"v": [GOOD, 3]}}, r"results\['v'\]\[1\]: 3.0 needs 'segment'"),
        ({"results": {"v": [{**GOOD, "segment": [1]}]}}, "needs 'segment'"),
        ({"results": {"v": [{**GOOD, "segment": 1}]}}, "needs 'segment'"),
        ({"results": {"v": [{"segment": [0, 1]}]}}, "'label', 'score'"),
        ({"results": {"v": [{**GOOD, "segment": ["0", 1]}]}}, "start is '0', not a number"),
        ({"results": {"v": [{**GOOD, "score": True}]}}, "score is True, not a number"),
        ({"results": {"v": [{**GOOD, "score": None}]}}, "score is None, not a number"),
        ({"results": {"v": [{**GOOD, "score": 10**400}]}}, "score is inf"),
        ({"results": {"v": [{**GOOD, "label": 3}]}}, "label is 3.*, not a name"),
        ({"results": {"v": [], "w": [GOOD, {**GOOD, "segment": [2, 1]}]}}, r"\['w'\]\[1\]: end"),
        ('{"results": {"v": [], "v": []}}', "'v' appears twice"),
        ('{"results": {"v": [{"segment": [0, NaN], "label": "r", "score": 1}]}}', "end is nan"),
    ],
)
def test_broken_json_names_file_and_record(tmp_path, content, message):
    path = write(tmp_path / "d.json", content)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_detections(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"database": {}}, "names no recording"),
        ({"database": {"v": 3}}, r"database\['v'\] is not an object"),
        ({"database": {"v": {"annotations": {}}}}, "is not a list"),
        ({"database": {"v": {"annotations": [{"label": "run"}]}}}, r"\['annotations'\]\[0\]"),
    ],
)
def test_broken_truth_names_file_and_record(tmp_path, content, message):
    path = write(tmp_path / "t.json", content)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_truth(path)


@pytest.mark.parametrize(
    "value", [None, "29.97", "30000/1001", 0, -1, float("nan"), True, [], 1e999]
)
def test_what_scoring_does_not_use_is_not_known_rather_than_wrong(tmp_path, value):
    entry = {"subset": None, "duration": value, "fps": value, "annotations": []}
    path = write(tmp_path / "t.json", {"database": {"v": entry, "w": {"duration": 3, "fps": 2.5}}})
    videos = read_truth(path).videos
    assert videos["subset"].tolist() == ["", ""]
    assert videos["duration"].isna().tolist() == [True, False] == videos["fps"].isna().tolist()
    assert videos.iloc[1].tolist() == ["w", "", 3.0, 2.5]


@pytest.mark.parametrize("fault", [None, {"annotations": 3}, {"annotations": [{"label": 3}]}])
def test_faults_of_a_subset_that_is_not_asked_for_do_not_matter(tmp_path, fault):
    gone = fault and {"subset": "gone", **fault}
    path = write(tmp_path / "t.json", {"database": {"x": gone, **TRUTH["database"]}})
    assert read_truth(path, "validation").videos["video"].tolist() == ["a", "idle"]
    with pytest.raises(ValueError, match="'x'"):
        read_truth(path)


def test_names_are_kept_as_they_are_in_both_kinds_of_file(tmp_path):
    names = [" run", "run ", "run", "r  n", "\u00e9", "e\u0301", "\u00a0x", "Run"]
    frame = pd.DataFrame({"video": names, "label": names[::-1], "start": 0.0, "end": 1.0})
    # Quoted: in a table, a space behind a comma is else none of the name.
    frame.assign(score=0.5).to_csv(tmp_path / "d.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    write_detections(frame.assign(score=0.5), tmp_path / "d.json")
    for path in (tmp_path / "d.csv", tmp_path / "d.json"):
        found = read_detections(path)
        assert found["video"].tolist() == names and found["label"].tolist() == names[::-1]


def test_other_broken_files(tmp_path):
    path = tmp_path / "d.json.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(ValueError, match="broken gzip"):
        read_detections(path)
    path.write_bytes(gzip.compress(b"{}" * 1000)[:20])
    with pytest.raises(ValueError, match="broken gzip"):
        read_detections(path)
    path = tmp_path / "d.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not UTF-8"):
        read_detections(path)
    with pytest.raises(ValueError, match=r"must end in \.json or \.csv"):
        read_detections(tmp_path / "d.pkl")
    with pytest.raises(FileNotFoundError):
        read_detections(tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="no subsets"):
        read_truth(write(tmp_path / "t.csv", "video,label,start,end\nv,run,0,1\n"), "test")
    with pytest.raises(ValueError, match="no annotation"):
        read_truth(write(tmp_path / "t.csv", "video,label,start,end\n"))


names = st.text(min_size=1, max_size=5).filter(lambda text: text.isprintable())
numbers = st.floats(allow_nan=False, allow_infinity=False)
rows = st.lists(st.tuples(names, names, numbers, numbers, numbers), max_size=8)


@given(rows)
def test_written_detections_read_back_equal(tmp_path_factory, rows):
    rows = sorted(((v, a, min(s, e), max(s, e), x) for v, a, s, e, x in rows), key=lambda r: r[0])
    columns = ["video", "label", "start", "end", "score"]
    frame = check_detections(pd.DataFrame(rows, columns=columns))
    folder = tmp_path_factory.mktemp("written")
    for name in ("d.json", "d.json.gz"):
        write_detections(frame, folder / name)
        first = (folder / name).read_bytes()
        pd.testing.assert_frame_equal(read_detections(folder / name), frame, check_exact=True)
        write_detections(frame, folder / name)
        assert (folder / name).read_bytes() == first
    assert sorted(path.name for path in folder.iterdir()) == ["d.json", "d.json.gz"]


def test_a_failing_write_leaves_the_old_file(tmp_path):
    frame = pd.DataFrame([{"video": "v", "label": "run", "start": 0, "end": 1, "score": 0.5}])
    write_detections(frame, tmp_path / "d.json")
    before = (tmp_path / "d.json").read_bytes()
    with pytest.raises(ValueError, match="row 0: score is nan"):
        write_detections(frame.assign(score=np.nan), tmp_path / "d.json")
    with pytest.raises(ValueError, match=r"written as \.json"):
        write_detections(frame, tmp_path / "d.csv")
    assert (tmp_path / "d.json").read_bytes() == before


GOOD_ROWS = pd.DataFrame(
    {"video": "v", "label": "run", "start": [0.0, 3.25], "end": [0.004, 4.1], "score": 0.5}
)


@pytest.mark.parametrize("kind", ["timedelta64[ns]", "timedelta64[us]", "timedelta64[s]", object])
def test_spans_of_time_are_seconds(kind):
    seconds = GOOD_ROWS.assign(start=[0, 4], end=[86_400, 7_200])
    frame = seconds.copy()
    for column in ("start", "end"):
        frame[column] = pd.to_timedelta(seconds[column], unit="s").astype(kind)
    assert check_detections(frame)[["start", "end"]].equals(seconds[["start", "end"]].astype(float))
    exact = GOOD_ROWS.assign(end=pd.to_timedelta(["4ms", "4100ms"]))
    pd.testing.assert_frame_equal(check_detections(exact), GOOD_ROWS, check_exact=True)
    exact["end"] = exact["end"].astype(object)
    pd.testing.assert_frame_equal(check_detections(exact), GOOD_ROWS, check_exact=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"start": pd.to_datetime(["2020-01-01", "2020-01-02"])},
            "start is .*a date; need seconds",
        ),
        ({"end": pd.to_datetime(["2020-01-01", "2020-01-02"], utc=True)}, "end is .*a date"),
        ({"start": [1 + 2j, 3]}, "start is .*1.*2j.*, not a number"),
        ({"start": [False, True]}, "start is .*False.*, not a number"),
        ({"score": pd.to_timedelta([1, 2], unit="s")}, "score is .*, not a number"),
        ({"end": pd.to_timedelta([1, None], unit="s")}, "row 1: end is nan"),
    ],
)
def test_times_that_are_none(changes, message):
    with pytest.raises(ValueError, match=message):
        check_detections(GOOD_ROWS.assign(**changes))


def test_a_column_twice_is_named():
    twice = pd.concat([GOOD_ROWS, GOOD_ROWS[["end"]] + 1], axis=1)
    for check in (check_detections, as_annotations):
        with pytest.raises(ValueError, match="column 'end' is there twice"):
            check(twice)
    videos = pd.DataFrame([["v", "v"]], columns=["video", "video"])
    with pytest.raises(ValueError, match="column 'video' is there twice"):
        as_annotations(Annotations(GOOD_ROWS, videos))


def test_a_key_twice_is_named_with_the_file(tmp_path):
    path = write(tmp_path / "parameters.json", '{"a": [1], "a": [2]}')
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}: 'a' appears twice"):
        read_json(path)


def test_tables_are_checked():
    good = pd.DataFrame([{"video": "v", "label": "run", "start": 0, "end": 1, "score": 0.5}])
    with pytest.raises(ValueError, match="detections: column score is missing"):
        check_detections(good.drop(columns="score"))
    with pytest.raises(ValueError, match=r"detections: row 0: video is .*3.*, not a name"):
        check_detections(good.assign(video=3))
    with pytest.raises(ValueError, match="detections: row 0: start is '0'"):
        check_detections(good.assign(start="0"))
    with pytest.raises(ValueError, match="truth: row 1: end"):
        as_annotations(pd.concat([good, good.assign(end=-1)]))
    videos = pd.DataFrame({"video": ["w"]})
    with pytest.raises(ValueError, match="'v' has instances but is not listed"):
        as_annotations(Annotations(good, videos))
    with pytest.raises(ValueError, match="'v' is listed twice"):
        as_annotations(Annotations(good, pd.DataFrame({"video": ["v", "v"]})))
    with pytest.raises(ValueError, match="lacks the column video"):
        as_annotations(Annotations(good, pd.DataFrame({"name": ["v"]})))
