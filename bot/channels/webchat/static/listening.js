// What is new at the server: over a line that stays open, or by asking where none can.
import { Refusal, SilentLine } from "./server.js";

const ASK_EVERY_MS = 4_000;
const ASK_HIDDEN_MS = 20_000; // few connections are allowed to a server; tabs that nobody sees take none
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
const LINES_BEFORE_ASKING = 2;
const LINE_AGAIN_MS = 60_000;

export class Listening {
  #running = false;
  #stop = new AbortController();
  #hurry = () => {};

  /** `told`: news({messages, waiting}), lost(), found(). `cursor` says from where on. */
  constructor(server, cursor, told) {
    this.server = server;
    this.cursor = cursor;
    this.told = told;
    document.addEventListener("visibilitychange", () => this.again());
    window.addEventListener("online", () => this.again());
    window.addEventListener("offline", () => { if (this.#running) { this.#stop.abort(); this.told.lost(); } });
  }

  /** Begin, unless it has begun. A visitor without a pass has said nothing, so nothing can be new. */
  start() {
    if (this.#running || !this.server.pass) return;
    this.#running = true;
    this.#run();
  }

  /** Start over at once: the line may be dead, or no longer wanted. */
  again() {
    if (!this.#running) return this.start();
    this.#stop.abort();
    this.#hurry();
  }

  async #run() {
    let wait = FIRST_WAIT_MS;
    let deadLines = 0;
    let lineAgainAt = 0;
    for (;;) {
      this.#stop = new AbortController();
      const askOnly = document.hidden || (deadLines >= LINES_BEFORE_ASKING && Date.now() < lineAgainAt);
      try {
        if (askOnly) {
          this.told.news(await this.server.ask(this.cursor()));
          this.told.found();
          wait = document.hidden ? ASK_HIDDEN_MS : ASK_EVERY_MS;
        } else {
          for await (const news of this.server.listen(this.cursor(), this.#stop.signal)) {
            deadLines = 0;
            wait = FIRST_WAIT_MS;
            this.told.found();
            this.told.news(news);
          }
        }
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) {
          this.server.forgetPass();
          this.#running = false;
          return this.told.unknown();
        }
        if (!this.#stop.signal.aborted) this.told.lost();
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
        if (error instanceof SilentLine || error instanceof Refusal) {
          deadLines += 1;
          lineAgainAt = Date.now() + LINE_AGAIN_MS;
        }
      }
      await new Promise((done) => {
        this.#hurry = done;
        setTimeout(done, this.#stop.signal.aborted ? 50 : wait);
      });
    }
  }
}
