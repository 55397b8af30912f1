// @ts-check
/** What is known of networks on pictures once they are trained: their first layer, and what the seeds get wrong. */

import { bytes, get } from "../api.js";

/** @typedef {{units: number, height: number, width: number, data: Uint8Array}} Weights */

/** The results of the run that is shown, asked for once it has finished. */
export class Results {
  /** @type {string | null} */
  run = null;
  /** @type {any} */
  mistakes = null;
  /** @type {Weights | null} */
  weights = null;
  /** @type {number | null} The seed whose weights are shown. */
  seed = null;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  /** @param {import("./training.js").Training} training */
  follow({ run, status, seeds, frames }) {
    if (run !== this.run) [this.run, this.mistakes, this.weights, this.seed] = [null, null, null, null];
    if (!frames.is_of_pictures || status !== "finished" || !run || run === this.run || !seeds.length) return;
    this.run = run;
    void this.#ask(run);
    void this.show(seeds[0]);
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
    const [units, height, width] = (found?.headers.get("X-Shape") ?? "").split(",").map(Number);
    this.weights = found && units ? { units, height, width, data: found.data } : null;
    this.changed();
  }
}
