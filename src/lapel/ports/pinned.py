"""TLS 1.3 between machines of one agency: one pinned CA, and roles."""

import ssl

from typing_extensions import override

from lapel.crypto.certs import Certificate, Role


class _ServerSocket(ssl.SSLSocket):
    """A connection that ends when the peer's certificate is not that of a server."""

    @override
    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        peer = self.getpeercert(binary_form=True)
        if peer is None or Certificate.from_der(peer).role is not Role.SERVER:
            raise ssl.SSLCertVerificationError(
                "the peer's role is not that of a server"
            )


def to_server(authority: Certificate) -> ssl.SSLContext:
    """TLS 1.3 towards a certificate of this CA that has the server's role."""
    context = pinned(authority)
    context.sslsocket_class = _ServerSocket
    return context


def pinned(authority: Certificate) -> ssl.SSLContext:
    """TLS 1.3 that accepts one CA; whose certificate it is shows by role and serial."""
    context = unpinned()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=authority.to_pem().decode())
    return context


def unpinned() -> ssl.SSLContext:
    """TLS 1.3 with any peer: before a CA is known, for what needs no trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
