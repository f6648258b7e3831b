"""Reading MIDI of any origin."""

from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Note, PlayedBar
from device.sessions.interchange import write_midi
from export.music.midi import BrokenMidiError, find, read, read_all
from tests.export.music.scores import piece, scale_tune, write


def _signature(numerator: int, denominator: int, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, time=time)


def _bar(index: int, tempo_bpm: float, loudness_db: float = 0.0) -> PlayedBar:
    return PlayedBar(
        t_ns=round(index * 4e9), bar_index=index, start_frame=0, n_frames=0, beats=4, tempo_bpm=tempo_bpm,
        tempo_from_bpm=tempo_bpm, tempo_to_bpm=tempo_bpm,
        loudness_db=loudness_db, brightness=0.5, programs={}, generator="rules",
        notes=(Note(0, 24, 72, 80, "melody"), Note(0, 96, 48, 60, "bass"), Note(48, 48, 74, 80, "melody")),
    )  # fmt: skip


def test_our_own_bars_keep_their_voices_tempos_and_loudness(tmp_path: Path) -> None:
    write_midi(tmp_path / "ours.mid", [_bar(0, 60.0), _bar(1, 60.0, -20.0), _bar(2, 120.0)])
    ours = read(tmp_path / "ours.mid")
    assert ours.bars.tolist() == [0, 4, 8, 12]
    assert ours.onset.tolist() == [0, 0, 2, 4, 4, 6, 8, 8, 10]
    assert ours.length[:2].tolist() == [4, 1]
    assert ours.start_s[[3, 6, 8]] == pytest.approx([4, 8, 9])
    assert set(ours.voice[ours.pitch == 48].tolist()) == {"bass"}
    assert ours.pitch[ours.melody()].tolist() == [72, 74] * 3
    assert ours.velocity[4] == pytest.approx(80 * 10 ** (-20 / 40), rel=0.02)


def test_a_score_is_read_in_its_own_metre(tmp_path: Path) -> None:
    notes = [(beat * 1.5, 1.5, 60) for beat in range(8)]
    waltz, dance, march = (
        read(write(tmp_path / f"{top}.mid", notes, meta=[_signature(top, bottom)]))
        for top, bottom in ((3, 4), (6, 8), (2, 4))
    )
    assert waltz.bars.tolist() == [0, 3, 6, 9, 12]
    assert dance.bars.tolist() == [0, 4, 8]
    assert dance.onset.tolist() == list(range(8))
    assert dance.start_s[:3] == pytest.approx([0, 1.5, 3])
    assert march.bars.tolist() == [0, 4, 8, 12]


def test_a_metre_that_changes_begins_a_bar(tmp_path: Path) -> None:
    meta = [_signature(1, 4), _signature(4, 4, 480)]
    upbeat = read(write(tmp_path / "a.mid", [(0, 1, 67), *[(1 + k, 1, 60) for k in range(8)]], meta=meta))
    assert upbeat.bars.tolist() == [0, 1, 5, 9]


def test_annotated_beats_go_before_the_files_own(tmp_path: Path) -> None:
    write(tmp_path / "pop" / "001.mid", [(k * 2.0 + 1.0, 1.0, 60 + k) for k in range(8)], name="MELODY")
    (tmp_path / "pop_annotations").mkdir()
    rows = [f"{1.0 + 2.0 * beat} 0 {float(beat % 4 == 0)}" for beat in range(9)]
    (tmp_path / "pop_annotations" / "001_beat_midi.txt").write_text("\n".join(rows))
    song = read(tmp_path / "pop" / "001.mid")
    assert song.onset == pytest.approx(np.arange(8))
    assert song.bars.tolist() == [0, 4, 8]
    assert song.start_s == pytest.approx(1 + 2 * np.arange(8))


def test_without_a_named_melody_the_upper_line_is_it(tmp_path: Path) -> None:
    chords = [(k, 1.0, pitch) for k in range(4) for pitch in (48, 60, 64 + k)]
    piano = read(write(tmp_path / "piano.mid", chords))
    assert piano.pitch[piano.melody()].tolist() == [64, 65, 66, 67]


def test_drums_are_no_notes_and_an_endless_note_ends_with_its_track(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    on = [mido.Message("note_on", note=60, velocity=70), mido.Message("note_on", note=36, velocity=70, channel=9)]
    file.tracks.append(mido.MidiTrack([*on, mido.MetaMessage("end_of_track", time=960)]))
    file.save(tmp_path / "a.mid")
    held = read(tmp_path / "a.mid")
    assert held.pitch.tolist() == [60]
    assert held.length.tolist() == [2]


def test_some_bars_of_a_piece() -> None:
    whole = piece(scale_tune(16))
    first, rest, all_of_it = whole.between_bars(0, 2), whole.between_bars(2, 99), whole.between_bars(0, 99)
    assert first
    assert rest
    assert all_of_it
    assert (first.onset.tolist(), first.bars.tolist()) == (list(range(8)), [0, 4, 8])
    assert (rest.onset.tolist(), rest.bars.tolist()) == (list(range(8, 16)), [8, 12, 16])
    assert len(all_of_it.pitch) == 16
    assert piece([(0.0, 1.0, 60), (12.0, 1.0, 60)]).between_bars(1, 3) is None


def test_a_broken_file_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "b" / "good.mid", scale_tune(4))
    (tmp_path / "bad.MID").write_bytes(b"MThd no music")
    write(tmp_path / "empty.mid", [])
    pieces, sentences = read_all(find(tmp_path))
    assert [good.name for good in pieces] == ["good"]
    assert any("bad.MID is left out" in sentence for sentence in sentences)
    assert "empty.mid is left out: it has no notes." in sentences


def test_a_file_that_lasts_for_days_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(BrokenMidiError, match="beats or more"):
        read(write(tmp_path / "endless.mid", [(0.0, 1.0, 60), (2e5, 1.0, 60)]))


@given(st.data())
def test_whatever_the_bytes_there_is_a_piece_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    good = bytearray(write(folder / "good.mid", scale_tune(6), meta=[_signature(3, 4)]).read_bytes())
    for place in data.draw(st.lists(st.integers(14, len(good) - 1), max_size=6)):
        good[place] = data.draw(st.integers(0, 255))
    (folder / "bad.mid").write_bytes(good[: data.draw(st.integers(0, len(good)))])
    try:
        found = read(folder / "bad.mid")
    except BrokenMidiError as error:
        assert "bad.mid" in str(error)
    else:
        assert len(found.onset) == len(found.pitch) == len(found.voice) > 0
        assert np.isfinite(found.end_s).all()
        assert (np.diff(found.bars) > 0).all()


def test_the_corpora_are_read(data_dir: Path) -> None:
    song = read(data_dir / "open/music_pop909/001.mid")
    assert len(song.melody()) == pytest.approx(264, abs=3)
    assert np.diff(song.bars).tolist() == [4] * (len(song.bars) - 1)
    lied = read(min((data_dir / "open/music_openscore_lieder").glob("*.mid")))
    assert "melody" in lied.voice
