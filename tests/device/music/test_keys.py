import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Mode
from device.music.keys import allowed_tonic, find_key, key_name, key_of
from device.music.theory import SCALES


@given(st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_a_scale_with_weight_on_its_triad_is_found_in_every_key(tonic_pc: int, mode: Mode) -> None:
    weights = [0.0] * 12
    for step in (*SCALES[mode], 11):
        weights[(tonic_pc + step) % 12] = 1.0
    for step in (0, SCALES[mode][2], 7):
        weights[(tonic_pc + step) % 12] = 3.0
    assert find_key(weights) == (tonic_pc, mode)


def test_silence_is_taken_for_c_major() -> None:
    assert find_key([0.0] * 12) == (0, "major")


@pytest.mark.parametrize(
    ("name", "key"), [("C minor", (0, "minor")), ("F# major", (6, "major")), ("Cb major", (11, "major"))]
)
def test_keys_are_read_by_name(name: str, key: tuple[int, Mode]) -> None:
    assert key_of(name) == key


@given(st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_a_name_stands_for_its_key(tonic_pc: int, mode: Mode) -> None:
    assert key_of(key_name(tonic_pc, mode)) == (tonic_pc, mode)


def test_a_key_that_may_not_sound_gives_way_to_its_nearest_relation() -> None:
    assert allowed_tonic(2, "major", ()) == 2
    assert allowed_tonic(2, "major", ("D minor",)) == 2
    assert allowed_tonic(2, "major", ("D major",)) == 7
    assert allowed_tonic(2, "major", ("D major", "G major")) == 9
    assert allowed_tonic(2, "major", [key_name(tonic, "major") for tonic in range(12)]) == 2
