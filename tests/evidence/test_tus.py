"""tus 1.0, by hand and with unmodified clients of others."""

# pyright: standard

import base64
import io
import json
import subprocess
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from lapel.base.ids import recording_name
from lapel.crypto.digest import sha256
from lapel.sim.agency import Sent
from lapel.wire.cose import parse
from lapel.wire.receipt import Receipt
from tests.evidence.world import World

pytestmark = pytest.mark.process

VERSION = {"Tus-Resumable": "1.0.0"}
BYTES = {**VERSION, "Content-Type": "application/offset+octet-stream"}
NODE = Path(__file__).parent.parent / "node"


def metadata(sent: Sent) -> str:
    pairs = {"recording": recording_name(sent.recording), "serial": sent.serial}
    return ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}"
        for name, value in pairs.items()
    )


def create(dock: httpx.Client, sent: Sent, length: int | None = None) -> httpx.Response:
    headers = {
        **VERSION,
        "Upload-Length": str(len(sent.stored) if length is None else length),
        "Upload-Metadata": metadata(sent),
    }
    return dock.post("/device/uploads", headers=headers)


def place(dock: httpx.Client, sent: Sent) -> str:
    answer = create(dock, sent)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def add(
    dock: httpx.Client, where: str, offset: int, data: bytes, **more: str
) -> httpx.Response:
    headers = {**BYTES, "Upload-Offset": str(offset)}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return dock.patch(where, content=data, headers=headers)


def offset(dock: httpx.Client, where: str) -> int:
    return int(dock.head(where, headers=VERSION).headers["upload-offset"])


def test_the_server_says_what_it_speaks(world: World) -> None:
    with world.dock() as dock:
        answer = dock.options("/device/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    offers = set(answer.headers["tus-extension"].split(","))
    assert offers == {"creation", "checksum", "expiration", "termination"}
    assert "sha256" in answer.headers["tus-checksum-algorithm"]


def test_nothing_is_done_without_a_token(world: World) -> None:
    with world.dock() as dock:
        dock.headers.pop("authorization")
        for method, path in (
            ("POST", "/device/uploads"),
            ("HEAD", "/device/uploads/" + "0" * 32),
            ("PATCH", "/device/uploads/" + "0" * 32),
            ("DELETE", "/device/uploads/" + "0" * 32),
            ("POST", "/device/uploads/" + "0" * 32 + "/commit"),
            ("GET", "/device/cameras/X81004417"),
            ("PUT", "/device/cameras/X81004417/envelopes/x"),
            ("POST", "/device/checkpoints"),
        ):
            assert dock.request(method, path, headers=VERSION).status_code == 401


def test_another_version_is_refused(world: World) -> None:
    with world.dock() as dock:
        where = place(dock, world.sent[0])
        answer = dock.head(where, headers={"Tus-Resumable": "0.2.2"})
    assert answer.status_code == 412
    assert answer.headers["tus-version"] == "1.0.0"


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Upload-Length", "", 400),
        ("Upload-Length", "-5", 400),
        ("Upload-Length", "0", 409),
        ("Upload-Length", "999999999999999", 409),
        ("Upload-Metadata", "", 400),
        ("Upload-Metadata", "recording !!!", 400),
        ("Upload-Metadata", "recording eA==,serial eA==", 400),
    ],
)
def test_an_upload_that_cannot_be_is_refused(
    world: World, header: str, value: str, status: int
) -> None:
    good = {"Upload-Length": "5", "Upload-Metadata": metadata(world.sent[0])}
    with world.dock() as dock:
        headers = {**VERSION, **good, header: value}
        answer = dock.post("/device/uploads", headers=headers)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "detail", "reference"}


def test_an_upload_grows_by_its_offset_only(world: World) -> None:
    sent = world.sent[1]
    with world.dock() as dock:
        where = place(dock, sent)
        assert (
            add(dock, where, 0, sent.stored[:1000]).headers["upload-offset"] == "1000"
        )
        assert add(dock, where, 0, sent.stored[:1000]).status_code == 409
        assert add(dock, where, 2000, b"x").status_code == 409
        assert offset(dock, where) == 1000
        wrong = {**VERSION, "Content-Type": "text/plain", "Upload-Offset": "1000"}
        assert dock.patch(where, content=b"x", headers=wrong).status_code == 415
        too_long = sent.stored[1000:] + b"more"
        assert add(dock, where, 1000, too_long).status_code == 413
        assert offset(dock, where) <= len(sent.stored)


def test_the_same_recording_gets_the_same_upload(world: World) -> None:
    sent = world.sent[2]
    with world.dock() as dock:
        where = place(dock, sent)
        add(dock, where, 0, sent.stored[:500])
        assert place(dock, sent) == where
        assert offset(dock, where) == 500


def test_a_wrong_checksum_takes_the_piece_back(world: World) -> None:
    sent = world.sent[3]
    digest = base64.b64encode(sha256(sent.stored[:700])).decode()
    with world.dock() as dock:
        where = place(dock, sent)
        sums = {"Upload_Checksum": f"sha256 {digest}"}
        assert add(dock, where, 0, b"y" * 700, **sums).status_code == 460
        assert offset(dock, where) == 0
        assert add(dock, where, 0, sent.stored[:700], **sums).status_code == 204
        assert (
            add(dock, where, 700, b"x", Upload_Checksum="md5 eA==").status_code == 400
        )
        assert offset(dock, where) == 700
        assert add(dock, where, 700, sent.stored[700:]).status_code == 204
        answer = dock.post(f"{where}/commit", content=sent.closing)
        assert answer.status_code == 200, answer.text


def test_termination_is_for_uploads_that_were_not_committed(world: World) -> None:
    sent = world.sent[4]
    with world.dock() as dock:
        where = place(dock, sent)
        assert dock.delete(where, headers=VERSION).status_code == 204
        assert dock.head(where, headers=VERSION).status_code == 404
        where = place(dock, sent)
        override = {**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
        done = dock.post(where, content=sent.stored, headers=override)
        assert done.headers["upload-offset"] == str(len(sent.stored))
        first = dock.post(f"{where}/commit", content=sent.closing)
        assert first.status_code == 200
        Receipt.decode(parse("receipt", first.content).payload)
        assert dock.delete(where, headers=VERSION).status_code == 409
        assert (
            dock.post(f"{where}/commit", content=sent.closing).content == first.content
        )
        assert place(dock, sent) == where
        assert offset(dock, where) == len(sent.stored)


def test_a_commit_before_the_last_byte_is_refused(world: World) -> None:
    sent = world.sent[5]
    with world.dock() as dock:
        where = place(dock, sent)
        add(dock, where, 0, sent.stored[:-1])
        answer = dock.post(f"{where}/commit", content=sent.closing)
    assert answer.status_code == 409
    assert answer.json()["code"] == "incomplete"


def test_a_changed_recording_gets_no_receipt(world: World) -> None:
    sent = world.sent[6]
    wrong = sent.stored[:-9] + b"!" + sent.stored[-8:]
    with world.dock() as dock:
        where = place(dock, sent)
        add(dock, where, 0, wrong)
        answer = dock.post(f"{where}/commit", content=sent.closing)
    assert answer.status_code == 409
    assert answer.json()["code"] == "bytes-differ"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_tuspy_uploads_and_resumes(world: World) -> None:
    sent = world.sent[7]
    with world.dock() as dock:
        base = str(dock.base_url.join("/device/uploads"))
        headers = {"Authorization": dock.headers["authorization"]}
        client = TusClient(base, headers=headers)
        about = {"recording": recording_name(sent.recording), "serial": sent.serial}
        half = len(sent.stored) // 2
        first = client.uploader(
            file_stream=io.BytesIO(sent.stored),
            chunk_size=half,
            metadata=about,
            verify_tls_cert=False,
            upload_checksum=False,
        )
        first.upload_chunk()  # type: ignore[no-untyped-call]
        second = client.uploader(
            file_stream=io.BytesIO(sent.stored),
            url=first.url,
            chunk_size=4096,
            verify_tls_cert=False,
        )
        assert second.offset == half
        second.upload()
        answer = dock.post(
            f"{httpx.URL(str(first.url)).path}/commit", content=sent.closing
        )
        assert answer.status_code == 200, answer.text


SCRIPT = """
const tus = require("tus-js-client");
const fs = require("fs");
const [file, endpoint, token, meta, stopAt] = process.argv.slice(2);
const metadata = JSON.parse(meta);
const options = {
  endpoint, metadata, chunkSize: 20000, retryDelays: [0, 100],
  headers: { Authorization: token },
  urlStorage: new tus.FileUrlStorage(file + ".urls"),
  onError: (error) => { console.error(String(error)); process.exit(1); },
  onSuccess: () => { console.log(upload.url); },
  onChunkComplete: (size, done) => {
    if (!Number(stopAt) || done < Number(stopAt)) return;
    upload.abort();
    console.log("stopped " + done);
  },
};
const upload = new tus.Upload(fs.createReadStream(file), options);
upload.findPreviousUploads().then((found) => {
  if (found.length) {
    upload.resumeFromPreviousUpload(found[0]);
    console.log("resumed");
  }
  upload.start();
});
"""


@pytest.mark.npm
def test_tus_js_client_uploads_and_resumes(
    world: World, tmp_path: Path, node: Path
) -> None:
    sent = world.sent[8]
    file, script = tmp_path / "recording", NODE / f"{tmp_path.name}.cjs"
    file.write_bytes(sent.stored)
    script.write_text(SCRIPT)
    about = {"recording": recording_name(sent.recording), "serial": sent.serial}
    try:
        with world.dock() as dock:
            words = [str(node), str(script), str(file)]
            words += [
                str(dock.base_url.join("/device/uploads")),
                dock.headers["authorization"],
            ]
            words.append(json.dumps(about))
            env = {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1"}
            outs = [
                subprocess.run(  # noqa: S603
                    [*words, stop], check=True, capture_output=True, text=True, env=env
                ).stdout
                for stop in ("20000", "0")
            ]
            assert "stopped 20000" in outs[0]
            assert "resumed" in outs[1]
            where = httpx.URL(outs[1].split()[-1]).path
            answer = dock.post(f"{where}/commit", content=sent.closing)
            assert answer.status_code == 200, answer.text
    finally:
        script.unlink()
