"""The scripts parse, the service and the device rules are well formed, and set-up says what it cannot do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from device.errors import Exit

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SCRIPTS = [
    *(DEPLOY / name for name in ("run", "test", "setup.sh", "lock", "root.sh", "check-clean-root", "check-service")),
    DEPLOY.parent / ".ci" / "run",
]
LOCKS = [DEPLOY / f"requirements{which}.lock" for which in ("", "-test", "-build")]
SERVICE = DEPLOY / "systemd" / "isotone.service"
RULES = DEPLOY / "udev" / "99-isotone.rules"


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env=os.environ | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_plain_sh_and_may_be_run(script: Path) -> None:
    done = run("sh", "-n", script)
    assert done.returncode == 0, done.stderr
    assert script.read_text("utf-8").startswith("#!/bin/sh") or script.suffix == ".sh"
    assert os.access(script, os.X_OK) or script.suffix == ".sh"


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = run("shellcheck", "-x", "-P", DEPLOY, script)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_service_is_well_formed(tmp_path: Path) -> None:
    """With a program and a user that are there, so that only the unit itself can be wrong."""
    text = SERVICE.read_text("utf-8").replace("/opt/isotone/.venv/bin/isotone", shutil.which("true") or "/bin/true")
    unit = tmp_path / SERVICE.name
    unit.write_text(text.replace("User=isotone\n", "User=root\n"), "utf-8")
    done = run("systemd-analyze", "verify", "--recursive-errors=no", "--man=no", unit)
    said = [line for line in done.stderr.splitlines() if SERVICE.name in line]
    assert said == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_service_stays_hardened() -> None:
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=15", SERVICE)
    if "Unknown" in done.stderr or "unrecognized" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a file")
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_service_never_stays_dead_and_is_watched() -> None:
    text = SERVICE.read_text("utf-8")
    for line in ("Type=notify", "StartLimitIntervalSec=0", "Restart=on-failure", "KillMode=mixed"):
        assert f"\n{line}\n" in text
    assert re.search(r"^WatchdogSec=\d+$", text, re.MULTILINE)
    assert re.search(r"^RestartSec=\d+$", text, re.MULTILINE)
    # Only what does not mend itself keeps it from being started again: never a session that ended by a fault.
    assert f"\nRestartPreventExitStatus={Exit.USAGE} {Exit.CONFIG}\n" in text


def test_the_service_keeps_its_files_to_itself_and_runs_only_what_is_installed() -> None:
    text = SERVICE.read_text("utf-8")
    for line in ("UMask=0077", "StateDirectoryMode=0700", "RuntimeDirectoryMode=0700"):
        assert f"\n{line}\n" in text
    assert re.search(r"^Environment=.*\bPYTHONSAFEPATH=1\b", text, re.MULTILINE)


RULED = ('ATTRS{idVendor}=="0403", ATTRS{idProduct}=="6015"', 'KERNEL=="gpiochip*"', 'SUBSYSTEM=="leds"')
"""The dongle, the pins and the lights: nothing else of a machine is touched."""


def test_every_device_rule_says_what_it_is_about_and_is_well_formed() -> None:
    item = r'[A-Z_]+(\{\w+\})?(==|!=|\+=|=)"[^"]*"'
    rules = [line for line in RULES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert rules
    for rule in rules:
        assert re.fullmatch(rf"{item}(, {item})*", rule), rule
        assert any(about in rule for about in RULED), rule


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with the barest tools: no Python, no uv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "dirname", "cat"):
        (folder / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    return str(folder)


def test_set_up_without_a_usable_python_says_which_are(bare_path: str) -> None:
    done = run("sh", DEPLOY / "run", PATH=bare_path)
    assert done.returncode == 11
    assert "3.11" in done.stderr


def test_the_lock_without_uv_says_how_to_get_it(bare_path: str) -> None:
    before = [path.read_bytes() for path in LOCKS]
    done = run("sh", DEPLOY / "lock", PATH=bare_path)
    assert done.returncode == 11
    assert "pip install uv" in done.stderr
    assert [path.read_bytes() for path in LOCKS] == before


def pinned(lock: Path) -> dict[str, str]:
    """Distribution -> version (the last, where Pythons differ)."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ \n]*)", lock.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_is_pinned_hashed_and_names_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    requirements = re.findall(r"^([A-Za-z][^ \n]*)", text, re.MULTILINE)
    assert requirements
    assert all("==" in requirement for requirement in requirements)
    assert text.count("--hash=sha256:") >= len(requirements)
    assert "://" not in text


def test_a_box_gets_no_tools_and_the_test_set_replaces_nothing_of_what_runs() -> None:
    run_set, test_set = pinned(DEPLOY / "requirements.lock"), pinned(DEPLOY / "requirements-test.lock")
    assert {"numpy", "onnxruntime", "pyzmq"} <= set(run_set)
    assert {"pytest", "mypy", "ruff"} <= set(test_set)
    assert not set(run_set) & (set(test_set) | {"setuptools", "scipy"})


def test_the_locks_name_what_the_project_declares() -> None:
    declared = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))
    project = declared["project"]
    assert names_of(project["dependencies"]) <= set(pinned(DEPLOY / "requirements.lock"))
    assert names_of(project["optional-dependencies"]["test"]) <= set(pinned(DEPLOY / "requirements-test.lock"))
    assert declared["dependency-groups"]["build"] == declared["build-system"]["requires"]
    assert names_of(declared["build-system"]["requires"]) <= set(pinned(DEPLOY / "requirements-build.lock"))


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower() for requirement in requirements}


def test_the_clean_root_explains_itself_and_refuses_what_it_does_not_know() -> None:
    assert "--base TARBALL" in run(DEPLOY / "check-clean-root", "--help").stdout
    assert run(DEPLOY / "check-clean-root").returncode == 2
    assert run(DEPLOY / "check-clean-root", "--rot", "/tmp/x").returncode == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may boot a container")
def test_the_service_is_only_tried_in_a_root_that_was_made_for_it(tmp_path: Path) -> None:
    assert "--root FOLDER" in run(DEPLOY / "check-service", "--help").stdout
    done = run(DEPLOY / "check-service", "--root", tmp_path)
    assert done.returncode == 11
    assert "not made by" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot")
def test_the_clean_root_never_empties_a_folder_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious", "utf-8")
    done = run(DEPLOY / "check-clean-root", "--root", tmp_path, "--base", "/none.tar")
    assert done.returncode == 11
    assert "not empty" in done.stderr
    assert (tmp_path / "thesis.tex").read_text("utf-8") == "precious"
