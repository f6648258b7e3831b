"""The model, its training and its export; needs torch, which the device never has."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `export`")
onnx = pytest.importorskip("onnx")
pytest.importorskip("tqdm")

from device.files.models import ModelFolder  # noqa: E402
from device.music import tokens as t  # noqa: E402
from device.music.decoder import Decoder  # noqa: E402
from device.music.reference import UNTOLD  # noqa: E402
from export.music import export, train  # noqa: E402
from export.music.model import Composer, Shape, attend  # noqa: E402
from export.music.rivals import RIVALS  # noqa: E402
from export.music.windows import EVERYTHING, Windows, shapes  # noqa: E402

SHAPE = {"context": 256, "layers": 2, "width": 32, "heads": 2}
CONFIG = {
    "seed": 1,
    "shape": SHAPE,
    "training": {
        "batch": 2, "steps": 6, "falling": 0.5, "learning_rate": 1e-3, "muon_rate": 0.01, "warmup_steps": 2,
        "weight_decay": 0.01, "clip": 1.0, "check_every": 4,
    },
    "told": {},
}  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore")


def model() -> Composer:
    return Composer(Shape(**shapes(), **SHAPE)).eval()


def test_a_token_never_sees_what_comes_after_it(corpus: Path) -> None:
    ids, conditions, _ = (torch.from_numpy(array) for array in draw(corpus))
    other = ids.clone()
    other[:, 30:] = 0
    composer = model()
    with torch.no_grad():
        assert torch.allclose(composer(ids, conditions)[:, :30], composer(other, conditions)[:, :30], atol=1e-5)


@pytest.mark.parametrize("length", [1, 100, 256, 700])
def test_attention_in_blocks_is_attention(length: int) -> None:
    query, key, value = torch.randn(3, 2, 2, length, 16, generator=torch.Generator().manual_seed(length))
    whole = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    assert torch.allclose(attend(query, key, value), whole, atol=1e-5)


def draw(corpus: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return Windows.read(corpus, "train", 256).draw(2, np.random.default_rng(0), EVERYTHING)


@pytest.mark.parametrize("name", sorted(RIVALS))
def test_every_rival_is_told_the_controls_and_is_of_the_same_size(corpus: Path, name: str) -> None:
    size, ours = (sum(p.numel() for p in RIVALS[each](Shape(**shapes())).parameters()) for each in (name, "composer"))
    assert 0.98 < size / ours < 1.1
    rival = RIVALS[name](Shape(**shapes(), **SHAPE)).eval()
    ids, conditions, _ = (torch.from_numpy(array) for array in draw(corpus))
    told_otherwise = conditions.clone()
    told_otherwise[:, 100:, 1] = UNTOLD[1]
    with torch.no_grad():
        one, other = rival(ids, conditions), rival(ids, told_otherwise)
    assert one.shape == (*ids.shape, len(t.VOCABULARY))
    assert not torch.allclose(one[:, 100:], other[:, 100:])


def test_a_step_of_the_exported_graph_runs_straight_through(tmp_path: Path) -> None:
    export.write_onnx(model(), tmp_path / "model.onnx")
    kinds = {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    assert not kinds & {"Loop", "If", "Scan"}, "onnxruntime steps through these one node at a time"


def test_a_run_goes_on_where_it_stopped_and_its_export_is_the_same_model(corpus: Path, tmp_path: Path) -> None:
    train.Run(CONFIG, corpus, tmp_path / "run", model(), 256).train()
    again = train.Run(CONFIG, corpus, tmp_path / "run", model(), 256)
    assert again.step == CONFIG["training"]["steps"]
    assert json.loads((tmp_path / "run" / "curve.json").read_text("utf-8")) == again.curve

    out = tmp_path / "models" / "small"
    out.mkdir(parents=True)
    trained, _ = export.load(tmp_path / "run", Shape(**shapes(), **SHAPE))
    export.write_onnx(trained, out / "model.onnx")
    numbers = export.measure(trained, out / "model.onnx", corpus, out / "golden.npz")
    assert numbers["argmax_agreement"] > 0.9
    assert abs(numbers["int8_minus_torch_nats"]) < 0.02
    export.write_settings(out, trained.shape, numbers)
    numbers |= {"trained_tokens": 1}
    export.write_text(out, trained.shape, numbers)
    assert f"{numbers['nats_per_note_controls']:.3f}" in (out / "card.md").read_text("utf-8")

    folder = ModelFolder(out.parent, "small")
    decoder = Decoder(folder.path("model.onnx"), folder.card.settings)
    with np.load(out / "golden.npz") as golden:
        assert (
            np.abs(
                decoder.go_on_from([np.concatenate([golden["ids"][:, None], golden["conditions"]], axis=1)])
                - golden["logits"]
            ).max()
            < 0.1
        )
