from device.clock import STANDSTILL_NS, Standstill, SystemClock, VirtualClock, wall_time


def test_the_virtual_clock_moves_only_when_told() -> None:
    clock = VirtualClock(5)
    assert clock.now_ns() == 5
    clock.sleep(1.5)
    assert clock.now_ns() == 1_500_000_005
    clock.advance(-3)
    assert clock.now_ns() == 1_500_000_005


def test_the_system_clock_does_not_go_back() -> None:
    clock = SystemClock()
    before = clock.now_ns()
    clock.sleep(0.001)
    clock.sleep(-1)
    assert clock.now_ns() - before >= 1_000_000


def test_wall_time_is_utc() -> None:
    offset = wall_time().utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0


class SleepingClock(VirtualClock):
    """A machine that may be suspended: its monotonic time stands still meanwhile."""

    slept_ns = 0

    def suspended_ns(self) -> int:
        return self.slept_ns


def test_a_standstill_of_ones_own_is_noticed_once_also_when_the_machine_slept() -> None:
    clock = SleepingClock()
    standstill = Standstill(clock)
    clock.advance(0.3)
    assert standstill.passed_ns() == 0
    clock.advance(8.0)
    assert standstill.passed_ns() == 8_000_000_000
    assert standstill.passed_ns() == 0
    clock.slept_ns += 600_000_000_000
    assert standstill.passed_ns() == 600_000_000_000
    clock.advance(STANDSTILL_NS / 1e9)
    assert standstill.passed_ns() == 0


def test_the_system_clock_knows_how_long_the_machine_slept() -> None:
    assert SystemClock().suspended_ns() > -1_000_000_000
