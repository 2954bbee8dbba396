"""The texts of a template: what may stand in them, and how the record fills them in. Data is never read as a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import jinja2
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

VARIABLES = frozenset({"subject", "admission_order"})
"""What a text may name."""

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # a query is plain text; the pages that show it escape it
    trim_blocks=True,
    lstrip_blocks=True,
)
_PLAIN = re.compile(r"(?:[^{]|\{\{ *(?:subject\.(?:term|date|source|author_role)|admission_order) *\}\})*", re.DOTALL)
"""Words and names alone, as nearly all texts are: what they need is known without a parser."""


@dataclass(frozen=True)
class Wording:
    """One text. It is compiled when it is first asked for: most of a library's questions are not asked every day."""

    text: str

    def filled(self, variables: Mapping[str, object]) -> str:
        """Return the text with what the record fills in."""
        return (self._compiled.render(variables) if "{" in self.text else self.text).strip()

    def names(self) -> frozenset[str]:
        """Return the variables that the text names. Raises `jinja2.TemplateSyntaxError` where it cannot be read."""
        if _PLAIN.fullmatch(self.text):
            return frozenset(name for name in VARIABLES if re.search(rf"{{{{ *{name}\b", self.text))
        return frozenset(meta.find_undeclared_variables(_ENVIRONMENT.parse(self.text)))

    @cached_property
    def _compiled(self) -> jinja2.Template:
        return _ENVIRONMENT.from_string(self.text)
