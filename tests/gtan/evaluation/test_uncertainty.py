import numpy as np
import pandas as pd
import pytest

from gtan.data.annotations import Annotations, as_annotations, read_detections, read_truth
from gtan.evaluation import (
    Resampled,
    bootstrap,
    evaluate_detections,
    holm,
    paired_difference,
    spread_over_seeds,
    uncertainty,
)
from tests.published import published_data

SCNN = "oracles/thumos14_scnn_c3d"
PROTOCOLS = ["activitynet", "thumos14"]


def made_up(seed, videos=6, detections=60):
    """Truth with every label in every recording, an idle recording, and noisy detections."""
    rng = np.random.default_rng(seed)
    rows = []
    for video in range(videos):
        for label in ("run", "jump", "Ambiguous"):
            start = rng.uniform(0, 50)
            rows.append((f"v{video}", label, start, start + rng.uniform(2, 9)))
    truth = pd.DataFrame(rows, columns=["video", "label", "start", "end"])
    listed = pd.DataFrame({"video": ["idle", *truth["video"].unique()]})
    found = truth.sample(detections, replace=True, random_state=seed, ignore_index=True)
    found["start"] += rng.normal(0, 1, detections)
    found["end"] = found["start"] + rng.uniform(2, 9, detections)
    found["label"] = rng.choice(["run", "jump", "swim"], detections)
    found.loc[::9, "video"] = "idle"
    found.loc[5::11, "video"] = "unknown"
    found["score"] = rng.permutation(detections) / detections
    return Annotations(truth, listed), found


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_resample_is_the_evaluation_of_copied_recordings(protocol):
    truth, found = made_up(0)
    results = evaluate_detections(truth, found, protocol, [0.3, 0.5])
    sampled = bootstrap(results, resamples=20, seed=3)
    names = [*truth.videos["video"], "unknown"]
    draws = np.random.default_rng(3).multinomial(8, [1 / 8] * 8, size=20)
    for row, draw in enumerate(draws):
        copies = [(name, copy) for name, count in zip(names, draw) for copy in range(count)]
        one, two = (
            pd.concat(
                [
                    table[table["video"] == name].assign(video=f"{name}#{copy}")
                    for name, copy in copies
                ]
            )
            for table in (truth.instances, found)
        )
        if one.empty:
            continue
        expected = evaluate_detections(one, two, protocol, [0.3, 0.5])
        assert sampled.samples.iloc[row].tolist() == pytest.approx(
            [*expected.mAP, expected.average_mAP], abs=1e-12
        )


def test_estimate_and_intervals():
    truth, found = made_up(1)
    results = evaluate_detections(truth, found, "thumos14", [0.3, 0.5])
    sampled = bootstrap(results, resamples=200)
    assert sampled.estimate.tolist() == [*results.mAP, results.average_mAP]
    assert list(sampled.estimate.index) == [0.3, 0.5, "average"]
    wide, narrow = sampled.interval(), sampled.interval(0.5)
    assert (wide["low"] <= narrow["low"]).all()
    assert (narrow["high"] <= wide["high"]).all()
    assert (wide["low"] < sampled.estimate).all()
    assert (wide["high"] > sampled.estimate).all()
    assert "average" in sampled.summary()
    for level in (0, 1, 95):
        with pytest.raises(ValueError, match="level"):
            sampled.interval(level)


def test_same_seed_same_samples_whatever_the_portion(monkeypatch):
    truth, found = made_up(2)
    results = evaluate_detections(truth, found, "thumos14")
    one = bootstrap(results, resamples=30, seed=5).samples
    monkeypatch.setattr(uncertainty, "AT_ONCE", 50)
    pd.testing.assert_frame_equal(one, bootstrap(results, resamples=30, seed=5).samples)
    assert not one.equals(bootstrap(results, resamples=30, seed=6).samples)


def test_one_recording_has_no_spread():
    truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
    results = evaluate_detections(truth, truth.assign(score=1.0))
    assert (bootstrap(results, 10).samples.to_numpy() == 1).all()


def test_a_draw_without_truth_has_no_map():
    truth = pd.DataFrame({"video": ["v"], "label": ["run"], "start": [0.0], "end": [4.0]})
    listed = Annotations(truth, pd.DataFrame({"video": ["v", "idle"]}))
    results = evaluate_detections(listed, truth.assign(score=1.0), tiou=[0.5])
    samples = bootstrap(results, 50).samples["average"]
    assert 0 < samples.isna().sum() < 50
    assert (samples.dropna() == 1).all()
    assert bootstrap(results, 50).interval().notna().all(axis=None)


def test_paired_difference_is_narrower_than_two_intervals_suggest():
    truth = read_truth(published_data(f"{SCNN}/ground_truth.csv"))
    found = read_detections(published_data(f"{SCNN}/detections_iou0.5.csv.gz"))
    rng = np.random.default_rng(0)
    worse = found.assign(score=found["score"] + rng.normal(0, 0.02, len(found)))
    one, two = (evaluate_detections(truth, table, "thumos14", [0.5]) for table in (found, worse))
    difference = paired_difference(one, two, resamples=100)
    assert difference.estimate["average"] == one.average_mAP - two.average_mAP
    alone = bootstrap(one, resamples=100)
    assert difference.samples["average"].std() < alone.samples["average"].std() / 1.5
    assert difference.share_above_zero()["average"] > 0.95
    assert paired_difference(two, one, 100).share_above_zero()["average"] < 0.05
    nothing = paired_difference(one, one, 20)
    assert not nothing.samples.to_numpy().any()


def test_p_value_counts_the_resamples_beyond_zero():
    samples = pd.DataFrame({"average": [-1.0, *[1.0] * 8, 2.0]})
    sampled = Resampled(samples.mean(), samples)
    assert sampled.p_value()["average"] == pytest.approx(2 * (1 + 1) / 11)
    assert (sampled - sampled).p_value()["average"] == 1.0  # equal results: never told apart


def test_holm_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.2 times 4, 3, 2, 1; no smaller than the one before.
    found = holm(pd.Series([0.03, 0.01, np.nan, 0.2, 0.02], index=list("abcde")))
    assert found.drop("c").tolist() == pytest.approx([0.06, 0.04, 0.2, 0.06])
    assert np.isnan(found["c"]) and list(found.index) == list("abcde")
    assert holm(pd.Series([0.7, 0.9])).max() == 1.0 and holm(pd.Series([], dtype=float)).empty


def test_paired_difference_allows_different_unknown_recordings_only():
    truth, found = made_up(3)
    one = evaluate_detections(truth, found, "thumos14", [0.5])
    two = evaluate_detections(truth, found.replace("unknown", "elsewhere"), "thumos14", [0.5])
    assert np.isfinite(paired_difference(one, two, 20).samples.to_numpy()).all()
    with pytest.raises(ValueError, match="differ in kind"):
        paired_difference(one, evaluate_detections(truth, found, "thumos14"))
    with pytest.raises(ValueError, match="differ in kind"):
        paired_difference(one, evaluate_detections(truth, found, "activitynet", [0.5]))
    fewer = as_annotations(truth.instances)
    with pytest.raises(ValueError, match="different truths"):
        paired_difference(one, evaluate_detections(fewer, found, "thumos14", [0.5]))
    moved = Annotations(truth.instances.assign(start=0.0), truth.videos)
    with pytest.raises(ValueError, match="different truths"):
        paired_difference(one, evaluate_detections(moved, found, "thumos14", [0.5]))
    with pytest.raises(ValueError, match="resamples"):
        paired_difference(one, two, 0)


def test_spread_over_seeds():
    truth = pd.DataFrame({"video": list("abc"), "label": "run", "start": 0.0, "end": 4.0})
    results = [
        evaluate_detections(truth, truth[:count].assign(score=1.0), tiou=[0.5])
        for count in (1, 2, 3)
    ]
    row = spread_over_seeds(results).loc["average"]
    assert row.tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3, 1, 3])
    assert list(row.index) == ["mean", "std", "min", "max", "n"]
    assert np.isnan(spread_over_seeds(results[:1]).loc["average", "std"])
    with pytest.raises(ValueError, match="no result"):
        spread_over_seeds([])
    with pytest.raises(ValueError, match="differ"):
        spread_over_seeds([*results, evaluate_detections(truth, truth.assign(score=1.0))])
