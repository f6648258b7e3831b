"""The model, its training and its export; needs torch, which the device never has."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra `export`")
pytest.importorskip("tqdm")

from device.models import ModelFolder  # noqa: E402
from device.music import tokens as t  # noqa: E402
from device.music.decoder import Decoder  # noqa: E402
from export.music import copying, data, export, train  # noqa: E402
from export.music.corpus import read_lieder  # noqa: E402
from export.music.model import Composer, Shape  # noqa: E402
from tests.export.music.songs import write_lied  # noqa: E402

SHAPE = {"context": 256, "layers": 2, "width": 32, "heads": 2}
TRAINING = {
    "batch": 2, "minutes": 0.02, "learning_rate": 1e-3, "warmup_steps": 5, "weight_decay": 0.01, "clip": 1.0,
    "controls_told": 0.5, "controls_dropped": 0.1, "check_every_s": 60,
}  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lieder")
    names = [f"song{number}" for number in range(40)]
    for number, name in enumerate(names):
        write_lied(folder / f"{name}.mid", tonic=60 + number % 12)
    manifest = folder / "manifest.csv"
    rows = [f"l,{name}.mid,{name}" for name in names]
    manifest.write_text("dataset,file,composer\n" + "\n".join(rows) + "\n", "utf-8")
    np.savez_compressed(folder / "corpus.npz", **data.build(read_lieder(folder, manifest)))
    return folder / "corpus.npz"


def test_a_token_never_sees_what_comes_after_it() -> None:
    model = Composer(Shape(len(t.VOCABULARY), **SHAPE)).eval()
    ids = torch.randint(0, len(t.VOCABULARY), (1, 40))
    other = ids.clone()
    other[0, 30:] = 0
    with torch.no_grad():
        assert torch.allclose(model(ids)[0, :30], model(other)[0, :30], atol=1e-5)


def test_controls_are_dropped_from_the_input_and_never_predicted(corpus: Path) -> None:
    windows = train.Windows(corpus, "train", 256)
    ids, targets = windows.draw(4, np.random.default_rng(0), 0.0, 1.0)
    names = {t.VOCABULARY[token] for token in ids[ids < t.FIRST_CHORD]}
    assert names <= {"meter=0", "meter=1", *(f"{name}=?" for name in t.CONTROL_SIZES)}
    assert not (targets[targets >= 0] < t.FIRST_CHORD).any()


def test_a_run_goes_on_where_it_stopped_and_its_export_is_the_same_model(corpus: Path, tmp_path: Path) -> None:
    config = {"seed": 1, "shape": SHAPE, "training": TRAINING}
    train.Run(config, corpus, tmp_path / "run").train()
    again = train.Run(config, corpus, tmp_path / "run")
    assert again.step > 0
    assert json.loads((tmp_path / "run" / "curve.json").read_text("utf-8")) == again.curve

    out = tmp_path / "models" / "small"
    out.mkdir(parents=True)
    model, _ = export.load(tmp_path / "run")
    export.write_onnx(model, out / "model.onnx")
    numbers = export.measure(model, out / "model.onnx", corpus, out / "golden.npz")
    assert numbers["argmax_agreement"] > 0.9
    assert abs(numbers["int8_minus_torch_nats"]) < 0.02
    export.write_settings(out, model.shape, numbers)
    numbers |= {"trained_tokens": 1} | copying.measure(out, corpus, count=1)
    export.write_text(out, model.shape, numbers)
    assert f"{numbers['held_out_nats_per_token']:.3f}" in (out / "card.md").read_text("utf-8")

    folder = ModelFolder(out.parent, "small")
    decoder = Decoder(folder.path("model.onnx"), folder.card.settings)
    with np.load(out / "golden.npz") as golden:
        assert np.abs(decoder.go_on_from(golden["ids"].tolist()) - golden["logits"]).max() < 0.1
