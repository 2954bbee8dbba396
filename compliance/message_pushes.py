"""What pushes in a text of a message: wordings, and words of certain classes in an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from compliance.administrative import Administrative, Construction, Push
from compliance.message_words import SETTLED, Sense
from compliance.text import Span, Word


def pushes(sense: Sense, language: Administrative) -> Iterator[tuple[Push, Span]]:
    """Yield each wording of push, with its place. What a neutral phrase holds as a whole does not count."""
    for hit in language.pushing.find(sense.text, sense.read):
        if hit.payload.firm or not (sense.taken(hit.first, hit.last) or sense.approves(hit.start)):
            yield hit.payload, (hit.start, hit.end)


def constructed(sense: Sense, span: Span, language: Administrative) -> Iterator[tuple[Push, Span]]:
    """Yield each construction of push in one sentence, with its place."""
    free, everywhere = (_classified(sense, span, language, settled) for settled in (SETTLED, frozenset[str]()))
    for construction in language.constructions:
        places, words, present = everywhere if construction.theme.firm else free
        if all(name in places for name in construction.order) and present.isdisjoint(construction.unless):
            found = _in_order(construction, places)
            if found is not None:
                yield construction.theme, (words[found[0]].start, words[found[1]].end)


def _classified(
    sense: Sense, span: Span, language: Administrative, settled: frozenset[str]
) -> tuple[dict[str, list[int]], list[Word], set[str]]:
    """Return where classes stand among the words that no phrase holds, those words, and the classes of all words.

    `settled`: the kinds of words that count as held.
    """
    places: dict[str, list[int]] = {}
    words: list[Word] = []
    present: set[str] = set()
    for place in sense.places(span):
        word = sense.words[place]
        text = "<person>" if sense.kinds[place] == "name" else "<number>" if word.text.isdigit() else word.text
        classes = language.class_of.get(text, ())
        present.update(classes)
        if sense.kinds[place] not in settled:
            for name in classes:
                places.setdefault(name, []).append(len(words))
            words.append(word)
    return places, words, present


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
