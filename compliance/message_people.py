"""Who a name in a message belongs to, told by what stands beside it: staff, senders, patients (R-39).

A name is staff's where the words next to it say what only staff do: join an office, stand in for somebody, sign, answer
a telephone. What people do whom one treats (leave, return, wait, start) tells nothing.
"""

from __future__ import annotations

import re

from compliance.message_groups import OFFICE
from compliance.text import Span

_NAME = r"(?<![\w'’])[A-Z][\w'’]+(?:-[A-Z]\w+)?(?: [A-Z][\w'’]+(?:-[A-Z]\w+)?){0,2}"
_WHO = rf"(?:(?<![\w'’])[A-Z]\. ?){{0,2}}{_NAME}"
_COURTESY = r"(?:\b(?:Mr|Mrs|Ms|Mx|Miss)\b\.? )?"
_OFFICER = (
    r"(?:(?:office|practice|clinic|department|program|unit|team|site|records) "
    r"(?:manager|administrator|coordinator|secretary|lead|clerk)"
    r"|(?:CDI|coding|HIM|query|documentation|records) (?:specialist|lead|nurse|contact|manager|educator|liaison"
    r"|colleague|trainer|director|analyst|coordinator)"
    r"|contact|manager|director|educator|supervisor|specialist|colleague|coordinator|team lead"
    r"|assistant|delegate|secretary|scribe|scheduler|(?:physician )?advisor|coder|trainer|liaison|administrator)"
)
_OFFICE_NURSE = r"(?:(?:clinical )?documentation nurse|(?:in|out)patient cod(?:ing|er)|physician advisor)"
_HELPS = r"(?= (?:can|will|is|has|knows|helps|may|could)\b|[.,;]|$)"
_CLOSING = (
    r"\b(?i:regards|sincerely|respectfully|thanks|thank you|thx|ty|best|best wishes|cheers|yours|yours truly"
    r"|many thanks|warmly|gratefully|take care|have a good (?:one|day|weekend|shift))"
)
_CREDENTIALS = (
    r"(?:,? \(?(?:RN|RHI[AT]|CCS(?:-P)?|CC?DS|CDIP|CPC|COC|CRC|MD|DO|NP|PA(?:-C)?|BSN|MSN|MHA|MBA)\)?){0,3},?"
)
_OUR_OFFICE = (
    rf"(?:{OFFICE}|us\b"
    r"|(?:the|our) (?:\w+ )?(?:office|desk|team|department|organi[sz]ation|staff|committee|project)\b)"
)
_EXTENSION = r"(?:\(?(?:x|ext\.? ?|extension |at )\d{3,5}\b|\(?\d{3}[-.]\d{4}\b|\d{4,5}\W*$)"
# What staff alone do, told after their names ...
_AS_STAFF = (
    r"(?:(?:has|have|had|will|is|are|who|also|now|just|recently|then|again|be|both|kindly) ){0,3}(?:"
    rf"(?:re)?join(?:s|ed|ing)? (?:in )?{_OUR_OFFICE}|left {_OUR_OFFICE}"
    r"|retir(?:es?|ing)\b(?! home)|retired (?:on|last|after|as|in)\b"
    rf"|(?:start|begin)(?:s|ed|ning|ing)? (?:work\b|as (?:an?|your|our|the)\b|(?:at|in|with) {_OUR_OFFICE})"
    r"|began (?:work|as)\b"
    r"|on (?:leave(?! from)|vacation|holiday|duty|call(?! light)|annual leave|parental leave|maternity leave|jury duty"
    r"|PTO|pto)\b|out of (?:the )?office|back from (?:leave|vacation|holiday)"
    r"|(?:back|away) (?:at|from) (?:our|her|his|their) (?:desk|leave|vacation|holiday)"
    r"|(?:at|in) (?:the|our) (?:CDI |coding |HIM |help ?|query )(?:office|desk)"
    r"|cover(?:s|ing|ed)? (?:for|our|the (?:desk|phone|office|line|lists?|night|weekend|team)"
    r"|your (?:list|service|shift))\b|covering\b(?= until| from| this| on|[.,;]|$)"
    r"|(?:stand|fill|sit)s? in (?:for|as)\b|(?:stand|fill|sitt)ing in for"
    r"|(?:replac(?:es?|ing|ed)|succeed(?:s|ing|ed)?)\b"
    r"|(?:tak(?:es?|ing|en)|took) over (?:from|as|for|her|his|their|the (?:list|desk|office|class|team)|your|our)\b"
    rf"|(?:your|our|the|a|an) (?:new |main |first |only |other )?{_OFFICER}\b"
    r"|(?:lead|teach|run|host|chair|hold|give|present|staff)(?:s|es|ing)? (?:(?:the|our|this|a|an) )?(?:\w+ ){0,2}"
    r"(?:class|session|training|talk|workshop|course|desk|office|team|webinar|demo|help ?desk|orientation)\b"
    r"|(?:can|could|may|happy to|glad to|here to) (?:help|show|explain|assist|reset|walk|set"
    r"|answer (?:your )?questions|be reached at|take (?:your|the) call)\b"
    r"|(?:show|write to|train) (?:you|us|some of you|them|new)\b"
    r"|(?:answers?|answering|picks? up|mans?) the phone|knows (?:the|how|where|about|which)"
    r"|(?:pass(?:es|ed)|earn(?:s|ed)) (?:the|her|his|their) (?:CC?DS|CCS|CDIP|RHI[AT]|coding|CDI|board|certification)\b"
    r"|sign(?:s|ed|ing)? (?:your|some of your|the|her|his|our|their) "
    r"(?:clarifications|requests|queries|mails?|messages)"
    r"|(?:was|were|been) (?:named|hired|appointed)\b|promoted to (?:\w+ )?(?:lead|manager|director|educator|supervisor)"
    r"|works? (?:in|at|with|for|from) (?:the |our )?(?:CDI|coding|HIM|IT|records)\b)"
)
# ... and before them. Whoever is welcomed or takes leave in the first words of a text is on the staff.
_WELCOMED = (
    r"(?P<said>^(?:Meet|Welcome|Welcome back|Introducing|Goodbye|Farewell|Congratulations|Congrats|Thanks|Thank you"
    r"|Happy birthday)(?: to)?|\b(?:[Gg]oodbye|[Ff]arewell|[Cc]ongratulations|[Ww]elcome) to"
    r"|\b(?:[Pp]lease|[Ll]et's|[Ll]et us) (?:meet|welcome|congratulate)),?"
)
_HELLO = r"\b(?:[Hh]i|[Hh]ello|[Hh]ey|[Mm]orning|[Gg]ood (?:morning|afternoon|evening))\b[^.!?\n]{0,30}?[,!.;–-]"
_TO_STAFF = (
    r"(?:\b[Rr]eplac(?:es|ing|e)|\b[Ss]ucceed(?:s|ing)?|\b(?:[Tt]akes?|[Tt]aking|[Tt]ook) over from"
    r"|\b[Ff]ill(?:s|ing)? in for|\b[Cc]over(?:s|ing)? for|\b[Ss]tand(?:s|ing)? in for|\b[Rr]eports? to"
    rf"|{_HELLO} (?:[Tt]his is|[Ii]t['’]?s|[Ii] am|[Ii]['’]?m)|\b[Mm]y name is)"
)
_NO_PLACE = r"(?! (?:to|in|on|about|and|who (?:is|was|came|fell|has|had))\b)(?=[\s,.!;:]|$)"
STAFF = (
    re.compile(rf"({_COURTESY}{_WHO}),? (?:here )?(?:(?:from|in|at|with|of|for) |/ ?){OFFICE}"),
    re.compile(rf"(?<=[.!?)\n] )({_WHO})(?:, (?:MD|DO|RN))?,? \(?(?:{OFFICE}|{_OFFICER}|{_OFFICE_NURSE})\b"),
    re.compile(rf"\b(?:[Qq]uestions|[Hh]elp|[Cc]ontact|CDI|HIM|[Cc]oding)(?: to|:) ({_WHO})(?=,| \d|\.)"),
    re.compile(rf"\b[Pp]age ({_WHO})\b"),
    re.compile(rf"({_NAME}),? (?:on|at) (?:ext\.? |extension )?\d{{4,5}}{_HELPS}"),
    re.compile(
        rf"\b(?:[Yy]our|[Oo]ur|[Tt]he) (?:new )?{_OFFICER},? (?:this week |today )?(?:is |is now )?({_COURTESY}{_NAME})"
    ),
    re.compile(rf"({_COURTESY}{_NAME}), (?:your|our) (?:new )?{_OFFICER}\b"),
    re.compile(rf"[.!?)] ?[-–—~]{{1,2}} ?({_NAME}),? {OFFICE}\W{{0,3}}$"),
    re.compile(rf"\n\s*[-–—~]{{0,2}} ?({_NAME})\s*[\n|]\s*{OFFICE}"),
    re.compile(rf"{_CLOSING}[,.!]?\s+({_WHO})(?=,? [A-Z]{{2}}|\W*$|\s*\n)"),
    # A sender signs with a telephone, an office or a second sender: "Thanks, Noor x4410", "Noor & the CDI team".
    re.compile(rf"{_CLOSING}[,.!]?\s*[-–—~]?\s*({_WHO}){_CREDENTIALS},? (?:{_EXTENSION}|\(?{OFFICE}|(?:and|&) the )"),
    re.compile(rf"(?:[.!?)\n]|[-–—~/]) ?[-–—~/]{{0,2}} ?({_WHO}){_CREDENTIALS},? {_EXTENSION}\W*$"),
    re.compile(rf"^(?:CDI|HIM) ({_WHO}),? {_EXTENSION}"),
    re.compile(rf"({_WHO}){_CREDENTIALS} {_AS_STAFF}"),
    re.compile(rf"{_TO_STAFF} ({_WHO}){_NO_PLACE}"),
    re.compile(rf"{_WELCOMED} (?P<name>{_WHO})(?! (?:at|from|of)\b){_NO_PLACE}"),
    re.compile(rf"(?:^|[.!?,:;\n–-] ?)({_WHO}) here(?=[.,!:;]|$)"),
    re.compile(rf"\b(?:[Tt]his is|[Ii]t['’]?s|it is) ({_WHO}) again\b(?=[.!]|$)"),
    re.compile(rf"({_WHO}) (?:or|and|&) {_WHO}{_CREDENTIALS} (?:(?:from|in|at|with|of) {_OUR_OFFICE}|{_AS_STAFF})"),
    re.compile(
        rf"\b(?:[Aa]sk for|[Tt]ext|[Cc]all|[Rr]ing|[Ee]-?mail) ({_WHO}){_CREDENTIALS} (?:at|on|in) "
        rf"(?:{OFFICE}|{_EXTENSION})"
    ),
)
"""Where a name stands that is staff's: the group `name`, or the first; `said` is the greeting before it."""
BY_STAFF = re.compile(r"[\"'“]([A-Z]\. ?[A-Z][a-z]{1,3}\.)[\"'”]")
"""How somebody signs, in quotation marks: as "H. Fer."."""
PATIENT_NAMED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Mx|Miss|Master)\b\.? ?|\b[Pp](?:atient|t)\b\.?:? (?:(?:Mr|Mrs|Ms|Mx|Miss)\b\.? )?)"
    rf"(?:(?:[A-Z]\. ?){{0,2}}{_NAME}|[A-Z]\.?(?=[ ,.;)]))"
)
MEETING_ROOM = re.compile(
    r"\b(?:[Rr]oom|[Rr]m\.?) (?:(?:[A-Z]-?)?\d{1,4}[A-Za-z]?|[A-Z])\b"
    r"|\b(?:[A-Z][a-z]+ ){1,2}(?:[Rr]oom|Hall|Theat(?:er|re))\b"
    r"|\b(?:[Aa]uditorium|[Tt]heat(?:er|re)|[Hh]all|[Cc]lassroom|Conference(?: [Rr]oom)?) (?:[A-Z]|\d{1,3})\b"
)
# Where an office is, or a machine of the house: "the CDI desk has moved to room G-112".
_STANDS = (
    r"(?:is|are|was|has|have|now|moved|moves|moving|been|relocated|relocates|located|opens?|sits?|stands?|staffed|again"
    r"|back|open|and|staff|will|be)"
)
OFFICE_ROOM = re.compile(
    rf"\b(?:{OFFICE}|[Oo]ffices?|[Dd]esk|[Ll]ibrary|[Pp]rinter|[Cc]opier|[Kk]iosk|[Mm]ailbox|[Dd]rop-?in)"
    rf"(?: {_STANDS}){{0,4}}(?: in the \w+)?"
    r"(?:,| \(|:? new|:? now| (?:in|at|to|into|on|near|next to|across from|by|hours in))+ ?"
    r"(?P<room>(?:[Rr]oom|[Rr]m\.?|[Ss]uite) (?:(?:[A-Z]{1,2}-?)?\d{1,4}(?:[.-]\d{1,4})?[A-Za-z]?\b|[A-Z]\b(?!-)))"
)
# The extension of somebody who was just named: "(CDI), 4471".
_CALLED_AT = re.compile(r"[^\w\n]{0,3}(\d{3,5})(?=\W*(?:$|\n|\.\s))")


def called_at(text: str, end: int) -> Span:
    """Return where the extension stands that follows a name with its office; an empty span where none does."""
    found = _CALLED_AT.match(text, end)
    return found.span(1) if found else (end, end)
