"""How a machine that has no papers yet speaks to Evidence: by a one-time code."""

import ssl
from collections.abc import Mapping

import httpx

from lapel.base.errors import (
    LapelError,
    MalformedError,
    RefusedError,
    SignatureError,
    UnreachableError,
)
from lapel.crypto.certs import Certificate
from lapel.ports.pinned import to_server, unpinned
from lapel.wire.machine_code import MachineCode


class ServerRefusedError(RefusedError):
    """Evidence understood and said no; `reason` is its code."""

    code = "server-refused"


def authority_of(code: MachineCode) -> Certificate:
    """Fetch the server's CA; raises `SignatureError` unless it is the code's."""
    answer = _call(code.url, unpinned(), httpx.Request("GET", f"{code.url}/device/ca"))
    authority = Certificate.from_der(answer.content)
    if authority.fingerprint != code.authority:
        raise SignatureError(
            "this server's certificate authority is not the one in the code. Somebody "
            "may stand between: get a fresh code and check the address."
        )
    return authority


def hand_in(
    code: MachineCode, authority: Certificate, path: str, body: Mapping[str, object]
) -> Mapping[str, object]:
    """Hand the secret and `body` over, under the server's CA; gives the answer."""
    request = httpx.Request(
        "POST",
        f"{code.url}{path}",
        json=body,
        headers={"Authorization": f"Bearer {code.secret}"},
    )
    answer = _call(code.url, to_server(authority), request)
    try:
        return dict(answer.json())
    except (ValueError, TypeError) as error:
        raise MalformedError(f"{code.url} gave no answer of Evidence") from error


def _call(url: str, tls: ssl.SSLContext, request: httpx.Request) -> httpx.Response:
    try:
        with httpx.Client(verify=tls) as client:
            answer = client.send(request)
    except httpx.TransportError as error:
        raise UnreachableError(f"{url} does not answer") from error
    if not answer.is_success:
        raise refusal(answer)
    return answer


def refusal(answer: httpx.Response, advice: Mapping[str, str] = {}) -> LapelError:
    """Turn an answer that is no success into an error that says what to do."""
    try:
        read = answer.json()
        code, detail = str(read["code"]), str(read.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        code, detail = f"http-{answer.status_code}", answer.reason_phrase
    if answer.status_code == 401:
        code = "unauthorized"
    if answer.status_code >= 500:
        return UnreachableError(f"Evidence has a fault ({code}): {detail}")
    words = f"Evidence refused ({code}): {detail}"
    return ServerRefusedError(code, f"{words}{advice.get(code, '')}")
