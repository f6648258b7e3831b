"""The virtual session is the box's: bars that are there in time are played, others are late."""

from __future__ import annotations

import msgspec
import pytest

from device.config import SessionConfig
from hardware.bench import intents, player
from hardware.bench.player import Outcome, Player, Watch, play, start


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules compose, in four beats: nothing here needs the model, and bars are equally long."""
    monkeypatch.setattr(player, "config_of", lambda seed: in_four(intents.config_of(seed, "rules")))


def in_four(config: SessionConfig) -> SessionConfig:
    prescription = config.prescription
    preference = msgspec.structs.replace(prescription.preference, metre="4/4")
    return msgspec.structs.replace(config, prescription=msgspec.structs.replace(prescription, preference=preference))


class Slow(Watch):
    """Every piece of work takes the same time."""

    def __init__(self, work_s: float) -> None:
        super().__init__(0)
        self._work_s, self._asked = work_s, 0

    def now_s(self) -> float:
        self._asked += 1
        return self._asked // 2 * self._work_s


def played(work_s: float, n_bars: int = 6) -> Outcome:
    outcome = Outcome()
    session = Player(player.config_of(1), n_bars, Slow(work_s), outcome)
    for _ in range(n_bars):
        session.play_bar()
    return outcome


def test_quick_work_is_never_late_and_slow_work_always() -> None:
    assert played(0.1).late == 0
    assert min(played(0.1).spare_s) > 0.3
    assert played(30.0).late == 6


def test_the_first_bar_has_two_fifths_of_a_second_and_later_ones_almost_a_bar() -> None:
    spare_s = played(0.0).spare_s
    assert 0.35 < spare_s[0] < 0.45
    assert all(1.7 < spare < 5.2 for spare in spare_s[1:])


def test_work_that_is_left_over_makes_the_next_bar_late() -> None:
    shares = played(3.0).shares
    assert shares[2] > shares[1] > 3.0 / 5.0


def test_starts_and_play_come_to_an_end() -> None:
    *_, starts = start(3, 1, 0.0)
    assert (starts.bars, starts.late, len(starts.opening_s)) == (6, 0, 3)
    *_, hour = play(60, 1, 4.0)
    assert hour.music_s >= 60
    assert hour.late == 0
    assert len(hour.shares) == hour.bars


def test_a_child_tells_its_outcome_in_its_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    player.main(["starts", "2", "1", "0"])
    outcome = msgspec.json.decode(capsys.readouterr().out.splitlines()[-1], type=Outcome)
    assert outcome.bars == 4
