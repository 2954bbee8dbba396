"""What pushes in a text of a message: wordings, and words of certain classes in an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from compliance.administrative import Administrative, Construction, Push
from compliance.message_words import SETTLED, Sense
from compliance.text import Span, Word

_NOTHING = frozenset[str]()


def pushes(sense: Sense, language: Administrative) -> Iterator[tuple[Push, Span]]:
    """Yield each wording of push, with its place. What a neutral phrase holds as a whole does not count."""
    for hit in language.pushing.find(sense.text, sense.read):
        if hit.payload.firm or not (sense.taken(hit.first, hit.last) or sense.approves(hit.start)):
            yield hit.payload, (hit.start, hit.end)


def constructed(sense: Sense, span: Span, language: Administrative) -> Iterator[tuple[Push, Span]]:
    """Yield each construction of push in one sentence, with its place."""
    classes = [_classes(sense, place, language) for place in sense.places(span)]
    present = frozenset[str]().union(*classes)
    for construction in language.constructions:
        if present.issuperset(construction.order) and present.isdisjoint(construction.unless):
            settled = _NOTHING if construction.theme.firm else SETTLED
            places, words = _free(sense, span, classes, settled)
            found = _in_order(construction, places) if places.keys() >= {*construction.order} else None
            if found is not None:
                yield construction.theme, (words[found[0]].start, words[found[1]].end)


def _classes(sense: Sense, place: int, language: Administrative) -> tuple[str, ...]:
    """Return the classes of a word; names and numbers have classes of their own."""
    word = sense.words[place].text
    called = "<person>" if sense.kinds[place] == "name" else "<number>" if word.isdigit() else word
    return language.class_of.get(called, ())


def _free(
    sense: Sense, span: Span, classes: Sequence[tuple[str, ...]], settled: frozenset[str]
) -> tuple[dict[str, list[int]], list[Word]]:
    """Return where classes stand among the words that no phrase of the `settled` kinds holds, and those words."""
    places: dict[str, list[int]] = {}
    words: list[Word] = []
    for place, named in zip(sense.places(span), classes, strict=True):
        if sense.kinds[place] not in settled:
            for name in named:
                places.setdefault(name, []).append(len(words))
            words.append(sense.words[place])
    return places, words


def _in_order(construction: Construction, places: Mapping[str, list[int]]) -> tuple[int, int] | None:
    """Return the positions of the first and the last word of the construction, or None where it is not there."""
    reached = [(place, place) for place in places[construction.order[0]]]
    for name in construction.order[1:]:
        reached = list(_next(reached, places[name], construction.within))
    return next(((start, end) for end, start in reached), None)


def _next(reached: Sequence[tuple[int, int]], places: Sequence[int], within: int) -> Iterator[tuple[int, int]]:
    """Yield each of `places` that follows one that was reached, near enough, with where that one began."""
    at = 0
    for place in places:
        while at + 1 < len(reached) and reached[at + 1][0] < place:
            at += 1
        if reached and reached[at][0] < place <= reached[at][0] + within:
            yield place, reached[at][1]
