// Messages on their way to the server: kept in the browser until the server has them, one
// after the other, under ids of our own, so that sending again never says a thing twice.
import * as memory from "./memory.js";
import { Refusal } from "./server.js";

const LONGEST_WAIT_MS = 15_000;
const FIRST_WAIT_MS = 1_000;

export class Sending {
  #busy = false;
  #wait = FIRST_WAIT_MS;
  #alarm = null;

  /** `told` is called with what happens: sent(message), refused(message, error), lost(), slow(). */
  constructor(server, told) {
    this.server = server;
    this.told = told;
    this.scope = server.scope; // as the page began: what was typed before a signature proved wrong is still to be sent
  }

  /** What the browser keeps of this visitor's messages, oldest first. */
  unsent() {
    const start = `unsent.${this.scope}.`;
    return memory.names(start).map((name) => JSON.parse(memory.get(name))).sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  add(message) {
    memory.put(this.#name(message), JSON.stringify(message));
    this.now();
  }

  /** Try at once, whatever we were waiting for. */
  now() {
    clearTimeout(this.#alarm);
    this.#wait = FIRST_WAIT_MS;
    this.#run();
  }

  #name(message) {
    return `unsent.${this.scope}.${message.id}`;
  }

  async #run() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.unsent()[0]; next; next = this.unsent()[0]) {
        const kept = this.#name(next);
        try {
          const { id, text, payload, language } = next;
          await this.server.send({ id, text, payload, language });
          memory.drop(kept);
          this.#wait = FIRST_WAIT_MS;
          this.told.sent(next);
        } catch (error) {
          if (this.#isFinal(error)) {
            memory.drop(kept);
            this.told.refused(next, error);
          } else {
            this.#again(error);
            return;
          }
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  #isFinal(error) {
    if (!(error instanceof Refusal)) return false;
    if (error.status === 401) this.server.forgetPass(); // then again, with a new one
    return error.status < 500 && ![401, 408, 429].includes(error.status);
  }

  #again(error) {
    const slow = error instanceof Refusal && error.status === 429;
    const wait = Math.max(this.#wait, error.retryAfter ?? 0);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    this.#alarm = setTimeout(() => this.#run(), wait);
    if (slow) this.told.slow();
    else this.told.lost();
  }
}

/** A name that no other message will ever have. `crypto.randomUUID` is there on https alone. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
