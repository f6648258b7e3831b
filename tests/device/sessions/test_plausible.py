"""Numbers that decode and cannot be are named and left out; what the runtime writes is always let through."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device import messages as m
from device.config import SessionConfig
from device.runtime.bus import Received
from device.sessions.figure import draw
from device.sessions.history import History
from device.sessions.interchange import write_midi
from device.sessions.plausible import HOUR_NS, implausible
from device.sessions.reader import SessionReader
from device.sessions.summary import describe
from tests.device.sessions.synthetic import BEGAN_NS, Log, S, bar_of, frame, report

NOW_NS = 10**12


def bar(**changes: Any) -> m.PlayedBar:
    import numpy as np

    intent = m.MusicIntent(
        t_ns=NOW_NS, bar_index=0, phase="hold", phase_left_s=1.0, session_left_s=1.0, target_valence=0.0,
        target_arousal=0.0, tempo_bpm=60.0, density=0.5, register_midi=70.0, loudness_db=-6.0, brightness=0.5,
        articulation=0.8, mode="major", tonic_pc=0, generator="rules", reason="",
    )  # fmt: skip
    return msgspec.structs.replace(bar_of(intent, NOW_NS, np.random.default_rng(0)), **changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tempo_bpm", 0.0),
        ("tempo_bpm", -60.0),
        ("tempo_bpm", math.nan),
        ("tempo_bpm", 1e300),
        ("loudness_db", math.inf),
        ("beats", 0),
        ("beats", 10**9),
        ("programs", {"melody": 128}),
        ("programs", {"melody": -1}),
        ("n_frames", 2**62),
        ("bar_index", 2**40),
        ("t_ns", 2**60),
        ("notes", (m.Note(0, 24, 128, 60, "melody"),)),
        ("notes", (m.Note(-5, 24, 60, 60, "melody"),)),
        ("notes", (m.Note(0, 24, 60, 300, "melody"),)),
        ("notes", (m.Note(0, 24, 60, 60, "melody"),) * 5000),
    ],
)
def test_a_bar_that_cannot_be_is_none(field: str, value: Any) -> None:
    assert implausible(bar(), NOW_NS, NOW_NS) == ""
    assert implausible(bar(**{field: value}), NOW_NS, NOW_NS)


def test_a_message_of_another_time_than_its_record_is_none() -> None:
    assert implausible(m.Marker(t_ns=NOW_NS, text=""), NOW_NS + 2 * HOUR_NS, NOW_NS)
    assert implausible(m.Marker(t_ns=NOW_NS + 2 * HOUR_NS, text=""), NOW_NS, NOW_NS)
    assert not implausible(m.Marker(t_ns=0, text="of a process that never knew the time"), NOW_NS, NOW_NS)


@pytest.mark.parametrize(
    "changes", [{"ch_names": ()}, {"data": b"123"}, {"sfreq_hz": 1e300}, {"sfreq_hz": 0.0}, {"n_lost": -1}]
)
def test_samples_that_cannot_be_are_none(changes: dict[str, Any]) -> None:
    chunk = m.SampleChunk(
        t_ns=NOW_NS, source="c", kind="eeg", sfreq_hz=250.0, ch_names=("Fp1",), first_sample=0, data=bytes(8)
    )
    assert implausible(chunk, NOW_NS, NOW_NS) == ""
    assert implausible(msgspec.structs.replace(chunk, **changes), NOW_NS, NOW_NS)


def test_unknown_features_are_no_damage() -> None:
    import numpy as np

    unknown = msgspec.structs.replace(frame("c", NOW_NS, np.random.default_rng(0)), values=(math.nan, 1.0))
    assert implausible(unknown, NOW_NS, NOW_NS) == ""


odd = st.one_of(
    st.floats(), st.integers(-(2**63), 2**64 - 1), st.text(max_size=20), st.binary(max_size=9), st.none(), st.booleans()
)
trees = st.recursive(
    odd, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner), max_leaves=8
)


@given(data=st.data(), tree=trees, t_ns=st.integers(0, 2**64 - 1))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_a_message_says_the_session_is_described(
    tmp_path: Path, config: SessionConfig, data: st.DataObject, tree: Any, t_ns: int
) -> None:
    """Any value in any field of a message, at any time."""
    message = data.draw(st.sampled_from([bar(), report(BEGAN_NS, "playing"), m.Marker(t_ns=BEGAN_NS, text="")]))
    fields = msgspec.to_builtins(message, builtin_types=(bytes,))
    fields[data.draw(st.sampled_from(sorted(fields)))] = tree
    log = Log(tmp_path, config)
    log.write(m.Marker(t_ns=BEGAN_NS, text="whole"))
    topic = {m.PlayedBar: "played", m.AudioReport: "audio_report"}.get(type(message), "markers")
    log.store.write(Received(topic, "x", 0, 99, t_ns, msgspec.msgpack.encode(fields)), BEGAN_NS)
    log.close()
    history = History(SessionReader(tmp_path))
    msgspec.json.encode(describe(history))
    write_midi(tmp_path / "played.mid", history.played)
    assert [marker.text for marker in history.markers][:1] == ["whole"]
    for path in tmp_path.glob("log-*.mcap"):
        path.unlink()


def test_names_and_sentences_of_any_kind_are_drawn(tmp_path: Path, config: SessionConfig) -> None:
    log = Log(tmp_path / "s", msgspec.structs.replace(config, listener="\x1b[2J$\\frac{" + "x" * 9999))
    for n in range(100):
        status = m.SensorStatus(t_ns=BEGAN_NS + n, source=f"\x00$${n}\n", state="streaming", sentence="")
        gone = msgspec.structs.replace(status, t_ns=BEGAN_NS + n * S, state="lost")
        log.write(status, gone, m.Marker(t_ns=BEGAN_NS + n, text="$\\sum_{\x07\n" * 9))
    history = History(SessionReader(log.close()))
    draw(history, tmp_path / "session.png")
    assert (tmp_path / "session.png").stat().st_size > 10_000
    assert len(history.sources) <= 32
    assert any("sources" in problem for problem in history.problems)
