// The server: a pass for this visitor, messages out, and what is new.
import * as memory from "./memory.js";

const SILENT_MS = 40_000; // an open line says something every 15 s
const OPENS_WITHIN_MS = 8_000; // some proxies hold a line back until it ends: then we ask instead

/** The server took the request for wrong: trying again would not help. */
export class Refusal extends Error {
  constructor(status, text, retryAfter) {
    super(text);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** A line was opened, and nothing came over it: something on the way holds it back. */
export class SilentLine extends Error {}

export class Server {
  #entering = null; // one at a time: who writes at once must not be taken for two

  /** `claim` is what the shop's page signed, or null for an anonymous visitor. */
  constructor(claim) {
    this.claim = claim;
    this.vouchedPass = null;
  }

  /** Names what belongs to this visitor in the browser's memory. */
  get scope() {
    return this.claim ? `user.${this.claim.user}` : "anon";
  }

  get pass() {
    return this.claim ? this.vouchedPass : memory.get("pass");
  }

  forgetPass() {
    this.vouchedPass = null;
    if (!this.claim) memory.drop("pass");
  }

  /** Get a pass, unless there is one. Two tabs must not become two visitors. */
  async enter() {
    if (this.pass) return;
    this.#entering ??= this.#enter().finally(() => { this.#entering = null; });
    await this.#entering;
  }

  async #enter() {
    const get = async () => {
      if (this.pass) return;
      let given;
      try {
        given = await this.#call("POST", "/chat/visitor", this.claim ?? {});
      } catch (error) {
        if (!(this.claim && error instanceof Refusal && error.status === 403)) throw error;
        console.error(`Shuke web chat: ${error.message}. The visitor stays anonymous.`);
        this.claim = null;
        return this.#enter();
      }
      if (this.claim) this.vouchedPass = given.pass;
      else memory.put("pass", given.pass);
    };
    // The lock is there in secure contexts alone, and where the browser keeps something that two tabs
    // could share; without it, it would take two first messages in one moment to become two visitors.
    if (navigator.locks && memory.isShared && !this.claim) await navigator.locks.request("shuke.pass", get);
    else await get();
  }

  async send(message) {
    await this.enter();
    return this.#call("POST", "/chat/messages", message);
  }

  async ask(cursor) {
    return this.#call("GET", `/chat/messages${after(cursor)}`);
  }

  async before(key) {
    return this.#call("GET", `/chat/messages?before=${encodeURIComponent(key)}`);
  }

  /** Yield what is new for as long as the line is open; raises where it breaks, or was never open. */
  async *listen(cursor, signal) {
    const ending = new AbortController();
    const end = () => ending.abort();
    signal.addEventListener("abort", end);
    let silent = false;
    let watchdog = setTimeout(() => { silent = true; end(); }, OPENS_WITHIN_MS);
    try {
      const answer = await fetch(`/chat/stream${after(cursor)}`, { headers: this.#headers(), signal: ending.signal });
      if (!answer.ok) throw await refusal(answer);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(end, SILENT_MS);
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        for (const event of events) {
          const data = event.split("\n").find((line) => line.startsWith("data: "));
          if (data) yield JSON.parse(data.slice(6));
        }
      }
    } catch (error) {
      throw silent ? new SilentLine() : error;
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", end);
      ending.abort();
    }
  }

  #headers() {
    return this.pass ? { Authorization: `Bearer ${this.pass}` } : {};
  }

  async #call(method, path, body) {
    const headers = this.#headers();
    if (body) headers["Content-Type"] = "application/json";
    const signal = AbortSignal.timeout(20_000);
    const answer = await fetch(path, { method, headers, signal, body: body && JSON.stringify(body) });
    if (!answer.ok) throw await refusal(answer);
    return answer.json();
  }
}

const after = (cursor) => (cursor ? `?after=${encodeURIComponent(cursor)}` : "");

async function refusal(answer) {
  const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
  const seconds = Number(answer.headers.get("Retry-After") ?? "0");
  return new Refusal(answer.status, told.error ?? `HTTP ${answer.status}`, seconds * 1000);
}
