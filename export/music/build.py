"""The shipped composer from the corpus, in one command: corpus, training, export, card and picture.

    python -m export.music.build --data DIR/open --work FOLDER --out models_onnx/composer-0.2.0

About three hours on one core, two on two with `--threads 2`. Started again with the same work folder it goes on where
it was.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from export.music import data, export, picture
from export.music.model import Composer, Shape
from export.music.train import Run
from export.music.windows import shapes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with music_pop909 and music_openscore_lieder")
    parser.add_argument("--work", type=Path, required=True, help="keeps the corpus as tokens and the checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="the model folder")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("composer.toml"))
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    corpus = arguments.work / "corpus.npz"
    if not corpus.exists():
        arrays: dict[str, Any] = {**data.build(data.read_corpus(arguments.data))}
        np.savez_compressed(corpus, **arrays)
    config = tomllib.loads(arguments.config.read_text("utf-8"))
    shape = Shape(**shapes(), **config["shape"])
    torch.manual_seed(config["seed"])
    Run(config, corpus, arguments.work / "run", Composer(shape), shape.context).train()
    export.write(arguments.work / "run", corpus, shape, arguments.out)
    picture.draw(arguments.out)


if __name__ == "__main__":
    main()
