"""The words that mood is read from, Chinese and English, in folded form.

One list a feeling, longest phrases where a shorter word would mislead: a shop for
household goods sells 垃圾桶, and 滚烫 is how tea is served.
"""

from __future__ import annotations

import re
from typing import Final


def _either(chinese: str, english: str) -> re.Pattern[str]:
    return re.compile(rf"{chinese}|(?<![a-z])(?:{english})(?![a-z])")


# Politeness and set phrases that hold a word of feeling and no feeling.
CALM_PHRASES: Final = _either(
    "防漏电|漏电保护|防火|防爆|防烫伤?|不?好意思|垃圾(?:桶|袋|分类|箱|篓|处理|铲|短信|邮件)|滚烫"
    "|什么推荐|推荐(?:一?下|一|什么|哪|个|吗|款)|有什么好",
    r"good (?:morning|afternoon|evening|night|day)|happy (?:birthday|new year)|best (?:sellers?|regards|price)"
    r"|worst case|(?:trash|garbage|rubbish) (?:cans?|bags?|bins?)|stupid questions?|would (?:love|like)"
    r"|how (?:good|fast|late)",
)

ANGER: Final = _either(
    "垃圾|骗子|骗人|骗钱|骗我|诈骗|欺骗|欺诈|坑人|坑爹|黑心|黑店|奸商|无良|太过分|过分了|欺人太甚|气死|气炸|气愤"
    "|愤怒|火大|恼火|受够|忍无可忍|忍不了|无耻|不要脸|恶心|混蛋|王八蛋|傻逼|煞笔|智障|他妈|妈的|尼玛|你妹|滚蛋"
    "|滚开|去死|12315|12345热线|消协|消费者协会|曝光|起诉|法院|律师|报警|找媒体|工商局|岂有此理|离谱|耍我|耍人"
    "|玩我|当我傻|什么破|破店|烂店|再也不会?[买来]|强烈投诉|最差|最烂|太烂|烂透|可恶|失望透顶|[😡🤬💢]",
    r"scam(?:s|mers?|med|ming)?|fraud(?:sters?)?|rip[ -]?offs?|ripped (?:me )?off|thie(?:f|ves)|liars?|lying to me"
    r"|(?:you are|you're) lying|cheat(?:ed|ers?|ing)|ridiculous|unacceptable|outrage(?:d|ous)?|furious|livid"
    r"|enraged|angry|pissed|fed up|sick of|sick and tired|had enough|disgust(?:ed|ing)|disgrace(?:ful)?|pathetic"
    r"|worst|(?:will|to|gonna|'ll) sue|sue you|lawyers?|legal action|small claims|trading standards|report you"
    r"|bullshit|fuck\w*|shit(?:ty)?|crap|wtf|what the hell|idiots?|morons?|stupid|incompetent|how dare"
    r"|never (?:buy|buying|shop|order|ordering)(?: anything)? (?:from you|here|again)|garbage|trash|useless"
    r"|screw you|robbery|insulting|tmd|sb",
)

DANGER_WORDS: Final = _either(
    "漏电|触电|被电[到了]|电到[我手人孩]|着火|起火|失火|烧起来|冒烟|冒火|火花|爆炸|炸开|烫伤|烧伤|灼伤|割伤|划伤"
    "|扎伤|受伤|流血|出血|中毒|有毒|窒息|住院|急诊|送医|进了?医院|煤气泄[漏露]|过敏了|过敏反应|皮肤过敏|严重过敏"
    "|(?:用|喝|吃|涂|戴)[了完过后].{0,8}过敏|起了?(?:红)?疹",
    r"caught fire|catch(?:es|ing)? fire|on fire|started (?:smoking|burning|a fire)|smoke (?:came|coming|is coming)"
    r"|sparks?|sparking|electric(?:al)? shocks?|(?:got|get|gave me|gives me) (?:a |an )?shock(?:ed)?"
    r"|shocked (?:me|my \w+|him|her)|electrocuted|burn(?:ed|t|s) (?:my|me|his|her|our|myself)"
    r"|(?:got|was|were) (?:burned|burnt)|burning smell|explod(?:ed|es|ing)|explosion|blew up|poison(?:ed|ing)"
    r"|allergic reaction|(?:a|in) rash|injur(?:ed|y|ies)|hurt (?:my|me|myself|himself|herself)|bleeding"
    r"|cut (?:my|myself|his|her)|hospital|emergency room|chok(?:ed|ing)|gas leak(?:s|ing)?",
)

BAD: Final = _either(
    "坏了|坏的|坏掉|裂|碎了|碎的|破了|破损|破洞|破的|断了|漏水|漏了|渗水|缺了|缺件|(?<!多)少了|少发|漏发|发错|错发|寄错"
    "|错了|不对|太慢|很慢|这么慢|慢死|晚到|迟到|太晚|延误|拖了|没收到|没到|不到货|不满(?!意)|不好|很差|太差|真差"
    "|差评|差劲|质量差|态度差|服务差|质量问题|失望|投诉|瑕疵|掉色|褪色|异味|臭|难用|难吃|难喝|难看|脏|假货"
    "|没人[理回管]|不理[我人]|敷衍|糟糕|不能用|用不了|不能接受|无法接受|太贵|多扣|扣错|重复扣|扣了两次|弄丢|丢了"
    "|丢件|生气|郁闷|无语|(?<!行)不行|[😞😢😭👎💔😤😠☹]",
    r"broken?|broke|cracked|cracks?|damaged?|shattered|chipped|leak(?:s|ing|ed)?|torn|defective|faulty"
    r"|(?:doesn't|don't|not|isn't|stopped) work(?:ing)?|missing|wrong|late|delay(?:ed|s)?|lost"
    r"|never (?:arrived|came|got|received|showed)|still (?:hasn't|haven't|not|waiting|no)|(?:hasn't|not) arrived"
    r"|no (?:reply|answer|response|one answers)|rude|slow|unhelpful|disappoint(?:ed|ing|ment)|unhappy|dissatisfied"
    r"|upset|annoy(?:ed|ing)|frustrat(?:ed|ing)|terrible|awful|horrible|bad|poor|complain(?:t|ts|ing)?|overcharged"
    r"|charged (?:me )?twice|dirty|smells?|fake|mistakes?",
)

GOOD: Final = _either(
    "好评|很好|挺好|真好|太好|非常好|超好|不错|满意|喜欢|很?棒|点?赞|开心|高兴|完美|漂亮|好看|好喝|好吃|好用|给力"
    "|贴心|惊喜|爱了|舒服|推荐|辛苦了|值得|到位|很快|真快|周到|靠谱|没毛病|[😊😍🥰❤👍🎉💯😄]",
    r"good|great|excellent|perfect|love|loved|lovely|happy|amazing|awesome|wonderful|nice|beautiful|satisfied"
    r"|recommend|pleased|delighted|helpful|fantastic|best|appreciate|brilliant|well done|delicious",
)
COURTESY: Final = _either("谢谢|感谢|多谢|谢啦|辛苦", r"thanks?|thank you|thx|cheers")

URGENT: Final = _either(
    "急(?!诊|救|冻)|马上|立刻|立即|赶紧|赶快|尽快|快点|等着用|来不及|今天[就必之]",
    r"urgent(?:ly)?|asap|immediately|right (?:now|away)|hurry|as soon as possible|emergency|at once|today",
)
INTENSIFIER: Final = _either(
    "非常|太|特别|超级|真的|极其|实在|很|十分", r"very|so|really|extremely|totally|absolutely|completely|too"
)

# Right before a word, in its own clause, these turn it round.
NEGATION: Final = re.compile(
    r"(?:不|没有?|未|无|别|并非)(?:是|太|怎么|算|够|很|觉得|感到|会|能|再|有|那么|至于|人|被|特别|非常|用|着|要"
    r"|发生|出现)*$"
    r"|(?:(?<![a-z])(?:not|no|never|without|hardly|nobody|none)|n't|(?<![a-z])(?:dont|didnt|isnt|wasnt))(?: "
    r"(?!only|just)[a-z']+){0,2} $"
)
# What may happen has not happened: a question about safety is no accident.
SUPPOSED: Final = re.compile(
    r"(?:会不会|怕|防止?|避免|容易|是否|如果|担心|万一|以免|有没有)(?:有|被|再|造成|导致|引起|发生)*$"
    r"|(?<![a-z])(?:can|will|would|might|may|does|is it|going to|if|risk of|avoid|prevent|ever)(?: "
    r"(?!have)[a-z']+){0,3} $"
)
ASKED_AFTER: Final = re.compile(r"(?:的|了|过)?(?:吗|么|嘛|没有?\?|危险吗|风险吗)")
