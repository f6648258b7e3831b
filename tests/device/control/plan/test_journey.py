import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.control.plan.journey import Journey, Point, journey_of
from device.control.plan.session_plan import State
from device.errors import ConfigError

CSV = "bar,valence,arousal\n0,-0.5,0.5\n8,0.5,-0.5\n"


def test_points_are_joined_by_straight_lines_and_held_at_the_ends() -> None:
    journey = journey_of(CSV, "way.csv")
    assert journey.at(0, 0.0) == State(-0.5, 0.5)
    assert journey.at(4, 99.0) == State(0.0, 0.0)
    assert journey.at(80, 0.0) == State(0.5, -0.5)
    assert not journey.is_over(7, 1e9)
    assert journey.is_over(8, 0.0)


def test_seconds_count_from_when_the_music_began() -> None:
    text = (
        "[[point]]\ntime_s = 10.0\nvalence = 0.0\narousal = 0.0\n[[point]]\ntime_s = 20.0\nvalence = 1\narousal = -1\n"
    )
    journey = journey_of(text, "way.toml")
    assert journey.at(3, 0.0) == State(0.0, 0.0)
    assert journey.at(3, 15.0) == State(0.5, -0.5)
    assert journey.is_over(0, 20.0)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=9), st.floats(0, 40))
def test_a_journey_never_leaves_the_plane(points: list[tuple[float, float]], time_s: float) -> None:
    journey = Journey([Point(valence=v, arousal=a, time_s=3.0 * n) for n, (v, a) in enumerate(points)])
    assert all(-1 <= value <= 1 for value in journey.at(0, time_s))


@pytest.mark.parametrize(
    ("text", "name", "word"),
    [
        ("", "way.csv", "0 points"),
        ("valence,arousal\n0,0\n", "way.csv", "line 2"),
        ("bar,valence,arousal\n0,0,0\n4,2,0\n", "way.csv", "line 3"),
        ("bar,valence,arousal\n0,0\n", "way.csv", "line 2"),
        ("bar,valence,arousal\n0,0,0,0\n", "way.csv", "line 2"),
        ("bar,valence,arousal\n0,nan,0\n", "way.csv", "line 2"),
        ("bar,valence,arousal\n4,0,0\n4,0,0\n", "way.csv", "comes after"),
        ("bar,valence,arousal\n0,0,0\n4,calm,0\n", "way.csv", "line 3"),
        ("[[point]\n", "way.toml", "way.toml"),
        ("point = 3\n", "way.toml", "way.toml"),
        (
            "[[point]]\nbar = 1\nvalence = 0\narousal = 0\n[[point]]\ntime_s = 2\nvalence = 0\narousal = 0\n",
            "x.toml",
            "both",
        ),
        ("bar,valence,arousal\n" + "".join(f"{n},0,0\n" for n in range(10_002)), "way.csv", "points"),
    ],
)
def test_what_is_no_journey_is_refused_with_its_line(text: str, name: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        journey_of(text, name)
    assert word in caught.value.sentence
    assert caught.value.action


@given(st.text(max_size=200), st.sampled_from(["way.csv", "way.toml"]))
def test_any_text_is_a_journey_or_a_sentence(text: str, name: str) -> None:
    try:
        assert journey_of(text, name).points
    except ConfigError as error:
        assert error.sentence.startswith(name)
