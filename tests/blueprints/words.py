"""Words for names: many of them are words of SQL, Python or the generated code."""

from __future__ import annotations

import random

NOUNS = (
    "Order Parcel Ticket Loan Claim Shift Route Vessel Recipe Garden Meter Batch Crate"
    " Lesson Ward Permit Lease Quota Voyage Audit Kiln Ledger Beacon Orchard HTTPProxy"
    " X509Key User Group Tables Event2"
).split()
VERBS = (
    "Open:Opened Close:Closed Move:Moved Mark:Marked Weigh:Weighed Split:WasSplit"
    " Grow:Grown Return:Returned Select:Selected Raise:Raised Lower:Lowered"
    " Import:Imported Yield:Yielded Update:Updated Drop:Dropped"
).split()
MADE = "Found:Founded Start:Started Draw:Drawn Insert:Inserted".split()
FIELDS = (
    "price label weight colour height share rank code mark origin reach grade hash"
    " input sum len max index name order group user table limit value key data client"
    " body send store bus handlers query request envelope scenario expected"
    " replace line2 a b1_c2 row_number status_text default check primary returning"
    " values filter module kind2 result answer each_1 test tests first_name is_open"
    " today_count uuids decimal quantize existing keys before now_or_never logger"
    " settings token problem"
).split()
MEMBERS = (
    "open closed late early red green north south none_yet half full EUR USD lost found"
    " drawn sent new used a1 big small loud quiet name_taken init self_made mro"
).split()
TYPES = (
    "Money Status Colour Level Period Size Address Share Weight2 Currency Rate Kind"
    " Shape Zone Phase Tone Span Label Badge Grade"
).split()
DOMAINS = "shop depot club harbour mill office yard".split()
ERRORS = "TooLate Refused NoRoom Wrong Taken Full Unknown Early Broken Denied".split()
ROLES = "clerk captain auditor EUR".split()
ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata")
PROSE = (
    "A plain sentence",
    'It says "so", and \\ more\\n.',
    'Ends with a quote"',
    '"""',
    "{{ 7 * 7 }} {% raw %} {# no #}",
    "<b>bold</b> & [a](b) | c",
    "Größe: 3 世界 ✓",
    "# not a heading",
    "type: ignore",
    "noqa: F401 # noqa",
    "first\nsecond\n\nthird",
    "%s %(x)s $x ${x}",
    "'; DROP TABLE x; --",
)


class Supply:
    """Hands out words, none of them twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._used: set[str] = set()

    def take(self, words: list[str] | tuple[str, ...], suffix: str = "") -> str:
        """A word that was not taken yet; a number follows where all were."""
        free = [each for each in words if each + suffix not in self._used]
        if free:
            word = self._chance.choice(free) + suffix
        else:
            number = 2
            while f"{words[0]}{suffix}{number}" in self._used:
                number += 1
            word = f"{words[0]}{suffix}{number}"
        self._used.add(word)
        return word

    def fork(self) -> Supply:
        """A supply that starts with what is used here."""
        other = Supply(self._chance)
        other._used = set(self._used)
        return other
