"""Opening generators by name."""

import pytest

from device.config import SessionConfig
from device.errors import ConfigError
from device.music import FALLBACK, GENERATORS
from device.music.generator import open_generator


def test_an_unknown_generator_is_a_sentence_with_the_known_ones(config: SessionConfig) -> None:
    with pytest.raises(ConfigError, match=r"no generator `tuba`.*phrasebook.*transformer"):
        open_generator("tuba", config)


def test_the_fallback_is_in_the_table() -> None:
    assert FALLBACK in GENERATORS
