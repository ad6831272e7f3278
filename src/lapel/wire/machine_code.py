"""The one-time code with which a machine joins an agency, as Evidence prints it."""

import base64
import json
import re
from dataclasses import dataclass
from typing import Self

from lapel.base.errors import MalformedError

_KIND = re.compile(r"[a-z]{1,16}")


@dataclass(frozen=True, slots=True)
class MachineCode:
    """For what it is, where Evidence is, the SHA-256 of its CA, and the secret."""

    kind: str
    url: str
    authority: bytes
    secret: str

    def encode(self) -> str:
        """Print it: one word that can be copied, `lapel-KIND:` and base64url."""
        told = {"url": self.url, "ca": self.authority.hex(), "secret": self.secret}
        packed = base64.urlsafe_b64encode(json.dumps(told).encode()).decode()
        return f"lapel-{self.kind}:{packed.rstrip('=')}"

    @classmethod
    def decode(cls, text: str, kind: str) -> Self:
        """Read a code for this kind of machine; raises `MalformedError`."""
        start, _, body = text.strip().partition(":")
        named = start.removeprefix("lapel-")
        if start == named or not _KIND.fullmatch(named):
            raise MalformedError("this is not a machine code of Evidence")
        if named != kind:
            raise MalformedError(f"this code is for a {named}, not for a {kind}")
        try:
            read = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            url, secret = str(read["url"]), str(read["secret"])
            authority = bytes.fromhex(read["ca"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MalformedError("this is not a machine code of Evidence") from error
        if len(authority) != 32:
            raise MalformedError("this is not a machine code of Evidence")
        return cls(kind, url, authority, secret)
