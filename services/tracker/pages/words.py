"""The pages' own words for states, reasons and steps. What is not listed is shown with spaces for underscores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from schemas.vocabulary import Category, LateDecision, Outcome, WithdrawReason

LIMITS = {"answer": 10_000, "reason": 2_000, "short": 300}

WORDS: dict[str, str] = {
    "issued": "sent",
    "delivered": "notified",
    "opened": "opened",
    "awaiting_cosign": "waits for a cosigner",
    "awaiting_documentation": "waits for the entry in the record",
    "under_review": "answer under review",
    "superseded": "replaced",
    "auto_resolved": "resolved by documentation",
    "needs_a_person": "a person must release it",
    "needs_second_person": "a second person must release it",
    "blocked": "the check blocked it",
    "no_template": "no template fits",
    "unknown_template": "the template is not known",
    "no_recipient": "nobody is asked yet",
    "no_supported_option": "too few answers are supported",
    "response_type_not_allowed": "this form of question is not allowed here",
    "new_findings": "the check found something new since it was approved",
    "internal_error": "the builder failed",
    "OPTION_SELECTED": "an offered answer",
    "OTHER_TEXT": "other, in own words",
    "UNABLE_TO_DETERMINE": "unable to determine",
    "NOT_CLINICALLY_SIGNIFICANT": "not clinically significant",
    "INTEGRAL_TO": "integral to another condition",
    "RULED_OUT": "ruled out",
    "FREE_TEXT": "own words",
    "DECLINED": "declined",
    "AGREED_DOCUMENTED": "answered, documented as offered",
    "AGREED_OTHER": "answered with another diagnosis",
    "DISAGREED": "answered, not confirmed",
    "UNDETERMINED": "answered, cannot be determined",
    "NOT_SIGNIFICANT": "answered, not clinically significant",
    "INADEQUATE_RESPONSE": "answer does not settle the question; ask again",
    "CONFIRMED_VALIDATED": "diagnosis confirmed",
    "NOT_VALIDATED": "diagnosis not confirmed",
    "ESCALATED_RESOLVED": "resolved by escalation",
    "NO_RESPONSE_CLOSED": "closed without an answer",
    "cdi_specialist": "CDI specialist",
    "post_bill": "after billing",
    "clear": "nothing holds it",
    "holding": "on hold",
    "ready": "ready to be finalized",
    "pass": "passed",
    "block": "blocks",
    "person": "person",
    "registered": "raised",
    "requested": "text asked for",
    "queried": "query sent",
    "watched": "note left for colleagues",
    "unwatched": "note taken off",
    "reminded": "reminder asked for",
    "bounced": "message came back",
}

TONES: dict[str, str] = {
    **dict.fromkeys(("issued", "delivered", "opened", "queried", "clear"), "act"),
    **dict.fromkeys(("answered", "under_review", "resolved", "closed", "ready", "pass", "active"), "good"),
    **dict.fromkeys(("held", "holding", "awaiting_cosign", "awaiting_documentation", "review", "deferred"), "warn"),
    **dict.fromkeys(("block", "blocked", "overdue", "expired", "failed", "locked"), "wrong"),
}
"""The colour of a chip beside its word; what is not listed has none."""

NOTICES: dict[str, str] = {
    "raised": "The gap was raised. Its question is being written; this page shows what becomes of it.",
    "asked_already": "The same question is open on this chart already: your gap waits behind it.",
    "gap_known": "This gap was raised before; nothing was added.",
    "late_settled": "It is noted what the late answer changes.",
    "follow_up": "The outcome is set, and a follow-up question is being written.",
    "accepted": "Your answer is signed and recorded.",
    "amended": "Your changed answer is signed and recorded.",
    "seen": "This answer was recorded already.",
    "late": "This answer is kept, but it does not count: the query was answered or ended before. To change an answer "
    "of your own, use \u201cChange my answer\u201d below.",
    "deferred": "You will be asked again later. The query stays in your inbox.",
    "redirected": "The query was passed on.",
    "cosigned": "You cosigned the answer.",
    "sent_back": "The answer went back to whoever signed it.",
    "questioned": "Your question went to the author. You can still answer, or ask to be reminded later.",
    "replied": "The provider sees your reply.",
    "outcome": "The outcome is set.",
    "withdrawn": "The query was withdrawn.",
    "watched": "The note is kept, for colleagues alone.",
    "unwatched": "The note is taken off.",
    "spoken": "The spoken answer is recorded. It counts once its entry stands in the record.",
    "documented": "The record's entry is noted.",
    "review": "The answer is under review.",
    "approved": "The text is approved. It is checked once more, and then sent.",
    "revised": "The text was sent to be checked again. A second person must approve it.",
    "rejected": "The draft was rejected, and its gap dismissed.",
    "finalized": "The chart is finalized.",
    "coverage": "The coverage is set.",
    "coverage_ended": "The coverage has ended.",
    "coverage_over": "That coverage is over already.",
    "source": "The source is set.",
    "law_held": "The chart is held by law. Nothing of it is purged.",
    "law_lifted": "The legal hold is lifted.",
    "settled": "The alarm is settled.",
    "user": "The account is written.",
    "unlocked": "The account is open again.",
    "signed_out_everywhere": "The account is signed out everywhere.",
    "imported": "The providers are imported.",
    "replayed": "The record was sent again.",
    "signed_out": "You are signed out.",
    "session_ended": "The session is ended.",
    "token_revoked": "The token is revoked and opens nothing any more.",
    "idle": "You were signed out because nothing happened for a while.",
}


STEPS: dict[str, str] = {
    "gap registered": "a gap was raised",
    "gap revised": "the gap was changed",
    "gap raised_again": "the gap was sent again",
    "gap older_kept": "an older version of the gap arrived and was kept",
    "gap reopened": "the gap was opened again",
    "gap requested": "the question is being written",
    "gap repeated": "the question was asked for once more",
    "gap queried": "the question is written and sent",
    "gap held": "the question is written and waits for a person",
    "gap resolved": "the gap is resolved",
    "gap withdrawn": "the gap was withdrawn",
    "gap dismissed": "the gap was dismissed",
    "gap duplicate": "another gap asks the same",
    "gap promoted": "the gap took the place of one that asked the same",
    "gap anomaly": "a result that may not be used was kept aside",
    "query anomaly": "a second, different result was kept aside",
    "query held": "the draft is held",
    "query issued": "the query was sent",
    "query draft_revised": "the draft was edited",
    "query draft_approved": "the draft was approved",
    "query delivered": "the provider was notified",
    "query opened": "the provider opened the query",
    "query answered": "the query was answered",
    "query cosign_requested": "the answer waits for a cosigner",
    "query documentation_requested": "the answer waits for the entry in the record",
    "query review_begun": "the answer came under review",
    "query amended": "the answer was changed",
    "query documented": "the entry in the record was noted",
    "query closed": "the outcome was set",
    "query withdrawn": "the query was withdrawn",
    "query superseded": "a later version replaced the query",
    "query auto_resolved": "documentation resolved the query",
    "query redirected": "the query was passed on",
    "query attending_changed": "the new attending is asked",
    "query rehold": "the query is held again for its new recipient",
    "query deferred": "the provider asked to be reminded later",
    "query resumed": "the provider is reminded again",
    "query phase_changed": "the visit's phase changed",
    "query escalated": "the query was escalated",
    "query expired": "the query is past its last reminder",
    "query answered_late": "another answer came, too late to count",
    "query late_settled": "it was decided what the late answer changes",
    "query questioned": "the provider asked the author something",
    "query replied": "the author replied",
    "query reminded": "the provider was reminded",
    "gap watched": "somebody noted why the gap is watched",
    "gap unwatched": "the gap is not watched any more",
    "query sent_back": "the cosigner sent the answer back",
    "chart opened": "the chart was opened",
    "chart facts_changed": "facts of the visit changed",
    "chart withdrawal_parked": "a withdrawal arrived",
    "chart documentation_kept": "a new entry of the record arrived",
    "chart hold_placed": "the chart is on hold",
    "chart hold_released": "one hold was released",
    "chart cleared": "nothing holds the chart any more",
    "chart unready": "the discharge was cancelled",
    "chart ready": "the chart is ready to be finalized",
    "chart finalized": "the chart was finalized",
    "chart reopened": "the chart was opened again",
    "chart late_response": "an answer came after finalizing",
    "chart merged": "the stay was merged into another one",
    "chart member_joined": "another stay was merged into this one",
}
"""What happened, in the past tense; keys are subject and transition of the lifecycle's tables."""


def say_step(step: Mapping[str, object]) -> str:
    """Return one step of a history as words; a gap's with its category."""
    name = f"{step['subject']} {step['transition']}"
    words = STEPS.get(name, say(name))
    category = step.get("category") if step["subject"] == "gap" else None
    return f"{words} ({say(category)})" if category else words


CATEGORY_HELP: dict[Category, str] = {
    "missing_diagnosis": "findings without a diagnosis",
    "treatment_without_diagnosis": "a treatment without a diagnosis",
    "specificity": "a diagnosis that could be more specific",
    "acuity": "acute, chronic, or both",
    "stage": "a stage, grade or severity is open",
    "laterality": "the side is open",
    "significance": "an abnormal finding whose meaning is open",
    "cause_effect": "whether two documented conditions belong together",
    "complication": "whether something came from a procedure or treatment",
    "conflict": "two notes say different things",
    "present_on_admission": "whether it was there on admission",
    "clinical_validation": "a documented diagnosis that the findings do not show plainly",
    "procedure": "what was done in a procedure",
    "status": "a lasting state, or a history",
    "uncertain_diagnosis": 'a "possible" or "probable" that was never settled',
    "principal_reason": "the main reason for the stay",
}
"""What is missing, as a coder would say it."""

OUTCOME_HELP: dict[Outcome, str] = {
    "AGREED_DOCUMENTED": "An offered answer was chosen, and it fits the findings and the record.",
    "AGREED_OTHER": "The answer settles the question with another diagnosis than the offered ones.",
    "DISAGREED": "The provider says that there is nothing to document, and that is clear.",
    "UNDETERMINED": 'The provider cannot tell. Nothing more is coded; it is not a "no".',
    "NOT_SIGNIFICANT": "The finding has no clinical meaning for this stay.",
    "INADEQUATE_RESPONSE": 'The answer does not settle what was asked ("ok", or words about something else). '
    "The question is asked again as a follow-up; the gap stays open.",
    "CONFIRMED_VALIDATED": "For a question about clinical validity: the diagnosis is confirmed with its reasons.",
    "NOT_VALIDATED": "For a question about clinical validity: the provider takes the diagnosis back.",
    "ESCALATED_RESOLVED": "The question was settled by escalation, outside of this answer.",
}
"""What an outcome says; NO_RESPONSE_CLOSED is never chosen by hand."""

LATE_HELP: dict[LateDecision, str] = {
    "recode": "code the chart again",
    "rebill": "code it again, and bill it again within the limits",
    "no_change": "nothing changes",
}

_KNOWN_REASONS = frozenset((*get_args(WithdrawReason), *get_args(Outcome)))


def say_reason(text: str) -> str:
    """Return a reason as words: one that was chosen from a list, or as somebody wrote it."""
    return say(text) if text in _KNOWN_REASONS else text


def tone(value: object) -> str:
    """Return the class of the chip that shows a state."""
    return TONES.get(str(value), "still")


def say(value: object) -> str:
    """Return a name of the vocabulary as words."""
    text = str(value)
    return WORDS.get(text, text.replace("_", " "))
