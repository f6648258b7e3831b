from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import VOICES, Manner, Mode, Note, PlayedBar
from device.sessions.interchange import write_midi

S = 1_000_000_000


def bar(index: int, t_ns: int, *notes: Note, tempo_bpm: float = 60.0, beats: int = 4, **more: object) -> PlayedBar:
    fields = {"loudness_db": -9.0, "brightness": 0.5, "programs": {"melody": 11, "bass": 32}, "generator": "g"} | more
    fields |= dict.fromkeys(("tempo_bpm", "tempo_from_bpm", "tempo_to_bpm"), tempo_bpm)
    return PlayedBar(t_ns=t_ns, bar_index=index, start_frame=0, n_frames=1, beats=beats, notes=notes, **fields)  # type: ignore[arg-type]


def timed_notes(path: Path) -> list[tuple[float, str, int]]:
    """(seconds, on or off, pitch) as a MIDI player would hear them."""
    heard, now_s = [], 0.0
    for message in mido.MidiFile(path):
        now_s += message.time
        if message.type in ("note_on", "note_off"):
            heard.append((round(now_s, 3), message.type.removeprefix("note_"), message.note))
    return heard


def test_notes_sound_at_the_times_they_were_played(tmp_path: Path) -> None:
    path = tmp_path / "played.mid"
    first = bar(0, 0, Note(0, 24, 60, 80, "melody"), Note(24, 48, 40, 70, "bass"))
    second = bar(1, 4 * S, Note(0, 24, 62, 80, "melody"), tempo_bpm=120.0)
    write_midi(path, [first, second])
    assert timed_notes(path) == [
        (0, "on", 60), (1, "off", 60), (1, "on", 40), (3, "off", 40), (4, "on", 62), (4.5, "off", 62)
    ]  # fmt: skip


def test_voices_have_their_own_tracks_channels_and_instruments(tmp_path: Path) -> None:
    path = tmp_path / "played.mid"
    write_midi(path, [bar(0, 0, Note(0, 24, 60, 80, "melody"), Note(0, 24, 40, 70, "bass"))])
    tracks = {track.name: track for track in mido.MidiFile(path).tracks}
    assert list(tracks) == ["session", *VOICES]
    programs = {name: [m.program for m in track if m.type == "program_change"] for name, track in tracks.items()}
    assert programs == {"session": [], "melody": [11], "inner": [], "bass": [32], "pad": []}
    assert [(m.channel, m.note) for m in tracks["bass"] if m.type == "note_on"] == [(1, 40)]


def test_a_gap_in_the_music_is_a_rest_of_its_length(tmp_path: Path) -> None:
    path = tmp_path / "played.mid"
    note = Note(0, 24, 60, 80, "melody")
    write_midi(path, [bar(0, 0, note), bar(7, 9 * S, note)])
    assert [at_s for at_s, kind, _ in timed_notes(path) if kind == "on"] == [0, 9]


def test_meter_and_fallbacks_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "played.mid"
    write_midi(path, [bar(0, 0), bar(1, 4 * S, beats=3, fallback="bar 1 was late"), bar(2, 7 * S, beats=3)])
    session = mido.MidiFile(path).tracks[0]
    assert [m.numerator for m in session if m.type == "time_signature"] == [4, 3]
    assert [m.text for m in session if m.type == "marker"] == ["phrasebook: bar 1 was late"]


def test_six_eighths_are_written_as_such_and_sound_at_the_times_they_were_played(tmp_path: Path) -> None:
    path = tmp_path / "played.mid"
    swinging = bar(0, 0, Note(16, 8, 60, 80, "melody"), metre="6/8")
    write_midi(path, [swinging, bar(1, 4 * S, Note(0, 24, 62, 80, "melody"))])
    assert timed_notes(path) == [(0.667, "on", 60), (1.0, "off", 60), (4, "on", 62), (5, "off", 62)]
    file = mido.MidiFile(path)
    signs = [m for m in file.tracks[0] if m.type == "time_signature"]
    assert [(m.numerator, m.denominator, m.clocks_per_click) for m in signs] == [(6, 8, 36), (4, 4, 24)]
    first = next(m for m in file.tracks[1] if m.type == "note_on")
    assert sum(m.time for m in file.tracks[1][: file.tracks[1].index(first) + 1]) == file.ticks_per_beat


def test_keys_are_signed_where_they_change(tmp_path: Path) -> None:
    path = tmp_path / "played.mid"
    write_midi(
        path,
        [bar(index, 4 * index * S) for index in range(4)],
        [(2, "major"), (2, "major"), (2, "minor"), (8, "minor")],
    )
    session = mido.MidiFile(path).tracks[0]
    assert [m.key for m in session if m.type == "key_signature"] == ["D", "Dm", "G#m"]


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_key_has_a_signature(tmp_path: Path, mode: Mode) -> None:
    path = tmp_path / "played.mid"
    write_midi(path, [bar(index, 4 * index * S) for index in range(12)], [(tonic, mode) for tonic in range(12)])
    assert len([m for m in mido.MidiFile(path).tracks[0] if m.type == "key_signature"]) == 12


def test_a_session_without_music_is_a_valid_file(tmp_path: Path) -> None:
    write_midi(tmp_path / "played.mid", [])
    assert len(mido.MidiFile(tmp_path / "played.mid").tracks) == 5


notes = st.builds(
    Note,
    st.integers(0, 95),
    st.integers(1, 200),
    st.integers(0, 127),
    st.integers(1, 127),
    st.sampled_from(["melody", "inner", "bass", "pad"]),
)


@given(bars=st.lists(st.lists(notes, max_size=12), min_size=1, max_size=4), tempo_bpm=st.floats(40, 200))
def test_whatever_was_played_every_note_ends_before_it_is_struck_again(
    tmp_path_factory: pytest.TempPathFactory, bars: list[list[Note]], tempo_bpm: float
) -> None:
    path = tmp_path_factory.mktemp("midi") / "played.mid"
    length_ns = round(240e9 / tempo_bpm)
    write_midi(path, [bar(i, i * length_ns, *given_notes, tempo_bpm=tempo_bpm) for i, given_notes in enumerate(bars)])
    for track in mido.MidiFile(path).tracks:
        ringing: set[int] = set()
        for message in track:
            if message.type == "note_on":
                assert message.note not in ringing
                ringing.add(message.note)
            elif message.type == "note_off":
                ringing.remove(message.note)
        assert not ringing


def test_the_pedal_is_written_where_it_was_pressed(tmp_path: Path) -> None:
    legato = Manner(loudness_db=-9.0, density=0.5, articulation=0.95)
    bass = [Note(0, 48, 36, 70, "bass"), Note(48, 48, 43, 70, "bass")]
    programs = {"inner": 0, "bass": 32}
    bars = [bar(0, 0, *bass, programs=programs, manner=legato), bar(1, 4 * S, *bass, programs=programs)]
    write_midi(tmp_path / "played.mid", bars)
    file = mido.MidiFile(tmp_path / "played.mid")
    pedals = [message.value for message in file if message.is_cc(64)]
    assert pedals == [0, 127, 0, 127, 0]
