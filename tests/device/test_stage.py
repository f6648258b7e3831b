from device.stage import keyed_random


def test_a_bar_has_the_same_randomness_whatever_was_drawn_before() -> None:
    first = keyed_random(7, "bars", 17).random()
    keyed_random(7, "bars", 16).random()
    assert keyed_random(7, "bars", 17).random() == first


def test_seed_stream_and_bar_all_matter() -> None:
    draws = {keyed_random(*key).random() for key in [(7, "bars", 1), (8, "bars", 1), (7, "played", 1), (7, "bars", 2)]}
    assert len(draws) == 4
