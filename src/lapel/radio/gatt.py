"""The camera's GATT service, as bumble names it."""

from typing import Final

from bumble.core import UUID

from lapel.wire.link import NOTIFY, SERVICE, WRITE

SERVICE_UUID: Final = UUID(str(SERVICE))
WRITE_UUID: Final = UUID(str(WRITE))
NOTIFY_UUID: Final = UUID(str(NOTIFY))
