"""Small closed lists: cities, channels, and the language that a customer asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nlu.entities.folding import Folded
from nlu.entities.phrases import Phrases
from nlu.understanding import Entity

_CITIES: Final = (
    "北京 beijing 上海 shanghai 广州 guangzhou 深圳 shenzhen 杭州 hangzhou 南京 nanjing 苏州 suzhou 成都 chengdu"
    " 重庆 chongqing 武汉 wuhan 西安 xi'an 天津 tianjin 青岛 qingdao 大连 dalian 厦门 xiamen 宁波 ningbo"
    " 长沙 changsha 郑州 zhengzhou 济南 jinan 福州 fuzhou 合肥 hefei 昆明 kunming 沈阳 shenyang 哈尔滨 harbin"
    " 长春 changchun 无锡 wuxi 佛山 foshan 东莞 dongguan 南昌 nanchang 南宁 nanning 贵阳 guiyang 太原 taiyuan"
    " 石家庄 shijiazhuang 兰州 lanzhou 乌鲁木齐 urumqi 呼和浩特 hohhot 海口 haikou 三亚 sanya 珠海 zhuhai"
    " 温州 wenzhou 泉州 quanzhou 烟台 yantai 扬州 yangzhou 嘉兴 jiaxing 绍兴 shaoxing 金华 jinhua 常州 changzhou"
    " 徐州 xuzhou 南通 nantong 洛阳 luoyang 桂林 guilin 拉萨 lhasa 西宁 xining 银川 yinchuan 中山 zhongshan"
    " 惠州 huizhou 汕头 shantou 香港 hong-kong 澳门 macau 台北 taipei 西安 xian 香港 hongkong"
)
CHINESE_CITIES: Final = tuple(dict.fromkeys(_CITIES.split()[::2]))
_CHANNELS: Final = {
    **dict.fromkeys(("企业微信", "企微", "wecom"), "wecom"),
    **dict.fromkeys(("微信", "wechat", "weixin"), "wechat"),
    **dict.fromkeys(("telegram", "电报"), "telegram"),
    **dict.fromkeys(("网页聊天", "web chat", "webchat"), "webchat"),
    **dict.fromkeys(("短信", "sms", "text message"), "sms"),
    **dict.fromkeys(("邮件", "by email", "by e-mail", "via email", "via e-mail"), "email"),
}


# Hang zhou, as many write it who type it as it is said.
_TWO_SYLLABLES: Final = re.compile("([a-z]{2,5})(zhou|jing|hai|zhen|qing|hua|yang|yuan|chang|xing|jin)")


def _names() -> Iterator[tuple[str, tuple[str, str]]]:
    words = _CITIES.split()
    for chinese, pinyin in zip(words[::2], words[1::2], strict=True):
        for written in (chinese, f"{chinese}市", pinyin):
            yield written, ("city", chinese)
        if apart := _TWO_SYLLABLES.fullmatch(pinyin):
            yield " ".join(apart.groups()), ("city", chinese)
    for written, channel in _CHANNELS.items():
        yield written, ("channel", channel)


_NAMES: Final = Phrases(dict(_names()))
# A street is not its city, a dish is not where it is from, and money is paid by WeChat but nobody is reached by it.
_IN_ANOTHER_NAME: Final = re.compile(
    "(?:[东西南北中]{1,2}|[一二三])?[路街巷弄](?!过)|拉面|烤鸭|小面|火锅|泡馍|热干面|话|牌|大学|大厦|装|狼|古城|海路"
    "|支付|付款|付|转账|红包|钱包|收款|零钱|小程序"
    "| (?:pay|wallet|road|street|university|duck|noodles?)(?![a-z])"
)
_LANGUAGE_NAMES: Final = {
    **dict.fromkeys(("中文", "汉语", "普通话", "国语", "华语", "chinese", "mandarin"), "zh"),
    **dict.fromkeys(("英文", "英语", "english"), "en"),
    **dict.fromkeys(("日文", "日语", "japanese"), "ja"),
    **dict.fromkeys(("韩文", "韩语", "korean"), "ko"),
    **dict.fromkeys(("法语", "法文", "french"), "fr"),
    **dict.fromkeys(("德语", "德文", "german"), "de"),
    **dict.fromkeys(("西班牙语", "西班牙文", "spanish"), "es"),
    **dict.fromkeys(("俄语", "俄文", "russian"), "ru"),
}
_LANGUAGE_NAME: Final = "|".join(sorted(_LANGUAGE_NAMES, key=len, reverse=True))
# An English manual is a product, and English asked for is a language: so only after a verb of speaking, or alone.
_ASKED_FOR = re.compile(
    rf"(?:[说讲用换转]成?|[改切]成|切?换[到为成]|回复?|(?<![a-z])(?:speaks?|in|use|using|to|write))"
    rf"[ 到]?(?P<after>{_LANGUAGE_NAME})(?![a-z])"
    rf"|(?<![a-z])(?P<before>{_LANGUAGE_NAME}),? (?:please|pls)"
)
_ALONE = re.compile(rf"(?<![a-z])(?P<name>{_LANGUAGE_NAME})(?![a-z])")
_LANGUAGE_HINTS = (
    "文",
    "语",
    "话",
    "english",
    "chinese",
    "mandarin",
    "french",
    "german",
    "spanish",
    "russian",
    "ese",
    "korean",
)


def find(message: Folded) -> list[Entity]:
    """Return the larger Chinese cities, by their Chinese names, and the channels, by those of the config."""
    return [
        message.entity(*found.value, (found.start, found.end))
        for found in _NAMES.find(message.plain)
        if not _IN_ANOTHER_NAME.match(message.plain, found.end)
    ]


def find_languages(message: Folded, *, asked: bool) -> list[Entity]:
    """Return the languages that ``message`` asks to be spoken, as ISO 639 codes."""
    plain = message.plain
    if not any(hint in plain for hint in _LANGUAGE_HINTS):
        return []
    spans = [match.span("after") if match["after"] else match.span("before") for match in _ASKED_FOR.finditer(plain)]
    if not spans:
        spans = [match.span("name") for match in _ALONE.finditer(plain) if asked or message.is_all(match.span("name"))]
    return [message.entity("language", _LANGUAGE_NAMES[plain[start:end]], (start, end)) for start, end in spans]
