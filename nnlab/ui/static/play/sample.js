// @ts-check
/** Some of the data of the experiment, asked for as soon as it is valid, and once for each choice of data. */

import { post } from "../api.js";

/**
 * @typedef {object} Answer
 * @property {"plane" | "line" | "pictures" | "none"} kind
 * @property {number} number Of all examples.
 * @property {string[]} classes
 * @property {number[][]} [inputs]
 * @property {number[]} [targets]
 * @property {string[]} [split]
 * @property {string[]} [columns]
 * @property {[number, number][]} [extent]
 * @property {number[]} [counts] How many pictures there are of each class.
 * @property {number} [channels]
 * @property {number} [height]
 * @property {number} [width]
 * @property {string} [pixels] In base64.
 */

const PAUSE_MS = 150;

export class Sample {
  /** What the data depend on. */
  key = "";
  /** @type {Answer | null} */
  answer = null;
  error = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  /** Ask for the data of an experiment, if they are others. @param {import("./experiment.js").Experiment} experiment */
  follow({ answer, yaml }) {
    if (!answer?.is_valid) return;
    const key = dataKey(answer.config);
    if (key === this.key) return;
    this.key = key;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(key, yaml), PAUSE_MS);
  }

  /** @param {string} key @param {string} yaml */
  async #ask(key, yaml) {
    let [answer, error] = [null, ""];
    try {
      answer = await post("/api/experiment/data", { yaml });
    } catch (refused) {
      error = /** @type {Error} */ (refused).message;
    }
    if (key !== this.key) return;
    [this.answer, this.error] = [answer, error];
    this.changed();
  }

  close() {
    clearTimeout(this.#timer);
  }
}

/** Return what is the same for equal settings only. @param {Record<string, any>} config */
export function configKey(config) {
  return JSON.stringify(Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Return what is the same for equal data only. @param {Record<string, any>} config */
export function dataKey(config) {
  const isOfData = (/** @type {string} */ key) => key.startsWith("dataset.") || key === "train.seed";
  return configKey(Object.fromEntries(Object.entries(config).filter(([key]) => isOfData(key))));
}

/**
 * Return points as a table, to draw on.
 * @param {Answer} sample
 * @param {string} target The column to predict.
 * @returns {import("./sketch.js").Table | undefined}
 */
export function tableOf({ kind, inputs = [], targets = [], classes, columns = [] }, target) {
  if (kind !== "plane" && kind !== "line") return undefined;
  const points = inputs.map(([x, y], index) => /** @type {[number, number, number]} */ (kind === "line" ? [x, targets[index], 0] : [x, y, targets[index]]));
  return { columns: [...columns, target], classes, points };
}
