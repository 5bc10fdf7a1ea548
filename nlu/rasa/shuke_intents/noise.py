"""Misspelt copies of what is learnt, as thumbs and input methods misspell; the same seed makes the same ones."""

from __future__ import annotations

from random import Random

_HOMOPHONES = (
    "在再 吗嘛马妈 的得地 做作坐座 已己以 收受手 那哪纳 什神 候侯后 是事试 到道倒 没美每 "
    "客课 服福符 货或获火 单但 退腿 款宽 换还 积集机 分份粉 会汇 员圆 号好 多都 快块 递地 "
    "发法 票漂 查茶 订定 怎咋 样羊 时十 间见 物务 流留 问文 题提 价加 格个 便变 宜一 "
    "质制 量亮 破怕 坏怀 投头 诉素 拿那 运云 费飞废 地第 址只 改该 电点 话化 名明 字自 "
    "生声 日入 优有 惠会 券卷 买卖 支之 付复 密迷 码马 登灯 录路 店点 几及 钱前 要药 "
    "想像 修休 烂滥 错措 装桩 板版 陪赔 账帐 失师 付傅 能嫩 可课 以已 请情 帮邦 我窝 你泥 他她它 们门 "
)
_SOUNDS_LIKE: dict[str, str] = {}
for _group in _HOMOPHONES.split():
    for _one in _group:
        _SOUNDS_LIKE.setdefault(_one, _group.replace(_one, ""))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BESIDE = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol",
    "a": "qsz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli", "l": "ko",
    "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nj",
}  # fmt: skip
_SHORTEST = 4
_ONE_IN = 25
"""Characters for each slip."""


def misspell(text: str, chance: Random) -> str:
    """Return ``text`` (normalised) with a slip or two; as it was where it is too short to stay itself."""
    if len(text) < _SHORTEST:
        return text
    units = list(text)
    for _ in range(1 + len(text) // _ONE_IN):
        _slip(units, chance.randrange(len(units)), chance)
    return "".join(units)


def _slip(units: list[str], at: int, chance: Random) -> None:
    one = units[at]
    if one in _SOUNDS_LIKE:
        units[at] = chance.choice(_SOUNDS_LIKE[one])
    elif one and one in _LETTERS:
        kind = chance.randrange(4)
        if kind == 0:
            units[at] = ""
        elif kind == 1:
            units[at] = one * 2
        elif kind == 2:
            units[at] = chance.choice(_BESIDE[one])
        elif at + 1 < len(units):
            units[at], units[at + 1] = units[at + 1], one
    elif one and not one.isalnum():
        units[at] = ""
