"""R-04, R-08: the linked indicators can clinically support each option."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from compliance.anchors import speaks_for_its_kind
from compliance.asked import RELATIONS, in_full
from compliance.bearing import Linked, Told, told
from compliance.choices import Choice, sides_of
from compliance.contrast import silent_answers
from compliance.criteria import Support, contradicts_documented, found_by, refutes_cause, supports_new
from compliance.entries import Criterion
from compliance.findings import block, review
from compliance.fitting import (
    TAKE_OUT,
    denies,
    fits_family,
    grown_in,
    organism_support,
    other_side_only,
    refuted,
    refuted_by_linked,
    shows_denials_alone,
    step_contradicted,
    systems_of,
    unseen_agents,
    unseen_drugs,
    word_contradicted,
)
from compliance.indicators import Shown
from compliance.lazy import lazy
from compliance.one_side import all_tell_the_other_side, lies_on_the_other_side, only_side
from compliance.reading import Reading
from compliance.sites import Fit
from compliance.spans import over_sooner
from compliance.text import bag
from schemas.check import CheckOption, Finding

_READINGS_OF_THE_RECORD = frozenset({"conflict", "present_on_admission", "laterality", "procedure", "status"})
_SIDE_IS_ASKED = frozenset({"laterality", "conflict", "procedure"})
_SIDES = frozenset({"left", "right", "bilateral", "both", "sides", "bilaterally"})
_CROSSED = frozenset(
    {"stroke", "cva", "infarct", "infarction", "cerebral", "mca", "aca", "pca", "brain", "intracerebral", "lacunar"}
)
_SLIGHT = frozenset({"mild", "minimal", "slight"})
_ALL_OF_THEM = re.compile(r"\b(?:both|all|combination|either)\b.{0,20}\b(?:above|these|conditions|causes|factors)\b")
_JOINED_BY = re.compile(r"\b(?:due to|from|secondary to|caused by|with|without|following|after)\b")
_BARE = 3  # words of an option that names a type alone
_NAMING = re.compile(r"[a-z]{4,}")
_OF_THE_SITE = {"present_on_admission": "R-21", "laterality": "R-04", "stage": "R-04", "status": "R-04"}
_SAID_TO_CONFLICT = frozenset({"conflict", "clinical_validation", "present_on_admission", "status"})
_OF_EITHER_SIDE = frozenset({"clinical_validation"})  # there, what speaks against is linked, too
_STATEMENTS = frozenset({"conflict", "procedure"})
_WORST_FIRST = (Support.NONE, Support.UNKNOWN, Support.THIN)


def evidence_supports(reading: Reading) -> Iterator[Finding]:
    """R-04 and R-08: no option stands on evidence that contradicts it or cannot support it."""
    if not reading.clinical_options or not reading.rows:
        return
    record, silent = Record(reading), silent_answers(reading)
    for place, option in reading.clinical_options:
        rows = _rows(reading, option)
        linked = [record.shown[row] for row in rows]
        field = f"options[{place}].evidence"
        found = list(_judged(record, field, option, linked, record.treats(rows))) if rows else []
        if not any(one.severity == "block" for one in found) and record.shows_the_other_side(option.text, rows):
            message = "What is linked shows it on the other side."
            found = [block("R-04", field, message, TAKE_OUT)]
        yield from found
        if place in silent and not found:
            message = "All that is linked to this option alone is normal, negative or not given."
            yield review("R-04", f"options[{place}].evidence", message, TAKE_OUT)
        elif not found and record.falls_short(option.text, rows):
            message = "What is linked looks like findings that do not bear this answer."
            yield review("R-04", field, message, "Link what speaks for it, or let a second person judge.")


def findings_are_of_the_site(reading: Reading) -> Iterator[Finding]:
    """R-21, R-04: what is shown of a documented condition is of its own part of the body, side and organ."""
    rule = _OF_THE_SITE.get(reading.query.category)
    terms = [term.lower() for term in reading.provider_terms]
    if rule is None or len(terms) != 1 or not reading.rows:
        return
    sites, record = reading.knowledge.sites, Record(reading)
    part = sites.part_fit(terms[0], [one.text for one in record.shown])
    # A film that tells of the very part ("pelvis: right hip effusion") is of its organ, too.
    fits = (part, Fit.ANYWHERE if part is Fit.HERE else sites.organ_fit(_head(terms[0]), record.shown))
    choice = reading.knowledge.choices.read(terms[0])
    if not {Fit.ELSEWHERE, Fit.PARTLY_ELSEWHERE}.isdisjoint(fits) or other_side_only(choice, record.shown, asked=False):
        message = "What is shown is of another part of the body than the documented condition."
        yield review(rule, "indicators", message, "Show findings of the site that is documented.")


def _sides(shown: Iterable[Shown]) -> frozenset[str]:
    """Return the sides that indicators name."""
    return frozenset[str]().union(*(sides_of(one.said) for one in shown))


def _rows(reading: Reading, option: CheckOption) -> tuple[int, ...]:
    """Return the positions of what is linked to an option, each finding once, however often it is shown or linked."""
    count = len(reading.rows)
    first = reading.first_rows
    return tuple(dict.fromkeys([first[row] for row in option.evidence if 0 <= row < count]))


def _judged(record: Record, field: str, option: CheckOption, linked: list[Shown], treated: bool) -> Iterator[Finding]:
    choice = record.reading.knowledge.choices.read(option.text)
    fit = record.fit(option.text, choice, linked)
    fault = record.fault(option.text, choice, linked, fit)
    judged = Support.NONE if fault else record.support(option.text, choice, linked, fit)
    if judged is Support.FULL and treated and not (choice.negative or choice.lesser):
        judged = Support.THIN  # what was given shows that something was treated, not what it was
    if judged is Support.NONE:
        message = fault or "The linked indicators cannot support this option."
        yield block("R-04", field, message, TAKE_OUT)
        yield block("R-08", field, message, TAKE_OUT)
    elif judged is Support.UNKNOWN:
        message = "Whether the evidence supports this option cannot be told."
        yield review("R-04", field, message, "Let a second person judge the evidence.")
    elif judged is Support.FULL and record.denied_alone(choice, linked):
        message = "All that is linked denies something, and says nothing of this option."
        yield review("R-04", field, message, "Link the finding that speaks for it, or let a second person judge.")
    elif judged is Support.THIN:
        message = "The evidence is thinner than the definition asks for."
        yield review("R-04", field, message, "Show what is missing, or let a second person approve.")


@lru_cache(maxsize=4096)
def _head(option: str) -> str:
    """Return an option without what it comes from or comes with."""
    return _JOINED_BY.split(option, maxsplit=1)[0]


@dataclass(frozen=True)
class Record:
    """A query's record as its options are judged by: indicators as read, and the criteria that are documented."""

    reading: Reading

    @lazy
    def shown(self) -> tuple[Shown, ...]:
        """The indicators as read."""
        return self.reading.shown

    @lazy
    def told(self) -> tuple[Told, ...]:
        """The indicators as they are weighed."""
        return tuple([told(row.name, row.value, row.unit, row.shown) for row in self.reading.rows])

    def falls_short(self, text: str, rows: Iterable[int]) -> bool:
        """Tell whether rows look like such as do not bear an option.

        Nobody asks where the house says what bears it, and where normal findings may speak for it.
        """
        choice = self.reading.knowledge.choices.read(text)
        if choice.negative or choice.lesser or self.reading.query.category in _READINGS_OF_THE_RECORD:
            return False
        if any(map(self._is_of_the_house, choice.affirmed)):
            return False
        documented = " / ".join([entry.term for entry in self.reading.query.documented])
        linked = Linked(documented, text, tuple([self.told[row] for row in rows]))
        return bool(linked.findings) and self.reading.knowledge.evidence_weights.fall_short(linked)

    def _is_of_the_house(self, name: str) -> bool:
        """Tell whether the house itself says what a condition that nobody documented stands on."""
        criterion = self.reading.knowledge.criteria_by_id[name]
        return name not in self.documented and (criterion.own or bool(criterion.definitions))

    @lazy
    def current(self) -> tuple[Shown, ...]:
        """What is shown of this encounter."""
        return tuple([row.shown for row in self.reading.current])

    def shows_the_other_side(self, text: str, rows: Iterable[int]) -> bool:
        """Tell whether what is abnormal in findings of both sides is on the other side than an option's condition."""
        sides = self.reading.knowledge.choices.read(text).sides
        if not sides and len(self.reading.query.documented) == 1 and self.reading.query.category != "status":
            sides = sides_of(self.terms)
        side = only_side(sides)
        if side is None or self.reading.query.category in _STATEMENTS or _CROSSED & (self.term_words | bag(text)):
            return False
        return lies_on_the_other_side(side, [self.reading.rows[row] for row in rows], self.reading.knowledge.reader)

    def treats(self, rows: Iterable[int]) -> bool:
        """Tell whether rows show nothing but treatment, where a new condition is asked for."""
        return self.reading.asks_for_new_condition and all(map(self._treats, rows))

    def _treats(self, row: int) -> bool:
        knowledge, kinds = self.reading.knowledge, self.shown[row].kinds
        if kinds:
            return all(knowledge.indicators.kinds.get(kind) == "therapies" for kind in kinds)
        return bool(self.reading.rows[row].source_words & knowledge.vocabulary("order_source"))

    @lazy
    def documented(self) -> frozenset[str]:
        """The criteria, by id, of which a documented term speaks."""
        choices, terms = self.reading.knowledge.choices, [entry.term for entry in self.reading.query.documented]
        said = frozenset(name for one in map(choices.read, terms) for name in (*one.affirmed, *one.causes))
        return said.union(*(choices.named(term) - choices.read(term).denied for term in terms)) if said else said

    def denied_alone(self, choice: Choice, linked: list[Shown]) -> bool:
        """Tell whether an option stands on denials alone. Not so where the query asks whether something is over, or
        where an approved template says which evidence supports the option.
        """
        known = self.reading.knowledge.criteria_by_id
        if self.reading.query.category == "status" or any(known[name].own for name in choice.affirmed):
            return False
        return shows_denials_alone(choice, linked, self.terms)

    @lazy
    def terms(self) -> str:
        """The documented terms in lower case."""
        return " | ".join([entry.term for entry in self.reading.query.documented]).lower()

    @lazy
    def term_words(self) -> frozenset[str]:
        """The words of the documented terms."""
        return bag(self.terms)

    @lazy
    def text(self) -> str:
        """The documented terms, the question and the indicators in lower case."""
        return " | ".join((self.terms, self.reading.query.question.lower(), *[one.text for one in self.shown]))

    @lazy
    def given(self) -> tuple[str, frozenset[str]]:
        """The text and the classes of all but what is said not to be there: "anticoagulants: none" blames none."""
        there = [one for one in self.shown if one.said or not one.unsaid]
        said = (self.terms, self.reading.query.question.lower(), *[one.text for one in there])
        return " | ".join(said), frozenset[str]().union(*[one.kinds for one in there])

    @lazy
    def kinds(self) -> frozenset[str]:
        """The classes of all indicators."""
        return frozenset[str]().union(*[one.kinds for one in self.shown])

    @lazy
    def differs_in_side(self) -> bool:
        """Whether the answers differ in their side alone, or the query asks for it."""
        if self.reading.query.category in _SIDE_IS_ASKED:
            return True
        without = [bag(option.text) - _SIDES for _, option in self.reading.clinical_options]
        return len(without) > 1 and len(set(without)) == 1

    def fault(self, text: str, choice: Choice, linked: list[Shown], fit: Fit) -> str | None:
        """Say what in the evidence contradicts an option's side, organism, site or stage, if anything does."""
        knowledge = self.reading.knowledge
        asked = bool(choice.sides) and self._asks_for_the_side(choice)
        if asked and "both" in choice.sides and len(_sides(self.shown)) == 1:
            return "What is shown names one side only."
        if other_side_only(choice, linked, asked=asked) or self._rests_on_the_other_side(choice, linked):
            return "The linked indicators name the other side only."
        if (
            choice.organisms
            and not choice.negative
            and any(organism_support(name, linked, self.terms, knowledge) is Support.NONE for name in choice.organisms)
        ):
            return "No linked indicator shows this organism."
        if over_sooner(text, linked):
            return "The times that are shown lie closer together than this duration."
        if fit is Fit.ELSEWHERE:
            return "The linked indicators come from another organ or part of the body."
        return self._contradiction(text, choice, linked)

    @lazy
    def side(self) -> str | None:
        """The one side of all that is documented, if it has one; what sits in the brain shows on the other side."""
        if self.reading.query.category in _SIDE_IS_ASKED or _CROSSED & self.term_words:
            return None
        sides = {only_side(sides_of(entry.term.lower())) for entry in self.reading.query.documented}
        return sides.pop() if len(sides) == 1 else None

    def _rests_on_the_other_side(self, choice: Choice, linked: list[Shown]) -> bool:
        """Tell whether an option without a side rests on the side alone that is not the documented one."""
        if self.side is None or choice.sides or choice.negative or _CROSSED & choice.words:
            return False
        return all_tell_the_other_side(self.side, [one.text for one in linked])

    def _blames_the_other_side(self, choice: Choice) -> bool:
        """Tell whether an option blames something on the side that is not the documented one."""
        if self.side is None or self.reading.query.category not in RELATIONS or choice.negative:
            return False
        return bool(choice.sides) and not choice.sides & {self.side, "both"} and not _CROSSED & choice.words

    def _contradiction(self, text: str, choice: Choice, linked: list[Shown]) -> str | None:
        """Say what is shown that contradicts an option's stage, condition or type, if anything does."""
        if (choice.steps or choice.depths) and self._other_stage(choice, linked):
            return "What is shown contradicts this stage."
        if self._ruled_out(self._in_full(text, choice), linked):
            return "What is shown rules this out."
        return "What is shown contradicts this type." if self._other_type(text, choice, linked) else None

    def _in_full(self, text: str, choice: Choice) -> Choice:
        """Return an option with what rules out its kind of the documented condition as well."""
        read = self.reading.knowledge.choices.read
        each = (choice, *(read(full) for full in in_full(self.reading, text)))
        return choice._replace(refutable=tuple(dict.fromkeys(entry for one in each for entry in one.refutable)))

    def _ruled_out(self, choice: Choice, linked: list[Shown]) -> bool:
        """Tell whether something in the record, or the very findings that are linked, rules the option out."""
        category, scope = self.reading.query.category, choice.words | self.term_words
        if category not in _SAID_TO_CONFLICT and refuted(choice, scope, self.current, self.terms):
            criteria, families = self.reading.knowledge.criteria_by_id, self.reading.knowledge.indicators.kinds
            if not any(found_by(criteria[name], linked, families) for name in choice.affirmed):
                return True
        return category not in _OF_EITHER_SIDE and refuted_by_linked(choice, scope, linked, self.terms)

    def _other_stage(self, choice: Choice, linked: list[Shown]) -> bool:
        """Tell whether the stage, class, degree or depth that an option names is contradicted by what is shown."""
        scope, knowledge = choice.words | self.term_words, self.reading.knowledge
        return step_contradicted(choice, scope, linked, knowledge) or word_contradicted(
            choice, scope, linked, knowledge
        )

    def fit(self, text: str, choice: Choice, linked: list[Shown]) -> Fit:
        """Tell whether what is linked comes from where the option's condition sits; denials sit nowhere."""
        if choice.negative or self.reading.query.category in _STATEMENTS:
            return Fit.ANYWHERE
        sites, said = self.reading.knowledge.sites, text.lower()
        parts = sites.part_fit(said, [one.text for one in linked])
        return max(parts, self._organ_fit(_head(said), linked))

    def _organ_fit(self, condition: str, linked: list[Shown]) -> Fit:
        """Judge by organs. What is documented needs no proof; where its cause is asked, findings are of the cause."""
        sites = self.reading.knowledge.sites
        fit = sites.organ_fit(condition, linked)
        if not sites.organs_of(condition) & sites.organs_of(self.terms):
            return fit
        if self.reading.query.category in RELATIONS:
            return Fit.ANYWHERE
        return Fit.PARTLY_ELSEWHERE if fit is Fit.ELSEWHERE else fit

    def _organism_from_elsewhere(self, text: str, choice: Choice, linked: list[Shown]) -> bool:
        """Tell whether an organism grew in specimens of other organs alone."""
        if not choice.organisms or choice.negative:
            return False
        sites, organs = self.reading.knowledge.sites, self.reading.knowledge.sites.organs_of(_head(text.lower()))
        if not organs:
            return False
        for name in choice.organisms:
            grown = [sites.sources_of(one) for one in grown_in(name, linked, self.reading.knowledge)]
            if grown and all(places and not places & organs for places in grown):
                return True
        return False

    def _other_type(self, text: str, choice: Choice, linked: list[Shown]) -> bool:
        """Tell whether a bare type ("Type 1") of the documented condition is contradicted by what is shown."""
        if choice.affirmed or choice.negative or len(choice.words) > _BARE:
            return False
        knowledge = self.reading.knowledge
        for term in self.reading.provider_terms:
            for name in knowledge.choices.read(f"{text} {term}").affirmed:
                if name not in self.documented and contradicts_documented(
                    knowledge.criteria_by_id[name], linked, self.shown
                ):
                    return True
        return False

    def _asks_for_the_side(self, choice: Choice) -> bool:
        """Tell whether the answers differ in their side; what sits in the brain shows on the other side."""
        crossed = _CROSSED & choice.words or _CROSSED & self.term_words
        return not crossed and self.differs_in_side

    def support(self, text: str, choice: Choice, linked: list[Shown], fit: Fit) -> Support:
        """Judge an option by its criteria, or by what can inform its family. What denies it does not support it."""
        if not choice.affirmed and _ALL_OF_THEM.search(text.lower()):
            return Support.FULL  # each of them is judged where it stands
        if (fit is Fit.PARTLY_ELSEWHERE and not choice.lesser) or self._organism_from_elsewhere(text, choice, linked):
            return Support.UNKNOWN
        if self._blames_the_other_side(choice):
            return Support.UNKNOWN
        if self.reading.query.category == "laterality" and choice.sides and _sides(self.shown) and not _sides(linked):
            return Support.UNKNOWN
        if not choice.negative and self.reading.query.category not in _READINGS_OF_THE_RECORD:
            speaking = [one for one in linked if not denies(choice, one, self.shown, self.terms)]
            if len(speaking) < len(linked):
                return self._support(text, choice, speaking) if speaking else Support.NONE
        return self._support(text, choice, linked)

    def _support(self, text: str, choice: Choice, linked: list[Shown]) -> Support:
        knowledge = self.reading.knowledge
        own = knowledge.criterion_of(text)
        joined = tuple(name for name in choice.joined if name not in self.documented)
        affirmed = (own.id,) if own is not None else (*choice.affirmed, *joined)
        judged = [self._by_criterion(knowledge.criteria_by_id[name], text, choice, linked) for name in affirmed]
        causes = (knowledge.criteria_by_id[name] for name in choice.causes if name not in self.documented)
        if any(refutes_cause(one, linked, self.shown) for one in causes) or self._blames_the_unseen(choice):
            judged.append(Support.UNKNOWN)
        if self._blames_a_growth(text):
            judged.append(Support.NONE)
        if affirmed and self.documented.issuperset(affirmed):
            judged.append(self._of_the_record(choice, linked))
        if judged or choice.negative or (choice.organisms and not self._is_new(text)):
            return next((worst for worst in _WORST_FIRST if worst in judged), Support.FULL)
        return self._by_family(text, choice, linked) if self._is_new(text) else self._of_the_record(choice, linked)

    def _expects_findings(self, choice: Choice) -> bool:
        """Tell whether normal findings alone speak for nothing that an option says."""
        of_the_record = self.reading.query.category in _READINGS_OF_THE_RECORD
        return not (choice.negative or choice.lesser or of_the_record or self._is_quiet(choice))

    def _is_quiet(self, choice: Choice) -> bool:
        """Tell whether an option is a mild, former or chronic reading, for which normal findings do speak."""
        return bool(self.reading.knowledge.affinities.quiet & choice.words)

    def _blames_a_growth(self, text: str) -> bool:
        """Tell whether an option blames a tumor that nobody documented and that no finding is about."""
        reading = self.reading
        cause = _JOINED_BY.split(text, maxsplit=1)[1:]
        hits = reading.knowledge.term_index.find(cause[0], overlapping=False) if cause else ()
        blamed = {hit.payload.concept for hit in hits if "neoplasm" in hit.payload.systems}
        if not blamed or any("neoplasm" in hit.payload.systems for hit in reading.knowledge.term_index.find(self.text)):
            return False
        return self.kinds.isdisjoint(reading.knowledge.affinities.families["neoplasm"].classes)

    def _blames_the_unseen(self, choice: Choice) -> bool:
        if not choice.agents and not choice.drugs:
            return False
        knowledge = self.reading.knowledge
        text, kinds = self.given
        return any(unseen_agents(choice, text, kinds, knowledge)) or any(unseen_drugs(choice, text, kinds, knowledge))

    def _of_the_record(self, choice: Choice, linked: list[Shown]) -> Support:
        """Judge a reading of what is documented: only a list of normal findings does not speak for it."""
        if self._expects_findings(choice) and all(one.quiet for one in linked):
            return Support.UNKNOWN
        return Support.FULL

    def _by_criterion(self, criterion: Criterion, text: str, choice: Choice, linked: list[Shown]) -> Support:
        if criterion.soft or criterion.id in self.documented:
            questioned = criterion.id in self.documented and self.reading.query.category in _OF_EITHER_SIDE
            if not questioned and contradicts_documented(criterion, linked, self.shown):
                return Support.NONE
            nothing = criterion.soft and not choice.lesser and all(one.quiet for one in linked)
            return Support.UNKNOWN if nothing and self.reading.asks_for_new_condition else Support.FULL
        judged = supports_new(criterion, linked, self.shown, self.reading.documented_concepts)
        if judged is Support.NONE and (choice.lesser or self._is_quiet(choice)):
            return Support.FULL if all(one.quiet for one in linked) else Support.UNKNOWN
        if judged is Support.THIN and (choice.lesser or choice.words & _SLIGHT):
            return Support.FULL  # the lesser reading asks for less
        if judged is Support.UNKNOWN:
            by_family = self._by_family(text, choice, linked)
            defined = criterion.needs or criterion.wanted > 1
            return Support.THIN if by_family is Support.NONE or defined else by_family
        return judged

    def _by_family(self, text: str, choice: Choice, linked: list[Shown]) -> Support:
        fit = fits_family(choice, systems_of(text, self.reading.knowledge), linked, self.reading.knowledge)
        return Support.FULL if fit is Support.UNKNOWN and speaks_for_its_kind(self.reading, text, linked) else fit

    def _is_new(self, text: str) -> bool:
        """Tell whether an option names a condition that nobody documented, and no finer form of a documented one."""
        if self.reading.asks_for_new_condition:
            return True
        index = self.reading.knowledge.term_index
        hits = [hit.payload for hit in index.find(text, overlapping=False)]
        strange = [term for term in hits if term.concept not in self.reading.documented_concepts]
        if not strange or any(word in self.terms for word in _NAMING.findall(text.lower())):
            return False
        documented = systems_of(self.terms, self.reading.knowledge)
        return not documented.intersection(system for term in strange for system in term.systems)
