"""The root of a box, as a folder: Debian by mmdebstrap, wheels by the lock, this checkout, and what is in `system/`."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from deploy.imaging.boards import Board
from deploy.imaging.programs import call
from deploy.imaging.wheels import remove
from device.errors import SystemMissingError

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
PLACE = Path("opt/isotone")
CARRIED = (
    "device",
    "hardware",
    "models_onnx",
    "deploy/systemd",
    "deploy/udev",
    "deploy/leaflet.md",
    "LICENSE",
    "NOTICE.md",
    "README.md",
)
"""What of the checkout a box carries; the rig among it, for its demo and its own trials."""
LEFT_OUT = (
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "usr/share/groff",
    "usr/share/lintian",
    "usr/share/bug",
)
UNUSED = (
    "etc/ssh/ssh_host_*",
    "boot/System.map-*",
    "boot/config-*",
    "usr/lib/python3*/test",
    # The sources of what is compiled in hwdb.bin; device trees, which our boards' firmware brings; boot loaders.
    "usr/lib/udev/hwdb.d",
    "usr/lib/linux-image-*",
    "usr/lib/grub",
    "usr/lib/shim",
    # What would draw: SDL, which FluidSynth is linked to, loads it only when a window is opened.
    "usr/lib/*/libLLVM*",
    "usr/lib/*/libz3.so*",
    "usr/lib/*/libgallium*",
    "usr/lib/*/dri",
    "usr/lib/*/gbm",
    # Sound servers, which a box does without.
    "usr/lib/*/spa-0.2",
    "usr/lib/*/pipewire-0.3",
    # Alphabets other than Unicode's; what is packed into the initial RAM disk already; keys of a keyboard's X11.
    "usr/lib/*/gconv/[A-TV-Z]*.so",
    "usr/lib/klibc",
    "usr/share/X11",
    "usr/share/grub",
    "usr/lib/valgrind",
)
KEPT_MODULES = re.compile(
    r"kernel/(arch|crypto|lib|fs/(ext4|squashfs|overlayfs|fat|nls|jbd2|isofs|udf|fuse|autofs|crypto)|net/(bluetooth|wireless|mac80211|"
    r"netfilter|ipv4|ipv6|rfkill|unix|packet|core|sched)|sound|drivers/(md|block|virtio|char|usb/(serial|storage|host|core|class|gadget|"
    r"dwc2|dwc3|common|phy)|mmc|nvme|ata|scsi|hid|input|bluetooth|net/(wireless|usb|phy|mdio|ethernet/(broadcom|realtek|intel)|virtio_net)|"
    r"gpio|leds|pwm|i2c|spi|thermal|hwmon|watchdog|rtc|clk|pinctrl|regulator|soc|firmware|dma|mailbox|cpufreq|of|pci|phy|nvmem|tty|"
    r"acpi|platform|power|reset|iio|bcma|ssb|staging/vc04_services|base|virt|vhost))"
)
"""A kernel brings 350 MB of modules, and a box has neither a graphics card nor InfiniBand."""


def words_of(path: Path) -> list[str]:
    """The lines of a list that are no remarks."""
    return [line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]


def packages(board: Board) -> list[str]:
    """The Debian packages that are asked for, sorted."""
    lists = words_of(REPOSITORY / "deploy/packages.txt") + words_of(HERE / "packages.txt")
    # A virtual environment is made here from wheels, and prompts are spoken before.
    taken = [name for name in lists if name not in {"python3-venv", "espeak-ng"}]
    return sorted({*taken, *board.packages})


def base(board: Board, suite: str, cache: Path, mirrors: tuple[str, ...], epoch: int) -> Path:
    """A tarball of the packages, from the cache where the same was made before."""
    asked = packages(board)
    recipe = hashlib.sha256(repr((asked, suite, mirrors, board.architecture, _settings())).encode()).hexdigest()[:16]
    tarball = cache / f"{suite}-{board.architecture}-{recipe}.tar"
    if tarball.exists():
        return tarball
    cache.mkdir(parents=True, exist_ok=True)
    made = tarball.with_suffix(".part")
    call(
        "mmdebstrap",
        f"--arch={board.architecture}",
        "--variant=essential",
        "--mode=root",
        "--format=tar",
        "--dpkgopt=force-unsafe-io",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        *(f"--dpkgopt=path-exclude=/{folder}/*" for folder in LEFT_OUT),
        '--aptopt=Apt::Install-Recommends "false"',
        f"--setup-hook=copy-in {HERE / 'base/etc'} /",
        f"--include={','.join(asked)}",
        suite,
        made,
        *mirrors,
        environment={"SOURCE_DATE_EPOCH": str(epoch)},
    )
    made.rename(tarball)
    return tarball


def unpack(tarball: Path, root: Path) -> None:
    """Fills an empty folder."""
    root.mkdir(parents=True)
    call("tar", "--extract", "--numeric-owner", "--xattrs", "--file", tarball, "--directory", root)


def prune(root: Path) -> None:
    """Takes away what no box uses: foreign drivers, caches, lists, keys that each box must make for itself."""
    for folder in root.glob("usr/lib/modules/*/kernel"):
        prune_modules(folder)
        call("chroot", root, "depmod", folder.parent.name)
    remove(root, UNUSED)
    # Empty: each box makes its own, and systemd does not set every unit anew, which takes a slow board half a minute.
    (root / "etc/machine-id").write_text("")
    (root / "etc/hostname").write_text("isotone\n")


def prune_modules(kernel: Path) -> None:
    """Takes away the drivers that no box has, and leaves what the others need."""
    base_folder = kernel.parent
    needs = dict(line.split(":") for line in (base_folder / "modules.dep").read_text().splitlines())
    kept = {name for name in needs if KEPT_MODULES.match(name)}
    kept |= {needed for name in kept for needed in needs[name].split()}  # modules.dep names all, near and far
    for module in list(kernel.rglob("*.ko*")):
        if str(module.relative_to(base_folder)) not in kept:
            module.unlink()


def size_mb(root: Path) -> float:
    """What its files take as they are read, each of several links once."""
    found = {info.st_ino: info.st_size for path in root.rglob("*") if (info := path.lstat()).st_size}
    return sum(found.values()) / 1e6


def add_isotone(root: Path) -> None:
    """Puts what is committed of this checkout into its place, with the command, the prompts and the service."""
    place = root / PLACE
    archive = call("git", "-C", REPOSITORY, "archive", "--format=tar", "HEAD", *CARRIED)
    call("tar", "--extract", "--directory", place, stdin=archive)
    command = place / ".venv/bin/isotone"
    command.write_text(f"#!/{PLACE}/.venv/bin/python -P\nfrom device.cli import main\n\nmain()\n")
    command.chmod(0o755)
    next(place.glob(".venv/lib/*/site-packages")).joinpath("isotone.pth").write_text(f"/{PLACE}\n")
    (root / "usr/bin/isotone").symlink_to(f"/{PLACE}/.venv/bin/isotone")
    voices = REPOSITORY / ".venv/share/isotone/voices"
    if voices.is_dir():
        shutil.copytree(voices, place / ".venv/share/isotone/voices")


def add_system(root: Path) -> None:
    """Puts our own settings and units over Debian's, and says what starts."""
    shutil.copytree(HERE / "system", root, dirs_exist_ok=True, symlinks=True)
    units = root / "usr/lib/systemd/system"
    for unit in (REPOSITORY / "deploy/systemd").glob("*.service"):
        shutil.copy(unit, units)
    shutil.copy(REPOSITORY / "deploy/udev/99-isotone.rules", root / "usr/lib/udev/rules.d/99-isotone.rules")
    for name in ("vmlinuz", "initrd.img"):
        # The boot loader asks for one name, whatever the kernel's version.
        (root / "boot" / name).symlink_to(next((root / "boot").glob(f"{name}-*")).name)
    for folder in ("data", "boot/isotone", "etc/isotone"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    call("chroot", root, "systemd-sysusers")
    # What starts is said by one file (system-preset/00-isotone.preset), and nothing else does.
    call("chroot", root, "systemctl", "preset-all")
    # Where there is no Bluetooth its service does not start, and D-Bus would wait half a minute for it.
    (root / "etc/systemd/system/dbus-org.bluez.service").unlink()
    refuse_passwords((root / "etc/shadow").read_text())


def refuse_passwords(shadow: str) -> None:
    """No box has a password, so none can be guessed, and no two boxes share one.

    Raises:
        SystemMissingError: somebody in this shadow(5) has one, or may log in without.
    """
    for line in shadow.splitlines():
        name, password = line.split(":")[:2]
        if not re.fullmatch(r"[*!]+", password):
            raise SystemMissingError(f"{name} has a password in this image.", "Lock it: passwd --lock.")


def _settings() -> str:
    return "".join(path.read_text() for path in sorted((HERE / "base").rglob("*")) if path.is_file())
