"""Outside witnesses: what they are asked, and how their answers are read."""

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from device.commands.piece import Wish
from device.expression import CUES
from device.messages import MusicIntent, Transport
from hardware.bench import hearing, mir_emotion, witness_cues, witnesses
from hardware.bench.intents import config_of, standing
from hardware.bench.speed import RivalMissingError


def test_points_are_spread_over_the_plane_whichever_seeds_are_asked() -> None:
    for first in (0, 7000):
        points = witnesses.places(range(first, first + 40))
        assert np.abs(points).max() < 1.0
        assert all(np.abs(points - corner).max(1).min() < 0.45 for corner in ((-0.7, -0.7), (0.7, -0.7), (0.7, 0.7)))
        assert abs(np.corrcoef(points.T)[0, 1]) < 0.25


def test_valence_moves_only_the_cues_that_it_may_and_arousal_moves_all() -> None:
    def answer(moved: set[str], valence: float, arousal: float) -> MusicIntent:
        transport = Transport(t_ns=0, bar_index=0, start_frame=0, starts_ns=0, deadline_ns=0)
        with witness_cues.only(moved):
            return witness_cues.Partly(config_of(0), Wish(standing(valence, arousal), 4), moved).answer(transport)

    sad, glad = (answer({"register_midi"}, valence, 0.0) for valence in (-0.8, 0.8))
    assert sad.register_midi < glad.register_midi
    assert (sad.tempo_bpm, sad.mode, sad.articulation) == (glad.tempo_bpm, glad.mode, glad.articulation)
    assert answer({"mode"}, -0.8, 0.0).mode == "minor"
    assert answer(set(), 0.0, -0.8).tempo_bpm < answer(set(), 0.0, 0.8).tempo_bpm
    assert CUES["register_midi"].valence > 0.0


def test_a_regression_finds_which_cue_a_witness_hears() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(80, 7)) * 9.0 + 60.0
    told = rng.normal(size=(80, len(witnesses.WITNESSES), 2))
    told[:, 1, 0] = 5.0 * rows[:, 2] + told[:, 1, 0]
    found = witness_cues.regress(rows, told)
    assert found.mean[1, 0, 2] == pytest.approx(1.0, abs=0.05)
    assert np.abs(found.mean[0]).max() < 4.5 * found.error[0].max()


def test_with_the_other_axis_held_a_reading_that_mixes_both_tells_each() -> None:
    asked = witnesses.places(range(60))
    told = np.repeat((asked @ np.array([0.3, 1.0]))[:, None, None], len(witnesses.WITNESSES), 1).repeat(2, 2)
    heard = witnesses.Heard(asked, told)
    assert heard.correlations()["musicnn", "valence"] < 0.5
    assert heard.held()["musicnn", "valence"] > 0.8


def test_correlations_are_of_ranks_and_told_by_witness_and_axis() -> None:
    asked = witnesses.places(range(20))
    told = np.repeat(np.exp(3 * asked)[:, None], len(witnesses.WITNESSES), 1)
    told[:, 1] *= -1
    heard = witnesses.Heard(asked, told)
    assert heard.correlations()["vibenet", "valence"] == pytest.approx(1.0)
    assert heard.correlations()["musicnn", "arousal"] == pytest.approx(-1.0)
    assert [figure.is_met for figure in witnesses.figures({"rules": heard})] == [True, True, False, False, True, True]


def test_a_missing_interpreter_is_said() -> None:
    with pytest.raises(RivalMissingError):
        witnesses.ask([Path("x.wav")], "no-such-python")


def test_all_sounds_are_heard_at_one_level_whatever_their_rate(tmp_path: Path) -> None:
    for sfreq_hz, gain in ((48_000, 0.5), (44_100, 0.001)):
        tone = gain * np.sin(2 * np.pi * 440 * np.arange(sfreq_hz) / sfreq_hz)
        wavfile.write(tmp_path / "x.wav", sfreq_hz, np.column_stack((tone, tone)).astype(np.float32))
        sound = hearing.read(tmp_path / "x.wav")
        assert len(sound) == pytest.approx(hearing.SFREQ_HZ, abs=2)
        assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(hearing.LEVEL_DB, abs=0.1)


def test_a_tone_lies_in_the_band_of_its_frequency() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    power = hearing.mel_power(tone, 512, 512, 256, 96).mean(0)
    bank = hearing.mel_bank(512, 96)
    assert int(power.argmax()) == int(bank[:, 32].argmax())


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    kernel = np.arange(6, dtype="<f4").reshape(2, 3)
    (tmp_path / ".data-00000-of-00001").write_bytes(kernel.tobytes())
    shape = b"\x12\x02\x08\x02\x12\x02\x08\x03"
    entry = b"\x08\x01\x12" + bytes([len(shape)]) + shape + b"\x28\x18"
    rows = [(b"", b""), (b"dense/kernel", entry)]
    block = b"".join(bytes([0, len(key), len(value)]) + key + value for key, value in rows) + struct.pack("<II", 0, 1)
    handle = bytes([0, len(block)])
    index = bytes([0, 1, len(handle)]) + b"z" + handle + struct.pack("<II", 0, 1)
    foot = bytes([0, 0, len(block), len(index)]).ljust(48, b"\x00")
    (tmp_path / ".index").write_bytes(block + index + foot)
    assert np.array_equal(hearing.checkpoint(tmp_path)["dense/kernel"], kernel)


def test_the_published_regression_hears_the_mode_and_lively_from_calm(tmp_path: Path) -> None:
    def cadence(third: int, seconds: float, partials: int, path: Path) -> Path:
        time_s = np.arange(round(24_000 * seconds)) / 24_000
        chords = [
            sum(
                np.sin(2 * np.pi * partial * 220 * 2 ** ((root + step) / 12) * time_s) / partial
                for step in (0, 4 if root == 7 else third, 7)
                for partial in range(1, partials)
            )
            for root in (0, 5, 7, 0)
        ]
        every = np.tile(np.concatenate([chord * np.exp(-4 * time_s / seconds) for chord in chords]), round(3 / seconds))
        wavfile.write(path, 48_000, np.repeat(np.column_stack((every, every)) * 3000, 2, 0).astype(np.int16))
        return path

    cases = [(3, 1.0, 4), (4, 1.0, 4), (3, 0.25, 12), (4, 0.25, 12)]
    paths = [cadence(*case, tmp_path / f"{n}.wav") for n, case in enumerate(cases)]
    told = [mir_emotion.features(mir_emotion.mono(path)) for path in paths]
    assert min(told[1].mode, told[3].mode) > max(told[0].mode, told[2].mode)
    _, arousal = mir_emotion.judge(paths).T
    assert arousal[2:].min() > arousal[:2].max()


def test_tags_are_found_by_the_names_that_the_package_gives_them(tmp_path: Path) -> None:
    (tmp_path / "configuration.py").write_text("SR = 1\nMTT_LABELS = ['slow', 'male', 'fast']\n")
    assert hearing.labels(tmp_path, "MTT_LABELS").index("fast") == 2
    with pytest.raises(SystemExit):
        hearing.labels(tmp_path, "MSD_LABELS")
