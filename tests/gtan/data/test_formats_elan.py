"""ELAN: what its tab-delimited export looks like with each of its options, and .eaf documents."""

import re
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from gtan.data.formats import read_annotations, read_elan, read_scored, write_elan

# tier, participant, begin, end (seconds), value
ANNOTATIONS = [
    ("hands", "S1", 3.4, 6.1, "wash"),
    ("hands", "S1", 6.1, 3671.25, "dry"),
    ("feet", "", 4.0, 5.5, ""),
]
WANTED = [["m", "wash", 3.4, 6.1], ["m", "dry", 6.1, 3671.25], ["m", "feet", 4.0, 5.5]]


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


FORMS = {
    "hh:mm:ss.ms": clock,
    "ss.msec": lambda seconds: str(round(seconds, 3)),
    "msec": lambda seconds: str(round(seconds * 1000)),
}
TIMES = {
    "Begin Time": lambda begin, _: begin,
    "End Time": lambda _, end: end,
    "Duration": lambda begin, end: end - begin,
}


def export(
    folder: Path,
    times: tuple[str, ...] = tuple(TIMES),
    forms: tuple[str, ...] = tuple(FORMS),
    header: bool = False,
    participants: bool = True,
) -> Path:
    """What ELAN writes for `ANNOTATIONS`."""
    path = folder / "m.txt"
    names = ["Tier", *["Participant"] * participants]
    lines = [[*names, *(f"{t} - {form}" for t in times for form in forms), "Annotation"]] * header
    for tier, participant, begin, end, value in ANNOTATIONS:
        cells = [FORMS[form](TIMES[t](begin, end)) for t in times for form in forms]
        lines.append([tier, *[participant] * participants, *cells, value])
    path.write_text("".join("\t".join(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("participants", [True, False])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("forms", [tuple(FORMS), *((form,) for form in FORMS)])
@pytest.mark.parametrize("times", [tuple(TIMES), *combinations(TIMES, 2)])
def test_every_choice_of_columns(tmp_path, times, forms, header, participants):
    path = export(tmp_path, times, forms, header, participants)
    if times == ("End Time", "Duration") and not header:
        with pytest.raises(ValueError, match="begin and duration or end and duration"):
            read_elan(path)
        return
    found = read_annotations(path, "elan").instances
    assert found["label"].tolist() == [row[1] for row in WANTED]
    for edge, column in (("start", 2), ("end", 3)):
        assert found[edge].tolist() == pytest.approx([row[column] for row in WANTED])


def test_labels_are_values_tiers_or_both(tmp_path):
    path = export(tmp_path)

    def labels(**options):
        return read_elan(path, **options).instances["label"].tolist()

    assert labels(label="tier") == ["hands", "hands", "feet"]
    assert labels(label="tier+value") == ["hands: wash", "hands: dry", "feet"]
    assert labels(tiers=["feet"]) == ["feet"]
    assert read_elan(path, video="x").videos["video"].tolist() == ["x"]
    with pytest.raises(ValueError, match=r"on tier 'head'; tiers are \['feet', 'hands'\]"):
        labels(tiers=["head"])
    with pytest.raises(ValueError, match="choose 'value', 'tier' or 'tier\\+value'"):
        labels(label="x")


def test_a_column_for_each_tier_and_lines_about_the_media(tmp_path):
    path = tmp_path / "m.txt"
    path.write_text(
        '"#file:///C:/videos/m.mp4 -- offset: 0\n'
        "Begin Time - ss.msec\tEnd Time - ss.msec\thands\tfeet\n"
        '3.4\t6.1\t"so" he said\t\n6.1\t7.0\tdry\tstep\n'
    )
    assert read_elan(path).instances.values.tolist() == [
        ["m", '"so" he said', 3.4, 6.1],
        ["m", "dry", 6.1, 7.0],
        ["m", "step", 6.1, 7.0],
    ]
    assert read_elan(path, label="tier").instances["label"].tolist() == ["hands", "hands", "feet"]


def test_exports_of_several_documents_name_their_files(tmp_path):
    path = tmp_path / "all.txt"
    path.write_text(
        "Tier\tBegin Time - msec\tEnd Time - msec\tAnnotation\tFile\n"
        "t\t0\t1500\trun\t/data/one.eaf\nt\t0\t500\trun\t/data/two.eaf\n"
    )
    truth = read_elan(path)
    assert truth.videos["video"].tolist() == ["one", "two"]
    assert truth.instances["end"].tolist() == [1.5, 0.5]


@pytest.mark.parametrize(
    ("line", "readings"),
    [
        ("t\t\t1.0\t5.0\trun\n", "begin and end or begin and duration"),
        ("t\t\t1.0\t5.0\t9.0\trun\n", "3 columns of ss.msec can be no begin and end"),
        ("t\t\t1.0\trun\n", "1 columns of ss.msec can be no begin and end"),
    ],
)
def test_what_can_be_read_in_two_ways_is_an_error_that_names_both(tmp_path, line, readings):
    path = tmp_path / "m.txt"
    path.write_text(line)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + readings + ".*say columns"):
        read_elan(path)


def test_columns_say_how_a_file_is_read(tmp_path):
    path = tmp_path / "m.txt"
    path.write_text("t\t\t1.0\t5.0\trun\n")
    columns = ["tier", "participant", "begin", "duration", "value"]
    assert read_elan(path, columns=columns).instances.values.tolist() == [["m", "run", 1.0, 6.0]]
    path.write_text("run\tTemps de d\u00e9part - ss.msec\tTemps de fin - ss.msec\nx\t1.0\t2.0\n")
    with pytest.raises(ValueError, match="an English header, or say columns"):
        read_elan(path)
    found = read_elan(path, columns=["value", "begin", "end"])
    assert found.instances.values.tolist() == [["m", "x", 1.0, 2.0]]
    with pytest.raises(ValueError, match="the file has 3; each is one of"):
        read_elan(path, columns=["value", "begin"])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ("3\t2\t1", "line 2: 3e?.*to .* is no interval"),
        ("1000\t3000\t1000", "line 2: begin 1, end 3 and duration 1 disagree"),
        ("1,5\t3\t1", "line 2: begin is '1,5', not hh:mm:ss.ms, ss.msec or msec"),
    ],
)
def test_faults_name_file_and_line(tmp_path, times, message):
    path = tmp_path / "m.txt"
    path.write_text(f"Begin Time - msec\tEnd Time - msec\tDuration - msec\tt\n{times}\tx\n")
    if times.startswith("3\t"):
        message = "line 2: 0.003 to 0.002 s is no interval"
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_elan(path)


DETECTIONS = pd.DataFrame(
    [
        ("a", "run", 0.0, 4.0, 0.5),
        ("a", "run", 4.0, 6.5, 0.25),  # touches: the same tier
        ("a", "run", 3.0, 5.0, 0.125),  # overlaps: a tier of its own
        ("a", "run 2", 3.0, 5.0, 0.0625),  # has that tier's name
        ("a", "r & <d>", 3.0004, 5.0, 0.75),
        ("b", "run", 7.0, 7.0, 1.0),
    ],
    columns=["video", "label", "start", "end", "score"],
)


def test_written_documents_read_back_to_the_millisecond(tmp_path):
    write_elan(DETECTIONS, tmp_path, media="{video}.wav", scores=True)
    found = read_scored(tmp_path, "elan")
    wanted = DETECTIONS.assign(start=DETECTIONS["start"].round(3))
    wanted.loc[5, "end"] = 7.001  # ELAN has nothing without length
    by = ["video", "start", "end", "label"]
    pd.testing.assert_frame_equal(
        found.sort_values(by, ignore_index=True), wanted.sort_values(by, ignore_index=True)
    )
    tiers = set(read_elan(tmp_path / "a.eaf", label="tier").instances["label"])
    assert tiers == {"run", "run 2", "run 2+", "r & <d>"}
    first = (tmp_path / "a.eaf").read_bytes()
    assert b'MEDIA_URL="a.wav"' in first and b'MIME_TYPE="audio/x-wav"' in first
    write_elan(DETECTIONS, tmp_path, media="{video}.wav", scores=True)
    assert (tmp_path / "a.eaf").read_bytes() == first
    write_elan(DETECTIONS, tmp_path)
    plain = read_annotations(tmp_path, "elan").instances
    assert set(plain["label"]) == {"run", "run 2", "r & <d>"}


def test_documents_of_others(tmp_path):
    path = tmp_path / "m.eaf"
    write_elan(DETECTIONS[:1], tmp_path)
    (tmp_path / "a.eaf").rename(path)
    good = path.read_text()
    dependent = (
        '<TIER TIER_ID="gloss" PARENT_REF="run" LINGUISTIC_TYPE_REF="x"><ANNOTATION>'
        '<REF_ANNOTATION ANNOTATION_ID="a9" ANNOTATION_REF="a1"><ANNOTATION_VALUE>g'
        "</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
    )
    path.write_text(good.replace("</ANNOTATION_DOCUMENT>", dependent))
    with pytest.warns(UserWarning, match="without times of their own are left out: gloss"):
        assert read_elan(path).instances["label"].tolist() == ["run"]
    with pytest.raises(ValueError, match="tier 'gloss', annotation a9: has no times of its own"):
        read_elan(path, tiers=["gloss"])

    def fails(text: str, message: str) -> None:
        path.write_text(text)
        with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
            read_elan(path)

    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    fails(good.replace("<ANNOTATION_DOCUMENT", bomb + "<ANNOTATION_DOCUMENT", 1), "a DOCTYPE")
    fails(good[:-30], "not a whole XML file")
    fails("<html></html>", "not an ELAN document: it is a html")
    fails(good.replace('TIME_VALUE="0"', 'TIME_VALUE="x"'), "a time slot is 'x'")
    with pytest.raises(ValueError, match="character that XML cannot"):
        write_elan(DETECTIONS.assign(label="a\x01"), tmp_path)
    with pytest.raises(ValueError, match="cannot name a file"):
        write_elan(DETECTIONS.assign(video="../x"), tmp_path)


@pytest.mark.parametrize(
    ("unit", "cells", "expected"),
    [
        ("ss.msec", [("1.5", "2.25"), ("5", "6")], [(1.5, 2.25), (5.0, 6.0)]),
        ("ss.msec", [("1", "2"), ("5", "6")], [(1.0, 2.0), (5.0, 6.0)]),
        ("msec", [("1500.0", "2250"), ("5000", "6000.0")], [(1.5, 2.25), (5.0, 6.0)]),
    ],
)
def test_the_header_says_the_unit(tmp_path, unit, cells, expected) -> None:
    """5 under "ss.msec" was five milliseconds, 1500.0 under "msec" 25 minutes."""
    path = tmp_path / "v.txt"
    rows = [f"t\t{begin}\t{end}\trun" for begin, end in cells]
    head = f"Tier\tBegin Time - {unit}\tEnd Time - {unit}\tAnnotation"
    path.write_text("\n".join([head, *rows]) + "\n")
    found = read_annotations(path, "elan").instances
    assert list(zip(found["start"], found["end"])) == expected


def test_without_a_header_one_unit_must_hold(tmp_path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("t\t1.5\t2.25\trun\nt\t5\t6.5\trun\n")
    with pytest.raises(ValueError, match="'5' can be seconds or milliseconds"):
        read_annotations(path, "elan", columns=["tier", "begin", "end", "value"])


HEADERLESS = ["tier", "begin", "end", "value"]


@pytest.mark.parametrize(
    ("lines", "columns"),
    [
        ("t\t1\t2.5\trun\nt\t5\t6.5\trun\n", HEADERLESS),  # a column with, one without points
        ("t\t1.5\t2.5\trun\nt\t5\t6\trun\n", HEADERLESS),
        ("t\t1.5\t2.5\trun\nt\t5\t6\trun\n", ()),
        ("t\t1.5\t5\trun\n", ()),
        ("t\t5\t6\t1.5\trun\n", ()),
        ("Tier\tBegin Time - hh:mm:ss.ms\tEnd Time\tAnnotation\nt\t00:00:01\t1.5\tx\n"
         "t\t00:00:02\t5\tx\n", ()),
    ],
)  # fmt: skip
def test_seconds_and_milliseconds_do_not_mix(tmp_path, lines, columns) -> None:
    path = tmp_path / "v.txt"
    path.write_text(lines)
    message = r"can be seconds or milliseconds \(\d s as ss.msec, 0.00\d s as msec\).*say the unit"
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + message):
        read_elan(path, columns=columns)


def test_whole_times_without_a_header_are_milliseconds(tmp_path) -> None:
    path = tmp_path / "v.txt"
    path.write_text("t\t1500\t2250\trun\n")
    assert read_elan(path, columns=HEADERLESS).instances.values.tolist() == [
        ["v", "run", 1.5, 2.25]
    ]
    path.write_text("t\t00:00:01\t2250\trun\nt\t3.5\t4500\trun\n")
    with pytest.raises(ValueError, match=r"times of several forms: .*'00:00:01' \(hh:mm:ss.ms\)"):
        read_elan(path, columns=HEADERLESS)


@pytest.mark.parametrize(
    ("unit", "begin", "message"),
    [
        ("hh:mm:ss.ms", "5", "'5' is not hh:mm:ss.ms, which the column's header says"),
        ("msec", "00:00:05", "'00:00:05' is not msec"),
        ("msec", "nan", "begin is 'nan'"),
        ("ss.msec", "-3", "begin is '-3'"),
    ],
)
def test_cells_that_are_not_in_the_header_s_unit(tmp_path, unit, begin, message) -> None:
    path = tmp_path / "v.txt"
    path.write_text(
        f"Tier\tBegin Time - {unit}\tEnd Time - msec\tAnnotation\nt\t{begin}\t9000\tx\n"
    )
    with pytest.raises(ValueError, match=re.escape(f"{path}: line 2: {message}")):
        read_elan(path)


def test_time_slots_of_documents_are_milliseconds(tmp_path) -> None:
    """1500.0 was 25 minutes."""
    write_elan(DETECTIONS[:1], tmp_path)
    path = tmp_path / "a.eaf"
    path.write_text(path.read_text().replace('TIME_VALUE="0"', 'TIME_VALUE="1500.0"'))
    with pytest.raises(ValueError, match=r"a time slot is '1500\.0', not whole milliseconds"):
        read_elan(path)
