"""What a listener's earlier sessions tell a new one; and that nothing an old folder holds can stop it."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.affect.fusion import fuse
from device.affect.words import Words
from device.config import SessionConfig
from device.messages import Marker, PersonalBaseline, SelfReport
from device.sessions.earlier import HALF_LIFE_DAYS, SESSION_WORTH_S, forget, recall_rest
from device.sessions.store import SEGMENT_NS, log_paths
from tests.device.sessions.synthetic import BEGAN_NS, Log, S

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
TODAY, YESTERDAY, LAST_WEEK = "20261123T110000Z-a", "20261122T120000Z-b", "20261116T120000Z-c"


def rest(mean: float, source: str = "cyton", model: str = "eeg-load-0.2.0", t_s: int = 60) -> PersonalBaseline:
    return PersonalBaseline(
        t_ns=BEGAN_NS + t_s * S,
        source=source,
        model=model,
        names=("Fp1.theta", "Fp2.theta"),
        mean=(mean, mean),
        sd=(0.5, 0.5),
        weight_s=(60.0, 60.0),
    )


def session(root: Path, config: SessionConfig, session_id: str, *told: PersonalBaseline, listener: str = "ada") -> Path:
    config = msgspec.structs.replace(config, session_id=session_id, listener=listener)
    log = Log(root / session_id, config)
    log.write(*told)
    return log.close()


def means(root: Path, listener: str = "ada") -> dict[str, float]:
    return {item.source: item.mean[0] for item in recall_rest(root, listener, NOW).baselines}


def test_the_newest_rest_of_each_source_is_carried(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, LAST_WEEK, rest(1.0), rest(2.0, "band", "heart"))
    session(tmp_path, config, YESTERDAY, rest(3.0), rest(4.0, t_s=120))
    assert means(tmp_path) == {"cyton": 4.0, "band": 2.0}
    assert len(recall_rest(tmp_path, "ada", NOW).sentences) == 2


def test_another_listeners_rest_is_not_and_a_guest_has_none(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, TODAY, rest(1.0), listener="bob")
    session(tmp_path, config, YESTERDAY, rest(2.0), listener="guest")
    assert means(tmp_path) == {}
    assert means(tmp_path, "guest") == {}
    assert means(tmp_path, "bob") == {"cyton": 1.0}


def test_it_survives_as_configuration_to_the_bit(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, YESTERDAY, rest(1 / 3))
    config = msgspec.structs.replace(config, baselines=recall_rest(tmp_path, "ada", NOW).baselines)
    assert msgspec.json.decode(msgspec.json.encode(config), type=SessionConfig) == config
    assert config.baselines[0].mean[0] == 1 / 3


def test_it_is_found_a_segment_back_when_the_last_is_too_young(tmp_path: Path, config: SessionConfig) -> None:
    log = Log(tmp_path / TODAY, msgspec.structs.replace(config, session_id=TODAY, listener="ada"))
    log.write(rest(1.0), Marker(t_ns=BEGAN_NS + 2 * SEGMENT_NS, text="a new minute"))
    folder = log.close()
    assert len(log_paths(folder)) == 2
    assert means(tmp_path) == {"cyton": 1.0}


def test_what_was_said_of_valence_is_carried_like_rest(tmp_path: Path, config: SessionConfig) -> None:
    words = Words()
    words.take(SelfReport(t_ns=BEGAN_NS, author="patient", value=0.0, valence=0.8))
    (told,) = words.tell(BEGAN_NS + 60 * S)
    session(tmp_path, config, YESTERDAY, told)
    (carried,) = recall_rest(tmp_path, "ada", NOW).baselines
    assert carried == msgspec.structs.replace(told, t_ns=0, weight_s=carried.weight_s)
    assert 0 < carried.weight_s[0] < told.weight_s[0]
    later = Words((carried,)).views(S)
    assert 0.1 < fuse(later).valence < fuse(words.views(BEGAN_NS + 60 * S)).valence


@given(st.floats(0, 1e5), st.floats(0, 1e4))
def test_forgetting_only_ever_takes_weight(seconds: float, age_days: float) -> None:
    kept = forget(msgspec.structs.replace(rest(1.0), weight_s=(seconds, 0.0)), age_days)
    assert 0 <= kept.weight_s[0] <= min(seconds, SESSION_WORTH_S) * (1 + 1e-9)
    assert kept.weight_s[1] == 0
    assert kept.mean == (1.0, 1.0)
    assert all(map(math.isfinite, kept.weight_s))


def test_half_of_it_is_forgotten_in_a_week_and_all_in_a_year() -> None:
    fresh, week, year = (forget(rest(1.0), days).weight_s[0] for days in (0, HALF_LIFE_DAYS, 365))
    assert fresh == pytest.approx(60 * SESSION_WORTH_S / (60 + SESSION_WORTH_S))
    assert week == pytest.approx(fresh / 2)
    assert year < 1e-12


@given(keep=st.floats(0, 1), junk=st.binary(max_size=200))
def test_a_torn_session_never_stops_a_new_one(
    tmp_path_factory: pytest.TempPathFactory, keep: float, junk: bytes
) -> None:
    root = tmp_path_factory.mktemp("root")
    config = SessionConfig(session_id="", run_dir="", session_dir="", models_dir="")
    session(root, config, LAST_WEEK, rest(1.0))
    (log,) = log_paths(session(root, config, YESTERDAY, *(rest(2.0, t_s=t_s) for t_s in range(1, 5))))
    log.write_bytes(log.read_bytes()[: round(keep * log.stat().st_size)] + junk)
    assert means(root) in ({"cyton": 1.0}, {"cyton": 2.0})


@pytest.mark.parametrize("name", ["session.json", "summary.json", "log-0000.mcap"])
@given(junk=st.one_of(st.binary(max_size=200), st.just(b"[]"), st.just(b'"x"'), st.just(b"null")))
def test_an_alien_folder_never_stops_a_new_one(
    tmp_path_factory: pytest.TempPathFactory, name: str, junk: bytes
) -> None:
    root = tmp_path_factory.mktemp("root")
    config = SessionConfig(session_id="", run_dir="", session_dir="", models_dir="")
    session(root, config, LAST_WEEK, rest(1.0))
    (session(root, config, YESTERDAY, rest(2.0)) / name).write_bytes(junk)
    assert means(root) in ({"cyton": 1.0}, {"cyton": 2.0})


def test_numbers_that_are_none_are_not_carried(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, LAST_WEEK, rest(1.0))
    short = msgspec.structs.replace(rest(2.0), weight_s=(60.0,))
    session(tmp_path, config, YESTERDAY, rest(math.nan), rest(math.inf), short)
    assert means(tmp_path) == {"cyton": 1.0}


FUTURES = ("20991231T235959Z-x", "20550101T000000Z-y", "21000101T000000Z-z", "29990101T000000Z-w")


def test_sessions_dated_in_the_future_hide_no_real_one(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, YESTERDAY, rest(1.0))
    for name in FUTURES:
        session(tmp_path, config, name, rest(9.0), rest(5.0, "band", "heart"))
    earlier = recall_rest(tmp_path, "ada", NOW)
    assert {item.source: item.mean[0] for item in earlier.baselines} == {"cyton": 1.0, "band": 5.0}
    fresh, ahead = (item.weight_s[0] for item in sorted(earlier.baselines, key=lambda item: item.mean))
    assert ahead < 0.6 * fresh, "what has no known age counts as a week old"
    assert any("dated in the future" in sentence for sentence in earlier.sentences)


def test_sessions_of_long_ago_and_sessions_without_rest_hide_no_real_one(tmp_path: Path, config: SessionConfig) -> None:
    session(tmp_path, config, LAST_WEEK, rest(1.0))
    session(tmp_path, config, "19700101T000000Z-q", rest(9.0))
    for n in range(5):
        session(tmp_path, config, f"20261123T1100{n:02d}Z-aborted")
    assert means(tmp_path) == {"cyton": 1.0}


def test_an_empty_rest_is_none(tmp_path: Path, config: SessionConfig) -> None:
    empty = msgspec.structs.replace(rest(2.0), names=(), mean=(), sd=(), weight_s=())
    session(tmp_path, config, YESTERDAY, empty, rest(1.0))
    assert means(tmp_path) == {"cyton": 1.0}


def test_a_session_whose_name_tells_no_date_is_passed_over_with_a_sentence(
    tmp_path: Path, config: SessionConfig
) -> None:
    session(tmp_path, config, "last-time-we-met", rest(1.0))
    earlier = recall_rest(tmp_path, "ada", NOW)
    assert earlier.baselines == ()
    assert "last-time-we-met was passed over" in earlier.sentences[0]
