"""Whole messages, calls for a person and complaints, as customers word them: what is sure beside a classifier too.

Folded forms. What else they want by single words stands in `nlu.keyword_rules`.
"""

from __future__ import annotations

import re
from typing import Final

STRONG: Final = 0.9
WEAK: Final = 0.6
HUMAN: Final = "request_human_agent"

# Who says that they complain does, whatever else is in the message; what it is about may be said by other words.
COMPLAINING: Final = re.compile(
    "(?:要|想|得)(?:来|去|到|打|向)?(?:[0-9]{5}|工商|消协)?投诉(?!.{0,4}(?:进度|处理|结果|怎么样|到哪|电话|渠道))"
    r"|(?:file|make|lodge|raise) (?:a|an)(?: \w+)? complaint|(?:want|like|need|have|going) to complain"
)
COMPLAINTS: Final = (
    "complain_product_quality", "complain_service", "complain_delivery", "complain_billing",
    "report_missing_wrong_item", "check_complaint_status",
)  # fmt: skip
# What a complaint is about that says no more than what its customer would else have asked.
COMPLAINT_OF: Final = {"track_order": "complain_delivery", "track_refund": "complain_billing"}

# Whole messages, folded and without marks and spaces at their ends.
WHOLE_MESSAGES: Final = {
    "affirm": (
        "是|是的|对|对的|对啊|对呀|嗯|嗯嗯|嗯呢|恩|好|好的|好啊|好呀|好吧|行|行的|行吧|可以|可以的|没错|没问题|要"
        "|要的|需要|确认|确定|同意|当然|就这样|就是这个|是这个|ok|okay|k|好滴|好哒|yes|yeah|yep|yup|ya|sure"
        "|of course|correct|right|that's right|confirm|y|yes please|sounds good|👍|👌|✅|🆗"
        "|还是的|还是这样|没变|没有变|still|still so|it still is|yes it is"
        "|换|就换|那就换|嗯换|好换|就换这个|换这个|那就办|就这样办|好办"
    ),
    "deny": (
        "不|不是|不是的|不对|不用|不用了|不要|不要了|不需要|不行|不可以|否|没有|没有了|没了|错了|不是这个|不确认"
        "|不同意|不用了谢谢|不用了,谢谢|不用谢谢|不用,谢谢|不了谢谢|不了,谢谢|不需要谢谢|不需要,谢谢|不要了谢谢"
        "|没事了|不麻烦了|不必了|改一下|改下|要改|不是了|现在不了|已经不了|早就不了"
        "|no|nope|nah|no need|no need thanks|no need, thanks|not needed"
        "|no thanks|no thank you|not really|not any more|not anymore|no longer"
        "|n|wrong|that's wrong|incorrect|don't|👎|❌|🙅"
    ),
    "greet": (
        "你好|您好|你好啊|哈喽|哈啰|嗨|在吗|在么|在不在|有人吗|有人在吗|早|早上好|上午好|中午好|下午好|晚上好"
        "|你们好|hi|hello|hey|hi there|hello there|hey there|good morning|good afternoon|good evening|hiya|👋"
    ),
    "cancel_dialogue": (
        "算了|算了吧|不等了|我不等了|不用等了|不用人工了|不转了"
        "|不弄了|不办了|不查了|先不弄了|取消|退出|停|停止|别问了|cancel|stop|never mind|nevermind"
        "|forget it|quit|exit|abort|cancel that|stop this"
        "|撤销|撤回|撤销刚才的|撤销一下|undo|undo that|undo it|undo this|take that back"
    ),
    "opt_out_marketing": "退订|回复退订|退订td|td|tdd|取消订阅|unsubscribe|unsubscribe me|opt out|stop all|stopall",
    "thank": (
        "谢谢|谢谢你|谢谢您|谢了|多谢|感谢|谢谢啦|非常感谢|thanks|thank you|thx|ty|many thanks|thanks a lot"
        "|thank you so much|thank you very much|🙏"
    ),
    "goodbye": "再见|拜拜|拜|88|先这样|下次聊|晚安|bye|bye bye|goodbye|good bye|see you|see ya|good night",
    HUMAN: (
        "人工|转人工|真人|客服|人工客服|在线客服|转客服|找客服|找人工|叫人工|我要人工|要人工|人工服务|人工人工"
        "|客服人员|活人|human|agent|human please|agent please|a human|real person|a real person|operator"
        "|representative|live agent|human agent|person please|live chat|customer service"
    ),
    "ask_bot_help": "菜单|帮助|功能|help|menu|start|/start|/help|/menu|options",
}
_PERSON = r"(?:human|person|people|agent|representative|someone|somebody|operator|staff|manager|supervisor)"
HUMAN_ASKED: Final = re.compile(
    r"(?:转|找|叫|换|接|要|来|给我|联系|呼叫|麻烦|申请)[一下到给个位我接的 ]{0,4}(?:人工|真人|活人|客服人员|人类)"
    r"(?!费|智能|合成|制作)"
    r"|转(?:接)?(?:到)?(?:一下)?客服|(?:找|叫|换)[一下个位]{0,3}客服(?!电话|热线)|人工客服"
    r"(?!什么时候|几点|电话)|人工服务"
    r"|(?:找|叫|让)(?:你们)?(?:的)?(?:老板|经理|店长|负责人|领导)|有(?:没有)?(?:人工|真人)(?!智能)|人工在(?:吗|不)"
    r"|(?:跟|和)(?:人工|真人|客服|店员|人)直?接?(?:说|聊|讲|谈|沟通)(?![了过])|不(?:想|要)(?:跟|和)(?:机器人|机器)"
    r"|找个人(?:来|跟|和|处理|说|问)|叫人来|真人回复"
    r"|(?<![a-z])(?:"
    rf"chat(?: \w+)? (?:to|with) (?:an? |the |some |your )?(?:real |live |actual |human )?{_PERSON}|"
    r"(?:speak|talk|connect me|transfer me|put me through|get me|hand me over|escalate)(?: \w+)? (?:to |with )?"
    rf"(?:an? |the |some |your )?(?:real |live |actual |human )?{_PERSON}"
    r"|(?:real|live|actual) (?:human|person|agent)|human (?:agent|support|help|being|please|representative)"
    r"|(?:want|need|get|find|give me|like) (?:an? )?(?:human|agent|representative|operator)"
    r"|connect me (?:to|with) customer (?:service|support)|customer (?:service|support) (?:agent|rep\w*)"
    r")(?![a-z])"
)
# Around such words, these say that no person is asked for.
HUMAN_NOT_ASKED: Final = re.compile(
    r"(?:不用|不要|不需要|别|无需|不想)(?:再)?(?:给我)?(?:转|找|叫)"
    r"|(?:是|不是)(?:不是)?(?:人工|真人|机器人).{0,3}(?:还是|吗|么|吧|\?|$)"
    r"|(?<![a-z])(?:are|r|am) (?:you|u|this|i)|(?:don't|do not|no need|not) (?:want|need|to)|is (?:this|it) an? "
)
