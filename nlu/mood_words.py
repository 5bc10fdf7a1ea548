"""The words that mood is read from, Chinese and English, in folded form.

One list a feeling, longest phrases where a shorter word would mislead: a shop for
household goods sells 垃圾桶, and 滚烫 is how tea is served.
"""

from __future__ import annotations

from typing import Final

from nlu.sensitive_words import either

# Politeness and set phrases that hold a word of feeling and no feeling.
CALM_PHRASES: Final = either(
    "防漏电|漏电保护|防火|防爆|防烫伤?|不?好意思|垃圾(?:桶|袋|分类|箱|篓|处理|铲|短信|邮件)|滚烫"
    "|着什么急|不着急|(?:我|是|做|个|送)律师|律师(?:朋友|客户|同事)|媒体(?:朋友|同事)|滚[筒轮动珠边]"
    "|什么推荐|推荐(?:一?下|一|什么|哪|个|吗|款)|有什么好",
    r"good (?:morning|afternoon|evening|night|day)|happy (?:birthday|new year)|best (?:sellers?|regards|price)"
    r"|worst case|(?:trash|garbage|rubbish) (?:cans?|bags?|bins?)|stupid questions?|would (?:love|like)"
    r"|how (?:good|fast|late|bad)|not (?:at all )?urgent|no rush|will it (?:arrive|be|come) late"
    r"|(?:i'm|i am|is|as) an? (?:lawyer|attorney|solicitor)|press release|killer deal|to die for",
)

ANGER: Final = either(
    "垃圾|辣鸡|骗子|骗人|骗钱|骗我|诈骗|欺骗|欺诈|坑人|坑爹|黑心|黑店|奸商|无良|太过分|过分了|欺人太甚|气死|气炸|气愤"
    "|愤怒|火大|恼火|受够|忍无可忍|忍不了|无耻|不要脸|恶心|混蛋|王八蛋|傻逼|煞笔|智障|他妈(?!妈)|妈的|尼玛|你妹|滚蛋"
    "|滚开|去死|气人|你们?(?:是不是|都|就是|真的?|怕是)?有病|有病吧|脑残|脑子有|滚(?=$|[!,.])|滚出|岂有此理|离谱|耍我|耍人"
    "|玩我|当我傻|什么破|破店|烂店|再也不会?[买来]|强烈投诉|最差|最烂|太烂|烂透|可恶|失望透顶|[😡🤬💢]",
    r"scam(?:s|mers?|med|ming)?|fraud(?:sters?)?|rip[ -]?offs?|ripped (?:me )?off|thie(?:f|ves)|liars?|lying to me"
    r"|(?:you are|you're) lying|cheat(?:ed|ers?|ing)|ridiculous|unacceptable|outrage(?:d|ous)?|furious|livid"
    r"|enraged|angry|pissed|fed up|sick of|sick and tired|had enough|disgust(?:ed|ing)|disgrace(?:ful)?|pathetic"
    r"|worst|what a joke|joke of a|crooks?|con artists?|clowns?"
    r"|(?:absolute|utter|total|complete) (?:rubbish|joke|shambles)"
    r"|done with you|hate (?:you|this (?:shop|store|company|place))|shambolic|shameful|report you"
    r"|bullshit|fuck\w*|shit(?:ty)?|crap|wtf|what the hell|idiots?|morons?|stupid|incompetent|how dare"
    r"|never (?:buy|buying|shop|order|ordering)(?: anything)? (?:from you|here|again)|garbage|trash|useless"
    r"|screw you|robbery|insulting|tmd|sb|nmd|cnm|mlgb|mmp|nmsl",
)

BAD: Final = either(
    "坏了|坏的|坏掉|裂|碎了|碎的|破了|破损|破洞|破的|断了|漏水|漏了|渗水|缺了|缺件|(?<!多)少了|少发|漏发|发错|错发|寄错"
    "|错了|不对|太慢|很慢|这么慢|慢死|晚到|迟到|太晚|延误|拖了|没收到|没到|不到货|不满(?!意)|不好|很差|太差|真差"
    "|差评|差劲|质量差|态度差|服务差|质量问题|失望|投诉|瑕疵|掉色|褪色|异味|臭|难用|难吃|难喝|难看|脏|假货"
    "|霉|爱答不理|爱理不理|忽悠|上当|烂了|难闻|货不对板|不符|踢皮球|推来推去|一拖再拖|坑我|坑了|没人[理回管]|不理[我人]|敷衍|糟糕|不能用|用不了|不能接受|无法接受|太贵|多扣|扣错|重复扣"
    "|扣了两次|弄丢|丢了"
    "|丢件|生气|郁闷|无语|(?<!行)不行|[😞😢😭👎💔😤😠☹]",
    r"broken?|broke|cracked|cracks?|damaged?|shattered|chipped|leak(?:s|ing|ed)?|torn|defective|faulty"
    r"|(?:doesn't|don't|not|isn't|stopped) work(?:ing)?|missing|wrong|late|delay(?:ed|s)?|lost"
    r"|never (?:arrived|came|got|received|showed)|still (?:hasn't|haven't|not|waiting|no)|(?:hasn't|not) arrived"
    r"|no (?:reply|answer|response|one answers)|rude|slow|unhelpful|disappoint(?:ed|ing|ment)|unhappy|dissatisfied"
    r"|upset|annoy(?:ed|ing)|frustrat(?:ed|ing)|terrible|awful|horrible|bad|poor|complain(?:t|ts|ing)?|overcharged"
    r"|charged (?:me )?twice|dirty|smells?|fake|mistakes?|appalling|shoddy|hate|rubbish|let (?:me )?down"
    r"|waste of|taking (?:forever|ages)"
    r"|(?:nobody|no one) (?:ever )?(?:picks? up|answers?|replies|responds|cares)"
    r"|not (?:what|as|like) [a-z ]{0,8}(?:expected|described|advertised|pictured|ordered|promised)|dead on arrival",
)

GOOD: Final = either(
    "好评|很好|挺好|真好|太好|非常好|超好|不错|满意|喜欢|很?棒|点?赞|开心|高兴|完美|漂亮|好看|好喝|好吃|好用|给力"
    "|贴心|惊喜|爱了|舒服|推荐|辛苦了|值得|到位|耐心|惊艳|回购|良心|不赖|不难[吃喝看用闻]|挑不出毛病|没得说|没话说|很快|真快|周到|靠谱|没毛病|[😊😍🥰❤👍🎉💯😄]",
    r"good|great|excellent|perfect|love|loved|lovely|happy|amazing|awesome|wonderful|nice|beautiful|satisfied"
    r"|recommend|pleased|delighted|helpful|fantastic|best|appreciate|brilliant|well done|delicious|impressed"
    r"|lifesaver|superb|stunning|spot on|thrilled"
    r"|not (?:too |so |half )?bad|no complaints|can't complain|couldn't be (?:happier|better)|never disappoint(?:s|ed)",
)
COURTESY: Final = either("谢谢|感谢|多谢|谢啦|辛苦", r"thanks?|thank you|thx|cheers")

URGENT: Final = either(
    "急(?!诊|救|冻)|马上|立刻|立即|赶紧|赶快|尽快|快点|等着用|来不及|今天[就必之]|快一点|赶[飞火][机车]|赶时间|十万火急|加急|急需|等不及",
    r"urgent(?:ly)?|asap|immediately|right (?:now|away)|hurry|as soon as possible|emergency|at once|today"
    r"|time[ -]sensitive|in a (?:hurry|rush)|can(?:'t|not) wait any",
)
INTENSIFIER: Final = either(
    "非常|太|特别|超级|真的|极其|实在|很|十分", r"very|so|really|extremely|totally|absolutely|completely|too"
)
