"""Use cases of apps: one-time codes, grants, and taking an app out of use."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping

from lapel.base.clock import Clock, Entropy
from lapel.base.errors import NotFoundError, RefusedError
from lapel.crypto import cose
from lapel.crypto.digest import sha256
from lapel.crypto.keys import PrivateKey
from lapel.evidence.apps import rules, table
from lapel.evidence.apps.model import App, Granted, Wanted
from lapel.evidence.custody import service as custody
from lapel.evidence.custody.model import Act, Action, Target, Who
from lapel.evidence.custody.service import Stamp
from lapel.evidence.store.database import Database
from lapel.evidence.tenants.rules import secret as secret_of
from lapel.wire.custody import ObjectKind
from lapel.wire.grant import Grant, GrantRole


@dataclass(frozen=True, slots=True)
class Apps:
    """The apps of one tenant; `grant_key` signs what they show to cameras."""

    database: Database
    clock: Clock
    entropy: Entropy
    tenant: str
    grant_key: PrivateKey

    def make_code(self, who: Who, person: str) -> str:
        """Make a one-time code for an app of this person; it lasts 15 minutes."""
        secret = secret_of(self.tenant, self.entropy(24))
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            values: dict[str, object] = {
                "digest": sha256(secret.encode()),
                "tenant": self.tenant,
                "person": person,
                "now": now,
                "expires": now + rules.CODE_MS,
            }
            table.add_code(connection, values)
            target = Target(ObjectKind.OTHER, "view")
            self._log(connection, Action.CODE_MADE, target, who)
        return secret

    def grant(self, asked: Wanted, who: Who, person: str) -> Granted:
        """Give a person's app a grant."""
        with self.database.write() as connection:
            return self._grant(connection, asked, who, person)

    def grant_by_code(
        self, asked: Wanted, code: str, who: Callable[[str], Who]
    ) -> Granted:
        """Use a one-time code up, and give its person's app a grant.

        `who` gives a person by id as they are called today; it raises where the account
        was closed since. What is refused does not use the code up.
        """
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            digest = sha256(code.encode())
            person = table.use_code(connection, self.tenant, digest, now)
            if person is None:
                raise RefusedError(
                    "code", "this code was used, is too old, or is for another kind"
                )
            return self._grant(connection, asked, who(person), person)

    def everything(self) -> list[App]:
        """Every app, those in use first."""
        with self.database.read() as connection:
            return [_app(row) for row in table.everything(connection, self.tenant)]

    def revoke(self, instance: str, who: Who) -> None:
        """Give this app no grant any more; the one it has counts until it expires."""
        now = self.clock.utc_ms()
        with self.database.write() as connection:
            if not table.revoke(connection, self.tenant, instance, now):
                raise NotFoundError("there is no such app in use")
            target = Target(ObjectKind.DEVICE, instance)
            self._log(connection, Action.APP_REVOKED, target, who)

    def _grant(
        self, connection: Connection, asked: Wanted, who: Who, person: str
    ) -> Granted:
        now = self.clock.utc_ms()
        row = table.one(connection, self.tenant, asked.instance)
        app = rules.renewed(_app(row) if row else None, asked, person, now)
        if table.key_is_taken(connection, self.tenant, asked.point, asked.instance):
            raise RefusedError("key", "this key is another app's; make a new one")
        values: dict[str, object] = {
            **dataclasses.asdict(app),
            "tenant": self.tenant,
            "role": int(app.role),
            "now": now,
        }
        if table.live(connection, values) >= rules.APPS_MOST:
            raise RefusedError("apps", "too many apps; take an old one out of use")
        table.put(connection, values)
        target = Target(ObjectKind.DEVICE, asked.instance)
        self._log(connection, Action.APP_GRANTED, target, who)
        given = Grant(
            link=asked.point,
            role=asked.role,
            holder=asked.instance,
            user=person,
            not_after_ms=app.not_after_ms,
            tenant=self.tenant,
        )
        signed = cose.sign("grant", given.encode(), self.grant_key)
        return Granted(signed, app.not_after_ms, person)

    def _log(
        self, connection: Connection, action: Action, target: Target, who: Who
    ) -> None:
        stamp = Stamp(self.tenant, self.clock.utc_ms(), self.entropy)
        names = {1: who.shown, 2: who.role} if who.shown else {}
        act = Act(who.actor, action, target, texts=names, client=who.address or None)
        custody.append(connection, stamp, act)


def _app(row: RowMapping) -> App:
    return App(
        instance=str(row["instance"]),
        person=str(row["person"]),
        point=bytes(row["point"]),
        role=GrantRole(row["role"]),
        first_ms=int(row["first_ms"]),
        given_ms=int(row["given_ms"]),
        not_after_ms=int(row["not_after_ms"]),
        hour_ms=int(row["hour_ms"]),
        hour_given=int(row["hour_given"]),
        revoked_ms=row["revoked_ms"],
    )
