"""A share of one processor for a child of ours: the kernel's own quota where we may set one.

A Pi whose other cores are busy is imitated by less time on this machine. Where neither a control group nor systemd will
do, the child reckons: its processor time over the share stands for the time it would have taken.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PERIOD_US = 100_000
GROUPS = (
    (Path("/sys/fs/cgroup"), "cpu.max", "{quota} {period}"),
    (Path("/sys/fs/cgroup/cpu"), "cpu.cfs_quota_us", "{quota}"),
)
"""Folder, the file that limits a group in it, and what is written there, for versions 2 and 1."""


class Quota(NamedTuple):
    """How a child is started (`[*prefix, *command]`) and, where the kernel does not limit it, what it multiplies by."""

    prefix: tuple[str, ...]
    slowdown: float = 0.0
    """0: the time that passes is the time it takes; else its processor time times this."""

    @property
    def kind(self) -> str:
        return "reckoned from processor time" if self.slowdown else "kernel quota"


@contextlib.contextmanager
def limit(share: float) -> Iterator[Quota]:
    """A quota of `share` of one processor, above 0 and up to 1, for as long as the context lasts."""
    if share >= 1.0:
        yield Quota(())
    elif group := _open_group(share):
        try:
            yield Quota(("sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")))
        finally:
            with contextlib.suppress(OSError):
                group.rmdir()
    else:
        prefix = _scope(share)
        yield Quota(prefix) if prefix else Quota((), 1.0 / share)


def _open_group(share: float) -> Path | None:
    for folder, file, text in GROUPS:
        group = folder / f"isotone-bench-{os.getpid()}"
        if not (folder / "cgroup.procs").exists():
            continue
        try:
            group.mkdir()
            (group / file).write_text(text.format(quota=round(share * PERIOD_US), period=PERIOD_US), "ascii")
        except OSError:
            with contextlib.suppress(OSError):
                group.rmdir()
        else:
            return group
    return None


def _scope(share: float) -> tuple[str, ...]:
    """The way of systemd, which needs no rights but a running user manager."""
    whose = () if os.geteuid() == 0 else ("--user",)
    prefix = ("systemd-run", *whose, "--scope", "--quiet", "-p", f"CPUQuota={100 * share:g}%")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([*prefix, "true"], check=True, capture_output=True, timeout=10)
        return prefix
    return ()
