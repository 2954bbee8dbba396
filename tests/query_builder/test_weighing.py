"""Each answer is offered with the indicators that it rests on, or not offered and the reason is told."""

from __future__ import annotations

from dataclasses import replace

from evidence.evaluating import gather
from evidence.language import parse
from schemas.gaps import CandidateOption, QuestionBasis
from services.query_builder.library import Library
from services.query_builder.template import Template
from services.query_builder.weighing import offered
from services.query_builder.why_not import not_offered
from tests.query_builder.support import basis, lab, note

SODIUM = lab("Sodium", "127", 3, "mmol/L")


def told(library: Library, template: Template, asked: QuestionBasis) -> tuple[dict[str, set[int]], dict[str, str]]:
    """The answers that are offered, each with its witnesses, and those that are not, each with what was seen."""
    facts = gather(asked, library.concepts)
    supported = {one.text: set(one.witnesses) for one in offered(template, asked, facts)}
    return supported, {text: why.seen for text, why in not_offered(template, asked, facts, library.speaker)}


def test_every_answer_is_either_offered_with_its_evidence_or_has_a_reason(library: Library) -> None:
    template = library.templates["sodium-low"]
    supported, dropped = told(library, template, basis(note("Alert", 1), SODIUM))
    assert supported == {"Hyponatremia": {1}}
    assert dropped.keys() == {option.text for option, _ in template.options} - supported.keys()
    assert all(dropped.values())


def test_a_rule_that_holds_because_of_what_is_missing_offers_nothing_and_says_so(library: Library) -> None:
    whole = library.templates["sodium-low"]
    (option, _), *_ = whole.options
    absent = parse("not has(glucose)", library.vocabulary)
    supported, dropped = told(library, replace(whole, options=((option, absent),)), basis(SODIUM))
    assert supported == {}
    assert dropped == {option.text: "its rule holds because of what is missing, and no indicator shows that"}


def test_an_answer_of_the_author_that_nobody_recorded_is_told_as_such(library: Library) -> None:
    template = next(one for one in library.templates.values() if one.front.author_options and not one.options)
    options = tuple(CandidateOption(text=text, evidence=(0,)) for text in ("Fusion L3 to L5", "Fusion of the neck"))
    asked = basis(note("Fusion L3 to L5", 1, "Operative note"), options=options)
    supported, dropped = told(library, template, asked)
    assert supported == {"Fusion L3 to L5": {0}}
    assert dropped == {"Fusion of the neck": "it does not stand, word for word, in the indicators that it links to"}
