"""One running Evidence server: its agencies, and which of them a request is for."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import LapelError
from lapel.evidence.site import Site, build
from lapel.evidence.start import open_store
from lapel.evidence.store.folder import Folder
from lapel.evidence.tenants import rules

_log: Final = structlog.get_logger("lapel.evidence")


class Server:
    """The agencies of one server, a `Site` each; the signer must be listening.

    What is asked reads memory only. `look` opens the agencies that came since.
    """

    def __init__(
        self, home: Folder, clock: Clock, entropy: Entropy, threads: int = 16
    ) -> None:
        """Open every agency that there is; raises LapelError for the first only."""
        self.home, self.clock, self.entropy = home, clock, entropy
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="ingest")
        self._lock = threading.Lock()
        self._failed: dict[Folder, str] = {}
        self._seen: set[Folder] = {home}
        self._sites: dict[str, Site] = {}
        self.put(self._open(home))
        self.look()

    @property
    def sites(self) -> tuple[Site, ...]:
        """Every agency, the first first."""
        return tuple(self._sites.values())

    @property
    def only(self) -> Site | None:
        """The agency, where it is the only one."""
        sites = self.sites
        return sites[0] if len(sites) == 1 else None

    def site(self, tenant: str) -> Site | None:
        """Give an agency by id."""
        return self._sites.get(tenant)

    def named(self, name: str) -> Site | None:
        """Give an agency by its name as somebody typed it."""
        fit = (one for one in self.sites if rules.same(one.tenant.name, name))
        return next(fit, None)

    def of_secret(self, secret: str) -> Site | None:
        """Give the agency that a secret says it is of; it may still open nothing there.

        A secret that names none is of a server that had one agency when it was made.
        """
        tenant = rules.tenant_of(secret)
        return self.site(tenant) if tenant else self.only

    def look(self) -> None:
        """Open the agencies that came since; one that fails stops no other."""
        with self._lock:
            for folder in self.home.others():
                if folder in self._seen:
                    continue
                try:
                    site = self._open(folder)
                except (LapelError, OSError) as error:
                    self._say_once(folder, str(error))
                    continue
                self._seen.add(folder)
                self.put(site)

    def put(self, site: Site) -> None:
        """Serve an agency by these services from now on."""
        self._sites = {**self._sites, site.tenant.id: site}

    def close(self) -> None:
        """Let everything go."""
        for site in self.sites:
            site.close()
        self.threads.shutdown(wait=True)

    def _open(self, folder: Folder) -> Site:
        ground, tenant = open_store(folder, self.clock, self.entropy)
        try:
            return build(ground, tenant, self.threads)
        except BaseException:
            ground.database.close()
            raise

    def _say_once(self, folder: Folder, words: str) -> None:
        if self._failed.get(folder) != words:
            self._failed[folder] = words
            _log.error("agency.closed", folder=folder.root.name, error=words)
