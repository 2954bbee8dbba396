"""The controlled language of messages: which words, phrases and names do not push, which wordings do (R-01, R-39)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from compliance.phrases import PhraseIndex, variants
from schemas.vocabulary import Severity

_FOLLOWING = ("contact", "reference", "policy", "month")


@dataclass(frozen=True, slots=True)
class Push:
    """What a wording pushes with: the rule that it breaks and how certain that is.

    `faint`: it pushes in company only, beside another push or a word that is not known.
    `firm`: it counts whatever phrase holds it, and however neutral its sentence sounds.
    """

    rule: str
    severity: Severity
    message: str
    suggestion: str
    faint: bool = False
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Construction:
    """Words of certain classes in an order, at most `within` words apart, without a word of the `unless` classes."""

    theme: Push
    order: tuple[str, ...]
    within: int
    unless: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """Words beside which a wording that pushes elsewhere does not.

    One of `of` stands at most `within` words `before` or `after` it, and what is read holds a word of `along`, where
    there are any, and none of `unless`. A sentence is read, or all of the text (`anywhere`).
    """

    of: frozenset[str]
    before: bool
    after: bool
    within: int
    along: frozenset[str]
    unless: frozenset[str]
    anywhere: bool

    def beside(self, said: Sequence[str], counted: Mapping[str, int], first: int, last: int) -> list[int]:
        """Return the places of the words that make the wording from the `first` to the `last` word harmless, if any.

        `counted`: how often each word stands in what is read, `said`.
        """
        own = said[first : last + 1]
        if any(counted[word] > own.count(word) for word in self.unless & counted.keys()):
            return []
        if self.along and self.along.isdisjoint(counted):
            return []
        start = max(0, first - self.within) if self.before else first
        end = last + 1 + (self.within if self.after else 0)
        near = (*range(start, first), *range(last + 1, min(end, len(said))))
        return [place for place in near if said[place] in self.of]


@dataclass(frozen=True)
class Administrative:
    """The lists of messages.yaml and company.yaml."""

    words: frozenset[str]
    restricted: frozenset[str]
    phrases: tuple[str, ...]
    departments: tuple[str, ...]
    themes: tuple[tuple[Push, tuple[str, ...]], ...]
    classes: Mapping[str, frozenset[str]]
    constructions: tuple[Construction, ...]
    meant_otherwise: tuple[tuple[Company, tuple[str, ...]], ...]
    asked_anew: tuple[str, ...]
    inbox: frozenset[str]
    inbox_phrases: tuple[str, ...]
    identifying: frozenset[str]
    identifying_phrases: tuple[str, ...]
    clinical: frozenset[str]
    clinical_endings: tuple[str, ...]
    link_words: frozenset[str]
    link_keys: frozenset[str]
    payload_words: frozenset[str]

    @cached_property
    def known(self) -> frozenset[str]:
        """The words that stand free in a message."""
        return self.words - self.restricted

    @cached_property
    def department_words(self) -> frozenset[str]:
        """The words that names of departments and services are made of."""
        return frozenset(word for name in self.departments for word in re.findall(r"[a-z0-9]+", name))

    @cached_property
    def words_of_groups(self) -> frozenset[str]:
        """The words that a group may be called by where a machine names it ("group-surgery-south")."""
        classes = self.classes
        named = classes["specialty"] | classes["group_noun"] | classes["group_people"] | classes["group_label"]
        return self.department_words | self.payload_words | named

    @cached_property
    def neutral(self) -> PhraseIndex[str]:
        """Phrases and department names that are neutral as a whole."""
        lists = (("phrase", self.phrases), ("department", self.departments))
        return PhraseIndex(((phrase, kind) for kind, phrases in lists for phrase in phrases), patterns=True)

    @cached_property
    def shown(self) -> PhraseIndex[str]:
        """Phrases about the record, neutral as a whole for a signed-in reader."""
        return PhraseIndex(((phrase, "record") for phrase in self.inbox_phrases), patterns=True)

    @cached_property
    def pushing(self) -> PhraseIndex[Push]:
        """Wordings that push; the phrases about persons (R-39) apart."""
        return PhraseIndex(((phrase, theme) for theme, list_ in self.themes for phrase in list_), patterns=True)

    @cached_property
    def harmless(self) -> PhraseIndex[Company]:
        """Wordings that push elsewhere, with the company in which they do not."""
        listed = ((phrase, company) for company, phrases in self.meant_otherwise for phrase in phrases)
        return PhraseIndex(listed, patterns=True)

    @cached_property
    def asking_anew(self) -> PhraseIndex[str]:
        """Wordings that put a question to one more reader (R-37, beside an answer of somebody else)."""
        return PhraseIndex(((phrase, phrase) for phrase in self.asked_anew), patterns=True)

    @cached_property
    def pushing_words(self) -> frozenset[str]:
        """The single words that push by themselves."""
        return frozenset(phrase for theme, list_ in self.themes for phrase in list_ if " " not in phrase)

    @cached_property
    def personal(self) -> PhraseIndex[str]:
        """Phrases that identify a person."""
        return PhraseIndex((form, form) for phrase in self.identifying_phrases for form in variants(phrase))

    @cached_property
    def class_of(self) -> Mapping[str, tuple[str, ...]]:
        """The classes of each word that a construction asks for."""
        found: dict[str, tuple[str, ...]] = {}
        for name, members in self.classes.items():
            for word in members:
                found[word] = (*found.get(word, ()), name)
        return found

    @cached_property
    def followed_by(self) -> Mapping[str, str]:
        """What may follow a word: a contact, a reference, a policy or the day of a month."""
        return {word: kind for kind in _FOLLOWING for word in self.classes[f"before_{kind}"]}

    @cached_property
    def introducing(self) -> frozenset[str]:
        """The words beside which a name may stand."""
        kinds = ("title", "greeting", "signing", "reaching", "site")
        return frozenset[str]().union(*(self.classes[name] for name in kinds))

    def known_to_machines(self, word: str) -> bool:
        """Tell whether a word may stand in a link or a payload, where words of the process name no finding."""
        return word in self.payload_words or word in self.link_words

    def sounds_clinical(self, word: str) -> bool:
        """Tell whether a word names a clinical thing, by the list or by its ending."""
        return word in self.clinical or (len(word) > 5 and word.endswith(self.clinical_endings))
