"""Signed time: the server's answer to a camera's nonce (formats 7)."""

from lapel.wire.document import Document, document, id16, keyed, uint


@document
class SignedTime(Document):
    """The camera's nonce and UTC in milliseconds."""

    nonce: bytes = keyed(1, id16)
    utc_ms: int = keyed(2, uint())
