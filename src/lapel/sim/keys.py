"""A key store with a monotonic counter, as a TPM or secure element has one."""

from typing_extensions import override

from lapel.camera.keyfile import KeyFile


class CountedKeys(KeyFile):
    """Implements `lapel.ports.keystore.KeyStore`; the counter never goes back."""

    counter = 0

    @override
    def count(self) -> int | None:
        """Raise it by one."""
        self.counter += 1
        return self.counter
