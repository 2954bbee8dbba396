"""Who is asked. Pure: the directory is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.gaps import Addressee
from schemas.vocabulary import RecipientRole
from services.tracker.model import EncounterFacts, Recipient

INDEPENDENT: frozenset[RecipientRole] = frozenset({"attending", "surgeon", "consultant"})
"""Who may be asked in another role than the directory's (a surgeon as the consultant, say)."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One entry of the directory."""

    id: str
    role: RecipientRole
    service: str | None = None
    active: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """The providers that can be asked, and each service's default."""

    providers: Mapping[str, Provider] = field(default_factory=dict)
    default_by_service: Mapping[str, str] = field(default_factory=dict)

    def active(self, provider_id: str | None) -> Provider | None:
        """Return the active provider of that id, or None."""
        found = self.providers.get(provider_id) if provider_id else None
        return found if found and found.active else None

    def name(self, provider_id: str) -> str:
        """Return the name that a signature shows; the id where the directory has none."""
        found = self.providers.get(provider_id)
        return (found.name if found else "") or provider_id


def resolve(addressee: Addressee, facts: EncounterFacts, directory: Directory) -> Recipient | None:
    """Return whom to ask: the named provider, else the attending, else the service's default; None if nobody.

    A provider who is named but unknown or inactive is not replaced by somebody else: a person has to look (None).
    """
    if addressee.provider_id is not None:
        named = directory.active(addressee.provider_id)
        return Recipient(provider_id=named.id, role=asked_as(named, addressee.role)) if named else None
    return resolve_role(addressee, facts, directory)


def asked_as(provider: Provider, wanted: RecipientRole | None) -> RecipientRole:
    """Return the role in which a provider is asked: a resident or a nurse is never asked as somebody else.

    Otherwise whoever writes the question could choose away the cosigner, or the rules for that role.
    """
    return wanted if wanted and provider.role in INDEPENDENT else provider.role


def resolve_role(addressee: Addressee, facts: EncounterFacts, directory: Directory) -> Recipient | None:
    """Return the attending of record, else the default of the encounter's (or the addressee's) service."""
    attending = directory.active(facts.attending_id)
    if attending:
        return Recipient(provider_id=attending.id, role="attending", by_role=True)
    for service in (addressee.service, facts.service):
        default = directory.active(directory.default_by_service.get(service or ""))
        if default:
            return Recipient(provider_id=default.id, role=default.role, by_role=True)
    return None


def chosen(recipient: Recipient | None) -> Recipient | None:
    """Return a recipient whom somebody named; None for one that was found by role, who follows the attending."""
    return recipient if recipient is not None and not recipient.by_role else None
