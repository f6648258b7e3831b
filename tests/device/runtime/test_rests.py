"""The rest that was taken is kept for a loop that is started again, and not for another device."""

from __future__ import annotations

from device.messages import PersonalBaseline, SensorStatus
from device.runtime.rests import Rests


def rest(source: str, model: str, mean: float) -> PersonalBaseline:
    return PersonalBaseline(t_ns=1, source=source, model=model, names=("a",), mean=(mean,), sd=(1.0,), weight_s=(60.0,))


def worn(source: str, device: str) -> SensorStatus:
    return SensorStatus(t_ns=1, source=source, state="streaming", sentence="", device=device)


def test_the_newest_of_each_source_and_model_is_told() -> None:
    rests = Rests()
    assert rests.again(5) is None
    for each in (rest("band", "x", 1.0), rest("head", "y", 2.0), rest("band", "x", 3.0)):
        rests.hear(each)
    told = rests.again(5)
    assert told is not None
    assert told.t_ns == 5
    assert {(each.source, each.mean) for each in told.baselines} == {("band", (3.0,)), ("head", (2.0,))}


def test_the_rest_of_a_device_that_was_exchanged_is_forgotten_and_only_that() -> None:
    rests = Rests()
    rests.hear(worn("band", "first"))
    rests.hear(rest("band", "x", 1.0))
    rests.hear(rest("head", "y", 2.0))
    rests.hear(worn("band", "first"))
    told = rests.again(5)
    assert told is not None
    assert len(told.baselines) == 2
    rests.hear(worn("band", "second"))
    told = rests.again(5)
    assert told is not None
    assert [each.source for each in told.baselines] == ["head"]
