import socket
from pathlib import Path

import pytest

from device.runtime.systemd_notify import Notifier


def test_a_real_notify_socket_hears_ready_watchdog_and_stopping(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    path = run_dir / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        notifier = Notifier()
        notifier.ready()
        notifier.feed_watchdog()
        notifier.stopping()
        heard = [server.recv(1024).decode() for _ in range(3)]
    assert heard[0].startswith("READY=1")
    assert heard[1:] == ["WATCHDOG=1", "STOPPING=1"]


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Notifier().ready()


def test_a_notify_socket_that_vanished_does_not_stop_the_music(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(run_dir / "gone"))
    Notifier().feed_watchdog()
