"""One query as the rules read it: its texts cut into words once, and what its record says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from compliance.closed import is_plainly_closed
from compliance.entries import Term
from compliance.hearsay import Hearsay, Told, heard_from, said_by, told_by
from compliance.indicators import Shown
from compliance.knowledge import Knowledge
from compliance.lazy import lazy
from compliance.neutrality import AnyOf, Doubt, Surroundings, doubt_about
from compliance.people import signatories
from compliance.phrases import Hit
from compliance.proven_answers import proves
from compliance.rows import Row, WrittenRow, numbers_in, rows_of, written_rows
from compliance.slots import approves_question, approves_sentence
from compliance.terms import covers, line_of_initials, measures_alike, without_negative_kinds
from compliance.text import Span, Word, bag, inside, quotations, sentence_at, sentences, words
from compliance.times import elapsed, moment, order_of_times
from schemas.check import CheckOption, QueryDocument

_NEW_CONDITION = frozenset({"missing_diagnosis", "treatment_without_diagnosis", "significance"})
_AMONG_STATEMENTS = frozenset({"conflict", "laterality", "procedure"})
# How many everyday words that hint at nothing a sentence may hold beside the known ones, by field.
_SPARED = {"question": 1, "footer": 1}
_SHORT_FORM = re.compile(r"\b[A-Z]{2,5}s?\b")
_AGREEING = frozenset({"agree", "concur", "accept"})
_EITHER_WAY = re.compile(r"\bwith(?: or |/)without (?:an? |any )?$", re.IGNORECASE)
# A named and dated reference at the foot; what it is a reference to may be a diagnosis.
_REFERENCE = re.compile(r"(?:for )?reference only\b[^!?]{0,300}\b(?:19|20)\d\d\b", re.IGNORECASE)


class Passage(NamedTuple):
    """A text of the document with the path of its field, its words and its quotations."""

    field: str
    text: str
    words: Sequence[Word]
    quoted: tuple[Span, ...]

    def authored(self, place: int) -> bool:
        """Tell whether a place is in the query author's own voice, not in a quotation."""
        return not inside(place, self.quoted)

    def either_way(self, place: int) -> bool:
        """Tell whether what begins at a place is asked with it and without it: that is one issue, and nothing new."""
        return bool(_EITHER_WAY.search(self.text[:place]))


def passage(field: str, text: str | None) -> Passage | None:
    """Return the passage of a field, or None when it is empty."""
    return Passage(field, text, words(text), quotations(text)) if text and text.strip() else None


@dataclass(frozen=True)
class Reading:
    """A query document and what the rules ask of it again and again. Everything is computed at most once.

    `indicators` stand for those of the query, and `times` tells for each the position of the first one of the same
    time. `hearsay` is what the texts hear of rows that are not shown themselves (checking.py).
    """

    query: QueryDocument
    knowledge: Knowledge
    indicators: tuple[WrittenRow, ...]
    times: tuple[int, ...]
    hearsay: Hearsay | None = None

    @classmethod
    def of(cls, query: QueryDocument, knowledge: Knowledge) -> Reading:
        """Return the reading of a whole query."""
        return cls(query, knowledge, written_rows(query.indicators), order_of_times(query))

    @lazy
    def rows(self) -> tuple[Row, ...]:
        """The indicators, without their times."""
        return rows_of(self.indicators, self.knowledge)

    @lazy
    def told(self) -> Told:
        """What the rows tell the texts beside them."""
        query = self.query
        prose = (query.context or "", query.question, query.footer or "")
        return told_by(self.rows, said_by(prose, (query.title, *[option.text for option in query.options])))

    @lazy
    def heard(self) -> Hearsay:
        """What the texts hear of the rows."""
        return self.hearsay or heard_from(self.rows, self.told, self.knowledge.vocabulary("given_source"))

    @lazy
    def start(self) -> datetime | None:
        """The start of the encounter, where it can be read."""
        return moment(self.query.encounter_started_at)

    @lazy
    def observed(self) -> tuple[datetime | None, ...]:
        """The times of the indicators, where they can be read."""
        return tuple([moment(one.observed_at) for one in self.query.indicators])

    @lazy
    def since_start(self) -> tuple[timedelta | None, ...]:
        """How long after the start of the encounter each indicator is."""
        return tuple(map(self.since, self.observed))

    def since(self, when: datetime | None) -> timedelta | None:
        """Return how long after the start of the encounter a time is, or None when it cannot be told."""
        return elapsed(self.start, when) if self.start is not None and when is not None else None

    @property
    def asks_for_new_condition(self) -> bool:
        """Whether the query asks what findings represent, not about a condition that the record already names."""
        return self.query.category in _NEW_CONDITION

    @property
    def chooses_among_statements(self) -> bool:
        """Whether the query asks which of several documented statements holds, not what findings represent."""
        return self.query.category in _AMONG_STATEMENTS

    @lazy
    def title(self) -> Passage | None:
        """The heading."""
        return passage("title", self.query.title)

    @lazy
    def question(self) -> Passage | None:
        """The question."""
        return passage("question", self.query.question)

    @lazy
    def context(self) -> Passage | None:
        """The free text before the question."""
        return passage("context", self.query.context)

    @lazy
    def footer(self) -> Passage | None:
        """The text after the options."""
        return passage("footer", self.query.footer)

    @lazy
    def prose(self) -> tuple[Passage, ...]:
        """Title, context, question and footer, where there are any."""
        return tuple(text for text in (self.title, self.context, self.question, self.footer) if text is not None)

    @lazy
    def question_is_approved(self) -> bool:
        """Whether the question has the wording of an approved stem, filled from this record."""
        return approves_question(self)

    @lazy
    def sentences(self) -> tuple[tuple[Passage, Span, bool], ...]:
        """The sentences of context and footer, each with its span and whether its wording is approved."""
        return tuple(
            (text, span, approves_sentence(self, text.field, text.text[slice(*span)]))
            for text in (self.context, self.footer)
            if text is not None
            for span in sentences(text.text)
        )

    def approved(self, field: str, place: int) -> bool:
        """Tell whether a place of context or footer lies in an approved sentence."""
        return any(
            text.field == field and span[0] <= place < span[1] for text, span, approved in self.sentences if approved
        )

    @lazy
    def option_texts(self) -> tuple[Passage, ...]:
        """The options' texts, in order; empty ones are passages without words."""
        return tuple(
            Passage(f"options[{place}].text", option.text, words(option.text), ())
            for place, option in enumerate(self.query.options)
        )

    @lazy
    def unproven_options(self) -> tuple[tuple[Passage, CheckOption], ...]:
        """The options without the neutral answers that are proven, word by word, to say no more than their kind."""
        both = zip(self.option_texts, self.query.options, strict=True)
        return tuple((text, option) for text, option in both if not proves(self, option))

    @lazy
    def clinical_options(self) -> tuple[tuple[int, CheckOption], ...]:
        """The options of kind `clinical` with their positions."""
        return tuple((place, option) for place, option in enumerate(self.query.options) if option.kind == "clinical")

    @lazy
    def shown(self) -> tuple[Shown, ...]:
        """The indicators as read."""
        return tuple([row.shown for row in self.rows])

    @lazy
    def current(self) -> tuple[Row, ...]:
        """The indicators of this encounter."""
        return tuple([row for row in self.rows if not row.prior_encounter])

    @lazy
    def first_rows(self) -> tuple[int, ...]:
        """For each indicator the position of the first one that shows the same finding of the same time."""
        first: dict[object, int] = {}
        rows = enumerate(zip(self.rows, self.times, strict=True))
        return tuple([first.setdefault((time, row.finding), place) for place, (row, time) in rows])

    @lazy
    def distinct(self) -> tuple[Row, ...]:
        """The indicators of this encounter, each finding once."""
        rows = zip(self.rows, self.first_rows, strict=True)
        return tuple(one for place, (one, first) in enumerate(rows) if first == place and not one.prior_encounter)

    @lazy
    def documented_bags(self) -> tuple[frozenset[str], ...]:
        """The words of each documented term."""
        return tuple(bag(entry.term) for entry in self.query.documented)

    def documented_names(self, text: str) -> tuple[Span, ...]:
        """Return where names of two or more words stand in a text that a documented term holds word for word.

        "Failure to thrive" is what the condition is called: no part of such a name says anything by itself.
        """
        terms = [entry.term.lower() for entry in self.query.documented]
        return tuple(
            (hit.start, hit.end)
            for hit in self.knowledge.term_index.find(text, overlapping=False)
            if hit.first < hit.last and any(text[hit.start : hit.end].lower() in term for term in terms)
        )

    @lazy
    def documented_words(self) -> frozenset[str]:
        """The words of all documented terms."""
        return frozenset[str]().union(*self.documented_bags)

    @property
    def indicator_name_words(self) -> frozenset[str]:
        """All words of the indicators' names, units and sources."""
        return self.heard.beside

    @lazy
    def record_words(self) -> frozenset[str]:
        """All words of the documented terms and of the indicators: the language of this record."""
        return self.heard.beside.union(self.heard.values, self.short_forms, *self.documented_bags)

    @lazy
    def short_forms(self) -> frozenset[str]:
        """Abbreviations of the texts that stand for documented words (LOC), and plurals of the record's own (CKs)."""
        written = {found.group() for text in self.prose for found in _SHORT_FORM.finditer(text.text)}
        if not written:
            return frozenset()
        initials = [line_of_initials(entry.term) for entry in self.query.documented]
        own = self.heard.beside.union(*self.documented_bags)
        meant = (word for word in written if not self._may_mean_another(word))
        return frozenset(
            word.lower()
            for word in meant
            if (word.endswith("s") and word[:-1].lower() in own) or any(word.lower() in line for line in initials)
        )

    def _may_mean_another(self, word: str) -> bool:
        """Tell whether records use an abbreviation for a diagnosis that nobody documented."""
        hits = self.knowledge.recorded_index.find(word)
        return any(hit.payload.concept not in self.documented_concepts for hit in hits)

    @lazy
    def named_words(self) -> frozenset[str]:
        """The words of the documented terms and of the indicators' names: what this record calls its things."""
        return self.indicator_name_words.union(self.short_forms, *self.documented_bags)

    @lazy
    def anchor_words(self) -> frozenset[str]:
        """All words of this record and of the answers offered: a sentence that uses them says nothing new."""
        return self.record_words | self._answer_words

    @lazy
    def shown_words(self) -> frozenset[str]:
        """All words of the record and of its documents; those of the answers too where they name no new condition."""
        sources = frozenset[str]().union(*(bag(entry.source or "") for entry in self.query.documented))
        shown = self.record_words | sources
        return shown if self.asks_for_new_condition else shown | self._answer_words

    @lazy
    def asked_words(self) -> frozenset[str]:
        """The words of the question, of the attributes that are asked for, and of this record's things."""
        knowledge = self.knowledge
        question = bag(self.query.question) - knowledge.everyday_words
        return question.union(knowledge.describing_words, knowledge.language.words["attribute"], self.named_words)

    @lazy
    def _answer_words(self) -> frozenset[str]:
        """All words of the answers offered, and of the documents that hold the documented terms."""
        answers = [bag(option.text) for option in self.query.options]
        return frozenset[str]().union(*answers, *[bag(entry.source or "") for entry in self.query.documented])

    @lazy
    def shown_numbers(self) -> frozenset[str]:
        """All numbers of the record and of the indicators, in their plain form."""
        return self.heard.numbers.union(*[numbers_in(entry.term) for entry in self.query.documented])

    @lazy
    def doubts(self) -> tuple[tuple[Passage, Doubt], ...]:
        """What is not proven to be neutral in context, question and footer, sentence by sentence."""
        texts = (text for text in (self.context, self.question, self.footer) if text is not None)
        return tuple((text, doubt) for text in texts for doubt in self._doubts(text))

    @lazy
    def title_doubts(self) -> tuple[Doubt, ...]:
        """What is not proven to be neutral in the title."""
        return tuple(self._doubts(self.title)) if self.title is not None else ()

    def _doubts(self, text: Passage) -> Iterator[Doubt]:
        if text.field == "question" and self.question_is_approved:
            return
        around = self._surroundings(text.field)
        for span in sentences(text.text):
            if self.approved(text.field, span[0]):
                continue
            spoken = self.knowledge.matter(text.text[slice(*span)])
            beside = self._citing(around) if text.field == "footer" and self._refers(spoken) else around
            doubt = doubt_about(spoken, self.knowledge.language, beside)
            if doubt is not None:
                shown = (span[0] + doubt.span[0], span[0] + doubt.span[1])
                yield doubt._replace(span=shown, sentence=span)

    def _refers(self, sentence: str) -> bool:
        """Tell whether a sentence names a definition, guideline or table with its year, for reference only."""
        return bool(_REFERENCE.match(sentence)) and bool(bag(sentence) & self.knowledge.vocabulary("citation"))

    def _citing(self, around: Surroundings) -> Surroundings:
        words_of_titles = AnyOf(self.knowledge.option_words, self.knowledge.vocabulary("citation"))
        anchored, shown = AnyOf(around.anchored, words_of_titles), AnyOf(around.shown, words_of_titles)
        return around._replace(
            anchored=anchored, shown=shown, signing=frozenset({"reference"}), sounds_leading=lambda _sentence: False
        )

    def cites(self, field: str, place: int) -> bool:
        """Tell whether a place stands in the title of a reference at the foot of the query (R-27)."""
        text = self.footer
        if field != "footer" or text is None or not self.proven(field, place):
            return False
        return any(start <= place < end and self._refers(text.text[start:end]) for start, end in sentences(text.text))

    @lazy
    def _agreeing(self) -> frozenset[str]:
        """The words with which a yes/no question asks about the finding of a documented report (R-13)."""
        report = self.knowledge.vocabulary("report")
        reported = any(bag(entry.source or "") & report for entry in self.query.documented)
        return _AGREEING if reported and self.query.response_type == "yes_no" else frozenset()

    def _surroundings(self, field: str) -> Surroundings:
        asked = self._agreeing if field == "question" else frozenset[str]()
        called = (
            self.other_names if field == "question" else self._covered_in_title if field == "title" else frozenset()
        )
        own = (self._category_words, self._own_words(field), self._measure_names, called, self._inherent_words)
        shown = AnyOf(self.record_words, self.topic_words, *own)
        return Surroundings(
            named=self.named_words,
            anchored=AnyOf(shown, self._answer_words, asked),
            shown=shown if self.asks_for_new_condition else AnyOf(shown, self._answer_words),
            hinting=self.knowledge.themes.touched,
            signing=self.knowledge.vocabulary("signing") if field == "footer" else frozenset(),
            asking=asked,
            grounds=self._grounds(field),
            presuming=self.knowledge.presuming_words,
            dated=field != "footer",
            closed=field in ("context", "footer"),
            new_condition=field in ("title", "question") and self.asks_for_new_condition,
            spared=_SPARED.get(field, 0),
            procedural=self.knowledge.language.procedural if field == "footer" else frozenset(),
            subjects=self.knowledge.language.subjects,
            alternatives=field == "question" and self.query.response_type != "open_ended",
            telling=self.knowledge.telling_words,
            bare=self.knowledge.bare_words if field == "footer" else self._bare_words,
            names=self.documented_names,
            sounds_leading=lambda sentence: self._sounds_leading(sentence, field),
            sounds_neutral=lambda sentence: self.knowledge.sounds_neutral(sentence, field),
        )

    def _sounds_leading(self, sentence: str, field: str) -> bool:
        """Tell whether a sentence sounds leading; a yes/no about what is documented may ask plainly (asked.py)."""
        if field == "question" and self.query.response_type == "yes_no":
            called = map(self.knowledge.words_of_concept.get, self.documented_concepts)
            own = self.record_words.union(self._agreeing, *filter(None, called))
            if is_plainly_closed(sentence, self.knowledge.vocabulary("plainly_closed"), own):
                return False
        return self.knowledge.weights.sounds_leading(sentence, field)

    @lazy
    def _bare_words(self) -> frozenset[str]:
        """Words that only ask for or mention what is documented: a sentence of them hints at nothing."""
        sources = [bag(entry.source or "") for entry in self.query.documented]
        called = (self.heard.given, self.other_names, *sources, *self.documented_bags)
        return self.knowledge.vocabulary("bare").union(*called)

    @lazy
    def _covered_in_title(self) -> frozenset[str]:
        """The words of diagnoses in the title that say no more than a documented term does ("lung cancer")."""
        if self.title is None:
            return frozenset()
        names = (self.title.text[hit.start : hit.end] for hit in self.knowledge.term_index.find(self.title.text))
        return frozenset[str]().union(*(bag(name) for name in names if self.covered(name)))

    @lazy
    def other_names(self) -> frozenset[str]:
        """The words by which the documented conditions are called as well, none of them finer."""
        called = self.knowledge.words_of_concept
        conditions = (called.get(concept, frozenset()) for concept in self.documented_concepts)
        return frozenset[str]().union(*conditions) - self._finer_words

    @lazy
    def _inherent_words(self) -> frozenset[str]:
        """The words of the documented conditions' full names, where all of them have them: CKD is chronic."""
        inherent = self.knowledge.inherent_words
        return frozenset[str]().union(*(inherent.get(concept, frozenset()) for concept in self.documented_concepts))

    @lazy
    def _measure_names(self) -> frozenset[str]:
        """The words by which the kinds of what is shown are called as well."""
        words_of_kind = self.knowledge.words_of_kind
        return frozenset[str]().union(*map(words_of_kind, self.heard.kinds)) - self._finer_words

    @lazy
    def _finer_words(self) -> frozenset[str]:
        return self.knowledge.words_of("finer", "specificity")

    @lazy
    def _category_words(self) -> frozenset[str]:
        """Words that a query of this category may use, because it asks about just that (a complication, the acuity)."""
        return self.knowledge.vocabularies.get(f"asking_{self.query.category}", frozenset())

    def _own_words(self, field: str) -> frozenset[str]:
        """Words that are neutral in this field alone."""
        return self.knowledge.language.own.get(field, frozenset())

    def _grounds(self, field: str) -> frozenset[str]:
        language = self.knowledge.language
        # a statement of what was ordered or given says that it stands among the orders
        asking = language.asking.union(*self.documented_bags, self.heard.given)
        return {"title": frozenset[str](), "footer": language.footing, "question": asking}.get(field, language.sourced)

    def proven(self, field: str, place: int) -> bool:
        """Tell whether a place of title, context, question or footer stands in a sentence that is proven neutral."""
        if field == "title":
            return not self.title_doubts
        text = next((text for text in self.prose if text.field == field), None)
        if text is None:
            return False
        doubted = [doubt.span[0] for found, doubt in self.doubts if found.field == field]
        around = sentence_at(text.text, place) or (0, 0)
        return not any(around[0] <= start < around[1] for start in doubted)

    @lazy
    def spoken_words(self) -> frozenset[str]:
        """Words of the documented terms, of the indicators' names and of quotations: the record's own abbreviations."""
        return self.heard.names.union(self.heard.quoted, *self.documented_bags)

    @lazy
    def documented_concepts(self) -> frozenset[str]:
        """The diagnoses that stand in the record, with the less specific ones that they include."""
        return frozenset[str]().union(*self.concepts_by_term)

    @lazy
    def concepts_by_term(self) -> tuple[frozenset[str], ...]:
        """The diagnoses of each documented term that a provider wrote and did not deny."""
        return tuple(self.knowledge.standing_concepts(term) for term in self.provider_terms)

    @lazy
    def provider_terms(self) -> tuple[str, ...]:
        """The documented terms that a provider wrote and did not deny."""
        return tuple(
            entry.term
            for entry in self.query.documented
            if entry.author_role not in self.knowledge.non_providers and not self._denies(entry.term)
        )

    def _denies(self, term: str) -> bool:
        return bool(bag(without_negative_kinds(term)) & self.knowledge.vocabulary("denial"))

    @lazy
    def shown_concepts(self) -> frozenset[str]:
        """Diagnoses that are shown without being documented: in an indicator, denied, or written by a non-provider."""
        return self.heard.concepts.union(*[self.knowledge.concepts(entry.term) for entry in self.query.documented])

    @lazy
    def offered_concepts(self) -> frozenset[str]:
        """Diagnoses that the answers name with evidence."""
        answers = [option.text for option in self.query.options if option.kind == "clinical" and option.evidence]
        return frozenset[str]().union(*map(self.knowledge.concepts, answers))

    def covered(self, name: str) -> bool:
        """Tell whether a provider's term says what `name` says, in other words or more of them."""
        return any(covers(term, name, self.knowledge.speech) for term in self.provider_terms) or measures_alike(
            name, self.documented_bags
        )

    def new_diagnoses(self, text: Passage) -> Iterator[Hit[Term]]:
        """Yield diagnoses in the author's own words that nobody has documented."""
        signed = signatories(text.text)
        for hit in self.knowledge.term_index.find(text.text, text.words, overlapping=False):
            if hit.payload.concept in self.documented_concepts or not text.authored(hit.start):
                continue
            if self.covered(text.text[hit.start : hit.end]) or (hit.start, hit.end) in signed:
                continue
            if not self.approved(text.field, hit.start) and not self.cites(text.field, hit.start):
                yield hit

    def documents(self, phrase: str) -> bool:
        """Tell whether `phrase` is a documented term or a less specific form of one.

        Words that make a statement uncertain, negated or historical may not be dropped.
        """
        asked = bag(phrase) - self.knowledge.vocabulary("joining")
        qualifiers = self.knowledge.vocabulary("qualifier")
        return bool(asked) and any(asked <= term and not (term & qualifiers) - asked for term in self.documented_bags)

    @lazy
    def topic_words(self) -> frozenset[str]:
        """Words that a neutral description of this query's findings may hold."""
        return self.indicator_name_words | self.knowledge.describing_words

    def neutral(self, phrase: str) -> bool:
        """Tell whether `phrase` only describes findings: topic words, indicator names, numbers, documented terms."""
        rest = {word for word in bag(phrase) - self.topic_words if not word.isdigit()}
        return not rest or any(rest <= term for term in self.documented_bags)
