"""What each word of a message is taken for: a neutral phrase, a name, a figure, or nothing that anybody vouches for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from compliance.administrative import Administrative
from compliance.message_figures import opaque_spans
from compliance.message_groups import HOUSES, MAIL_TAG, PRODUCT, groups_in
from compliance.message_people import BY_STAFF, MEETING_ROOM, OFFICE_ROOM, PATIENT_NAMED, STAFF, called_at
from compliance.people import signatories
from compliance.text import Span, Word, sentence_at, sentences

_YEAR = re.compile(r"(?:19|20)\d\d")
_COUNT = re.compile(r"\d{1,3}(?:h|hr|hrs|d|st|nd|rd|th|am|pm|min|x)?")
_EXTENSION = re.compile(r"\d{4,5}")
_EXTENDED = 4  # digits
SETTLED = frozenset({"phrase", "record", "department", "opaque"})
_NAME_JOINTS = frozenset({" ", ". ", "-", "'", "’", ".", "  "})
_LONGEST_NAME = 4
_LONGEST_SITE = 2


class Sense:
    """One text of a message by itself: what each of its words is taken for.

    `kinds[i]` is "phrase", "record", "department", "opaque", "name" or "" (nobody has vouched for the word yet).
    """

    def __init__(
        self,
        text: str,
        words: Sequence[Word],
        language: Administrative,
        further: frozenset[str] = frozenset(),
        approved: Sequence[Span] = (),
    ) -> None:
        """`further`: what may stand free besides; `approved`: the sentences that are approved as a whole."""
        self.text = text
        self.read = words
        self.words = tuple(words)
        self.language = language
        self.further = further
        self.kinds = [""] * len(self.words)
        self.ranges: list[tuple[int, int]] = []
        self._rooms: list[Span] = []
        self.staff: set[str] = set()
        self.reachable = any(word.text in language.classes["reached_by"] for word in self.words)
        self.approved = tuple(approved)
        self._take_opaque()
        self._take_approved()
        self._take_neutral()
        self._take_harmless()
        self._take_groups()
        self._take_names()

    @cached_property
    def doubtful(self) -> tuple[tuple[int, Word], ...]:
        """The words that nothing has taken and that are not known, with their positions."""
        return tuple(
            (place, word) for place, word in enumerate(self.words) if not self.kinds[place] and self.strange(word)
        )

    def doubtful_in(self, span: Span) -> Iterator[tuple[int, Word]]:
        """Yield the doubtful words of one sentence."""
        return ((place, word) for place, word in self.doubtful if span[0] <= word.start < span[1])

    def places(self, span: Span) -> range:
        """Return the positions of the words of one sentence."""
        return range(bisect_left(self._starts, span[0]), bisect_left(self._starts, span[1]))

    def describes(self, span: Span) -> bool:
        """Tell whether a sentence says what something is about."""
        return any(self.words[at].text in self.language.classes["topical"] for at in self.places(span))

    def delicate(self, span: Span) -> bool:
        """Tell whether a sentence speaks of answers, the record or other people: each of its words must be known."""
        delicate = self.language.classes["delicate"]
        return any(self.words[at].text in delicate and self.kinds[at] not in SETTLED for at in self.places(span))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(word.start for word in self.words)

    def after(self, place: int) -> str:
        """Return the word after a place, or nothing."""
        return self.words[place + 1].text if place + 1 < len(self.words) else ""

    def known(self, word: str) -> bool:
        """Tell whether a word may stand free."""
        return word in self.language.known or word in self.further

    def strange(self, word: Word) -> bool:
        """Tell whether a free word is not known and is no plain number."""
        if self.known(word.text) or _COUNT.fullmatch(word.text) or _YEAR.fullmatch(word.text):
            return False
        return not (self.reachable and _EXTENSION.fullmatch(word.text))

    def capital(self, word: Word) -> bool:
        """Tell whether a word is written with a capital."""
        return self.text[word.start].isupper()

    def taken(self, first: int, last: int) -> bool:
        """Tell whether one neutral phrase, or names and figures alone, hold all words from the first to the last."""
        return any(start <= first and last <= end for start, end in self.ranges) or all(
            kind in ("opaque", "name") for kind in self.kinds[first : last + 1]
        )

    def approves(self, start: int) -> bool:
        """Tell whether a place stands in a sentence that is approved as a whole."""
        return any(span[0] <= start < span[1] for span in self.approved)

    def _take_opaque(self) -> None:
        tag = MAIL_TAG.match(self.text)
        items = self.language.classes["speaks_of_items"]
        told = opaque_spans(self.text, self.words, self.language.followed_by, items)
        spans = iter([tag.span(), *told] if tag else told)
        span = next(spans, None)
        for place, word in enumerate(self.words):
            while span is not None and span[1] <= word.start:
                span = next(spans, None)
            if span is None:
                return
            if span[0] <= word.start:
                self.kinds[place] = "opaque"

    def _take_neutral(self) -> None:
        for index in (self.language.neutral, self.language.shown) if self.further else (self.language.neutral,):
            for hit in index.find(self.text, self.read):
                self.ranges.append((hit.first, hit.last))
                for place in range(hit.first, hit.last + 1):
                    self.kinds[place] = self.kinds[place] or hit.payload

    def _take_harmless(self) -> None:
        """Take the wordings that push elsewhere and do not in the company in which they stand here."""
        counted: dict[range, Counter[str]] = {}
        everything = [word.text for word in self.words]
        for hit in self.language.harmless.find(self.text, self.read):
            span = None if hit.payload.anywhere else sentence_at(self.text, hit.start)
            places = self.places(span) if span is not None else range(len(self.words))
            if places not in counted:
                counted[places] = Counter(everything[places.start : places.stop])
            said = everything[places.start : places.stop]
            beside = hit.payload.beside(said, counted[places], hit.first - places.start, hit.last - places.start)
            if beside:
                self.ranges.append((hit.first, hit.last))
                for place in (*range(hit.first, hit.last + 1), *(places.start + at for at in beside)):
                    self.kinds[place] = self.kinds[place] or "phrase"

    def _take_approved(self) -> None:
        for span in self.approved:
            for place in self.places(span):
                self.kinds[place] = self.kinds[place] or "phrase"

    def _take_groups(self) -> None:
        for first, last in groups_in(self, self.language.classes):
            self.ranges.append((first, last))
            for place in range(first, last + 1):
                self.kinds[place] = self.kinds[place] or "department"

    def _take_names(self) -> None:
        classes = self.language.classes
        for place, word in enumerate(self.words):
            if word.text not in self.language.introducing:
                continue
            if word.text in classes["title"]:
                self._mark(self._name_after(place, bare=True))
            elif word.text in classes["greeting"]:
                self._mark(self._greeted(place))
            elif word.text in classes["signing"]:
                self._mark(self._name_before(place))
            elif word.text in classes["reaching"]:
                self._mark(self._contact(place))
            if word.text in classes["site"]:
                self._mark(self._site_before(place))
        self._take_signature()
        self._take_named()
        self._take_rooms_of_meetings()

    def quotes_the_record(self, span: Span) -> bool:
        """Tell whether a sentence says that the record reads so."""
        return any(self.words[place].text in self.language.classes["anchor"] for place in self.places(span))

    def perhaps_names(self, word: Word) -> bool:
        """Tell whether an unknown word with a capital stands where no sentence begins: it may be a name."""
        before = self.text[max(0, word.start - 2) : word.start]
        return self.capital(word) and self.strange(word) and before[-1:] == " " and before[:1] not in ".!?:"

    def of_a_meeting(self, span: Span) -> bool:
        """Tell whether a span is the room of a meeting that is told with its time."""
        return any(start <= span[0] and span[1] <= end for start, end in self._rooms)

    def named(self, span: Span) -> bool:
        """Tell whether all words of a span are a name that is no patient's."""
        return all(self.kinds[place] == "name" for place in self.places(span))

    def _take_named(self) -> None:
        """Take names of staff and of houses, and those of patients that a signed-in reader sees."""
        for found in (*PRODUCT.finditer(self.text), *BY_STAFF.finditer(self.text)):
            self._mark(self.places(found.span()))
        for expression in STAFF:
            for found in expression.finditer(self.text):
                self._take_member(found)
        for expression in HOUSES:
            for found in expression.finditer(self.text):
                self._take_name(self.places(found.span(1)))
                self._mark(self.places(called_at(self.text, found.end())))
        for span in signatories(self.text):
            places = self.places(span)
            if places and not self._concerns(places) and not self._concerns(range(places.start - 1, places.stop)):
                self._mark(places)
        if self.further:
            for found in PATIENT_NAMED.finditer(self.text):
                self._take_name(self.places(found.span()))

    def _take_member(self, found: re.Match[str]) -> None:
        """Take a name of staff with the greeting before it and the extension behind it."""
        told = found.groupdict()
        if self._take_staff(self.places(found.span("name" if told else 1))):
            self._mark(self.places(called_at(self.text, found.end())))
            self._mark(self.places(found.span("said")) if told else ())

    def _take_name(self, places: range) -> None:
        if all(self._name_or_word(self.words[place].text) for place in places):
            self._mark(places)

    def _take_staff(self, places: range) -> bool:
        """Take a name of staff; known words may stand before it ("From Monday Noor Haddad covers")."""
        while places and not self._name_or_word(self.words[places.start].text):
            places = places[1:]
        taken = bool(places) and all(self._name_or_word(self.words[place].text) for place in places)
        taken = taken and not self._concerns(places)
        if taken:
            self._mark(places)
            self.staff.update(self.words[place].text for place in places)
        return taken

    def take_again(self, staff: Collection[str]) -> None:
        """Take names again that are staff's elsewhere in the message, where they stand alone and nobody is treated."""
        for span in sentences(self.text):
            places = self.places(span)
            if any(self.words[place].text in self.language.classes["bedside"] for place in places):
                continue
            for place in places:
                word = self.words[place]
                if not self.kinds[place] and word.text in staff and self.capital(word):
                    before = self.words[place - 1].text if place else ""
                    if before not in self.language.classes["concerning"]:
                        self.kinds[place] = "name"

    def _concerns(self, places: range) -> bool:
        """Tell whether an item is about or for somebody: that may be a patient, whoever sends it."""
        before = self.words[places.start - 1].text if places.start else ""
        return before in self.language.classes["concerning"]

    def _name_or_word(self, word: str) -> bool:
        """Tell whether a word may be part of a name beside an office: unusual, of a house, or one that people bear."""
        classes = self.language.classes
        if any(word in classes[name] for name in ("also_names", "courtesy", "kind_of_site", "site", "house")):
            return True
        return self._plain_word(word) and word not in self.language.pushing_words

    def _plain_word(self, word: str) -> bool:
        language = self.language
        free = not self.known(word) and word not in language.restricted and word not in language.identifying
        return free and not language.sounds_clinical(word)

    def _take_rooms_of_meetings(self) -> None:
        """Take the room of an office, and of a meeting that is told with its time: "Training Thu 12:30, Room B114"."""
        rooms = [(found.span(), False) for found in MEETING_ROOM.finditer(self.text)]
        rooms += [(found.span("room"), True) for found in OFFICE_ROOM.finditer(self.text)]
        for span in sentences(self.text) if rooms else ():
            for room, of_office in rooms:
                if span[0] <= room[0] < span[1] and (self._houses(span) if of_office else self._meets(span, room)):
                    self._rooms.append(room)
                    for place in self.places(room):
                        self.kinds[place] = "opaque"
                    break

    def _houses(self, span: Span) -> bool:
        """Tell whether nothing in a sentence is of a bedside or an item that waits."""
        classes = self.language.classes
        return all(self.words[at].text not in classes["bedside"] | classes["waiting_item"] for at in self.places(span))

    def _meets(self, span: Span, room: Span) -> bool:
        """Tell whether a sentence names a meeting and its time before a room, or that one comes there for it."""
        classes = self.language.classes
        said = range(self.places(span).start, self.places(room).start)
        named = not any(sign.isdigit() for sign in self.text[slice(*room)])
        if named or any(self.words[at].text in classes["coming"] for at in said):
            said = self.places(span)
        timed = any(
            (self.kinds[at] == "opaque" and self.words[at].text[0].isdigit())
            or self.words[at].text in classes["specific"]
            for at in said
        )
        meets = any(self.words[at].text in classes["meeting"] for at in said)
        return timed and meets and all(self.words[at].text not in classes["bedside"] for at in self.places(span))

    def _mark(self, places: Sequence[int]) -> None:
        for place in places:
            self.kinds[place] = "name"

    def _gap(self, place: int) -> str:
        """Return what stands between a word and the one before it."""
        return self.text[self.words[place - 1].end : self.words[place].start] if place else "\n"

    def _named(self, place: int) -> bool:
        """Tell whether a word may be a part of a name: a capital, and no word that stands free in messages."""
        word = self.words[place]
        return self.capital(word) and word.text.isalpha() and (not self.known(word.text) or len(word.text) == 1)

    def _name_after(self, place: int, *, bare: bool) -> list[int]:
        """Return the places of the name after a word. `bare`: the first word may be any, in small letters too."""
        found: list[int] = []
        for at in range(place + 1, min(place + 1 + _LONGEST_NAME, len(self.words))):
            if self._gap(at) not in _NAME_JOINTS and not (self._gap(at) == ", " and not bare and not found):
                break
            word = self.words[at]
            first = bare and not any(len(self.words[one].text) > 1 for one in found)
            if not (
                self._named(at) or (first and word.text.isalpha() and (self.capital(word) or self._plain_name(word)))
            ):
                break
            found.append(at)
        return found

    def _plain_name(self, word: Word) -> bool:
        language = self.language
        return (
            not self.known(word.text)
            and word.text not in language.restricted
            and not language.sounds_clinical(word.text)
        )

    def _greeted(self, place: int) -> list[int]:
        found = self._name_after(place, bare=False)
        if not found and place + 1 < len(self.words) and self._gap(place + 1) == " ":
            word = self.words[place + 1]
            found = [place + 1] if self._plain_name(word) and word.text.isalpha() else []
        end = self.words[found[-1]].end if found else 0
        rest = self.text[end : end + 1]
        return found if found and (not rest or rest in ",.!:;-\n") else []

    def _name_before(self, place: int) -> list[int]:
        """Return the places of the name that a credential or an office follows."""
        joint = self.words[place - 1].text if place else ""
        if joint in ("from", "in", "at", "of", "with") and place > 1:
            place -= 1
        elif self._gap(place) not in (", ", " (", ",", " - ") and not self._signs(place):
            return []
        found: list[int] = []
        for at in range(place - 1, max(-1, place - 1 - _LONGEST_NAME), -1):
            if not self._named(at) or (found and self._gap(at + 1) not in _NAME_JOINTS):
                break
            found.append(at)
        before = found[-1] - 1 if found else -1
        joint = self.words[before].text if before >= 0 else ""
        desk = joint == "of" and before > 0 and self.words[before - 1].text in self.language.classes["place"]
        return [] if joint in self.language.classes["concerning"] and not desk else found

    def _signs(self, place: int) -> bool:
        """Tell whether a credential in capitals ends a text right after a name that sounds like no condition."""
        word, name = self.words[place], self.words[place - 1]
        written = self.text[word.start : word.end]
        ends = place + 1 == len(self.words) or self.words[place + 1].text in self.language.classes["signing"]
        return ends and written.isupper() and self._named(place - 1) and self._plain_name(name)

    def _site_before(self, place: int) -> list[int]:
        """Return the places of the name of a building, a campus, a program or a button."""
        found: list[int] = []
        for at in range(place - 1, max(-1, place - 1 - _LONGEST_SITE), -1):
            word = self.words[at]
            if self._gap(at + 1) != " " or not self.capital(word):
                break
            if self._named(at) and self._plain_name(word):
                found.append(at)
            elif found or word.text not in self.language.classes["kind_of_site"]:
                break
        return found or self._site_after(place)

    def _site_after(self, place: int) -> list[int]:
        """Return the place of the name in "Clinic: Eastgate"."""
        at = place + 1
        named = at < len(self.words) and self._gap(at) == ": " and self._named(at) and self._plain_name(self.words[at])
        return [at] if named else []

    def _contact(self, place: int) -> list[int]:
        """Return the places of the name of somebody who can be reached: a number or an office follows."""
        found = self._name_after(place, bare=False)
        after = found[-1] + 1 if found else 0
        if not found or after >= len(self.words):
            return []
        following = self.words[after].text
        if self.kinds[after] == "opaque" or (
            following in self.language.classes["signing"] | self.language.classes["place"] and not self._small(after)
        ):
            return found
        return []

    def _small(self, place: int) -> bool:
        """Tell whether a small number follows a word: that of a bed, and of no telephone."""
        following = self.after(place)
        return following[:1].isdigit() and len(following) < _EXTENDED and self.kinds[place + 1] != "opaque"

    def _take_signature(self) -> None:
        """Take the name after a dash at the end of a text (not of a heading)."""
        found = re.search(r"(?:[.!?)]\s*|\n\s*)[-–—~]\s{0,3}([A-Z][\w.'’ -]{1,40})$", self.text.rstrip())
        if found is None:
            return
        for place, word in enumerate(self.words):
            if found.start(1) <= word.start and self._named(place):
                self.kinds[place] = "name"
