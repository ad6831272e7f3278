"""One HTTP request to an address, bounded: for what needs no more than that."""

import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from lapel.base.errors import MalformedError, UnreachableError

_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Answered:
    """Status and body of an answer."""

    status: int
    body: bytes


class Line:
    """A connection to one address, kept open between requests.

    Not for several threads at once. Raises MalformedError for what is no address.
    """

    def __init__(self, address: str) -> None:
        """Remember the address; nothing is asked yet."""
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise MalformedError(f"{address} is no address of the web")
        self.address = address.rstrip("/")
        self._base = parts.path.rstrip("/")
        self._line: http.client.HTTPConnection = (
            http.client.HTTPSConnection(
                parts.netloc, timeout=_PATIENCE_S, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_S)
        )

    def ask(
        self, method: str, path: str, most: int, body: bytes | None = None
    ) -> Answered:
        """Ask below the address; raises UnreachableError, or MalformedError."""
        try:
            self._line.request(method, f"{self._base}/{path}", body)
            answer = self._line.getresponse()
            raw = answer.read(most + 1)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            words = (
                f"{self.address} does not answer: {str(error) or type(error).__name__}"
            )
            raise UnreachableError(words) from error
        if len(raw) > most:
            self.close()
            raise MalformedError(f"{self.address}/{path}: an answer that is too long")
        return Answered(answer.status, raw)

    def close(self) -> None:
        """Hang up; the next request calls again."""
        self._line.close()
