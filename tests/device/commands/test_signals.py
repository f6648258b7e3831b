import os
import signal

import pytest

from device.commands.signals import SIGNALS, InterruptedStartError, orderly_signals


def kill(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_session_ends_in_order_with_the_shells_code(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    undone = []
    with pytest.raises(SystemExit) as caught, orderly_signals() as signals:  # noqa: PT012
        try:
            kill(number)  # only noted: what is being made here is still unknown
            with signals.interrupting():
                undone.append("never reached")
        finally:
            kill(number)  # a second one does not break off the tidying up
            undone.append("tidied up")
    assert undone == ["tidied up"]
    assert caught.value.code == 128 + number
    assert f"Stopped by {number.name}" in capsys.readouterr().err


def test_a_signal_breaks_off_what_waits() -> None:
    with pytest.raises(SystemExit), orderly_signals() as signals, signals.interrupting():  # noqa: PT012
        kill(signal.SIGTERM)
        raise AssertionError("not broken off")


def test_a_signal_while_music_plays_asks_for_the_fade_once() -> None:
    asked = []
    with orderly_signals() as signals, signals.acting(lambda: asked.append("stop")):
        kill(signal.SIGHUP)
        kill(signal.SIGINT)
        kill(signal.SIGTERM)
    assert asked == ["stop"]


def test_a_signal_before_the_music_asks_for_the_fade_as_soon_as_it_plays() -> None:
    asked = []
    with orderly_signals() as signals:
        kill(signal.SIGTERM)
        with signals.acting(lambda: asked.append("stop")):
            assert asked == ["stop"]
        with pytest.raises(InterruptedStartError):
            signals.check()


def test_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with orderly_signals():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_under_nohup_a_closed_terminal_is_nothing_to_end_by() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with orderly_signals() as signals:
            kill(signal.SIGHUP)
            assert not signals.number
    finally:
        signal.signal(signal.SIGHUP, before)
