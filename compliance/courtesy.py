"""What opens and closes a letter and says nothing: a greeting with the name of the reader, thanks, a signature.

"Dear Dr. Abara, the note of 05/05 ..." and "Many thanks, Odalys Brightwater, CPC" are written in a hundred ways, and
whoever is greeted or signs has a name that no list knows. Such parts are read past, and the rest of the sentence is
judged by itself. Thanks for something are no courtesy: what they are for is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from compliance.text import Span, words

_NAME = r"(?:[A-Z][a-z]?['’])?[A-Z][a-z]{1,20}(?:['’-][A-Z]?[a-z]{1,20}){0,2}"
_NAMES = rf"(?:(?: [A-Z]\.){{0,2}} {_NAME}){{1,3}}"
_TITLE = r"(?:Drs?|Mrs?|Ms|Mx|Prof)\b\.?|(?:Doctor|Miss|Professor|Nurse)\b"
_DEGREE = r"(?:,? (?:MD|DO|NP|PA|PA-C|MBBS|FRCS|MRCP|APRN|CNP|DPM|RN|CRNA|CNM|DDS))"
_READER = rf"(?:{_TITLE}){_NAMES}{_DEGREE}{{0,2}}"
_ROLE = (
    r"(?:[Dd]octor|[Cc]olleagues?|[Pp]roviders?|[Ss]urgeon|[Aa]ttending(?: [Pp]hysician)?|[Pp]hysician|[Cc]onsultant"
    r"|[Rr]esident|[Tt]eam|[Aa]ll|[Pp]ractitioner|[Hh]ospitalist|[Cc]linician)"
)
_HELLO = r"(?:[Dd]ear|[Hh]ello|[Hh]i|[Hh]ey|[Gg]reetings|[Gg]ood (?:morning|afternoon|evening|day))"
_GREETING = re.compile(
    rf"\s*(?:{_HELLO},? (?:{_READER}|{_ROLE})|{_HELLO}"
    rf"|(?:(?:[Aa]ttn\.?|ATTN|[Aa]ttention|[Tt]o|TO|[Ff]or|[Cc]c|CC):? )?{_READER})\s*(?:[,;:.–—]|-(?= )|$)"
)
_CREDENTIAL = (
    r"(?:RN|LPN|BSN|MSN|CC[ADS]S?(?:-P)?|CCDS-O|CDIP|CDEO|CPMA|CPC(?:-[A-Z])?|COC|C[OR]C|CRCR?|COSC|CIC|RHI[AT]|MD|DO|NP|PA|MBBS"
    r"|MHA|MBA|CHDA|CPHQ|ACM|CCM|\d{3,6})"
)
_SIGNATURE = re.compile(
    rf"(?:^|(?<=[,;:.–—|-])|(?<=[.,] -))\s*(?:(?:[A-Z]\. ?){{1,3}}|{_NAME} (?:[A-Z]\. ?)?)"
    rf"{_NAME}(?: {_NAME})?(?:,? {_CREDENTIAL}\b){{1,5}}(?=\s*(?:[,;:.–—|-]|\(|$))"
)
_THANKS = re.compile(
    r"(?:^|(?<=[,;.–—-]))\s*(?:(?:[Aa]nd )?(?:[Mm]any |[Ww]ith )?(?:[Tt]hanks|[Tt]hank you)"
    rf"(?: again| kindly| very much)?(?:,? {_READER})?|(?:[Ww]ith )?(?:[Kk]ind|[Bb]est|[Ww]arm)(?:est)? regards"
    r"|[Rr]egards|[Ss]incerely|[Rr]espectfully|[Yy]ours(?: truly| sincerely| faithfully)?"
    r"|[Cc]ordially|[Cc]heers|[Ww]ith (?:much )?appreciation)"
    rf"(?=\s*(?:[,;.–—-]|$|{_NAME} {_NAME},? {_CREDENTIAL}\b))"
)
# What such parts are made of, beside names.
_FORMAL = frozenset(
    {
        *("dear", "hello", "hi", "hey", "greetings", "good", "morning", "afternoon", "evening", "day", "attn", "to"),
        *("attention", "for", "cc", "dr", "drs", "mr", "mrs", "ms", "mx", "miss", "prof", "professor", "nurse"),
        *("doctor", "colleague", "colleagues", "provider", "providers", "surgeon", "attending", "physician", "all"),
        *("consultant", "resident", "team", "practitioner", "hospitalist", "clinician", "thank", "thanks", "you"),
        *("many", "with", "and", "again", "kindly", "very", "much", "kind", "best", "warm", "kindest", "warmest"),
        *("regards", "sincerely", "respectfully", "yours", "truly", "faithfully", "cordially", "cheers"),
        "appreciation",
    }
)
_ADDRESS = re.compile(r"(?<!\S)[\w.-]{1,60}@[\w-]{1,60}(?:\.[\w-]{1,20}){1,4}\b")
# A key of short forms: "NS = normal saline; UOP: urine output".
_ITEM = r"[A-Z][A-Za-z&+]{0,6} ?= ?[a-z][a-z -]{2,40}"
_KEY = re.compile(rf"\s*(?:(?:[Aa]bbreviations?|[Kk]ey|[Ss]hort forms?): ?)?{_ITEM}(?:[;,] ?{_ITEM}){{0,5}}\.?\s*")
_MOST = 400  # signs of a sentence that is looked at
_SURE = re.compile(
    r"[A-Z][A-Z][A-Z]?|[Dd]ear|[Hh]ello|[Hh]i\b|[Hh]ey|[Gg]reetings|[Gg]ood |[Tt]hank|[Rr]egards|Drs?\b"
    r"|M(?:[rsx]|rs|iss)\b|@|=|[Cc]heers|[Cc]ordially|appreciation|[A-Z]\. |Prof|Doctor|Nurse|[Ss]incerely"
    r"|[Rr]espectfully|[Yy]ours"
)


def plain_matter(sentence: str, hinting: Callable[[str], bool]) -> str:
    """Return a sentence with blanks for its courtesies: every other sign stays where it stands.

    `hinting` tells a word that may not pass for a name.
    """
    if len(sentence) > _MOST or not _SURE.search(sentence):
        return sentence
    for start, end in _courtesies(sentence):
        if not any(hinting(word.text) for word in words(sentence[start:end]) if word.text not in _FORMAL):
            sentence = sentence[:start] + " " * (end - start) + sentence[end:]
    return sentence


@lru_cache(maxsize=4096)
def _courtesies(sentence: str) -> tuple[Span, ...]:
    return tuple(_found(sentence))


def _found(sentence: str) -> Iterator[Span]:
    """Yield where courtesies stand, without the stops behind thanks and signatures."""
    greeting = _GREETING.match(sentence)
    if greeting is not None and greeting.group().strip():
        yield greeting.span()
    start = greeting.end() if greeting is not None else 0
    if _explains(sentence):
        yield 0, len(sentence)
    for form in (_THANKS, _SIGNATURE, _ADDRESS):
        for one in form.finditer(sentence, 0 if form is _THANKS else start):
            yield one.span()


def _explains(sentence: str) -> bool:
    """Tell whether a sentence only writes out short forms: the letters of each stand in its words, in order."""
    if "=" not in sentence or not _KEY.fullmatch(sentence):
        return False
    pairs = [part.partition("=")[::2] for part in re.split(r"[;,:]", sentence) if "=" in part]
    return all(_stands_for(short.strip().lower(), long.strip()) for short, long in pairs)


def _stands_for(short: str, long: str) -> bool:
    rest = iter(long)
    return short[:1] == long[:1] and all(letter in rest for letter in short if letter.isalpha())
