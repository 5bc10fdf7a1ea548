"""Which products fit what somebody wants, and why: small, the same every time, and with true reasons only.

Whatever is said for a product stands in the catalogue, in what the customer has bought or
told, or is a figure. What is out of stock, above the budget or against something that
they may not have is not chosen at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from crm_store.terms import terms
from flows.engine.values import Tagged, money, phrase, word
from flows.products.concepts import Concept, concepts_in
from flows.products.shelf import Ware
from flows.products.wanted import Budget, subject_of
from nlu.entities.folding import fold

MOST = 3
_MOST_REASONS = 2
"""Beside the budget, which is said where there is one."""
_CLOSE = 0.5
"""What fits less than this share of the best is not named beside it."""
_CALLED_SO = 0.5
_OCCASION = 4.0
_LIKED = 2.0
_KNOWN = 1.5
_TOGETHER = 1.0
_POPULAR = 0.8
_POPULAR_FROM = 3
"""Orders."""
_IN_STOCK = 0.2
_NOT = re.compile(
    r"(?:不含(?:任何)?(?:[^,。;\n]{0,6}[和与、及])?|不加|零|无|没有|不是|no |not |without |free of |non-)$"
)
_FREE = re.compile(r"^(?:[- ]free|free\b)")
_CAFFEINE = re.compile(
    r"茶|咖啡|可可|巧克力|可乐|抹茶|功能饮料"
    r"|\btea|coffee|cocoa|chocolate|cola\b|matcha|oolong|pu'er|espresso|energy drink"
)
_EITHER = (
    ("咖啡因", "caffeine"), ("糖", "sugar"), ("花生", "peanut"), ("坚果", "nut"), ("牛奶", "milk"), ("乳糖", "lactose"),
    ("麸质", "gluten"), ("香精", "flavouring"), ("酒精", "alcohol"), ("大豆", "soy"), ("鸡蛋", "egg"),
    ("桂花", "osmanthus"), ("茉莉", "jasmine"), ("辣", "spicy", "chilli"), ("咖啡", "coffee"),
    ("肉", "meat", "beef", "pork", "chicken", "lamb"),
)  # fmt: skip
"""What people may not have, in both languages."""
_SAYS_NOTHING = frozenset((
    "推荐", "适合", "合适", "喜欢", "自己", "比较", "那种", "这种", "朋友", "家里", "爱喝", "以内", "不含",
    "recommend", "suggest", "for", "good", "best", "gift", "present", "looking", "something", "which", "would",
    "not", "dad", "mum", "from", "use", "under",
))  # fmt: skip
_KINDS = frozenset(
    "茶杯壶碗盘锅瓶盒灯表包鞋袜衣裤裙帽伞书笔椅桌床垫枕被毯巾刀叉勺筷车机器盆罐盏炉酒油米面糖饼糕奶粉膏霜水香烛花"
)
"""The last characters of a name that say what it is, standing alone."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is known of what somebody wants."""

    text: str
    """What they asked, and what it is for."""
    budget: Budget | None = None
    without: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    """Kinds of things that are not wanted."""
    likes: tuple[str, ...] = ()
    bought: Mapping[str, str] = field(default_factory=dict)
    """SKU → category of what they bought."""
    together: Mapping[str, str] = field(default_factory=dict)
    """SKU → what they bought that others buy it with."""
    popular: Mapping[str, int] = field(default_factory=dict)
    """SKU → in how many orders it was lately."""
    passed_over: frozenset[str] = frozenset()
    """SKUs that were named before and are not wanted."""
    cheapest: bool = False
    """What costs least is wanted."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A product that fits, with its reasons, the best first."""

    ware: Ware
    score: float
    reasons: tuple[Tagged, ...]
    fits: bool = False
    """It is for the occasion that was named."""


@dataclass(frozen=True, slots=True)
class Choice:
    """``picks`` are the best; where there are none, ``why`` says what nothing was left by."""

    picks: tuple[Pick, ...]
    why: str = ""
    """``budget``, ``currency``, ``without`` or ``stock``; empty where something was picked."""
    cheapest: Ware | None = None
    """What costs least of all that would fit but for the budget."""


def choose(wares: Collection[Ware], wish: Wish, language: str) -> Choice:
    """Return the one to three products that fit best."""
    left = [ware for ware in wares if ware.sku not in wish.passed_over and ware.supply != "out"]
    if not left:
        return Choice((), "stock")
    left = [ware for ware in left if not any(what in name for what in wish.unwanted for name in ware.names)] or left
    allowed = [ware for ware in left if all(_is_without(ware, what) for what in wish.without)]
    if not allowed:
        return Choice((), "without")
    fitting = _of_the_kind(allowed, wish.text)
    if wish.budget is not None:
        priced = [ware for ware in fitting if ware.price is not None]
        payable = [ware for ware in priced if ware.currency == wish.budget.currency]
        if priced and not payable:
            return Choice((), "currency", min(priced, key=lambda ware: ware.price or Decimal(0)))
        within = [ware for ware in payable if ware.price is not None and ware.price <= wish.budget.most]
        if not within:
            return Choice((), "budget", min(payable, key=lambda ware: ware.price or Decimal(0), default=None))
        fitting = within
    asked = _asked_terms(wish, fitting)
    picks = [_pick(ware, wish, asked, language) for ware in fitting]
    if wish.cheapest and (dear := [pick for pick in picks if pick.ware.price is not None]):
        least = min(dear, key=lambda pick: (pick.ware.price, pick.ware.sku))
        return Choice((replace(least, reasons=(phrase("why_cheapest"), *least.reasons)),))
    picks = [pick for pick in picks if pick.fits] or picks
    picks.sort(key=lambda pick: (-pick.score, pick.ware.sku))
    best = picks[0].score
    return Choice(tuple(pick for pick in picks[:MOST] if pick.score >= best * _CLOSE))


def _of_the_kind(wares: Sequence[Ware], text: str) -> list[Ware]:
    """Return the products that are what the text speaks of: 茶壶 is a 壶, and no 茶."""
    kinds = {ware: _kind(ware, fold(text)) for ware in wares}
    most = max(kinds.values())
    if not most:
        return list(wares)
    found = {ware for ware in wares if kinds[ware] == most}
    # A category of which more than half are called so is that kind: 桂花乌龙 stands among the teas.
    called = Counter(ware.category for ware in found if ware.category)
    whole = Counter(ware.category for ware in wares if ware.category)
    categories = {name for name, count in called.items() if count > whole[name] * _CALLED_SO}
    return [ware for ware in wares if ware in found or ware.category in categories]


def _kind(ware: Ware, text: str) -> int:
    """Return how much of the end of one of its names, which says what it is, stands in a text."""
    words = set(re.findall(r"[a-z][a-z-]+", text))
    best = 0
    for name in (*ware.names, *filter(None, [fold(ware.category or "")])):
        han = re.findall(r"[\u4e00-\u9fff]+", name)
        if han:
            best = max(best, _common_end(han[0], text))
        latin = re.findall(r"[a-z][a-z-]+", name.split(",")[0])
        for at, last in enumerate(reversed(latin)):
            if last in words or last.rstrip("s") in words or f"{last}s" in words:
                best = max(best, 2 if at == 0 else 1)
                break
    return best


def _common_end(name: str, text: str) -> int:
    size = next((size for size in range(min(len(name), 6), 0, -1) if name[-size:] in text), 0)
    return 0 if size == 1 and name[-1] not in _KINDS else size


def _pick(ware: Ware, wish: Wish, asked: Mapping[str, float], language: str) -> Pick:
    text = fold(wish.text)
    score = _IN_STOCK if ware.supply == "in" else 0.0
    fitting = [concept for concept in concepts_in(text) if concept.fits.search(ware.text)]
    reasons = [(_OCCASION, _fits(ware, concept, language)) for concept in fitting]
    found = [term for term in asked if term in ware.text]
    score += sum(asked[term] for term in found)
    further = [term for term in found if _is_telling(term) and not any(one.asked.search(term) for one in fitting)]
    if told := max(further, key=len, default=None):
        reasons.append((0.9, phrase("why_says", what=told)))
    reasons += _personal(ware, wish, language)
    score += sum(weight for weight, _ in reasons)
    reasons.sort(key=lambda reason: -reason[0])
    whys = [reason for _, reason in reasons]
    whys += [phrase("why_free_of", what=what) for what in wish.without if says_without(ware, what)]
    whys = whys[:_MOST_REASONS]
    if wish.budget is not None:
        whys.append(phrase("why_budget", most=money(wish.budget.most, wish.budget.currency)))
    if ware.supply == "in" and len(whys) < _MOST_REASONS:
        whys.append(phrase("why_in_stock"))
    return Pick(ware, score, tuple(whys or [phrase("why_of_ours")]), fits=bool(fitting))


def _fits(ware: Ware, concept: Concept, language: str) -> Tagged:
    """Say that a product fits an occasion in the catalogue's own words, or that it is listed for it."""
    found = concept.fits.search(ware.said_in(language))
    if found is not None:
        return phrase("why_says", what=found[0])
    return phrase("why_fits", what=word("occasion", concept.name))


def _personal(ware: Ware, wish: Wish, language: str) -> Iterator[tuple[float, Tagged]]:
    for liked in wish.likes:
        if fold(liked) in ware.text:
            yield _LIKED, phrase("why_liked", what=liked)
            break
    if ware.sku in wish.together:
        yield _TOGETHER, phrase("why_together", what=wish.together[ware.sku])
    if ware.sku in wish.bought:
        yield _KNOWN, phrase("why_bought")
    elif ware.category and ware.category in wish.bought.values():
        yield _KNOWN / 2, phrase("why_same_kind")
    if (times := wish.popular.get(ware.sku, 0)) >= _POPULAR_FROM:
        yield _POPULAR * times / max(wish.popular.values()), phrase("why_popular")


def in_one(reasons: Sequence[Tagged]) -> Tagged:
    """Return reasons as one phrase."""
    first, *rest = reversed(reasons)
    said = first
    for reason in rest:
        said = phrase("why_and", one=reason, other=said)
    return said


def _asked_terms(wish: Wish, wares: Sequence[Ware]) -> dict[str, float]:
    """Return the terms of a text that some products have, each with how much it tells: what all have tells nothing."""
    unwanted = [name for what in wish.without for name in _both(what)]
    said = {term.removeprefix("w") for term in terms(subject_of(wish.text))} - _SAYS_NOTHING
    said = {term for term in said if not any(term in name for name in unwanted)}
    counts = {term: sum(term in ware.text for ware in wares) for term in said if len(term) > 1}
    return {term: 1.0 + 1.0 / count for term, count in sorted(counts.items()) if 0 < count < max(2, len(wares))}


def _is_telling(term: str) -> bool:
    return len(term) >= (4 if term.isascii() else 2)


def _is_without(ware: Ware, what: str) -> bool:
    """Return whether nothing speaks for its being in a product."""
    names = _both(what)
    if says_without(ware, what):
        return True
    if any(name in ware.text for name in names):
        return False
    return "caffeine" not in names or not _CAFFEINE.search("\n".join(ware.names))


def says_without(ware: Ware, what: str) -> bool:
    """Return whether a product says of itself that it has none of it, wherever it speaks of it."""
    spots = list(_spots(ware.text, _both(what)))
    return bool(spots) and all(_NOT.search(before) or _FREE.search(behind) for before, behind in spots)


def _spots(text: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        for found in re.finditer(re.escape(name), text):
            yield text[max(found.start() - 14, 0) : found.start()], text[found.end() :][:6]


def _both(what: str) -> tuple[str, ...]:
    plain = fold(what).removesuffix("s") if what.isascii() else fold(what)
    return next((pair for pair in _EITHER if plain in pair), (plain,))
