import hashlib
from pathlib import Path

import pytest

from device.errors import Exit, ModelError
from device.models import ModelFolder


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
