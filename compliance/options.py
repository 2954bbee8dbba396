"""The answer options: which must be there, their evidence, their form and their order (R-04, R-08 to R-15)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from compliance.findings import block, review, warn
from compliance.reading import Reading
from compliance.text import bag
from compliance.write_in import joined, write_ins
from schemas.check import CheckOption, Finding

_FACT = re.compile(
    r"\d ?(?:mg|g/d?l|mmol|mmhg|ng|pg|mcg|meq|u/l|l/min|cm|ml|/min|x10)(?![a-z])|\b(?:of|at|was|is) \d+\.\d|[<>]=? ?\d",
    re.IGNORECASE,
)
# A date, a count of signs, a clock time: an option that shows them argues.
_EVIDENCE = re.compile(r"\d{1,2}/\d{1,2}\b|\d{1,2}:\d{2}|\b\d{1,2} of \d{1,2}\b")
_ASIDE_OF_OPTION = re.compile(r"[(\[][^()\[\]]*[)\]]|(?: [-–—]|:) .*$")
_SAYING_WHAT = frozenset({"basis", "cause", "type", "organism", "drug", "name", "findings", "diagnosis", "relation"})
_TO_WRITE = frozenset({"add", "adds", "provide", "fill", "required", "needed"})
_FIRST_WORDS = 4
_AMOUNT_TO_WRITE = re.compile(
    r"\b(?:\d{1,4}|two|three|four|five|six|seven|eight|nine|ten)[ -](?:more |extra |further |supporting )?"
    r"(?:words|lines|pages?|sentences|signatures|screens|clicks|taps|fields|items|questions|values|references|boxes)\b",
    re.IGNORECASE,
)
_OF_A_NAME = frozenset({"deficiency", "induced", "associated", "related", "toxicity", "dependence", "use", "effect"})
# The signs that an answer is written with, where they belong: comparisons before a number, lines to write on.
_WRITTEN = re.compile(r"[ (),./:;%'’‘&+°µ²³\[\]\"–—-]|[<>=≥≤]{1,2}(?= ?\d)|#(?=\d)|_{2,60}")
# A sign at the beginning or the end, as a list has before each of its items.
_MARK = re.compile(
    r"^\s*(?:[+.:;,'\"–—-]{1,5}\s|[+–—-](?=[A-Za-z]))|\s[+&:;–—-]{1,5}\s*$"
    # A letter or a number as a list has, a whole answer in quotation marks, a number as a footnote has.
    r"|^\s*[A-Ha-h1-9][.)]\s(?=[A-Z])|^\s*[\"“][^\"“”]*[\"”]\s*$|\(\d{1,2}\)\s*$"
)
# An answer that is made small, or made sure, before it is named.
_WEIGHED = re.compile(r"\s*(?:only|just|merely|definite|definitely|truly|actual|actually)\b", re.IGNORECASE)
# What hangs on a yes or a no beside what the condition is: why, what follows from it, that it was foreseen.
_HANGS_ON = frozenset(
    {"expected", "treated", "explain", "explanation", "why", "amend", "update", "agree", "anticipated"}
)
# The words with which an argument begins.
_ARGUED = re.compile(
    r"\b(?:given|since|because|considering|seeing|knowing|although|though|whereas|hence|thus|so|inasmuch"
    r"|as (?:the|his|her|their|this|that|it|we|they|you|is|was|shown|seen|noted|well as the|expected))\b",
    re.IGNORECASE,
)
# What joins something to an answer: a comma, brackets, a colon, a dash, or an argument.
_JOINED_ON = re.compile(rf"[,;:(\[]| [-–] |—|{_ARGUED.pattern}", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]\s*$")
_BESIDE_A_TAG = frozenset({"the", "a", "more", "most", "less", "least", "very", "as", "one", "term", "reading", "name"})
SMALL_WORDS = frozenset({"of", "the", "in", "with", "and", "due", "to", "a", "an"})
"""Words that no initial stands for and that name nothing."""
_LONG = 4
_LADEN = 12  # words
_ALONE = "Name the condition alone; show findings as indicators."
_JOINED = re.compile(r"\b(?:and|both|with)\b", re.IGNORECASE)
# Letters in bold, in circles and the like, which only style a plain one.
_STYLED = frozenset(
    chr(code) for first, last in ((0x1D400, 0x1D7FF), (0x2460, 0x24FF)) for code in range(first, last + 1)
)


def choices_are_free(reading: Reading) -> Iterator[Finding]:
    """R-09 and R-15: "Other" and "Unable to determine" are always there; yes/no has yes and no too."""
    query = reading.query
    if query.response_type == "open_ended" or not (query.options or query.response_type == "yes_no"):
        return
    rule = "R-15" if query.response_type == "yes_no" else "R-09"
    kinds = {option.kind for option in query.options}
    for kind, words in _required(reading):
        if kind not in kinds:
            yield block(
                rule, "options", f"The answer {words} is missing.", f"Add {words} in the same form as the others."
            )


def _required(reading: Reading) -> Iterator[tuple[str, str]]:
    yes_no = reading.query.response_type == "yes_no"
    if yes_no:
        yield "yes", "Yes"
        yield "no", "No"
    if not (yes_no and reading.query.category == "present_on_admission"):
        yield "other", "Other (please specify)"
    yield "undetermined", "Unable to determine"


def evidence_is_linked(reading: Reading) -> Iterator[Finding]:
    """R-08, R-04: every clinical option is supported by indicators that are shown."""
    count = len(reading.rows)
    bare = [place for place, option in reading.clinical_options if not _within(option, count)]
    if len(bare) > 1:
        for place in bare:
            message = "The option is padding: several have no evidence."
            yield block("R-08", f"options[{place}].evidence", message, "Take out what the template left over.")
    for place in bare:
        yield block(
            "R-04",
            f"options[{place}].evidence",
            "No indicator supports this option.",
            "Link the indicators that support it, or take the option out.",
        )
    for place, option in enumerate(reading.query.options):
        if any(not 0 <= position < count for position in option.evidence):
            yield block(
                "R-04",
                f"options[{place}].evidence",
                "The evidence points to an indicator that is not shown.",
                "Link indicators of this query only.",
            )


def _within(option: CheckOption, count: int) -> list[int]:
    return [position for position in option.evidence if 0 <= position < count]


def more_than_one_choice(reading: Reading) -> Iterator[Finding]:
    """R-10: a single clinical option is the form most often attacked; a second person approves it."""
    if (
        reading.query.response_type != "multiple_choice"
        or len(reading.clinical_options) > 1
        or not reading.query.options
    ):
        return
    rule = "R-10" if reading.clinical_options else "R-08"
    yield review(
        rule, "options", "There are not two clinical options.", "Prefer an open question where one answer is left."
    )


def options_differ(reading: Reading) -> Iterator[Finding]:
    """R-12: no option twice."""
    seen: set[str] = set()
    for place, option in enumerate(reading.query.options):
        text = " ".join(option.text.lower().split())
        if text in seen:
            yield review("R-12", f"options[{place}].text", "The option stands there twice.", "Offer each answer once.")
        seen.add(text)


def options_are_parallel(reading: Reading) -> Iterator[Finding]:
    """R-12: options have the same form; one that carries far more detail than its siblings goes to a second person."""
    alone = [option.text.split() for _, option in reading.clinical_options if not _JOINED.search(option.text)]
    texts = alone if len(alone) > 1 else [option.text.split() for _, option in reading.clinical_options]
    lengths = sorted(len(" ".join(text)) for text in texts)
    yield from _laden(reading)
    if len(lengths) < 2 or lengths[-1] < reading.knowledge.limits.option_ratio * max(lengths[0], 1):
        return
    if max(len(text) for text in texts) >= 8:
        yield review(
            "R-12", "options", "One option carries detail that the others lack.", "Give all options the same form."
        )
    else:
        yield warn("R-12", "options", "The options differ much in length.", "Give all options the same form.")


def _laden(reading: Reading) -> Iterator[Finding]:
    """R-12: a joined option ("A and B") may be as long as what it joins; one that is longer carries facts."""
    lengths = {place: len(option.text) for place, option in reading.clinical_options}
    for place, option in reading.clinical_options if len(lengths) > 1 else ():
        others = sum(length for other, length in lengths.items() if other != place)
        if len(option.text.split()) >= _LADEN and len(option.text) > 1.5 * others and _JOINED.search(option.text):
            message = "One option carries detail that the others lack."
            yield review("R-12", f"options[{place}].text", message, "Give all options the same form.")


def options_are_plain(reading: Reading) -> Iterator[Finding]:
    """R-11, R-12: no clinical option carries a tag, a price, an argument, or treatment that its siblings lack."""
    count = len(reading.clinical_options)
    said = {place: _said(reading, option.text) for place, option in reading.clinical_options}
    for place, names in said.items():
        field = f"options[{place}].text"
        option = reading.query.options[place]
        if "tag" in names:
            yield block("R-11", field, "A tag singles this option out.", "Name the condition alone.")
        aside = _ASIDE_OF_OPTION.search(option.text)
        if aside and "burden" in _said(reading, aside.group()):
            yield block("R-11", field, "A price hangs on this option.", "Name the condition alone.")
        if "argument" in names:
            message = "The option argues for itself."
            yield block("R-03", field, message, "Name the condition alone; show findings as indicators.")
            yield review("R-12", field, message, "Name the condition alone; show findings as indicators.")
        for name in names & {"treatment", "belittling"}:
            if count > 1 and not all(name in others for others in said.values()):
                yield review(
                    "R-12", field, "The option is worded unlike its siblings.", "Give all options the same form."
                )
    yield from _one_is_weighed(reading)
    for text, option in reading.unproven_options:
        if option.kind in ("yes", "no") and (
            _said(reading, option.text) & {"tag", "burden"} or bag(option.text) & _HANGS_ON
        ):
            message = "A tag or a price singles this answer out."
            yield block("R-11", text.field, message, "Write Yes or No alone.")
    yield from _facts_stand_in_all(reading)


def _one_is_weighed(reading: Reading) -> Iterator[Finding]:
    """R-12: no answer alone begins with a word that makes it small or sure, or ends with one that ranks it."""
    weighed = [
        place
        for place, option in reading.clinical_options
        if _WEIGHED.match(option.text) or _is_ranked(reading, option.text)
    ]
    if len(weighed) < len(reading.clinical_options):
        for place in weighed:
            message = "The option is worded unlike its siblings."
            yield review("R-12", f"options[{place}].text", message, "Give all options the same form.")


def no_errand_hangs_on_an_answer(reading: Reading) -> Iterator[Finding]:
    """R-11: what is joined to an answer asks for nothing more than to say what it is, and spares nothing either."""
    for text, option in reading.unproven_options:
        written_in = write_ins(option.text, reading.knowledge.vocabulary("write_in")) if option.kind == "yes" else ()
        for start, end in joined(option.text) if option.kind != "other" else ():
            if (start, end) not in written_in and _is_an_errand(reading, option.text[start:end]):
                message = "Something to do, or spared, hangs on this answer alone."
                yield block("R-11", text.field, message, "Let every answer cost the same.", (start, end))


def _is_an_errand(reading: Reading, aside: str) -> bool:
    """Tell whether words ask for something to be done, or name what is spared; to say what the answer is is none."""
    after_comma = aside.startswith(",")
    said = bag(" ".join(aside.split()[:_FIRST_WORDS]) if after_comma else aside)
    errands = said & reading.knowledge.vocabulary("errand")
    if said & _SAYING_WHAT:
        errands -= _TO_WRITE
    priced = not after_comma and "burden" in _said(reading, aside)
    return bool(errands or priced or _AMOUNT_TO_WRITE.search(aside))


_ON_TOP = re.compile(r"\bon top of\b", re.IGNORECASE)


def asides_name_the_condition(reading: Reading) -> Iterator[Finding]:
    """R-12, R-03, R-27: what is joined to an option is another name, a part of the body or "specify": no evidence."""
    joined = {place: _JOINED_ON.search(option.text) for place, option in reading.clinical_options}
    alike = all(joined.values())
    for place, found in joined.items():
        if found is not None:
            yield from _joined_on(reading, place, found.start(), alike=alike)


def _joined_on(reading: Reading, place: int, start: int, *, alike: bool) -> Iterator[Finding]:
    """Judge what is joined to an option from `start` on; `alike`: something is joined to each of its siblings too."""
    field, option = f"options[{place}].text", reading.query.options[place]
    text = option.text[start:]
    said, span = bag(_ON_TOP.sub("on", text)), (start, len(option.text))
    if _spells_out(reading, option.text[:start], text):
        return
    if said & reading.knowledge.vocabulary("aside_of_verdict") and _ASIDE_OF_OPTION.search(text):
        for rule in ("R-03", "R-27"):
            yield block(rule, field, "The option says that the patient meets it.", _ALONE, span)
    elif alike:
        return
    elif _ARGUED.search(text):
        yield review("R-03", field, "A reason is joined to this option.", _ALONE, span)
    elif _cites(reading, text, said) or _everyday(reading, place, said):
        yield review("R-12", field, "The option carries evidence or a remark that its siblings lack.", _ALONE, span)


def _is_ranked(reading: Reading, answer: str) -> bool:
    """Tell whether brackets say nothing but how new, exact, common or good an answer is ("(the usual one)")."""
    inner = _IN_BRACKETS.search(answer)
    said, tags = bag(inner[1]) if inner else frozenset(), reading.knowledge.vocabulary("aside_of_tag")
    return bool(said & tags) and said <= tags | _BESIDE_A_TAG


def _spells_out(reading: Reading, head: str, aside: str) -> bool:
    """Tell whether brackets spell out an abbreviation or give it: "ABLA (acute blood loss anemia)"."""
    inner = aside.strip()
    if not (inner.startswith(("(", "[")) and inner.endswith((")", "]"))):
        return False
    short, long = sorted((head.strip(), inner[1:-1].strip()), key=len)
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z]+", long) if word.lower() not in SMALL_WORDS)
    concepts = reading.knowledge.concepts
    return short.isupper() and (
        initials.upper() == short or bool(concepts(short) and concepts(short) == concepts(long))
    )


def _cites(reading: Reading, text: str, said: frozenset[str]) -> bool:
    """Tell whether brackets, a colon or a dash bring evidence: a document, a date, something that is shown."""
    if not _ASIDE_OF_OPTION.search(text):
        return False
    cited = said & reading.knowledge.vocabulary("aside_of_evidence")
    return bool(cited or _EVIDENCE.search(text)) or _given(reading, said)


def _everyday(reading: Reading, place: int, said: frozenset[str]) -> bool:
    """Tell whether words are a remark: several everyday ones, or one that hints, that name no condition."""
    knowledge = reading.knowledge
    others = (bag(option.text) for at, option in enumerate(reading.query.options) if at != place)
    everyday = (said & knowledge.language.ordinary) - knowledge.naming_words - _OF_A_NAME
    everyday = everyday.difference(*reading.documented_bags, *others)
    return len(everyday) > 1 or any(map(knowledge.themes.touched, everyday))


def signs_are_plain(reading: Reading) -> Iterator[Finding]:
    """R-11: an answer holds letters, digits and the signs of plain writing, and none that makes it stand out."""
    marks = [_MARK.search(option.text) for option in reading.query.options]
    for place, option in enumerate(reading.query.options):
        mark = None if all(marks) else marks[place]
        if mark is not None or not _plainly_written(option.text):
            message = "A sign makes this answer stand out."
            suggestion = "Write letters and plain punctuation only."
            yield block("R-11", f"options[{place}].text", message, suggestion, mark.span() if mark else None)


@lru_cache(maxsize=4096)
def _plainly_written(text: str) -> bool:
    return all(sign.isalnum() and sign not in _STYLED for sign in _WRITTEN.sub("", text))


def nothing_is_preset(reading: Reading) -> Iterator[Finding]:
    """R-11: no text says that an answer is marked beforehand, that answers are ranked, or that some cost more."""
    nouns, ranked = reading.knowledge.vocabulary("answer_noun"), reading.knowledge.vocabulary("ranked_answer")
    preset, before = reading.knowledge.vocabulary("preset_answer"), reading.knowledge.vocabulary("preset_when")
    for text, doubt in reading.doubts:
        said = bag(text.text[slice(*doubt.sentence)])
        if said & nouns and (said & ranked or (said & preset and said & before)):
            message = "The text says that an answer is marked beforehand, or ranked, or made harder than others."
            suggestion = "Offer all answers alike, none marked, in a neutral order."
            yield review("R-11", text.field, message, suggestion, doubt.sentence)


def _given(reading: Reading, said: frozenset[str]) -> bool:
    """Tell whether words name a treatment or a test that is shown and that no documented term names."""
    if said & _OF_A_NAME:
        return False
    documented = reading.documented_words
    own = reading.knowledge.words_of("neutral_option", "finer", "organ") | documented
    return any(len(word) > _LONG for word in said & reading.heard.names - own)


def _said(reading: Reading, text: str) -> frozenset[str]:
    """Return what wordings of a text do to the balance of the options."""
    return reading.knowledge.wordings_of_option(text)


def _facts_stand_in_all(reading: Reading) -> Iterator[Finding]:
    """R-12: measured values stand in no option, unless every option is a range of them."""
    places = [place for place, option in reading.clinical_options if _FACT.search(option.text)]
    if places and len(places) < len(reading.clinical_options):
        for place in places:
            message = "The option carries a value that its siblings lack."
            yield review("R-12", f"options[{place}].text", message, "Show values as indicators, not in options.")
