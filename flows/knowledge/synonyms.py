"""Words that mean the same in questions to a shop, in both languages: a line is one meaning.

Parts between ``|``; Chinese ones are found anywhere, English ones as whole words and
in any of their forms. The longest is found first, so that 包邮 is not read as 邮.
"""

from __future__ import annotations

from typing import Final

SAME: Final = (
    # Shipping
    "运费|邮费|快递费|配送费|邮资|运废|shipping cost|shipping fee|shiping fee|shipping charge|delivery fee"
    "|delivery cost|delivery charge|postage|cost of shipping|cost of delivery",
    "包邮|免邮|免运费|免邮费|免快递费|free shipping|free delivery|ship free|free postage|ship for free"
    "|deliver for free",
    "国外|海外|境外|出国|外国|国际|跨境|abroad|overseas|international|internationally|worldwide|foreign",
    "英国|美国|澳洲|澳大利亚|加拿大|新加坡|马来西亚|日本|德国|法国|欧洲|新西兰|韩国|泰国|uk|usa|the us|the states"
    "|england|britain|america"
    "|australia|canada|singapore|malaysia|japan|germany|france|europe|ireland|new zealand|norway|spain|texas|hawaii"
    "|korea|thailand|scotland|wales|italy|netherlands|sweden|switzerland",
    "西藏|新疆|青海|内蒙|内蒙古|偏远|边远|农村|乡镇|乡下|村里|山区|tibet|xinjiang|qinghai|inner mongolia|remote"
    "|countryside|village|rural",
    "港澳台|香港|澳门|台湾|hong kong|hongkong|macau|macao|taiwan",
    "江浙沪|江浙沪皖|浙江|上海|江苏|杭州|苏州|南京|jiangsu|zhejiang|shanghai|hangzhou",
    "快递|物流|发什么|courier|carrier|sf express|顺丰|圆通|中通|韵达|申通|京东|邮政|ems|yto|zto|couriers",
    "发货|发出|寄出|发走|出库|出货|发或|dispatch|dispatched|send out|sent out|leave the warehouse|ship out",
    "几天|多久|多长时间|多少天|几日|什么时候能到|几时到|时效|how long|how many days|how soon|delivery time|arrive"
    "|take to get",
    "关税|税费|清关|报关|customs|duty|duties|import tax|import duty",
    "寄到|寄去|寄往|送到|发到|配送到|ship to|deliver to|send to|post to|shipping to|delivery to",
    "自提|自取|到店取|上门取|来店里拿|店里拿|pick it up|pick up|pickup|collect it|click and collect|collect in store",
    "周末|周六|周日|星期天|礼拜天|周天|星期日|weekend|weekends|saturday|sunday|saturdays|sundays",
    "当天|今天发|当日|same day|same-day",
    "楼|电梯|上楼|upstairs|floor|lift",
    # The shop
    "营业时间|在线时间|上班时间|几点|开门|关门|打烊|上班|下班|营业|开到|收工|opening hours|business hours|open"
    "|close|closing|hours|what time|opening times|closing time",
    "地址|在哪|位置|什么地方|怎么走|怎么去|哪条街|地点|边度|地止|哪里|在那|address|adress|where|location|located|directions"
    "|find you|street|how do i get|postcode",
    "电话|热线|号码|电化|打给|phone|telephone|hotline|number to call|call you|ring|phone number",
    "停车|车位|parking|park|parkng",
    "地铁|公交|坐车|metro|subway|underground|bus|train",
    "门店|店铺|实体店|店里|线下店|专柜|展厅|分店|总店|store|shop|showroom|branch|outlet",
    "过年|春节|国庆|节假日|假期|元旦|五一|中秋|放假|holiday|holidays|bank holiday|bank holidays|spring festival"
    "|christmas|new year|national day",
    # Paying
    "付款|支付|付钱|怎么付|买单|结账|pay|payment|paying|payments|畀錢|畀钱",
    "支付宝|花呗|花贝|alipay",
    "微信支付|微信付|微信|wechat pay|wechat",
    "信用卡|刷卡|visa|mastercard|amex|credit card|card|银行卡|cards",
    "货到付款|到付|cash on delivery|cod",
    "分期|免息|instalments|installments|klarna|pay later",
    "对公|转账|汇款|bank transfer|wire|iban|公户",
    "付不了|失败|付不鸟|付不出|付款不了|打不开|转圈|报错|declined|decliend|failed|fails|error|won't go through"
    "|never goes through|keeps loading|spins",
    "发票|发漂|发飘|开票|专票|普票|收据|票据|invoice|invoices|invioce|invoise|receipt|receipts|reciept|fapiao|vat"
    "|tax invoice",
    "抬头|台头|title|company name|company's name",
    "税号|tax number|tax id|vat number",
    "重开|开错|填错|天错|改发票|reissue|wrong name|correct it",
    # After the sale
    "保修|质保|保固|包修|保养期|保休|在保|过保|warranty|guarantee|garantee|warrenty|waranty|warranties|guaranteed",
    "维修|修理|修一下|报修|送修|能修|报休|能休|怎么修|怎么休|修不|repair|repaired|repairs|fix|mend|repiar|fixed"
    "|service it",
    "寄回|返修|寄去修|send it for repair|send it back|send it in|send in",
    "配件|零件|spare parts|spare part|parts|accessories",
    "人为|摔|磕|自己弄坏|人为损坏|dropped|accident|accidental|broke it myself",
    "安装|按装|组装|装机|上门装|来装|装好|师傅|师付|install|instal|installation|instalation|installer|fitting|fitter"
    "|assemble|assembly|assembled|put together|set up",
    "预约|约个|约一下|改时间|改约|book|appointment|schedule|reschedule|appointmnt",
    # Using
    "怎么泡|怎么冲|如何泡|冲泡|泡法|泡茶|泡|brew|steep|brewing|make the tea|steeping",
    "水温|几度|多少度|温度|度的水|temperature|degrees|how hot",
    "清洗|怎么洗|洗|清洁|刷洗|水洗|机洗|clean|wash|cleaning|washing|washed|wash it",
    "洗碗机|dishwasher",
    "微波炉|microwave",
    "水垢|除垢|水锈|limescale|descale|descaling|scale",
    "保存|储存|存放|放冰箱|冷藏|密封|store tea|store the tea|store it|keep|storage|fridge|refrigerate",
    "第一次用|首次|新壶|开壶|开锅|第一次|first time|first use|new pot|season|before use|before first use",
    "生锈|锈|rust|rusty|rusting",
    "养壶|保养|养护|care for|look after|maintain|maintenance",
    "电磁炉|电陶炉|明火|煤气|燃气|induction|stove|hob|gas|flame",
    "点|点燃|燃|烧|蜡烛|烛芯|candle|burn|light|wick",
    "香薰|扩香|藤条|diffuser|reeds|reed|scent",
    "加热|烧水|boil|heat|heating",
    "电压|插头|变压器|220|110|voltage|plug|transformer|socket",
    # The account
    "密码|密马|蜜码|password|pasword|passcode|passwords",
    "验证码|验正码|动态码|短信码|校验码|verification code|sms code|code|login code|6 digit code|two-step code",
    "登录|登陆|登入|登不上|登不了|进不去|登唔|login|log in|log on|sign in|signing in|signed in|get in|get into"
    "|log me in",
    "锁|冻结|封|被锁|locked|suspended|blocked|unlock|frozen",
    "盗|被盗|异地登录|不是我操作|别人登|hacked|stolen|someone got into|got into my account|not me",
    "换手机|换号|换了手机|新手机|旧号|老号|原来的手机|原来的号|停机|停用|new phone|changed phones|old number|new number"
    "|changed my number|changed my phone|old phone",
    "账号|帐号|账户|帐户|用户名|account|acount|accont|username|profile",
    "收不到|没收到|没来|不来|never arrives|not coming|doesn't arrive|not arrive|never came|never arrived",
    "重置|找回|忘记|忘了|改密码|reset|forgot|forget|recover|change my password|forgotten",
    "验证身份|核实身份|怎么验证|证明是我|verify|prove it's me|who i am|verification",
    "退订|不想收|别发|关闭通知|消息设置|stop messages|unsubscribe|turn off|opt out",
    # What is asked of anything
    "多少钱|价钱|费用|收费|收钱|怎么收|几块|要钱|多少前|多钱|花钱|另收"
    "|how much|cost|price|fee|charge|charges|cost extra|free of charge",
    "有效期|过期|保质期|expire|expiry|shelf life|best before",
    "人工|客服|真人|同事|agent|human|staff|customer service|colleague",
)
"""Each line is one meaning; what it is called in the index is its number."""

ONLY_THE_TOPIC: Final = (
    "怎么用|如何用|怎么使用|如何使用|用法|使用方法|使用说明|说明书|操作|how to use|how do i use|how do you use"
    "|instructions|manual|use it|use this"
)
"""What says no more than what is wanted anyway: "how do I use this" is about nothing yet."""
