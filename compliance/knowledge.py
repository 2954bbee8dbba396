"""What the check knows beside the document: an immutable value, given to `check` as an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType

from compliance.administrative import Administrative
from compliance.affinities import Affinities
from compliance.answer_grammar import AnswerGrammar
from compliance.bearing import BearingWeights
from compliance.choices import ChoiceReader
from compliance.codes import CodeBook
from compliance.courtesy import plain_matter
from compliance.documents import DocumentNames
from compliance.entries import (
    AnswerLanguage,
    Approved,
    Criterion,
    Evidence,
    Lexicon,
    Limits,
    RoleRule,
    Stem,
    Term,
    Wording,
    bare_option,
)
from compliance.indicators import IndicatorReader, IndicatorTable
from compliance.language import Language
from compliance.listening import Listener
from compliance.memory import Memory
from compliance.number_words import NumberWords
from compliance.patterns import Fillers, Wordings
from compliance.phrases import Hit, PhraseIndex
from compliance.rows import Row
from compliance.shorthand import Shorthand
from compliance.sites import Sites
from compliance.sounding import Sounds
from compliance.terms import RecordedIndex, Speech, TermIndex
from compliance.text import Span, bag
from compliance.themes import Naming, Themes
from compliance.units import Units
from compliance.weighing import Weights, WeightsOfOne
from schemas.check import Finding
from schemas.vocabulary import Category, OptionKind, RecipientRole, ResponseType

_REMEMBERED = 4096
# What depends neither on stems nor on criteria nor on approved texts, and is the same with those of a library.
_SHARED = (
    "wordings",
    "quoted_wordings",
    "recorded_index",
    "term_index",
    "listener",
    "reader",
    "broader",
    "concepts",
    "standing_concepts",
    "wordings_of_option",
    "clinical_words",
    "inbox_words",
    "words_of_terms",
    "long_words_of_terms",
    "everyday_words",
    "measuring_words",
    "scale_ranks",
)


def _long_names(term: Term) -> list[frozenset[str]]:
    return [bag(name) for name in term.names if len(name.split()) > 1]


@dataclass(frozen=True)
class Knowledge:
    """Everything that `check` knows beside the document. Build it with `shipped_knowledge()` and `extended()`."""

    ruleset: str
    lexicons: tuple[Lexicon, ...]
    terms: tuple[Term, ...]
    stems: tuple[Stem, ...]
    approved: tuple[Approved, ...]
    criteria: tuple[Criterion, ...]
    indicators: IndicatorTable
    units: Units
    numbers: NumberWords
    sites: Sites
    affinities: Affinities
    option_phrases: Mapping[str, tuple[str, ...]]
    answers: Mapping[OptionKind, AnswerLanguage]
    answer_grammar: AnswerGrammar
    shorthand: Shorthand
    response_types: Mapping[Category, frozenset[ResponseType]]
    roles: Mapping[RecipientRole, RoleRule]
    accountable_roles: frozenset[RecipientRole]
    vocabularies: Mapping[str, frozenset[str]]
    scales: Mapping[str, tuple[tuple[str, ...], ...]]
    codes: CodeBook
    language: Language
    weights: Weights
    row_weights: WeightsOfOne
    option_weights: WeightsOfOne
    evidence_weights: BearingWeights
    sounds: Sounds
    themes: Themes
    messages: Administrative
    catalogue: tuple[Term, ...] = ()
    speech: Speech = field(default_factory=Speech)
    non_providers: frozenset[str] = frozenset()
    naming_phrases: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def extended(
        self,
        *,
        stems: Iterable[Stem] = (),
        criteria: Iterable[Criterion] = (),
        approved: Iterable[Approved] = (),
        document_words: Iterable[str] = (),
        definitions: Mapping[str, tuple[Evidence, ...]] = MappingProxyType({}),
    ) -> Knowledge:
        """Return this knowledge with a library's own stems, criteria, approved texts and words for documents.

        An entry with the id of a shipped stem or criterion takes its place; nothing else is removed.
        `document_words`: words in lower case that the hospital's documents are called by, beside the shipped ones.
        `definitions`: evidence of named definitions, which criteria that name them then use.
        """
        known = tuple(one.redefined(definitions) for one in self.criteria)
        own = (replace(one, own=True) for one in criteria)
        more = replace(
            self,
            stems=tuple({stem.id: stem for stem in (*self.stems, *stems)}.values()),
            criteria=tuple({item.id: item for item in (*known, *own)}.values()),
            approved=tuple(dict.fromkeys((*self.approved, *approved))),
            vocabularies={**self.vocabularies, "document": self.vocabulary("document").union(document_words)},
        )
        more.__dict__.update({name: self.__dict__[name] for name in _SHARED if name in self.__dict__})
        return more

    @property
    def definitions(self) -> frozenset[str]:
        """The named definitions of templates/criteria that its criteria rest on."""
        return frozenset[str]().union(*(criterion.definitions for criterion in self.criteria))

    def prepare(self) -> None:
        """Build the large indexes now, which otherwise are built when the first document asks for them."""
        for name in _SHARED:
            getattr(self, name)
        self.themes.lengths  # noqa: B018 - asked for, so that it is there

    def vocabulary(self, name: str) -> frozenset[str]:
        """Return a named word list. Raises KeyError for a name that no data file has."""
        return self.vocabularies[name]

    def sounds_neutral(self, sentence: str, field: str) -> bool:
        """Tell whether a sentence sounds as neutral ones do, in spite of what its words by themselves hint at."""
        if not self.weights.sounds_neutral(sentence, field, cued=False):
            return False
        cued = any(naming.certain or naming.severity == "block" for naming in self.hints(sentence))
        return not cued or self.weights.sounds_neutral(sentence, field, cued=True)

    def matter(self, sentence: str) -> str:
        """Return a sentence with blanks for its courtesies; what hints or tells of a condition is nobody's name."""
        return plain_matter(sentence, self._no_name)

    @cached_property
    def bare_words(self) -> frozenset[str]:
        """Words of a footer that hint at nothing: those that name what a query is about may."""
        return self.vocabulary("bare") - self.language.subjects

    def _no_name(self, word: str) -> bool:
        return word in self.presuming_words or word in self.telling_words or self.themes.touched(word)

    @cached_property
    def telling_words(self) -> frozenset[str]:
        """Words that tell a detail of a condition (acute, severe, bacterial), but those that any record holds."""
        everyday = self.language.words["attribute"] | self.vocabulary("everyday_detail")
        return self.words_of("finer", "specificity") - everyday

    @cached_property
    def words_of(self) -> Callable[..., frozenset[str]]:
        """The words of several named word lists together. Remembered: rules ask for the same ones again and again."""
        return lru_cache(maxsize=None)(lambda *names: frozenset[str]().union(*map(self.vocabulary, names)))

    @cached_property
    def memory(self) -> Memory[tuple[Finding, ...]]:
        """What was judged by this knowledge before."""
        return Memory(self.limits.remembered)

    @cached_property
    def standing(self) -> Memory[tuple[tuple[int, Finding], ...]]:
        """What this knowledge said of queries whatever their times, with the ranks of the rules."""
        return Memory(self.limits.remembered)

    @cached_property
    def linked(self) -> Memory[tuple[tuple[int, Finding], ...]]:
        """What this knowledge said of queries whatever their times and values, with the ranks of the rules."""
        return Memory(self.limits.remembered)

    @cached_property
    def worded(self) -> Memory[tuple[tuple[int, Finding], ...]]:
        """What this knowledge said of the words of queries, with the ranks of the rules."""
        return Memory(self.limits.remembered)

    @cached_property
    def rows(self) -> Memory[Row]:
        """The rows that were read before."""
        return Memory(self.limits.remembered)

    @cached_property
    def approvals(self) -> ApprovedWordings:
        """Which approved wordings a text has, whatever fills their slots."""
        return ApprovedWordings(self.stems, self.approved)

    def hints(self, sentence: str, named: tuple[Span, ...] = ()) -> tuple[Naming, ...]:
        """Return the themes of an unproven sentence, the best first; neutral phrases hint at none, nor do parts of what
        is `named` there.
        """
        return self.themes.named(sentence, self.language.settled(sentence) + named)

    @cached_property
    def wordings(self) -> PhraseIndex[Wording]:
        """Every phrase of every lexicon in one index, without those for quoted values: longer phrases hide others."""
        return _index_of(lexicon for lexicon in self.lexicons if "quoted" not in lexicon.places)

    @cached_property
    def quoted_wordings(self) -> PhraseIndex[Wording]:
        """The phrases that no value which is marked as quoted may hold."""
        return _index_of(lexicon for lexicon in self.lexicons if "quoted" in lexicon.places)

    @cached_property
    def term_index(self) -> PhraseIndex[Term]:
        """Every name of every diagnosis in one index, those of the code set included."""
        return TermIndex(((name, term) for term in (*self.terms, *self.catalogue) for name in term.names), self.speech)

    @cached_property
    def recorded_index(self) -> PhraseIndex[Term]:
        """Every name of every diagnosis as records write it, short forms included."""
        recorded = ((name, term) for term in self.terms for name in term.recorded)
        return RecordedIndex(self.term_index, recorded, self.speech)

    @cached_property
    def concepts(self) -> Callable[[str], frozenset[str]]:
        """The diagnoses that a text names, with those that they include. Remembered."""
        return lru_cache(maxsize=_REMEMBERED)(lambda text: self._concepts(self._recorded(text)))

    @cached_property
    def standing_concepts(self) -> Callable[[str], frozenset[str]]:
        """The diagnoses that a text names and does not deny, with those that they include. Remembered."""
        return lru_cache(maxsize=_REMEMBERED)(
            lambda text: self._concepts(hit for hit in self._recorded(text) if not hit.negated)
        )

    def _recorded(self, text: str) -> Iterator[Hit[Term]]:
        if text.isascii() and text.lower() == text.upper():  # a bare number names nothing
            return iter(())
        return self.recorded_index.find(text, overlapping=False)

    def _concepts(self, hits: Iterable[Hit[Term]]) -> frozenset[str]:
        return frozenset[str]().union(*[self.broader[hit.payload.concept] for hit in hits])

    @cached_property
    def clinical_words(self) -> frozenset[str]:
        """Single words that no link and no open channel may carry."""
        names = (bag(name) for term in self.terms for name in term.names)
        return self.vocabulary("clinical_message").union(*(name for name in names if len(name) == 1))

    @cached_property
    def inbox_words(self) -> frozenset[str]:
        """Words that a message to a signed-in reader may hold beside those of every message: those of findings."""
        names = ("topic", "objective", "source", "clinical_message", "clinical")
        words = self.words_of(*names).union(*self.language.words.values())
        clinical = self.language.clinical | self.messages.clinical | self.words_of_terms
        return (words | clinical) - self.language.never - self.messages.restricted | self.messages.inbox

    @cached_property
    def words_of_terms(self) -> frozenset[str]:
        """All words of the names of diagnoses that everyday English does not use."""
        words = frozenset(word for term in self.terms for name in term.names for word in bag(name) if len(word) > 1)
        return words - self.vocabulary("everyday_name")

    @cached_property
    def listener(self) -> Listener:
        """What the short texts of indicators say, remembered."""
        naming = PhraseIndex(((phrase, phrase) for phrase in self.naming_phrases), patterns=True)
        return Listener(self.wordings, self.term_index, self.vocabulary("commentary"), naming)

    @cached_property
    def measuring_words(self) -> frozenset[str]:
        """Words of measurement, of examination, of laboratory remarks and of what patients are seen to do."""
        return self.words_of("objective", "remark", "behavior", "place")

    @cached_property
    def forms_of_findings(self) -> frozenset[str]:
        """Words of the forms in which English judges that only say where, when, how often or how."""
        return self.measuring_words | self.words_of("plain_form", "observation", "clinical")

    @cached_property
    def measured_names(self) -> frozenset[str]:
        """Names of one word of what is measured and scored (GCS, NIHSS, lactate)."""
        names = (name for kind in self.indicators.measures for name in self.indicators.names[kind])
        return frozenset(name for name in names if " " not in name)

    @cached_property
    def telling_sources(self) -> frozenset[str]:
        """Words of sources in which somebody tells in words what was found."""
        return self.words_of("narrative_source", "report_source")

    @cached_property
    def technical_endings(self) -> tuple[str, ...]:
        """Endings of technical words."""
        return tuple(sorted(self.vocabulary("technical_ending")))

    @cached_property
    def long_words_of_terms(self) -> frozenset[str]:
        """The words of the names of diagnoses that are no abbreviations, written in capitals or not."""
        return frozenset(word for word in self.words_of_terms if len(word) > 6)

    @cached_property
    def presuming_words(self) -> frozenset[str]:
        """Words that make a condition of what they stand beside."""
        return self.words_of("condition", "presumed")

    @cached_property
    def naming_words(self) -> frozenset[str]:
        """Words with which answers name and tell apart conditions, and those of "specify"."""
        names = ("specificity", "finer", "qualifier", "step", "joining", "rider_of_answer", "neutral_option", "apart")
        return self.words_of(*names).union(self.language.clinical, self.language.words["attribute"])

    @cached_property
    def describing_words(self) -> frozenset[str]:
        """Words that describe findings of any kind."""
        return self.words_of("topic", "joining")

    @cached_property
    def option_words(self) -> frozenset[str]:
        """Words that answers are made of, whatever the record: clinical ones and those of the neutral answers."""
        names = ("option", "clinical", "objective", "source", "specificity", "step")
        neutral = ("neutral_option", "not_significant", "integral", "ruled_out", "clinical_message")
        known = self.words_of(*names, *neutral)
        called = (bag(name) for term in self.terms for name in (*term.names, *term.recorded))
        terms = frozenset[str]().union(*called) - self.vocabulary("everyday_name")
        return (known | self.language.clinical | self.language.known).union(
            terms, *(bag(name) for criterion in self.criteria for name in criterion.names)
        )

    @cached_property
    def answer_names(self) -> frozenset[str]:
        """Words that elsewhere press or judge, and in an answer of nothing else are what a thing is called."""
        return self.words_of("answer_name", "answer_thing")

    @cached_property
    def words_of_concept(self) -> Mapping[str, frozenset[str]]:
        """For each curated concept the words of all its names: what is documented may be called by any of them."""
        return {concept: frozenset[str]().union(*map(bag, names)) for concept, names in self.names_of_concept.items()}

    @cached_property
    def names_of_concept(self) -> Mapping[str, tuple[str, ...]]:
        """For each curated concept its names."""
        return {term.concept: term.names for term in self.terms}

    @cached_property
    def inherent_words(self) -> Mapping[str, frozenset[str]]:
        """For each curated concept the words that all its names of several words have: a CKD is chronic."""
        return {
            term.concept: frozenset[str].intersection(*long) if (long := _long_names(term)) else frozenset[str]()
            for term in self.terms
        }

    @cached_property
    def words_of_kind(self) -> Callable[[str], frozenset[str]]:
        """The words of all names of a class of indicators. Remembered."""
        names = self.indicators.names
        return lru_cache(maxsize=None)(lambda kind: frozenset[str]().union(*map(bag, names.get(kind, ()))))

    @cached_property
    def broader(self) -> Mapping[str, frozenset[str]]:
        """For each concept, itself and all concepts that are documented with it."""
        return _Broader({term.concept: term.broader for term in (*self.terms, *self.catalogue) if term.broader})

    @cached_property
    def wordings_of_option(self) -> Callable[[str], frozenset[str]]:
        """What wordings of a short text do to the balance of answer options. Remembered: options come again."""
        index = PhraseIndex((phrase, name) for name, phrases in self.option_phrases.items() for phrase in phrases)
        return lru_cache(maxsize=_REMEMBERED)(lambda text: frozenset(hit.payload for hit in index.find(text)))

    @cached_property
    def reader(self) -> IndicatorReader:
        """Reads what indicators show."""
        return IndicatorReader(self.indicators)

    @cached_property
    def documents(self) -> DocumentNames:
        """What documents of a record are called."""
        kinds = self.vocabulary("document")
        around = self.vocabulary("of_document") | self.vocabulary("role_word") - self.vocabulary("office_source")
        beside = around | self.vocabulary("beside_document")
        return DocumentNames(
            kinds,
            beside,
            measured=self.vocabulary("clinical") - self.language.ordinary,
            foreign=self.everyday_words - beside - kinds,
            bare=self.vocabulary("bare_document"),
            parts=self.vocabulary("part_of_document"),
            ordinary=self.language.ordinary,
        )

    @cached_property
    def everyday_words(self) -> frozenset[str]:
        """Words of everyday English that neither measure, nor name a clinical thing, nor are known to be neutral."""
        return self.language.ordinary - self.measuring_words - self.vocabulary("clinical") - self.language.known

    @cached_property
    def choices(self) -> ChoiceReader:
        """Reads what options and documented terms say."""
        names = ((name, criterion.id) for criterion in self.criteria for name in criterion.names)
        drugs = (
            name
            for kind, names in self.indicators.names.items()
            if self.indicators.kinds[kind] == "therapies" and kind in self.indicators.drugs
            for name in names
        )
        return ChoiceReader(names, self.affinities, drugs)

    def criterion_of(self, option: str) -> Criterion | None:
        """Return the criterion of which an option is a name and nothing else, if any."""
        return self.criteria_by_name.get(bare_option(option))

    @cached_property
    def criteria_by_name(self) -> Mapping[str, Criterion]:
        """Criteria by the bare form of each option text that means them; a later criterion wins."""
        return {bare_option(name): criterion for criterion in self.criteria for name in criterion.names}

    @cached_property
    def criteria_by_id(self) -> Mapping[str, Criterion]:
        """Criteria by id."""
        return {criterion.id: criterion for criterion in self.criteria}

    def rank_on(self, scale: str, said: frozenset[str]) -> int | None:
        """Return the rank of the step of a scale that says most of some words, of two equal ones the higher."""
        ranks = [(len(words), rank) for words, rank in self.scale_ranks[scale] if words <= said]
        return max(ranks)[1] if ranks else None

    @cached_property
    def scale_ranks(self) -> Mapping[str, tuple[tuple[frozenset[str], int], ...]]:
        """For each scale, the words of each step and its rank, ascending."""
        return {
            name: tuple((bag(word), rank) for rank, step in enumerate(steps) for word in step)
            for name, steps in self.scales.items()
        }


class ApprovedWordings:
    """Finds the approved wordings that a text has, and what fills their slots. Remembered: it depends on no record."""

    def __init__(self, stems: Iterable[Stem], approved: Iterable[Approved]) -> None:
        self._stems = Wordings((stem.text, stem) for stem in stems)
        noted = [(entry.place, entry.text) for entry in approved]
        self._approved = {
            place: Wordings((text, None) for at, text in noted if at == place) for place in {at for at, _ in noted}
        }
        self.stems = lru_cache(maxsize=_REMEMBERED)(self._stems_of)
        """What fills the slots of each stem, of those for a category and response type, that a question is made of."""
        self.approved = lru_cache(maxsize=_REMEMBERED)(self._approved_of)
        """What fills the slots of each approved wording of a place that a sentence is made of."""

    def _stems_of(self, question: str, category: Category, response_type: ResponseType) -> tuple[Fillers, ...]:
        found = self._stems.found(question)
        return tuple(fillers for stem, fillers in found if stem.may_ask(category, response_type))

    def _approved_of(self, place: str, sentence: str) -> tuple[Fillers, ...]:
        return tuple(fillers for _, fillers in self._approved[place].found(sentence)) if place in self._approved else ()


class _Broader(dict[str, frozenset[str]]):
    """What is documented with each concept, worked out when it is asked for; most stand for nothing but themselves."""

    def __init__(self, listed: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._listed = listed

    def __missing__(self, concept: str) -> frozenset[str]:
        broader = [self[one] for one in self._listed.get(concept, ())]
        self[concept] = frozenset({concept}).union(*broader)
        return self[concept]


def _index_of(lexicons: Iterable[Lexicon]) -> PhraseIndex[Wording]:
    return PhraseIndex((wording.phrase, wording) for lexicon in lexicons for wording in lexicon.wordings())
