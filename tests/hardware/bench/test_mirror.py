"""Asking a generator for what people wrote."""

import json
from pathlib import Path

import pytest

from device.config import MusicConfig
from device.music.theory import notes_per_beat
from export.music import midi
from hardware.bench.mirror import density_of, in_four, liking, main, mirror, wishes
from tests.export.music.scores import Written, chord, piece, scale_tune, write


def _song(n_bars: int = 24, tonic: int = 62) -> list[Written]:
    """A tune in D over its chords."""
    triads = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
    notes = scale_tune(4 * n_bars, tonic)
    for bar in range(n_bars):
        notes += chord(4.0 * bar, 4.0, *(tonic - 12 + step for step in triads[bar % 4]))
    return notes


def test_what_was_measured_of_a_piece_is_wished_for() -> None:
    song = piece(_song(), bpm=90, voice=["melody"] * 96 + ["accompaniment"] * 72)
    asked = wishes(song, "rules")
    assert len(asked) == 24
    assert {(intent.mode, intent.tonic_pc) for intent in asked} == {("major", 2)}
    assert asked[0].tempo_bpm == pytest.approx(90.0)
    assert notes_per_beat(asked[0].density) == pytest.approx(1.75)
    assert asked[0].register_midi == pytest.approx(68, abs=1)
    assert asked[0].articulation == 1.0


def test_sections_are_wished_for_one_by_one() -> None:
    busy = [(onset / 4, length / 4, pitch) for onset, length, pitch in scale_tune(128)]
    calm = [(32.0 + onset, length, pitch - 12) for onset, length, pitch in scale_tune(32)]
    asked = wishes(piece(busy + calm), "rules")
    assert asked[0].density > asked[7].density - 1e-9 > asked[8].density
    assert asked[0].register_midi > asked[8].register_midi + 10


def test_density_is_the_inverse_of_notes_a_beat_within_bounds() -> None:
    assert notes_per_beat(density_of(3.0)) == pytest.approx(3.0)
    assert (density_of(0.0), density_of(99.0)) == (0.0, 1.0)


def test_a_song_is_asked_for_as_a_song_and_as_written() -> None:
    styles = [liking(piece(_song(), name=name)).style for name in ("pop909-001", "lieder-Mignon", "mine")]
    assert styles == ["song", "lied", "any"]
    assert liking(piece(_song())).texture == "full"


def test_only_pieces_in_four_beats_are_mirrored_without_their_upbeat() -> None:
    four, waltz = piece(scale_tune(100)), piece(scale_tune(100), beats=3.0)
    assert [len(kept.bars) - 1 for kept in in_four([four, waltz], 16)] == [16]
    assert in_four([piece(scale_tune(20))], 16) == []


def test_ours_is_as_long_as_theirs_and_in_their_key(tmp_path: Path) -> None:
    human = in_four([piece(_song(), bpm=90, name="song")], 16)
    ours = mirror(human, tmp_path, MusicConfig(generator="phrasebook"))
    assert (tmp_path / "song.mid").exists()
    assert len(ours[0].bars) == 17
    assert ours[0].duration_s == pytest.approx(16 * 4 * 60 / 90, rel=0.1)
    in_key = {(2 + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    assert sum(pitch % 12 in in_key for pitch in ours[0].pitch.tolist()) > 0.8 * len(ours[0].pitch)


def test_the_command_compares_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        write(tmp_path / "human" / f"{name}.mid", _song())
    arguments = ["--pieces", str(tmp_path / "human"), "--out", str(tmp_path / "ours"), "--generator", "rules"]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["pieces"], report["reference_pieces"]) == (2, 2)
    assert report["metrics"]["groove_consistency"]["ratio"] > 0.5
    assert len(midi.find(tmp_path / "ours")) == 2


def test_without_music_in_four_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "short.mid", scale_tune(8))
    assert main(["--pieces", str(tmp_path), "--out", str(tmp_path / "ours"), "--generator", "rules"]) != 0
    assert "in four beats" in capsys.readouterr().err
