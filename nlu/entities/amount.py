"""Amounts of money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from nlu.entities.alone import number_alone
from nlu.entities.folding import Folded
from nlu.entities.numbers import CHINESE, DIGITS, ENGLISH, SCALED_DIGITS, to_number
from nlu.understanding import Entity

_CURRENCIES = {
    **dict.fromkeys(("¥", "rmb", "cny", "人民币", "元", "块", "元钱", "圆", "元人民币", "yuan", "kuai"), "CNY"),
    **dict.fromkeys(("毛", "角"), "CNY"),
    **dict.fromkeys(("$", "us$", "usd", "美元", "美金", "dollar", "dollars", "bucks", "cent", "cents"), "USD"),
    **dict.fromkeys(("€", "eur", "欧元", "euro", "euros"), "EUR"),
    **dict.fromkeys(("£", "gbp", "英镑", "pound", "pounds", "quid", "pence", "penny", "p"), "GBP"),
    **dict.fromkeys(("hk$", "hkd", "港币", "港元"), "HKD"),
    **dict.fromkeys(("nt$", "twd", "台币", "新台币"), "TWD"),
    **dict.fromkeys(("s$", "sgd", "新加坡元", "新币"), "SGD"),
    **dict.fromkeys(("a$", "aud", "澳元", "澳币"), "AUD"),
    **dict.fromkeys(("c$", "cad", "加元", "加币"), "CAD"),
    **dict.fromkeys(("jpy", "日元", "日圆", "円", "yen"), "JPY"),
    **dict.fromkeys(("krw", "韩元", "韩币"), "KRW"),
}
_CODES = "rmb|cny|usd|eur|gbp|hkd|twd|sgd|aud|cad|jpy|krw"
_SYMBOL = rf"(?P<symbol>(?<![a-z])(?:hk|us|nt|[sac])\$|[¥$€£]|(?<![a-z])(?:{_CODES})(?![a-z])|人民币|港币)"
# 一块表 and 两块肉 are pieces, and 一块去 is together.
_PIECE_OF = "板|状|头|表|布|肉|砖|蛋|糕|地|石|木|玻|饼|香|皂|糖|电池|手|腕|屏|儿|茶[饼砖]|毛[巾毯]"
_UNIT = (
    rf"(?P<unit>元人民币|元钱?(?![购素旦宵气老件])|块(?!{_PIECE_OF})|圆|人民币|美元|美金|欧元|英镑|港币|港元"
    rf"|新?台币|新加坡元|新币|澳[元币]|加[元币]|日[元圆]|円|韩[元币]"
    rf"|(?:{_CODES}|yuan|kuai|yen|dollars?|bucks|euros?|pounds?|quid)(?![a-z]))"
)
# 九十九点九元.
_POINT = "(?:点[零一二三四五六七八九]{1,2})?"
_DIGIT = "[0-9一二两三四五六七八九壹贰叁肆伍陆柒捌玖]"
# 12,50 and 1.299,00 and 25,- as they stand on European bills: only beside a currency.
_COMMA = r"(?<![0-9.,])(?:[0-9]{1,3}(?:\.[0-9]{3}){1,3}|[0-9]{1,6}),(?:[0-9]{1,2}|-)(?![0-9]|[,.][0-9])"
_AS_MONEY = re.compile(rf"(?P<whole>{_COMMA})")
# Five pounds fifty.
_SMALL_COINS = (
    rf"(?:(?:(?<=pounds)|(?<=dollars)|(?<=euros)|(?<=quid)) (?:and )?(?P<coins>[0-9]{{2}}|{ENGLISH})"
    r"(?: (?:pence|cents?))?"
    r"(?=$|[^\w ]| (?:for|each|more|twice|off|back|please|pls|on|to|in|but|and)(?![a-z])))"
)
# 三块五, 三块五毛六, 3元5角.
_SMALL = (
    rf"(?:零?(?P<tenth>{_DIGIT})[毛角](?:零?(?P<cent>{_DIGIT})分?)?"
    rf"|(?P<small>{_DIGIT})(?![0-9个件十百千万点月折多几来盒只双瓶袋%]|包(?!邮)))"
)
# 几十块 and 数百元 are no numbers.
_VAGUE_BEFORE = "(?<![几数好多第])"
_BEFORE = re.compile(
    rf"{_SYMBOL} ?(?>(?P<number>{_COMMA}|{SCALED_DIGITS}|{CHINESE}))(?![元块]零?{_DIGIT}[毛角])"
    r"(?P<after>元|块)?(?:(?<=[元块])[钱整])?"
)
_AFTER = re.compile(
    rf"(?P<number>{_COMMA}|{SCALED_DIGITS}|{_VAGUE_BEFORE}{CHINESE}{_POINT}|{ENGLISH}) ?{_UNIT}"
    rf"(?P<rest>{_SMALL}|{_SMALL_COINS})?(?P<end>[钱整]|正(?![好常品宗]))?"
)
_SIGN_AFTER = re.compile(rf"(?P<number>{_COMMA}|{SCALED_DIGITS}) ?(?P<unit>[$€£¥])(?![0-9])")
_JIAO = re.compile(
    rf"(?<![几好一]){_VAGUE_BEFORE}(?P<number>{_DIGIT})(?P<unit>[毛角])(?:(?P<cent>[0-9一二三四五六七八九])(?![0-9个点月号])|钱|(?![不九衣线巾病孩毯绒笔利尖落色度度豆巾])(?=$|[^\w]|[的吧呢吗]))"
)
_CENTS = re.compile(rf"(?P<number>{DIGITS}|{ENGLISH}) (?P<unit>cents?|pence|penny)(?![a-z])")
_PENCE = re.compile(r"(?<![0-9.,a-z])(?P<number>[0-9]{1,2})(?P<unit>p)(?![a-z0-9])")
# 1.5万 of what? Where nothing is counted, of money.
_MYRIADS = re.compile(
    r"(?<![0-9.几数好第])(?P<number>[0-9]{1,4}(?:\.[0-9]{1,3})? ?万)"
    r"(?=$|[^\w]|左右|以[内下]|之内|上下|[的吧呢吗了就多]?(?:$|[^\w]))"
)
# 三百五 and 1万2 with a word of haggling or nothing behind them are money; 二百五 is a fool.
_ELLIPTIC = re.compile(
    r"(?<![0-9.,几数好第零一二两三四五六七八九十百千万亿年月日号栋楼室])(?!二百五)"
    r"(?P<number>[1-9一二两三四五六七八九](?:[百万][1-9一二三四五六七八九]|千[1-9一二三四五六七八九]百?))"
    r"(?=$|[^\w]|[卖行能可太贵便买拿给包成怎吧吗呢啊就不以左上出搞]|[的了]?(?:$|[^\w])|的[这那]|多少)(?! ?[积分])"
)
_OF_A_BODY = re.compile("身高|体重|公分|厘米|斤|[穿码胖瘦]")
_NOTES = re.compile(rf"(?P<number>(?<![a-z])an?|{DIGITS}|{ENGLISH}) (?P<note>tenner|fiver)s?(?![a-z])")
_WORTH = {"tenner": 10, "fiver": 5}
# 1.2k with nothing behind it is said of money.
_THOUSANDS = re.compile(
    r"(?<![0-9.a-z])(?P<number>[0-9]{1,4}(?:\.[0-9]{1,3})? ?k)(?![a-z0-9]| ?(?:积?分|点|points?|pts|[件个份]"
    r"|显示|屏|电视|画质|高清|分辨|视频|hd|tv|video|resolution|screen))"
)
# What somebody will spend needs no currency: 两百以内, 预算300, under 30.
_BUDGET = re.compile(
    rf"(?:预算(?:是|大概|大约|差不多|在|就|只有|最多|有|[:, ])*|不(?:要)?(?:超过|高于)|最多(?:出|花|给))"
    rf"(?P<number>{SCALED_DIGITS}|{CHINESE})(?=$|[^\w:/%-]|左右|以[内下]|上下|吧|的|送|买|想|就|那)"
    rf"|{_VAGUE_BEFORE}(?<![0-9./:-])(?P<within>{SCALED_DIGITS}|{CHINESE}) ?(?:以[内下]|之内|以里)(?!的?(?:岁"
    rf"|年|月|天|小时|公里|加减))"
    rf"|(?<![a-z])budget(?: (?:is|of|about|around|under|up|to|max|maximum|roughly|at|most|was|would"
    rf"|be))*:? (?P<budget>{SCALED_DIGITS})"
    rf"(?![0-9a-z%:/-]| ?(?:[£$€¥]|(?:{_CODES}|yuan|euros?|pounds?|dollars?|quid)))"
    rf"|(?<![a-z])(?<!kids )(?<!children )(?<!age )(?<!aged )(?:under|below|less than|no more than"
    rf"|not more than|max(?:imum)?)"
    rf" (?P<under>{SCALED_DIGITS})(?=$|[,.!?;](?!\d)| (?:for|please|if|and|but|or|would|is|max|total|each"
    rf"|ideally)(?![a-z]))"
)
_HINT = re.compile(
    r"[¥$€£元块圆円币金镑]|rmb|cny|usd|eur|gbp|[hst][kgw]d|[ac][ua]d|jpy|krw|yen|yuan|kuai|dollar|bucks|pound|quid"
)
_CENT = Decimal("0.01")
_MOST = Decimal(10) ** 7
"""A longer number without a currency is the number of something."""
_PARTS = {
    "毛": Decimal("0.1"),
    "角": Decimal("0.1"),
    "cent": _CENT,
    "cents": _CENT,
    "pence": _CENT,
    "penny": _CENT,
    "p": _CENT,
}
_VERB_AFTER = re.compile(r"[^\W的吗呢吧左以上都也a-z0-9]")


def find(message: Folded, *, currency: str, asked: bool) -> list[Entity]:
    """Return the amounts in ``message``; one without a currency (``1.2k``) is in ``currency``, an ISO 4217 code.

    With ``asked``, a number alone is one.
    """
    alone = number_alone(message) if asked else None
    if alone is not None:
        return [message.entity("amount", _value(alone[0], currency), alone[1])]
    found = []
    for match in _search(message.plain):
        parts = match.groupdict()
        named = parts.get("symbol") or parts.get("unit")
        if match.re is _AFTER and _is_together(match):
            continue
        # 3元5 is two numbers, 3块5 is one.
        rest = bool(parts.get("rest")) and (parts["small"] is None or named == "块")
        number = _number(match["number"], named, parts if rest or match.re is _JIAO else {})
        if number is not None:
            end = match.end("unit") if parts.get("rest") and not rest else match.end()
            value = _value(number, _CURRENCIES[named] if named else currency)
            found.append(message.entity("amount", value, (match.start(), end)))
    for match in _NOTES.finditer(message.plain) if "er" in message.plain else ():
        count = 1 if match["number"] in ("a", "an") else to_number(match["number"]) or 0
        found.append(message.entity("amount", _value(Decimal(count * _WORTH[match["note"]]), "GBP"), match.span()))
    taken = [(one.start, one.end) for one in found]
    for number, span in _budgets(message.plain):
        if not any(span[0] < end and start < span[1] for start, end in taken):
            found.append(message.entity("amount", _value(number, currency), span))
    return found


def _budgets(plain: str) -> Iterator[tuple[Decimal, tuple[int, int]]]:
    """Yield what somebody will spend at most, said without a currency."""
    for match in _BUDGET.finditer(plain):
        group = next(name for name, said in match.groupdict().items() if said is not None)
        number = to_number(match[group])
        if number is not None and 0 < number < _MOST:
            yield number, match.span(group)


def _search(plain: str) -> Iterator[re.Match[str]]:
    if _HINT.search(plain):
        yield from _BEFORE.finditer(plain)
        yield from _AFTER.finditer(plain)
        yield from _SIGN_AFTER.finditer(plain)
    if "毛" in plain or "角" in plain:
        yield from _JIAO.finditer(plain)
    if "cent" in plain or "pen" in plain:
        yield from _CENTS.finditer(plain)
    if "p" in plain:
        yield from _PENCE.finditer(plain)
    if "万" in plain:
        yield from _MYRIADS.finditer(plain)
    if ("百" in plain or "千" in plain or "万" in plain) and not _OF_A_BODY.search(plain):
        yield from _ELLIPTIC.finditer(plain)
    if "k" in plain:
        yield from _THOUSANDS.finditer(plain)


def _is_together(match: re.Match[str]) -> bool:
    """Return whether it is 一块 before a verb, as in 一块寄, and no yuan."""
    alone = match["unit"] == "块" and match["number"] == "一" and not (match["rest"] or match["end"])
    return alone and _VERB_AFTER.match(match.string, match.end()) is not None


def _number(written: str, unit: str | None, rest: Mapping[str, str | None]) -> Decimal | None:
    number = _by_the_comma(written) if _AS_MONEY.fullmatch(written) else to_number(written)
    if number is None:
        return None
    number *= _PARTS.get(unit or "", Decimal(1))
    tenths = to_number(rest.get("tenth") or rest.get("small") or "") or Decimal(0)
    hundredths = to_number(rest.get("cent") or rest.get("coins") or "") or Decimal(0)
    return number + tenths / 10 + hundredths / 100 if hundredths < 100 else None


def _by_the_comma(written: str) -> Decimal:
    """Return what 12,50 and 1.299,00 and 25,- say."""
    whole, _, parts = written.replace(".", "").partition(",")
    return Decimal(f"{whole}.{parts.removesuffix('-') or 0}")


def _value(number: Decimal, currency: str) -> dict[str, Any]:
    # Two decimals at least, and none rounded away.
    cents = number.quantize(_CENT)
    return {"value": str(cents if cents == number else number.normalize()), "currency": currency}
