"""Programs with a secret of their own."""

from dataclasses import dataclass

from lapel.base.permissions import Permission


@dataclass(frozen=True, slots=True)
class Client:
    """A program: what it may do, where it may come from, when that ends."""

    id: str
    name: str
    permissions: frozenset[Permission]
    networks: tuple[str, ...]
    made_ms: int
    made_by: str
    until_ms: int
    used_ms: int | None
    ended_ms: int | None

    def serves(self, now_ms: int) -> bool:
        """Tell whether its secret still opens anything."""
        return self.ended_ms is None and now_ms < self.until_ms


@dataclass(frozen=True, slots=True)
class NewClient:
    """What somebody chose for a program; `networks` as they typed it."""

    name: str
    permissions: frozenset[Permission]
    networks: str
    days: int
