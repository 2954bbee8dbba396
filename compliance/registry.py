"""Every rule on one screen: what the rulebook asks, and which functions look for it.

Rules without functions cannot be seen in one document; the note says who keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from compliance import (
    anchors,
    answers,
    asked,
    carrying,
    categories,
    commenting,
    completeness,
    conflicts,
    contrast,
    disguise,
    earlier_care,
    evidence,
    figures,
    governing,
    interpretation,
    message_conduct,
    message_identity,
    messages,
    omission,
    one_question,
    onset,
    options,
    order,
    pointing,
    possible,
    proper_names,
    quoting,
    recipients,
    related,
    riding,
    scales,
    sense,
    sides,
    sources,
    structure,
    sums,
    support,
    told_detail,
    untold,
    validating,
    wording,
)
from compliance.knowledge import Knowledge
from compliance.message_reading import MessageReading
from compliance.reading import Reading
from compliance.rows import Row
from schemas.check import Finding

QueryRule = Callable[[Reading], Iterator[Finding]]
RowRule = Callable[[Row, Knowledge], Iterator[Finding]]
MessageRule = Callable[[MessageReading], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the rulebook, with the functions that look for it first and foremost (others may name it too).

    `queries` and `messages` see faults, `rows` those of single indicators. `unsure` holds what is not known to be
    sound; it runs last, so that the specific finding stands before the general one.
    """

    id: str
    asks: str
    queries: tuple[QueryRule, ...] = ()
    rows: tuple[RowRule, ...] = field(default=(), kw_only=True)
    messages: tuple[MessageRule, ...] = ()
    unsure: tuple[QueryRule, ...] = ()
    note: str = ""


# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("R-14", "no yes/no for new diagnoses", (structure.response_type_allowed, disguise.no_disguised_yes_no,
         disguise.one_reading_stands_twice, disguise.yes_and_no_stay_apart,
         told_detail.something_documented_is_named)),
    Rule("R-13", "yes/no only about what is documented", (asked.asks_about_the_record,
         told_detail.details_are_documented, categories.documented_first)),
    Rule("R-23", "conflicts go to the attending",
         (recipients.conflict_to_attending, recipients.both_sides_are_shown, recipients.named_statements_are_shown,
          recipients.readings_of_a_conflict, recipients.no_reading_is_named_alone, conflicts.third_reading,
          conflicts.one_side_is_told, conflicts.one_statement_is_quoted, conflicts.conflict_by_another_name)),
    Rule("R-28", "the recipient may answer", (recipients.accountable,),
         (message_conduct.providers_are_asked,)),
    Rule("R-05", "indicators are there and of this patient", (structure.indicators_shown, structure.findings_stand_once,
         structure.new_condition_was_addressed), rows=(structure.patient_specific,)),
    Rule("R-17", "prior findings are labelled, never alone",
         (evidence.inside_the_encounter, evidence.current_evidence,
         evidence.vital_signs_alone_evaluate_nothing, evidence.nothing_is_current_by_old_findings,
          evidence.documented_in_this_encounter, evidence.history_is_not_mined, earlier_care.what_is_current_belongs)),
    Rule("R-06", "indicators are sourced and dated", (evidence.dated, sources.sources_are_documents,
         evidence.dates_are_absolute, wording.no_relative_time),
         rows=(evidence.sourced_and_traceable, untold.a_finding_is_told, evidence.units_fit,
         possible.numbers_are_possible, evidence.dates_of_rows_are_absolute)),
    Rule("R-09", "Other and Unable to determine are there", (structure.options_fit_response_type,
         options.choices_are_free, answers.neutral_answers_say_what_they_are),
         (messages.told_plainly, message_conduct.choices_are_complete)),
    Rule("R-15", "yes/no offers more than yes and no", note="with R-09"),
    Rule("R-21", "present on admission is measurable", (categories.timed_condition_is_documented,
         categories.order_time_shown, categories.timing_is_open,
         onset.asked_against_the_order, onset.both_sides_of_the_order)),
    Rule("R-24", "relations are open in each direction", (categories.relation_is_open,
         categories.relation_is_not_stated, related.related_things_are_shown)),
    Rule("R-08", "no leftover options", (options.evidence_is_linked,)),
    Rule("R-04", "options are supported", (support.evidence_supports, anchors.kinds_are_spoken_for,
         support.findings_are_of_the_site, contrast.course_is_shown, contrast.step_is_named,
         order.causes_come_first)),
    Rule("R-26", "placeholders are filled", (structure.placeholders_filled, evidence.dates_are_of_this_encounter,
         evidence.days_alone_are_of_this_encounter, evidence.findings_are_of_this_encounter),
         (messages.placeholders_filled,), rows=(structure.rows_are_filled,)),
    Rule("R-18", "no payment, no codes", (wording.no_codes, wording.documented_terms_are_terms), (messages.no_codes,),
         rows=(wording.no_codes_in_rows,)),
    Rule("R-20", "no pressure", (wording.prose_presses_nowhere, wording.options_speak_plainly),
         (messages.pushes_nowhere, messages.lexicons_find_nothing)),
    Rule("R-19", "no quality scores", rows=(commenting.no_row_counts_for_the_house,), note="lexicons, with R-20"),
    Rule("R-39", "no clinical content in notifications", (),
         (message_identity.no_identity, message_identity.perhaps_identity, message_identity.no_clinical_word,
          message_identity.link_is_opaque, message_identity.payload_is_opaque)),
    Rule("R-02", "the title is neutral", (wording.no_new_diagnosis, wording.no_short_form_of_a_new_diagnosis,
         wording.title_is_as_documented, wording.title_reads_no_value),
         (message_conduct.subject_is_documented, messages.documented_alone),
         unsure=(sense.title_is_neutral,)),
    Rule("R-16", "open questions introduce nothing", (structure.open_question_has_an_object,
         structure.nothing_taken_as_settled), note="with R-02"),
    Rule("R-34", "templates are governed", (governing.form_is_in_force,),
         note="with lexicons; kept by the template library"),
    Rule("R-11", "nothing signals", (wording.nothing_signals, pointing.no_answer_is_pointed_at, options.signs_are_plain,
         options.nothing_is_preset, options.no_errand_hangs_on_an_answer,
         pointing.answers_are_left_to_the_provider, scales.order_does_not_signal, options.options_are_plain),
         (messages.nothing_signals,), rows=(pointing.no_row_points_at_an_answer,)),
    Rule("R-30", "one clear question", (one_question.one_question, riding.second_issue_in_the_question,
         riding.second_issue_in_the_context, one_question.concise),
         (message_conduct.one_issue_is_asked,)),
    Rule("R-12", "options are parallel", (options.options_differ, options.asides_name_the_condition,
         options.options_are_parallel, carrying.one_answer_carries_facts,
         completeness.lesser_reading_offered, completeness.stages_are_complete,
         completeness.numbered_steps_shown_are_offered,
         completeness.degrees_shown_are_offered, completeness.severe_is_not_the_only_degree,
         completeness.axes_are_complete, completeness.no_step_is_skipped,
         completeness.lesions_shown_are_causes_offered, completeness.lowest_kind_is_offered),
         unsure=(carrying.no_answer_sounds_leading,)),
    Rule("R-10", "a single option is reviewed", (options.more_than_one_choice,)),
    Rule("R-22", "validations are reviewed", (categories.validation_is_reviewed,
         validating.validated_by_another_name, validating.confirmed_or_struck)),
    Rule("R-40", "post-bill is reviewed", (categories.after_the_bill,)),
    Rule("R-07", "indicators are objective", (interpretation.objective, omission.nothing_left_out,
         interpretation.names_and_terms_argue_nowhere),
         rows=(interpretation.quotations_come_from_the_record, omission.no_row_leaves_out,
         commenting.no_word_judges, commenting.no_row_comments_on_itself, commenting.no_row_sounds_commenting,
         wording.names_quote_nothing),
         unsure=(interpretation.numbers_stand_alone, interpretation.told_in_prose)),
    Rule("R-35", "software adds no facts", (quoting.quotations_hold_nothing_new, figures.numbers_agree,
         sides.sides_agree, figures.counts_agree, figures.durations_agree, figures.facts_are_shown,
         figures.quotations_agree), rows=(sums.numbers_of_a_row_agree, sums.nothing_is_denied_and_told)),
    Rule("R-27", "references are named", (sense.options_cite_nothing, interpretation.names_are_no_verdicts),
         note="with R-03"),
    Rule("R-03", "the question does not lead", (sense.uncertain_stays_uncertain, sense.answers_are_left_open,
         sense.findings_tell_no_detail, wording.question_names_no_step), (messages.findings_are_sourced,),
         unsure=(sense.options_are_neutral, sense.sentences_are_neutral, proper_names.names_stand_in_the_record),
         note="lexicons with R-20"),
    Rule("R-01", "one standard for every text", (), (messages.unproven_sentences_hint, messages.sentences_are_neutral,
         messages.sentences_sound_neutral)),
    Rule("R-31", "issued queries do not change", note="lexicon; kept by the tracker's event log"),
    Rule("R-32", "answers are authenticated", note="lexicon; kept by the tracker"),
    Rule("R-36", "escalation follows policy", note="lexicon; kept by the notifier's policy"),
    Rule("R-37", "no query shopping", messages=(message_conduct.asked_after_an_answer,),
         note="lexicon; kept by the tracker's duplicate key"),
    Rule("R-25", "verbal queries are recorded", note="not in a document; kept by the tracker"),
    Rule("R-29", "the author may ask", note="not in a document; kept by accounts and sources"),
    Rule("R-33", "queries are retained", note="not in a document; kept by the tracker's event log"),
    Rule("R-38", "no needless query", (categories.perhaps_needless,), note="advice; kept by the tracker"),
)
# fmt: on

_RANKS: dict[object, int] = {
    look: rank
    for rank, look in enumerate(
        (
            *(look for rule in RULES for look in (*rule.rows, *rule.queries)),
            *(look for rule in RULES for look in rule.unsure),
        )
    )
}
QUERY_RULES: tuple[QueryRule, ...] = tuple(look for rule in RULES for look in (*rule.queries, *rule.unsure))
# What a rule looks at beside the texts: each set is shown no more than it is named for (checking.py), so that what it
# says is remembered for any query that differs in nothing else. The rules in none of them read texts, answers and
# documented terms, and hear of the rows what these say to them.
# They look at rows, but at no value and no time, or at which rows are linked to an answer.
_LINKED: frozenset[QueryRule] = frozenset(
    {
        evidence.current_evidence,
        evidence.nothing_is_current_by_old_findings,
        interpretation.names_and_terms_argue_nowhere,
        interpretation.names_are_no_verdicts,
        options.evidence_is_linked,
        scales.order_does_not_signal,
        recipients.named_statements_are_shown,
        sources.sources_are_documents,
        one_question.concise,
        structure.indicators_shown,
    }
)
# They look at values, and at which rows are of one time.
_VALUED: frozenset[QueryRule] = frozenset(
    {
        anchors.kinds_are_spoken_for,
        asked.asks_about_the_record,
        completeness.numbered_steps_shown_are_offered,
        contrast.course_is_shown,
        contrast.step_is_named,
        evidence.vital_signs_alone_evaluate_nothing,
        figures.counts_agree,
        figures.durations_agree,
        figures.facts_are_shown,
        figures.quotations_agree,
        interpretation.numbers_stand_alone,
        interpretation.objective,
        interpretation.told_in_prose,
        conflicts.third_reading,
        completeness.axes_are_complete,
        completeness.degrees_shown_are_offered,
        completeness.lesions_shown_are_causes_offered,
        completeness.lowest_kind_is_offered,
        completeness.lesser_reading_offered,
        completeness.stages_are_complete,
        recipients.both_sides_are_shown,
        recipients.readings_of_a_conflict,
        related.related_things_are_shown,
        sides.sides_agree,
        structure.findings_stand_once,
        structure.new_condition_was_addressed,
        support.evidence_supports,
        support.findings_are_of_the_site,
        earlier_care.what_is_current_belongs,
        told_detail.details_are_documented,
    }
)
# They look at times.
_TIMED: frozenset[QueryRule] = frozenset(
    {
        categories.order_time_shown,
        evidence.dates_are_of_this_encounter,
        evidence.days_alone_are_of_this_encounter,
        evidence.documented_in_this_encounter,
        evidence.findings_are_of_this_encounter,
        evidence.history_is_not_mined,
        evidence.inside_the_encounter,
        evidence.dated,
        order.causes_come_first,
        recipients.conflict_to_attending,
    }
)
Ranked = tuple[tuple[int, QueryRule], ...]
"""Rules with their ranks: the order in which their findings stand."""


def _ranked(wanted: Callable[[QueryRule], bool]) -> Ranked:
    return tuple((_RANKS[look], look) for look in QUERY_RULES if wanted(look))


TIMED_RULES: Ranked = _ranked(lambda look: look in _TIMED)
VALUED_RULES: Ranked = _ranked(lambda look: look in _VALUED)
LINKED_RULES: Ranked = _ranked(lambda look: look in _LINKED)
WORDED_RULES: Ranked = _ranked(lambda look: look not in _TIMED | _VALUED | _LINKED)
ROW_RULES: tuple[tuple[int, RowRule], ...] = tuple((_RANKS[look], look) for rule in RULES for look in rule.rows)
MESSAGE_RULES: tuple[MessageRule, ...] = tuple(look for rule in RULES for look in rule.messages)
MESSAGE_WORDING: frozenset[MessageRule] = frozenset(
    {
        messages.pushes_nowhere,
        messages.lexicons_find_nothing,
        messages.unproven_sentences_hint,
        messages.sentences_are_neutral,
        messages.sentences_sound_neutral,
    }
)
"""What stops sentences of messages for their wording: naming.py calls them what they sound like."""
MESSAGE_PLAIN: frozenset[MessageRule] = frozenset(
    {
        messages.told_plainly,
        message_conduct.choices_are_complete,
        message_conduct.one_issue_is_asked,
        message_conduct.subject_is_documented,
        message_conduct.providers_are_asked,
        message_conduct.asked_after_an_answer,
    }
)
"""What of a message means one thing, however its sentences sound: named before anything that they sound like."""
RANKS_OF_WORDING: frozenset[int] = frozenset(
    {_RANKS[wording.prose_presses_nowhere], _RANKS[sense.sentences_are_neutral]}
)
"""The same of queries, by rank."""
