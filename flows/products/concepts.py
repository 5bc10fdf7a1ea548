"""What people want things for, in the words that they ask in and in those that a catalogue answers in."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Concept:
    """One occasion: the words that ask for it and the words of a catalogue that fit it, all folded."""

    name: str
    """Its word in the table ``occasion`` of the replies."""
    asked: re.Pattern[str]
    fits: re.Pattern[str]


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b{word}" if word[0].isascii() else word for word in words))


CONCEPTS = (
    Concept(
        "gift",
        _any_of("送", "礼", "生日", "乔迁", r"gifts?\b", r"presents?\b", "birthday"),
        _any_of("礼盒", "礼品", "送礼", "礼物", "伴手礼", "贺卡", r"gifts?\b", r"presents?\b"),
    ),
    Concept(
        "travel",
        _any_of("旅[行游]", "出差", "露营", "户外", r"trips?\b", r"travel\w*", "camping", "outdoor"),
        _any_of("旅行", "便携", "户外", "随身", "露营", r"travel\w*", "portable", "camping"),
    ),
    Concept(
        "office",
        _any_of("办公", "上班", "公司", "同事", "office", r"work\b", r"desk\b"),
        _any_of("办公室?", "通勤", "office", r"commut\w+", r"desk\b"),
    ),
    Concept(
        "breakfast",
        _any_of("早餐", "早[上晨]", "breakfast", r"mornings?\b"),
        _any_of("早餐", "早晨", "breakfast", r"mornings?\b"),
    ),
    Concept(
        "evening",
        _any_of("睡前", "晚[上间]", "失眠", r"evenings?\b", "bedtime", r"nights?\b", r"sleep\w*"),
        _any_of(
            "睡前", "助眠", "晚上", "不含[^,。;]{0,6}咖啡因",
            "bedtime", r"evenings?\b", r"caffeine[- ]free", "no caffeine",
        ),
    ),
    Concept(
        "cold_drink",
        _any_of("夏天", "冷泡", "冰[饮的茶]", "冷饮", "summer", "iced", r"cold\b"),
        _any_of("冷泡", "冰饮", "冷饮", r"cold[- ]brew\w*", "iced", "cold water"),
    ),
    Concept(
        "winter",
        _any_of("冬天", "保暖", "天冷", "winter", r"warm\w*"),
        _any_of("保温", "保暖", "winter", r"warm\b", "insulated"),
    ),
    Concept(
        "beginner",
        _any_of("新手", "入门", "初学", "第一次", r"beginners?\b", "starter", "first time", "new to"),
        _any_of("入门", "新手", "试饮", "尝鲜", "初学", "sampler", r"beginners?\b", "starter"),
    ),
    Concept(
        "guests",
        _any_of("聚会", "客人", "待客", "招待", "多人", "几个人", r"guests?\b", r"part(?:y|ies)\b", r"friends\b"),
        _any_of("三四个人", "多人", "待客", "聚会", r"part(?:y|ies)\b", r"guests?\b", "three or four"),
    ),
    Concept(
        "sport",
        _any_of("运动", "跑步", "健身", "骑行", r"gym\b", "running", r"sports?\b", "workout"),
        _any_of("运动", "跑步", "健身", "防汗", r"sports?\b", "running", "workout", "sweat"),
    ),
    Concept(
        "kitchen",
        _any_of("厨房", "做饭", "烘焙", "kitchen", "cooking", "baking"),
        _any_of("厨房", "烘焙", "烹饪", "kitchen", r"cook\w*", r"bak(?:e|ing)\b"),
    ),
    Concept(
        "storage",
        _any_of("收纳", "存放", "储存", "装茶", "storage", "storing"),
        _any_of("收纳", "储物", "密封罐?", "茶叶罐", "storage", r"cadd\w+", "canister", "airtight"),
    ),
)  # fmt: skip


def concepts_in(text: str) -> list[Concept]:
    """Return the occasions that a folded text asks for."""
    return [concept for concept in CONCEPTS if concept.asked.search(text)]
