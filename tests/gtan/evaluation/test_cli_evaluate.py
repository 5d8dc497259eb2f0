import json
import subprocess
import sys

import pytest

from gtan.cli import main
from tests.published import load, published_data

AUTOLOC = "oracles/activitynet12_autoloc"


@pytest.fixture
def files(tmp_path):
    truth, found = tmp_path / "truth.csv", tmp_path / "found.csv"
    truth.write_text("video,label,start,end\nv,run,0,4\nv,Ambiguous,8,9\nw,jump,1,2\n")
    found.write_text("video,label,start,end,score\nv,run,0,3,.9\nv,run,8,10,.95\nw,jump,1,2,.5\n")
    return truth, found


def test_table_and_json(files, tmp_path, capsys):
    truth, found = files
    out = tmp_path / "out.json"
    command = f"evaluate --truth {truth} --detections {found} --protocol thumos14"
    assert main([*command.split(), "--tiou", "0.5", "0.8", "--json", str(out)]) == 0
    assert json.loads(out.read_text()) == {
        "mAP": {"0.5": 1.0, "0.8": 0.5},
        "average_mAP": 0.75,
        "AP": {"jump": {"0.5": 1.0, "0.8": 1.0}, "run": {"0.5": 1.0, "0.8": 0.0}},
    }
    shown = capsys.readouterr().out
    for text in ("thumos14", "average mAP 0.7500", "jump", "run", "0.5000"):
        assert text in shown


def test_default_thresholds_and_subset_on_the_oracle(tmp_path, capsys):
    folder, out = published_data(AUTOLOC), tmp_path / "out.json"
    arguments = [
        *("evaluate", "--truth", str(folder / "ground_truth.json.gz")),
        *("--detections", str(folder / "detections.json.gz")),
        *("--protocol", "activitynet", "--subset", "validation", "--json", str(out)),
    ]
    assert main(arguments) == 0
    written = json.loads(out.read_text())
    expected = load(f"{AUTOLOC}/expected.json")
    assert list(written) == ["mAP", "average_mAP", "AP"]
    assert list(written["mAP"].values()) == pytest.approx(expected["mAP"], abs=1e-9, rel=0)
    assert written["average_mAP"] == pytest.approx(expected["average_mAP"], abs=1e-9, rel=0)
    for label, values in expected["AP"].items():
        assert list(written["AP"][label].values()) == pytest.approx(values, abs=1e-9, rel=0)
    first = out.read_bytes()
    main(arguments)
    assert out.read_bytes() == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--truth": "nowhere.csv"}, "nowhere.csv"),
        ({"--detections": "{truth}"}, "column score is missing"),
        ({"--subset": "test"}, "a CSV has no subsets"),
        ({"--subset": ""}, "a CSV has no subsets"),
        ({"--tiou": "1.5"}, "1.5 is not above 0 and at most 1"),
        ({"--tiou": "nan"}, "nan is not"),
        ({"--json": "{truth}/out.json"}, "truth.csv"),
    ],
)
def test_bad_input_is_one_line_and_code_2(files, capsys, change, message):
    truth, found = files
    options = {"--truth": str(truth), "--detections": str(found), "--protocol": "thumos14"}
    options |= {name: value.format(truth=truth) for name, value in change.items()}
    assert main(["evaluate", *(part for pair in options.items() for part in pair)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("gtan evaluate: error: ")
    assert shown.err.count("\n") == 1
    assert message in shown.err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--tiou", "0_5"], "--tiou: '0_5' is not a number"),
        (["--tiou", "0.5", "--tiou", "0.7"], "--tiou: given twice"),
        (["--subset", "test", "--subset", "validation"], "--subset: given twice"),
        (["--protocol", "thumos14"], "--protocol: given twice"),
        (["--json", ""], "--json: '' names no file or folder"),
    ],
)
def test_what_is_given_takes_effect_or_is_refused(files, capsys, more, message):
    truth, found = map(str, files)
    given = ["--truth", truth, "--detections", found, "--protocol", "thumos14"]
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", *given, *more])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["evaluate"], ["dance"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_evaluation_does_not_import_torch(files):
    truth, found = map(str, files)
    script = (
        "import sys; sys.modules['torch'] = None\n"  # makes any import of torch fail
        "import gtan.softnms\n"
        "from gtan.cli import main\n"
        f"sys.exit(main(['evaluate', '--truth', {truth!r}, '--detections', {found!r}, "
        "'--protocol', 'thumos14']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "average mAP" in done.stdout


def test_a_reader_that_has_seen_enough_is_no_error():
    folder = published_data(AUTOLOC)
    command = (
        f"{sys.executable} -m gtan.cli evaluate --truth {folder}/ground_truth.json.gz "
        f"--detections {folder}/detections.json.gz --protocol activitynet | head -c 10"
    )
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == "protocol a"
    assert done.stderr == ""


def test_a_thumos_submission_and_labels_by_number(tmp_path, capsys):
    truth = tmp_path / "truth.csv"
    truth.write_text("video,label,start,end\nv1,Diving,1,5\nv1,BaseballPitch,7,9\n")
    submission = tmp_path / "run.txt"
    submission.write_text("v1 1.0 5.0 26 0.9\nv1 7.0 9.0 7 0.8\n")
    call = ["evaluate", "--truth", str(truth), "--protocol", "thumos14", "--detections"]
    assert main([*call, str(submission)]) == 0
    assert "average mAP 1.0000" in capsys.readouterr().out

    numbered = tmp_path / "numbered.csv"
    numbered.write_text("video,label,start,end,score\nv1,0,1,5,0.9\nv1,1,7,9,0.8\n")
    names = tmp_path / "mapping.txt"
    names.write_text("0 Diving\n1 BaseballPitch\n")
    assert main([*call, str(numbered), "--label-map", str(names)]) == 0
    assert "average mAP 1.0000" in capsys.readouterr().out
    own = tmp_path / "own.txt"
    own.write_text("v1 1.0 5.0 0 0.9\nv1 7.0 9.0 1 0.8\n")
    assert main([*call, str(own), "--label-map", str(names)]) == 0
    assert "average mAP 1.0000" in capsys.readouterr().out


def test_an_output_that_is_a_folder_leaves_nothing(files, tmp_path, capsys):
    truth, found = map(str, files)
    out = tmp_path / "out"
    out.mkdir()
    call = ["evaluate", "--truth", truth, "--detections", found, "--protocol", "thumos14"]
    assert main([*call, "--json", str(out)]) == 2
    assert "out is a folder; name a file in it" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
