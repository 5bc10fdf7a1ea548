"""The words by which customers say what they want, for answering without a classifier.

Folded forms. A rule is an intent, how sure its words are, Chinese words and English
words; a strong word says one thing only, a weak one what it mostly says.
"""

from __future__ import annotations

from typing import Final

from nlu.fallback_words import STRONG, WEAK

KEYWORD_RULES: Final = (
    (
        "opt_out_marketing",
        STRONG,
        "退订(?!单|阅?购)"
        "|(?:别|不要|不想|停止|取消|少|拒绝)(?:再)?(?:给我|收到|接收|看到)?(?:再)?(?:发|推送|推|群发|订阅)?"
        "(?:这些|这种|任何|什么)?(?:广告|推广|营销|推销|促销(?:短信|信息|消息)|垃圾短信|活动信息|优惠信息|推送"
        "|(?:生日|节日|过节|祝福|问候)(?:的)?(?:祝福|问候|消息|短信|信息|提醒))"
        "|(?:别|不要|不用)(?:再)?给我(?:再)?发(?:消息|短信|信息|祝福|问候)"
        "|(?:别|不要|不用|停止)(?:再)?(?:在|往|用)(?:微信|电报|这里|这儿|这边|企业微信)[^,。!?;]{0,4}"
        "(?:发|推)[^,。!?;]{0,4}(?:广告|优惠|活动|消息|促销|祝福|信息)"
        "|(?:所有|全部|任何|一切)的?(?:消息|短信|信息|通知|推送)[^,。!?;]{0,4}(?:别|不)"
        "|(?:别|不要|不想)(?:再)?(?:发|收到?)[^,。!?;]{0,6}(?:所有|全部|任何|一切)的?(?:消息|短信|信息|通知|推送)"
        "|(?:广告|优惠|促销|活动|推广|推送|祝福|问候|生日)(?:的)?(?:消息|短信|信息|通知|活动|祝福|问候)?"
        "(?:都|就|也|全都?)?(?:别|不用|不要|不必)(?:再|给我)?(?:发|推|了)"
        "|什么都(?:别|不要|不用)(?:再)?(?:给我)?发",
        r"unsubscribe|opt[ -]?out"
        r"|(?:stop|no more|quit|don't|do not)(?: \w+){0,4} (?:ads?|adverts?|advertis\w+|marketing|promotions?"
        r"|promos?|offers|newsletters?|spam|greetings?"
        r"|(?:birthday|holiday) (?:messages?|greetings?|wishes|texts?|cards?))"
        r"|stop (?:texting|messaging|emailing|contacting|writing to) me|stop sending me (?:messages|texts"
        r"|emails|these)"
        r"|(?:stop|no more|end) (?:all|any|every)? ?(?:of )?(?:your |the |these )?"
        r"(?:messages|texts|emails|notifications)"
        r"|stop everything|(?:never|don't|do not) (?:ever )?(?:contact|message|text|write to) me",
    ),
    (
        "opt_in_marketing",
        STRONG,
        "(?:有|出)(?:了)?(?:什么)?(?:新)?(?:活动|优惠|促销|折扣|新品|好价)[^,。!?;]{0,6}(?:告诉|通知|提醒|叫"
        "|喊|发给|推给)我"
        "|(?:恢复|重新|继续)(?:订阅|接收|推送|发送?)|(?:生日|节日)?(?:祝福|问候|优惠|活动|广告)(?:消息|信息|通知)?"
        "(?:可以|还是|还|请|就)?(?:留着|保留|照发|照常发|继续发|接着发|恢复)"
        "|(?:可以|同意|愿意)(?:给我)?(?:发|收到?|接收)(?:一些)?(?:优惠|活动|广告|促销|祝福)|我(?:要|想)订阅",
        r"sign me up for (?:your |the )?(?:offers|newsletter|deals|promotions)|(?:re)?subscribe me|resubscribe"
        r"|opt(?:ing)?[ -]?in"
        r"|(?:let me know|tell me|notify me|keep me posted) (?:about|of|on|when there are) (?:\w+ ){0,2}"
        r"(?:offers|deals|sales|promos|promotions|discounts|newsletters?)"
        r"|(?:start|resume|keep) sending (?:me )?(?:\w+ ){0,3}"
        r"(?:offers|deals|promos|birthday|greetings|wishes|newsletters?)"
        r"|(?:send|give) me your (?:offers|deals|newsletter|promotions)"
        r"|(?:keep|restore) (?:the |my )?(?:birthday|holiday) (?:wishes|greetings|messages)",
    ),
    (
        "cancel_membership",
        STRONG,
        "退会|(?:退出|注销|取消|不(?:想)?(?:再)?(?:当|做)|退掉?)(?:我的|你们的?|这个)?(?:会员|vip)(?!价|折|活动)",
        r"(?:cancel|leave|quit|end|terminate|give up)(?: \w+){0,3} (?:membership|club|loyalty program\w*)"
        r"|(?:don't|do not|no longer)(?: \w+){0,3} be a member|stop being a member",
    ),
    (
        "join_membership",
        STRONG,
        "(?<!不)入会|(?<!不)(?<!不想)(?<!不要)(?<!再)(?:加入|成为|办理?|注册|开通?|申请|当|做|入)(?:一?[个张下])?(?:你们)?(?:店)?的?(?:会员|vip)(?!价|专享)",
        r"(?:join|become|sign(?: me)? up|register|enrol\w*)(?: \w+){0,4} "
        r"(?:members?|membership|club|loyalty|rewards?)|become a member",
    ),
    (
        "redeem_points",
        STRONG,
        "积分[^,。!?;]{0,6}(?:换|抵|兑)|(?:兑换|抵扣|抵现|用掉|花)[^,。!?;]{0,6}积分|(?:用|拿)[^,。!?;]{0,8}"
        "(?:积分|分)(?:换|抵|兑)|(?:兑换?|换)(?:一?[个张点些])?(?:[0-9]+元)?(?:的)?(?:优惠|代金|抵扣)?(?:券"
        "|礼品|奖品|礼物)",
        r"(?:redeem|spend|use|exchange|swap|trade|pay with)(?: \w+){0,3} points|points (?:for|towards) "
        r"|redeem(?:ing)?|(?:turn|cash)(?: \w+){0,4} points",
    ),
    (
        "ask_earn_rules",
        STRONG,
        "积分(?:规则|怎么(?:算|来|得|赚|攒)|[^,。!?;]{0,6}(?:过期|有效|清零))|(?:怎么|如何)"
        "(?:攒|赚|得|获得|积累|累积)(?:到)?积分",
        r"(?:earn|collect|get|gain)(?: \w+){0,3} points|points(?: \w+){0,3} (?:expire|expiry|valid)|points per",
    ),
    (
        "request_data_export_or_delete",
        STRONG,
        "(?:记得|记住|记着|记了|记录|知道|了解)(?:了)?我(?:的)?(?:什么|哪些|多少|些什么)"
        "|忘(?:掉|了|记)(?:这个|这件|这条|刚才|我(?:说|喜欢|不|的)|全部|所有|一切)|(?:全部|全都|都)忘(?:掉|了)"
        "|(?:别|不要)(?:再)?记(?:住|着|得)?我(?:的|说)|注销(?:我的)?(?:账号|账户|帐号)"
        "|删(?:除|掉|了)?(?:我的|我所有的)?(?:个人)?(?:账号|账户|数据|资料|信息)"
        "|导出(?:一份|一下)?(?:我)?(?:的)?(?:所有|全部)?(?:的)?(?:个人)?(?:数据|资料|信息)|(?:数据|资料|信息)(?:都|全部)?(?:导出|发我一份|给我一份)",
        r"what (?:do|did) you (?:know|remember)(?: \w+)? (?:about|of) me"
        r"|forget (?:this|that|everything|all of it|what i)"
        r"|don't remember (?:this|that|what i)"
        r"|(?:delete|erase|export)(?: \w+){0,2} (?:my|personal) (?:account|data|info\w*)",
    ),
    (
        "ask_points_balance",
        STRONG,
        "(?:查|看|问)[一下看个]{0,3}(?:我的?)?(?:会员)?积分(?!规则)|(?:多少|几)(?:个)?(?:积)?分(?!钟|之|期)"
        "|积分(?:余额|还有|有多少|多少|剩|够)|我的积分|积分呢",
        r"(?:how many|check|see|show)(?: \w+){0,2} (?:points|pts)|points? balance|balance of (?:my )?points"
        r"|what (?:are|is) my points",
    ),
    (
        "check_complaint_status",
        STRONG,
        "(?:投诉|工单|售后单|反馈)(?:的)?(?:进度|处理得?|结果|怎么样|到哪|有结果)",
        r"(?:status|update|progress|news)(?: \w+){0,3} (?:complaint|ticket|case)"
        r"|(?:my )(?:complaint|ticket|case)(?: \w+){0,3} (?:going|status|yet)",
    ),
    (
        "request_price_adjustment",
        STRONG,
        "价保|保价|(?:补|退|返)(?:一下|我|点)?差价|补差|买贵了|(?:刚买|买完|买了)[^,。!?;]{0,8}(?:就|又)?(?:降价|便宜)",
        r"price (?:match|adjust\w*|protect\w*|difference)|(?:refund|pay|get)(?: \w+){0,3} the difference"
        r"|(?:cheaper|lower|dropped)(?: \w+){0,4} (?:than i paid|since i bought|after i bought|now)",
    ),
    (
        "track_refund",
        STRONG,
        "退款[^,。!?;]{0,3}(?:到哪|到账|什么时候|多久|进度|还没|怎么还|没收到|没到|呢|状态)|(?:什么时候|多久)(?:能)?(?:给我)?退款"
        "|(?:查|看)[一下看个]{0,3}(?:我的?)?退款|(?:退的|我的)(?:钱|款)[^,。!?;]{0,4}(?:到哪|什么时候|还没|没到|呢)",
        r"(?:where(?:'s|s)?|when|track|status)(?: \w+){0,5} refund|refund(?: \w+){0,3} (?:status|yet|arrive|arrived)",
    ),
    (
        "update_profile",
        STRONG,
        "(?:改|换|更新|修改|更改|登记|更正|绑定)[一下掉我的个了]{0,4}(?:新)?(?:手机号?码?"
        "|电话号?码?|号码|生日|邮箱|电子邮件|名字|姓名|称呼"
        "|昵称|个人资料|资料|个人信息|默认地址|常用地址|语言|时区)"
        "|(?:手机号?|电话|号码|生日|邮箱|名字|姓名|称呼|昵称|时区"
        "|资料里?的?地址|默认地址|常用地址)(?:登记|填|写)?(?:改成|改为|换成|换了|变了|错了|更新)"
        "|我(?:的)?(?:新)?(?:手机号?码?|电话|号码|邮箱)(?:是|变了"
        "|换了)|我换(?:手机号?码?|电话|号码|号|邮箱)了?|我的生日是|我(?:的)?新(?:号码|手机|邮箱)"
        "|(?<![别要])[叫喊]我[^,。!?;吗的等来去拿找]{1,4}(?:就好|就行"
        "|就可以|吧)|(?:以后|可以)[叫喊]我|我搬家了|我改名了|(?:资料|档案)[^,。]{0,6}(?:改|更新)"
        "|以后[用说讲](?:中文|英文|英语)",
        r"(?:my new|update my|change my|new) (?:phone(?: number)?"
        r"|number|mobile(?: number)?|e-?mail(?: address)?|birthday|name"
        r"|details|profile|time ?zone|language|home address|default address|address (?:in|on) my profile)"
        r"|my (?:birthday|e-?mail|phone number|phone|number|name|time ?zone) (?:is|has changed|changed)"
        r"|(?:you can|please|just) call me (?!back|after|before|on|at|in|when|if|later|now|tomorrow|a |an )[a-z]{2,20}"
        r"|^call me (?!back|after|before|on|at|in|when|if|later"
        r"|now|tomorrow|a |an )[a-z]{2,20}[.!]?$|i(?:'ve| have)? moved house",
    ),
    (
        "change_cancel_order",
        STRONG,
        "(?:取消|修改|更改|改|换)[一下掉我的这那个]{0,4}(?:订单|单子|收货地址|地址|收货人)"
        "|(?:订单|单子|地址)[^,。!?;]{0,8}(?:取消|改一?下|能改|修改)|不想要了|拍错了"
        "|(?:取消|改一?下)(?:一下)?[a-z]{0,2}[0-9]{4,}|[0-9]{4,}[^,。!?;]{0,6}(?:取消|改地址|改电话|改手机)"
        "|(?:改|换)(?:一下|个|成)?(?:收货)?(?:地址|电话|手机号)|(?:地址|电话|手机号)[^,。!?;]{0,3}(?:写错|填错|错了)",
        r"(?:cancel|change|modify|edit)(?: \w+){0,3} (?:order|address|delivery address)"
        r"|(?:cancel|change)(?: \w+){0,2} [a-z]{0,2}[0-9]{4,}",
    ),
    (
        "return_refund_exchange",
        STRONG,
        "(?:我要|我想|想要?|怎么|如何|可以|能|申请|办理?|要求)[^,。!?;]{0,6}(?:退货|退款|换货|退掉|退了)|退换货"
        "|(?:退货?|换货|退换货?)的?(?:政策|规则|规定|条件|要求)|拆[封开]了?[^,。!?;]{0,6}(?:退|换)"
        "|七天无理由|[0-9]{4,}[^,。!?;]{0,10}(?:退货|退款(?!到|进度|状态|什么时候|多久|还没|没)|换货|退掉|退了|要退|想退|都退)|(?:都|全部?|要|给我|"
        "帮我)(?:退货|换货|退掉|退了)"
        "|^(?:那就|要不|那|就|还是)?(?:给我|帮我)?(?:退货|换货|退款|退了)[吧了呗]?$|(?:我要|我想|想要?|把|帮我|给我)退(?:掉|了)?(?:订单|单号)?[a-z]{0,2}[0-9]{4,}",
        r"(?:return|exchange|send back)(?: \w+){0,2} (?:it|this|them|item|order|product|cup|teapot|[a-z]{0,2}[0-9]{4,})"
        r"|(?:want|like|need|how do i|can i) (?:to )?(?:return|exchange|send back)"
        r"|returns? (?:policy|policies|rules?|conditions?)"
        r"|(?:want|get|need|like)(?: \w+){0,2} (?:refund|money back)",
    ),
    (
        "track_order",
        STRONG,
        "(?:订单|包裹|快递|物流|货|单子|单|东西)(?:[^,。!?;送退换]{0,14})"
        "(?:到哪|在哪|哪里了|哪儿了|到没|到了吗|到了没|什么时候到|啥时候到|几时到|多久到|发货了?吗|发货了?没"
        "|发了吗|还没到|没收到|没到|状态|进度)"
        "|(?:查|看|跟踪|追踪)[一下看个]{0,3}(?:我的?|的)?(?:这个)?(?:订单|快递|物流|包裹|单号)|(?<!款)到哪(?:里|儿)?了"
        "|物流(?:信息|状态|查询)|什么时候(?:能)?(?:送到|收到|发货)",
        r"where(?:'s| is| are)(?: \w+){0,4} (?:order|package|parcel|delivery|stuff|shipment)"
        r"|track(?:ing)?(?: \w+){0,3} (?:order|package|parcel|shipment|delivery)"
        r"|(?:order|delivery|shipping|package|parcel) (?:status|update|tracking)"
        r"|status of (?:my |the |an )?(?:order|delivery|package)"
        r"|when(?: \w+){0,3} (?:order|package|parcel|it)(?: \w+){0,2} (?:come|arrive|get here|be delivered|delivered)"
        r"|(?:order|package|parcel)(?: \w+){0,3} (?:arrived yet|shipped yet|not arrived|hasn't arrived)"
        r"|has(?: \w+){0,4} (?:shipped|been sent|arrived)",
    ),
    (
        "report_missing_wrong_item",
        STRONG,
        "(?:发错|寄错|漏发|少发|错发)|(?<!多)(?:少|缺)了?(?:[一两二三0-9]{1,2})?(?:件|个|盒|包|瓶|只|样)|(?:收到|寄来)的不是",
        r"(?:wrong|different) (?:item|product|colou?r|size|thing|one)"
        r"|(?:item|piece|cup|box|one|part)s?(?: \w+){0,3} missing"
        r"|missing (?:an? |one |two |some )?(?:item|piece|cup|box|part)s?",
    ),
    (
        "complain_product_quality",
        STRONG,
        "(?:杯|壶|碗|盘|锅|瓶|盒|茶|货|东西|商品|产品|盖|把手|到手|收到)[^,。!?;]{0,10}"
        "(?:裂|碎|破|坏|漏水|掉色|变质|发霉|有异味)了?"
        "|质量(?:太|很|真|这么)?(?:差|烂|不好|有问题)|质量问题",
        r"(?:arrived|came|is|was|are|were|it's|got)(?: \w+){0,2} (?:broken|cracked|damaged|shattered|chipped"
        r"|defective|faulty|leaking|smashed|in pieces|mouldy|moldy)"
        r"|(?:tea ?pot|pot|cup|mug|kettle|bottle|thermos|lid|glass|it) (?:leaks|drips|broke|cracked|shattered)"
        r"|poor quality|bad quality|stopped working|doesn't work",
    ),
    (
        "complain_service",
        STRONG,
        "(?:服务|客服)(?:的)?态度(?:太|很|真|这么|非常)?(?:差|恶劣|不好)|服务(?:太|很|真)?(?:差|烂)|没人(?:理|回|管)",
        r"(?:rude|terrible|awful|bad|poor|horrible|worst)(?: \w+)? service"
        r"|(?:nobody|no one)(?: \w+)? (?:answers|replies|answered|replied)"
        r"|(?:agent|staff|he|she|they)(?: \w+){0,2} rude",
    ),
    (
        "complain_billing",
        STRONG,
        "(?:多|重复|乱)(?:扣|收)(?:了)?(?:我)?(?:两次|费|钱|款)?|扣了(?:我)?(?:两|2)次"
        "|(?:收费|金额|账单|扣款)(?:有误|不对|错|的?问题)",
        r"charged(?: \w+)? (?:twice|double|too much|wrong)|double[ -]charged|overcharged|wrong amount|billed twice"
        r"|(?:billing|invoicing) (?:problem|issue|error|mistake|complaint)",
    ),
    (
        "complain_delivery",
        WEAK,
        "(?:快递|物流|送货|配送)(?:员)?[^,。!?;]{0,6}(?:太慢|这么慢|态度|暴力|扔|送错)|(?:太慢|慢死)了",
        r"(?:delivery|courier|driver|shipping)(?: \w+){0,3} (?:late|slow|rude|wrong|terrible|awful)"
        r"|(?:lost|threw)(?: \w+)? (?:package|parcel)",
    ),
    (
        "give_feedback_rating",
        STRONG,
        "建议(?:你们|您们|贵店|店里|以后)|希望你们(?:以后|能|多|出)|给(?:你们|个)?好评|好评|点个?赞|服务(?:真|很|特别|非常|太)(?:好|棒|赞|周到|贴心)"
        "|(?:给|打)(?:你们|你|个|了)?(?:[一二三四五1-5]个?|[0-9]{1,2})(?:颗)?(?:星|分)(?!钟|之)",
        r"(?:i|we) suggest(?: that)? you|(?:a|my|one) suggestion|(?:great|excellent|wonderful|amazing|lovely) service"
        r"|love your (?:shop|store|service|tea)|(?:give|rate)(?: \w+){0,3} (?:[0-9]|one|two|three|four|five)"
        r"(?: out of (?:5|10|five|ten))?(?: stars?)?(?![0-9a-z])|[1-5] stars?|(?:one|two|three|four|five) stars?",
    ),
    (
        "ask_store_info",
        STRONG,
        "营业(?:时间|到)|几点(?:到几点)?(?:开门|关门|上班|下班|有人|营业)|周末(?:开门|上班|有人|营业)"
        "|(?:门店|店铺|实体店|你们店|店)(?:的)?(?:地址|在哪)|(?:客服|门店|售后|你们|你们店)(?:的)?(?:电话|热线)|"
        "电话(?:是)?多少"
        "|怎么去你们店|能停车吗",
        r"(?:opening|business|store|shop|working) (?:hours|times)|(?:when|what time)(?: \w+){0,3} (?:open|close)(?!\w)"
        r"|(?:store|shop)(?:'s)? (?:address|location)|where(?:'s| is| are) (?:your|the) (?:store|shop)"
        r"|your (?:phone number|address)|(?:phone|telephone) number\?|is there parking",
    ),
    (
        "ask_shipping_info",
        STRONG,
        "包邮|免邮|(?:运|邮|快递|配送)费|(?:发|用|走)(?:的)?(?:什么|哪家|啥)快递|(?:能|可以|可不可以)(?:寄|"
        "发|送)(?:到|去|往)?"
        "(?!票|货了)[^,。!?;]{0,8}[吗么不]|(?:寄|发|送)(?:到|往|去)[^,。!?;]{0,10}(?:多久|几天|多少钱)"
        "|(?:当天|今天)(?:能|可以)?发(?:货)?[吗么]|^(?:一般)?(?:多久|几天)能?(?:到|送到|收到)|下单(?:后)?(?:多久|几天)(?:能)?(?:发货|到)",
        r"(?:shipping|delivery|postage)(?: \w+)? (?:cost|costs|fee|fees|charge|price|rates?|time|times|policy)"
        r"|(?:cost|costs|price) of (?:shipping|delivery)|(?:how much|what)(?: \w+){0,3} (?:shipping|postage|delivery)"
        r"|free (?:shipping|delivery|postage)|(?:do|can|will) you (?:ship|deliver|post|send)"
        r"|how long(?: \w+){0,3} (?:shipping|delivery)|which courier|ship(?:ping)? (?:to|abroad|internationally)",
    ),
    (
        "ask_payment_invoice",
        STRONG,
        "发票|开票|专票|付款方式|怎么付(?:款|钱)|(?:支持|能用|可以用|能不能用)[^,。!?;]{0,6}(?:付|支付|花呗|"
        "信用卡|分期|刷卡|支付宝)"
        "|货到付款|付款(?:失败|不了)|付不了|支付(?:失败|不了)",
        r"invoices?|receipts?|fapiao|payment (?:methods?|options?|failed)|ways to pay|(?:can i|do you)(?: \w+){0,2} "
        r"(?:pay|accept|take)(?: \w+){0,2} (?:by|with|card|visa|paypal|amex|cash|alipay|wechat)"
        r"|card(?: \w+){0,3} declined",
    ),
    (
        "ask_warranty_repair",
        STRONG,
        "保修|质保|保固|维修|报修|送修|修理|能修[吗么不]|怎么修",
        r"warrant(?:y|ies)|guarantees?|repair(?:s|ed)?|spare parts?",
    ),
    (
        "ask_installation_service",
        STRONG,
        "(?<!重新)安装|上门装|帮我装|组装|师傅上门",
        r"install(?:ation|er|ing|ed)?|assembl(?:y|e|ed)",
    ),
    (
        "ask_how_to_use",
        STRONG,
        "怎么(?:用(?!积分|券|优惠)(?!你)|泡|除垢|冲泡|清洗|洗|保养|使用(?!你))|如何(?:使用|冲泡|清洗|保养)|说明书|"
        "多少度(?:的)?水|第一次用",
        r"how (?:do|can|should|to)(?: i| we)? (?:use|brew|clean|wash|descale|season|store|steep|set up)(?! you\b)"
        r"|instructions (?:for|to use)|user manual",
    ),
    (
        "account_access_help",
        STRONG,
        "密码|验证码|登[录陆入]不|(?:无法|不能)登[录陆]|登不[上了]|(?:账号|账户|帐号)(?:被|进不|登)",
        r"passwords?|verification code|(?:can't|cannot|can not|unable to) (?:log ?in|sign ?in)|log ?in (?:problem|code)"
        r"|(?:locked|hacked)(?: \w+){0,2} account|account(?: \w+){0,3} (?:locked|hacked|suspended)|reset my",
    ),
    (
        "ask_stock",
        STRONG,
        "有没有货|有(?:没有)?现货|有货(?:吗|没|么|不)|还有货|没货|缺货|断货|补货|库存|(?:什么时候|啥时候"
        "|几时)(?:再|能|会)?(?:有货|到货|补货|上架)"
        "|到货[^,。!?;]{0,4}(?:告诉|通知|提醒|叫|说)|(?:卖完|卖光|售罄)了?[吗么没]"
        "|(?<=[\u4e00-\u9fff])(?<!分)还有[吗么]|还(?:有|剩)(?!人|别的|其他|什么|谁|事"
        "|问题)[^,。!?;积分人]{1,12}(?:吗|么)(?=$|[ ?!。])",
        r"(?:in|out of|back in) stock|sold out|(?:do|have) you (?:still )?(?:have|got)(?: \w+){1,6}(?: left"
        r"| available)?\?"
        r"|(?:still|currently) (?:have|available)|restock\w*|availability|when(?: \w+){0,4} (?:be )?(?:back"
        r"|available)",
    ),
    (
        "ask_price_promotion",
        STRONG,
        "(?<![运邮递装]费)(?<![运邮递装]费要)(?<!安装)(?<!维修)(?<!修一次)(?<!修一下)"
        "(?<![寄发送]到..)(?<![寄发送]到...)(?<![寄发送]到....)(?<![寄发送]..)多少钱(?!(?:才)?[包免]邮|能?包邮)|什么价|价格|价钱|怎么卖|几块钱|售价|(?:有|什么|哪些"
        "|啥)[^,。!?;]{0,6}(?:优惠|折扣|活动|券|促销)|打折|打几折|满减"
        "|(?:能|可以)[^,。!?;]{0,4}便宜",
        r"how much(?! longer)(?! (?:is|are|for|does)(?: the)? (?:shipping|delivery|postage))(?: (?!points"
        r"|shipping|postage)\w+){0,5}(?: cost)?|what(?:'s| is)(?: \w+){0,4} price"
        r"|what do(?:es)?(?: (?!shipping|delivery|postage|repairs?)\w+){1,5} cost|price (?:of|for)|discounts?"
        r"|coupons?|voucher"
        r"|(?:any|current|special)(?: \w+){0,2} (?:offers|deals|promotions|sales?)|on sale",
    ),
    (
        "place_order",
        STRONG,
        "(?:我要|我想|想要?|帮我|给我|要)(?:下单|订购|订|买|来|购买)(?!错|贵|的|了)(?![^,。!?]{0,12}(?:票"
        "|酒店|外卖|餐厅|位子|房间))|^(?:下单|买)"
        "|来[一两二三四五六七八九十0-9]+[个盒包瓶袋件套只罐]"
        "|怎么(?:下单|买|购买)",
        r"(?:want|like|need|wish) to (?:buy|order|purchase)|i(?:'ll| will) (?:take|have|buy|order)"
        r"|can i (?:buy|order|purchase)(?! it back)"
        r"|place an order|how (?:do|can) i (?:buy|order)|(?:buy|order) (?:an?|one|two|three|\d+) ",
    ),
    (
        "ask_product_info",
        STRONG,
        "推荐(?!人|码|有礼)|哪[款种个][^,。!?;]{0,6}(?:好|适合|合适)|介绍一?下|送[人礼][^,。!?;]{0,8}(?:什么"
        "|哪)|什么材质|多大|容量|尺寸|成分|配料"
        "|(?:能|可以)[吃喝][吗么嘛不]"
        "|(?:有什么|有啥)(?:区别|特点)|还?有别的[吗么]|适合[^,。!?;]{0,10}(?:吗|么)|便宜[点些]的",
        r"recommend\w*|suggest\w*|which (?:one|tea|of)|looking for (?:an?|some|something)|gift (?:for|idea)"
        r"|tell me (?:more )?about (?:the|your|this|that)(?! shop| store| order| points)|which is (?:better"
        r"|best)|what(?:'s| is) the difference|is (?:it|this|the \w+) (?:good|suitable)|how (?:big|large|heavy)"
        r"|(?:is|are)(?: \w+){1,5} safe(?! place)|safe to (?:drink|eat|use)"
        r"|what is it made of|any ideas|something for|cheaper",
    ),
    (
        "ask_membership_tier",
        STRONG,
        "会员(?:都|能|卡|的|享受?)?(?:有)?(?:什么|哪些|啥|多少)?(?:等级|级别|权益|待遇|好处|福利)|(?:什么|哪些|啥)会员(?:权益|等级|福利)|(?:我|会员)?(?:过)?生日[^,。!?;]{0,6}(?:有什么|有啥|有没有|福利"
        "|礼|优惠|权益|送)|(?:我|现在)?(?:是|算)?(?:什么|哪个|几级|啥)(?:等级|级别)(?:的)?会员"
        "|我(?:是|的)?(?:什么|几级)会员|升级(?:到)?(?:金卡|银卡|会员)",
        r"(?:membership|member|loyalty)(?: \w+)? (?:tier|level|status|benefits?)"
        r"|birthday (?:benefits?|treats?|perks?|offers?|gifts?|rewards?|coupons?|discounts?)"
        r"|(?:get|anything)(?: \w+){0,4} (?:on|for) my birthday"
        r"|(?:my|what|which) (?:tier|level)(?! of)",
    ),
    (
        "ask_bot_help",
        STRONG,
        "(?:你|您|可以|能)(?:都)?(?:会|能|可以|帮我?)?(?:做|干|办|帮)(?:些)?(?:什么|啥|哪些)"
        "|(?:有)?(?:什么|哪些)功能|主菜单|怎么(?:使用|用)你",
        r"what (?:can|do) you do|how can you help|what (?:are|else are) you able to|main menu"
        r"|show (?:me )?(?:the )?menu",
    ),
    (
        "ask_bot_identity",
        STRONG,
        "你(?:是|到底是)(?:谁|机器人|人工|真人|什么人|人吗|人还是)",
        r"(?:are you|r u|is this)(?: \w+){0,2} (?:robot|bot|human|person|machine|ai)|who are you",
    ),
    (
        "repeat",
        STRONG,
        "再说一[遍次]|重复一[遍下]|没听清|没看清",
        r"say (?:that|it) again|repeat (?:that|it|please)|come again|pardon",
    ),
    (
        "cancel_dialogue",
        STRONG,
        "^(?:还是)?算了[吧啊,]?|不弄了|不想弄了|先不(?:弄|办|查)了|(?:撤销|撤回)(?:掉|一下)?(?:刚才|刚刚|这次|上次)?的?兑换",
        r"never ?mind|forget (?:it|about it)|undo (?:that|this|it|the (?:redemption|last one))",
    ),
    (
        "greet",
        WEAK,
        "^(?:你好|您好|哈喽|嗨|早上好|下午好|晚上好)|在吗",
        r"^(?:hi|hello|hey|good (?:morning|afternoon|evening))",
    ),
    ("thank", WEAK, "谢谢|感谢|多谢|谢啦|谢了", r"thanks|thank you|thx|appreciate it"),
    ("goodbye", WEAK, "再见|拜拜|下次再聊", r"good ?bye|bye(?: bye)?|see you"),
    (
        "ask_stock",
        WEAK,
        "^(?:你们|店里|请问)*(?:这里)?(?:有没有|有|卖不卖|卖)(?!人|什么|啥|事|问题|空|别的"
        "|点)[^,。!?;]{1,10}(?:吗|么|卖|[?])",
        r"^do you (?:sell|stock) |\bback yet",
    ),
    (
        "ask_product_info",
        WEAK,
        "(?:卖|有)(?:些)?(?:什么|哪些)(?:商品|产品|东西|茶)|想(?:买|要|找|送)[^,。!?;]{0,10}(?:礼物|礼品)"
        "|想(?:[给为送][^,。!?;]{1,6})?[买找选][点些]",
        r"what do you sell|any good \w+|(?:need|want|after) an? (?:gift|present)|(?:has it got|"
        r"does it (?:have|come|work|need))",
    ),
    ("complain_service", WEAK, "投诉|差评", r"complain(?:ts?|ing)?"),
    ("ask_points_balance", WEAK, "积分", r"points"),
    ("track_order", WEAK, "订单|快递|物流|包裹", r"my order|package|parcel|tracking"),
    ("ask_bot_help", WEAK, "帮助|帮帮我|菜单", r"help(?: me)?[ .!?]*$|menu"),
)
