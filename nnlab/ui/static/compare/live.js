// @ts-check
/** The comparison of this server: begun, stopped and gone on with by a click only, and asked for when the stream of events says that there is more. */

import { get, post } from "../api.js";
import { watchComparison } from "../live.js";

/**
 * @typedef {object} Look What was known after a number of seeds, seen from the first contender.
 * @property {number} seeds
 * @property {number} gain
 * @property {number | null} low null if the interval is unbounded.
 * @property {number | null} high
 * @property {boolean} is_decided
 */
/**
 * @typedef {object} State
 * @property {"running" | "stopped" | "finished" | "failed" | null} status null before the first one.
 * @property {string[]} names
 * @property {string[]} yaml
 * @property {number} seeds
 * @property {number | null} until
 * @property {Look[]} looks
 * @property {any} found
 * @property {number} reused
 * @property {string | null} note
 * @property {string | null} error
 * @property {boolean} is_stored
 * @property {string | null} command
 * @property {{run: string | null, epoch: number, epochs: number} | null} now
 */

// Between two questions; what happens meanwhile is in the second answer.
const PAUSE_MS = 100;

export class Live {
  /** @type {State | null} */
  state = null;
  error = "";
  /** Whether an order is on its way. */
  isOrdering = false;
  #isAsking = false;
  #isStale = false;
  /** Goes up with each order, whose answer is newer than those that were asked for before it. */
  #orders = 0;
  #end;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.#end = watchComparison(() => void this.#follow());
  }

  get isRunning() {
    return this.state?.status === "running";
  }

  get isStopped() {
    return this.state?.status === "stopped" || this.state?.status === "failed";
  }

  load = () => this.#ask(() => get("/api/compare"));
  stop = () => this.#order(() => post("/api/compare/stop"));
  resume = () => this.#order(() => post("/api/compare/resume"));

  /** @param {{yaml: string[], seeds: number, until: number | null}} what */
  start = (what) => this.#order(() => post("/api/compare/start", what));

  close() {
    this.#end();
    this.#isStale = false;
  }

  /** Ask for what is new, one question at a time. */
  async #follow() {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.load();
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
    this.#isAsking = false;
  }

  /** @param {() => Promise<State>} act */
  async #order(act) {
    this.error = "";
    this.isOrdering = true;
    this.#orders += 1;
    this.changed();
    await this.#ask(act);
    this.isOrdering = false;
    this.changed();
  }

  /** @param {() => Promise<State>} ask */
  async #ask(ask) {
    const order = this.#orders;
    try {
      const state = await ask();
      if (order === this.#orders) this.state = state.status ? state : null;
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.changed();
  }
}
