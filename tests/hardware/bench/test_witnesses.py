"""Outside witnesses: what they are asked, and how their answers are read."""

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from device.commands.piece import Wish
from device.messages import Transport
from hardware.bench import hearing, mir_emotion, witnesses
from hardware.bench.intents import config_of, standing
from hardware.bench.speed import RivalMissingError


def test_points_are_spread_over_the_plane_whichever_seeds_are_asked() -> None:
    for first in (0, 7000):
        points = witnesses.places(range(first, first + 40))
        assert np.abs(points).max() < 1.0
        assert all(np.abs(points - corner).max(1).min() < 0.45 for corner in ((-0.7, -0.7), (0.7, -0.7), (0.7, 0.7)))
        assert abs(np.corrcoef(points.T)[0, 1]) < 0.25


def test_a_cue_alone_leaves_all_others_where_they_are() -> None:
    def answer(cue: str, value: object) -> witnesses.MusicIntent:
        transport = Transport(t_ns=0, bar_index=0, start_frame=0, starts_ns=0, deadline_ns=0)
        return witnesses.Alone(config_of(0), Wish(standing(0.0, 0.0), 4), cue, value).answer(transport)

    low, high = (answer("brightness", value) for value in (0.1, 0.9))
    assert (low.brightness, high.brightness) == (0.1, 0.9)
    assert (low.tempo_bpm, low.mode, low.register_midi) == (high.tempo_bpm, high.mode, high.register_midi)
    assert {answer("mode", mode).mode for mode in ("minor", "major")} == {"minor", "major"}


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
