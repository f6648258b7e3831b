"""What the blocks of a recorded session came to is read from its log."""

from pathlib import Path

import msgspec
import pytest

from device.config import ControlConfig, DeviceConfig, SessionConfig
from device.errors import RecordingError
from device.messages import SelfReport
from device.runtime.bus import Received
from device.sessions.blocks import read_session_blocks
from device.sessions.store import Store, log_paths
from tests.device.control.test_trial_blocks import ORDER, trial_config
from tests.device.sessions.synthetic import BEGAN_NS, S, make_session

PLAYED = (*ORDER, "yoked")


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return make_session(tmp_path / "s", trial_config(PLAYED))


def test_each_block_has_the_distance_that_was_measured_in_it(session: Path) -> None:
    found = read_session_blocks(session, "distance")
    assert (found.listener, found.missing) == ("guest", 3)
    # The synthetic listener is not known in the first fifth of a session; the last block has no partner.
    assert [block.condition for block in found.blocks] == list(PLAYED[2:6])
    assert [block.block for block in found.blocks] == ["1", "1", "2", "2"]
    distances = [block.outcome for block in found.blocks]
    assert distances == sorted(distances, reverse=True)
    assert 0 < distances[-1] < distances[0] < 1.5
    shares = [block.outcome for block in read_session_blocks(session, "zone").blocks]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1


def test_what_was_said_counts_where_it_is_asked_for(tmp_path: Path) -> None:
    folder = make_session(tmp_path / "s", trial_config())
    store = Store(folder, BEGAN_NS)
    for seq, (at_s, value) in enumerate(((225, 0.4), (285, 0.0), (345, 1.0))):
        said = SelfReport(t_ns=BEGAN_NS + at_s * S, author="patient", id=f"p-{seq}", value=value)
        store.write(Received("commands", "manager", 0, seq, said.t_ns, msgspec.msgpack.encode(said)), said.t_ns)
    store.close()
    found = read_session_blocks(folder, "told")
    assert [(block.condition, block.outcome) for block in found.blocks] == [
        (ORDER[2], pytest.approx(1.0)),
        (ORDER[3], pytest.approx(0.6)),
    ]


def test_a_session_without_blocks_is_refused(tmp_path: Path) -> None:
    device = DeviceConfig(control=ControlConfig(policy="plan"))
    config = SessionConfig(session_id="s", run_dir="", session_dir="", models_dir="", minutes=0.5, device=device)
    folder = make_session(tmp_path / "s", config)
    assert log_paths(folder)
    with pytest.raises(RecordingError, match="no session of a trial"):
        read_session_blocks(folder, "distance")
