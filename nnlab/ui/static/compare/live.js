// @ts-check
/** The comparison of this server: begun, stopped and gone on with by a click only, and asked for while it runs. */

import { get, post } from "../api.js";

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

const LOOK_MS = 300;

export class Live {
  /** @type {State | null} */
  state = null;
  error = "";
  /** Whether an order is on its way. */
  isOrdering = false;
  #isClosed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
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
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** @param {() => Promise<State>} act */
  async #order(act) {
    this.error = "";
    this.isOrdering = true;
    clearTimeout(this.#timer);
    this.changed();
    await this.#ask(act);
    this.isOrdering = false;
    this.changed();
  }

  /** @param {() => Promise<State>} ask */
  async #ask(ask) {
    try {
      const state = await ask();
      this.state = state.status ? state : null;
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.changed();
    clearTimeout(this.#timer);
    if (this.isRunning && !this.#isClosed) this.#timer = setTimeout(() => void this.load(), LOOK_MS);
  }
}
