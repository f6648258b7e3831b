from device.clock import SystemClock, VirtualClock, wall_time


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
