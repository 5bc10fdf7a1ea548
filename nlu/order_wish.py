"""What is wanted of an order whose number stands in the message: beside it, a word is enough ("退A10500").

Such words say too little by themselves, so they count beside a number only, and only where nothing else is
said unmistakably.
"""

from __future__ import annotations

import re
from typing import Final

from nlu.entities.folding import SEARCHED_CHARACTERS, fold
from nlu.fallback_words import STRONG
from nlu.understanding import IntentScore

# Folded forms. The first that is found counts: whoever wants something broken back wants it back.
_NOT: Final = r"(?<![不没别甭勿])(?<!不想)(?<!不要)(?<!不用)"
_NOT_EN: Final = r"(?<!don't )(?<!do not )(?<!not )(?<!never )"
_WISHES: Final = (
    (
        "request_price_adjustment",
        "差价|降价|便宜了|买贵",
        r"price (?:dropped|drop|fell)|cheaper|the difference",
    ),
    (
        "change_cancel_order",
        f"{_NOT}(?:取消|撤单|撤掉)|不要了|不想?要.{{0,3}}了$|拍错|下错|买错|(?:别|不用|先不)发货?了"
        f"|{_NOT}改(?:成|到|为|一下|个|寄|送|地址|时间)",
        rf"{_NOT_EN}cancel(?!led|ed)|(?:don't|do not|no longer) (?:want|need) (?:it|this|that|them)"
        r"|by mistake|hold off|change (?:it|the|my)",
    ),
    (
        "return_refund_exchange",
        f"{_NOT}退(?!订(?!单)|出|休|到哪)|{_NOT}(?:换货|换(?:一?[个件只套]|成|大|小|新|掉)|寄回)"
        f"|^{_NOT}换$|^(?:我?[要想]|帮我|给我)换$",
        rf"{_NOT_EN}(?:return|exchange|replace)(?!ed)|{_NOT_EN}refund(?!ed)|money back|send (?:it |this |them )?back",
    ),
    (
        "complain_product_quality",
        "(?<![没不])(?:坏|碎|裂|破|漏)了?(?!吗|没)|质量|瑕疵",
        r"broken|cracked|damaged|shattered|chipped|defective|faulty|leak(?:s|ing)",
    ),
)
_RULES: Final = tuple(
    (intent, re.compile(f"{chinese}|(?<![a-z])(?:{english})(?![a-z])")) for intent, chinese, english in _WISHES
)
_AROUND: Final = " \t\r\n.!?,;:。！？，、；：~-"


def wish_for_order(beside: str) -> IntentScore | None:
    """Return what ``beside``, a message without the number of its order, wants of that order; None where it says
    nothing of it."""
    plain = fold(beside[:SEARCHED_CHARACTERS]).strip(_AROUND)
    found = next((intent for intent, words in _RULES if words.search(plain)), None)
    return None if found is None else IntentScore(found, STRONG)
