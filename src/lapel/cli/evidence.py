"""`lapel evidence`: serve, adopt machines, let people in, hand out what proves."""

import asyncio
import json
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter

from lapel import view
from lapel.base.errors import MalformedError, NotFoundError
from lapel.crypto.certs import Certificate
from lapel.crypto.keys import PrivateKey
from lapel.evidence import app as evidence
from lapel.evidence import package as packages
from lapel.evidence import start
from lapel.evidence.apps.service import Apps
from lapel.evidence.custody import signer as custody_signer
from lapel.evidence.custody.checkpoints import Checkpoints, SignerClient
from lapel.evidence.custody.model import Actor, Who
from lapel.evidence.devices.model import Kind
from lapel.evidence.devices.service import Devices
from lapel.evidence.people.model import BUILT_IN, Role
from lapel.evidence.people.service import People
from lapel.evidence.site import Ground, add_maker, build, makers
from lapel.evidence.store.folder import Folder
from lapel.evidence.tenants import door
from lapel.evidence.tenants import keys as tenant_keys
from lapel.evidence.tenants.model import NewTenant, Tenant
from lapel.ports.private import write_private
from lapel.ports.system import SystemClock, system_entropy
from lapel.wire.custody import ActorKind
from lapel.wire.machine_code import MachineCode

VIEW: Final = Path(view.__file__).parent / "web"
"""View's page; Evidence is told where it is and knows nothing of it."""

app = App(
    name="evidence",
    help="""Keep recordings, and what can be proved about them.

Example: lapel evidence serve --dir evidence --port 8600
""",
)
app.command("lapel.cli.policy:app", name="policy")
app.command("lapel.cli.agencies:app", name="agency")
app.command("lapel.cli.audit:app", name="audit")
app.command("lapel.cli.witnesses:app", name="witness")
app.command("lapel.cli.entry:app", name="sign-in")
app.command("lapel.cli.devices:app", name="device")
Place = Annotated[Path, Parameter(name="--dir", help="Evidence's folder.")]
AsJson = Annotated[bool, Parameter(name="--json", help="Print one JSON object.")]


Agency = Annotated[
    str, Parameter(name="--agency", help="The agency, where the server has several.")
]


def _open(folder: Path, agency: str) -> tuple[Ground, Tenant]:
    return start.open_ground(folder, SystemClock(), system_entropy, agency)


@app.command
def serve(  # noqa: PLR0913 - each is an option of the command line
    *,
    folder: Place,
    port: int = 8600,
    device_port: int = 8643,
    device_host: str = "127.0.0.1",
    name: str = "Our agency",
    zone: str = "UTC",
    signer: Path | None = None,
    public: str = "",
    contact: str = "",
    as_json: AsJson = False,
) -> int:
    """Serve until Ctrl-C: pages on loopback, devices on TLS.

    Args:
        folder: Evidence's folder; the first start makes it.
        port: Port of the pages on this machine; 0 takes a free one.
        device_port: Port of the device door; 0 takes a free one.
        device_host: Address of the device door.
        name: The agency's name, at the first start.
        zone: The agency's time zone, at the first start.
        signer: Socket of a signer that runs as a user of its own; remembered.
        public: Address that people use where a proxy with TLS is in front: https://...
        contact: Whom somebody tells who found a weakness (security.txt): mailto:...
        as_json: Print one JSON object when it is ready.

    """
    new = NewTenant(name, "evidence", zone)
    options = evidence.Options(
        folder, port, device_port, device_host, new, signer, public, VIEW, contact
    )

    def tell(ready: evidence.Ready) -> None:
        sys.stdout.write(_ready(ready, as_json=as_json))
        sys.stdout.flush()

    evidence.serve(options, SystemClock(), system_entropy, tell)
    return 0


def _ready(ready: evidence.Ready, *, as_json: bool) -> str:
    told = {
        "url": ready.url,
        "device_url": ready.device_url,
        "enrolment_link": ready.enrolment_link,
        "door_ca": str(ready.door_ca),
        "ca": str(ready.ca),
        "tenant": ready.tenant,
    }
    if as_json:
        return json.dumps(told) + "\n"
    lines = [f"pages    {ready.url}", f"devices  {ready.device_url}"]
    if ready.enrolment_link is not None:
        lines += ["", "Set the administrator's password here, once, within 3 days:"]
        lines += [ready.enrolment_link]
    return "\n".join(lines) + "\n"


@app.command
def signer(
    *,
    folder: Place,
    socket: Path | None = None,
    group: str = "",
    until_stdin_ends: bool = False,
) -> int:
    """Run the signer of the custody log as a process of its own.

    `serve` starts one as its child. To run it as a user whom Evidence's user cannot act
    for, give it a folder of its own and a socket, and start `serve --signer SOCKET`.

    Args:
        folder: Evidence's folder, or one of the signer's own.
        socket: Where it listens, if not in that folder.
        group: Group that may ask on that socket.
        until_stdin_ends: End when standard input ends, as a child of `serve` does.

    """
    place = Folder(folder)
    for path in (place.root, place.signer):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    door = custody_signer.Door(socket or place.socket, group)
    with place.lock("signer/lock"):
        asyncio.run(_sign(place, door, until_stdin_ends=until_stdin_ends))
    return 0


async def _sign(
    place: Folder, door: custody_signer.Door, *, until_stdin_ends: bool
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if until_stdin_ends:
        loop.add_reader(sys.stdin.fileno(), stopped.set)

    def alarm(origin: str, words: str) -> None:
        sys.stderr.write(f"lapel: ALARM: the signer of {origin} stops: {words}\n")
        sys.stderr.flush()

    await custody_signer.serve(place.signer, door, alarm, stopped)


@app.command
def code(kind: str = "dock", *, folder: Place, agency: Agency = "") -> int:
    """Print a one-time code for a dock, a sync or View; it lasts 15 minutes.

    Args:
        kind: `dock`, `sync`, or `view` for `lapel view` as the administrator.
        folder: Evidence's folder.
        agency: The agency, where the server has several.

    """
    ground, tenant = _open(folder, agency)
    url = start.running(ground.folder).device_url
    if kind == "view":
        key = tenant_keys.load(ground.folder.keys).grant
        secret = _view_code(ground, tenant, key)
    else:
        try:
            chosen = Kind(kind)
        except ValueError as error:
            raise MalformedError("a code is for a dock, a sync or view") from error
        secret = _devices(ground, tenant).make_code(chosen)
    ca = door.authority(ground.folder.door).fingerprint
    sys.stdout.write(MachineCode(kind, url, ca, secret).encode() + "\n")
    return 0


def _view_code(ground: Ground, tenant: Tenant, key: PrivateKey) -> str:
    """Make a code for an app of the administrator."""
    database, clock, entropy = ground.database, ground.clock, ground.entropy
    people = People(database, clock, entropy, tenant.id)
    person = people.named(start.ADMINISTRATOR)
    if person is None:
        raise NotFoundError("there is no administrator; start the server there first")
    operator = Who(Actor(ActorKind.SYSTEM, "operator"), "", "", "")
    made = Apps(database, clock, entropy, tenant.id, key)
    return made.make_code(operator, person.id)


def _devices(ground: Ground, tenant: Tenant) -> Devices:
    ring = tenant_keys.load(ground.folder.keys)
    known = makers(ground.folder)
    return Devices(
        ground.database, ground.clock, ground.entropy, tenant.id, ring, known
    )


voucher = App(name="voucher", help="Vouchers of manufacturers.")
app.command(voucher)


@voucher.command(name="add")
def voucher_add(
    file: Path, *, folder: Place, agency: Agency = "", maker: Path | None = None
) -> int:
    """Add the manufacturer's voucher for a camera, so that it can be adopted.

    Args:
        file: The voucher.
        folder: Evidence's folder.
        agency: The agency, where the server has several.
        maker: The manufacturer's certificate (PEM), the first time.

    """
    ground, tenant = _open(folder, agency)
    if maker is not None:
        add_maker(ground.folder, Certificate.from_pem(maker.read_bytes()))
    serial = _devices(ground, tenant).add_voucher(file.read_bytes())
    sys.stdout.write(f"voucher for camera {serial}\n")
    return 0


@app.command
def trust(*, folder: Place, agency: Agency = "", out: Path | None = None) -> int:
    """Write what a verifier needs: CA, manufacturers, receipt key, log key.

    Args:
        folder: Evidence's folder.
        agency: The agency, where the server has several.
        out: Where to; standard output otherwise.

    """
    ground, tenant = _open(folder, agency)
    line = SignerClient(ground.folder.socket)
    vkey = Checkpoints(ground.database, line, ground.clock, tenant.id).vkey()
    line.close()
    data = start.trust_file(ground, tenant, vkey)
    if out is None:
        sys.stdout.write(data.decode())
    else:
        write_private(out, data)
        sys.stdout.write(f"{out}\n")
    return 0


@app.command
def export(
    *, folder: Place, agency: Agency = "", out: Path, as_json: AsJson = False
) -> int:
    """Write every recording with its companions into a folder, opened and sealed.

    Args:
        folder: Evidence's folder.
        agency: The agency, where the server has several.
        out: Where to.
        as_json: Print one JSON object with all paths.

    """
    ground, tenant = _open(folder, agency)
    with ThreadPoolExecutor(1) as threads:
        site = build(ground, tenant, threads)
        try:
            written = packages.export(site, out)
        finally:
            site.close()
    if as_json:
        told = {"recordings": [msgspec.structs.asdict(one) for one in written]}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        for one in written:
            sys.stdout.write(f"{one.mp4}\n")
    return 0


@app.command
def enrol(
    name: str,
    *,
    folder: Place,
    agency: Agency = "",
    role: str = "",
    shown: str = "",
) -> int:
    """Print a one-time link for an account: to set a password first, then to sign in.

    Args:
        name: The account's name; with --role it is made.
        folder: Evidence's folder.
        agency: The agency, where the server has several.
        role: administrator, auditor, clerk, supervisor or officer: makes an account.
        shown: The name as others see it.

    """
    ground, tenant = _open(folder, agency)
    people = People(ground.database, ground.clock, ground.entropy, tenant.id)
    roles = {one.name: one for one in BUILT_IN} | {"clerk": Role.CLERK}
    if role:
        if role not in roles:
            raise MalformedError(f"a role is one of: {', '.join(sorted(roles))}")
        secret = people.invite(name, shown or name, roles[role])
    else:
        secret = people.link_for(name)
    sys.stdout.write(f"{start.running(ground.folder).url}/enrol/{secret}\n")
    return 0
