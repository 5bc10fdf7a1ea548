"""One way of writing for many: width, case and traditional characters, length kept.

Every search runs over the folded text and every offset found there points into
the typed text, so folding maps one character to exactly one character.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nlu.understanding import Entity

# Nobody names anything after 4,000 characters, and the time of a turn must not hang on a pasted novel.
SEARCHED_CHARACTERS = 4_000

_CHINESE_NUMERALS = frozenset("零〇一二两三四五六七八九十百千万亿廿卅壹贰叁肆伍陆柒捌玖拾佰仟")
_DIGITS = frozenset("0123456789")

# Traditional and simplified in turn; the characters of the words that exact code looks for.
_TRADITIONAL = (
    "點点兩两號号週周後后農农曆历歷历閏闰訂订單单話话電电積积個个條条張张雙双隻只臺台塊块錢钱圓圆萬万"
    "億亿貳贰參叁陸陆評评滿满氣气騙骗時时鐘钟幾几這这禮礼陽阳陰阴舊旧臘腊過过來来買买賣卖運运遞递達达"
    "緊紧馬马聯联繫系機机碼码誰谁會会員员級级換换發发廣广訊讯閱阅謝谢視视線线請请說说講讲語语漢汉國国"
    "聽听為为麼么嗎吗對对錯错確确認认無无沒没還还開开關关壞坏傷伤燙烫煙烟著着觸触詐诈態态訴诉賠赔償偿"
    "價价標标準准責责務务專专業业樣样給给讓让從从樂乐愛爱歡欢優优質质賬账帳账費费飛飞壺壶蓋盖盤盘盞盏"
    "龍龙綠绿紅红黃黄烏乌鐵铁觀观銀银針针貴贵賓宾裡里裏里邊边麵面籃篮簾帘燈灯鍋锅筆笔紙纸紗纱綢绸絲丝"
    "緞缎氈毡衛卫濟济慶庆寧宁廈厦貿贸滬沪遼辽瀋沈陝陕韓韩處处變变應应總总結结經经終终繼继續续節节簡简"
    "約约網网維维緩缓編编擾扰擔担據据擇择損损搖摇擺摆攜携轉转軟软輕轻輸输辦办選选遠远違违適适遲迟郵邮"
    "鄉乡醬酱釋释鑽钻長长門门問问閃闪間间闆板陳陈隊队際际險险隨随難难雞鸡霧雾靜静頁页頂顶項项順顺須须"
    "預预領领頭头題题顏颜願愿類类顧顾風风館馆驗验驚惊體体髒脏魚鱼鮮鲜齊齐齡龄將将爾尔術术東东車车軍军"
    "連连進进遊游動动勞劳勵励勢势區区協协卻却圖图團团園园執执報报場场墊垫壓压復复徵征憂忧憑凭懷怀懶懒"
    "戶户戲戏捨舍採采搶抢數数斷断於于晝昼暈晕書书極极樓楼構构樹树橋桥權权殺杀氫氢決决況况淚泪淨净測测"
    "湯汤滅灭滾滚潔洁濃浓濕湿灣湾狀状獎奖現现環环產产畫画當当療疗盡尽監监眾众睜睁瞭了礙碍稱称種种穩稳"
    "窮穷競竞範范籤签糧粮糾纠紀纪納纳紛纷細细組组絕绝統统絡络綜综緒绪罰罚罵骂義义習习職职聲声腦脑臉脸"
    "舉举艙舱艱艰莊庄華华葉叶蓮莲藍蓝藝艺藥药蘋苹蘭兰虧亏蟲虫衝冲補补裝装製制複复覺觉計计記记許许設设"
    "該该詳详誤误課课調调談谈謊谎證证識识護护讀读負负財财貨货販贩貼贴貸贷資资購购贈赠贊赞趕赶跡迹踐践"
    "躍跃辭辞遺遗邏逻鄭郑錄录鎖锁鏡镜闊阔帶带錶表鬧闹試试異异濾滤燒烧熱热涼凉尋寻嚇吓噁恶髮发煩烦爛烂"
    "廢废靈灵夠够諒谅屬属實实詢询幫帮啟启撥拨檔档稅税徹彻簽签導导隱隐刪删凍冻滯滞絨绒罈坛鋁铝鋼钢鈦钛"
    "銅铜漿浆顆颗層层襪袜褲裤屜屉凈净擠挤瑪玛訢欣僅仅傳传値值傢家儲储兒儿兇凶冊册劃划劑剂庫库彈弹憤愤"
    "戰战擋挡擁拥攔拦敗败暫暂檢检歸归殘残氳氲滷卤潤润澤泽灑洒爐炉獨独獻献疊叠瘋疯禍祸窩窝筍笋縮缩織织"
    "繩绳罷罢聰聪膠胶臨临蔥葱蕩荡虛虚襯衬訓训訪访誠诚諮咨貢贡賀贺賤贱輛辆輩辈釐厘銷销鋒锋鎮镇鏈链闢辟"
    "陣阵雜杂離离雲云韻韵頸颈飲饮飯饭飾饰餅饼駕驾騰腾鬆松鬱郁麗丽黴霉齒齿魯鲁幣币聖圣誕诞蘇苏錫锡揚扬紹绍興兴"
    "濱滨媽妈爺爷親亲孫孙醫医嬰婴訟讼歲岁學学們们啞哑癥症屍尸喪丧夢梦壽寿嚴严鹽盐廚厨歐欧鎊镑掛挂慘惨嘔呕瀉泻"
    "腫肿癢痒脹胀盜盗竊窃騷骚毀毁謀谋憐怜嬸婶壯壮棄弃贏赢墜坠頻频諾诺"
)

_MARKS = {
    "￥": "¥",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "‐": "-",
    "‑": "-",
    "−": "-",
    "×": "x",
    "\u00a0": " ",
    "\u3000": " ",
    "\u2009": " ",
    "\t": " ",
}

# The zeros of other scripts' digits, and of the bold and fancy ones that some keyboards make; nine more follow each.
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6)

_FOLD: dict[int, int] = (
    {zero + digit: ord("0") + digit for zero in _ZEROS for digit in range(10)}
    | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {ord(mark): ord(plain) for mark, plain in _MARKS.items()}
    | {ord(old): ord(new) for old, new in zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)}
)


def fold(text: str) -> str:
    """Return ``text`` in half width, lower case and simplified characters, its length unchanged."""
    plain = text if text.isascii() else text.translate(_FOLD)
    lowered = plain.lower()
    if len(lowered) == len(plain):
        return lowered
    # A few capitals (İ) become two characters in lower case and would shift every offset after them.
    return "".join(low if len(low := character.lower()) == 1 else character for character in plain)


@dataclass(frozen=True, slots=True)
class Folded:
    """A message made ready for searching: ``typed`` and ``plain`` are equally long."""

    typed: str
    plain: str
    has_digit: bool
    has_chinese_numeral: bool
    is_chinese: bool

    @property
    def has_number(self) -> bool:
        return self.has_digit or self.has_chinese_numeral

    @classmethod
    def of(cls, text: str) -> Folded:
        typed = text[:SEARCHED_CHARACTERS]
        plain = fold(typed)
        return cls(
            typed,
            plain,
            has_digit=not _DIGITS.isdisjoint(plain),
            has_chinese_numeral=not (plain.isascii() or _CHINESE_NUMERALS.isdisjoint(plain)),
            is_chinese=any("\u4e00" <= character <= "\u9fff" for character in plain),
        )

    def entity(self, name: str, value: Any, span: tuple[int, int], problem: str | None = None) -> Entity:
        start, end = span
        return Entity(name, value, self.typed[start:end], start, end, problem)

    def is_all(self, span: tuple[int, int]) -> bool:
        """Return whether nothing but spaces and punctuation stands around ``span``."""
        around = self.plain[: span[0]] + self.plain[span[1] :]
        return not any(character.isalnum() for character in around)
