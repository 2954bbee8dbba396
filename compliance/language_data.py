"""What the data files say of words and sentences, as values of the check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from compliance.administrative import Administrative, Company, Construction, Push
from compliance.answer_grammar import AnswerGrammar
from compliance.bearing import BearingWeights
from compliance.entries import AnswerLanguage, Approved, Lexicon, Place, Stem, Term
from compliance.files import data_file, ordinary_words, packed_file
from compliance.language import Language
from compliance.phrases import variants
from compliance.sounding import Sounds, Told
from compliance.text import bag
from compliance.themes import SpokenTheme, Themes
from compliance.weighing import Learnt, Weights, WeightsOfOne
from schemas.vocabulary import Category, OptionKind, ResponseType, Severity

# A part that may be missing, with the blank before it.
_OPTIONAL = re.compile(r" \(((?! )[^()]*[^() ])\)\?")
_ANYWHERE = 10_000  # words
_STRENGTHS: tuple[tuple[str, Severity], ...] = (
    ("firm", "review"),
    ("block", "block"),
    ("review", "review"),
    ("faint", "review"),
)


def lexicon_from(name: str, entry: Mapping[str, Any]) -> Lexicon:
    """Return a lexicon from its entry in lexicons.yaml."""
    return Lexicon(
        name=name,
        rule=entry["rule"],
        message=entry["message"],
        suggestion=entry["suggestion"],
        phrases=tuple(entry.get("phrases", ())),
        unsure=tuple(entry.get("unsure", ())),
        abbreviation=bool(entry.get("abbreviation", False)),
        beside_number=frozenset(entry.get("beside_number", ())),
        beside=bag(entry.get("beside", "")),
        places=frozenset(entry.get("places", ("text", "options", "messages"))),
        unmistakable=bool(entry.get("unmistakable", False)),
    )


def stem_from(entry: Mapping[str, Any]) -> Stem:
    """Return a stem from data (the form of stems.yaml; template libraries use the same form)."""
    return Stem(
        id=entry["id"],
        text=" ".join(entry["text"].split()),
        categories=frozenset(cast("list[Category]", entry.get("categories", []))),
        response_types=frozenset(cast("list[ResponseType]", entry.get("response_types", []))),
    )


def answers(kinds: Mapping[OptionKind, Mapping[str, Any]]) -> dict[OptionKind, AnswerLanguage]:
    """Return what is told of each kind of neutral answer that its grammar does not derive."""
    return {
        kind: AnswerLanguage(tuple(entry["opposite"]), bag(entry["words"]), "named" in entry)
        for kind, entry in kinds.items()
    }


def answer_grammar() -> AnswerGrammar:
    """Return the grammars of neutral answers."""
    content = data_file("answers")
    return AnswerGrammar(content["grammar"], frozenset(content["apart"].split()))


def approved() -> tuple[Approved, ...]:
    """Return the approved texts of approved.yaml."""
    places: dict[str, list[str]] = data_file("approved")["approved"]
    return tuple(
        Approved(cast("Place", place), " ".join(text.split())) for place, texts in places.items() for text in texts
    )


def weights(language: Language, limits: Mapping[str, Any]) -> Weights:
    """Return what `python -m distilling.weights` learnt from labelled sentences, and the limits it is held against."""
    plain = bag(limits["plain"])
    return Weights(
        learnt=_learnt("weights", limits["unheard"], lambda word: word not in plain and language.names_thing(word)),
        light=limits["light"],
        light_cued=limits["light_cued"],
        light_pushed=limits["light_pushed"],
        heavy=limits["heavy"],
        blocking=limits["blocking"],
        stretch=limits["stretch"],
    )


def weights_of_one(kind: str, limits: Mapping[str, int], names_thing: Callable[[str], bool]) -> WeightsOfOne:
    """Return what was learnt from labelled texts of a kind: of rows (`python -m distilling.rows`) or options
    (`python -m distilling.options`). `names_thing`: as for weights.
    """
    return WeightsOfOne(kind, _learnt(f"{kind}_weights", limits["unheard"], names_thing), limits["heavy"])


def bearing_weights(limits: Mapping[str, int]) -> BearingWeights:
    """Return what was learnt from labelled sets of findings (`python -m distilling.evidence`)."""
    content = packed_file("evidence_weights")
    return BearingWeights(content["parts"], round(content["bias"] * 100), limits["heavy"])


def _learnt(file: str, unheard: int, names_thing: Callable[[str], bool]) -> Learnt:
    content = packed_file(file)
    return Learnt(
        tables=content["parts"],
        bias=round(content["bias"] * 100),
        unheard=unheard,
        heard=frozenset(content["heard"].split()),
        names_thing=names_thing,
    )


def sounds(language: Language, themes: Themes, limits: Mapping[str, int], names_thing: Callable[[str], bool]) -> Sounds:
    """Return what names the rule of a stopped sentence; the table is read when the first one is. `names_thing`: as for
    weights.
    """
    told = data_file("sounds")["sounds"]
    return Sounds(
        read=cache(lambda: packed_file("sounds")),
        told={
            rule: Told(f"The sentence sounds like {one['like']}.", one["suggestion"], one.get("least", limits["least"]))
            for rule, one in told.items()
        },
        sure=limits["sure"],
        names_thing=names_thing,
        hints=lambda sentence: themes.named(sentence, language.settled(sentence)),
    )


def language(clinical: frozenset[str], themes: Themes) -> Language:
    """Return the controlled language of language.yaml. `clinical`: words that name clinical things."""
    content = data_file("language")
    topics = _patterned(content["topics"])
    return Language(
        words={name: bag(text) for name, text in content["words"].items()},
        phrases=(
            *(phrase.strip() for phrase in content["phrases"].split("|")),
            *_patterned(content["patterns"]),
            *topics,
        ),
        topics=topics,
        opposites=tuple(bag(line) for line in content["opposites"]),
        alone=_sentence(content["alone"]),
        inviting=_patterned(content["inviting"]),
        lacked=bag(content["lacked"]),
        asked=bag(content["lacked"]) | bag(content["asked"]),
        never=bag(content["never"]),
        dictating=bag(content["dictating"]),
        entering=bag(content["entering"]),
        predicate=bag(content["predicate"]),
        opening=bag(content["opening"]),
        neutral_as=bag(content["neutral_as"]),
        guarded=bag(content["guarded"]),
        sourced=bag(content["sourced"]),
        footing=bag(content["footing"]),
        own={field: bag(content[field]) for field in ("title", "footer")},
        procedural=bag(content["procedural"]),
        subjects=bag(content["subjects"]),
        clinical=clinical,
        ordinary=ordinary_words(),
        charged=frozenset(word for theme in themes.themes for word in (*theme.strong, *theme.weak) if word.isalpha()),
        pushes=themes.phrases,
    )


def clinical_words(vocabularies: Mapping[str, frozenset[str]], terms: Iterable[Term]) -> frozenset[str]:
    """Return words that only name clinical things, without those that make a condition of one, or an acute one."""
    named = (bag(name) for term in terms for name in (*term.names, *term.recorded))
    leading = vocabularies["specificity"] | vocabularies["condition"]
    words = vocabularies["objective"] | vocabularies["clinical_message"] | vocabularies["clinical"]
    return words.union(*named) - leading


def themes() -> Themes:
    """Return the themes of themes.yaml."""
    content = data_file("themes")
    same = {word: first for line in content["same"] for first, *others in (line.split(),) for word in others}
    spoken = tuple(
        SpokenTheme(
            name,
            entry["rule"],
            entry["message"],
            entry["suggestion"],
            _cues(entry["strong"]),
            _cues(entry["weak"]),
            entry.get("weight", 0),
        )
        for name, entry in content["themes"].items()
    )
    return Themes(spoken, same, bag(content["silent"]), bag(content["faint"]))


def _cues(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cue.strip() for cue in text.split(",") if cue.strip()))


def messages() -> Administrative:
    """Return the controlled language of messages.yaml."""
    content, company = data_file("messages"), data_file("company")
    identifying = content["identifying"]
    return Administrative(
        words=bag(" ".join(content["words"].values())),
        restricted=bag(content["restricted"]),
        phrases=tuple(phrase for line in content["phrases"] for phrase in _listed(line)),
        departments=_departments(content["departments"]),
        themes=tuple(_pushing(content["themes"])),
        classes={name: frozenset(text.split()) for name, text in (content["classes"] | company["classes"]).items()},
        constructions=tuple(_constructions(content["constructions"], content["themes"])),
        meant_otherwise=tuple(_meant_otherwise(company["meant_otherwise"], bag(company["matter"]))),
        asked_anew=tuple(phrase for line in company["asked_anew"] for phrase in _listed(line)),
        inbox=bag(content["inbox"]),
        inbox_phrases=tuple(phrase for line in content["inbox_phrases"] for phrase in _listed(line)),
        identifying=bag(identifying["block"]),
        identifying_phrases=_listed(identifying["phrases"]),
        clinical=bag(identifying["words"]),
        clinical_endings=tuple(identifying["suffixes"].split()),
        link_words=bag(content["links"]["path"]),
        link_keys=frozenset(content["links"]["key"].split()),
        payload_words=bag(content["payload"]["words"]),
    )


def _departments(content: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of departments, and the pattern of those that are made of two words."""
    first, second = ("|".join(content[part].split()) for part in ("before_group", "group"))
    return *_listed(content["always"]), f"({first}) ({second})"


def _pushing(entries: Iterable[Mapping[str, str]]) -> Iterator[tuple[Push, tuple[str, ...]]]:
    for entry in entries:
        for name, severity in _STRENGTHS:
            texts = entry["message"], entry["suggestion"]
            push = Push(entry["rule"], severity, *texts, faint=name == "faint", firm=name == "firm")
            yield push, _listed(entry.get(name, ""))


def _meant_otherwise(
    entries: Iterable[Mapping[str, Any]], matter: frozenset[str]
) -> Iterator[tuple[Company, tuple[str, ...]]]:
    """Yield the wordings that push elsewhere, with the company in which they do not."""
    for entry in entries:
        side, unless = entry["side"], frozenset(entry.get("unless", "").split())
        company = Company(
            of=frozenset(entry["of"].split()),
            before=side != "after",
            after=side != "before",
            within=entry.get("within", _ANYWHERE),
            along=frozenset(entry.get("with", "").split()),
            unless=unless if entry.get("about_answers") else unless | matter,
            anywhere=side == "text",
        )
        yield company, _listed(entry["wordings"])


def _constructions(entries: Iterable[Mapping[str, Any]], themes: Iterable[Mapping[str, str]]) -> Iterator[Construction]:
    """Yield the constructions that push; what they say to their author is what the theme of their rule says."""
    texts = {theme["rule"]: (theme["message"], theme["suggestion"]) for theme in themes}
    for entry in entries:
        push = Push(entry["rule"], entry["severity"], *texts[entry["rule"]], firm=entry.get("firm", False))
        yield Construction(push, tuple(entry["order"]), entry["within"], tuple(entry["unless"]))


def _patterned(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the phrases of lines of patterns: `(a|b)` is one of its parts, `(a|b)?` may be missing."""
    return tuple(dict.fromkeys(form for line in lines for phrase in _listed(line) for form in variants(phrase)))


def _sentence(lines: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a sentence, as its words with blanks between them, is one that a pattern stands for."""

    @cache
    def compiled() -> re.Pattern[str]:
        return re.compile(
            "|".join(_OPTIONAL.sub(r"(?: (?:\1))?", phrase) for line in lines for phrase in _listed(line))
        )

    return lambda sentence: bool(compiled().fullmatch(sentence))


def _listed(line: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in line.split(" | "))
