"""What understanding costs without a model: `python -m benchmarks.nlu_rules`; `--write` puts it into RESULTS.md.

The sentences of the test set, each understood once by exact code and keyword rules
alone, as while Rasa is away: with no product, and with a catalogue of four thousand,
whose names are searched for, misspelt ones too. Nothing else runs in the process.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.results import machine, write_section
from nlu.entities import NO_PRODUCTS, Catalogue
from nlu.evaluate import Example, read_examples
from nlu.understand import Understander

EXAMPLES: Final = Path(__file__).resolve().parent.parent / "tests" / "nlu" / "data"
AT_MOST: Final = 1.0
"""Milliseconds that a message may cost by rules alone."""
_WARM_UP: Final = 200

_PLACES: Final = (
    "安溪 武夷 西湖 黄山 信阳 福鼎 云南 凤凰 洞庭 祁门 六安 君山 蒙顶 景德镇 宜兴 龙泉 汝州 建阳 德化 钦州",
    "anxi wuyi westlake huangshan xinyang fuding yunnan phoenix dongting qimen luan junshan mengding jingdezhen yixing"
    " longquan ruzhou jianyang dehua qinzhou",
)
_KINDS: Final = (
    "铁观音 大红袍 龙井 毛峰 毛尖 白毫 普洱 单丛 碧螺春 红茶 瓜片 银针 甘露 青花 紫砂 青瓷 天青 兔毫 白瓷 坭兴",
    "tieguanyin dahongpao longjing maofeng maojian baihao puer dancong biluochun black guapian yinzhen ganlu bluewhite"
    " zisha celadon skyblue harefur whiteware nixing",
)
_THINGS: Final = (
    "茶饼 礼盒 盖碗 茶壶 茶杯 公道杯 茶罐 试饮装 茶盘 茶针",
    "cake giftbox gaiwan teapot teacup pitcher caddy sampler tray pick",
)


def four_thousand_products() -> Catalogue:
    """Return 20 × 20 × 10 products, each with a Chinese and an English name."""
    chinese, english = ([part[language].split() for part in (_PLACES, _KINDS, _THINGS)] for language in (0, 1))
    names = zip(map("".join, product(*chinese)), map(" ".join, product(*english)), strict=True)
    return Catalogue((f"SKU-{number:04}", both) for number, both in enumerate(names))


def measured(examples: Sequence[Example], catalogue: Catalogue) -> list[float]:
    """Return what understanding each of the examples took, in milliseconds, the shortest first."""
    return sorted(asyncio.run(_understood(examples, catalogue)))


async def _understood(examples: Sequence[Example], catalogue: Catalogue) -> list[float]:
    understander, now = Understander(None), datetime.now(UTC)
    took = []
    for example in [*examples[:_WARM_UP], *examples]:
        began = perf_counter()
        await understander.understand(
            example.text, asking=None, language="zh", timezone="Asia/Shanghai", now=now, catalogue=catalogue
        )
        took.append((perf_counter() - began) * 1000)
    return took[_WARM_UP:]


def lines(examples: Sequence[Example], *, catalogues: dict[str, Catalogue]) -> Iterator[str]:
    """Yield the table's lines."""
    yield "| understood by rules alone | in the middle | 99th percentile | within 1 ms |"
    yield "|---|---|---|---|"
    for name, catalogue in catalogues.items():
        took = measured(examples, catalogue)
        within = sum(one <= AT_MOST for one in took) / len(took)
        middle, last = took[len(took) // 2], took[min(len(took) * 99 // 100, len(took) - 1)]
        yield f"| {name} | {middle:.2f} ms | {last:.2f} ms | {within:.1%} |"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true", help="Put the figures into RESULTS.md.")
    given = options.parse_args()
    examples = [one for language in ("zh", "en") for one in read_examples(EXAMPLES / f"intents_{language}.csv")]
    catalogues = {"no products": NO_PRODUCTS, "4,000 products": four_thousand_products()}
    told = [f"{machine()} {len(examples):,} sentences.", "", *lines(examples, catalogues=catalogues)]
    print("\n".join(told))
    if given.write:
        write_section("nlu rules", told)


if __name__ == "__main__":
    main()
