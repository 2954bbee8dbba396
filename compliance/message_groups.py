"""Names of groups and of houses in a message: a group is told by what it is called beside, a house by where it signs.

A team, a service, a practice and a hospital are no patients (R-39): "GI group", "Hospitalist Team Blue", "Little Harbor
Children's". A diagnosis in such a name is none of their names, and neither is a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from compliance.text import Word

_JOINTS = frozenset({" ", "-", "/", " / ", " & ", ", "})
_LABEL = re.compile(r"[A-Z]|\d{1,2}|[A-Z][a-z]+")
_LONGEST = 6
OFFICE = (
    r"(?:the )?(?:CDI|HIM|IT|cdi|him|[Cc]oding|[Cc]linical [Dd]ocumentation|(?:[Mm]edical|[Cc]linic) [Rr]ecords"
    r"|[Hh]ealth [Ii]nformation|[Hh]elp ?[Dd]esk|[Rr]ecords [Oo]ffice|[Qq]uery (?:[Oo]ffice|[Dd]esk|[Tt]eam)"
    r"|[Mm]edical [Ss]taff (?:[Oo]ffice|[Ss]ervices))\b"
)
_WORD = r"(?:(?:St|Mt)\.? )?[A-Z][\w'’]+(?:-[A-Z]\w+)?"
_OPENS = r"(?<![\w'’.])(?<!\bMr )(?<!\bMrs )(?<!\bMs )(?<!\bDr )(?<!\bMr\. )(?<!\bMrs\. )(?<!\bMs\. )(?<!\bDr\. )"
_KIND = (
    r"(?:General|Memorial|Regional|Community|Children['’]s|Women['’]s(?: (?:and|&) Children['’]s)?|Veterans|Health"
    r"|Healthcare|Medical Group|Health Partners|Physicians|Clinic)"
)
HOUSES = (
    re.compile(
        r"((?:\b[A-Z][a-z'’]+(?:-[A-Z][a-z]+)? ){1,3}"
        r"(?:(?:Community|Regional|Memorial|General|University|County|District|Valley) ){0,2}"
        r"(?:Women['’]s (?:and|&) )?(?:(?:Women|Children)['’]s )?"
        r"(?:Medical Cent(?:er|re)|Hospitals?|Health(?:care)? System|Health Network|Healthcare))\b"
        r"(?! (?:stay|admission|course|day|room|bed|account|number|visit))"
    ),
    # A house ends a line, or opens it before its office: "..., Saltmarsh General", "Harrow Vale CDI: 1 new item".
    re.compile(
        rf"(?:^|[\n,/|]\s?|\b(?:at|of|from|by) ){_OPENS}((?:{_WORD} ){{1,3}}{_KIND})"
        r"(?: Hospitals?)?(?=\s*(?:[.;:)\n]|$))"
    ),
    re.compile(rf"^({_WORD}(?: {_WORD}){{0,2}}) {OFFICE}(?= ?[:–—-])"),
    re.compile(r"(?:^|[\n,/|] ?|\bat )((?:St\.? |Saint |Mt\.? |Mount )[A-Z][\w'’]+)(?=\s*(?:[.;:)\n]|$))"),
)
_BRAND = (
    r"(?:Clin|Query|Docu?|Clari|CDI|Chart|Note|Record|Portal|Med|Health|Care)"
    r"(?:Query|Doc|Docs|Bridge|Link|Hub|Desk|Portal|Flow|Path|Point|Connect|Sync|Assist|Track|Line|Net|Mail|Box|Ask|View"
    r"|Now|Pro|Plus|Cloud|Core|Works|Wise|IQ)"
)
# What gateways of mail and makers of portals put before a subject: "[EXTERNAL] ...", "[QueryBridge] ...".
MAIL_TAG = re.compile(
    r"\A\s?(?P<tag>\[(?:EXTERNAL|EXT|INTERNAL|SECURE|ENCRYPTED|CONFIDENTIAL|TEST|AUTOMATED|External|Secure|Encrypted|Internal"
    r"|Confidential|Automated|CDI|HIM|" + _BRAND + r")\])"
)
PRODUCT = re.compile(rf"\b{_BRAND}\b")
"""Names of portals and of what sends messages: "ClinQuery"."""


class _Reads(Protocol):
    """What is asked of a text whose groups are looked for (`Sense`)."""

    text: str
    words: tuple[Word, ...]

    def known(self, word: str) -> bool: ...


def groups_in(sense: _Reads, classes: Mapping[str, frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Yield the positions of the first and the last word of each group's name."""
    for place, word in enumerate(sense.words):
        if word.text in classes["group_noun"]:
            first, last = _first(sense, place, classes["specialty"]), place
            # A number after "section" is one of a policy.
            if word.text not in classes["before_policy"] and _labelled(sense, place, classes["group_label"]):
                last = place + 1
            if first < last and (word.text not in classes["group_people"] or _capitals(sense, first, place)):
                yield first, last


def _first(sense: _Reads, place: int, specialty: frozenset[str]) -> int:
    """Return where the name begins that ends with a word for a group: as many words of specialties as stand before."""
    words, first = sense.words, place
    while first > max(0, place - _LONGEST) and _gap(sense.text, words, first) in _JOINTS:
        before = words[first - 1].text
        if before in specialty:
            first -= 1
        elif before == "and" and first > 1 and first < place and words[first - 2].text in specialty:
            first -= 2
        else:
            break
    return first


def _labelled(sense: _Reads, place: int, labels: frozenset[str]) -> bool:
    """Tell whether a label follows, such as a color, a letter or a number, and nothing unknown follows that."""
    words = sense.words
    if place + 1 >= len(words) or _gap(sense.text, words, place + 1) != " ":
        return False
    label = words[place + 1]
    if label.text not in labels or not _LABEL.fullmatch(sense.text, label.start, label.end):
        return False
    after = place + 2
    return after >= len(words) or _gap(sense.text, words, after) != " " or sense.known(words[after].text)


def _capitals(sense: _Reads, first: int, last: int) -> bool:
    return all(sense.text[word.start].isupper() or word.text == "and" for word in sense.words[first : last + 1])


def _gap(text: str, words: Sequence[Word], place: int) -> str:
    return text[words[place - 1].end : words[place].start]
