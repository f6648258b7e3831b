from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import DeviceConfig, Prescription, PrivacyConfig, SessionConfig, Theme, load, path_of
from device.errors import ConfigError, Exit
from device.messages import VOICES, Note


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "device.toml"
    path.write_text(text, "utf-8")
    return path


def test_an_empty_file_is_the_default_device(tmp_path: Path) -> None:
    assert load(write(tmp_path, ""), DeviceConfig) == DeviceConfig()


def test_sources_are_read_by_name(tmp_path: Path) -> None:
    device = load(write(tmp_path, '[sources.head]\ntype = "cyton"\nport = "/dev/ttyUSB0"\n'), DeviceConfig)
    assert device.sources["head"].port == "/dev/ttyUSB0"


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ('[audio]\nsink = "wav"\nsinc = 1\n', ":3", "audio.sinc"),
        ("volume = 3\n", ":1", "volume"),
        ('[audio]\n\nsink = "loud"\n', ":3", "audio.sink"),
        ("[audio]\nceiling_dbtp = 0.0\n", ":2", "ceiling_dbtp"),
        ("[audio]\nceiling_dbfs = -6.0\n", ":2", "It is ceiling_dbtp"),
        ('[sources.head]\ntype = "cyton"\nprt = "x"\n', ":3", "prt"),
        ('[sources.head]\nport = "x"\n', ":1", "type"),
        ("[audio\n", "", "not valid TOML"),
        ("[panel]\npins = { play = 5, stop = 5 }\n", ":1", "play and stop are both at GPIO 5"),
        ("[panel]\npins = { play = 5 }\nled_pin = 5\n", ":1", "play and led_pin are both at GPIO 5"),
        ("[panel]\npins = { play = 18 }\n", ":1", "play is at GPIO 18, which is for I2S"),
        ("[panel]\npins = { play = 99 }\n", ":2", "panel.pins"),
        ("[panel]\npins = { pause = 5 }\n", ":2", "panel.pins"),
        ("[panel.keys]\nKEY_MUTE = 'quiet'\n", ":2", "panel.keys"),
        ("[panel.keys]\nmute = 'stop'\n", ":1", "panel.keys"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(tmp_path: Path, text: str, place: str, word: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path, DeviceConfig)
    assert f"{path}{place}" in str(caught.value)
    assert word in f"{caught.value} {caught.value.action}"
    assert caught.value.action
    assert caught.value.exit_code == Exit.CONFIG


def test_a_missing_file_and_a_binary_one_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml", DeviceConfig)
    binary = tmp_path / "b.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(binary, DeviceConfig)


def test_the_prescription_bounds_its_goal(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="goal_arousal"):
        load(write(tmp_path, "goal_arousal = -2.0\n"), Prescription)


@given(st.text())
def test_any_text_is_either_a_configuration_or_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "device.toml"
    path.write_text(text, "utf-8", errors="surrogatepass")
    try:
        load(path, DeviceConfig)
    except ConfigError as error:
        assert str(path) in str(error)


def test_without_a_preference_everybody_plays_and_nothing_is_forbidden() -> None:
    preference = Prescription().preference
    assert preference.voices == VOICES
    assert (preference.seed_melody, preference.never_keys, preference.never_melodies) == ("", (), ())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('style = "polka"', ":2: `preference.style`"),
        ('never_styles = ["song"]\nstyle = "song"', "style song is wished"),
        ('never_styles = ["song", "lied"]', "style any is wished"),
        ('never_keys = ["C minor", "H moll"]', ":2: `preference.never_keys`"),
        ("voices = []", ":2: `preference.voices`"),
        ('voices = ["tuba"]', ":2: `preference.voices`"),
        ("never_melodies = 3", ":2: `preference.never_melodies`"),
    ],
)
def test_a_preference_that_cannot_be_met_is_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, f"[preference]\n{text}\n"), Prescription)
    assert word in str(caught.value)


def test_an_instrument_that_general_midi_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="never_programs"):
        load(write(tmp_path, "never_programs = [200]\n"), Prescription)


def test_a_session_with_a_theme_is_read_back_as_it_was_written() -> None:
    theme = Theme(mode="minor", bars=((Note(0, 24, 69, 80, "melody"),), ()))
    config = SessionConfig(session_id="a", run_dir="b", session_dir="c", models_dir="d", theme=theme, never=(theme,))
    assert msgspec.json.decode(msgspec.json.encode(config), type=SessionConfig) == config


def test_a_home_folder_that_is_not_there_is_refused_with_the_key_that_names_it() -> None:
    with pytest.raises(ConfigError, match=r"audio\.soundfont = ~nobody-here/a\.sf2"):
        path_of("~nobody-here/a.sf2", "audio.soundfont")
    assert path_of("/a/b", "x") == Path("/a/b")


def test_a_clinic_that_no_key_can_be_sealed_to_is_refused_before_a_session(tmp_path: Path) -> None:
    (tmp_path / "device.toml").write_text('[privacy]\nseal = true\nclinic = "nonsense"\n')
    with pytest.raises(ConfigError, match="age1"):
        load(tmp_path / "device.toml", DeviceConfig)
    recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudekfmjqdzklqg"
    assert PrivacyConfig(clinic=recipient).clinic == recipient
