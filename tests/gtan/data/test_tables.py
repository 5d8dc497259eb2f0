"""Tables: which columns, separators, numbers and times are read, and which are refused."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

from gtan.data.annotations import read_detections, read_proposals, read_truth
from gtan.data.feature_tables import ASIDE
from gtan.data.features import FeatureError, FeatureFile
from gtan.data.tables import COLUMNS
from tests.gtan.bench import VIDEOS, Bench, features

ROW = {"video": "v 1", "label": "run", "start": 1.5, "end": 66.25, "score": 0.5}


def write(path: Path, text: str) -> Path:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "video,label,start,end,score\nv 1,run,1.5,66.25,0.5\n",
        "video, label, start, end, score\nv 1, run, 1.5, 66.25, 0.5\n",  # as hands write it
        'video,label,start,end,score\r\n"v 1", "run", 1.5,\t66.25, .5\r\n',
        "video\tlabel\tstart\tend\tscore\nv 1\trun\t1.5\t66.25\t0.5\n",
        "video\tlabel\tstart\tend\tscore\nv 1\trun\t1,5\t66,25\t0,5\n",
        "video;label;start;end;score\nv 1;run;1,5;66,25;0,5\n",
        "video;label;start;end;score\nv 1;run;1.5;66,25;0.5\n",  # each column is of one kind
        "\ufeffVideo;Label;Start;End;Score\nv 1;run;0:01,5;1:06,25;5e-1\n",
        "video,label,start,end,score\nv 1,run,00:00:01.5,0:01:06.25,0.5\n",
        "t-start,t-end,video-id,action,Confidence\n1.5,66.25,v 1,run,0.5\n",
        "note\tFile\tBehavior\tonset\toffset\tprob\n,;\tv 1\trun\t1.5\t66.25\t0.5\n",
        "score,end,start,label,video\n\n0.5,66.25,1.5,run,v 1\n\n",
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.TSV"])
def test_all_ways_to_write_a_table(tmp_path: Path, text: str, name: str) -> None:
    path = write(tmp_path / name, text)
    assert read_detections(path).to_dict("records") == [ROW]
    assert read_truth(path).instances.to_dict("records") == [
        {name: value for name, value in ROW.items() if name != "score"}
    ]
    assert read_proposals(path).to_dict("records") == [ROW | {"label": ""}]


@pytest.mark.parametrize("column", ["video", "label", "start", "end", "score"])
def test_every_name_of_a_column(tmp_path: Path, column: str) -> None:
    for name in COLUMNS[column]:
        for written in (name, name.upper(), f" {name.title()} "):
            header = ",".join(written if known == column else known for known in ROW)
            path = write(tmp_path / "t.csv", f"{header}\nv 1,run,1.5,66.25,0.5\n")
            assert read_detections(path).to_dict("records") == [ROW]


def test_a_quoted_name_keeps_its_spaces(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", 'video,label,start,end\n" v", " run ",1,2\nw , a  b ,1,2\n')
    found = read_truth(path).instances
    assert found["video"].tolist() == [" v", "w "]
    assert found["label"].tolist() == [" run ", "a  b "]


HEAD = "video,label,start,end\n"
GERMAN = "video;label;start;end\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "video,file,label,start,end\nv,v,run,1,2\n",
            "columns 'video' and 'file' .* both be video",
        ),
        ("video,label,start,Begin,end\nv,run,1,1,2\n", "columns 'start' and 'Begin' .* be start"),
        ("video,Label,label,start,end\nv,a,b,1,2\n", "columns 'Label' and 'label' .* be label"),
        ("video,label,start,start,end\nv,a,1,1,2\n", "column 'start' is there twice"),
        (
            'video,label,start,end,"x;video;label;start;end;y"\n',
            "names all columns when separated by comma or semicolon",
        ),
        ("video label start end\nv run 1 2\n", "separated by comma or tab or semicolon"),
        ("video|label|start|end\nv|run|1|2\n", "video, label, start, end is missing"),
        ("video,label,from,end\nv,run,1,2\n", "For start, t_start or t-start or .* will do"),
        (HEAD + 'v,run,"1,5",2\n', "line 2: start is '1,5', not a number"),
        (HEAD + 'v,run,"0:01,5",2\n', "line 2: start is '0:01,5', not a number"),
        (GERMAN + "v;run;1,5;2\nv;run;1.5;2\n", "start has a decimal comma in line 2, .* line 3"),
        (GERMAN + "v;run;1.000,5;2000\n", "start has a decimal comma in line 2, .* line 2"),
        (GERMAN + "v;run;1,000,000;2\n", "start is '1,000,000', not a number"),
        (HEAD + "v,run,3:75,400\n", "start is '3:75', not a number, nor mm:ss.*below 60"),
        (HEAD + "v,run,0:60:00,4000\n", "start is '0:60:00', not a number, nor mm:ss"),
        (HEAD + "v,run,1:5,400\n", "start is '1:5', not a number, nor mm:ss.*two digits"),
        (HEAD + "v,run,0:0:01:00,400\n", "not a number, nor mm:ss"),
        (HEAD + "v,run,-0:01,400\n", "not a number, nor mm:ss"),
        (HEAD + "v,run,1:00,0:59\n", "line 2: end 59.0 is before start 60.0"),
        ("video,label,start,end,score\nv,run,1,2,0:01\n", "score is '0:01', not a number$"),
        ("," * 200_000, "the header line is longer than 100,000"),
        ("\n".join([GERMAN.strip(), "v;run,x;1"]), "line 2 has 3 fields, not 4"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "t.csv", text)
    read = read_detections if "score" in text else read_truth
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message) as caught:
        read(path)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", ["v.csv", "v.tsv"])
@pytest.mark.parametrize(
    "text",
    [
        "1.5,2\n-3,0.25\n4,1e1\n",
        "1.5, 2\n-3, 0.25\n4, 10\n",
        "1.5\t2\n-3\t0.25\n4\t10\n",
        "1,5;2\n-3;0,25\n4;1e1\n",
        "a;b\n1,5;2\n-3;0,25\n4;10\n",
        "a\tb\n1,5\t2\n-3\t0,25\n4\t10\n",
        "2,5;2\n-3;0,25\n4;10\n".replace("2,5", "1,5"),
        '"a";"b"\n"1,5";"2"\n"-3";"0,25"\n"4";"10"\n',
    ],
)
def test_features_in_any_table(tmp_path: Path, name: str, text: str) -> None:
    file = FeatureFile(write(tmp_path / name, text))
    assert file.shape == (3, 2) and file.width == 2
    assert file.read(0, 3).tolist() == [[1.5, 2], [-3, 0.25], [4, 10]]
    turned = FeatureFile(file.path, clips_last=True, csv_header=file_header(text))
    assert turned.read(1, 2).tolist() == [[2, 0.25, 10]]


def file_header(text: str) -> str:
    return "names" if "a" in text else "none"


def test_whole_numbers_first_then_decimal_commas(tmp_path: Path) -> None:
    file = FeatureFile(write(tmp_path / "v.csv", "5;1\n2;3\n1;7\n2,5;0,125\n"))
    assert file.read(2, 4).tolist() == [[1, 7], [2.5, 0.125]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4,5;2\n-3;0.25\n", "decimal comma, '4,5' in line 1, and point, '0.25' in"),
        ("1 2\n3 4\n", "is one field, '3 4'; columns are separated by comma, tab, semicolon"),
        ("1:2\n3:4\n", "is one field"),
        ("x 1 2 3\n", "has a header line and no clip"),
        ("frame;x;y\na;1,5;2\nb;1;2,5\n", "the first column can be an index"),
        ("0;1,5;2,5\n1;1,5;2\n2;1;2,5\n", "first column can be an index"),
    ],
)
def test_features_in_no_such_table(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "v.csv", text)
    with pytest.raises(FeatureError, match=re.escape(str(path)) + ".*" + message):
        FeatureFile(path).read(0, FeatureFile(path).shape[0])


def test_long_lines(tmp_path: Path) -> None:
    """[D, T] of a long recording: as one cell, each line would be too long."""
    line = ",".join(["0.123456"] * 40_000)
    file = FeatureFile(write(tmp_path / "v.csv", f"{line}\n{line}\n"), clips_last=True)
    assert file.shape == (40_000, 2) and file.read(39_990, 40_000).shape == (10, 2)


def test_long_numbers_take_no_time(tmp_path: Path) -> None:
    digits = "9" * 100_000
    path = write(tmp_path / "t.csv", f"{HEAD}v,run,{digits}x,2\n")
    with pytest.raises(ValueError, match=r"99'\.\.\. \(100,001 characters\), not a number"):
        read_truth(path)


def test_an_index_beside_decimal_commas(tmp_path: Path) -> None:
    path = write(tmp_path / "v.csv", "frame;x;y\na,1;1,5;2\nb.2;-3;2,5\n")
    assert FeatureFile(path, csv_skip_columns=1).read(0, 2).tolist() == [[1.5, 2], [-3, 2.5]]


def test_a_wrong_separator_is_found_when_the_data_set_is_loaded(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for seed, name in enumerate(VIDEOS):
        text = "\n".join(" ".join(f"{x:.6f}" for x in row) for row in features(seed=seed))
        write(tmp_path / f"{name}.csv", text)
    message = bench.fails(FeatureError, "4 of 4", features=str(tmp_path / "{video}.csv"))
    assert message.count("is one field") == 4
    for seed, name in enumerate(VIDEOS):
        text = "\n".join(";".join(f"{x:.6f}" for x in row) for row in features(seed=seed))
        write(tmp_path / f"{name}.tsv", text.replace(".", ","))
    dataset = bench.load(features=str(tmp_path / "{video}.tsv"))
    read = dataset.recordings["b"].features(0.0, 39)
    np.testing.assert_allclose(read, features(seed=1), atol=1e-6)
    bench.fails(
        ValueError,
        "data.feature_key: no effect",
        features=str(tmp_path / "{video}.tsv"),
        feature_key="x",
    )


def test_a_table_is_not_kept_in_memory(tmp_path: Path) -> None:
    """A data set of CSV files may be larger than memory."""
    import pickle

    large = "\n".join(["1,2,3,4"] * 10_000)
    file = FeatureFile(write(tmp_path / "v.csv", "4,1,2,3\n" + large))
    assert file.read(9_000, 9_001).tolist() == [[1, 2, 3, 4]]
    assert len(pickle.dumps(file)) < 2_000  # which is also how a worker gets it


def test_the_page_shows_all_names_of_columns() -> None:
    page = (Path(__file__).parents[3] / "docs" / "own-data.md").read_text()
    for column, names in COLUMNS.items():
        if column != "id":
            assert f"| `{column}` | {', '.join(f'`{name}`' for name in names[1:])} |" in page


@pytest.mark.parametrize("line", ["0.0,1.0,2.0", "1,2,3,4,5", "10,11,12", "0.5,1.0,1.5", "1_0,1,2"])
def test_numbers_that_rise_evenly_may_be_names(tmp_path: Path, line: str) -> None:
    """As pandas writes columns that are numbers: they became the first clip without a word."""
    count = line.count(",") + 1
    rows = "\n".join(",".join(["0.3", "7", "-1", "2", "5"][:count]) for _ in range(4))
    path = write(tmp_path / "v.csv", f"{line}\n{rows}\n")
    with pytest.raises(FeatureError, match="can be a header or the first clip"):
        _ = FeatureFile(path).shape
    assert FeatureFile(path, csv_header="names").shape == (4, count)
    if "_" not in line:
        assert FeatureFile(path, csv_header="none").shape == (5, count)


@pytest.mark.parametrize("name", ["frame", "Time", "clip", "index", "second"])
def test_columns_that_are_no_feature_by_name(tmp_path: Path, name: str) -> None:
    """Whatever their values: frames may begin again, an index may be shuffled."""
    front = write(tmp_path / "v.csv", f"{name},a,b\n3,1,2\n1,5,6\n2,7,9\n")
    with pytest.raises(FeatureError, match=r"first column can be an index .*csv_skip_columns: 1"):
        _ = FeatureFile(front).shape
    assert FeatureFile(front, csv_skip_columns=1).shape == (3, 2)
    behind = write(tmp_path / "w.csv", f"a,b,{name}\n1,2,3\n5,6,1\n")
    with pytest.raises(FeatureError, match=rf"column '{name}' can be .* does not stand in front"):
        _ = FeatureFile(behind).shape
    assert FeatureFile(behind, csv_skip_columns=0).shape == (2, 3)


def test_a_column_twice_and_lines_that_end_in_another_way(tmp_path: Path) -> None:
    path = write(tmp_path / "v.csv", "a,a,b\n1,2,3\n")
    with pytest.raises(FeatureError, match="column 'a' is there twice"):
        _ = FeatureFile(path).shape
    write(path, "a,a ,b\n1,2,3\n")
    with pytest.raises(FeatureError, match="column 'a' is there twice"):
        _ = FeatureFile(path).shape
    path = tmp_path / "mac.csv"
    path.write_bytes(b"a,b\r1,2\r-3,4\r5,6.5\r")
    assert FeatureFile(path).shape == (3, 2) and FeatureFile(path).read(2, 3).tolist() == [[5, 6.5]]


@pytest.mark.parametrize("line", ["1_0,1,2", "1,1_0,2", "0x10,1,2", ",0,1_0,1"])
def test_a_cell_that_is_nearly_a_number_makes_no_header(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "v.csv", f"{line}\n{','.join('5374'[: line.count(',') + 1])}\n")
    said = r"the first line, .* for cell '(1_0|0x10)' is neither a number nor a name"
    with pytest.raises(FeatureError, match=said):
        _ = FeatureFile(path).shape


def test_skipped_columns_do_not_tell_what_the_first_line_is(tmp_path: Path) -> None:
    path = write(tmp_path / "v.csv", "img_1,0.5,0.75\nimg_2,0.25,0.5\n")
    file = FeatureFile(path, csv_skip_columns=1)
    assert file.read(0, 2).tolist() == [[0.5, 0.75], [0.25, 0.5]]
    write(path, "img_1,0,1,2\nimg_2,5,4,6\n")
    with pytest.raises(FeatureError, match="the first line, '0,1,2', can be a header"):
        _ = FeatureFile(path, csv_skip_columns=1).shape
    for name in ("", "frame"):  # which only a header has
        write(path, f"{name},0,1,2\n7,5,4,6\n")
        assert FeatureFile(path, csv_skip_columns=1).read(0, 1).tolist() == [[5, 4, 6]]


def test_a_table_of_nothing_but_an_index(tmp_path: Path) -> None:
    path = write(tmp_path / "v.csv", "frame,Time\n3,1\n1,2\n")
    with pytest.raises(FeatureError, match=r"column 'Time' can be .* no other feature.*\(1: "):
        _ = FeatureFile(path).shape
    assert FeatureFile(path, csv_skip_columns=1).shape == (2, 1)
    with pytest.raises(FeatureError, match=r"column 'time' can be .* no other feature.*\(0: "):
        _ = FeatureFile(write(path, "time\n3\n1\n")).shape


def test_the_page_shows_all_columns_that_are_no_feature() -> None:
    page = (Path(__file__).parents[3] / "docs" / "own-data.md").read_text()
    said = page.partition("### Columns that are no feature")[2].partition("Those in front")[0]
    assert set(re.findall("`([a-z_]+)`", said)) == ASIDE
