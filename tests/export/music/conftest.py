"""A small corpus for the tests of training."""

from pathlib import Path

import numpy as np
import pytest

from export.music.corpus import read_lieder
from tests.export.music.songs import write_lied


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty songs by as many composers, some of them held out."""
    pytest.importorskip("tqdm", reason="training needs the extra `export`")
    from export.music import data

    folder = tmp_path_factory.mktemp("lieder")
    names = [f"song{number}" for number in range(40)]
    for number, name in enumerate(names):
        write_lied(folder / f"{name}.mid", tonic=60 + number % 12)
    rows = [f"l,{name}.mid,{name}" for name in names]
    (folder / "manifest.csv").write_text("dataset,file,composer\n" + "\n".join(rows) + "\n", "utf-8")
    np.savez_compressed(folder / "corpus.npz", **data.build(read_lieder(folder, folder / "manifest.csv")))
    return folder / "corpus.npz"
