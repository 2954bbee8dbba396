"""Links and machine payloads of messages: opaque ids, counts, times and words of the process alone (R-39, R-18)."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from compliance.codes import codes_in
from compliance.knowledge import Knowledge
from compliance.text import plain

Fault = Literal["clinical", "code", "identity", "money", "unknown", "unreadable"]

_RUN = re.compile(r"[A-Za-z]+")
# Words that capitals tell apart: "DVTpatient4" holds "patient".
_PART = re.compile(r"(?<![A-Z])[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{4,}(?![a-z])")
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_CASED = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_MIXED = re.compile(r"[A-Za-z]+|\d+")
_MOST_RUNS, _SHORT_RUN = 3, 3
# A run of letters that may be a name has more than so many.
_LONGEST_RUN = 5
# Names are seldom written in capitals between small letters; a word of so many may be one.
_LONGEST_CAPITALS = 7
# So many pairs of letters that no word holds make letters alone an id.
_LEAST_PAIRS = 2
_DATE = re.compile(r"(?:19|20)\d\d-?\d\d-?\d\d|\d{1,2}-\d{1,2}-(?:19|20)\d\d")
_LONG_NUMBER = re.compile(r"\d{6,}")
_BETWEEN_LETTERS = re.compile(r"(?=[A-Za-z0-9]{8})[A-Za-z0-9]*?(?:[A-Za-z]\d+[A-Za-z]|\d[A-Za-z]+\d)[A-Za-z0-9]*")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,15}(?:Z|[+-]\d\d:?\d\d)?)?|\d\d:\d\d(?::\d\d)?")
_ENCODED = re.compile(r"[A-Za-z0-9_-]{8,400}={0,2}")
_HEXADECIMAL = re.compile(r"(?:[0-9a-f]{2}){6,200}", re.IGNORECASE)
_SAID = re.compile(r"[A-Za-z0-9 _=&:;,.@/|+{}\"'-]+")
_PARTED = re.compile(r"[/;?&=]")
_NUMBERED = re.compile(r"(?:[A-Z]{1,4}|[a-z]{1,2})[-.]?\d{1,6}(?:[-.]\w{1,4})?")
# "age_days" counts the days that a clarification is open; "age" alone may be a person's.
_AGE_OF_ITEM = re.compile(r"ages?(?=_?(?:days|hours|minutes)\b)|(?<=oldest_)age|(?<=open_)age", re.IGNORECASE)
# What became of an answer is a word of the process; the answer itself is none.
_ANSWER_EVENT = re.compile(
    r"\b(?:answer|reply|response)s?(?=[._-](?:received|filed|signed|saved|stored|due|pending|missing|late|withdrawn|opened"
    r"|reminded|needed|required|expected|accepted|acknowledged|overdue|at|by|count|window|deadline|rights?|allowed"
    r"|permitted|enabled|roles?|locked|possible|reopened|cosigned|cosignature)(?![a-z]))"
    r"|(?<=\bmay[_.-])answer\b|(?<=\bcan[_.-])answer\b",
    re.IGNORECASE,
)
_WARD = re.compile(r"\d{1,2}[NSEW]-?\d{1,3}|[A-Z]\.[A-Z]\.")
# Keys whose value is an id: opaque, so that signs in it which look like a code are none.
_IDENTIFYING_ITEM = re.compile(
    r"(?:id|ref|reference|recipient|user|owner|assignee|from|to|policy|version|token|key|old|new|url|link|href)s?$",
    re.IGNORECASE,
)
# Signs that JSON writes otherwise than a text does, besides ends of lines and quotation marks.
_ESCAPED = re.compile(r"[\\\x00-\x09\x0b-\x1f]")
_GROUP_KEY = re.compile(
    r"(?:group|department|dept|team|service|pool|section|division)(?:s|_?id|_?ref|_?name)?$", re.IGNORECASE
)
_GROUP_VALUE = re.compile(r"(?:group|grp|team|pool|dept|svc|service|section)[-_:.]", re.IGNORECASE)
_VOWELS = frozenset("aeiouy")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Carried:
    """A part of a link or payload that may not be there."""

    fault: Fault
    part: str


def faults_of_link(link: str, knowledge: Knowledge) -> Iterator[Carried]:
    """Yield what a link carries besides opaque ids and words of the way to the sign-in."""
    try:
        parts = urlsplit(link.strip())
        asked = parse_qsl(parts.query, keep_blank_values=True)
        host = parts.hostname or ""
        foreign = parts.scheme not in ("https", "http") or not host or "@" in parts.netloc
    except ValueError:
        yield Carried("unreadable", link[:40])
        return
    if foreign:
        yield Carried("unreadable", link[:40])
    language = knowledge.messages
    for token in _TOKEN.findall(host):
        yield from _charged(token, knowledge)
    for piece in (*_PARTED.split(parts.path), *_PARTED.split(parts.fragment)):
        yield from _piece(piece, knowledge, language.link_words)
    for key, value in asked:
        if key.lower() not in language.link_keys:
            yield from _charged(key, knowledge)
            yield Carried("unknown", key)
        yield from _piece(value, knowledge, language.link_words)


def _piece(piece: str, knowledge: Knowledge, allowed: frozenset[str]) -> Iterator[Carried]:
    """Yield the faults of one segment or value: percent signs, base64 and hexadecimal are looked through."""
    shown = unquote(unquote(piece))
    if not shown or _UUID.fullmatch(shown):
        return
    if _DATE.search(shown) or _long_number(shown) or _WARD.fullmatch(shown):
        yield Carried("identity", shown)
    yield from _said(shown, knowledge, allowed)
    hidden = _decoded(shown)
    if hidden is not None:
        yield Carried("unknown", shown)
        yield from _said(hidden, knowledge, frozenset())


def _long_number(text: str) -> bool:
    """Tell whether a long number stands in a text, other than as a part of an id where letters and digits change."""
    return any(_LONG_NUMBER.search(token) and not _BETWEEN_LETTERS.fullmatch(token) for token in _TOKEN.findall(text))


def _said(text: str, knowledge: Knowledge, allowed: frozenset[str]) -> Iterator[Carried]:
    charged = list(_charged(text, knowledge))
    yield from charged
    if charged or _NUMBERED.fullmatch(text):
        return
    tokens = _TOKEN.findall(text)
    numbered = any(_holds_digit(token) for token in tokens)
    for token in tokens:
        if token.lower() in allowed or _looks_random(token, knowledge) or (numbered and len(token) < _SHORT_RUN):
            continue
        yield Carried("unknown", token)


def _charged(text: str, knowledge: Knowledge) -> Iterator[Carried]:
    """Yield the words of a text that name a clinical thing, a person or money, run together or apart."""
    language = knowledge.messages
    read = plain(" ".join(token for token in _TOKEN.findall(text) if not _opaque(token)))
    text = read.source.original
    for word in dict.fromkeys((*read.texts, *(run.lower() for runs in (_RUN, _PART) for run in runs.findall(text)))):
        if word in language.identifying or word in knowledge.vocabulary("identity_key"):
            yield Carried("identity", word)
        elif word in knowledge.vocabulary("money_key"):
            yield Carried("money", word)
        elif len(word) > 2 and not language.known_to_machines(word) and clinical(word, knowledge):
            yield Carried("clinical", word)
    for hit in knowledge.term_index.find(read.source.original, read):
        if not all(language.known_to_machines(word) for word in read.texts[hit.first : hit.last + 1]):
            yield Carried("clinical", read.source.original[hit.start : hit.end])
    for pushing in language.pushing.find(read.source.original, read):
        if pushing.payload.severity == "block" and pushing.payload.rule in ("R-18", "R-19"):
            yield Carried("money", read.source.original[pushing.start : pushing.end])


def clinical(word: str, knowledge: Knowledge) -> bool:
    """Tell whether a single word names a clinical thing."""
    return knowledge.messages.sounds_clinical(word) or word in knowledge.clinical_words


def _opaque(token: str) -> bool:
    """Tell whether letters and digits change so often that a token is an id, whatever short word stands in it."""
    runs = _MIXED.findall(token)
    return len(runs) > _MOST_RUNS and all(len(run) <= _SHORT_RUN for run in runs)


def _holds_digit(token: str) -> bool:
    return any(sign.isdigit() for sign in token)


def _looks_random(token: str, knowledge: Knowledge) -> bool:
    """Tell whether a token reads as no word: letters and digits mixed, or too few letters, or no vowel among them, or
    letters beside each other that no word and no name holds so.
    """
    if token.isdigit():
        return len(token) < 6
    runs = _RUN.findall(token)
    mixed = _holds_digit(token)
    longest = max(len(run) for run in runs)
    if (mixed and longest <= _LONGEST_RUN) or len(token) == 1:
        return True
    if any(_unlikely(run) for run in runs) and _changes(token, knowledge):
        return True
    if mixed:
        return all(len(run) <= _LONGEST_RUN or _unspoken(run.lower(), knowledge, 1) for run in runs)
    return _unspoken(token.lower(), knowledge, _LEAST_PAIRS)


def _changes(token: str, knowledge: Knowledge) -> bool:
    """Tell whether capitals and small letters change so often that they write no names: "pTqXa", not "LindholmP"."""
    longest = (part for part in _CASED.findall(token) if len(part) >= (_LONGEST_CAPITALS if part.isupper() else 5))
    return all(not _VOWELS & {*part.lower()} or _unspoken(part.lower(), knowledge, 1) for part in longest)


def _unspoken(run: str, knowledge: Knowledge, least: int) -> bool:
    """Tell whether letters hold `least` pairs that no word holds, few letters between these, and no clinical word."""
    pairs = knowledge.vocabulary("unspoken_pair")
    strange = [at for at in range(len(run) - 1) if run[at : at + 2] in pairs]
    ends = zip((-1, *strange), (*strange, len(run) - 1), strict=True)
    if len(strange) < least or any(last - first > _LONGEST_RUN for first, last in ends):
        return False
    parts = (run[at : at + size] for size in range(4, 12) for at in range(len(run) - size + 1))
    return not any(clinical(part, knowledge) for part in parts)


def _unlikely(run: str) -> bool:
    """Tell whether letters change case inside or hold no vowel: no word is written so."""
    inner = run[1:]
    return (inner != inner.lower() and inner != inner.upper()) or (len(run) > 3 and not _VOWELS & set(run.lower()))


def _decoded(text: str) -> str | None:
    """Return what a piece says in base64 or hexadecimal, where that is readable text."""
    if _HEXADECIMAL.fullmatch(text):
        try:
            return _readable(bytes.fromhex(text))
        except ValueError:
            return None
    if not _ENCODED.fullmatch(text):
        return None
    try:
        return _readable(urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)))
    except ValueError:
        return None


def _readable(content: bytes) -> str | None:
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        return None
    letters = sum(sign.isalpha() for sign in text)
    return text if _SAID.fullmatch(text) and letters * 2 > len(text) else None


def payload_of(body: str) -> object | None:
    """Return the JSON object or list that a body is, or None."""
    if body.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def told_in(payload: object, body: str, knowledge: Knowledge) -> str:
    """Return the body with everything blanked but the sentences that it tells people, each in its place."""
    kept = ["\n"] * len(body)
    for sentence in _told(payload, knowledge, ""):
        written = json.dumps(sentence, ensure_ascii=False)[1:-1]
        place = body.find(written)
        while place >= 0:
            kept[place : place + len(written)] = written.replace("\\n", "\n ").replace('\\"', ' "')
            place = body.find(written, place + len(written))
    return "".join(kept)


def _told(payload: object, knowledge: Knowledge, key: str) -> Iterator[str]:
    """Yield the sentences of a payload that are written for people."""
    if isinstance(payload, dict):
        for name, value in payload.items():
            yield from _told(value, knowledge, str(name))
    elif isinstance(payload, list):
        for value in payload:
            yield from _told(value, knowledge, key)
    elif isinstance(payload, str) and _is_told(key, payload, knowledge):
        yield payload


def _is_told(key: str, value: str, knowledge: Knowledge) -> bool:
    """Tell whether a value is a sentence for people: under a key such as `text`, with blanks between its words."""
    plainly = value.isascii() and not _ESCAPED.search(value)
    return plainly and " " in value.strip() and key.lower() in knowledge.vocabulary("told_key")


def _names_group(key: str, value: str, knowledge: Knowledge) -> bool:
    """Tell whether a value under a key of groups names departments alone: a group's name is no PHI, a diagnosis is."""
    if not _GROUP_KEY.search(key) and not _GROUP_VALUE.match(value):
        return False
    allowed, tokens = knowledge.messages.words_of_groups, _TOKEN.findall(value)
    if not all(token.lower() in allowed or (token.isdigit() and len(token) < 5) for token in tokens):
        return False
    return not any(knowledge.term_index.find(" ".join(tokens)))


def faults_of_payload(payload: object, knowledge: Knowledge, depth: int = 0, key: str = "") -> Iterator[Carried]:
    """Yield what a payload carries besides known keys, opaque ids, counts, times and words of the process.

    `key`: under which the payload stands. Sentences that are told to people are judged as those of a message.
    """
    if depth > _DEEPEST:
        yield Carried("unreadable", "")
    elif isinstance(payload, dict):
        for name, value in payload.items():
            plainly = _ANSWER_EVENT.sub("reply", _AGE_OF_ITEM.sub("days", str(name)))
            yield from _said(plainly, knowledge, knowledge.messages.payload_words)
            yield from faults_of_payload(value, knowledge, depth + 1, str(name))
    elif isinstance(payload, list):
        for value in payload:
            yield from faults_of_payload(value, knowledge, depth + 1, key)
    elif isinstance(payload, str) and payload and not _MOMENT.fullmatch(payload):
        if not _is_told(key, payload, knowledge) and not _names_group(key, payload, knowledge):
            yield from _value(_ANSWER_EVENT.sub("reply", payload), knowledge)
            if not _IDENTIFYING_ITEM.search(key) and any(codes_in(payload, knowledge.codes)):
                yield Carried("code", payload)
    elif isinstance(payload, float) and not isinstance(payload, bool) and payload != int(payload):
        yield Carried("unknown", str(payload))


def _value(value: str, knowledge: Knowledge) -> Iterator[Carried]:
    if value.startswith(("https://", "http://")):
        yield from faults_of_link(value, knowledge)
    else:
        yield from _piece(value, knowledge, knowledge.messages.payload_words)
