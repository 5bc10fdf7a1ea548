"""Whether a message refuses offers, or a person: who is written to or called against their will is wronged, so words
decide here.

A linear classifier weighs words one by one, and "don't send me offers" has most of them from "send me offers".
"""

from __future__ import annotations

import re
from typing import Final

from nlu.entities.folding import SEARCHED_CHARACTERS, fold

_REFUSES: Final = re.compile(
    r"不|别|別|勿|停|退订|退訂|关掉|关了|關|拒|(?<!麻)[烦煩]|骚扰|騷擾|有病|滚|够了|夠了|删|取消"
    r"|\b(?:stop|don'?t|do not|no|not|never|cancel\w*|cancle\w*|unsub\w*|remove|off|quit|enough|annoy\w*|spam\w*"
    r"|less|fewer|rid|mute|block)\b",
    re.IGNORECASE,
)
# … but "don't let me miss any" and "I unsubscribed by mistake, undo it" want them.
_WANTS: Final = re.compile(
    r"恢复|恢復|重新|取消退[订訂]|不用退[订訂]|撤[销銷]|收不到|[没沒]收到|错过|錯過|[别別]漏|不要漏|[别別]忘|[别別]落|[记記]得|怎么不|怎麼不"
    r"|为什么不|咋不|又不|再打[开開]|想打[开開]|[开開]回|继续|繼續|接着|不怕|不急|不嫌|不介意|不小心|后悔|後悔|赶不上|趕不上|先不|[别別]人|[别別]的"
    r"|不常|不限|不管|没关系|沒關係"
    r"|\b(?:miss\w*|again|resub\w*|resume|back|undo|accident\w*|mistake\w*|forget|mind|regret|sign me|add me"
    r"|turn(?:ed)?(?: \w+)? on|leave me out|could i|want your|no problem|not on|never get|get your|without|yes to)\b",
    re.IGNORECASE,
)


def refuses_offers(text: str) -> bool:
    """Return whether words of a message about offers refuse them and none wants them back."""
    return bool(_REFUSES.search(text)) and not _WANTS.search(text)


_A_PERSON: Final = (
    r"(?:humans?|persons?|people|agents?|representatives?|someone|somebody|anyone|anybody|operators?|staff"
    r"|managers?|supervisors?)"
)
# Labour that is paid is no person to talk to.
_PERSON: Final = re.compile(rf"人工(?!费|成本|钱|多少钱)|真人|活人|客服|\b{_A_PERSON}\b")
_PERSON_REFUSED: Final = re.compile(
    # "你们是不是不想给我转人工" complains that there is none.
    r"(?:不用|不要|(?<!你们)(?<!你)(?<!是不是)不想要?|不需要|不必|没必要|用不着|别|无需|甭|勿)"
    r"(?:再|给我|帮我|跟我|老是?|总是?|又|去|来|现在|马上|直接|急着|麻烦)*"
    r"(?:转接|转|找|叫|换|接|要|用|派|安排|联系|呼叫|惊动)?(?:到|给|来|成|一个|个|一下|什么|任何|你们的?|的)*"
    r"(?:人工|真人|活人|客服)(?!智能|合成|制作|机器)(?:客服|服务|处理|了)*"
    # "why don't you transfer me", "not a bot, a human" and "if not, get me a person" ask for one.
    r"|(?<!why )(?<!if )\b(?:don't|dont|do not|didn't|never|not|stop|no need|needn't|without|rather not)"
    r"(?! you(?! dare))(?: (?:want|wanna|need|have|had|to|you|dare|please|ever|even|me|us|just|go|be|being|get|getting"
    r"|like|for|talk|talking|speak|speaking|chat|chatting|transfer|transferred|transferring|connect|connecting|pass"
    r"|passing|put|putting|hand|handing|send|sending|through|over|with|escalate|call|calling|bring|involve|ask))*"
    rf"(?: (?:an?|the|any|some|your|another|real|live|actual|human))* {_A_PERSON}\b"
)


def speaks_of_a_person(text: str) -> bool:
    """Return whether words of a message mean somebody to talk to, wanted or not."""
    return _PERSON.search(fold(text[:SEARCHED_CHARACTERS])) is not None


def without_refused_person(text: str) -> str | None:
    """Return what is left of ``text`` without the words by which it refuses a person; None where it refuses none.

    Who says "不要机器人，要人工" refuses none, since a person is asked for elsewhere.
    """
    plain = fold(text[:SEARCHED_CHARACTERS])
    if not _PERSON_REFUSED.search(plain) or _PERSON.search(_PERSON_REFUSED.sub(" ", plain)):
        return None
    parts = []
    done = 0
    for refused in _PERSON_REFUSED.finditer(plain):
        parts.append(text[done : refused.start()])
        done = refused.end()
    return " ".join([*parts, text[done:]]).strip()
