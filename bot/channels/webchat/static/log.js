// The conversation on the page: each line once, in the order of their keys, unsent ones last.
import { timeIn } from "./words.js";

const LINK = /(https?:\/\/[^\s<>"'，。；！？）】]+)/;

export class Log {
  #lines = new Map(); // id → {line, element}

  constructor(list, press) {
    this.list = list;
    this.press = press;
    this.words = null;
    this.language = "zh";
  }

  speak(language, words) {
    this.language = language;
    this.words = words;
    this.list.setAttribute("aria-label", words.log);
    for (const shown of this.#lines.values()) this.#label(shown);
  }

  get isEmpty() {
    return this.#lines.size === 0;
  }

  /** Whether the server has shown us this line. */
  isStored(id) {
    return Boolean(this.#lines.get(id)?.line.key);
  }

  /** The key of the newest line that the server knows of, to go on from. */
  get cursor() {
    return this.#stored().reduce((newest, { line }) => (line.key > newest ? line.key : newest), "") || null;
  }

  /** The key of the oldest line, to go back from. */
  get oldest() {
    return this.#stored().reduce((oldest, { line }) => (!oldest || line.key < oldest ? line.key : oldest), null);
  }

  /** Whether no line of the server has been shown yet. */
  get isUnknown() {
    return this.#stored().length === 0;
  }

  /** Show lines that nobody waits for: a screen reader doesn't read them out. */
  quietly(show) {
    this.list.setAttribute("aria-live", "off");
    show();
    requestAnimationFrame(() => this.list.setAttribute("aria-live", "polite"));
  }

  /** The lines of ours after a key. */
  answersAfter(key) {
    return this.#stored().filter(({ line }) => line.by !== "visitor" && line.key > key).length;
  }

  /** Show a line, or put it where it belongs now that the server has it. Returns whether it is new to the reader. */
  show(line) {
    const known = this.#lines.get(line.id);
    if (known?.line.key) return false;
    const shown = { line, element: known?.element ?? this.#draw(line) };
    this.#lines.set(line.id, shown);
    shown.element.classList.toggle("unsent", !line.key);
    this.#label(shown);
    this.#place(shown);
    this.#settleButtons();
    return !known;
  }

  /** A message that will never go out: say so under it. */
  fail(id, why) {
    const shown = this.#lines.get(id);
    shown.failed = why;
    this.#label(shown);
    shown.element.classList.add("failed");
    this.#settleButtons();
  }

  #stored() {
    return [...this.#lines.values()].filter(({ line }) => line.key);
  }

  #draw(line) {
    const element = document.createElement("li");
    element.className = `line ${line.by}`;
    element.dataset.id = line.id;
    const who = document.createElement("span");
    who.className = "who";
    const text = document.createElement("p");
    text.className = "text";
    text.append(...linked(line.text));
    element.append(who, text);
    if (line.buttons?.length) {
      const choices = document.createElement("div");
      choices.className = "choices";
      choices.append(...line.buttons.map((button) => this.choice(button.title, button.payload)));
      element.append(choices);
    }
    const time = document.createElement("time");
    element.append(time);
    return element;
  }

  choice(title, payload) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => this.press(title, payload));
    return button;
  }

  #label({ line, element, failed }) {
    const { words } = this;
    const who = { visitor: words.you, bot: words.bot, agent: line.name ? `${line.name} · ${words.agent}` : words.agent };
    element.querySelector(".who").textContent = who[line.by];
    const time = element.querySelector("time");
    time.dateTime = line.at;
    time.textContent = failed ? words[failed] : line.key ? timeIn(this.language, line.at) : words.unsent;
  }

  #place({ line, element }) {
    // Nothing that stands right is moved: a screen reader would read it again.
    let before = null;
    for (const other of this.#lines.values()) {
      if (other.line.id === line.id || !sortsBefore(line, other.line)) continue;
      if (!before || sortsBefore(other.line, before.line)) before = other;
    }
    const next = before?.element ?? null;
    if (element.isConnected && element.nextSibling === next) return;
    this.list.insertBefore(element, next);
  }

  /** Choices count until something else is said. */
  #settleButtons() {
    let open = true;
    for (const element of [...this.list.children].reverse()) {
      for (const button of element.querySelectorAll(".choices button")) button.disabled = !open;
      if (element.classList.contains("visitor") && !element.classList.contains("failed")) open = false;
      if (element.querySelector(".choices")) open = false;
    }
  }
}

function sortsBefore(one, other) {
  if (one.key && other.key) return one.key < other.key;
  if (!one.key && !other.key) return one.at < other.at;
  return Boolean(one.key);
}

function linked(text) {
  return text.split(LINK).map((part) => {
    if (!LINK.test(part)) return part;
    const link = document.createElement("a");
    link.href = part;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = part;
    return link;
  });
}
