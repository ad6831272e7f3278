"""A virtual machine for one command: Debian's kernel, this machine's files, root.

QEMU without KVM, so it runs anywhere. The file system is this machine's, seen through
an overlay in memory: what the command writes is gone afterwards.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.kernel import run

BOOT_MODULES: Final = (
    "virtio_pci",
    "virtio_rng",
    "virtio_console",
    "9pnet_virtio",
    "9p",
    "overlay",
)
_SHARED: Final = "trans=virtio,version=9p2000.L,msize=512000"
_FIRST: Final = f"""#!/busybox sh
B=/busybox
$B mkdir -p /proc /sys /dev /below /above /whole
$B mount -t proc proc /proc
$B mount -t devtmpfs dev /dev
while read module; do $B insmod "/modules/$module"; done < /modules/order
$B mount -t 9p -o {_SHARED},cache=loose,ro files /below
$B mount -t tmpfs -o size=75% above /above
$B mkdir /above/upper /above/work
$B mount -t overlay -o lowerdir=/below,upperdir=/above/upper,workdir=/above/work \\
  whole /whole
$B mkdir -p /whole/lib/modules/$KERNEL
$B mount -o bind "/whole$MODULES" /whole/lib/modules/$KERNEL
$B mount --move /dev /whole/dev
$B mount -t proc proc /whole/proc
$B mount -t sysfs sys /whole/sys
$B mount -t tmpfs -o mode=755 run /whole/run
$B mkdir -p /whole/run/vm /whole/dev/pts /whole/dev/shm
$B mount -t devpts -o ptmxmode=666 pts /whole/dev/pts
$B mount -t tmpfs shm /whole/dev/shm
$B mount -t 9p -o {_SHARED},cache=none shared /whole/run/vm
$B cp /busybox /second /whole/run/
exec $B switch_root /whole /run/second
"""
_SECOND: Final = """#!/run/busybox sh
B=/run/busybox
$B ip link set lo up
$B hostname vm
/bin/sh /run/vm/job </dev/null >/run/vm/stdout 2>/run/vm/stderr
$B echo $? > /run/vm/code
$B sync
$B poweroff -f
"""


class MachineError(Exception):
    """The machine ended without saying how its command ended."""


@dataclass(frozen=True)
class Ended:
    """How a command in the machine ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Machine:
    """Boots afresh for each command."""

    kernel: Path
    """Folder with boot/ and lib/modules/."""
    memory_mib: int = 1024

    @property
    def version(self) -> str:
        """Version of the kernel."""
        image = next((self.kernel / "boot").glob("vmlinuz-*"))
        return image.name.removeprefix("vmlinuz-")

    def run(
        self, command: Sequence[str | Path], environment: Mapping[str, str]
    ) -> Ended:
        """Run as root, in this process's folder; raises `MachineError`."""
        with tempfile.TemporaryDirectory(prefix="vm") as made:
            shared = Path(made)
            (shared / "job").write_text(_job(command, environment))
            self._boot(shared)
            if not (shared / "code").is_file():
                console = (shared / "console").read_text(errors="replace")
                raise MachineError("\n".join(console.splitlines()[-20:]))
            code = int((shared / "code").read_text())
            said = [
                (shared / name).read_text(errors="replace")
                for name in ("stdout", "stderr")
            ]
            return Ended(code, *said)

    def _boot(self, shared: Path) -> None:
        append = "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on"
        command = [
            "qemu-system-x86_64",
            "-machine",
            "q35",
            "-accel",
            "tcg,thread=multi",
        ]
        command += ["-cpu", "max", "-smp", "2", "-m", str(self.memory_mib)]
        command += ["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
        command += ["-kernel", str(self.kernel / "boot" / f"vmlinuz-{self.version}")]
        command += ["-initrd", str(self._first_files())]
        command += ["-append", f"{append} net.ifnames=0 cryptomgr.notests"]
        command += ["-serial", f"file:{shared}/console", "-device", "virtio-rng-pci"]
        command += _share("files", "/", readonly=True)
        command += _share("shared", str(shared), readonly=False)
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True)

    def _first_files(self) -> Path:
        """Make the first file system, or find the one that was made before."""
        modules = self.kernel / "lib" / "modules" / self.version
        values = f"KERNEL={self.version}\nMODULES={shlex.quote(str(modules))}\n"
        first = _FIRST.replace("\n", f"\n{values}", 1)
        content = "\0".join((first, _SECOND, *BOOT_MODULES))
        key = hashlib.sha256(content.encode()).hexdigest()[:16]
        made = self.kernel / f"first-{key}.gz"
        if not made.is_file():
            with tempfile.TemporaryDirectory(dir=self.kernel) as folder:
                self._pack(Path(folder), first).replace(made)
        return made

    def _pack(self, folder: Path, first: str) -> Path:
        root = folder / "root"
        (root / "modules").mkdir(parents=True)
        names = self._modules()
        for path in names:
            shutil.copy(path, root / "modules")
        order = "".join(f"{path.name}\n" for path in names)
        (root / "modules" / "order").write_text(order)
        shutil.copy(shutil.which("busybox") or "", root / "busybox")
        for name, text in (("init", first), ("second", _SECOND)):
            (root / name).write_text(text)
            (root / name).chmod(0o755)
        packed = folder / "packed"
        line = (
            f"find . | cpio -o -H newc --quiet | gzip -1 > {shlex.quote(str(packed))}"
        )
        run(["/bin/sh", "-c", line], root)
        return packed

    def _modules(self) -> list[Path]:
        """List the modules of the boot, each after those that it needs."""
        found: dict[Path, None] = {}
        for name in BOOT_MODULES:
            options = ["-d", str(self.kernel), "-S", self.version, "--show-depends"]
            for line in run(["modprobe", *options, name], Path("/")).splitlines():
                words = line.split()
                if words[0] == "insmod":
                    found.setdefault(Path(words[1]))
        return list(found)


def _share(tag: str, path: str, *, readonly: bool) -> list[str]:
    options = f"local,id={tag},path={path},security_model=none"
    if readonly:
        options += ",readonly=on,multidevs=remap"
    device = f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"
    return ["-fsdev", options, "-device", device]


def _job(command: Sequence[str | Path], environment: Mapping[str, str]) -> str:
    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in environment.items()
    ]
    lines += [f"cd {shlex.quote(str(Path.cwd()))}"]
    lines += [f"exec {shlex.join(str(word) for word in command)}"]
    return "\n".join(lines) + "\n"


def usual(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that a command usually needs."""
    path = environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    return {
        "PATH": path,
        "HOME": "/run",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
