"""Knowledge in a test: entries that differ from a good one in what the test is about."""

from __future__ import annotations

from pathlib import Path

from flows.knowledge.base import Knowledge

GOOD = """---
id: shipping_cost
intents: [ask_shipping_info]
title: {zh: 国内运费, en: Shipping in China}
version: 2026-11
asks:
  zh: [多少钱包邮]
  en: [how much is shipping]
---
# zh

国内满 ¥99 包邮。

# en

Free from ¥99 in mainland China.
"""
ROOT = Path(__file__).parents[3]
DEFAULTS = ROOT / "flows" / "knowledge"
DEMO = ROOT / "demo" / "knowledge"


def write(folder: Path, text: str = GOOD, name: str = "entry.md") -> Path:
    """Write one file, with its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def demo_shop() -> Knowledge:
    """Return what the demo shop knows, over what every shop does."""
    return Knowledge.load(DEFAULTS, DEMO)
