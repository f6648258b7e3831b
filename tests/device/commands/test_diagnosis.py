"""The doctor finds every fault injected here, names its exit code and says what mends it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from device.acquisition import serial_line
from device.audio import player, synth
from device.cli import main
from device.commands import checks
from device.commands import diagnosis as doctor
from device.commands.diagnosis import Finding, diagnose, refuse_if_unfit
from device.config import (
    AudioConfig,
    BluetoothConfig,
    ControlConfig,
    DeviceConfig,
    HeadphonesConfig,
    MusicConfig,
    PanelConfig,
    SessionConfig,
    SessionDefaults,
    SourceConfig,
)
from device.errors import ConfigError, Exit, ModelError, RecordingError, SensorError, SoundError, SystemMissingError
from device.files.models import MODELS_DIR
from device.runtime import run_folder
from hardware.bench.input_node import Node
from tests.device.audio.soundfonts import soundfont
from tests.hardware.radio import needs_dbus, radio

MUTE = DeviceConfig(audio=AudioConfig(sink="wav"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No native library is loaded but where a test says so; the bus's address and the disk are this test's."""
    monkeypatch.setattr(checks, "load_onnxruntime", lambda: "onnxruntime 1.")
    monkeypatch.setattr(checks, "load_litert", lambda _folder: "ai_edge_litert.")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def with_sources(device: DeviceConfig = MUTE, **sources: SourceConfig) -> DeviceConfig:
    return msgspec.structs.replace(device, sources=sources)


def find(device: DeviceConfig, name: str, *, deep: bool = False, models_dir: Path = MODELS_DIR) -> Finding:
    return next(finding for finding in diagnose(device, models_dir, deep=deep) if finding.name == name)


def session(config: SessionConfig, device: DeviceConfig) -> SessionConfig:
    return msgspec.structs.replace(config, device=device)


def recording(folder: Path) -> SourceConfig:
    return SourceConfig(type="playback", path=str(folder / "none.npz"))


def test_whatever_is_not_well_says_what_to_do(tmp_path: Path) -> None:
    device = with_sources(
        DeviceConfig(audio=AudioConfig(soundfont="/no.sf2")),
        headset=SourceConfig(type="cyton", port=str(tmp_path / "ttyNone")),
        band=SourceConfig(type="hrs"),
        tape=recording(tmp_path),
    )
    for finding in diagnose(device, tmp_path, deep=True):
        assert finding.sentence.endswith("."), finding
        if finding.state == "fail":
            assert finding.action, finding
            assert finding.exit_code in set(Exit) - {Exit.OK, Exit.INTERNAL}, finding


def test_a_machine_with_all_it_needs_has_no_failing_finding() -> None:
    assert [finding for finding in diagnose(MUTE, MODELS_DIR, deep=True) if finding.state == "fail"] == []


def test_buttons_that_device_toml_names_must_be_there_and_a_headset_may_come_later(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    without = msgspec.structs.replace(MUTE, panel=PanelConfig(input_folder=str(tmp_path)))
    assert "no button yet" in find(without, "buttons and light").sentence
    wired = msgspec.structs.replace(MUTE, panel=PanelConfig(pins={"play": 5}, input_folder=str(tmp_path)))
    finding = find(wired, "buttons and light")
    assert (finding.state, finding.exit_code) == ("fail", Exit.SYSTEM)
    wrong = msgspec.structs.replace(MUTE, panel=PanelConfig(keys={"KEY_PLAYPAUS": "play"}))
    assert find(wrong, "buttons and light").exit_code == Exit.CONFIG
    light = msgspec.structs.replace(MUTE, panel=PanelConfig(led="none such", input_folder=str(tmp_path)))
    assert find(light, "buttons and light").state == "warn"
    headset = Node(tmp_path)
    assert "event0" in find(without, "buttons and light").sentence
    headset.unplug()


@pytest.fixture
def corrupt_models(tmp_path: Path) -> Path:
    """All models, one with a byte changed."""
    folder = tmp_path / "models"
    shutil.copytree(MODELS_DIR, folder, ignore=shutil.ignore_patterns("*.md"))
    with (folder / MUTE.affect.eeg_models[0] / "model.onnx").open("r+b") as file:
        file.seek(100)
        byte = file.read(1)
        file.seek(100)
        file.write(bytes([byte[0] ^ 1]))
    return folder


def test_a_corrupt_model_is_found_and_refused(corrupt_models: Path, config: SessionConfig) -> None:
    finding = find(MUTE, "model of EEG", models_dir=corrupt_models)
    assert (finding.state, finding.exit_code) == ("fail", Exit.MODEL)
    assert "corrupt" in finding.sentence
    with pytest.raises(ModelError, match="corrupt"):
        refuse_if_unfit(session(msgspec.structs.replace(config, models_dir=str(corrupt_models)), MUTE))


def test_a_missing_sound_font_names_the_key_or_the_package(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = DeviceConfig(audio=AudioConfig(sink="wav", soundfont="/nowhere/x.sf2"))
    finding = find(device, "sound font")
    assert (finding.state, finding.exit_code) == ("fail", Exit.SOUND)
    assert "audio.soundfont" in finding.action
    with pytest.raises(SoundError, match="sound font /nowhere/x"):
        refuse_if_unfit(session(config, device))
    monkeypatch.setattr(synth, "SOUNDFONTS", ())
    assert "apt install fluid-soundfont-gm" in find(MUTE, "sound font").action


def test_a_sound_font_with_damaged_samples_is_found(tmp_path: Path) -> None:
    path = tmp_path / "damaged.sf3"
    path.write_bytes(soundfont(b"OggS" + bytes(4000), is_sf3=True))
    finding = find(DeviceConfig(audio=AudioConfig(sink="wav", soundfont=str(path))), "sound font")
    if finding.exit_code == Exit.SYSTEM:
        pytest.skip(finding.sentence)
    assert (finding.state, finding.exit_code) == ("fail", Exit.SOUND)
    assert str(path) in finding.sentence


def test_a_missing_synthesiser_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synth, "LIBRARIES", ("libnone.so.9",))
    finding = find(MUTE, "synthesiser")
    assert (finding.state, finding.exit_code) == ("fail", Exit.SYSTEM)
    assert "apt install" in finding.action


def test_no_sound_card_is_refused_only_where_one_is_used(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_card(_audio: AudioConfig) -> str:
        raise SoundError("There is no sound card.", player.MEND)

    monkeypatch.setattr(player, "probe", no_card)
    assert find(DeviceConfig(), "sound card").exit_code == Exit.SOUND
    with pytest.raises(SoundError, match="no sound card"):
        refuse_if_unfit(session(config, DeviceConfig()))
    assert find(MUTE, "sound card").state == "ok"
    refuse_if_unfit(session(config, MUTE))


@pytest.mark.parametrize(
    ("check", "config"),
    [
        ("policy", DeviceConfig(control=ControlConfig(policy="mouse"))),
        ("policy", DeviceConfig(control=ControlConfig(policy="hand", model="mouse"))),
        ("generator", DeviceConfig(music=MusicConfig(generator="mouse"))),
    ],
)
def test_what_leads_and_composes_is_known_before_a_press(check: str, config: DeviceConfig) -> None:
    finding = find(config, check)
    assert (finding.state, finding.exit_code) == ("fail", Exit.CONFIG)
    assert "device.toml" in finding.sentence
    assert find(MUTE, check).state == "ok"


def test_headphones_that_nobody_knows_are_found_before_a_press() -> None:
    strange = msgspec.structs.replace(MUTE, headphones=HeadphonesConfig(profile="mouse"))
    finding = find(strange, "headphones")
    assert (finding.state, finding.exit_code) == ("fail", Exit.CONFIG)
    assert "mouse" in finding.sentence
    assert find(MUTE, "headphones").state == "ok"


def test_whoever_has_not_named_the_headphones_is_told_how(config: SessionConfig) -> None:
    said = find(MUTE, "headphones").sentence
    assert "130 dB SPL" in said
    assert "sennheiser-hd-650" in said
    assert "device.toml" in said
    named = msgspec.structs.replace(MUTE, headphones=HeadphonesConfig(profile="sennheiser-hd-650", full_scale_v=1.0))
    assert find(named, "headphones").sentence == "sennheiser-hd-650: 103 dB SPL at full scale (estimate)."


def test_a_missing_port_is_refused_unless_the_box_may_wait_for_its_sensors(
    config: SessionConfig, tmp_path: Path
) -> None:
    device = with_sources(headset=SourceConfig(type="cyton", port=str(tmp_path / "ttyNone")))
    assert find(device, "headset").state == "ok"
    assert find(device, "headset", deep=True).exit_code == Exit.SENSOR
    with pytest.raises(SensorError, match="ttyNone is not there"):
        refuse_if_unfit(session(config, device))
    patient = msgspec.structs.replace(device, session=SessionDefaults(start_without_sensors=True))
    refuse_if_unfit(session(config, patient))
    assert find(patient, "headset", deep=True).state == "warn"


def test_a_source_that_can_never_work_is_refused_always(config: SessionConfig) -> None:
    patient = msgspec.structs.replace(MUTE, session=SessionDefaults(start_without_sensors=True))
    device = with_sources(patient, headset=SourceConfig(type="ctyon"))
    assert find(device, "headset").exit_code == Exit.CONFIG
    with pytest.raises(ConfigError, match="ctyon"):
        refuse_if_unfit(session(config, device))


def test_a_recording_that_is_not_there_keeps_its_own_exit_code(config: SessionConfig, tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        refuse_if_unfit(session(config, with_sources(tape=recording(tmp_path))))


def test_without_d_bus_the_wristband_is_refused(config: SessionConfig) -> None:
    device = with_sources(band=SourceConfig(type="hrs"))
    finding = find(device, "bluetooth")
    assert (finding.state, finding.exit_code) == ("fail", Exit.SYSTEM)
    assert "systemctl start dbus" in finding.action
    with pytest.raises(SystemMissingError, match="no D-Bus"):
        refuse_if_unfit(session(config, device))
    assert "bluetooth" not in {finding.name for finding in diagnose(MUTE, MODELS_DIR, deep=False)}


@contextlib.contextmanager
def live_radio(folder: Path) -> Iterator[str]:
    """An emulated BlueZ in a thread, as the doctor runs a loop of its own; gives the bus's address."""
    address, ready, over = [""], threading.Event(), threading.Event()

    async def serve() -> None:
        async with radio(folder) as emulated:
            address[0] = emulated.bus.bus_address
            ready.set()
            await asyncio.to_thread(over.wait, 30)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(20)
        yield address[0]
    finally:
        over.set()
        thread.join()


@needs_dbus
def test_with_an_adapter_and_a_worn_band_all_is_well(config: SessionConfig, run_dir: Path) -> None:
    with live_radio(run_dir) as address:
        device = with_sources(band=SourceConfig(type="hrs"))
        device = msgspec.structs.replace(device, bluetooth=BluetoothConfig(dbus_address=address))
        findings = {finding.name: finding for finding in diagnose(device, MODELS_DIR, deep=True)}
        assert findings["bluetooth"].sentence == "Adapter hci0."
        assert findings["band"].state == "ok"
        other = msgspec.structs.replace(device, bluetooth=BluetoothConfig(dbus_address=address, adapter="hci7"))
        assert "`hci7`; there are: hci0" in find(other, "bluetooth").sentence


@needs_dbus
def test_a_bus_without_bluetoothd_says_so(run_dir: Path) -> None:
    from hardware.emulators.private_bus import PrivateBus

    async def ask() -> Finding:
        bus = PrivateBus(run_dir)
        await bus.start()
        device = with_sources(
            msgspec.structs.replace(MUTE, bluetooth=BluetoothConfig(dbus_address=bus.bus_address)),
            band=SourceConfig(type="hrs"),
        )
        try:
            return await asyncio.to_thread(find, device, "bluetooth")
        finally:
            await bus.stop()

    finding = asyncio.run(ask())
    assert finding.exit_code == Exit.SYSTEM
    assert "bluetoothd" in finding.sentence


def test_a_native_library_that_crashes_is_a_finding_not_the_end() -> None:
    with pytest.raises(ModelError, match=r"crashes when it loads \(SIGILL\)"):
        checks._load("It", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    with pytest.raises(ModelError, match="cannot be loaded: ModuleNotFoundError"):
        checks._load("It", "import no_such_module")


def test_a_room_that_cannot_be_imported_does_not_stop_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> object:
        if name.startswith("device.audio"):
            raise ImportError("libportaudio.so.2: cannot open shared object file")
        raise ValueError("worse")

    monkeypatch.setattr(checks, "import_name", broken)
    findings = {finding.name: finding for finding in diagnose(DeviceConfig(), MODELS_DIR, deep=False)}
    assert findings["sound card"].exit_code == Exit.SYSTEM
    assert "libportaudio" in findings["sound card"].sentence
    assert findings["disk"].exit_code == Exit.INTERNAL
    assert findings["model of EEG"].state == "ok"


def test_a_sensor_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mute:
        async def probe(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(doctor, "PROBE_TIMEOUT_S", 0.05)
    monkeypatch.setattr(doctor, "import_name", lambda _name: lambda *_: Mute())
    finding = find(with_sources(tape=SourceConfig(type="playback")), "tape", deep=True)
    assert finding.exit_code == Exit.SENSOR
    assert "did not answer" in finding.sentence


def test_a_port_this_user_may_not_open_names_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    finding = find(with_sources(headset=SourceConfig(type="cyton", port=str(port))), "port of headset")
    assert finding.state == "warn"
    assert "usermod -aG dialout" in finding.action


def test_before_the_dongle_is_plugged_in_the_group_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: [serial_line._dialout()])
    assert serial_line.may_open(Path("/dev/ttyNone")) == "This user may open serial ports."
    monkeypatch.setattr(os, "getgroups", list)
    with pytest.raises(SensorError, match="may not open"):
        serial_line.may_open(Path("/dev/ttyNone"))


def test_where_sockets_lie_is_told(monkeypatch: pytest.MonkeyPatch, run_dir: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run_dir))
    assert str(run_dir / "isotone") in find(MUTE, "run folder").sentence
    monkeypatch.setattr(run_folder, "_candidates", lambda: iter([Path("/proc/none")]))
    finding = find(MUTE, "run folder")
    assert (finding.state, finding.exit_code) == ("fail", Exit.SYSTEM)
    assert "XDG_RUNTIME_DIR" in finding.action


def test_a_disk_without_room_is_found_before_a_session_needs_it(tmp_path: Path) -> None:
    endless = msgspec.structs.replace(MUTE, session=SessionDefaults(minutes=1e9))
    assert find(endless, "disk").exit_code == Exit.DISK
    (tmp_path / "file").touch()
    nowhere = msgspec.structs.replace(MUTE, session=SessionDefaults(directory=str(tmp_path / "file" / "below")))
    assert find(nowhere, "disk").exit_code == Exit.DISK


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [("text", "locale.getencoding", lambda: "ANSI_X3.4-1968"), ("processor", "os.sched_getaffinity", lambda _pid: {0})],
)
def test_what_is_only_unwise_is_a_warning(
    name: str, attribute: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribute, value)
    finding = find(MUTE, name)
    assert finding.state == "warn"
    assert finding.action


def test_real_time_without_the_right_is_a_warning_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.sched_getscheduler(0)

    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    finding = find(MUTE, "real time")
    assert finding.state == "warn"
    assert "rtprio" in finding.action
    assert os.sched_getscheduler(0) == before


def test_a_notify_socket_that_is_none_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    assert find(MUTE, "systemd").exit_code == Exit.SYSTEM


def test_without_the_rigs_bus_only_the_demo_suffers(monkeypatch: pytest.MonkeyPatch, config: SessionConfig) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert find(MUTE, "rig").state == "warn"
    refuse_if_unfit(session(config, MUTE))


def test_the_command_prints_json_and_exits_with_the_first_failing_code(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text('[audio]\nsink = "wav"\nsoundfont = "/nowhere/x.sf2"\n[sources.headset]\ntype = "ctyon"\n')
    done = CliRunner().invoke(main, ["doctor", "--json", "--quick", "--device", str(path)])
    findings = json.loads(done.stdout)
    assert done.exit_code == Exit.SOUND
    assert {"name", "state", "sentence", "action", "exit_code"} == set(findings[0])
    assert [item["name"] for item in findings if item["state"] == "fail"] == ["sound font", "headset"]


def test_the_command_shows_a_table_and_exits_0_when_all_is_well(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text('[audio]\nsink = "wav"\n')
    done = CliRunner().invoke(main, ["doctor", "--device", str(path)])
    assert done.exit_code == Exit.OK
    assert "[sources.NAME]" in done.stdout, "brackets are text, not markup"


def test_a_refused_run_says_why_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path, out = tmp_path / "device.toml", tmp_path / "session"
    path.write_text(f'[sources.headset]\ntype = "cyton"\nport = "{tmp_path}/ttyNone"\n')
    done = CliRunner().invoke(main, ["run", "--no-sound", "--device", str(path), "--out", str(out)])
    assert done.exit_code == Exit.SENSOR
    assert "ttyNone is not there" in done.stderr
    assert not out.exists()
    assert not list(tmp_path.glob("isotone-*/*"))
