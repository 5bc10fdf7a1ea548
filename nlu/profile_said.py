"""What of their profile somebody wants changed, and to what, as far as words alone say it.

Phones, addresses of e-mail, birthdays, cities and languages are entities and found elsewhere; here
are names, postal addresses and time zones, and which of all these a message speaks of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from nlu.entities.folding import SEARCHED_CHARACTERS, fold
from nlu.facts_said import facts_said

Field = Literal["called", "name", "birthday", "phone", "email", "address", "city", "language", "timezone"]
FIELDS: Final[tuple[Field, ...]] = (
    "called", "name", "birthday", "phone", "email", "address", "city", "language", "timezone",
)  # fmt: skip
LONGEST: Final = 120

_SPEAKS_OF: Final[tuple[tuple[Field, re.Pattern[str]], ...]] = (
    ("birthday", re.compile(r"生日|生辰|出生|\b(?:birthday|b-?day|date of birth|dob|born)\b")),
    ("email", re.compile(r"邮箱|邮件地址|电邮|\be-?mail\b")),
    ("phone", re.compile(r"手机|电话|号码|换号|联系方式|\b(?:phone|mobile|cell|number|tel)\b")),
    ("timezone", re.compile(r"时区|\btime ?zone\b")),
    ("address", re.compile(r"地址|搬家|\b(?:address|moved|postcode|zip code)\b")),
    (
        "language",
        re.compile(r"语言|(?:用|说|讲|换成|改成|设置为?)(?:中文|英文|英语)|\b(?:language|in (?:english|chinese))\b"),
    ),
    ("called", re.compile(r"称呼|昵称|[叫喊]我|\b(?:call me|nickname)\b")),
    ("name", re.compile(r"名字|姓名|我叫|改名|姓氏|我姓|\b(?:name|surname)\b")),
    ("city", re.compile(r"城市|所在地|\b(?:city|town)\b")),
)
_CHANGED_TO: Final = r"(?:改成|改为|换成|换到|改到|变成|更新(?:成|为|到)|设(?:成|为)|是|[:：])\s*(?:了)?\s*"
_NAME: Final = (
    re.compile(
        rf"(?:名字|姓名|名){_CHANGED_TO}[“\"「]?"
        r"(?P<v>[\u4e00-\u9fff·]{2,6}|[a-z][a-z .'-]{1,40})[”\"」]?(?:了|吧|,|。|$)"
    ),
    re.compile(r"^我(?:现在)?叫(?P<v>[\u4e00-\u9fff·]{2,5}?)(?:了|,|。|吧|$)"),
    re.compile(r"^我姓[\u4e00-\u9fff]不姓[\u4e00-\u9fff]"),
    re.compile(
        r"\bmy (?:full |real |new |last )?name (?:is|should be|to)(?: now)? (?P<v>[a-z][a-z'-]+(?: [a-z][a-z'-]+){0,3})"
    ),
    re.compile(r"\bchange my name to (?P<v>[a-z][a-z'-]+(?: [a-z][a-z'-]+){0,3})"),
)
_CALLED: Final = (
    re.compile(r"(?:称呼|昵称)" + _CHANGED_TO + r"(?P<v>[\u4e00-\u9fff]{1,6}|[a-z]{2,20})(?:了|吧|,|。|$)"),
    re.compile(r"(?<![别要])[叫喊]我(?P<v>[\u4e00-\u9fff]{1,4}?|[a-z]{2,20})(?:就好|就行|就可以|吧|,|。|!|$)"),
    re.compile(r"\bcall me (?P<v>[a-z]{2,20})(?: (?:please|instead|from now on))?[.!]?$"),
)
_ADDRESS: Final = (
    re.compile(rf"地址(?:也|就)?{_CHANGED_TO}(?P<v>[^,。!?\n]{{4,100}}?)(?:了|吧)?(?:[,。!?\n]|$)"),
    re.compile(
        r"搬(?:家)?(?:到|去)(?:了)?(?P<v>[^,。!?\n]{3,100}?[路街道巷弄号室楼栋村镇区园苑])(?:了|吧)?(?:[,。!?\n]|$)"
    ),
    re.compile(r"\b(?:address (?:is|to|should be)(?: now)?|moved to|i live at) (?P<v>\d+[a-z]? [^.!?\n]{4,100})"),
    re.compile(r"\baddress (?:is|to|should be)(?: now)? (?P<v>[^.!?\n]{8,100})"),
)
_ZONES: Final = {
    "Asia/Shanghai": "北京时间|中国|北京|上海|beijing|shanghai|china", "Europe/London": "伦敦|英国|london|the uk",
    "America/New_York": "纽约|new york", "America/Los_Angeles": "洛杉矶|旧金山|los angeles|san francisco",
    "Europe/Paris": "巴黎|paris", "Europe/Berlin": "柏林|德国|berlin|germany", "Asia/Tokyo": "东京|日本|tokyo|japan",
    "Australia/Sydney": "悉尼|sydney", "Asia/Singapore": "新加坡|singapore", "America/Toronto": "多伦多|toronto",
    "America/Vancouver": "温哥华|vancouver", "Asia/Dubai": "迪拜|dubai", "Asia/Hong_Kong": "香港|hong kong",
}  # fmt: skip
_ZONE: Final = {zone: re.compile(f"(?<![a-z])(?:{words})(?![a-z])") for zone, words in _ZONES.items()}
_NAMED_ZONE: Final = re.compile(r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_]+\b")


@dataclass(frozen=True, slots=True)
class ProfileSaid:
    """Which part of the profile a message is about, and the value where the words alone give it."""

    field: Field | None
    value: str | None = None


def read_profile(text: str) -> ProfileSaid:
    """Return what a message wants changed; nothing is guessed where it names no part of the profile."""
    if len(text) > SEARCHED_CHARACTERS:
        return ProfileSaid(None)
    for fact in facts_said(text):
        if fact.kind == "called":
            return ProfileSaid("called", fact.value)
    field = next((name for name, words in _SPEAKS_OF if words.search(fold(text))), None)
    return ProfileSaid(field, value_of(field, text) if field is not None else None)


def value_of(field: Field, text: str, *, asked: bool = False) -> str | None:
    """Return the value for a part of the profile; where it was ``asked``, a bare answer is the value."""
    match field:
        case "name":
            found = _first(_NAME, text)
        case "called":
            found = _first(_CALLED, text)
        case "address":
            found = _first(_ADDRESS, text)
        case "timezone":
            return _zone_in(text)
        case _:
            return None
    if found is None and asked:
        found = text.strip(" \t\r\n.。!！,，;；~")
    return found if found and len(found) <= LONGEST else None


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str | None:
    plain = fold(text)
    for pattern in patterns:
        match = pattern.search(plain)
        if match is not None and "v" in match.groupdict():
            return text[slice(*match.span("v"))].strip()
    return None


def _zone_in(text: str) -> str | None:
    if named := _NAMED_ZONE.search(text):
        return named[0]
    plain = fold(text)
    return next((zone for zone, words in _ZONE.items() if words.search(plain)), None)
