"""Bring Debian's kernel into the user's cache, for tests that boot a virtual machine.

The package is downloaded (apt checks its signature) and unpacked, never installed, and
root is not needed. Silent when it is there; what cannot be reached is said once.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

META = "linux-image-amd64"


def folder(environ: Mapping[str, str]) -> Path:
    """Where the kernel lies: lapel/kernel in the user's cache."""
    cache = environ.get("XDG_CACHE_HOME") or environ.get("HOME", "") + "/.cache"
    return Path(cache) / "lapel" / "kernel"


def find(environ: Mapping[str, str]) -> Path | None:
    """Give the folder that holds boot/ and lib/modules/; None where there is none."""
    place = folder(environ)
    return place if (place / "complete").is_file() else None


def fits() -> bool:
    """Whether this machine's programs run under that kernel."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def run(command: list[str], where: Path) -> str:
    """Run in a folder; raises OSError or CalledProcessError when it does not work."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return subprocess.run(
        command,
        cwd=where,
        env={**os.environ, "PATH": path, "LC_ALL": "C"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def bring(place: Path) -> None:
    """Download and unpack the kernel that Debian's `linux-image-amd64` stands for."""
    lines = run(["apt-cache", "depends", META], Path("/")).splitlines()
    names = [line.split()[-1] for line in lines if "Depends: linux-image-" in line]
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as made:
        fresh = Path(made) / "kernel"
        run(["apt-get", "download", names[0]], Path(made))
        package = next(Path(made).glob("*.deb"))
        run(["dpkg-deb", "-x", str(package), str(fresh)], Path(made))
        version = names[0].removeprefix("linux-image-")
        run(["depmod", "-b", str(fresh), version], Path(made))
        (fresh / "complete").touch()
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)


def main(environ: Mapping[str, str]) -> None:
    """Bring it unless it is there, or cannot be used here."""
    if find(environ) or not fits() or not shutil.which("apt-get"):
        return
    print("Bringing Debian's kernel for virtual machines", file=sys.stderr)
    try:
        bring(folder(environ))
    except (OSError, subprocess.CalledProcessError, LookupError) as error:
        print(
            f"Could not bring a kernel ({error}); tests that boot one are left out.",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main(os.environ)
