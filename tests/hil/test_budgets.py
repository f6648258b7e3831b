"""TABLE 2's budgets are kept by a real demo: memory and processor time of each process, as the kernel counts them."""

import time
from pathlib import Path

import psutil
import pytest

from device.processes import PROCESSES, names_that_run
from tests.hil.demo import needs_rig, playing

NOISE_MEMORY, NOISE_CPU = 1.25, 2.5
"""What a loaded machine and its libraries may add to what a box shows."""
SETTLES_S, COUNTED_S = 5.0, 12.0


@needs_rig
@pytest.mark.slow
def test_each_process_keeps_to_its_budget(tmp_path: Path) -> None:
    with playing(tmp_path, 0.7) as demo:
        demo.wait_for_music()
        time.sleep(SETTLES_S)
        children = {name: child for name, child in demo.children().items() if name != "rig"}
        assert set(children) == set(names_that_run("session"))
        before_s, began = {name: cpu_s(child) for name, child in children.items()}, time.monotonic()
        time.sleep(COUNTED_S)
        passed_s = time.monotonic() - began
        over = []
        for name, child in children.items():
            row, memory_mb = PROCESSES[name], child.memory_info().rss / 2**20
            cpu_percent = 100 * (cpu_s(child) - before_s[name]) / passed_s
            if memory_mb > NOISE_MEMORY * row.memory_budget_mb or cpu_percent > NOISE_CPU * row.cpu_budget_percent:
                over.append(f"{name}: {memory_mb:.0f} of {row.memory_budget_mb:.0f} MB, {cpu_percent:.1f} % of a core")
        demo.process.terminate()
        assert demo.end() == 0, demo.said()
    assert not over


def cpu_s(child: psutil.Process) -> float:
    times = child.cpu_times()
    return times.user + times.system
