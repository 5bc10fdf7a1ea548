"""How many of a thing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.entities.alone import number_alone
from nlu.entities.folding import Folded
from nlu.entities.numbers import CHINESE, DIGITS, ENGLISH, to_whole
from nlu.understanding import Entity

_CHINESE = re.compile(
    rf"(?<![第这那哪每上下几数])(?P<whole>(?P<number>{DIGITS}|{CHINESE}) ?"
    r"(?:[大小](?=[盒箱瓶包袋罐份桶杯套]))?(?:个(?!半?(?:月|小时|钟头|星期|礼拜|工作日|问题|人|字|意思|年|劲|样|区|忙|地方|积分|电话|地址|订单|快递|包裹|朋友|客服|同事|消息|短信|单(?!反|肩)|多月|多小时|来月))"
    r"|件(?![事套])|盒|箱|瓶|包(?!裹|括|邮|装|含)|袋|套(?!路)|双|条(?!件|消息|短信)|只(?!有|是|要|能)|把(?!它|这|那|我)|罐|支(?!付|持)"
    r"|本(?!来|店|人|周|月)|张|台|份|杯(?!子|盖)|斤|组|对(?!不|吧|了)|枚|块装|提|桶|筒|串|饼(?!干)))"
    # 一个都不要 wants none.
    r"(?!(?:都|也)(?:没|不|别|未)|装(?:的|$|[^\w]))"
)
# Twelve to the dozen; 打开 and 打电话 are none.
_DOZENS = re.compile(
    rf"(?<![几数好第])(?P<whole>(?P<number>{DIGITS}|{CHINESE}|半)打(?=$|[^\w]|[的吧呢吗鸡啤]|[杯盒瓶包碗茶马白紫玻公壶盖品](?!开)))"
)
_PAIR_WORD = re.compile(
    r"(?<![们我你他她咱妻母父姐弟兄妹哥])(?P<whole>[俩仨])(?!人|月|字|小时|钟|星期|礼拜|词|问题|孩|娃|年|天|口)"
)
_ENGLISH_DOZENS = re.compile(
    rf"(?<![a-z0-9])(?P<whole>(?:(?P<half>half(?: a)?) |(?P<one>an?) |(?P<number>{DIGITS}|{ENGLISH}) )dozen)(?!s|[a-z])"
)
_A_PAIR = re.compile(
    r"(?<![a-z])(?P<whole>(?:an?) (?:pair|set|box|pack|bag|bottle|case|carton)(?= of | please|$|[.,!?]))"
)
_ENGLISH_UNIT = re.compile(
    r"(?:pieces?|pcs?|boxe?s?|packs?|packets?|bags?|bottles?|sets?|pairs?|items?|cans?|cups?|mugs?|units?|jars?|tins?"
    r"|cartons?|copies|teapots?|pots?)(?![a-z])"
)
_COUPLE = re.compile(rf"(?<![a-z])(?P<whole>(?:a )?couple(?: of| more)? {_ENGLISH_UNIT.pattern})")
_ENGLISH = re.compile(
    rf"(?P<whole>(?P<number>{DIGITS}|{ENGLISH}) ?"
    rf"(?:(?<= )(?:more|extra|other|big|small|large) )?{_ENGLISH_UNIT.pattern})"
)
_TIMES = re.compile(r"(?<![0-9a-z.])(?P<whole>x ?(?P<number>[0-9]{1,4}))(?![0-9a-z.])")
_TIMES_AFTER = re.compile(r"(?<![0-9a-z.])(?P<whole>(?P<number>[0-9]{1,4}) ?x)(?![0-9a-z])")


def find(message: Folded, *, asked: bool) -> list[Entity]:
    """Return the quantities in ``message``; with ``asked``, a number alone is one."""
    found = [message.entity("quantity", count, span) for count, span in _counted(message)]
    if found or not asked:
        return found
    alone = number_alone(message)
    if alone is None or alone[0] != alone[0].to_integral_value():
        return []
    return [message.entity("quantity", int(alone[0]), alone[1])]


def _counted(message: Folded) -> Iterator[tuple[int, tuple[int, int]]]:
    for match in _search(message):
        if not _is_vague(match["number"]) and (count := to_whole(match["number"])) is not None:
            yield count, match.span("whole")
    plain = message.plain
    if "打" in plain:
        for match in _DOZENS.finditer(plain):
            count = 6 if match["number"] == "半" else 12 * (to_whole(match["number"]) or 0)
            if count:
                yield count, match.span("whole")
    if "俩" in plain or "仨" in plain:
        yield from ((2 if match[0] == "俩" else 3, match.span("whole")) for match in _PAIR_WORD.finditer(plain))
    if "dozen" in plain:
        for match in _ENGLISH_DOZENS.finditer(plain):
            yield (
                6 if match["half"] else 12 * (1 if match["one"] else to_whole(match["number"]) or 0),
                match.span("whole"),
            )
    if "couple" in plain:
        yield from ((2, match.span("whole")) for match in _COUPLE.finditer(plain))
    if "a " in plain:
        yield from ((1, match.span("whole")) for match in _A_PAIR.finditer(plain))


def _is_vague(written: str) -> bool:
    """Return whether it is 两三 or 一两, which is a few and no number."""
    return len(written) > 1 and all(character in "一两二三四五六七八九" for character in written)


def _search(message: Folded) -> Iterator[re.Match[str]]:
    if message.has_number and not message.plain.isascii():
        yield from _CHINESE.finditer(message.plain)
    if _ENGLISH_UNIT.search(message.plain):
        yield from _ENGLISH.finditer(message.plain)
    if message.has_digit and "x" in message.plain:
        yield from _TIMES.finditer(message.plain)
        yield from _TIMES_AFTER.finditer(message.plain)
