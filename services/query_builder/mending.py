"""How to mend what is wrong with a template: advice for each kind of fault, in words for people who write templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from evidence.language import Vocabulary
from services.query_builder.template import FrontMatter, Governance

_ADVICE: Mapping[str, str] = {
    r"Field required": "Add this field; docs/templates.md says what belongs in it.",
    r"plain words only": "Write plain words on one line, without brackets, asterisks or placeholders.",
    r"not in alphabetical order": "Sort the answers by the alphabet, or write `order: scale` where they form a scale.",
    r"^(\w+) must be offered": r"Add \1 to response_types, and a block `# question \1` with its question.",
    r"^(\w+) is never used": r"Take \1 out of response_types, and its block out of the text.",
    r"multiple_choice needs": "Write a second answer with its evidence, or take multiple_choice out of response_types.",
    r"the block is missing": "Write this heading with a question below it, or take the form out of response_types.",
    r"no block has this name": "Give the heading one of these names.",
    r"text stands before": "Put the text below a heading.",
    r"is not the name of the file": "Give the file and the id the same name.",
    r"another file has this id": "Give one of the two another id, and its file that name.",
    r"begins with front matter": "Begin the file with a line `---`, the fields, and another line `---`.",
    r"not YAML": "Look at this line and the one above: a bracket, a quotation mark or a colon is missing or too many.",
    r"adopted needs": "Let `cdi-query templates adopt` write the approval.",
    r"the review was due": "Review the template, then `cdi-query templates adopt` it again with a new --review-by.",
    r"the review is due": "Plan its review; after that day the template is not used.",
    r"every template has golden examples": "Write this file; `cdi-query templates new` shows its form.",
    r"no example is issued as": "Add an example whose gap gives a question in this form.",
    r"no example is held": "Add an example that must not be issued, such as one without the needed indicator.",
    r"no example supports fewer": "Add an example whose indicators support fewer answers.",
    r"no example offers the answer": "Add an example whose indicators support this answer.",
    r"^expected|another template answered|the text that waits": (
        "Mend the template, or what `expect` says; `cdi-query templates preview ID --example NAME` shows the text."
    ),
    r"looks at earlier encounters \((\w+)\)": (
        r"Write `prior_encounters: \1`, or let the rule look at this encounter alone."
    ),
    r"^`alone` is never used|^says `alone`": "Write `prior_encounters: with_current`, or `baseline`.",
    r"goes to the attending first": "Write `recipients: [attending]`; the authors may get a copy.",
    r"`author` is who wrote": "Add `subject:`, or write whom to ask by role, such as `recipients: [attending]`.",
    r"may not be asked about": "Ask a provider who treated the patient: attending, surgeon, consultant.",
    r"can never hold": "Change the numbers or take a part out, so that a record can show it.",
    r"stands there twice": "Take one of them out.",
    r"no regular expression": "Close every bracket, and write a backslash before a bracket that is meant as such.",
    r"no template and no other criterion uses it": "Take it out, or name it in the rule that it is for.",
    r"`subject`": "Add `subject:` with the words to look for in this encounter's notes, or take it out here.",
    r"is unknown; there are": "Use one of these names, or write the words as they are.",
}
_OTHERWISE = "docs/templates.md has a table of fields and one of rules of evidence."
_EXTRA = "Extra inputs are not permitted"
_QUOTED = re.compile(r"'([^']*)'")


def advice(field: str, why: str, vocabulary: Vocabulary | None = None) -> str:
    """Return how to mend a fault. `vocabulary`: the names that rules may use, to find the one that was meant."""
    if _EXTRA in why:
        return _near(field.rpartition(".")[2], [*FrontMatter.model_fields, *Governance.model_fields], "field")
    if vocabulary is not None and (found := re.match(r"no (criterion|indicator) is named", why)):
        named = _QUOTED.search(why)
        names = vocabulary.criteria if found[1] == "criterion" else vocabulary.units
        return _near(named[1] if named else "", names, found[1])
    for pattern, text in _ADVICE.items():
        if (matched := re.search(pattern, why)) is not None:
            return matched.expand(text)
    return _OTHERWISE


def _near(name: str, known: Iterable[str], kind: str) -> str:
    near = get_close_matches(name, list(known))
    if near:
        return f"Did you mean {' or '.join(near)}?"
    where = {"field": "docs/templates.md lists the fields", "criterion": "criteria/ defines them"}
    return f"There is no {kind} like it; {where.get(kind, 'indicators/ lists them')}."
