"""A child under a quota really gets no more than its share, or reckons so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hardware.bench import quota
from hardware.bench.quota import Quota, limit

BUSY = """
import time
began_s, began_cpu_s = time.perf_counter(), time.process_time()
while time.process_time() < began_cpu_s + 0.3:
    pass
print(time.perf_counter() - began_s)
"""


def test_a_quarter_of_a_processor_takes_four_times_as_long() -> None:
    with limit(1 / 4) as share:
        if share.slowdown:
            assert share == Quota((), 4.0)
            return
        done = subprocess.run([*share.prefix, sys.executable, "-c", BUSY], capture_output=True, check=True)
    # The kernel gives whole slices of its period: 0.3 s at a quarter are at least two whole waits.
    assert float(done.stdout) > 0.7


def test_nothing_of_it_stays() -> None:
    with limit(1 / 2):
        pass
    assert not [
        path for folder, *_ in quota.GROUPS if folder.is_dir() for path in folder.glob(f"isotone-bench-{os.getpid()}")
    ]


def test_a_whole_processor_needs_no_quota() -> None:
    with limit(1.0) as share:
        assert share == Quota(())


def test_where_nothing_limits_processor_time_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "GROUPS", ((tmp_path / "none", "cpu.max", ""),))
    monkeypatch.setenv("PATH", str(tmp_path))
    with limit(1 / 8) as share:
        assert share == Quota((), 8.0)
        assert "reckoned" in share.kind


def test_a_group_of_version_two_is_written_as_the_kernel_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "GROUPS", ((tmp_path, "cpu.max", "{quota} {period}"),))
    (tmp_path / "cgroup.procs").touch()
    with limit(1 / 4) as share:
        group = next(path for path in tmp_path.iterdir() if path.is_dir())
        assert (group / "cpu.max").read_text() == "25000 100000"
        assert share.prefix[-1] == str(group / "cgroup.procs")
        assert "kernel" in share.kind
