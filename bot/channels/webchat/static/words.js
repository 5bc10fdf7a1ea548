// What the page itself says. What the bot says stands in flows/replies.
const WORDS = {
  zh: {
    other: "English",
    otherLabel: "Switch to English",
    welcome: "您好，查订单、查积分，或者想找人，直接写就行。",
    placeholder: "写点什么…",
    text: "您的消息",
    log: "聊天记录",
    send: "发送",
    close: "关闭聊天",
    open: "打开聊天",
    typing: "正在回复",
    you: "您",
    bot: "小助手",
    agent: "店里同事",
    earlier: "更早的消息",
    lost: "连接断了。您写的都留着，连上就发。",
    slow: "发得有点快，稍等一下，会自动接着发。",
    refused: "这条没发出去。改一下再发？",
    gone: "这个按钮已经过期了，直接写给我们就行。",
    tooLong: "一条最多 2000 字，请分两条发。",
    unsent: "待发送",
    starters: [["查订单", "/track_order"], ["查积分", "/ask_points_balance"], ["找人工", "/request_human_agent"]],
  },
  en: {
    other: "中文",
    otherLabel: "换成中文",
    welcome: "Hi! Ask about an order or your points, or ask for a person. Just type.",
    placeholder: "Type a message…",
    text: "Your message",
    log: "Conversation",
    send: "Send",
    close: "Close the chat",
    open: "Open the chat",
    typing: "Writing back",
    you: "You",
    bot: "Assistant",
    agent: "Our team",
    earlier: "Earlier messages",
    lost: "Connection lost. What you write is kept, and goes out once you're back.",
    slow: "That was quick. Give us a moment and the rest goes out by itself.",
    refused: "This one didn't go out. Change it and try again?",
    gone: "That button no longer works. Just type it instead.",
    tooLong: "2,000 characters at most. Please split it in two.",
    unsent: "Waiting to be sent",
    starters: [["My order", "/track_order"], ["My points", "/ask_points_balance"], ["A person", "/request_human_agent"]],
  },
};

/** The language to begin with: as last chosen, as the page asks for, or as the browser speaks. */
export function firstLanguage(chosen, asked) {
  for (const language of [chosen, asked, ...navigator.languages]) {
    const short = (language ?? "").slice(0, 2).toLowerCase();
    if (short in WORDS) return short;
  }
  return "zh";
}

export const wordsIn = (language) => WORDS[language];

/** When something was said: the time, and the day where that isn't today. */
export function timeIn(language, iso) {
  const at = new Date(iso);
  const day = at.toDateString() === new Date().toDateString() ? {} : { month: "short", day: "numeric" };
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  return new Intl.DateTimeFormat(locale, { ...day, hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
}
