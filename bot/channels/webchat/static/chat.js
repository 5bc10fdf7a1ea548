// The chat page, by itself or in a frame of the shop's page.
import { Listening } from "./listening.js";
import { Log } from "./log.js";
import * as memory from "./memory.js";
import { Sending, newId } from "./sending.js";
import { Server } from "./server.js";
import { firstLanguage, wordsIn } from "./words.js";

const LONGEST_TEXT = 2000;
const LENT_WITHIN_MS = 2_000;
const LOST_SHOWN_AFTER_MS = 1_500; // a line that comes back at once is nobody's business

const part = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.hash.slice(1)); // behind the #: no server's log sees it
const site = asked.get("site");
const sites = [location.origin, ...document.documentElement.dataset.sites.split(" ")];
const framed = window.parent !== window && sites.includes(site);
const claim = asked.get("user")
  ? { user: asked.get("user"), name: asked.get("name"), expires: asked.get("expires"), signature: asked.get("signature") }
  : null;

if (framed) memory.shareWith((name, value) => tellSite({ is: "keep", name, value }), await lent());

let language = firstLanguage(memory.get("language"), asked.get("language"));
let words = wordsIn(language);
let open = !framed;
let lostAlarm = null;

const server = new Server(claim);
const log = new Log(part("log"), say);
const sending = new Sending(server, {
  sent: (message) => {
    found();
    if (!log.isStored(message.id)) typing(true); // else what is known of it came faster
    listening.start();
  },
  refused: (message, error) => {
    console.error(`Shuke web chat: ${error.message}`);
    log.fail(message.id, message.payload ? "gone" : "refused");
  },
  lost: () => lost(),
  slow: () => notice(words.slow),
});
const listening = new Listening(server, () => log.cursor, {
  news: take,
  lost,
  found,
  unknown: () => setTimeout(enter, 5_000),
});

function tellSite(message) {
  if (framed) window.parent.postMessage({ shuke: message.is, ...message }, site);
}

function isFromSite(event) {
  return event.source === window.parent && event.origin === site;
}

/** Ask the page around us for what it keeps for us; one that doesn't answer keeps nothing. */
function lent() {
  return new Promise((resolve) => {
    window.addEventListener("message", function heard(event) {
      if (!isFromSite(event) || event.data?.shuke !== "kept") return;
      window.removeEventListener("message", heard);
      resolve(event.data.kept ?? {});
    });
    setTimeout(() => resolve({}), LENT_WITHIN_MS);
    tellSite({ is: "begun" });
  });
}

function notice(text) {
  if (part("notice").textContent !== text) part("notice").textContent = text;
}

function lost() {
  lostAlarm ??= setTimeout(() => notice(words.lost), LOST_SHOWN_AFTER_MS);
}

function found() {
  if (lostAlarm !== null) sending.now(); // what waits need not wait for its own time
  clearTimeout(lostAlarm);
  lostAlarm = null;
  notice("");
}

function typing(on) {
  part("typing").hidden = !on;
  if (on) toTheEnd();
}

function toTheEnd() {
  part("scroll").scrollTop = part("scroll").scrollHeight;
}

function atTheEnd() {
  const { scrollTop, scrollHeight, clientHeight } = part("scroll");
  return scrollHeight - scrollTop - clientHeight < 80;
}

/** Show what the server knows. */
function take({ messages, waiting, earlier }) {
  const follow = atTheEnd();
  // Only an answer that begins at the latest lines says it; later ones know less than we have loaded since.
  if (earlier !== undefined && log.isUnknown) part("earlier").hidden = !earlier;
  for (const line of messages) log.show(line);
  typing(waiting);
  welcome();
  if (follow) toTheEnd();
  readUpTo();
}

/** Show what was said before the oldest line, without moving what is being read. */
async function showEarlier() {
  const [button, scroll] = [part("earlier"), part("scroll")];
  if (button.disabled) return;
  button.disabled = true;
  try {
    const { messages, earlier } = await server.before(log.oldest);
    const below = scroll.scrollHeight - scroll.scrollTop;
    log.quietly(() => messages.forEach((line) => log.show(line)));
    button.hidden = !earlier;
    scroll.scrollTop = scroll.scrollHeight - below;
    if (!earlier) scroll.focus({ preventScroll: true });
  } catch {
    notice(words.lost); // the next thing heard takes it away; the button is there to press again
  } finally {
    button.disabled = false;
  }
}

/** What stands on the open page has been read; what came otherwise is counted. */
function readUpTo() {
  const name = `read.${server.scope}`;
  if (open && !document.hidden && log.cursor) memory.put(name, log.cursor);
  const unread = open && !document.hidden ? 0 : log.answersAfter(memory.get(name) ?? "");
  tellSite({ is: "unread", count: unread });
  if (!framed) document.title = (unread ? `(${unread}) ` : "") + part("title").textContent;
}

/** Say something: shown at once, and kept until the server has it. */
function say(text, payload = null) {
  const message = { id: newId(), at: new Date().toISOString(), text: payload ? undefined : text, payload: payload ?? undefined, title: text, language };
  log.show(draft(message));
  welcome();
  toTheEnd();
  sending.add(message);
  part("text").focus();
}

const draft = ({ id, at, title }) => ({ id, at, key: null, by: "visitor", text: title, buttons: [] });

function welcome() {
  part("welcome").hidden = !log.isEmpty;
}

function speak(chosen) {
  language = chosen;
  words = wordsIn(chosen);
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  part("title").textContent = part("title").dataset[chosen];
  part("language").textContent = words.other;
  part("language").setAttribute("aria-label", words.otherLabel);
  part("language").lang = chosen === "zh" ? "en" : "zh-CN";
  part("close").setAttribute("aria-label", words.close);
  part("text").placeholder = words.placeholder;
  part("text").setAttribute("aria-label", words.text);
  part("send").textContent = words.send;
  part("earlier").textContent = words.earlier;
  part("typing").querySelector(".words").textContent = words.typing;
  part("welcome").querySelector("p").textContent = words.welcome;
  part("welcome").querySelector(".choices").replaceChildren(...words.starters.map(([title, payload]) => log.choice(title, payload)));
  log.speak(chosen, words);
  notice("");
  readUpTo();
}

function fit() {
  const text = part("text");
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, 140)}px`;
}

function submit(event) {
  event.preventDefault();
  const text = part("text").value.trim();
  if (!text) return;
  if ([...text].length > LONGEST_TEXT) {
    notice(words.tooLong);
    return;
  }
  part("text").value = "";
  fit();
  notice("");
  say(text);
}

/** Listen where the first message was sent in another tab. */
function passIsThere(names) {
  if (names.includes("pass")) listening.start();
}

async function enter() {
  if (server.claim && !server.pass) {
    try {
      await server.enter();
    } catch {
      lost();
      setTimeout(enter, 5_000);
      return;
    }
  }
  for (const message of sending.unsent()) log.show(draft(message));
  welcome();
  sending.now();
  listening.start();
}

part("form").addEventListener("submit", submit);
part("text").addEventListener("input", fit);
part("text").addEventListener("keydown", (event) => {
  // While a Chinese word is being composed, Enter chooses it.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) submit(event);
});
part("language").addEventListener("click", () => {
  speak(language === "zh" ? "en" : "zh");
  memory.put("language", language);
});
part("earlier").addEventListener("click", showEarlier);
part("close").addEventListener("click", () => tellSite({ is: "close" }));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) tellSite({ is: "close" });
});
document.addEventListener("visibilitychange", readUpTo);
window.addEventListener("online", () => sending.now());
window.addEventListener("message", (event) => {
  if (!isFromSite(event)) return;
  if (event.data?.shuke === "kept") return passIsThere(memory.takeBack(event.data.kept ?? {}));
  open = event.data?.shuke === "open";
  readUpTo();
  if (open) {
    toTheEnd();
    part("text").focus();
  }
});
memory.watch((name) => passIsThere([name]));

part("close").hidden = !framed;
document.body.classList.toggle("framed", framed);
speak(language);
enter();
if (framed) tellSite({ is: "ready" });
else part("text").focus();
