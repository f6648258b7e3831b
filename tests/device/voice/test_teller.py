"""One thing at a time, the most urgent first, nothing twice within a minute, and nothing that is no longer true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.messages import Hush, Prompt, Spoken
from device.voice.prompts import PROMPTS
from device.voice.teller import AGAIN_NS, LONGEST_NS, RETRY_NS, WAITING_MAX, Teller

S = 1_000_000_000
NAMES = st.sampled_from(sorted(PROMPTS))


def spoken(name: str, t_ns: int = 0) -> Spoken:
    return Spoken(t_ns=t_ns, name=name, manner="words", length_s=3.0)


def test_what_is_asked_is_said_in_the_boxs_language() -> None:
    teller = Teller("fr")
    assert teller.ask("welcome", 0)
    assert teller.due(0) == Prompt(t_ns=0, name="welcome", language="fr")
    assert teller.due(S) is None


def test_the_more_urgent_is_said_first_and_the_next_after_a_breath() -> None:
    teller = Teller()
    for name in ("welcome", "needs-help", "fit-ear-left"):
        teller.ask(name, 0)
    assert _name(teller.due(0)) == "needs-help"
    teller.heard(spoken("needs-help"), 5 * S)
    assert teller.due(5 * S) is None
    assert _name(teller.due(6 * S)) == "fit-ear-left"


def test_the_same_is_not_said_within_a_minute() -> None:
    teller = Teller()
    teller.ask("welcome", 0)
    teller.due(0)
    teller.heard(spoken("welcome"), 3 * S)
    assert not teller.ask("welcome", 59 * S)
    assert teller.ask("welcome", 60 * S)


def test_another_number_is_another_prompt() -> None:
    teller = Teller()
    teller.ask("needs-help-code", 0, digits="12")
    teller.due(0)
    assert teller.ask("needs-help-code", S, digits="13")


def test_what_waited_too_long_is_dropped() -> None:
    teller = Teller()
    teller.ask("needs-help", 0)
    teller.due(0)
    teller.ask("fit-ear-left", 0)
    teller.heard(spoken("needs-help"), 15 * S)
    assert teller.due(16 * S) is None


def test_a_press_ends_what_is_said_and_drops_what_is_no_more_urgent() -> None:
    teller = Teller()
    teller.ask("fit-ear-left", 0)
    teller.due(0)
    teller.ask("fit-ear-right", 0)
    teller.ask("sound-limited", 0)
    assert isinstance(teller.skip(S), Hush)
    teller.heard(spoken("fit-ear-left"), S)
    assert _name(teller.due(2 * S)) == "sound-limited"
    teller.heard(spoken("sound-limited"), 4 * S)
    assert teller.due(6 * S) is None


def test_a_press_while_nothing_is_said_is_left_alone() -> None:
    teller = Teller()
    teller.ask("welcome", 0)
    assert teller.skip(0) is None
    assert _name(teller.due(0)) == "welcome"


def test_what_is_withdrawn_is_not_said() -> None:
    teller = Teller()
    teller.ask("wristband-lost", 0)
    teller.withdraw("wristband-lost")
    assert teller.due(0) is None


def test_whoever_died_while_speaking_silences_nobody() -> None:
    teller = Teller()
    teller.ask("welcome", 0)
    teller.due(0)
    teller.ask("needs-help", S)
    assert teller.due(LONGEST_NS) is None
    assert teller.due(LONGEST_NS + S) is None
    assert _name(teller.due(LONGEST_NS + 2 * S)) == "needs-help"


def test_what_finds_no_sound_card_is_said_as_soon_as_there_is_one() -> None:
    teller = Teller()
    teller.ask("needs-help-code", 0, digits="5")
    for number in range(20):
        at_ns = number * RETRY_NS
        assert teller.due(at_ns - 1) is None
        prompt = teller.due(at_ns)
        assert (prompt.name, prompt.digits) == ("needs-help-code", "5")
        teller.unheard(at_ns)
    assert teller.due(125 * S) is None, "it is no longer true"


def test_who_presses_again_is_not_told_the_trouble_of_before() -> None:
    teller = Teller()
    teller.ask("needs-help", 0)
    teller.due(0)
    teller.unheard(0)
    teller.ask("welcome", S)
    assert teller.skip(S) is None
    assert _name(teller.due(RETRY_NS)) == "welcome"


def test_an_unknown_prompt_is_an_error_at_once() -> None:
    with pytest.raises(KeyError):
        Teller().ask("no such", 0)


Event = st.tuples(st.integers(0, 20 * S), st.one_of(NAMES, st.sampled_from(["skip", "heard", "unheard"])))


@given(st.lists(Event, max_size=60))
def test_nothing_is_said_twice_within_a_minute_nor_two_things_at_once(events: list[tuple[int, str]]) -> None:
    teller, now_ns, said, busy_until = Teller(), 0, [], -1
    for wait_ns, event in events:
        now_ns += wait_ns
        if event == "skip":
            teller.skip(now_ns)
        elif event == "heard" and said:
            teller.heard(spoken(said[-1][0]), now_ns)
            busy_until = -1
        elif event == "unheard" and teller.is_saying:
            teller.unheard(now_ns)
            said.pop()
            busy_until = -1
        elif event not in ("heard", "unheard"):
            teller.ask(event, now_ns)
        if prompt := teller.due(now_ns):
            assert now_ns > busy_until
            assert all(name != prompt.name or now_ns - at_ns >= AGAIN_NS for name, at_ns in said)
            said.append((prompt.name, now_ns))
            busy_until = now_ns + LONGEST_NS
        assert len(teller._waiting) <= WAITING_MAX


def _name(prompt: Prompt | None) -> str:
    assert prompt is not None
    return prompt.name
