"""How customers tell lasting things of themselves in English. Folded forms; each pattern is a whole clause."""

from __future__ import annotations

import re
from typing import Final

from nlu.facts_said.telling import Telling, telling

LEAD: Final = re.compile(
    r"\s*(?:(?:by the way|btw|also|oh|actually|well|hi|hello|hey|just so you know|fyi|for the record|"
    r"please note(?: that)?|note that"
    r"|remember(?: that)?|as i said|and|but|so|because|since)\b[\s:]*)*"
)
NOT_IN_EARNEST: Final = re.compile(
    r"\b(?:kidding|joking|yeah right|as if|just saying|lol jk|translate|how do you say)\b"
)
NOT_TOLD: Final = re.compile(
    r"\b(?:if|when|unless|suppose|supposing|imagine|in case|used to|was|were|had|would|might|maybe|"
    r"perhaps|think|guess|wish|not sure"
    r"|should|said|says|say|told|didn't|did|why|what|who|how|which|where|do you|are you|is it|can you|"
    r"could|will|does|am i|do i|don't you"
    r"|once|until|he|she|they|yours?|anymore|any more|back in stock)\b(?<!rather you)"
)

_I: Final = r"(?:i|we)"
_AM: Final = r"(?:i'm|i am|im)"
_ADV: Final = (
    r"(?:(?:really|usually|always|generally|mostly|only|just|also|still|actually|honestly|absolutely|"
    r"truly|personally|normally|never) )*"
)
_END: Final = r"(?: (?:please|thanks|thank you|too|though|now|by the way|at all|anyway|a lot|so much|very much|most))*"
_THING: Final = (
    r"(?!(?:it|this|that|these|those|you|your|them|him|her|me|my|u|not|being|waiting|talking|shopping|how|"
    r"to|the|an?|service|everything|anything|bots?)\b)"
    r"(?!.*\b(?:your?|service|delivery|courier|website|support|staff|waiting|talking|bad|excuses|this|bots?)\b)"
    r"(?P<v>[a-z][a-z'-]*(?: [a-z][a-z'-]*){0,3}?)"
)
_FOOD: Final = (
    r"(?!(?:it|this|that|these|those|your?|my|the|any|anything|much|here|excuses|well|enough|yet)\b)"
    r"(?!.*\b(?:your?|excuses)\b)(?P<v>[a-z]+(?: [a-z]+){0,2}?)"
)
_WHEN_WORD: Final = (
    r"(?:\d{1,2}(?::\d\d)?(?: ?[ap]m)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"noon|midday|lunch|work|dinner"
    r"|breakfast|school|office hours|working hours|work hours|(?:mon|tues|wednes|thurs|fri|satur|sun)"
    r"days?)(?: o'clock)?"
    r"(?: in the (?:morning|afternoon|evening))?"
)
_WHEN: Final = (
    rf"(?P<v>(?:after|before|around|past|during|from) {_WHEN_WORD}(?: (?:onwards?|on weekdays))?|"
    rf"between {_WHEN_WORD} and {_WHEN_WORD}"
    r"|in the (?:morning|afternoon|evening|mornings|afternoons|evenings)|at (?:night|lunchtime|noon|"
    r"the weekend|weekends)"
    r"|on (?:weekends|weekdays|the weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)|weekends|evenings|mornings)"
)
_CALL: Final = r"(?:call|phone|ring|reach|contact|telephone)(?: me)?"
_POLITE: Final = (
    r"(?:please |kindly |you can |you could |just |always |it's best to |it is best to |better |only |feel free to )*"
)
_WAY: Final = r"(?:e-?mail|text|sms|wechat|telegram|whatsapp|phone|message)"
_SPOT: Final = (
    r"(?:with|at|in|on|by|outside|behind) (?:the |my |our )?(?:front |back |side )?"
    r"(?:door|doorstep|porch|porter|doorman|concierge|caretaker|reception|front desk|neighbou?rs?|locker|parcel locker|"
    r"pick-?up point|mailroom|mail room"
    r"|gate|garage|shed|office|guard|security|lobby|safe place)"
)
_CARRIER: Final = r"(?:dhl|ups|fedex|hermes|royal mail|dpd|gls|sf|sf express|yto|zto|ems|usps)"
_SIZE: Final = r"(?:x{0,3}[sml]|[2-5]xl|small|medium|large|extra large|\d{1,2})"
_LETTER: Final = r"(?:x{0,3}[sml]|[2-5]xl|small|medium|large|extra large)"
_NUMBER: Final = r"\d{1,2}(?:\.5)?"
_MONEY: Final = r"(?:[$£€¥] ?)?\d[\d,.]*k?(?: ?(?:yuan|rmb|dollars|pounds|euros?|usd|gbp|cny))?"
_JOB: Final = (
    r"(?:(?:primary|high|school|music|yoga|software|graphic|civil|night|student|retired|freelance|"
    r"full-time|web|data|it) )?"
    r"(?:teacher|nurse|doctor|engineer|designer|lawyer|accountant|student|driver|chef|cook|programmer|"
    r"developer|writer|journalist"
    r"|photographer|translator|pilot|police officer|firefighter|dentist|vet|pharmacist|professor|musician|"
    r"artist|freelancer|consultant"
    r"|salesperson|manager|barista|librarian|plumber|electrician|carpenter|farmer|scientist|researcher|"
    r"midwife|paramedic|tour guide|waiter"
    r"|waitress|stay-at-home (?:mum|mom|dad)|postman|builder|hairdresser|architect)"
)
_PET: Final = r"(?:cats?|dogs?|rabbits?|hamsters?|parrots?|kittens?|pupp(?:y|ies)|guinea pigs?|budgies?|tortoises?)"
_ILL: Final = (
    r"(?:type (?:1|2|one|two) )?(?:diabetes|high blood pressure|low blood pressure|hypertension|asthma|"
    r"gout|arthritis|migraines?|insomnia"
    r"|cancer|a heart condition|heart disease|coeliac disease|celiac disease|crohn's(?: disease)?|ibs|"
    r"eczema|anaemia|anemia|depression"
    r"|anxiety|epilepsy|kidney disease|high cholesterol|acid reflux|dementia|parkinson's|gastritis|"
    r"an ulcer|lactose intolerance)"
)
_CHILD: Final = (
    r"(?:little |baby |eldest |oldest |youngest )?(?:daughter|son|baby|kid|child|toddler|girl|boy|"
    r"grandson|granddaughter|grandchild)"
)
_AGE: Final = (
    r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen)"
    r"(?: and a half)?(?: (?:years?|months?|weeks?) old| months?| yrs? old)?"
)
_KIN: Final = {"mom": "mum", "mother": "mum", "mummy": "mum", "dad": "father", "daddy": "father"}
_MONTH: Final = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"

TELLINGS: Final[tuple[Telling, ...]] = (
    # What is nobody's business else, before what sounds like it
    telling(
        "religion",
        rf"{_AM} (?:an? )?(?:practising |practicing |devout )?(?P<v>muslim|christian|buddhist|jewish|hindu|"
        r"catholic|sikh|mormon)",
    ),
    telling("religion", rf"{_I} {_ADV}(?:only )?(?:eat|keep) (?P<v>halal|kosher)(?: food)?"),
    telling(
        "pregnancy",
        rf"{_AM} (?:currently |now )?(?P<v>(?:\w+ (?:months|weeks) )?pregnant|breastfeeding|"
        r"trying for a baby|trying to conceive)(?: now)?",
    ),
    telling("pregnancy", rf"{_AM} (?P<v>expecting)(?: (?:a baby|twins|my first|our first|in {_MONTH}))"),
    telling(
        "allergy",
        rf"{_AM} (?:very |severely |badly |highly |terribly |also )?allergic to (?!(?:bad|waiting|your?|"
        rf"this|bots?|nonsense|people|work)\b)(?P<v>[a-z]+(?: (?:and |or )?[a-z]+){{0,3}})",
    ),
    telling(
        "allergy",
        r"i(?:'ve got| have) (?:an? )?(?:severe |bad |serious )?(?P<v>(?!no\b|any\b)[a-z]+) allerg(?:y|"
        r"ies)",
    ),
    telling(
        "health",
        rf"{_AM} (?:an? )?(?P<v>(?:type (?:1|2|one|two) )?diabetic|lactose intolerant|gluten intolerant|"
        r"coeliac|celiac|asthmatic|anaemic|anemic|epileptic)",
    ),
    telling("health", rf"i(?:'ve got| have| suffer from|'ve| live with) (?P<v>{_ILL})"),
    telling(
        "family_illness",
        r"my (?P<who>mum|mom|mother|dad|father|husband|wife|grandma|grandmother|grandpa|grandfather|"
        rf"brother|sister|partner) (?:has|has got|suffers from) (?P<v>{_ILL})",
        "{who}: {v}",
        words=_KIN,
    ),
    telling(
        "child",
        rf"(?:my|our) (?P<who>{_CHILD}) (?:is|just turned|turned|will be) (?:now |already |almost |nearly |"
        rf"only |just )?(?P<v>{_AGE})(?: now| already)?",
        "{who} is {v}",
    ),
    telling(
        "child",
        rf"{_I}(?:'ve got| have) (?:an? |one |two |three |four )?(?:little |small |young |baby |"
        r"teenage )?(?P<v>daughters?|sons?|kids?|children|baby|twins|grandchildren|toddler)",
    ),
    # How to be called
    telling(
        "called",
        r"(?:please |you can |you may |just )*call me (?!(?:back|a|an|the|crazy|stupid|old|later|now|soon|"
        r"today|tomorrow|after|before|on|at|in|by|if|any|as|maybe|asap|again|please|names?|instead|"
        r"tonight)\b)(?P<v>[a-z]{2,12})(?: please| instead)?",
        capital=True,
    ),
    telling("called", r"(?:everyone|everybody|people|my friends|friends) calls? me (?P<v>[a-z]{2,12})", capital=True),
    telling("called", r"i go by (?P<v>[a-z]{2,12})", capital=True),
    # When, how and where
    telling("contact_time", rf"{_POLITE}{_CALL} {_WHEN}{_END}"),
    telling("contact_time", rf"(?:the )?best time to {_CALL} is {_WHEN}"),
    telling(
        "contact_time",
        r"(?:please )?(?:don't|do not|never) (?:ever )?(?:call|phone|ring|contact|disturb)"
        rf"(?: me)? {_WHEN}{_END}",
        "not {v}",
    ),
    telling(
        "contact_time",
        rf"{_AM} (?:only |usually |mostly )?(?:free|available|reachable) {_WHEN}(?: (?:for calls|by phone|"
        r"on the phone|to talk))?",
    ),
    telling(
        "contact_channel",
        r"(?:please )?(?:don't|do not|never) (?:call|phone|ring)(?: me)?(?: please)?",
        "no calls",
    ),
    telling("contact_channel", r"(?:please )?no (?:phone )?calls(?: please)?", "no calls"),
    telling(
        "contact_channel",
        rf"{_POLITE}(?:contact|reach|message|write to|get in touch with|get) me (?:by|on|via|through)"
        rf" (?P<v>{_WAY})(?: only)?(?: please)?",
    ),
    telling(
        "contact_channel",
        r"(?:please |just )?(?P<v>e-?mail|text|message) me (?:instead of|rather than) (?:calling|phoning|"
        r"ringing)(?: me)?",
    ),
    telling(
        "contact_channel",
        r"i(?:'d| would)? (?:prefer|rather have) (?:(?:to be contacted |contact )?by )?(?P<v>e-?mail|"
        r"texts?|sms|whatsapp|wechat|messages)(?: to calls)?",
    ),
    telling("contact_channel", r"i'd rather you (?:called|call|phoned) me", "phone"),
    telling(
        "delivery",
        r"(?:please |just |you can |always |you may )*(?:leave|put|drop) (?:it|them|my parcels?|parcels?|"
        rf"packages?|my packages?|the parcel|deliveries|everything) (?P<v>{_SPOT}){_END}",
    ),
    telling(
        "carrier",
        r"(?:please |always )+(?:ship|send|deliver)(?: it| them| my (?:orders|parcels))? (?:with|by|via|"
        rf"using) (?P<v>{_CARRIER}){_END}",
    ),
    telling("carrier", rf"(?:ship|send|deliver) (?:it|them|my orders) (?:with|by|via) (?P<v>{_CARRIER}) please"),
    telling("carrier", rf"i (?:prefer|only accept|only take|only use|always use) (?P<v>{_CARRIER})"),
    telling(
        "carrier",
        r"(?:please )?(?:don't|do not|never) (?:use|ship with|send (?:it )?(?:with|by)|ship by)"
        rf" (?P<v>{_CARRIER}){_END}",
        "not {v}",
    ),
    # Sizes, money, who and where
    telling("shoe_size", rf"my (?:shoe|foot|shoes) size is (?P<v>{_NUMBER})"),
    telling("shoe_size", rf"{_I} {_ADV}(?:wear|take) (?:an? )?(?:size )?(?P<v>{_NUMBER})(?: in)? shoes"),
    telling(
        "clothes_size",
        rf"{_I} {_ADV}(?:wear|take) (?:an? )?(?:size )?(?P<v>{_LETTER})(?: in (?:shirts|dresses|tops|"
        r"trousers|everything|t-shirts))?",
    ),
    telling(
        "clothes_size",
        rf"{_AM} (?:usually |normally |mostly )?(?:an? )?size (?P<v>{_SIZE})(?: in (?:shirts|dresses|tops|"
        r"trousers|everything|t-shirts))?",
    ),
    telling("clothes_size", rf"my (?:clothes |clothing |dress |shirt )?size is (?P<v>{_SIZE})"),
    telling(
        "budget",
        r"my budget is (?:about |around )?(?P<v>(?:under |around |about |up to |at most |"
        rf"between )?{_MONEY}(?: (?:to|and) {_MONEY})?)(?: max| at most)?",
    ),
    telling("budget", rf"i (?:can|want to) spend (?P<v>(?:up to|around|about|at most|no more than) {_MONEY})"),
    telling("budget", rf"{_I}(?:'ve got| have) a budget of (?P<v>(?:around |about |up to )?{_MONEY})"),
    telling("occupation", rf"{_AM} (?:an? )?(?P<v>{_JOB})(?: by (?:trade|profession)| myself)?"),
    telling("occupation", rf"i work as (?:an? )?(?P<v>{_JOB})"),
    telling("occupation", rf"{_AM} (?P<v>retired|self-employed)(?: now)?"),
    telling(
        "pet",
        rf"(?:{_I}(?:'ve got| have| own| keep)|we've) (?:an? |one |two |three |four |some )?(?:old |young |"
        rf"little |big |small )?(?P<v>{_PET})(?: at home| called \w+)?",
    ),
    telling(
        "lives_in",
        r"(?:i|we) (?:currently |now |still )?live in (?P<v>[a-z]+(?: [a-z]+)?)(?<! now)(?: now|"
        r" these days)?",
        capital=True,
    ),
    telling(
        "lives_in",
        r"(?:i'm|i am|we're|we are) (?:now |currently )?(?:based|living) in (?P<v>[a-z]+(?: [a-z]+)?)"
        r"(?<! now)(?: now)?",
        capital=True,
    ),
    telling(
        "lives_in",
        r"(?:i|we)(?:'ve)? (?:just |recently )?moved to (?P<v>[a-z]+(?: [a-z]+)??)(?: (?:last|this)"
        r" (?:week|month|year)| recently)?",
        capital=True,
    ),
    telling(
        "anniversary",
        rf"(?:my|our) (?:wedding )?anniversary is (?:on )?(?:the )?(?P<v>{_MONTH} \d{{1,2}}(?:st|nd|rd|"
        rf"th)?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH})",
    ),
    # Tastes
    telling(
        "taste",
        rf"{_AM} (?:an? )?(?:strict |mostly |lifelong )?(?P<v>vegetarian|vegan|pescatarian|teetotal|"
        r"teetotaller)(?: now)?",
    ),
    telling(
        "taste",
        rf"{_I} {_ADV}(?:don't|do not|can't|cannot|never|won't) (?:really |ever )?(?:eat|drink|take)"
        rf" {_FOOD}(?: (?:in|with) my (?:tea|coffee|food))?(?: (?:after|before) \w+)?{_END}",
        "no {v}",
    ),
    telling(
        "taste",
        rf"{_I} {_ADV}(?:like|drink|take|have|want) (?:my|our) (?P<v>(?:tea|coffee|food) (?:very |"
        r"quite )?(?:without \w+|with \w+|black|strong|weak|mild|sweet|hot|iced|spicy))",
    ),
    telling("taste", r"i(?:'ve got| have) a (?P<v>sweet tooth)"),
    # Likes and dislikes, the widest, come last
    telling("dislikes", rf"{_I} {_ADV}(?:don't|do not) (?:really |much )?(?:like|enjoy|love|care for) {_THING}{_END}"),
    telling("dislikes", rf"{_I} {_ADV}(?:hate|dislike|can't stand|detest|loathe) {_THING}{_END}"),
    telling("dislikes", rf"{_AM} not (?:really )?(?:a (?:big )?fan of|into|keen on|fond of) {_THING}{_END}"),
    telling("likes", rf"{_I} {_ADV}(?:like|love|adore|enjoy|prefer) {_THING}{_END}"),
    telling(
        "likes",
        rf"{_AM} (?:really |very |quite |totally )?(?:a (?:big |huge )?fan of|into|keen on|fond of)"
        rf" {_THING}{_END}",
    ),
    telling("likes", rf"i always (?:drink|buy|wear|use|order) {_THING}{_END}"),
    telling("likes", rf"my favou?rite (?:\w+ )?(?:is|are) {_THING}{_END}"),
)
