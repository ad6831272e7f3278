"""From a policy to the settings document of one camera."""

from dataclasses import dataclass

from lapel.evidence.settings.model import Policy
from lapel.wire.settings import Bluetooth, Log, Permitted, PreEvent, Quality, Settings


@dataclass(frozen=True, slots=True)
class Facts:
    """What every document of a tenant says beside the policy."""

    tenant: str
    zone: str
    receipt_keys: tuple[bytes, ...]
    grant_key: bytes
    evidence_keys: tuple[bytes, ...]
    origin: str
    vkey: str
    categories: tuple[str, ...]


def expand(policy: Policy, facts: Facts, serial: str, version: int) -> Settings:
    """Make the document for one camera; it is valid from the beginning of time."""
    return Settings(
        target=serial,
        version=version,
        tenant=facts.tenant,
        not_before_ms=0,
        bluetooth=_bluetooth(policy),
        wifi=policy.wifi,
        slate=policy.slate,
        sealing=policy.sealing,
        replay=policy.replay,
        pre_event=PreEvent(policy.pre_event_s, policy.pre_event_sound),
        quality=Quality(policy.quality),
        permitted=tuple(Permitted(number) for number in policy.permitted),
        receipt_keys=facts.receipt_keys,
        log=Log(facts.origin, facts.vkey),
        grant_key=facts.grant_key,
        evidence_keys=facts.evidence_keys,
        categories=facts.categories,
        zone=facts.zone,
        firmware_window=None,
        rollover_s=policy.rollover_s,
        delete_unopened=policy.delete_unopened,
        secrets=None,
    )


def _bluetooth(policy: Policy) -> Bluetooth:
    """Say what is demanded; of what is not say nothing, as documents always did."""
    return Bluetooth(
        policy.bluetooth,
        policy.view_pairing,
        policy.signal,
        grant=policy.pairing_grant or None,
        compared=policy.pairing_compared or None,
        button=None if policy.pairing_button else False,
    )
