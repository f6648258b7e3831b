"""What a box carries and loads is a budget: packages it installs, files a cold process reads, time before it is there.

Files are counted, since a cold SD card reads them one by one; time is processor time, which a busy machine does not
change, and five times what a desktop takes.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from device.cli import COMMANDS
from device.processes import PROCESSES
from device.runtime.interpreter import interpreter

ROOT = Path(__file__).resolve().parents[2]
STARTED = """
from device.imports import import_name
for name in {names!r}:
    import_name(name)
"""
TOLD = """
import json, sys, time
found = [module for module in sys.modules.values() if getattr(module, "__file__", None)]
names = {module.__name__.partition(".")[0] for module in found if "site-packages" in module.__file__}
print("\\n" + json.dumps([len(found), time.process_time(), sorted(names)]))
"""


class Load(NamedTuple):
    files: int
    processor_s: float
    packages: frozenset[str]
    """Top-level names that come from packages which are not Python's."""


class Budget(NamedTuple):
    files: int
    packages: frozenset[str]


BUS = frozenset({"msgspec", "typing_extensions", "zmq"})
CPU_S = 0.75
PROCESS_BUDGETS = {
    "sensors": Budget(260, BUS),
    "loop": Budget(360, BUS | {"numpy"}),
    "composer": Budget(200, BUS),
    "audio": Budget(340, BUS | {"numpy", "soxr"}),
    "recorder": Budget(290, BUS | {"mcap", "lz4", "zstandard"}),
    "panel": Budget(200, BUS),
    "web": Budget(
        620,
        BUS | {"starlette", "uvicorn", "h11", "anyio", "idna", "jinja2", "markupsafe", "argon2", "cffi", "click"},
    ),
}
"""Before its work begins; models, the sound card and vendors' libraries come when they are opened."""
COMMAND_BUDGETS = {
    ("--version",): Budget(140, frozenset({"click"})),
    ("--help",): Budget(140, frozenset({"click"})),
}


def load_of(program: str) -> Load:
    done = subprocess.run(interpreter("-c", program + TOLD), check=True, capture_output=True, text=True, timeout=100)
    files, processor_s, packages = json.loads(done.stdout.splitlines()[-1])
    private = {name for name in packages if name.startswith("_")}
    return Load(files, processor_s, frozenset(packages) - private - {"device"})


def test_every_process_has_a_budget() -> None:
    assert set(PROCESS_BUDGETS) == set(PROCESSES)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_cold_process_loads_no_more_than_its_budget(name: str) -> None:
    process, budget = PROCESSES[name], PROCESS_BUDGETS[name]
    runs = "device.runtime.resident:run_resident" if process.runs == "always" else "device.runtime.context:run_process"
    load = load_of(STARTED.format(names=(runs, process.entry, *process.stages)))
    assert load.packages <= budget.packages
    assert load.files <= budget.files
    assert load.processor_s <= CPU_S


@pytest.mark.parametrize("words", COMMAND_BUDGETS, ids=" ".join)
def test_a_question_to_the_command_imports_no_command(words: tuple[str, ...]) -> None:
    budget = COMMAND_BUDGETS[words]
    load = load_of(f"from device.cli import main\nmain({list(words)!r}, standalone_mode=False)\n")
    assert load.packages <= budget.packages
    assert load.files <= budget.files
    assert load.processor_s <= CPU_S


@pytest.mark.parametrize("name", ["send", "sessions", "doctor"])
def test_commands_that_only_look_load_neither_models_nor_pictures(name: str) -> None:
    load = load_of(STARTED.format(names=(COMMANDS[name].name,)))
    assert not load.packages & {"numpy", "onnxruntime", "matplotlib"}


def test_a_box_that_idles_loads_nothing_of_its_pages() -> None:
    load = load_of(STARTED.format(names=(COMMANDS["box"].name,)))
    assert not load.packages & {"argon2", "cryptography", "jinja2", "segno", "starlette", "uvicorn"}


def code_of_a_box() -> Iterator[Path]:
    """The runtime, and the rig that `isotone demo` starts; not the benches and the listening kit."""
    yield from (ROOT / "device").rglob("*.py")
    for path in (ROOT / "hardware").rglob("*.py"):
        if path.relative_to(ROOT / "hardware").parts[0] not in {"bench", "listening"}:
            yield path


def imported_by(path: Path) -> Iterator[str]:
    """Top-level names: of imports anywhere in the file, and of modules named in strings (`module.sub`)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Constant) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", str(node.value)):
            yield str(node.value).partition(".")[0]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_a_box_installs_what_it_imports_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [Requirement(text) for text in project["dependencies"]]
    declared = {normal(each.name) for each in wanted if each.marker is None or each.marker.evaluate()}
    distributions = importlib.metadata.packages_distributions()
    names = {name for path in code_of_a_box() for name in imported_by(path)} - set(sys.stdlib_module_names)
    needed = {normal(distributions[name][0]) for name in names & set(distributions)} - {"isotone"}
    assert needed == declared
