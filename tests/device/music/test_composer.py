"""The stage: one bar per bar, from what was really heard, whatever breaks."""

from collections.abc import Sequence

import msgspec
import pytest

from device.config import DeviceConfig, MusicConfig, Preference, Prescription, SessionConfig, Theme
from device.errors import ModelError
from device.messages import Bar, Message, MusicIntent, Note
from device.music import GENERATORS
from device.music.composer import HISTORY_BARS, Composer
from device.music.likeness import holds
from device.music.phrasebook import Phrasebook
from device.music.standby import MISSES_MAX, REST_BARS
from device.stage import Random
from tests.device.music.intents import intent, played

HEARD: list[list[Bar]] = []


class Listening(Phrasebook):
    """A phrasebook that notes which history it was given."""

    def generate(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        HEARD.append(list(history))
        return msgspec.structs.replace(super().generate(intent, history, rng), generator="listening")


class Broken(Phrasebook):
    def generate(self, intent: MusicIntent, history: Sequence[Bar], rng: Random) -> Bar:
        raise RuntimeError("no tune")


@pytest.fixture
def composer(config: SessionConfig, monkeypatch: pytest.MonkeyPatch) -> Composer:
    HEARD.clear()
    monkeypatch.setitem(GENERATORS, "listening", f"{__name__}:Listening")
    monkeypatch.setitem(GENERATORS, "broken", f"{__name__}:Broken")
    return Composer(with_generator(config, "listening"))


def with_generator(config: SessionConfig, name: str) -> SessionConfig:
    return msgspec.structs.replace(config, device=DeviceConfig(music=MusicConfig(generator=name)))


def ask(composer: Composer, bar_index: int, **changes: object) -> list[Bar]:
    return list(composer.step(intent(bar_index, **{"generator": "listening", **changes}), 5))


def test_an_intent_gives_its_bar_once(composer: Composer) -> None:
    (bar,) = ask(composer, 0)
    assert (bar.bar_index, bar.t_ns, bar.generator) == (0, 5, "listening")
    assert ask(composer, 0) == []
    assert len(ask(composer, 1)) == 1


def test_a_wish_is_composed_into_the_next_bar_as_long_as_audio_has_not_taken_it(composer: Composer) -> None:
    (first,) = ask(composer, 0, density=0.2)
    (again,) = ask(composer, 0, density=0.9, revision=1)
    assert (again.bar_index, again.intent_revision) == (0, 1)
    assert len(again.notes) > len(first.notes)
    composer.step(played(again), 6)
    assert ask(composer, 0, revision=2) == []


def test_a_bar_that_was_already_heard_is_not_composed_any_more(composer: Composer) -> None:
    (bar,) = ask(composer, 0)
    composer.step(played(bar, bar_index=4, fallback="late"), 6)
    assert ask(composer, 3) == []
    assert len(ask(composer, 5)) == 1


def test_the_history_is_what_was_heard(composer: Composer) -> None:
    (first,) = ask(composer, 0)
    thinned = first.notes[:2]
    composer.step(played(first, notes=thinned), 6)
    ask(composer, 1)
    late = (Note(0, 96, 50, 60, "pad"),)
    composer.step(played(first, bar_index=1, notes=late, generator="phrasebook", fallback="bar 1 was late"), 7)
    ask(composer, 2)
    assert [bar.notes for bar in HEARD[-1]] == [thinned, late]
    assert HEARD[-1][1].reason == "bar 1 was late"


def test_a_composer_started_in_mid_session_goes_on(composer: Composer) -> None:
    (bar,) = ask(composer, 57)
    assert bar.bar_index == 57
    assert HEARD[-1] == []


def test_the_history_does_not_grow_for_ever(composer: Composer) -> None:
    for index in range(HISTORY_BARS + 20):
        ask(composer, index)
    assert len(HEARD[-1]) <= HISTORY_BARS
    assert [bar.bar_index for bar in HEARD[-1]] == sorted(bar.bar_index for bar in HEARD[-1])


@pytest.mark.parametrize("name", ["broken", "tuba"])
def test_a_generator_that_fails_is_replaced_and_the_bar_says_so(composer: Composer, name: str) -> None:
    (bar,) = ask(composer, 0, generator=name)
    assert bar.generator == "rules"
    assert name in bar.reason
    assert bar.notes


def test_a_generator_that_keeps_failing_rests_which_is_said_once(composer: Composer) -> None:
    bars = [ask(composer, index, generator="broken")[0] for index in range(MISSES_MAX + REST_BARS + 1)]
    assert {bar.generator for bar in bars} == {"rules"}
    assert [bar.bar_index for bar in bars if bar.reason] == [0, 1, 2, MISSES_MAX - 1 + REST_BARS]
    assert f"for {REST_BARS} bars rules plays instead" in bars[2].reason
    assert f"for {2 * REST_BARS} bars" in bars[-2].reason


def test_where_the_rules_fail_too_the_phrasebook_plays(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATORS, "rules", f"{__name__}:Broken")
    (bar,) = ask(composer, 0, generator="broken")
    assert bar.generator == "phrasebook"
    assert "broken failed" in bar.reason
    assert "rules failed" in bar.reason


def test_a_generator_that_is_late_again_and_again_rests_and_comes_back(composer: Composer) -> None:
    names, reasons = [], []
    for index in range(REST_BARS + 12):
        (bar,) = ask(composer, index)
        names.append(bar.generator)
        reasons.append(bar.reason)
        late = "was not there" if 4 <= index < 4 + MISSES_MAX else ""
        composer.step(played(bar, fallback=late, generator="phrasebook" if late else bar.generator), 6)
    begins = 4 + MISSES_MAX
    assert names[:begins] == ["listening"] * begins
    assert names[begins : begins + REST_BARS - 1] == ["rules"] * (REST_BARS - 1)
    assert names[begins + REST_BARS] == "listening"
    assert [index for index, reason in enumerate(reasons) if "rules plays instead" in reason] == [begins]


def test_one_late_bar_is_forgiven(composer: Composer) -> None:
    for index in range(20):
        (bar,) = ask(composer, index)
        late = "was not there" if index % 2 else ""
        composer.step(played(bar, fallback=late), 6)
        assert bar.generator == "listening"


def test_a_composer_that_died_does_not_begin_with_what_may_have_killed_it(
    config: SessionConfig, composer: Composer
) -> None:
    again = Composer(msgspec.structs.replace(composer.config, started_ns=5))
    bars = [ask(again, index)[0] for index in range(40, 42 + REST_BARS)]
    assert [bar.generator for bar in bars[:REST_BARS]] == ["rules"] * REST_BARS
    assert bars[-1].generator == "listening"
    assert "listening is given a rest" in bars[0].reason
    assert not bars[1].reason


def test_whoever_composes_only_the_wished_voices_play(config: SessionConfig) -> None:
    wished = Prescription(preference=Preference(voices=("melody", "bass")))
    composer = Composer(msgspec.structs.replace(with_generator(config, "transformer"), prescription=wished))
    for index in range(4):
        (bar,) = ask(composer, index, generator="transformer")
        assert {note.voice for note in bar.notes} <= {"melody", "bass"}
        assert bar.notes


def test_a_melody_that_may_never_sound_is_kept_out_of_every_generator(composer: Composer) -> None:
    heard = [ask(composer, index)[0] for index in range(16)]
    tune = tuple(tuple(note for note in bar.notes if note.voice == "melody") for bar in heard)
    forbidden = msgspec.structs.replace(composer.config, never=(Theme(mode="major", bars=tune),))
    again = Composer(forbidden)
    assert not holds(forbidden.never, [ask(again, index)[0] for index in range(16)])


def test_two_composers_given_the_same_write_the_same(config: SessionConfig) -> None:
    def run() -> list[Message]:
        stage = Composer(config)
        out: list[Message] = []
        for index in range(6):
            bars = stage.step(intent(index, generator="transformer"), index)
            out += bars
            out += stage.step(played(bars[0]), index)
        return out

    assert run() == run()


def test_a_missing_model_refuses_to_start(config: SessionConfig) -> None:
    with pytest.raises(ModelError, match="cannot be used"):
        Composer(msgspec.structs.replace(config, models_dir="/nowhere"))


def test_a_rest_is_a_bar_without_notes_and_no_music_to_go_on_from(composer: Composer) -> None:
    (music,) = ask(composer, 0)
    composer.step(played(music), 6)
    (rest,) = ask(composer, 1, silent=True)
    assert (rest.notes, rest.silent, rest.reason) == ((), True, "a rest, as was asked")
    composer.step(played(rest, silent=True), 6)
    ask(composer, 2)
    assert [bar.bar_index for bar in HEARD[-1]] == [0]


def test_a_rest_that_is_called_off_is_composed_as_music(composer: Composer) -> None:
    ask(composer, 0, silent=True)
    (bar,) = ask(composer, 0, revision=1)
    assert bar.notes
    assert not bar.silent


@pytest.mark.parametrize("level", [0.6, 0.0])
def test_a_voice_of_which_less_was_asked_plays_softer_or_not(composer: Composer, level: float) -> None:
    (usual,) = ask(composer, 0, density=0.8)
    (less,) = ask(composer, 0, density=0.8, revision=1, voice_levels={"bass": level})
    loud, soft = (
        [note.velocity for note in bar.notes if note.voice == "bass"] for bar in (usual, less)
    )  # fmt: skip
    assert [note for note in usual.notes if note.voice != "bass"] == [n for n in less.notes if n.voice != "bass"]
    assert soft == [round(velocity * level) for velocity in loud] if level else soft == []
