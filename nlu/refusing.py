"""Whether a message about offers refuses them: who is written to against their will is wronged, so words decide here.

A linear classifier weighs words one by one, and "don't send me offers" has most of them from "send me offers".
"""

from __future__ import annotations

import re
from typing import Final

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
