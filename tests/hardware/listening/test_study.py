"""A study is balanced, blind and the same for the same seed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import ConfigError
from device.music import GENERATORS
from hardware.listening.study import HUMAN, Key, plan, read_key


def study(**changes: object) -> Key:
    return plan(**{"seed": 1, "n_places": 8, "model": "m"} | changes)  # type: ignore[arg-type]


@given(st.integers(0, 2**32), st.integers(1, 16))
def test_every_generator_composes_every_place(seed: int, n_places: int) -> None:
    key = study(seed=seed, n_places=n_places)
    tests = [clip for clip in key.clips if clip.role == "test"]
    places = {(clip.valence, clip.arousal) for clip in tests}
    assert len(places) == n_places
    assert Counter((c.generator, c.valence, c.arousal) for c in tests) == Counter(
        (g, *p) for g in GENERATORS for p in places
    )
    assert len({clip.id for clip in key.clips}) == len(key.clips)


def test_quadrants_are_balanced_and_all_generators_get_the_same_chance() -> None:
    tests = [clip for clip in study().clips if clip.role == "test"]
    assert set(Counter((c.valence > 0, c.arousal > 0) for c in tests).values()) == {2 * len(GENERATORS)}
    assert all(
        len({c.seed for c in tests if (c.valence, c.arousal) == p}) == 1
        for p in {(c.valence, c.arousal) for c in tests}
    )


def test_what_comes_twice_is_a_test_clip_under_another_name() -> None:
    key = study()
    repeats = [clip for clip in key.clips if clip.role == "repeat"]
    by_id = {clip.id: clip for clip in key.clips}
    assert len(repeats) >= 4
    for clip in repeats:
        assert by_id[clip.repeats].role == "test"
        assert (by_id[clip.repeats].generator, by_id[clip.repeats].valence) == (clip.generator, clip.valence)


def test_the_order_tells_nothing_and_the_seed_decides_all() -> None:
    assert study() == study()
    assert study(seed=2) != study()
    generators = [clip.generator for clip in study().clips if clip.role == "test"]
    assert generators != sorted(generators)


def test_human_pieces_have_no_place() -> None:
    clips = [clip for clip in study(human=[Path("a.mid")]).clips if clip.generator == HUMAN and clip.role == "test"]
    assert [(clip.source, clip.valence) for clip in clips] == [("a.mid", None)]


@pytest.mark.parametrize("n_places", [0, 17])
def test_too_few_or_many_places_are_refused(n_places: int) -> None:
    with pytest.raises(ConfigError, match="--pairs"):
        study(n_places=n_places)


def test_a_key_is_read_back_and_anything_else_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.key.json"
    path.write_bytes(msgspec.json.encode(study()))
    assert read_key(path) == study()
    for broken in (b"", b"{}", path.read_bytes()[:-9], path.read_bytes().replace(b"key-1", b"key-9")):
        path.write_bytes(broken)
        with pytest.raises(ConfigError, match=r"key"):
            read_key(path)


def test_an_older_release_has_the_same_places_and_seeds() -> None:
    tests = [clip for clip in study(before=True).clips if clip.role == "test"]
    older = {(clip.valence, clip.arousal, clip.seed) for clip in tests if clip.composer == "before"}
    assert older == {(clip.valence, clip.arousal, clip.seed) for clip in tests if clip.composer == "transformer"}
    assert len(older) == 8
