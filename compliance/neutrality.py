"""What is unproven about a sentence of this record: strange words, a form that is not known, dictation."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import NamedTuple

from compliance.dates import DAY_FIRST, MONTH_FIRST
from compliance.language import Form, Language, Sentence
from compliance.people import named_by_form
from compliance.text import Span, Word, bag, covered, inside, quotations, words

_DATE = re.compile(rf"\d[/:-]\d|{DAY_FIRST}|{MONTH_FIRST}", re.IGNORECASE)
_OF_SOME_LENGTH = 25
_CHARGE_NURSE = re.compile(r"\bcharge (?:nurses?|RN)\b", re.IGNORECASE)
_SIGNS = " \t\n,;:.–—|-"
_STRANGE = "The sentence holds a word that is not known to be neutral."
LEADING = "The sentence is put together as leading ones are, although each of its words is neutral."
_PRESUMED = "The sentence names a condition, or a kind of one, that the record does not show."
# A reference number or an office alone: no word in small letters but what stands before a number.
_SPEAKING = re.compile(
    r"(?<![\w'-])(?!(?:ref|tel|ext|fax|id|no|of|the|and|desk|team|office|clinic|line|page|version|form|item)\b)[a-z]{2,}"
)


class Doubt(NamedTuple):
    """Where a sentence is unproven, and why: `span` is what to look at, `sentence` all of what is unproven."""

    span: Span
    sentence: Span
    why: str
    dictates: bool = False


class Surroundings(NamedTuple):
    """What a sentence may lean on: names of this record's things, all its words, and words that mark a signature.

    `shown`: words that the record shows, without those that only the answers of a new condition hold.
    `hinting`: tells a word that may not pass for a name beside such a signature.
    `asking`: words with which this query may ask, although they press elsewhere.
    `grounds`: words of which a statement holds one, or else a date or a quotation (`dated`); empty: none needed.
    `presuming`: words that make a condition of what they stand beside; they are anchored or presume one.
    `closed`: clinical words must stand in the record too (context and footer may say nothing new).
    `alternatives`: a question "is it ...?" may be asked.
    `new_condition`: a name that nobody knows may be that of a diagnosis, and must stand in the record.
    `spared`: how many everyday words that hint at nothing a sentence of some length may hold.
    `procedural`: words that argue in a statement, but not in a footer that names nothing of the record and none
    of the `subjects` of a query.
    `sounds_neutral`, `sounds_leading`: tell a sentence that is as neutral or as leading ones are, as a whole.
    `telling`: words that tell a detail (acute, severe, due); even such a sentence tells none that is not shown.
    `bare`: words that only ask for or mention what is documented; a sentence of them alone sounds as it is.
    `names`: where names of several words stand that are documented so; no part of one pushes.
    """

    named: frozenset[str]
    anchored: Container[str]
    shown: Container[str]
    signing: frozenset[str]
    hinting: Callable[[str], bool]
    asking: frozenset[str]
    grounds: frozenset[str]
    dated: bool
    presuming: frozenset[str]
    closed: bool
    alternatives: bool
    new_condition: bool = False
    spared: int = 0
    procedural: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    sounds_neutral: Callable[[str], bool] = lambda _sentence: False
    sounds_leading: Callable[[str], bool] = lambda _sentence: False
    telling: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    names: Callable[[str], tuple[Span, ...]] = lambda _sentence: ()


class AnyOf(Container[str]):
    """All words of several sets, without a new set of them."""

    def __init__(self, *sets: Container[str]) -> None:
        self._sets = sets

    def __contains__(self, word: object) -> bool:
        for words_of_one in self._sets:  # noqa: SIM110 - asked for each open word
            if word in words_of_one:
                return True
        return False


def doubt_about(spoken: str, language: Language, around: Surroundings) -> Doubt | None:
    """Return what is unproven about one sentence, or None when it is neutral. Spans are within `spoken`."""
    sentence = language.read(spoken)
    if around.procedural and _is_reference(spoken, sentence, around):
        return None
    whole = (0, len(spoken))
    if not spoken.strip(_SIGNS):
        return None
    if sentence.form is Form.DICTATION:
        return Doubt(whole, whole, "The sentence dictates what to write.", dictates=True)
    doubt = _doubtful_word(spoken, sentence, around) or _doubtful_form(spoken, sentence, around)
    if doubt is not None and around.sounds_neutral(spoken):
        return _doubtful_though_neutral(spoken, sentence, language, around)
    if doubt is None and around.sounds_leading(spoken) and not _is_bare(sentence, around):
        return Doubt(whole, whole, LEADING)
    return doubt


def _is_bare(sentence: Sentence, around: Surroundings) -> bool:
    """Tell whether a sentence only asks for or mentions what is documented, beside phrases that are neutral."""
    return bool(around.bare) and all(word in around.bare or word.isdigit() for word in sentence.free)


def _doubtful_though_neutral(spoken: str, sentence: Sentence, language: Language, around: Surroundings) -> Doubt | None:
    """Return what stays doubtful in a sentence that sounds neutral as a whole."""
    doubt = _doubtful_name(spoken, sentence, language, around) or _pushing(spoken, sentence, around)
    if doubt is not None or _speaks_of_the_query(spoken, around):
        return doubt
    return _without_source(spoken, sentence, around)


def _speaks_of_the_query(spoken: str, around: Surroundings) -> bool:
    """Tell whether a sentence of a footer names nothing of this record and none of what a query is about."""
    said = bag(spoken)
    return bool(around.procedural) and said.isdisjoint(around.named) and said.isdisjoint(around.subjects)


def _doubtful_name(spoken: str, sentence: Sentence, language: Language, around: Surroundings) -> Doubt | None:
    """Return what stays doubtful in a sentence that sounds neutral: names of things and conditions of no record."""
    named = () if spoken[1:].islower() else named_by_form(spoken)
    unknown = (*sentence.strange, *(sentence.unheard if around.new_condition else sentence.clinical))
    for word in unknown:
        if word.text not in around.anchored and language.names_thing(word.text) and not _names(word, named, around):
            return Doubt((word.start, word.end), (0, len(spoken)), _STRANGE)
    for word in words(spoken) if not around.telling.isdisjoint(bag(spoken)) else ():
        if word.text in around.telling and word.text not in around.shown:
            return Doubt((word.start, word.end), (0, len(spoken)), _STRANGE)
    return _presumed(spoken, around)


def _is_reference(spoken: str, sentence: Sentence, around: Surroundings) -> bool:
    """Tell whether a sentence of a footer is a number or an office alone, and no word that hints."""
    if _SPEAKING.search(spoken) or sentence.never or sentence.pushing:
        return False
    return not any(around.hinting(word) for word in bag(spoken) - around.grounds)


def _doubtful_word(spoken: str, sentence: Sentence, around: Surroundings) -> Doubt | None:
    whole = (0, len(spoken))
    strange = _strange(spoken, sentence, around)
    if strange is not None:
        return Doubt((strange.start, strange.end), whole, _STRANGE)
    told = _presumed(spoken, around) or _pushing(spoken, sentence, around)
    if told is not None:
        return told
    own = around.named if around.grounds else around.anchored
    free = around.procedural if _procedural(spoken, around) else frozenset[str]()
    guarded = next((word for word in sentence.guarded if word.text not in own and word.text not in free), None)
    if guarded is not None:
        return Doubt((guarded.start, guarded.end), whole, "The statement holds a word that may argue.")
    return None


def _pushing(spoken: str, sentence: Sentence, around: Surroundings) -> Doubt | None:
    """Return the doubt about the first phrase that pushes, unless this query may ask with it, or it is in a name."""
    names = around.names(spoken) if sentence.pushing else ()
    pushing = (span for span in sentence.pushing if not covered(span, names))
    found = next((span for span in pushing if not bag(spoken[slice(*span)]) & around.asking), None)
    return None if found is None else Doubt(found, (0, len(spoken)), "The sentence holds a phrase that pushes.")


def _presumed(spoken: str, around: Surroundings) -> Doubt | None:
    """Return the doubt about a condition that neither the record nor an answer nor the category speaks of."""
    presumed = {word for word in bag(spoken) & around.presuming if word not in around.shown}
    if presumed == {"charge"} and _CHARGE_NURSE.search(spoken):
        return None
    quoted = quotations(spoken) if presumed else ()
    for word in words(spoken) if presumed else ():
        if word.text in presumed and not inside(word.start, quoted):
            return Doubt((word.start, word.end), (0, len(spoken)), _PRESUMED)
    return None


def _procedural(spoken: str, around: Surroundings) -> bool:
    """Tell whether a sentence of a footer names nothing of this record: it speaks of the query itself."""
    return _speaks_of_the_query(spoken, around) and not bag(spoken).isdisjoint(around.grounds)


def _doubtful_form(spoken: str, sentence: Sentence, around: Surroundings) -> Doubt | None:
    if _procedural(spoken, around) and sentence.form is not Form.ALTERNATIVE:
        return None
    whole = (0, len(spoken))
    unsourced = _without_source(spoken, sentence, around)
    if unsourced is not None:
        return unsourced
    unasked = sentence.form is Form.ALTERNATIVE and not around.alternatives
    if sentence.form is Form.UNPROVEN or unasked:
        return Doubt(whole, whole, "The sentence has no form that is known to be neutral.")
    return None


def _without_source(spoken: str, sentence: Sentence, around: Surroundings) -> Doubt | None:
    """Return the doubt about a statement that has no source, however neutral it sounds: it tells what nobody wrote."""
    if sentence.form is not Form.STATEMENT or not around.grounds or _grounded(spoken, around):
        return None
    if around.dated and _is_bare(sentence, around):
        return None
    whole = (0, len(spoken))
    return Doubt(whole, whole, "The statement does not say where it comes from.")


def _grounded(spoken: str, around: Surroundings) -> bool:
    """Tell whether a statement has a source: a document, a date or a quotation, or in a footer what it is about."""
    if bag(spoken) & around.grounds:
        return True
    quoted, dated = quotations(spoken), _DATE.search(spoken)
    return bool(quoted and dated) or (around.dated and bool(quoted or dated))


def _strange(spoken: str, sentence: Sentence, around: Surroundings) -> Word | None:
    """Return the first word that nothing makes neutral."""
    for word in sentence.never:
        if word.text not in around.named:
            return word
    signed = bool(bag(spoken) & around.signing)
    named = () if spoken[1:].islower() else named_by_form(spoken)
    spared = around.spared if len(spoken) >= _OF_SOME_LENGTH else 0
    for word in sentence.strange:
        if word.text in around.anchored or (signed and spoken[word.start].isupper() and not around.hinting(word.text)):
            continue
        if _names(word, named, around):
            continue
        if len(word.text) == 1 and spoken[word.start].isupper():  # the initial of a name, a building
            continue
        if not spared or around.hinting(word.text):
            return word
        spared -= 1
    if around.new_condition:
        unknown = (word for word in sentence.unheard if word.text not in around.shown)
    elif around.closed and not signed:
        unknown = (word for word in sentence.clinical if word.text not in around.anchored)
    else:
        return None
    return next((word for word in unknown if not _names(word, named, around)), None)


def _names(word: Word, named: tuple[Span, ...], around: Surroundings) -> bool:
    """Tell whether a word belongs to the name of a person or a place, and to nothing that hints."""
    return inside(word.start, named) and not around.hinting(word.text)
