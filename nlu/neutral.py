"""A customer's sentence without the customer: what could name somebody becomes a stand-in of the same shape.

Learnt from is how people ask, not who asked. Phones, e-mail addresses, order and parcel
numbers, amounts, birthdays, names and addresses go, and so does every longer number that
nothing recognises. What says the wish stays: products, days, feelings. Where two readings
overlap, all of both goes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from nlu.entities import EntityContext, OrderPattern, find_all
from nlu.understanding import Language

LONGEST = 300
"""Characters. What is longer is a story and no example of a wish."""
NAMES: Final = {"zh": "小王", "en": "Sam", "other": "Sam"}
ADDRESS_ZH: Final = "幸福路1号"
ADDRESS_EN: Final = "1 Main Street"
EMAIL: Final = "someone@example.com"

# Nothing in them depends on the day; a birthday is only looked for relative to one.
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_MONEY = ("amount", "points")
_NUMBERS = ("phone", "phone_last4", "order_no", "tracking_no", "birthday")

_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
_HAN_NUMBER = re.compile("[零〇一二三四五六七八九十百千万亿两半廿幺壹贰叁肆伍陆柒捌玖拾佰仟]+")
_NUMBER_WORD = (
    r"zero|oh|nought|double|triple|treble|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|half"
)
_ENGLISH_NUMBER = re.compile(
    rf"(?<![A-Za-z])(?:{_NUMBER_WORD})(?:[ ,-]+(?:and )?(?:{_NUMBER_WORD}))*(?![A-Za-z])", re.IGNORECASE
)

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+[@＠][\w-]+(?:\.[\w-]+)+", re.ASCII)
_HANDLE = re.compile(r"(?<![A-Za-z0-9])[@＠][A-Za-z0-9_-]{2,}")
_ACCOUNT = re.compile(r"(?:微信|wechat|weixin|vx|wx|qq|telegram)(?:号|id| )*(?:是|为|is|:|：| )*([a-z0-9_-]{5,})", re.I)
# Numbers that nothing recognised, with what people put between digits.
_LONG_NUMBER = re.compile(r"\d(?:[ .()/-]{0,2}\d){3,}")
_MIXED = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{5,}")
_HAN_READ_OUT = re.compile("[零〇一二三四五六七八九幺](?:[ ,、-]?[零〇一二三四五六七八九幺]){3,}")

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石"
    "廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤张劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蕭葉蘇魏呂盧鍾陸範賈鄒龍賀顧龔萬錢嚴"
)
_INTRODUCED_ZH = re.compile(
    "(?:我的?名字[是叫]?|我叫|名叫|姓名|本人|[收寄取]件人|收货人|联系人|買家|买家|会员名)[ 是为叫:：]{0,3}"
    f"(?P<name>[{_SURNAMES}][\u4e00-\u9fff·]{{1,2}}|[A-Za-z][A-Za-z'’-]*(?: [A-Z][A-Za-z'’-]*)*)"
    f"|我(?:是|姓)(?P<short>[{_SURNAMES}][\u4e00-\u9fff]{{0,2}})(?![\u4e00-\u9fff])"
    f"|(?P<title>[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}?)(?=先生|女士|小姐|太太|老师)"
)
_WORD = r"[A-Z][\w'’-]+"
_INTRODUCED_EN = re.compile(
    r"(?i:(?<![A-Za-z])(?:my name is|name['’]?s|(?:full )?name(?: is|:)|call me|under the name(?: of)?)) "
    rf"(?P<told>[\w'’-]+(?: {_WORD})*)"
    r"|(?i:(?<![A-Za-z])(?:i am|i['’]m|this is|it['’]s|regards,?|cheers,?|addressed to|recipient:?))\s+"
    rf"(?P<meant>{_WORD}(?: {_WORD})*)"
    rf"|(?<![A-Za-z])(?:Mr|Mrs|Ms|Miss|Dr|Mx)\.? (?P<titled>{_WORD}(?: {_WORD})*)"
)
_UNIT = (
    "(?:[\u4e00-\u9fff]{1,8}?(?:自治区|省|市|区|县|镇|乡|路|街道|大街|街|大道|巷|弄|胡同|村|小区|花园|大厦|公寓|广场|省|區|縣|鎮|鄉)"
    "|[0-9０-９一二三四五六七八九十百A-Za-z-]{1,6}(?:号楼|号院|號|号|弄|栋|棟|幢|座|楼|樓|层|單元|单元|室|房))"
)
_ADDRESS_ZH = re.compile(f"{_UNIT}(?:[ ,，]?{_UNIT})+(?:[ ,，-]?[0-9]{{1,5}})?")
_BEFORE_ADDRESS = re.compile("^.{0,12}?(?:地址(?:是|为|改成|改为|填)?|住在?|[寄送发發改]到|改成|在|到|是)[:： ]?")
_ADDRESS_EN = re.compile(
    r"(?<![A-Za-z0-9])\d{1,5}[A-Za-z]?,? (?:[A-Za-z][\w'’.-]* ){1,4}?"
    r"(?:(?i:street|st|road|rd|avenue|ave|lane|boulevard|blvd)|(?:Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close"
    r"|Crescent|Gardens|Hill|Row|Park))(?![A-Za-z])\.?"
    r"(?:,? (?i:apt|apartment|flat|unit|suite|room|#)\.? ?[\w-]+)?"
)
_BARE_UNIT_EN = re.compile(r"(?<![A-Za-z])(?i:apt|apartment|flat|suite)\.? #?\d[\w-]*")


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    instead: str


def neutral(
    text: str,
    *,
    language: Language,
    names: Collection[str] = (),
    region: str = "CN",
    currency: str = "CNY",
    orders: OrderPattern | None = None,
) -> str:
    """Return ``text``, on one line and without marks of a training file, with stand-ins for what could name somebody.

    ``names`` are those that the shop knows of the customer and the people around them: they go wherever
    they stand. ``region``, ``currency`` and ``orders`` are the shop's, as for `Understander`.
    """
    flat = _one_line(text)
    context = EntityContext(
        now=_SOME_DAY, language=language, orders=orders or OrderPattern(), region=region, currency=currency
    )
    told: list[str] = []
    at = 0
    for part in _joined(sorted(_found(flat, context, names), key=lambda one: (one.start, one.start - one.end))):
        told += flat[at : part.start], part.instead
        at = part.end
    return " ".join("".join((*told, flat[at:])).split()).strip(" -")


def _one_line(text: str) -> str:
    # Square brackets and braces mark entities in Rasa's training files.
    plain = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(plain.translate(str.maketrans("[]{}", "()()")).split())


def _found(text: str, context: EntityContext, names: Collection[str]) -> Iterator[_Part]:
    for entity in find_all(text, context=context):
        if entity.entity == "email":
            yield _Part(entity.start, entity.end, EMAIL)
        elif entity.entity in _MONEY:
            yield _Part(entity.start, entity.end, _like_money(entity.text))
        elif entity.entity in _NUMBERS:
            yield _Part(entity.start, entity.end, _like_number(entity.text))
    for pattern, instead in ((_LINK, ""), (_MAIL, EMAIL), (_HANDLE, "")):
        yield from (_Part(*match.span(), instead) for match in pattern.finditer(text))
    yield from (_Part(*match.span(1), _like_number(match[1])) for match in _ACCOUNT.finditer(text))
    for pattern in (_LONG_NUMBER, _MIXED, _HAN_READ_OUT):
        yield from (_Part(*match.span(), _like_number(match[0])) for match in pattern.finditer(text))
    yield from _addresses(text)
    yield from _names(text, names, NAMES[context.language])


def _addresses(text: str) -> Iterator[_Part]:
    for match in _ADDRESS_ZH.finditer(text):
        said_before = _BEFORE_ADDRESS.match(match[0])
        start = match.start() + (said_before.end() if said_before else 0)
        yield _Part(start, match.end(), ADDRESS_ZH)
    for pattern in (_ADDRESS_EN, _BARE_UNIT_EN):
        yield from (_Part(*match.span(), ADDRESS_EN) for match in pattern.finditer(text))


def _names(text: str, names: Collection[str], instead: str) -> Iterator[_Part]:
    for pattern in (_INTRODUCED_ZH, _INTRODUCED_EN):
        for match in pattern.finditer(text):
            group = match.lastgroup
            assert group is not None, "each way to give a name has its group"
            yield _Part(*match.span(group), instead)
    for name in _written(names):
        # A Latin name is a word of its own; Chinese is written without spaces.
        wanted = re.escape(name) if not name.isascii() else f"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])"
        yield from (_Part(*match.span(), instead) for match in re.finditer(wanted, text, re.IGNORECASE))


def _written(names: Collection[str]) -> Iterator[str]:
    """Yield the ways in which people write a name: whole, its Latin words alone, a Chinese given name alone."""
    for name in filter(None, (name.strip() for name in names)):
        yield name
        words = name.split()
        yield from (word for word in words if len(word) > 1 and len(words) > 1)
        if len(words) == 1 and not name.isascii() and len(name) >= 3:
            yield name[1:]


def _joined(parts: list[_Part]) -> Iterator[_Part]:
    """Yield parts, sorted by their start, those that overlap as one: the longer one says what stands there instead."""
    present: _Part | None = None
    longest = 0
    for part in parts:
        length = part.end - part.start
        if present is None or part.start >= present.end:
            if present is not None:
                yield present
            present, longest = part, length
            continue
        instead = part.instead if length > longest else present.instead
        present, longest = _Part(present.start, max(present.end, part.end), instead), max(longest, length)
    if present is not None:
        yield present


def _like_number(written: str) -> str:
    """Return a number of the same shape: A10427 becomes A10000, 138 0013 8000 becomes 100 1000 1000."""
    if _DIGITS.search(written):
        return _DIGITS.sub(_round, _LETTERS.sub("A", written))
    if written.isascii():
        return " ".join(["zero"] * len(written.split()))
    return _HAN_NUMBER.sub(lambda match: "一" + "零" * (len(match[0]) - 1), written)


def _like_money(written: str) -> str:
    """Return an amount of the same shape: 129元 becomes 100元, 一百二十九块 becomes 一百块."""
    rounded = _DIGITS.sub(_round, written)
    return _ENGLISH_NUMBER.sub("one hundred", _HAN_NUMBER.sub("一百", rounded))


def _round(match: re.Match[str]) -> str:
    return "1" + "0" * (len(match[0]) - 1)
