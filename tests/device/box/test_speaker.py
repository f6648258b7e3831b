"""Who speaks while no session plays: what is wrong is told once, and what no card took is said when there is one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.box import speaker
from device.box.speaker import Speaker
from device.clock import SystemClock
from device.errors import Exit
from device.voice.teller import RETRY_NS

S = 1_000_000_000
ANNOUNCEMENT = """
import pathlib, sys
pathlib.Path(sys.argv[1], "said").open("a").write("said\\n")
print({said!r})
sys.exit({code})
"""
NO_WORDS = '{"t_ns":0,"name":"needs-help","manner":"sign","length_s":1.0,"remark":"There are no spoken prompts."}'
NO_CARD = '{"t_ns":0,"name":"needs-help","manner":"nothing","length_s":0.0,"remark":"There is no sound card."}'


class Bench:
    """A speaker whose announcer is a real process that says what it is told to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch
        self.log: list[str] = []
        self.speaker = Speaker("en", folder, lambda _: None, self.log.append)

    def announce(self, said: str, code: int = 0) -> None:
        script = self.folder / "announcement.py"
        script.write_text(ANNOUNCEMENT.format(said=said, code=code))
        self._monkeypatch.setattr(speaker, "interpreter", lambda *_: [sys.executable, str(script), str(self.folder)])

    def turn_until_over(self, now_ns: int) -> None:
        """Say what is due at `now_ns`, to its end."""
        deadline_ns = SystemClock().now_ns() + 30 * S
        self.speaker.turn(now_ns, in_session=False)
        while self.speaker._announcer:
            assert SystemClock().now_ns() < deadline_ns
            self.speaker.turn(now_ns, in_session=False)

    @property
    def n_said(self) -> int:
        said = self.folder / "said"
        return len(said.read_text().splitlines()) if said.exists() else 0


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(tmp_path, monkeypatch)
    yield bench
    bench.speaker.close()


def test_a_machine_without_spoken_prompts_says_so_in_one_line_in_all(bench: Bench) -> None:
    bench.announce(NO_WORDS)
    for number in range(3):
        bench.speaker.ask("needs-help", 100 * number * S)
        bench.turn_until_over(100 * number * S)
    assert bench.n_said == 3
    assert bench.log == ["There are no spoken prompts."]


def test_what_no_sound_card_took_is_said_when_there_is_one_and_told_once(bench: Bench) -> None:
    bench.announce(NO_CARD, Exit.SOUND)
    bench.speaker.ask("needs-help", 0)
    for number in range(3):
        bench.turn_until_over(number * RETRY_NS)
    assert (bench.n_said, bench.log) == (3, ["There is no sound card."])
    bench.announce(NO_WORDS)
    bench.turn_until_over(3 * RETRY_NS)
    bench.turn_until_over(5 * RETRY_NS)
    assert bench.n_said == 4, "it was heard, and is not said again"


def test_an_announcer_that_dies_without_a_word_silences_nobody(bench: Bench) -> None:
    bench.announce("garbage", code=1)
    bench.speaker.ask("needs-help", 0)
    bench.turn_until_over(0)
    bench.speaker.ask("power-cut", S)
    bench.turn_until_over(2 * S)
    assert (bench.n_said, bench.log) == (2, [])
