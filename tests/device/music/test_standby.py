from hypothesis import given
from hypothesis import strategies as st

from device.music.standby import MISSES_MAX, REST_BARS, REST_BARS_MAX, SUBSTITUTES, Standby


def test_the_wished_generator_comes_first_and_the_phrasebook_last() -> None:
    assert list(Standby().candidates("transformer", 0)) == ["transformer", "rules", "phrasebook"]
    assert list(Standby().candidates("rules", 0)) == ["rules", "phrasebook"]


def test_misses_in_a_row_count_and_a_bar_that_was_heard_forgives_them() -> None:
    standby = Standby()
    for bar_index in range(20):
        said = standby.miss("transformer", bar_index)
        assert not said
        if bar_index % (MISSES_MAX - 1) == MISSES_MAX - 2:
            standby.hit("transformer")
    assert next(standby.candidates("transformer", 20)) == "transformer"


def test_every_new_rest_is_longer_up_to_a_limit() -> None:
    standby, bar_index = Standby(), 0
    for _ in range(MISSES_MAX - 1):
        standby.miss("transformer", bar_index)
    rests = []
    for _ in range(8):
        assert standby.miss("transformer", bar_index)
        begins = bar_index
        while "transformer" not in standby.candidates("transformer", bar_index):
            bar_index += 1
        rests.append(bar_index - begins)
    assert rests[:3] == [REST_BARS, 2 * REST_BARS, 4 * REST_BARS]
    assert rests[-1] == REST_BARS_MAX


@given(st.lists(st.tuples(st.sampled_from(["transformer", *SUBSTITUTES]), st.booleans()), max_size=60))
def test_somebody_always_plays(events: list[tuple[str, bool]]) -> None:
    standby = Standby()
    for bar_index, (name, missed) in enumerate(events):
        if missed:
            standby.miss(name, bar_index)
        else:
            standby.hit(name)
        assert list(standby.candidates("transformer", bar_index))[-1] == "phrasebook"
