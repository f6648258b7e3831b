"""A session of a trial is played as its listener's arm or its blocks want it, and is in the ledger."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from device.commands.trial_folder import Trial, begin, opened
from device.commands.trial_session import prepared_in_trial
from device.config import ControlConfig, DeviceConfig, Prescription, SessionConfig
from device.errors import ConfigError, RecordingError
from device.files.models import MODELS_DIR
from device.sessions.blocks import read_session_blocks
from tests.device.sessions.synthetic import make_session
from tests.device.trials.registrations import BLOCKS, GROUPS


def begun(tmp_path: Path, text: str, listener: str = "ann", stratum: str = "") -> tuple[Path, Path]:
    (tmp_path / "r.toml").write_text(text, "utf-8")
    folder, key = tmp_path / "trial", tmp_path / "trial.key"
    begin(folder, tmp_path / "r.toml", key, {})
    with opened(folder, key) as trial:
        trial.enrol(listener, stratum)
    return folder, key


@contextlib.contextmanager
def session(
    tmp_path: Path, where: tuple[Path, Path], name: str, listener: str = "ann", **changes: object
) -> Iterator[SessionConfig]:
    def prepare(minutes: float) -> contextlib.AbstractContextManager[SessionConfig]:
        config = SessionConfig(
            session_id=name, listener=listener, run_dir="", session_dir=str(tmp_path / name),
            models_dir=str(MODELS_DIR), minutes=minutes,
        )  # fmt: skip
        return contextlib.nullcontext(msgspec.structs.replace(config, **changes))

    with prepared_in_trial(prepare, *where) as config:
        yield config


def test_blocks_are_dealt_played_and_read_back(tmp_path: Path) -> None:
    where = begun(tmp_path, BLOCKS)
    for number, name in enumerate(("one", "two"), start=1):
        with session(tmp_path, where, name) as config:
            assert config.trial is not None
            assert (config.minutes, config.trial.number, config.trial.planned) == (8.0, number, 3)
            conditions = [block.condition for block in config.trial.blocks]
            assert conditions.count("adaptive") == 3
            # The first session has none before it that it could be yoked to.
            assert ("yoked" in conditions) == bool(config.trial.replayed) == (number == 2)
            make_session(tmp_path / name, config)
    assert config.trial.yoked_to == "one"
    found = read_session_blocks(tmp_path / "two", "distance")
    assert 0 < len(found.blocks) <= 6
    with opened(*where) as trial:
        assert [entry.session for entry in trial.sessions("ann")] == ["one", "two"]


def test_a_session_that_never_began_is_void_and_its_number_given_again(tmp_path: Path) -> None:
    where = begun(tmp_path, BLOCKS)
    with session(tmp_path, where, "one") as first:
        pass
    with session(tmp_path, where, "two") as again:
        make_session(tmp_path / "two", again)
    assert first.trial is not None
    assert again.trial is not None
    assert (first.trial.number, again.trial.number) == (1, 1)
    assert first.trial.blocks == again.trial.blocks
    with opened(*where) as trial:
        assert [entry.kind for entry in trial.entries[2:]] == ["session", "void", "session"]


def test_arms_change_how_it_is_composed_and_led_and_nothing_that_is_shown(tmp_path: Path) -> None:
    where = begun(tmp_path, GROUPS, "p0", "home")
    with opened(*where) as trial:
        for number in range(1, 12):
            trial.enrol(f"p{number}", "home")
    arms = set()
    for number in range(12):
        with session(tmp_path, where, f"s{number}", f"p{number}") as config:
            assert config.trial is not None
            (block,) = config.trial.blocks
            arms.add((config.device.music.generator, block.condition))
    assert arms == {("rules", "static"), ("transformer", "static"), ("transformer", "adaptive")}


def test_who_may_not_play_is_told_why(tmp_path: Path) -> None:
    where = begun(tmp_path, BLOCKS.replace("sessions = 3", "sessions = 1"))
    with pytest.raises(RecordingError, match="bob is not enrolled"), session(tmp_path, where, "x", "bob"):
        pass
    with session(tmp_path, where, "one") as config:
        make_session(tmp_path / "one", msgspec.structs.replace(config, minutes=0.5))
    with pytest.raises(RecordingError, match="has had all 1 sessions"), session(tmp_path, where, "two"):
        pass


@pytest.mark.parametrize("changes", [
    {"prescription": Prescription(approve_first=True)},
    {"device": DeviceConfig(control=ControlConfig(approve_first=True))},
])  # fmt: skip
def test_where_proposals_wait_no_trial_is_played(tmp_path: Path, changes: dict[str, object]) -> None:
    where = begun(tmp_path, BLOCKS)
    with pytest.raises(ConfigError, match="which blocks adapt"), session(tmp_path, where, "one", **changes):
        pass
    assert len(Trial(where[0], None).sessions()) == 0


def test_an_arm_that_cannot_be_played_yet_is_refused_and_not_pretended(tmp_path: Path) -> None:
    text = GROUPS.replace('"rules", "fixed", "adaptive"', '"playlist", "adaptive"')
    where = begun(tmp_path, text.replace("[[outcomes]]", 'playlist = ["a.wav"]\n[[outcomes]]'), "p0", "home")
    said = set()
    for number in range(4):
        with opened(*where) as trial:
            arm = trial.enrol(f"p{number}", "home").arm
        try:
            with session(tmp_path, where, f"s{number}", f"p{number}"):
                said.add((arm, "played"))
        except RecordingError as error:
            assert "cannot play" in error.sentence
            said.add((arm, "refused"))
    assert said == {("playlist", "refused"), ("adaptive", "played")}
    assert len(Trial(where[0], None).sessions()) == 0
