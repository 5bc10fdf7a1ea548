"""What somebody who asks about products wants: advice, for what, for how much, without what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nlu.entities.folding import fold

_ADVICE = re.compile(
    r"推荐|推介|建议|最便宜|cheapest|种草|安利|哪[款种个样只套]|什么好|有什么|有啥|有哪些|都有什么|适合|帮我?[挑选看]"
    r"|挑[个一选]|选[个一]|[买来找][点些](?!单)|以内|以下|预算|左右的"
    r"|送[人礼给]|礼[物品]|想[买要找看].{0,6}[个款种套]|求|怎么选|[便贵]宜[点些一]|别的|其他的|换一[个批款]"
    r"|recommend|suggest|advi[cs]e|which(?! order)|what (?:do you|would|should|have you|kind|sort|tea"
    r"|is (?:good|best))"
    r"|looking for|help me (?:choose|pick|find|decide)|any (?:ideas?|thoughts)|(?:best|good|nice|right"
    r"|something) .{0,30}for"
    r"|gift|present\b|something|anything|cheaper|less expensive|other (?:ones|options)|anything else"
    r"|(?:under|below|up to|at most|within|around) (?:about )?[£$€¥]? ?\d|budget"
)
_CHOOSE = re.compile(
    r"推荐(?=[一几个款些点]|.{0,8}[个款种])|recommend (?:an?|some)|suggest (?:an?|some)|looking for (?:an?|some)"
)
_COMPARES = re.compile(
    r"哪[个款种样只]?[^,。!?]{0,4}(?:更|比较)?(?:好|适合|划算|耐用|香|值)|区别|差别|不同|对比|比较|还是|[与和跟].*比"
    r"|which|differ|compare|better|versus|\bvs\b|\bor\b"
)
_IT = re.compile(r"这[个款种件]|那[个款种件]|它|\b(?:it|its|this one|that one)\b")
_CHEAPER = re.compile(r"便宜[点些一]|更便宜|太贵|贵了|cheaper|less expensive|too (?:expensive|dear|much)")
_CHEAPEST = re.compile(r"最便宜|最低价|价格最低|cheapest|least expensive|lowest price")
_PLACES = (("第一", "头一", "first"), ("第二", "second"), ("第三", "third"))
_NTH = re.compile(r"(?:第[一二三]|头一)(?=[个款种样])|\b(?:first|second|third)(?= (?:one|two|option|item)|$)")
_OTHERS = re.compile(
    r"别的|其他的?|换一[个批款]|还有(?:什么|没有|吗|其)|other (?:ones|options)|anything else|what else"
)
_OFFERS = re.compile(
    r"优惠|活动|折|券|满减|促销|特价|(?:能|可以|可不可以|给我?).{0,6}便宜|减免|红包|赠品|discount|coupon"
    r"|voucher|offers?\b|deals?\b|promo|\bsales?\b|code\b"
)
_TELL = re.compile(
    r"(?:告诉|通知|提醒|叫|喊|说|吱)(?:我|一?声|一下)|(?:到货|有货|补货|上架|来货|回来)[^,。!?]{0,6}(?:告诉"
    r"|通知|提醒|叫我|说一?声)"
    r"|(?:let me know|tell me|notify me|remind me|ping me|message me|alert me)(?=.{0,30}\b(?:when|once|if"
    r"|back|in stock))"
)
_TELL_NOT = re.compile(
    r"(?:不用|别|不要|不必|取消)[^,。!?]{0,6}(?:告诉|通知|提醒)|(?:到货|有货)[^,。!?]{0,4}(?:不用|别"
    r"|不要)[^,。!?]{0,3}(?:告诉|通知|提醒)"
    r"|(?:don't|do not|no need to|stop)[^,.!?]{0,12}(?:tell|notify|remind|let me know)|cancel (?:the "
    r"|my )?(?:alert|reminder|notification)"
)
_PURPOSE = re.compile(
    r"送[^,。!?不货到礼]{1,8}|送礼|礼物|礼品|(?:给|为)(?:我(?=[妈爸爷奶外姐哥弟妹老先女儿岳公婆闺朋同领客孩对]))?[^,。!?我]{1,8}(?:喝|用|买|挑|选|穿|戴|玩|吃)|自己(?:喝"
    r"|用|吃|穿)|自用|自饮"
    r"|办公|上班|公司|旅[行游]|出差|露营|户外|早餐|早[上晨]|下午茶|睡前|晚[上间]|夏天|冬天|冷泡|结婚|婚礼"
    r"|生日|乔迁|新手|入门|初学"
    r"|聚会|招待|待客|宿舍|学生|孩子|宝宝|老人|运动|跑步|健身|厨房|做饭|收纳|装饰|过[年节]|春节|中秋|养生"
    r"|减肥|提神|解腻"
    r"|用[来于]|拿来|(?:泡|煮|装|放|喝|配)[\u4e00-\u9fff]{1,4}(?:用|的|吗|喝)"
    r"|(?:as|for) (?:an? |my |the |his |her |our |their )?(?!me\b|it\b|that\b|sale\b|less\b|under\b|about\b"
    r"|around\b|\d|[£$€¥])"
    r"[a-z]{3,}(?: [a-z]+){0,3}|to (?:use|drink|take|bring|give|make|cook|store|brew|serve|wear)\b[a-z ]{2,}"
    r"|gift|present\b|birthday"
)
_UNWANTED = re.compile(
    r"不要(?!了|太|紧|钱|超|高)([\u4e00-\u9fff]{2,4})(?=$|[,。;!])|don't want (?:any |an? )?([a-z]{3,})"
)
_WITHOUT = re.compile(
    r"对([\u4e00-\u9fff]{1,6})过敏|([^\W对我你他她也会\da-z]{1,4})过敏|(?:不含|不要含?|不能[喝吃有含碰]"
    r"|不[喝吃爱想]?[喝吃]?太?含?|没有|无|去)(咖啡因|糖|香精|麸质|坚果|花生|牛奶|乳糖|酒精)"
    r"|不(?:能|爱|想|太|怎么)?[喝吃碰沾]([\u4e00-\u9fff]{1,3})(?<![饭药苦亏惯了的])(?=$|\W|的)"
    r"|(?:without|no|free of|allergic to|can't (?:have|drink|eat)|(?:do|does)(?:n't| not) (?:drink|eat|like)"
    r"|avoid(?:ing)?) (?:any )?([a-z]{3,}(?: (?:oil|flowers?))?)"
    r"|([a-z]{3,})[ -]free\b"
)
_MEATLESS = re.compile(r"吃素|素食|纯素|\bvegetarian|\bvegan\b")
_PREGNANT = re.compile(r"孕妇|怀孕|备孕|哺乳|pregnant|breastfeeding|expecting")
_NO_SUBJECT = re.compile(
    r"有没有|没有|还有没|还有|现货|有货|库存|缺货|断货|补货|到货|来货|上架|下架|在卖|卖完|卖光|售罄|没货|卖"
    r"|多少钱|多少|价格|价钱|单价|怎么卖|什么价|几块钱?|几块|几元"
    r"|钱|价|贵|便宜|优惠|折扣|打折|打几折|活动|满减|优惠券|券|促销|介绍|了解|看看|问问|问下|问一下|咨询|一下"
    r"|这[个款种件只套]|那[个款种件只套]|它|怎么样|好不好"
    r"|好喝|好用|材质|材料|尺寸|大小|多大|容量|重量|多重|产地|成分|配料|保质期|颜色|规格|详情|信息|参数"
    r"|什么时候|啥时候|什么|几时|何时|能不能|可不可以"
    r"|可以|能|想要|想|要|买|下单|订购|订|我们|我|你们|你|您|请问|请|给|来|是|的|了|吗|么|呢|啊|呀|吧|嘛|哦"
    r"|还|再|又|在|就|都|也|很|有|货|没|告诉|通知|提醒|一?声|不用|不要|不必|取消|别|到|时|时候|后"
    r"|[一二两三四五六七八九十\d]+[个件盒包瓶袋套只罐]?|你好|您好|在吗|谢谢|商品|产品|东西|宝贝"
    r"|\b(?:is|are|was|do|does|did|you|have|has|got|in|out|of|stock|any|the|an?|it|its|this|that|these|those"
    r"|one|ones|how|much|many|price|prices|cost|costs|what|what's|when|will|be"
    r"|back|again|available|availability|still|left|more|on|sale|sales|discounts?|offers?|coupons?|deals?"
    r"|promotions?|promo|code|currently|now|today|please|pls|tell|let|me|know|about|info|information"
    r"|details?|want|wanna|buy|order|purchase|i|i'd|i'm|i'll|like|to|can|could|get|for|my|there|there's|your"
    r"|size|material|big|large|long|colou?rs?|hi|hello|hey|thanks|thank|and|some|sell"
    r"|selling|product|products|item|items|restock(?:ed|ing)?|notify|remind|once|if|so|with|at|does|need|take|make|two|three|four|five|six|ten|dozen|pair|couple|or|yet)\b"
)
_WORDY = re.compile(r"[\u4e00-\u9fff]{2,}|[a-z][a-z'-]{2,}")


LONGEST_PURPOSE = 60


@dataclass(frozen=True, slots=True)
class Budget:
    """So much and no more, in an ISO 4217 currency."""

    most: Decimal
    currency: str

    @classmethod
    def of(cls, amount: Any) -> Budget | None:
        """Return the budget that an entity ``amount`` names, None where it is none."""
        if not isinstance(amount, Mapping) or "value" not in amount:
            return None
        return cls(Decimal(str(amount["value"])), str(amount["currency"]))


def wants_advice(text: str) -> bool:
    """Return whether a text asks which product is right."""
    return _ADVICE.search(fold(text)) is not None


def asks_to_choose(text: str) -> bool:
    """Return whether a text asks in so many words for a recommendation."""
    return _CHOOSE.search(fold(text)) is not None


def compares(text: str) -> bool:
    """Return whether a text asks how products differ."""
    return _COMPARES.search(fold(text)) is not None


def points_at(text: str) -> bool:
    """Return whether a text speaks of "it", something that was named before."""
    return _IT.search(fold(text)) is not None


def wants_cheaper(text: str) -> bool:
    """Return whether what was recommended is too dear."""
    return _CHEAPER.search(fold(text)) is not None


def wants_cheapest(text: str) -> bool:
    """Return whether what costs least is asked for."""
    return _CHEAPEST.search(fold(text)) is not None


def nth_in(text: str) -> int | None:
    """Return the place in a list, 1 for the first, that a text names."""
    found = _NTH.search(fold(text))
    if found is None:
        return None
    return next(place for place, words in enumerate(_PLACES, 1) if found[0].strip() in words)


def wants_others(text: str) -> bool:
    """Return whether something else than what was recommended is wanted."""
    return _OTHERS.search(fold(text)) is not None


def asks_for_offers(text: str) -> bool:
    """Return whether a text asks for discounts and not for a price alone."""
    return _OFFERS.search(fold(text)) is not None


def wants_to_be_told(text: str) -> bool | None:
    """Return whether somebody asks to hear when something is back; False where they no longer do, None for neither."""
    plain = fold(text)
    if _TELL_NOT.search(plain):
        return False
    return True if _TELL.search(plain) else None


def purpose_in(text: str) -> str | None:
    """Return for what something is wanted, as typed, where a text says so."""
    found = list(_PURPOSE.finditer(fold(text)))
    if not found:
        return None
    begins, ends = found[0].start(), found[-1].end()
    return text[begins : ends if ends - begins <= LONGEST_PURPOSE else found[0].end()].strip()


def without_in(text: str) -> tuple[str, ...]:
    """Return what may not be in it, as a text says: allergies, and what somebody does not take."""
    plain = fold(text)
    named = [next(filter(None, found.groups()), "") for found in _WITHOUT.finditer(plain)]
    if _PREGNANT.search(plain):
        named.append("caffeine")
    if _MEATLESS.search(plain):
        named.append("meat")
    return tuple(dict.fromkeys(name for name in named if name and name not in _NOTHING))


def unwanted_in(text: str) -> tuple[str, ...]:
    """Return the kinds of things that a text says are not wanted."""
    named = [next(filter(None, found.groups()), "") for found in _UNWANTED.finditer(fold(text))]
    return tuple(dict.fromkeys(name for name in named if name and name not in _NOTHING))


def subject_of(text: str) -> str:
    """Return what is left of a text without the words of every question: the name of something, or nothing."""
    left = _NO_SUBJECT.sub(" ", fold(text))
    return " ".join(_WORDY.findall(left))


_NOTHING = frozenset(
    ("problem", "worries", "idea", "rush", "need", "one", "thanks", "longer", "more", "that", "this", "much", "the")
)
