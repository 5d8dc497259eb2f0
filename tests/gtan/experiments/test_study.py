"""The study: its list of runs, and its tables on results worked out by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gtan import Settings, SettingsError
from gtan.evaluation import DetectionResults, evaluate_detections
from gtan.experiments.ablations import (
    FIXED,
    GAUSSIAN,
    GROUPING,
    STUDIED,
    parameters,
    study_runs,
)
from gtan.experiments.notebooks import run_notebook
from gtan.experiments.study import (
    GROUPING_FIGURES,
    Study,
    _other_settings,
    grouping_reports,
    layers,
    load_study,
    long_actions,
    long_only,
    long_seconds,
    sentences,
    summary,
)
from gtan.experiments.sweep import check, run_name
from gtan.files import write_json

MEASURE = Path(__file__).parents[3] / "notebooks" / "pipelines" / "measure.ipynb"


def settings_of(values: dict) -> Settings:
    settings = Settings.preset(values["preset"]).baseline(values["baseline"])
    return settings.override({"training.seed": values["seed"]} | values["overrides"])


@pytest.mark.parametrize("preset", ["sbhar", "features", "paper-thumos14", "paper-activitynet"])
def test_runs_of_every_preset_can_start(preset: str) -> None:
    runs = study_runs(preset, seeds=[0, 1, 2])
    check(MEASURE, runs["parameters"])
    assert list(runs["experiment"][:9]) == ["table3"] * 9  # comes first
    assert set(runs["experiment"]) == {"table3", "E1", "E2", "pooling", "figure7", *STUDIED}
    assert (runs.groupby("experiment")["seed"].nunique()[["table3", "E1", "pooling"]] == 3).all()
    by_settings = runs.assign(settings=[settings_of(p).to_json() for p in runs["parameters"]])
    names = [run_name(MEASURE, p) for p in runs["parameters"]]
    assert len(set(names)) == by_settings["settings"].nunique()  # equal settings: one run


def test_what_the_runs_are() -> None:
    runs = study_runs(seeds=[4], overrides={"training.iterations": 7}, subset="validation")
    of = {(row.experiment, row.variant): settings_of(row.parameters) for row in runs.itertuples()}
    fixed, gaussian, grouping = (of["table3", name] for name in (FIXED, GAUSSIAN, GROUPING))
    assert (fixed.kernels.scale, fixed.kernels.pooling) == ("fixed", "cell")
    assert gaussian.kernels.grouping == "off" and grouping.kernels.grouping == "replace"
    assert fixed.kernels.derivatives == grouping.kernels.derivatives == 0  # the paper's method
    taps = of["E1", "fixed width, derivatives"].kernels
    assert (taps.scale, taps.pooling, taps.derivatives) == ("fixed", "gaussian", 2)
    learned = of["E1", "+ grouping, derivatives"]
    assert learned.kernels.derivatives == 2 and learned.kernels.grouping == "replace"
    assert of["E2", "background_sigma=0"].loss.background_sigma == 0
    assert of["E2", "background_sigma=0.1"].to_json() == learned.to_json()
    assert of["pooling", "learned width, cell alone"].kernels.pooling == "cell"
    assert of["pooling", "learned width, average"].kernels.pooling == "average"
    assert of["figure7", "gtan, 8 layers"].layers == 8
    assert of["figure7", "ssad, 4 layers"].kernels.scale == "ssad"
    for reading, setting in STUDIED.items():
        group, leaf = setting.split(".")
        values = {getattr(getattr(s, group), leaf) for (e, _), s in of.items() if e == reading}
        assert len(values) == (runs["experiment"] == reading).sum() > 1
    assert all(s.training.iterations == 7 and s.training.seed == 4 for s in of.values())
    assert all(p["subset"] == "validation" for p in runs["parameters"])
    few = study_runs(seeds=[0], experiments=["R5"])
    assert len(few) == 2 and len(parameters(study_runs())) < len(study_runs())
    whole = parameters(study_runs(seeds=[0]))
    assert all(values in whole for values in parameters(few))  # the same runs, the same folders
    with pytest.raises(ValueError, match="experiment 'R4' is unknown; choose from table3"):
        study_runs(experiments=["R4"])
    with pytest.raises(ValueError, match="experiment 'R4' is unknown; choose from table3"):
        study_runs(repeated=["R4"])
    with pytest.raises(SettingsError, match=r"training\.iteration"):
        study_runs(overrides={"training.iteration": 7})
    with pytest.raises(ValueError, match="seeds: one is given twice"):
        study_runs(seeds=[0, 0])
    with pytest.raises(ValueError, match="subset = 'tset'"):
        study_runs(subset="tset")


def test_what_is_run_with_every_seed() -> None:
    runs = study_runs(seeds=[0, 1], repeated=["R5", "E2"])
    seeds = runs.groupby(["experiment", "variant"])["seed"].nunique()
    assert (seeds[["table3", "E1", "pooling", "R5", "E2"]] == 2).all()
    assert (seeds[[reading for reading in STUDIED if reading != "R5"]] == 1).all()
    layers = {int(name.split()[1]): count for name, count in seeds["figure7"].items()}
    assert layers == {3: 2, 4: 1, 5: 2, 6: 1, 7: 1, 8: 2}


def test_overrides_leave_the_variants_what_they_are() -> None:
    for name, value in (("training.seed", 5), ("kernels.grouping", "replace")):
        with pytest.raises(ValueError, match=f"overrides: {name} is what the study sets itself"):
            study_runs(overrides={name: value, "training.iterations": 7})
    assert len(study_runs(overrides={"kernels.grouping": "replace"}, experiments=["R8"])) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--docs-only --seeds 3", "--docs-only runs nothing, so that --seeds has no effect"),
        ("--workers 1_0", "'1_0' is not a whole number"),
        ("--seeds 0 --seeds 1", "--seeds: given twice"),
        ("--workers 0", "workers = 0"),
        ("--workers 2 --scheduler tcp://h:1", "a scheduler has its own"),
    ],
)
def test_script_refuses_by_name(tmp_path: Path, arguments: str, message: str) -> None:
    script = MEASURE.parents[2] / "scripts" / "study.py"
    done = subprocess.run(
        [sys.executable, str(script), "--docs", str(tmp_path), *arguments.split()],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode != 0 and message in done.stderr
    assert not list(tmp_path.iterdir())


def results(
    *found: tuple[str, float, float, float], tiou: tuple[float, ...] = (0.5,)
) -> DetectionResults:
    """Two recordings with an action of 4 s and one of 20 s each; detections as given."""
    rows = [(v, "run", s, e) for v in "ab" for s, e in ((0.0, 4.0), (10.0, 30.0))]
    truth = pd.DataFrame(rows, columns=["video", "label", "start", "end"])
    table = pd.DataFrame(found, columns=["video", "start", "end", "score"]).assign(label="run")
    return evaluate_detections(truth, table, "activitynet", tiou)


ALL = [("a", 0, 4, 0.9), ("a", 10, 30, 0.8), ("b", 0, 4, 0.7), ("b", 10, 30, 0.6)]


def study(**by_variant: list[DetectionResults]) -> Study:
    """Table 3 with so many seeds per variant; an empty list stands for one that failed."""
    rows, kept = [], {}
    for variant, many in by_variant.items():
        name = {"fixed": FIXED, "gaussian": GAUSSIAN, "grouping": GROUPING}[variant]
        for seed, one in enumerate(many):
            kept[f"{variant}{seed}"] = one
            rows.append(("table3", name, seed, f"{variant}{seed}", "done", ""))
        if not many:
            rows.append(("table3", name, 0, f"{variant}0", "failed", "ValueError: <b>no</b>"))
    columns = ["experiment", "variant", "seed", "run", "status", "error"]
    return Study(pd.DataFrame(rows, columns=columns), kept, pd.DataFrame())


def test_summary_by_hand() -> None:
    half, full = results(*ALL[:2]), results(*ALL)
    made = study(fixed=[half, full], gaussian=[full, full], grouping=[])
    table = summary(made, resamples=200).set_index("variant")
    assert table["average_mAP"][:2].tolist() == [0.75, 1.0]
    assert table["std"][FIXED] == pytest.approx(np.std([0.5, 1.0], ddof=1))
    assert table["difference"][GAUSSIAN] == pytest.approx(0.25)  # mean of 0.5 and 0
    assert table["against"].tolist() == ["", FIXED, GAUSSIAN]
    assert table["low"][FIXED] <= 0.75 <= table["high"][FIXED]
    assert table["seeds"].tolist() == [2, 2, 0]
    assert table["error"][GROUPING] == "seed 0 failed: ValueError: <b>no</b>"
    assert table["paper THUMOS14"].tolist() == [33.5, 37.1, 38.2]
    assert pd.isna(table["difference"][GROUPING])
    said = sentences(table.reset_index())
    assert any("+ Gaussian kernel" in line and "+25.0 points" in line for line in said)
    assert any("failed" in line for line in said)


def test_words_for_a_difference_are_corrected_for_the_number_of_comparisons() -> None:
    row = {"experiment": "R5", "against": "union", "difference": 0.02, "seeds": 1, "error": ""}
    row |= {"difference low": 0.01, "difference high": 0.03}
    clear, alone = row | {"variant": "a", "p": 0.001}, row | {"variant": "b", "p": 0.04}
    nothing = row | {"variant": "c", "p": 0.6, "difference low": -0.01}
    harm = {"difference": -0.02, "difference low": -0.03, "difference high": -0.01}
    said = sentences(pd.DataFrame([clear, alone, nothing, clear | {"variant": "d"} | harm]))
    assert [line.partition(": ")[2].partition(" against")[0] for line in said] == [
        "helped",
        "may have helped (alone, not among so many)",
        "cannot be told from no change",
        "did harm",
    ]
    assert "corrected p 0.080" in said[1]
    assert "b: helped" in sentences(pd.DataFrame([alone]))[0]  # a family of one


def test_only_seeds_that_both_have_are_paired() -> None:
    half, full = results(*ALL[:2]), results(*ALL)
    table = summary(study(fixed=[half], gaussian=[half, full]), 50).set_index("variant")
    assert table["average_mAP"][GAUSSIAN] == 0.75 and table["difference"][GAUSSIAN] == 0


def test_long_actions_by_hand() -> None:
    # The best-scored detection hits a short action: out of the way. The second hits nothing: a
    # false positive above the two long hits, so AP is interpolated precision 2/3 at both.
    found = [("a", 0, 4, 0.9), ("a", 50, 53, 0.8), ("a", 10, 30, 0.7), ("b", 10, 30, 0.6)]
    (one,) = long_only(results(*found), 20.0)
    assert len(one.detections) == 3 and len(one.truth.instances) == 2
    assert one.average_mAP == pytest.approx(2 / 3)
    table = long_actions(study(fixed=[results(*ALL[:2])], gaussian=[results(*found)]), 20.0, 50)
    assert table["average_mAP"].tolist() == pytest.approx([0.5, 2 / 3])
    assert table["experiment"].unique().tolist() == ["table4"]
    with pytest.raises(ValueError, match="no action lasts 21 s"):
        long_only(results(*found), 21.0)


@pytest.mark.parametrize("protocol", ["activitynet", "thumos14"])
def test_long_matches_are_those_of_all_actions(protocol: str) -> None:
    """What is left matches as before: the matches of all actions, without the short ones."""
    random = np.random.default_rng(0)
    start = random.uniform(0, 40, 60)
    truth = pd.DataFrame(
        {"video": random.choice(["a", "b"], 60), "label": random.choice(["x", "y"], 60),
         "start": start, "end": start + random.uniform(1, 12, 60)}
    )  # fmt: skip
    found = truth.sample(200, replace=True, random_state=1).reset_index(drop=True)
    found["start"] += random.normal(0, 1, 200)
    found["end"] = found["start"] + random.uniform(1, 12, 200)
    found["score"] = random.uniform(0, 1, 200)
    for table, share in ((truth, 10), (found, 5)):  # some without length
        table.loc[::share, "end"] = table["start"]
    whole = evaluate_detections(truth, found, protocol, [0.3, 0.5])
    long = (truth["end"] - truth["start"] >= 6).to_numpy()
    for column, one in enumerate(long_only(whole, 6.0)):
        match = whole.matches[:, column]
        kept = match[(match < 0) | long[match]]
        expected = np.where(kept >= 0, np.cumsum(long)[kept] - 1, -1)
        assert (one.matches[:, 0] == expected).all()


def test_long_seconds() -> None:
    assert long_seconds(pd.DataFrame({"start": [0.0, 2.0], "end": [4.0, 9.0]})) == 6


def test_layers() -> None:
    runs = pd.DataFrame(
        [
            ("figure7", "gtan, 4 layers", 0, "gtan", "done", ""),
            ("figure7", "ssad, 4 layers", 0, "ssad", "failed", ""),
        ],
        columns=["experiment", "variant", "seed", "run", "status", "error"],
    )  # fmt: skip
    made = Study(runs, {"gtan": results(*ALL)}, pd.DataFrame())
    table = layers(made, summary(made, 20))
    assert 90 < table["AUC"].iloc[0] <= 100 and pd.isna(table["AUC"].iloc[1])  # percent
    assert table["average_mAP"].iloc[0] == 1.0 and table["layers"].tolist() == [4, 4]
    assert table["seeds"].tolist() == [1, 0]


def test_layers_are_means_over_seeds() -> None:
    runs = pd.DataFrame(
        [("figure7", "gtan, 3 layers", seed, f"run{seed}", "done", "") for seed in (0, 1)],
        columns=["experiment", "variant", "seed", "run", "status", "error"],
    )
    half, full = results(*ALL[:2]), results(*ALL)
    both = Study(runs, {"run0": half, "run1": full}, pd.DataFrame())
    alone = [Study(runs[runs["seed"] == s], {f"run{s}": r}, pd.DataFrame())
             for s, r in ((0, half), (1, full))]  # fmt: skip
    (row,) = layers(both, summary(both, 20)).to_dict("records")
    each = [layers(one, summary(one, 20))["AUC"].iloc[0] for one in alone]
    assert row["AUC"] == pytest.approx(np.mean(each)) and row["seeds"] == 2
    assert row["average_mAP"] == 0.75


def test_a_run_of_another_preset_says_so() -> None:
    values = study_runs(seeds=[0])["parameters"][0]
    assert _other_settings(settings_of(values), values) == ""
    old = settings_of(values).override({"kernels.epsilon": 0.123})
    remark = _other_settings(old, values)
    assert remark.startswith("made with other settings: kernels.epsilon 0.123, now ")


def test_what_mixed_kernels_do_is_the_mean_of_the_runs_reports(tmp_path: Path) -> None:
    one = results(*ALL)
    made = study(gaussian=[one], grouping=[one, one])
    for name, share in (("grouping0", 0.2), ("grouping1", 0.4)):
        figures = dict.fromkeys(GROUPING_FIGURES, 2.0) | {"of_these_foreground": share}
        write_json(tmp_path / name / "grouping.json", figures)
    (row,) = grouping_reports(made, tmp_path).to_dict("records")
    assert (row["experiment"], row["variant"], row["seeds"]) == ("table3", GROUPING, 2)
    assert row["of_these_foreground"] == pytest.approx(0.3) and row["mixed_kernels"] == 2.0
    assert grouping_reports(made, tmp_path / "nowhere").empty


def test_nothing_is_done_yet(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no run in .* is done yet"):
        load_study(study_runs(seeds=[0]), MEASURE, tmp_path)


@pytest.mark.slow
def test_ablate_from_runs_to_pictures(tmp_path: Path) -> None:
    """One reading, two tiny trainings; once more, and nothing is trained again."""
    pytest.importorskip("torch")
    tiny = {
        "data.dataset": "tiny-world",
        "data.window": 128,
        "network.base_channels": [8, 8],
        "network.anchor_channels": [8, 8, 8, 8],
        "training.iterations": 4,
        "training.validate_every": 4,
        "training.probes": [],
    }
    given = {
        "folder": str(tmp_path / "study"), "overrides": tiny, "seeds": [0], "experiments": ["R5"],
        "notebook": str(MEASURE), "subset": "validation", "resamples": 20,
    }  # fmt: skip
    for attempt in range(2):
        output = tmp_path / f"{attempt}.ipynb"
        run_notebook(MEASURE.with_name("ablate.ipynb"), output, given, progress=False)
        shown = output.read_text()
        assert "merge=union" in shown and "application/vnd.plotly.v1+json" in shown
    attempts = sorted((tmp_path / "study").glob("*/attempts"))
    assert [len(path.read_text().splitlines()) for path in attempts] == [1, 1]
