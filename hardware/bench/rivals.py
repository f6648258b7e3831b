"""MIDI-GPT's architecture at work, in an interpreter of its own that has PyTorch and the package `midigpt`.

    PEERS_PYTHON -P hardware/bench/rivals.py     # a line in: measure once; a line of JSON out

20.6 M parameters, 6 layers of 512, weights at random, which cost as much as trained ones. `architecture` is the model
with its own key-value cache and a draw from its softmax, nothing else; `package` is what its user gets: the
package's session with its grammar, eight bars of one track.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

PROMPT, SAMPLED = 512, 192
"""Tokens: about what ours remembers while it composes a bar. The prompt is not counted, neither time nor tokens."""
BARS = 8
SEED = 1

Spent = tuple[int, float, float]
"""Tokens, seconds, processor seconds."""


def open_rivals() -> dict[str, Callable[[], Spent]]:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    return {"architecture": _architecture(torch), "package": _package()}


def _clocked(work: Callable[[], int]) -> Spent:
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    tokens = work()
    return tokens, time.perf_counter() - began_s, time.process_time() - began_cpu_s


def _architecture(torch: Any) -> Callable[[], Spent]:
    gpt2 = importlib.import_module("midigpt.inference.model.gpt2")
    model = gpt2.GPT2LMHeadModel(gpt2.GPT2Config()).eval()

    def measure() -> Spent:
        with torch.inference_mode():
            prompt = torch.randint(0, model.cfg.vocab_size, (1, PROMPT))
            logits, cache = model(prompt, model.make_empty_kv())

            def sample() -> int:
                nonlocal logits, cache
                for _ in range(SAMPLED):
                    token = torch.multinomial(torch.softmax(logits[0, -1], -1), 1)
                    logits, cache = model(token[None], cache)
                return SAMPLED

            return _clocked(sample)

    return measure


def _package() -> Callable[[], Spent]:
    midigpt, inference = importlib.import_module("midigpt"), importlib.import_module("midigpt.inference")
    gpt2 = importlib.import_module("midigpt.inference.model.gpt2")
    encoder = importlib.import_module("midigpt._core").EncoderConfig()
    encoder.resolution = encoder.decode_resolution = 12
    encoder.derive_token_domains()
    analyzer = importlib.import_module("midigpt.attributes.base").AttributeAnalyzer.from_config(encoder)
    tokenizer = importlib.import_module("midigpt.tokenizer.tokenizer").Tokenizer(encoder, analyzer)
    model = gpt2.GPT2LMHeadModel(gpt2.GPT2Config(vocab_size=tokenizer.vocab_size())).eval()
    engine = inference.InferenceEngine(model, tokenizer, analyzer)
    engine.warmup()

    def compose() -> int:
        score = midigpt.Score(tracks=[midigpt.Track(bars=[midigpt.Bar() for _ in range(BARS)])])
        track = inference.TrackPrompt(id=0, bars=list(range(BARS)), autoregressive=True)
        config = inference.InferenceConfig(
            model_dim=BARS, mask_mode="attention", polyphony_hard_limit=4, seed=SEED, max_attempts=1
        )
        session = engine.session(score, inference.GenerationRequest(tracks=[track], config=config))
        session.run()
        return int(session.gen_count)

    return lambda: _clocked(compose)


def main() -> None:
    rivals = open_rivals()
    print(json.dumps(sorted(rivals)), flush=True)
    for _ in sys.stdin:
        print(json.dumps({name: measure() for name, measure in rivals.items()}), flush=True)


if __name__ == "__main__":
    main()
