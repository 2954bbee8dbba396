"""Who is asked, decided here alone. Pure: the directory is an argument.

The first of these who is in the directory and active:

1. the provider whom the gap names, and nobody else in that provider's place
2. for a conflict in the record: the attending (R-23)
3. the role that the gap names, else the roles of the template's rule, in their order: a role is found among those who
   wrote what the gap cites, since only who treated the patient may answer (R-28)
4. the attending of record
5. the default of the gap's service, or of the encounter's
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas.gaps import Addressee, Citation, DocumentedTerm, GapRaised
from schemas.queries import RecipientRule
from schemas.vocabulary import AskedRole, RecipientRole
from services.tracker.model import EncounterFacts, Recipient

INDEPENDENT: frozenset[RecipientRole] = frozenset({"attending", "surgeon", "consultant"})
"""Who may be asked in another role than the directory's (a surgeon as the consultant, say)."""
ACCOUNTABLE: frozenset[RecipientRole] = INDEPENDENT | {"resident", "advanced_practice"}
"""Whose statements about a diagnosis count; as an author, anybody else is asked only where the rule names the role."""
_FOUND_BY_WRITING: frozenset[AskedRole | RecipientRole] = frozenset(
    {"surgeon", "consultant", "resident", "advanced_practice", "dietitian", "wound_nurse"}
)


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


def resolve(
    gap: GapRaised, facts: EncounterFacts, directory: Directory, rule: RecipientRule | None = None
) -> Recipient | None:
    """Return whom to ask, or None if nobody can be found; `rule` is the chosen template's, where one is known.

    A provider who is named but unknown or inactive is not replaced by somebody else: a person has to look (None).
    """
    addressee = gap.addressee
    if addressee.provider_id is not None:
        named = directory.active(addressee.provider_id)
        return Recipient(provider_id=named.id, role=asked_as(named, addressee.role)) if named else None
    search = _Search(gap, facts, directory, rule)
    found = (search.found(role) for role in _wanted(gap, rule))
    return next((one for one in found if one), None) or attending_of(addressee, facts, directory)


def _wanted(gap: GapRaised, rule: RecipientRule | None) -> tuple[AskedRole | RecipientRole, ...]:
    if gap.category == "conflict":
        return ("attending",)
    if gap.addressee.role is not None:
        return (gap.addressee.role,)
    return rule.roles if rule else ()


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for whoever has a role in this visit."""

    gap: GapRaised
    facts: EncounterFacts
    directory: Directory
    rule: RecipientRule | None

    def found(self, role: AskedRole | RecipientRole) -> Recipient | None:
        """Return the provider who has the role, or None."""
        if role == "attending":
            return _asked(self.directory.active(self.facts.attending_id), "attending")
        if role == "author":
            return self._author()
        return self._writer(role) if role in _FOUND_BY_WRITING else None

    def _author(self) -> Recipient | None:
        """Who wrote the statement that the question names: accountable for it, or of a role that the rule names."""
        if self.rule is None or (author := self.directory.active(self.rule.author_id)) is None:
            return None
        return _asked(author, author.role) if author.role in {*ACCOUNTABLE, *self.rule.roles} else None

    def _writer(self, role: RecipientRole) -> Recipient | None:
        wrote = ((self.directory.active(one.author_id), one.author_role == role) for one in _statements(self.gap))
        return next((_asked(who, role) for who, said in wrote if who and _is(who, role, said)), None)


def _is(provider: Provider, role: RecipientRole, said: bool) -> bool:
    """Tell whether a provider has a role: the directory's, or the record's where that is not a lesser one."""
    return provider.role == role or (said and role in INDEPENDENT and provider.role in INDEPENDENT)


def _asked(provider: Provider | None, role: RecipientRole) -> Recipient | None:
    return Recipient(provider_id=provider.id, role=role, by_role=True) if provider else None


def _statements(gap: GapRaised) -> Iterator[DocumentedTerm | Citation]:
    """Yield what people wrote of this patient in this encounter, the latest first."""
    cited = [citation for concept in gap.concepts for citation in concept.citations]
    written: list[DocumentedTerm | Citation] = [*gap.documented, *cited]
    yield from sorted(written, key=lambda one: one.recorded_at.timestamp() if one.recorded_at else 0, reverse=True)


def asked_as(provider: Provider, wanted: RecipientRole | None) -> RecipientRole:
    """Return the role in which a provider is asked: a resident or a nurse is never asked as somebody else.

    Otherwise whoever writes the question could choose away the cosigner, or the rules for that role.
    """
    return wanted if wanted and provider.role in INDEPENDENT else provider.role


def attending_of(addressee: Addressee, facts: EncounterFacts, directory: Directory) -> Recipient | None:
    """Return the attending of record, else the default of the encounter's (or the addressee's) service."""
    if attending := _asked(directory.active(facts.attending_id), "attending"):
        return attending
    for service in (addressee.service, facts.service):
        default = directory.active(directory.default_by_service.get(service or ""))
        if default:
            return _asked(default, default.role)
    return None


def chosen(recipient: Recipient | None) -> Recipient | None:
    """Return a recipient whom somebody named; None for one that was found by role, who follows the facts."""
    return recipient if recipient is not None and not recipient.by_role else None
