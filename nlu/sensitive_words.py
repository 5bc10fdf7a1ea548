"""The words of sensitive matters, Chinese and English, in folded form."""

from __future__ import annotations

import re
from typing import Final


def either(chinese: str, english: str) -> re.Pattern[str]:
    """Return a pattern of Chinese phrases found anywhere and of English ones found as whole words."""
    return re.compile(rf"{chinese}|(?<![a-z])(?:{english})(?![a-z])")


_FAMILY: Final = (
    "(?:爸爸?|妈妈?|父亲|母亲|爷爷?|奶奶?|外公|外婆|姥姥|姥爷|老公|老婆|丈夫|妻子|爱人|老伴"
    "|哥哥?|姐姐?|弟弟?|妹妹?|儿子|女儿|孩子|家人|亲人)"
)
_RELATIVES: Final = (
    r"(?:mother|mom|mum|father|dad|husband|wife|partner|son|daughter|child|baby|brother|sister|friend|aunt|uncle"
    r"|grand(?:ma|pa|mother|father|dad|mum)|nan|gran|he|she)"
)

# To go to the authorities, the courts or the public.
THREAT: Final = either(
    "(?<![0-9])12315(?![0-9])|12345热线|12345投诉|消协|消费者协会|市监局|市场监督|工商局|黑猫投诉|曝光|挂(?:到?网上?|你们|出来)|发(?:抖音|微博|小红书|朋友圈|网上)[曝骂挂]"
    "|(?:抖音|微博|小红书|网上)(?:挂|曝|见)|媒体(?:见|曝)|(?:找|联系|告诉|通知|叫)(?:媒体|记者|电视台|律师|警察)"
    "|记者.{0,4}曝|起诉|打官司|上法院|法院见|法庭见|律师函|告你们|告上法庭|律师|报警|派出所|报案|法律途径|法律手段|走法律",
    r"(?:will|to|gonna|'ll|going to) sue|sue you|lawyers?|attorneys?|solicitors?|legal action"
    r"|take (?:this|it|you) to court"
    r"|see you in court|small claims|trading standards|better business bureau|consumer protection|ombudsman"
    r"|report (?:you|this) to|(?:call|calling|go to|going to) the police|police report"
    r"|go(?:ing)? to the (?:press|media|papers)"
    r"|go(?:ing)? public|(?:post|posting|share|sharing) (?:this|it|about (?:this|you))[a-z ]{0,16}"
    r"(?:social media|twitter|facebook|reddit|tiktok|everywhere)|chargeback",
)
VIOLENCE: Final = either(
    "砍死|砍了?你|弄死|打死你|杀了?你|杀人|砸了?你们?.{0,3}店|砸店|砸场|放火|(?:烧|炸)了?你们?.{0,3}[店公]|打断你|收拾你|揍你|弄你"
    "|找人.?(?:弄|打|收拾|搞)你|你们?全家.{0,2}死|知道你们?(?:家|住)|血洗|同归于尽",
    r"(?<!would it )kill (?:you|your|them all)|beat you(?: up)?|burn (?:your|the|this) [a-z ]{0,16}down"
    r"|burn down (?:your|the)"
    r"|know where you live|come (?:and find|after) you|hurt you|break your (?:legs?|neck|face|arms?)|shoot you"
    r"|blow up your|smash (?:your|up your)|you(?:'ll| will) be sorry",
)
SELF_HARM: Final = either(
    "不想活|活不下去|活着.{0,4}没.{0,2}意[思义]|没.{0,2}意[思义]活|自杀|自残|自尽|轻生|(?<![笑累气])想死(?!你|我|这|那|了)|不如死|死了算了"
    "|一了百了|跳楼(?!价|大?甩|清仓|机|式)|从.{0,4}楼.{0,2}跳下|割腕|吞药|结束(?:自己|生命|这一生)|遗书",
    r"kill(?:ing)? myself|suicid(?:e|al)|end (?:my life|it all)|(?:want|wanna|going) (?:to )?die|take my own life"
    r"|(?:don't|do not|dont) want to (?:live|be alive|exist|be here any ?more)|self[- ]harm|hang myself|better off dead"
    r"|no (?:reason|point) (?:to|in) (?:live|living)",
)
# Somebody, or a home, came to harm or was near it.
DANGER_WORDS: Final = either(
    "漏电|触电|被电[到了]|电到[我手人孩]|着火|起火|失火|烧起来|冒烟|冒火|火花|爆炸|炸开|炸裂|烫伤|被[烫燙][到着]?|[烫燙][到着](?=[了我手嘴脸脚人孩宝他她妈爸老])|(?:割|夹|砸|扎)[到破](?=[了我手头脸脚人孩宝他她妈爸老])|烧伤|灼伤|割伤|划伤|砸伤|划破手"
    "|扎伤|受伤|流血|出血|中毒|有毒|窒息|急诊|送医|煤气泄[漏露]|过敏了|过敏反应|皮肤过敏|严重过敏|上吐下泻|吐了一|玻璃(?:渣|碎片)"
    "|(?:用|喝|吃|涂|戴)[了完过后].{0,8}(?:过敏|拉肚子|吐了|住院|进了?医院)|(?:烫|炸|烧|割|划|害).{0,10}(?:住院|进了?医院)|起了?(?:红)?疹",
    r"caught fire|catch(?:es|ing)? fire|on fire|started (?:smoking|burning|a fire)|smoke (?:came|coming|is coming)"
    r"|sparks?|sparking|electric(?:al)? shocks?|(?:got|get|gave me|gives me) (?:a |an )?shock(?:ed)?"
    r"|shocked (?:me|my \w+|him|her)|electrocuted|burn(?:ed|t|s) (?:my|me|his|her|our|myself)"
    r"|(?:got|was|were) (?:burned|burnt|hurt)|burning smell|explod(?:ed|es|ing)|explosion|blew up|poison(?:ed|ing)"
    r"|allergic reaction|(?:a|in) rash|injur(?:ed|y|ies)|hurt (?:my|me|myself|himself|herself)|bleeding"
    r"|cut (?:my|myself|his|her)|(?:in|to|at) (?:the )?(?:hospital|er|a&e) (?:because|after|from)|emergency room"
    r"|(?:landed|ended up|put) [a-z ]{0,10}in (?:the )?hospital|chok(?:ed|ing)|gas leak(?:s|ing)?"
    r"|(?:glass|metal) (?:shards? )?in (?:my|the|our) (?:tea|cup|food|drink|mouth)"
    r"|(?:shards?|pieces?) of (?:glass|metal)"
    r"|threw up|throwing up|vomit(?:ed|ing)?|made (?:me|us|him|her|my \w+) (?:sick|ill)",
)
BEREAVEMENT: Final = either(
    f"去世|过世|离世|逝世|病逝|病故|亡故|身故|丧事|办丧|奔丧|丧礼|葬礼|追悼会|守孝|戴孝|遗物|遗像|亡夫|亡妻|亡母|亡父|先父|先母"
    f"|{_FAMILY}(?:[^,。!?]{{0,4}})(?:走了|不在了|没了(?!吗))(?!以后|之后|趟|一趟)",
    rf"passed away|(?:my|our|his|her) {_RELATIVES} (?:has |have |just |recently |sadly ){{0,2}}(?:died|passed)"
    rf"|funerals?|bereave(?:d|ment)|(?:my|our|his|her) late {_RELATIVES}|(?:lost|losing) (?:my|our) {_RELATIVES}"
    r"|in (?:loving )?memory of|memorial service|condolences|widow(?:ed|er)?",
)
ILLNESS: Final = either(
    "癌|化疗|放疗|肿瘤|白血病|抑郁症|焦虑症|尿毒症|心梗|脑梗|中风|重病|绝症|病危|病重|病倒|重症监护|住院|做(?:了|完)?(?:个)?手术|刚手术|流产"
    "|确诊|瘫痪|生病|大病|病了(?!吧)|残疾|透析|(?:患|得)了.{0,6}(?:病|癌|瘤)",
    r"cancer|chemo(?:therapy)?|leuk[a]?emia|tumou?rs?|depress(?:ed|ion)|anxiety disorder|terminal(?:ly)? ill(?:ness)?"
    r"|seriously ill|icu|very ill|surgery|diagnosed|intensive care|in (?:the )?hospital|hospitali[sz]ed"
    r"|(?:had|having|after) a (?:stroke|heart attack|miscarriage|seizure)|dialysis|disabled|disability"
    r"|miscarr(?:ied|iage)",
)
_YOUNG: Final = "(?:[5-9]|1[0-7]|[五六七八九十]|十[一二三四五六七])"
MINOR: Final = either(
    f"未成年|我(?:今年|现在|才|只有|刚|刚满|快|还|是){{0,3}}{_YOUNG}(?:周)?岁(?!的|以|多的)"
    f"|我(?:是|还是|还在上|上|在读|读)(?:个|一个)?(?:小学|初中|初[一二三]|[三四五六]年级)"
    "|(?:小?孩子?|儿子|女儿|熊孩子|弟弟|妹妹|娃)(?:不懂事|偷偷|私自|自己|乱|误|趁|拿|用)(?:着|了)?.{0,8}(?:下单|下的单|拍|买|充值|付|订)",
    r"under ?age|(?:i'm|im|i am) a minor|under (?:18|eighteen)|(?:i'm|i am|im) (?:only |just )?(?:[5-9]|1[0-7])"
    r"(?: ?(?:years? old|yrs? old|yo|y/o)|(?= *(?:$|[,.!?]|and ))(?!%))"
    r"|my (?:(?:[0-9]|1[0-7])[ -]years?[ -]old(?: (?:son|daughter|kid|child|boy|girl))?|kids?|child|children|son"
    r"|daughter|toddler) (?:has |have |just |secretly |accidentally ){0,2}"
    r"(?:ordered|bought|placed|used my (?:card|phone|account)|purchased)",
)
