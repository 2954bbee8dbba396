"""The words that a provider sees: approved or held, never leading (R-02, R-03, R-11, R-16, R-18 to R-20, R-35)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from compliance.entries import Term, Wording
from compliance.findings import block, graded, review
from compliance.knowledge import Knowledge
from compliance.phrases import Hit
from compliance.reading import Passage, Reading, passage
from compliance.rows import Row
from compliance.text import CAPITALS, Span, Word, bag, covered, inside, sentence_at, sentences
from compliance.write_in import write_ins
from schemas.check import Finding
from schemas.vocabulary import Severity

_MARKUP = re.compile(
    r"\*\*|__(?=[A-Za-z0-9])|</?[a-z][^<>]{0,60}>|`|[→➔➜⇒←☑☒✓✔★☆►▶❗‼✅👉👍👎]"
    r"|(?<!\d )(?<!\d)(?:->|=>|<-)|!|\[\s*[xX✓]?\s*\]|\(\s*[xX•]\s*\)|[\U0001F300-\U0001FAFF]"
)
_WHETHER = re.compile(r"\bwhether\b[^.?!]{0,60}$", re.IGNORECASE)
# A detail ends its clause, or it is said where its findings stand.
_ENDS_HERE = re.compile(r"\s*(?:$|[.?]|, if |; [^.?!]{3,80}\b(?:shown|listed|below|attached)\b)", re.IGNORECASE)
_COMING_WITH = re.compile(r"(?<!with or )\b(?:with|without) (?!or )([^:;,.]{3,60})", re.IGNORECASE)
_OR_NOT = re.compile(r"[^.?!]{0,40}\b(?:or (?:was |is |were |are |did |does )?not|or absent)\b", re.IGNORECASE)
_READ_VALUE = re.compile(
    r"\b(?:low|high|elevated|raised|increased|decreased|reduced|falling|rising|dropping|climbing)"
    r" ((?:(?:blood|serum|body) )?[a-z]{3,20})",
    re.IGNORECASE,
)
_REPLYING = frozenset({"reply", "answer", "respond"})
_PRESSING = frozenset({"R-18", "R-19", "R-20"})
_WRITTEN_IN = frozenset({"other", "yes"})
_LISTING = frozenset({"or", "whether", "versus", "vs", "either", "neither"})
_ASKING = frozenset({"coder", "cdi", "cdi_specialist", "physician_advisor"})
_OF_THE_OFFICE = frozenset({"coder", "coding", "billing", "quality", "documentation", "clinical", "cdi", "specialist"})
_NUMBERED_FORM = re.compile(r"\b[A-Z]{2,12}(?:-[A-Z]{2,12}){0,3}-\d{1,4}\b")
# "CC at check-in: ..." is a chief complaint where a quotation of it follows.
_COMPLAINT = re.compile(r"(?: (?:at|on|in|per|from) [^.;:\"“]{2,40})?(?:: ?| ?\([^()]{2,40}\):? ?| )[\"“]")
_OF_THE_AUTHOR = re.compile(
    r"\b(?:billed|coder|coded|uncoded|unspecified code|see query|meeting (?:[a-z]+ ){0,3}criteria|documented poorly"
    r"|poorly documented|not specific enough"
    r"|(?:needs|missing|lacks|without) (?:type|acuity|specificity|stage|severity))\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[\"“”«»]")


def no_new_diagnosis(reading: Reading) -> Iterator[Finding]:
    """R-02, R-03, R-14, R-16: a diagnosis that nobody documented stands in no title, question, context or footer."""
    for text in reading.prose:
        for hit in reading.new_diagnoses(text):
            if _asked_both_ways(reading, text, hit):
                continue
            for rule in _diagnosis_rules(reading, text.field):
                yield _smuggled(reading, text, (hit.start, hit.end), hit.payload.concept, rule)


def no_short_form_of_a_new_diagnosis(reading: Reading) -> Iterator[Finding]:
    """R-02, R-03: in capitals, a short form that records use for a diagnosis means it until the record shows it."""
    for text in (text for text in (reading.title, reading.question) if text is not None):
        for hit in reading.knowledge.recorded_index.find(text.text, text.words):
            short = text.text[hit.start : hit.end]
            if _is_the_office(reading, short):
                continue
            known = hit.payload.concept in reading.documented_concepts | reading.shown_concepts
            if short.isupper() and short.isalpha() and not known and bag(short).isdisjoint(reading.named_words):
                rule = "R-02" if text is reading.title else "R-03"
                message = "The short form may mean a diagnosis that nobody has documented."
                suggestion = "Describe the findings only, and ask what they represent."
                yield review(rule, text.field, message, suggestion, (hit.start, hit.end))


def _is_the_office(reading: Reading, short: str) -> bool:
    """Tell whether a short form names who asks (CDI), in a record that shows nothing of the disease it may mean too."""
    disease = reading.knowledge.vocabularies.get(f"not_the_office_{short.lower()}")
    return disease is not None and disease.isdisjoint(reading.record_words)


def title_reads_no_value(reading: Reading) -> Iterator[Finding]:
    """R-02: where a new condition is asked for, "low blood sugar" in the heading is that condition in plain words."""
    title = reading.title
    found = _READ_VALUE.search(title.text) if title is not None and reading.asks_for_new_condition else None
    if title is None or found is None or not reading.knowledge.reader.kinds(found.group(1).lower()):
        return
    if bag(found.group()).isdisjoint(reading.documented_words):
        message = "The title says how a value is to be read, which nobody has documented."
        yield review("R-02", "title", message, "Name what was measured, without low or high.", found.span())


def no_relative_time(reading: Reading) -> Iterator[Finding]:
    """R-06: dates are absolute, never "today"."""
    relative = reading.knowledge.vocabulary("relative_time")
    for text in reading.prose:
        for word in text.words if bag(text.text) & relative else ():
            if word.text in relative and text.authored(word.start) and not _says_where_to_reply(text, word):
                yield review("R-06", text.field, "The date is relative.", "Write the date.", (word.start, word.end))


def _says_where_to_reply(text: Passage, word: Word) -> bool:
    """Tell whether a relative date at the foot only says in which note to reply: it dates no finding."""
    around = sentence_at(text.text, word.start) or (0, 0)
    return text.field == "footer" and not bag(text.text[slice(*around)]).isdisjoint(_REPLYING)


def _smuggled(reading: Reading, text: Passage, span: tuple[int, int], concept: str, rule: str) -> Finding:
    message = "The text names a diagnosis that nobody has documented."
    suggestion = "Describe the findings only, and ask what they represent."
    known = concept in reading.shown_concepts or "prior encounter" in text.text.lower()
    known = known or _left_open(text, span) or (text.field == "question" and concept in reading.offered_concepts)
    aside = text.field in ("context", "footer") and not reading.asks_for_new_condition
    return graded("review" if known or aside else "block", rule, text.field, message, suggestion, span)


def _asked_both_ways(reading: Reading, text: Passage, hit: Hit[Term]) -> bool:
    """Tell whether "with or without ..." asks of a documented condition what the answers offer in both ways."""
    if text.field != "question" or reading.asks_for_new_condition:
        return False
    if not text.either_way(hit.start):
        return False
    name = text.text[hit.start : hit.end].lower()
    offered = [option.text.lower() for _, option in reading.clinical_options]
    without = [answer for answer in offered if re.search(rf"\b(?:without|no) {re.escape(name)}\b", answer)]
    return bool(without) and any(name in answer for answer in offered if answer not in without)


def _left_open(text: Passage, span: tuple[int, int]) -> bool:
    """Tell whether a diagnosis is asked in both directions: "whether it was or was not present"."""
    return bool(_WHETHER.search(text.text[: span[0]])) and bool(_OR_NOT.match(text.text[span[1] :]))


def _diagnosis_rules(reading: Reading, field: str) -> tuple[str, ...]:
    if field == "title":
        return ("R-02",)
    if field != "question" or reading.query.response_type == "multiple_choice":
        return ("R-03",)
    if reading.query.response_type == "open_ended":
        return "R-03", "R-16"
    return ("R-21", "R-13") if reading.query.category == "present_on_admission" else ("R-13",)


def title_is_as_documented(reading: Reading) -> Iterator[Finding]:
    """R-02: the heading names a documented condition no more specifically than the record."""
    title = reading.title
    if title is None:
        return
    if _finer(reading, title) or _staged(reading, title) or _names_an_answer(reading, title):
        message = "The title is more specific than the record."
        yield block("R-02", "title", message, "Name the condition as it is documented.")
    elif degrees := _degrees(reading, title):
        message = "The title says how severe or how lasting a condition is, or judges it."
        firm = next((word for word in degrees if not _may_mean_otherwise(reading, title, word)), None)
        severity: Severity = "block" if firm else "review"
        word = firm or degrees[0]
        suggestion = "Name the condition as it is documented."
        yield graded(severity, "R-02", "title", message, suggestion, (word.start, word.end))
    elif _is_more_certain(reading, title):
        message = "The title is more certain than the record: what is only suspected is not documented."
        suggestion = "Name the condition as it is documented, with its possible or probable."
        of_standing = bag(title.text) & reading.knowledge.vocabulary("standing")
        yield graded("review" if of_standing else "block", "R-02", "title", message, suggestion)


def _named(reading: Reading, title: Passage) -> Iterator[Hit[Term]]:
    for hit in reading.knowledge.term_index.find(title.text, title.words, overlapping=False):
        if hit.payload.concept in reading.documented_concepts:
            yield hit


def _finer(reading: Reading, title: Passage) -> bool:
    """Tell whether words beside a documented diagnosis make it more specific than any documented term."""
    named = tuple(_named(reading, title))
    own = frozenset(word.text for hit in named for word in title.words[hit.first : hit.last + 1])
    for hit in named:
        before = title.words[max(0, hit.first - 2) : hit.first]
        after = title.words[hit.last + 1 : hit.last + 2] if _goes_on(title, hit) else ()
        finer = frozenset(word.text for word in (*before, *after)) & reading.knowledge.vocabulary("specificity")
        if finer - own and not reading.documents(" ".join((*finer, title.text[hit.start : hit.end]))):
            return True
    return False


def _degrees(reading: Reading, title: Passage) -> tuple[Word, ...]:
    """Return the words of degree, course, condition or judgment of a title that no documented term has.

    Those of a topic of charts are none ("missing page 3", "anion gap").
    """
    telling = reading.knowledge.words_of("title_degree", "title_condition")
    judging = telling.difference(reading.named_words, *reading.documented_bags) & bag(title.text)
    phrases = reading.knowledge.language.topical(title.text) if judging else ()
    return tuple(word for word in title.words if word.text in judging and not covered((word.start, word.end), phrases))


def _may_mean_otherwise(reading: Reading, title: Passage, word: Word) -> bool:
    """Tell whether a word of degree may be none: quoted, asked in both ways, or of a second sense and no condition."""
    both_ways = rf"\b(?:{word.text} or not|non-?{word.text})\b"
    if not title.authored(word.start) or re.search(both_ways, title.text, re.IGNORECASE):
        return True
    knowledge = reading.knowledge
    return (
        word.text in knowledge.vocabulary("of_two_senses")
        and bag(title.text).isdisjoint(knowledge.language.lacked)
        and not any(knowledge.term_index.find(title.text, title.words))
    )


def _is_more_certain(reading: Reading, title: Passage) -> bool:
    """Tell whether the title drops the doubt of a condition that no term documents without it, or settles it."""
    doubting, said = reading.knowledge.vocabulary("doubting"), bag(title.text)
    terms = tuple(zip(reading.concepts_by_term, map(bag, reading.provider_terms), strict=True))
    if not any(term & doubting for _, term in terms):
        return False
    named = {hit.payload.concept for hit in _named(reading, title)}
    doubtful = {one for one in named if all(term & doubting for concepts, term in terms if one in concepts)}
    if said & doubting:
        settled = said & reading.knowledge.vocabulary("settling")
        return bool(doubtful and settled and said.isdisjoint(_LISTING))
    return bool(doubtful)


def _names_an_answer(reading: Reading, title: Passage) -> bool:
    """Tell whether the title says what one answer alone says, and no documented term or finding.

    Behind "with" or "without" any such word counts, elsewhere what a condition is called.
    """
    answers = [bag(option.text) for _, option in reading.clinical_options]
    own = reading.named_words | reading.knowledge.vocabulary("joining")
    said = _COMING_WITH.search(title.text)
    if said is not None:
        new = bag(said.group(1)) - own
        return bool(new) and any(new <= answer for answer in answers)
    called = (bag(title.text) & reading.knowledge.words_of("condition", "course_of_condition")) - own
    return sum(bool(called & answer) for answer in answers) == 1 and bag(title.text).isdisjoint(_LISTING)


def _goes_on(title: Passage, hit: Hit[Term]) -> bool:
    """Tell whether the words after a diagnosis belong to it: no colon or dash parts them from it."""
    following = title.words[hit.last + 1 : hit.last + 2]
    return bool(following) and title.text[hit.end : following[0].start] in (" ", ", ", " (")


def question_names_no_step(reading: Reading) -> Iterator[Finding]:
    """R-03: a question that lets several answers stand says no stage, type or grade that nobody documented."""
    question = reading.question
    if question is None or reading.query.response_type != "multiple_choice" or reading.question_is_approved:
        return
    if bag(question.text).isdisjoint(_LISTING) and _staged(reading, question):
        message = "The question is more specific than the record."
        yield review("R-03", "question", message, "Name the condition as it is documented.")


def _staged(reading: Reading, title: Passage) -> bool:
    """Tell whether the title gives a stage, type, grade or the like that no documented term has."""
    axes, steps = reading.knowledge.words_of("stepped", "scale_name"), reading.knowledge.vocabulary("step")
    return not bag(title.text).isdisjoint(axes) and any(
        axis.text in axes
        and step.text in steps
        and title.text[axis.end : step.start] == " "
        and not any({axis.text, step.text} <= term for term in reading.documented_bags)
        for axis, step in pairwise(title.words)
    )


def options_speak_plainly(reading: Reading) -> Iterator[Finding]:
    """R-03, R-11, R-18 to R-20: no lexicon wording in the options' texts, but where it is what an answer is called."""
    asking = reading.knowledge.vocabulary("write_in")
    for text, option in reading.unproven_options:
        if bag(text.text) <= reading.knowledge.answer_names:
            continue
        written_in = write_ins(text.text, asking) if option.kind in _WRITTEN_IN else ()
        for finding in _worded(reading, text, "options"):
            if not any(finding.span and low <= finding.span[0] < high for low, high in written_in):
                yield finding


def prose_presses_nowhere(reading: Reading) -> Iterator[Finding]:
    """R-03, R-07, R-11, R-18 to R-20, R-22: no lexicon wording in title, context, question and footer."""
    for text in reading.prose:
        yield from _worded(reading, text, "text")


def _worded(reading: Reading, text: Passage, place: str) -> Iterator[Finding]:
    for hit in reading.knowledge.wordings.find(text.text, text.words):
        lexicon = hit.payload.lexicon
        if (
            lexicon.places.isdisjoint((place, text.field))
            or not text.authored(hit.start)
            or harmless(reading, text, hit)
        ):
            continue
        if hit.payload.severity == "review" and reading.proven(text.field, hit.start):
            continue
        if part_of_a_neutral_phrase(reading, text, hit) or _part_of_a_name(reading, text, hit):
            continue
        severity = _severity(reading, text, hit)
        yield graded(severity, lexicon.rule, text.field, lexicon.message, lexicon.suggestion, (hit.start, hit.end))


def _severity(reading: Reading, text: Passage, hit: Hit[Wording]) -> Severity:
    """Return how severe a wording is: one that may be meant otherwise blocks no sentence that sounds neutral."""
    if hit.payload.lexicon.unmistakable:
        return hit.payload.severity
    around = sentence_at(text.text, hit.start)
    spoken = text.text if around is None else text.text[slice(*around)]
    return reading.knowledge.weights.softened(hit.payload.severity, spoken, text.field)


def part_of_a_neutral_phrase(reading: Reading, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a wording is part of a longer neutral phrase ("please add the depth of ..."), or a detail alone."""
    if hit.payload.phrase.endswith(" add") and _adds_a_bare_detail(reading, text, hit):
        return True
    fixed = reading.knowledge.language.fixed.find(text.text, text.words)
    return any(
        one.first <= hit.first and hit.last <= one.last and (one.first, one.last) != (hit.first, hit.last)
        for one in fixed
    )


def _part_of_a_name(reading: Reading, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a wording is part of what a documented condition is called ("inborn error of metabolism")."""
    return covered((hit.start, hit.end), reading.documented_names(text.text))


def _adds_a_bare_detail(reading: Reading, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a detail is asked for by its name and nothing says what it is ("please add the stage.")."""
    following = text.words[hit.last + 1 : hit.last + 3]
    if len(following) < 2 or following[0].text not in ("the", "its"):
        return False
    return following[1].text in reading.knowledge.language.lacked and bool(
        _ENDS_HERE.match(text.text, following[1].end)
    )


def harmless(reading: Reading, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a hit is a collision: an abbreviation that the record uses, or one beside a number (5 cc)."""
    lexicon = hit.payload.lexicon
    if opens_a_slot(text, hit):
        return True
    if lexicon.abbreviation and (bag(hit.payload.phrase) <= reading.spoken_words or _spelled_out(text, hit)):
        return True
    if hit.payload.phrase in lexicon.beside_number:  # "5 cc", and "cc: cardiology" for a copy
        return (
            beside_number(text, hit)
            or text.text[hit.end : hit.end + 1] == ":"
            or not lexicon.beside.isdisjoint(_next_to(text, hit))
            or (hit.payload.phrase == "cc" and bool(_COMPLAINT.match(text.text, hit.end)))
            or _to_a_colleague(reading, text, hit)
        )
    return False


def _next_to(text: Passage, hit: Hit[Wording]) -> Iterator[str]:
    """Yield the words before and after a hit."""
    for word in (*text.words[max(0, hit.first - 1) : hit.first], *text.words[hit.last + 1 : hit.last + 2]):
        yield word.text


def opens_a_slot(text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether a sign of money begins a placeholder ("${name}"), which R-26 names."""
    return text.text[hit.start : hit.end + 1] == "${"


def _to_a_colleague(reading: Reading, text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether "cc" begins a line that says who gets a copy ("cc GI consultant", "cc Dr. Lee")."""
    if hit.payload.phrase != "cc":
        return False
    end = next((end for start, end in sentences(text.text) if start == hit.start), hit.start)
    following = [word.text for word in text.words[hit.last + 1 : hit.last + 4] if word.end <= end]
    to_whom = reading.knowledge.vocabulary("role_word") - _OF_THE_OFFICE
    return bool(following) and (following[0] in ("dr", "drs") or not to_whom.isdisjoint(following))


def _spelled_out(text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether an abbreviation stands in brackets after its words (range of motion (ROM)), or is a name."""
    written = text.text[hit.start : hit.end]
    before = text.words[max(0, hit.first - len(written)) : hit.first]
    if text.text[hit.start - 1 : hit.start] == "(" and "".join(word.text[0] for word in before) == written.lower():
        return True
    follows_name = bool(before) and text.text[before[-1].start].isupper()
    return text.field == "footer" and written.istitle() and follows_name


def beside_number(text: Passage, hit: Hit[Wording]) -> bool:
    """Tell whether the word before or after a hit is a number."""
    before = text.words[hit.first - 1].text if hit.first else ""
    after = text.words[hit.last + 1].text if hit.last + 1 < len(text.words) else ""
    return before.isdigit() or after.isdigit()


def documented_terms_are_terms(reading: Reading) -> Iterator[Finding]:
    """R-18 to R-20: what is shown as documented presses for nothing either; it has a term and a source (R-06)."""
    for place, entry in enumerate(reading.query.documented):
        field = f"documented[{place}].term"
        shown = passage(field, entry.term)
        if shown is None or not (entry.source or "").strip():
            yield review(
                "R-06", field, "The documentation has no term or no source.", "Name the term and its document."
            )
            continue
        if found := _OF_THE_AUTHOR.search(entry.term):
            message = "The documented term holds a remark of the query's author."
            yield review("R-06", field, message, "Name the term as its document has it.", found.span())
        for hit in reading.knowledge.wordings.find(shown.text, shown.words):
            lexicon = hit.payload.lexicon
            pressing = hit.payload.severity == "block" and lexicon.rule in _PRESSING and not lexicon.abbreviation
            if pressing and shown.authored(hit.start):
                yield block(lexicon.rule, field, lexicon.message, lexicon.suggestion, (hit.start, hit.end))


def names_quote_nothing(row: Row, _knowledge: Knowledge) -> Iterator[Finding]:
    """R-07: a name, a unit and a source carry no quotation, and nobody of the office is quoted as a source."""
    if row.quoted and row.author_role in _ASKING:
        message = "Somebody who asks is quoted as if he had found it."
        yield review("R-07", "author_role", message, "Quote those who treat the patient.")
    for name, text in row.parts:
        if name != "value" and _MARKS.search(text):
            message = "A quotation stands where only a name belongs."
            yield review("R-07", name, message, "Name it plainly; quote in the value.")


def nothing_signals(reading: Reading) -> Iterator[Finding]:
    """R-11: plain text everywhere: no markup, arrows, ticks, emoji, exclamation marks or shouted words."""
    for text in (*reading.prose, *reading.option_texts):
        yield from signals(reading, text)


def signals(reading: Reading, text: Passage) -> Iterator[Finding]:
    """Yield what stands out in a text."""
    if not _stands_out(text.text):
        return
    for found in _MARKUP.finditer(text.text):
        if text.authored(found.start()):
            message = "A sign makes part of the text stand out."
            yield block("R-11", text.field, message, "Write plain text.", found.span())
    forms = tuple(found.span() for found in _NUMBERED_FORM.finditer(text.text)) if text.field == "footer" else ()
    for found in CAPITALS.finditer(text.text):
        if text.authored(found.start()) and not inside(found.start(), forms):
            yield from _shouted(reading, text, found)


@lru_cache(maxsize=4096)
def _stands_out(text: str) -> bool:
    """Tell whether a text may hold what `signals` looks for."""
    return bool(_MARKUP.search(text) or CAPITALS.search(text))


def _shouted(reading: Reading, text: Passage, found: re.Match[str]) -> Iterator[Finding]:
    word = found.group().lower()
    knowledge = reading.knowledge
    if word in knowledge.words_of("allowed_capitals", "credential") or _stands_in_the_record(reading, found.group()):
        return
    plain = word in knowledge.words_of("specificity", "topic", "joining")
    named = plain or word in knowledge.long_words_of_terms
    if not named and word not in knowledge.language.ordinary:  # an abbreviation or a number, no word that is shouted
        return
    severity: Severity = "block" if named else "review"
    yield graded(
        severity, "R-11", text.field, "Capital letters single out a word.", "Write it in lower case.", found.span()
    )


def _stands_in_the_record(reading: Reading, written: str) -> bool:
    return written in reading.heard.capitals or any(
        written in entry.term or written in (entry.source or "") for entry in reading.query.documented
    )


def no_codes(reading: Reading) -> Iterator[Finding]:
    """R-18: no code of a code set is visible, in the author's words or in those of the record."""
    codes = reading.knowledge.codes.remembered
    for text in (*reading.prose, *reading.option_texts):
        yield from _coded(text.field, codes(text.text))
    for place, entry in enumerate(reading.query.documented):
        for name, shown in (("term", entry.term), ("source", entry.source)):
            if shown and (spans := codes(shown)):
                yield from _coded(f"documented[{place}].{name}", spans)


def no_codes_in_rows(row: Row, knowledge: Knowledge) -> Iterator[Finding]:
    """R-18: no code is visible in what is shown of a finding."""
    for name, shown in row.parts:
        yield from _coded(name, knowledge.codes.remembered(shown))


def _coded(field: str, spans: tuple[Span, ...]) -> Iterator[Finding]:
    for span in spans:
        yield block("R-18", field, "A code of a code set is visible.", "Take the code out.", span)
