"""The pages without script: what they show, what they refuse, what they log."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from typing_extensions import override

from lapel.base.ids import recording_name
from lapel.proof import package
from lapel.proof.recording import judge
from lapel.proof.trust import Trust
from lapel.sim.agency import Sent
from lapel.sim.film import shoot
from tests.evidence.test_tus import add, place
from tests.evidence.world import PASSWORD, World, inhabited

pytestmark = pytest.mark.process


@dataclass(frozen=True)
class Desk:
    """A world whose recordings came in, and a clerk's browser."""

    world: World
    browser: httpx.Client

    @property
    def sent(self) -> Sent:
        return self.world.sent[0]

    @property
    def page(self) -> str:
        return f"/recordings/{recording_name(self.sent.recording)}"

    def field(self, path: str, name: str) -> str:
        found = re.search(f'name="{name}" value="([^"]*)"', self.browser.get(path).text)
        assert found is not None
        return found[1]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk") / "evidence"
    with inhabited(folder, shoot(4), 3) as world:
        with world.dock() as dock:
            for sent in world.sent[:2]:
                where = place(dock, sent)
                add(dock, where, 0, sent.stored)
                dock.post(f"{where}/commit", content=sent.closing).raise_for_status()
            wrong = world.sent[2]
            where = place(dock, wrong)
            add(dock, where, 0, wrong.stored[:-4] + b"flip")
            dock.post(f"{where}/commit", content=wrong.closing)
        with world.server.client() as browser:
            link = world.server.run("enrol", "admin").strip()
            answer = browser.post(link, data={"password": PASSWORD, "again": PASSWORD})
            assert answer.url.path == "/recordings"
            yield Desk(world, browser)


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(desk: Desk) -> None:
    with desk.world.server.client() as stranger:
        answer = stranger.get(desk.page)
        assert answer.url.path == "/sign-in"
        typed = {"name": "admin", "password": PASSWORD, "next": desk.page}
        assert stranger.post("/sign-in", data=typed).url.path == desk.page


def test_next_never_leads_to_another_site(desk: Desk) -> None:
    for place_ in ("//evil.example", "https://evil.example", "/\\evil.example"):
        with desk.world.server.client() as stranger:
            typed = {"name": "admin", "password": PASSWORD, "next": place_}
            answer = stranger.post("/sign-in", data=typed)
            assert answer.url.host == "localhost"


def test_a_wrong_password_says_what_follows(desk: Desk) -> None:
    with desk.world.server.client() as stranger:
        typed = {"name": "nobody", "password": "wrong wrong wrong"}
        answer = stranger.post("/sign-in", data=typed)
    assert answer.status_code == 401
    assert "5 more tries" in answer.text


def test_signing_out_ends_the_session_on_the_server(desk: Desk) -> None:
    with desk.world.server.client() as other:
        other.post(desk.world.server.run("enrol", "admin").strip())
        cookies = dict(other.cookies)
        csrf = Desk(desk.world, other).field("/recordings", "csrf")
        assert other.post("/sign-out", data={"csrf": csrf}).url.path == "/sign-in"
        other.cookies.update(cookies)
        assert other.get("/recordings").url.path == "/sign-in"


def test_every_answer_carries_the_headers(desk: Desk) -> None:
    for path in ("/recordings", "/sign-in", "/static/components.css", "/nothing"):
        headers = desk.browser.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


class Attributes(HTMLParser):
    """Names of all attributes; what somebody typed into one is no name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.update(name for name, _value in attrs)


def test_no_page_needs_a_style_or_script_inside(desk: Desk) -> None:
    for path in ("/recordings", desk.page, "/custody", "/held", "/devices", "/state"):
        text = desk.browser.get(path).text
        assert " style=" not in text
        assert not re.search(r"<script(?![^>]*src=)", text)
        reader = Attributes()
        reader.feed(text)
        assert "class" in reader.names
        assert not [name for name in reader.names if name.startswith("on")]


def test_another_name_for_this_server_is_refused(desk: Desk) -> None:
    answer = desk.browser.get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_a_form_of_another_site_changes_nothing(desk: Desk) -> None:
    data = {"title": "Theirs", "version": "1"}
    assert desk.browser.post(desk.page, data=data).status_code == 403
    data["csrf"] = desk.field(desk.page, "csrf")
    other = {"Origin": "https://evil.example"}
    assert desk.browser.post("/sign-out", data=data, headers=other).status_code == 403
    assert "Theirs" not in desk.browser.get(desk.page).text


def test_titles_are_found_and_conflicts_are_shown(desk: Desk) -> None:
    csrf = desk.field(desk.page, "csrf")
    version = desk.field(desk.page, "version")
    data = {"csrf": csrf, "version": version, "title": "Quay Street", "category": ""}
    assert desk.browser.post(desk.page, data=data).status_code == 200
    assert "Quay Street" in desk.browser.get("/recordings?q=quay+str").text
    assert "Nothing matches" in desk.browser.get("/recordings?q=harbour").text
    late = desk.browser.post(desk.page, data={**data, "title": "Harbour"})
    assert late.status_code == 409
    assert "Yours was not saved" in late.text
    theirs = re.search('name="version" value="([^"]*)"', late.text)
    assert theirs is not None
    mine = {**data, "title": "Harbour", "version": theirs[1]}
    assert desk.browser.post(desk.page, data=mine).status_code == 200
    assert "Harbour" in desk.browser.get(desk.page).text


def test_ticked_recordings_are_filed(desk: Desk) -> None:
    listed = desk.browser.get("/recordings").text
    name = recording_name(desk.world.sent[1].recording)
    category = re.search(r'<option value="([0-9a-f]+)">Theft</option>', listed)
    assert category is not None
    data = {"csrf": desk.field("/recordings", "csrf"), "pick": name}
    desk.browser.post("/recordings/file", data={**data, "category": category[1]})
    filed = desk.browser.get(f"/recordings?category={category[1]}").text
    assert name in filed
    assert name not in desk.browser.get("/recordings?tab=needs").text
    custody = desk.browser.get(f"/recordings/{name}/custody").text
    assert "Category set: Theft" in custody


def test_the_download_is_what_the_camera_signed(desk: Desk) -> None:
    answer = desk.browser.get(f"{desk.page}/download")
    assert answer.content == desk.sent.made.clear
    custody = desk.browser.get(f"{desk.page}/custody").text
    assert "Recording downloaded" in custody


def test_the_package_verifies_without_the_server(desk: Desk, tmp_path: Path) -> None:
    data = desk.browser.get(f"{desk.page}/package").content
    trust_file = tmp_path / "agency.pem"
    desk.world.server.run("trust", "--out", trust_file)
    opened = package.open_package(io.BytesIO(data))
    assert {package.RECEIPT, package.CLOSING, package.CUSTODY} <= set(opened.small)
    trust = Trust.parse([trust_file.read_bytes()])
    report = judge(opened.media(memoryview(data)), trust, 1_795_000_000_000 + 10**10)
    assert report.integrity.value == "authentic"
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


@pytest.mark.parametrize(
    ("header", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=100-299", 206, 100, 300),
        ("bytes=-5", 206, -5, None),
        ("bytes=7-", 206, 7, None),
        ("bytes=0-1,5-6", 200, 0, None),
        ("bytes=5-3", 200, 0, None),
        ("bytes=", 200, 0, None),
        ("lines=0-1", 200, 0, None),
    ],
)
def test_video_is_served_by_ranges(
    desk: Desk, header: str, status: int, start: int, end: int | None
) -> None:
    answer = desk.browser.get(f"{desk.page}/video", headers={"Range": header})
    assert answer.status_code == status
    assert answer.content == desk.sent.made.clear[start:end]


def test_a_download_goes_on_only_in_the_same_file(desk: Desk) -> None:
    asked = {"Range": "bytes=4-9"}
    tag = desk.browser.get(f"{desk.page}/download", headers=asked).headers["etag"]
    for given, status in ((tag, 206), ('"other"', 200)):
        headers = {**asked, "If-Range": given}
        answer = desk.browser.get(f"{desk.page}/download", headers=headers)
        assert answer.status_code == status


def test_what_people_type_is_text_and_never_page(desk: Desk) -> None:
    bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    csrf, version = (desk.field(desk.page, name) for name in ("csrf", "version"))
    data = {"csrf": csrf, "version": version, "title": bad, "category": ""}
    assert desk.browser.post(desk.page, data=data).status_code == 200
    device = f"/devices/{desk.sent.serial}"
    given = {"csrf": csrf, "act": "assign", "name": "admin", "why": bad}
    assert desk.browser.post(device, data=given).status_code == 200
    assert desk.browser.post(device, data={**given, "name": bad}).status_code == 409
    custody = f"{desk.page}/custody"
    paths = (desk.page, custody, "/custody", "/devices", device, "/recordings")
    for path in (*paths, "/recordings?" + urlencode({"q": bad, "by": bad})):
        text = desk.browser.get(path).text
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
    clean = {"csrf": csrf, "version": desk.field(desk.page, "version"), "title": ""}
    desk.browser.post(desk.page, data=clean)


def test_no_header_is_written_by_who_asks(desk: Desk) -> None:
    with desk.world.server.client() as stranger:
        stranger.follow_redirects = False
        typed = {"name": "admin", "password": PASSWORD, "next": "/a\r\nX-Bad: 1"}
        answer = stranger.post("/sign-in", data=typed)
    assert answer.status_code == 303
    assert "x-bad" not in answer.headers
    csrf = desk.field("/recordings", "csrf")
    data = {"csrf": csrf, "back": "q=1\r\nX-Bad: 1"}
    answer = desk.browser.post("/recordings/file", data=data, follow_redirects=False)
    assert answer.status_code == 303
    assert "x-bad" not in answer.headers


def test_a_range_behind_the_end_is_no_range(desk: Desk) -> None:
    answer = desk.browser.get(
        f"{desk.page}/video", headers={"Range": "bytes=99999999-"}
    )
    assert answer.status_code == 416


def test_the_index_names_every_part(desk: Desk) -> None:
    index = desk.browser.get(f"{desk.page}/index.json").json()
    assert index["size"] == len(desk.sent.made.clear)
    sizes = [part[1] for part in index["parts"]]
    assert sizes == [len(part) for part in desk.sent.made.parts]


def test_held_files_are_decided_by_a_person(desk: Desk) -> None:
    page = desk.browser.get("/held").text
    found = re.search(r'action="(/held/[0-9a-f]+)"', page)
    assert found is not None
    csrf = desk.field("/held", "csrf")
    data = {"csrf": csrf, "decision": "release"}
    refused = desk.browser.post(found[1], data=data)
    assert refused.status_code == 409
    assert "still does not hold" in refused.text
    data = {"csrf": csrf, "decision": "reject", "sure": "yes"}
    assert "Nothing is held aside" in desk.browser.post(found[1], data=data).text


def test_an_officer_sees_what_officers_may(desk: Desk) -> None:
    server = desk.world.server
    link = server.run("enrol", "jo", "--role", "officer", "--shown", "Jo").strip()
    with server.client() as officer:
        officer.post(link, data={"password": PASSWORD, "again": PASSWORD})
        assert "You see what you recorded" in officer.get("/recordings").text
        for path in (
            desk.page,
            desk.page + "/video",
            "/custody",
            "/held",
            "/devices",
            "/state",
        ):
            missing = officer.get(path)
            assert missing.status_code == 404
            assert (
                missing.text.split("Reference")[0]
                == (officer.get("/nothing").text.split("Reference")[0])
            )
        for path in ("/download", "/package", "/receipt"):
            assert officer.get(desk.page + path).status_code == 404
        for kind in ("json", "csv", "pdf"):
            assert officer.get(f"/custody/export.{kind}").status_code == 404


HOSTILE = (
    "/recordings/../../etc/passwd",
    "/recordings/%2e%2e/video",
    "/recordings/00000000-0000-0000-0000-000000000000",
    "/recordings/A0000000-0000-0000-0000-000000000000",
    "/recordings/x/video",
    "/recordings?before=9.9.9&from=2026-13-99&q=%22%27%00*",
    "/recordings?q=" + "a" * 5000,
    "/recordings?q=NEAR(%22a%22)%20OR%20*",
    "/recordings?before=99999999999999999999.1",
    "/custody?before=-1",
    "/custody?before=%C2%B2",
    "/recordings?before=%C2%B2.%C2%B2",
    "/recordings?from=9999-12-31&to=9999-12-31",
    "/recordings?from=0001-01-01&to=0001-01-01&utc=1",
    "/custody?before=999999999999999999999999",
    "/static/../app.py",
    "/static/%2e%2e/app.py",
    "/log/other/checkpoint",
    "/log/x/tile/0/..%2f..",
    "/enrol/" + "A" * 300,
    "/sign-in?next=%00",
)


@pytest.mark.parametrize("path", HOSTILE)
def test_no_address_makes_the_server_fail(desk: Desk, path: str) -> None:
    answer = desk.browser.get(path)
    assert answer.status_code < 500
    assert "Traceback" not in answer.text


def test_openapi_is_served_and_nothing_else_of_it(desk: Desk) -> None:
    paths = desk.browser.get("/openapi.json").json()["paths"]
    assert {"/device/uploads/{name}/commit", "/recordings/{name}/video"} <= set(paths)
    with desk.world.dock() as dock:
        for path in ("/schema", "/schema/openapi.json", "/schema/swagger"):
            assert desk.browser.get(path).status_code == 404
            assert dock.get(path).status_code == 404


DEVICE = (
    ("GET", "/device/cameras/../../x", b""),
    ("GET", "/device/cameras/lower", b""),
    ("POST", "/device/cameras/X81004417/voucher", b"{}"),
    ("POST", "/device/cameras/X81004417/voucher", b'{"nonce": "zz"}'),
    ("POST", "/device/cameras/X81004417/identity", b"\xff" * 40),
    ("POST", "/device/cameras/X81004417/time", b"short"),
    ("POST", "/device/cameras/X81004417/journal", b""),
    ("POST", "/device/cameras/X81004417/journal", b"\xd2\x84" + b"\0" * 400),
    ("POST", "/device/cameras/X00000000/journal", b"\xd2\x84"),
    ("PUT", "/device/cameras/X81004417/envelopes/" + "0" * 36, b"\xa2"),
    ("PUT", "/device/cameras/X81004417/envelopes/" + "é" * 9, b"\xa2"),
    ("GET", "/device/cameras/X00000000/settings", b""),
    ("POST", "/device/cameras/X81004417/release", b'{"nonce": "00"}'),
    ("POST", "/device/cameras/X81004417/release", b"{}"),
    ("POST", "/device/adopt", b'{"code": "x", "kind": "dock", "request": "AAAA"}'),
    ("POST", "/device/adopt", b'{"code": 5}'),
    ("POST", "/device/adopt", b"[" * 3000),
    ("POST", "/device/token", b'{"assertion": "a.b.c"}'),
    ("POST", "/device/token", b'{"assertion": ""}'),
    ("POST", "/device/checkpoints", b"\xff\xfe"),
    ("POST", "/device/checkpoints", b"evidence/x\n1\nAAAA\n\n\xe2\x80\x94 x AAAA\n"),
    ("PATCH", "/device/uploads/..%2f..%2fx", b""),
    ("POST", "/device/uploads/" + "0" * 32 + "/commit", b"\xd2\x84"),
    ("GET", "/log/x/tile/99/000", b""),
)


@pytest.mark.parametrize(("method", "path", "body"), DEVICE)
def test_the_device_door_answers_nonsense_in_kind(
    desk: Desk, method: str, path: str, body: bytes
) -> None:
    headers = {"Tus-Resumable": "1.0.0", "Content-Type": "application/json"}
    with desk.world.dock() as dock:
        answer = dock.request(method, path, content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == {"code", "detail", "reference"}
