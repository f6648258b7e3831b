import hashlib
import json
import os
from pathlib import Path

import pytest

from device.errors import Exit, ModelError
from device.files.models import ModelFolder


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "m-1"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    (folder / "card.toml").write_text(
        f'name = "m"\nversion = "1"\npurpose = "test"\nlicence = "CC0"\nprotocol = "for people"\n'
        f'[files]\n"model.onnx" = "{sha256}"\n[settings]\nwindow_s = 4.0\n'
    )
    return tmp_path


def test_a_whole_model_opens_with_its_settings(models_dir: Path) -> None:
    model = ModelFolder(models_dir, "m-1")
    assert model.path("model.onnx").read_bytes() == b"weights"
    assert model.card.settings["window_s"] == 4.0


def test_one_changed_byte_is_refused_with_a_sentence(models_dir: Path) -> None:
    (models_dir / "m-1" / "model.onnx").write_bytes(b"weighty")
    with pytest.raises(ModelError, match="is corrupt") as caught:
        ModelFolder(models_dir, "m-1")
    assert caught.value.exit_code == Exit.MODEL
    assert "Reinstall" in caught.value.action


def test_a_missing_folder_file_or_card_entry_is_refused(models_dir: Path) -> None:
    with pytest.raises(ModelError, match="card"):
        ModelFolder(models_dir, "none")
    with pytest.raises(ModelError, match="lists no"):
        ModelFolder(models_dir, "m-1").path("other.onnx")
    (models_dir / "m-1" / "model.onnx").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        ModelFolder(models_dir, "m-1")


def test_a_card_that_is_no_card_is_refused(models_dir: Path) -> None:
    (models_dir / "m-1" / "card.toml").write_text("name = 3\n")
    with pytest.raises(ModelError, match="cannot be used"):
        ModelFolder(models_dir, "m-1")


def list_file(models_dir: Path, file: str, data: bytes = b"weights") -> None:
    """Have the card vouch for `file` with the hash of `data`."""
    card = models_dir / "m-1" / "card.toml"
    card.write_text(card.read_text().replace("[files]", f'[files]\n{json.dumps(file)} = "{sha256_of(data)}"'))


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("file", ["/dev/null", "../stolen", "a/../../stolen", "link", "folder/link", "."])
def test_a_card_vouches_for_no_file_outside_its_folder(models_dir: Path, file: str) -> None:
    (models_dir / "stolen").write_bytes(b"weights")
    (models_dir / "m-1" / "link").symlink_to(models_dir / "stolen")
    (models_dir / "m-1" / "folder").symlink_to(models_dir)
    (models_dir / "link").write_bytes(b"weights")
    list_file(models_dir, file, b"" if file == "/dev/null" else b"weights")
    with pytest.raises(ModelError, match="cannot be read") as caught:
        ModelFolder(models_dir, "m-1")
    assert f": {file} cannot" in caught.value.sentence


def test_a_device_a_pipe_a_circle_and_a_huge_file_are_refused_by_name(models_dir: Path) -> None:
    folder = models_dir / "m-1"
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to(folder / "circle")
    with (folder / "huge").open("wb") as file:
        file.truncate(2**40)
    for name, why in {"pipe": "no file", "circle": "cannot be read", "huge": "limit", "a\0b": "null"}.items():
        card = (folder / "card.toml").read_text()
        list_file(models_dir, name)
        with pytest.raises(ModelError, match=why) as caught:
            ModelFolder(models_dir, "m-1")
        assert name.replace("\0", "\\x00") in caught.value.sentence
        (folder / "card.toml").write_text(card)


@pytest.mark.parametrize("name", ["../m-1", "/etc", "", ".", "..", "m-1/../m-1", "m\0"])
def test_a_model_is_the_name_of_a_folder_and_no_path(models_dir: Path, name: str) -> None:
    with pytest.raises(ModelError):
        ModelFolder(models_dir, name)


@pytest.mark.parametrize(
    "junk", [b"\xff", b"a = " + b"[" * 100_000, b"#" * 2**21, b"a = 1e5\n" * 3, b"n = " + b"9" * 9999]
)
def test_a_card_of_anything_is_refused(models_dir: Path, junk: bytes) -> None:
    (models_dir / "m-1" / "card.toml").write_bytes(junk)
    with pytest.raises(ModelError, match=r"card\.toml cannot be used"):
        ModelFolder(models_dir, "m-1")


def test_a_card_that_is_a_pipe_is_refused_and_not_waited_for(models_dir: Path) -> None:
    (models_dir / "m-1" / "card.toml").unlink()
    os.mkfifo(models_dir / "m-1" / "card.toml")
    with pytest.raises(ModelError, match="no file"):
        ModelFolder(models_dir, "m-1")
