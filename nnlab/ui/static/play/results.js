// @ts-check
/** What networks on pictures have learned: their first layer, live; and once trained, what the seeds get wrong. */

import { bytes, get } from "../api.js";

/** @typedef {{epoch: number, units: number, height: number, width: number, data: Uint8Array}} Weights */

/** The results of the run that is shown. */
export class Results {
  /** @type {string | null} */
  run = null;
  /** @type {any} */
  mistakes = null;
  /** @type {Weights | null} */
  weights = null;
  /** @type {number | null} The seed whose weights are shown. */
  seed = null;
  #known = "";

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  /** @param {import("./training.js").Training} training */
  follow({ run, status, seeds, frames }) {
    if (run !== this.run) [this.run, this.mistakes, this.weights, this.seed, this.#known] = [run, null, null, null, ""];
    const known = `${frames.newest} ${status === "finished"}`;
    if (!run || !frames.is_of_pictures || frames.newest === null || !seeds.length || known === this.#known) return;
    this.#known = known;
    void this.show(this.seed ?? seeds[0]);
    if (status === "finished") void this.#ask(run);
  }

  /** @param {string} run */
  async #ask(run) {
    const found = await get(`/api/runs/${encodeURIComponent(run)}/mistakes`).catch(() => null);
    if (run !== this.run) return;
    this.mistakes = found;
    this.changed();
  }

  /** Show the weights of a seed. @param {number} seed */
  async show(seed) {
    const { run } = this;
    this.seed = seed;
    const found = await bytes(`/api/runs/${encodeURIComponent(run ?? "")}/weights`, { seed }).catch(() => null);
    if (run !== this.run || seed !== this.seed) return;
    const numbers = (/** @type {string} */ name) => (found?.headers.get(name) ?? "").split(",").map(Number);
    const [[epoch], [units, height, width]] = [numbers("X-Epoch"), numbers("X-Shape")];
    this.weights = found && units ? { epoch, units, height, width, data: found.data } : null;
    this.changed();
  }
}
