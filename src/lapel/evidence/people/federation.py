"""Use cases of signing in at a provider that the agency has (OpenID Connect).

No account comes from a provider: a person who is signed in binds theirs to whom the
provider says they are. Names and addresses of e-mail bind nothing.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from lapel.base.errors import ConflictError, NotFoundError, RefusedError, SignatureError
from lapel.crypto.digest import same, sha256
from lapel.crypto.seal import open_small, seal_small
from lapel.evidence.custody.model import SYSTEM, Action, Who
from lapel.evidence.people import federation_table as table
from lapel.evidence.people import oidc, reading
from lapel.evidence.people.model import Author, Person, Session
from lapel.evidence.people.office import Office, of, on
from lapel.evidence.people.provider import Asker, Client
from lapel.evidence.people.rules import line
from lapel.evidence.store.database import Quiet

ATTEMPT_MS: Final = 600_000
ATTEMPTS_MOST: Final = 1000
"""Attempts under way at one agency; beginning one needs no account."""
NAME_MOST: Final = 40
CLIENT_MOST: Final = 200
_SEALED_AS: Final = b"provider"


class Use(StrEnum):
    """What an attempt is for."""

    SIGN_IN = "sign-in"
    BIND = "bind"
    PROVE = "prove"


@dataclass(frozen=True, slots=True)
class Given:
    """A provider: its address, what it knows us as, what people call it."""

    issuer: str
    client: str
    name: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody begins: for what, in which browser, to come back where."""

    use: Use
    browser: str
    redirect: str
    target: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a provider, and to which browser and address."""

    state: str
    code: str
    issuer: str | None
    browser: str
    redirect: str


@dataclass(frozen=True, slots=True)
class Done:
    """An attempt that held: for what, whose, and where to go on."""

    use: Use
    person: Person
    target: str
    name: str


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """An attempt as it was begun."""

    use: Use
    person: str
    target: str
    nonce: str
    verifier: str
    began_ms: int
    given: Given


@dataclass(frozen=True, slots=True)
class Federation(Office):
    """The provider of one tenant; `secrets` seals what it knows us by."""

    secrets: bytes = field(repr=False)
    asker: Asker

    def given(self) -> Given | None:
        """Give the provider, if there is one."""
        with self.database.read() as connection:
            return self._given(connection)

    def keep(self, new: Given, secret: str, author: Author) -> None:
        """Set the provider; an empty secret keeps the one that there is.

        It is asked who it is first. Raises RefusedError (`name`, `client`, `secret`,
        `issuer`, `provider`), UnreachableError.
        """
        name, issuer = line(new.name, NAME_MOST), oidc.checked_issuer(new.issuer)
        if name is None:
            raise RefusedError("name", "the name is missing, or too long")
        client = line(new.client, CLIENT_MOST)
        if client is None:
            raise RefusedError("client", "what the provider knows us as is missing")
        self.asker.provider(issuer)
        with self.database.write() as connection:
            before, row = self._given(connection), table.given(connection, self.tenant)
            same_one = before is not None and before.issuer == issuer
            if not secret and not same_one:
                raise RefusedError("secret", "the secret is missing")
            sealed = (
                seal_small(self.secrets, secret.encode(), _SEALED_AS, self.entropy)
                if secret
                else bytes(row["sealed"])
                if row
                else b""
            )
            values: dict[str, object] = {
                "tenant": self.tenant,
                "issuer": issuer,
                "client": client,
                "sealed": sealed,
                "name": name,
            }
            table.keep(connection, values)
            told = of("provider", name, f"{issuer} {client}", _said(before))
            self.log(connection, author.who(), Action.PROVIDER_SET, told)

    def remove(self, author: Author) -> None:
        """Let nobody in by the provider any more; what was bound is kept for later."""
        with self.database.write() as connection:
            before = self._given(connection)
            if before is None:
                return
            table.remove(connection, self.tenant)
            told = of("provider", before.name, "", _said(before))
            self.log(connection, author.who(), Action.PROVIDER_SET, told)

    def bound(self, person: Person) -> int | None:
        """Give since when somebody's account is bound; None when it is not."""
        with self.database.read() as connection:
            given = self._given(connection)
            if given is None:
                return None
            row = table.bound(connection, self._of(given, person=person.id))
        return None if row is None else int(row["bound_ms"])

    def begin(self, attempt: Attempt) -> str:
        """Begin an attempt; gives where the browser is sent.

        Raises NotFoundError without a provider, RefusedError `busy`, `provider`.
        """
        given = self.given()
        if given is None:
            raise NotFoundError("this agency has no provider of sign-ins")
        provider = self.asker.provider(given.issuer)
        nonce, verifier = self.entropy(24).hex(), self.entropy(32).hex()
        begun = oidc.Begun(self.secret(), nonce, verifier)
        now = self.clock.utc_ms()
        with self.database.write(Quiet.TOKENS) as connection:
            table.sweep(connection, now - ATTEMPT_MS)
            if table.count(connection, self.tenant) >= ATTEMPTS_MOST:
                raise RefusedError("busy", "too many sign-ins at once; try again soon")
            values: dict[str, object] = {
                "digest": sha256(begun.state.encode()),
                "tenant": self.tenant,
                "browser": sha256(attempt.browser.encode()),
                "nonce": begun.nonce,
                "verifier": begun.verifier,
                "purpose": str(attempt.use),
                "person": attempt.person,
                "target": attempt.target,
                "now": now,
            }
            table.begin(connection, values)
        anew = attempt.use is Use.PROVE
        return oidc.address(provider, given.client, attempt.redirect, begun, anew=anew)

    def finish(self, answer: Answer, session: Session | None, address: str) -> Done:
        """Give whose attempt held; each is good for one answer, whatever comes of it.

        Raises RefusedError `attempt` (too old, another browser's or session's, answered
        before), `provider`, `nobody` when no account is bound; SignatureError;
        ConflictError when the provider's user opens another account here.
        """
        under_way = self._take(answer, session)
        said = self._ask(under_way, answer)
        if under_way.use is Use.PROVE and not _proved_anew(under_way, said):
            raise SignatureError("the provider did not ask anew who it was")
        given = under_way.given
        if under_way.use is Use.BIND and session is not None:
            self._bind(given, said.subject, Author(session.person, address))
        person = self._person(given, said.subject, address)
        if under_way.use is Use.PROVE and person.id != under_way.person:
            raise RefusedError("nobody", "the provider says it is somebody else")
        return Done(under_way.use, person, under_way.target, given.name)

    def _take(self, answer: Answer, session: Session | None) -> "_UnderWay":
        """Use an attempt up, and give it if this browser and session began it."""
        now = self.clock.utc_ms()
        with self.database.write(Quiet.TOKENS) as connection:
            row = table.take(connection, self.tenant, sha256(answer.state.encode()))
            given = self._given(connection)
        browser = sha256(answer.browser.encode())
        fits = row is not None and same(bytes(row["browser"]), browser)
        if row is None or not fits or now - int(row["began_ms"]) >= ATTEMPT_MS:
            raise RefusedError("attempt", "this took too long, or began elsewhere")
        if given is None:
            raise RefusedError("attempt", "the provider was removed meanwhile")
        use, whose = Use(row["purpose"]), str(row["person"])
        if use is not Use.SIGN_IN and (session is None or session.person.id != whose):
            raise RefusedError("attempt", "this began in another session")
        return _UnderWay(
            use,
            whose,
            str(row["target"]),
            str(row["nonce"]),
            str(row["verifier"]),
            int(row["began_ms"]),
            given,
        )

    def _ask(self, under_way: "_UnderWay", answer: Answer) -> oidc.Said:
        """Redeem the code, and give whom the provider's token names."""
        given = under_way.given
        provider = self.asker.provider(given.issuer)
        told = answer.issuer
        if told != given.issuer and (told is not None or provider.names_itself):
            raise SignatureError("this answer is another provider's")
        with self.database.read() as connection:
            row = table.given(connection, self.tenant)
        sealed = b"" if row is None else bytes(row["sealed"])
        secret = open_small(self.secrets, sealed, _SEALED_AS).decode()
        token = self.asker.redeem(
            provider,
            Client(given.client, secret),
            answer.code,
            {"redirect_uri": answer.redirect, "code_verifier": under_way.verifier},
        )
        keys = self.asker.keys(provider, oidc.key_id(token))
        expected = oidc.Expected(
            given.issuer, given.client, under_way.nonce, self.clock.utc_ms()
        )
        return oidc.check(token, keys, expected)

    def unbind(self, person: Person, address: str) -> None:
        """Let the provider open somebody's account no more."""
        with self.database.write() as connection:
            given = self._given(connection)
            if given is None:
                return
            if table.unbind(connection, self._of(given, person=person.id)):
                who = Author(person, address).who()
                self.log(connection, who, Action.UNBOUND, on(person, given.name))

    def _bind(self, given: Given, subject: str, author: Author) -> None:
        person = author.person
        with self.database.write() as connection:
            known = table.whose(connection, self._of(given, subject=subject))
            if known == person.id:
                return
            if known is not None:
                raise ConflictError("the provider's user opens another account here")
            table.unbind(connection, self._of(given, person=person.id))
            values = self._of(
                given, subject=subject, person=person.id, now=self.clock.utc_ms()
            )
            table.bind(connection, values)
            self.log(connection, author.who(), Action.BOUND, on(person, given.name))

    def _person(self, given: Given, subject: str, address: str) -> Person:
        with self.database.read() as connection:
            found = table.whose(connection, self._of(given, subject=subject))
            person = None if found is None else reading.by_id(connection, found)
        if person is not None and person.tenant == self.tenant:
            return person
        with self.database.write() as connection:
            nobody = Who(SYSTEM, "evidence", "", address)
            told = of("provider", given.name, subject)
            self.log(connection, nobody, Action.SIGN_IN_REFUSED, told)
        raise RefusedError("nobody", "no account here is bound to this user")

    def _of(self, given: Given, **more: object) -> dict[str, object]:
        return {"tenant": self.tenant, "issuer": given.issuer, **more}

    def _given(self, connection: Connection) -> Given | None:
        row = table.given(connection, self.tenant)
        if row is None:
            return None
        return Given(str(row["issuer"]), str(row["client"]), str(row["name"]))


def _proved_anew(under_way: _UnderWay, said: oidc.Said) -> bool:
    began_s = under_way.began_ms // 1000
    return said.proved_s is not None and said.proved_s >= began_s - oidc.LEEWAY_S


def _said(given: Given | None) -> str:
    return "" if given is None else f"{given.issuer} {given.client}"
