"""The player on the stand-alone page: the video is the clock, whatever asks for a time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gtan.runs.run import escaped
from tests.browser.conftest import write_run
from tests.gtan_viz.conftest import make_explanation, make_trace
from tests.videos import FPS, READ, write_video

pytestmark = pytest.mark.browser

Open = Callable[..., Any]
Write = Callable[..., Path]
LEFT, RIGHT = 168, 12  # of the time axis in every panel
INTO = 0.05  # a jump goes a frame or two into what it jumps to
DURATION = 20.0

# Counts what is drawn on the canvases of the page.
COUNT = """(() => {
  window.drawn = 0;
  for (const name of ['fillRect', 'fillText', 'drawImage']) {
    const old = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...all) {
      window.drawn++;
      return old.apply(this, all);
    };
  }
})()"""
LINES = """[...document.querySelectorAll('.gx-cursor')].filter((one) => !one.hidden)
  .map((one) => one.getBoundingClientRect().x)"""


@pytest.fixture(scope="module", params=["mp4", "webm"])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("videos") / f"v.{request.param}", DURATION)


@pytest.fixture(scope="module")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("videos") / "v.mp4", DURATION)


def frame(window: Any, time: float | None = None) -> int:
    """The number that the picture shows; that of a time, once it is within a frame of it."""
    if time is None:
        window.page.wait_for_timeout(150)
        return int(window.page.evaluate(READ))
    for _ in range(100):
        shown = int(window.page.evaluate(READ))
        if abs(shown - int(time * FPS)) <= 1:
            return shown
        window.page.wait_for_timeout(50)
    raise AssertionError(f"frame {shown} at {time} s, not {int(time * FPS)}")


def click_at(window: Any, label: str, time: float, y: float) -> None:
    canvas = window.page.get_by_label(label)
    wide = canvas.bounding_box()["width"] - LEFT - RIGHT
    canvas.click(position={"x": LEFT + wide * time / DURATION, "y": y})


def opened(open_page: Open, path: Path) -> Any:
    window = open_page(path)
    window.until("document.querySelector('.gx-picture').readyState >= 2")
    window.page.wait_for_timeout(600)  # the length of a frame is measured
    window.page.locator(".gtan-explorer").focus()
    return window


def test_a_seek_shows_its_frame(open_page: Open, write_page: Write, video: Path) -> None:
    window = opened(open_page, write_page(make_explanation(), video=video))
    for time in (3.0, 17.31, 0.5, 9.99):
        click_at(window, "Film strip", time, 20)
        frame(window, time)
        assert window.state("state.time") == pytest.approx(time, abs=0.03)
    click_at(window, "Signal", 5.0, 20)
    frame(window, 5.0)
    walk, sit = window.state("[0, 1].map((c) => state.rows.find(({ label }) => label === c).top)")
    click_at(window, "Timeline: truth", 9.0, 18 + sit + 13)  # a detection
    frame(window, 8.0)
    assert window.state("state.focus.detection") == 2
    click_at(window, "Timeline: truth", 3.0, 18 + walk + 5)  # a truth
    frame(window, 1.0)
    assert window.state("state.chosenTruth") == 0
    assert "Selected: Truth: WALK, 1.0–6.0 s, found" in window.text(".gx-jumped")
    click_at(window, "Kernels of every", 11.0, 18 + 42)
    assert window.state("state.focus.kind") == "kernel"
    frame(window, window.state("(state.focus.start + state.focus.end) / 2"))
    slider = window.page.get_by_role("slider", name="Time in the video")
    slider.fill("15")
    frame(window, 15.0)


def test_the_film_shows_where_the_selection_begins_and_ends(
    open_page: Open, write_page: Write, mp4: Path
) -> None:
    window = opened(open_page, write_page(make_explanation(), video=mp4))
    marked = """([label, x]) => {
      const canvas = document.querySelector(`canvas[aria-label^="${label}"]`);
      const ratio = canvas.width / canvas.clientWidth;
      const place = [x * ratio - 1, 8 * ratio, 3, 20 * ratio];
      const { data } = canvas.getContext("2d").getImageData(...place);
      const isMark = (i) => data[i] > 170 && data[i + 1] < 90 && data[i + 2] < 40;
      return Array.from(data.keys()).filter((i) => i % 4 === 0 && isMark(i)).length;
    }"""
    wide = window.page.get_by_label("Film strip").bounding_box()["width"] - LEFT - RIGHT
    for detection in (0, 2):
        window.page.evaluate(
            "(detection) => document.querySelector('.gtan-explorer').explorer.store"
            ".set({ selection: { kind: 'detection', detection } })",
            detection,
        )
        window.page.wait_for_timeout(150)
        for time in window.state("[state.focus.start, state.focus.end]"):
            x = LEFT + wide * time / DURATION
            assert window.page.evaluate(marked, ["Film strip", x]) >= 20
            assert window.page.evaluate(marked, ["Film strip", x - 12]) == 0


def test_keys_step_single_frames(open_page: Open, write_page: Write, video: Path) -> None:
    window = opened(open_page, write_page(make_explanation(), video=video))
    click_at(window, "Film strip", 7.03, 20)
    first = frame(window, 7.03)
    for step in range(1, 4):
        window.key("k")
        assert frame(window) == first + step
    window.key("j", "j")
    assert frame(window) == first + 1
    window.key(*"kkkkk")  # faster than the video follows
    assert frame(window) == first + 6


def test_keys_jump_to_detections_truths_and_mistakes(
    open_page: Open, write_page: Write, mp4: Path
) -> None:
    window = opened(open_page, write_page(make_explanation(), video=mp4))
    assert window.state("state.focus.detection === 0 && 1.5 < state.time")  # opens on the best one
    for key, time, chosen in (
        ("p", 1.0, "state.focus.detection === 1"),
        ("n", 1.5, "state.focus.detection === 0"),
        ("n", 8.0, "state.focus.detection === 2"),
        ("p", 1.5, "state.focus.detection === 0"),
        ("t", 8.0, "state.chosenTruth === 1"),
        ("T", 1.0, "state.chosenTruth === 0"),
        ("m", 8.0, "state.focus.detection === 2 && state.chosenTruth === null"),
        ("m", 8.0, "state.chosenTruth === 1"),
        ("M", 8.0, "state.focus.detection === 2"),
        ("M", 1.0, "state.focus.detection === 1"),
    ):
        window.key(key)
        assert window.state(chosen), key
        assert window.state("state.time") == pytest.approx(time + INTO), key
        frame(window, time)
    assert "‖ duplicate" in window.text(".gx-jumped")


def test_what_fires_is_named_on_the_picture(open_page: Open, write_page: Write, mp4: Path) -> None:
    window = opened(open_page, write_page(make_explanation(), video=mp4))
    click_at(window, "Film strip", 9.0, 20)
    window.until("document.querySelector('.gx-named').textContent")
    assert window.text(".gx-named").split("\n") == ["truth: SIT", "SIT 0.60"]
    rows = window.page.get_by_role("list", name="What happens now").get_by_role("listitem")
    assert rows.all_inner_texts() == [
        "SIT\ntruth\n8.0–14.0 s\nmissed",
        "SIT\n0.60\n8.0–10.0 s\n○ background",
    ]
    rows.nth(1).get_by_role("button").click()
    assert window.state("state.time") == pytest.approx(8 + INTO)
    window.key("k")  # the focus is still in the explorer
    assert window.state("state.time") > 8
    window.page.get_by_label("names on the picture").uncheck()
    window.page.locator(".gx-named").wait_for(state="hidden")
    click_at(window, "Film strip", 19.0, 20)
    window.until("state.now.detections.length === 0")
    window.page.wait_for_timeout(100)
    assert rows.all_inner_texts() == ["Nothing fires, and no action is here."]


def test_it_plays_and_only_lines_move(open_page: Open, write_page: Write, video: Path) -> None:
    explanation = make_explanation()
    window = opened(
        open_page, write_page(explanation, trace=make_trace(steps=(0, 30, 60)), video=video)
    )
    window.page.wait_for_timeout(1000)  # the film strip is taken, the rehearsal over
    window.page.evaluate(COUNT)
    before = window.page.evaluate(LINES)
    assert len(before) >= 5  # film, signal, timeline, kernels, heat map, and maybe grouping
    window.key("Space")
    window.until("state.time > 1")
    assert window.page.evaluate("window.drawn") == 0
    after = window.page.evaluate(LINES)
    assert all(late > early for early, late in zip(before, after, strict=False))
    assert max(after[:5]) - min(after[:5]) < 1  # one time, one line
    assert not window.state("state.playing")  # Space is the video's
    window.key("Space")
    window.page.wait_for_timeout(150)
    assert not window.state("state.running")
    frame(window, window.state("state.time"))
    window.key("K")
    assert window.state("document.querySelector('.gx-picture').playbackRate") == 2
    window.key("Shift+Space")  # the training is still there
    assert window.state("state.playing")


def test_it_loops_over_the_selection(open_page: Open, write_page: Write, mp4: Path) -> None:
    window = opened(open_page, write_page(make_explanation(), video=mp4))
    window.key("t", "t", "l", "K", "K")
    assert window.state("state.looping && state.aim.start === 8 && state.aim.end === 14")
    window.page.evaluate("document.querySelector('.gx-picture').currentTime = 13.5")
    window.key("Space")
    window.until("state.time > 13.5 && state.time < 14")
    window.until("state.time < 9")
    assert window.state("state.running")
    window.key("T")  # the loop goes along
    assert window.state("state.looping && state.aim.start === 1")
    click_at(window, "Film strip", 19.0, 20)  # elsewhere: no more
    assert not window.state("state.looping")


def test_the_view_and_the_window_follow(open_page: Open, write_page: Write, mp4: Path) -> None:
    window = opened(open_page, write_page(make_explanation(), video=mp4))
    window.state("document.querySelector('.gtan-explorer').explorer.store.set({view: [0, 4]})")
    window.page.evaluate("document.querySelector('.gx-picture').currentTime = 3.6")
    window.key("K", "Space")
    window.until("state.view[0] > 3")
    window.key("Space")
    assert window.state("state.view[1] - state.view[0]") == pytest.approx(4)
    window.page.get_by_label("Window", exact=True).select_option("0")
    window.key("0")
    click_at(window, "Film strip", 19.0, 20)
    assert window.state("state.window") == 1


def test_a_link_holds_the_time(open_page: Open, write_page: Write, mp4: Path) -> None:
    path = write_page(make_explanation(), video=mp4)
    window = opened(open_page, path)
    click_at(window, "Film strip", 12.0, 20)
    window.page.wait_for_timeout(400)
    fragment = "#" + window.page.url.partition("#")[2]
    assert "time=" in fragment
    other = open_page(path, fragment)
    frame(other, 12.0)
    assert other.state("state.time") == pytest.approx(12.0, abs=0.03)


def test_the_video_follows_the_recording(open_page: Open, tmp_path: Path, mp4: Path) -> None:
    from gtan_viz import page

    names = ["made", "other", "bare"]
    folder = write_run(tmp_path / "run", [make_explanation(recording=n) for n in names], None)
    short = write_video(folder / "videos" / f"{escaped('other')}.webm", 10.0)
    window = open_page(page(folder, tmp_path / "explore.html", names))
    choice = window.page.get_by_label("Recording", exact=True)
    assert not window.page.locator(".gx-video").is_visible()
    choice.select_option("1")
    window.until("state.video && document.querySelector('.gx-picture').duration === 10")
    assert short.stat().st_size < (tmp_path / "explore.html").stat().st_size
    assert window.page.locator(".gx-video").is_visible()
    choice.select_option("2")
    window.until("state.recording === 'bare' && !state.video")
    assert not window.page.locator(".gx-video").is_visible()


def test_without_a_video_all_is_as_before(open_page: Open, write_page: Write) -> None:
    path = write_page(make_explanation(), trace=make_trace(steps=(0, 30, 60)))
    assert "media-src" not in path.read_text(encoding="utf-8")
    window = open_page(path)
    window.page.locator(".gtan-explorer").focus()
    assert not window.page.locator(".gx-video, .gx-cursor").locator("visible=true").count()
    assert not window.page.get_by_label("Film strip").is_visible()
    window.key("j", "k", "J", "K", "t", "m", "l")
    assert window.state("[state.time, state.speed, state.looping, state.message]") == [
        0, 1, False, "",
    ]  # fmt: skip
    window.key("?")
    assert not window.page.get_by_role("heading", name="The video").is_visible()
    window.key("Escape", "Space")
    assert window.state("state.playing")


def test_a_video_that_cannot_be_played(open_page: Open, write_page: Write) -> None:
    broken = b"\x00\x00\x00\x18ftypmp42" + bytes(200)
    window = open_page(write_page(make_explanation(), video=broken))
    window.page.get_by_role("alert").wait_for()
    assert "cannot play the video" in window.text(".gx-fault")
    window.key("n")
    assert window.state("state.focus.detection") >= 0
