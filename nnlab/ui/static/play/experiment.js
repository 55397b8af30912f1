// @ts-check
/** The experiment of the playground: one YAML text, edited by typing or by controls; the server checks and writes it. */

import { post } from "../api.js";

/**
 * @typedef {object} Answer What the server says of an experiment.
 * @property {string} yaml
 * @property {boolean} is_valid
 * @property {{line: number | null, column: number | null, key: string | null, text: string}[]} errors
 * @property {Record<string, any>} config
 * @property {any[]} findings
 * @property {string | null} skipped Why rules that read data did not run.
 * @property {boolean} is_advised Whether its data were looked at, and its time is known, as far as they can be.
 * @property {any} price
 * @property {string} command
 * @property {number | null} parameters
 * @property {{inputs: any, outputs: any, task: string} | null} shape
 */

const ADVICE_MS = 300;
// During a training nothing else is found out.
const LATER_MS = 3000;

export class Experiment {
  yaml = "";
  /** @type {Answer | null} */
  answer = null;
  error = "";
  /** @type {({key: string, value: any} | null)[]} Edits to ask for; null asks to check what was typed. */
  #pending = [];
  #isAsking = false;
  /** Whether advice is on its way. */
  #isWaiting = false;
  #isClosed = false;
  #typed = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} changed Is called after every change. */
  constructor(changed) {
    this.changed = changed;
  }

  /**
   * Take over a text that was typed or chosen.
   * @param {string} yaml
   */
  write(yaml) {
    this.yaml = yaml;
    this.#typed += 1;
    this.#pending = [null];
    return this.#ask();
  }

  /**
   * Change one setting; comments stay. Null takes the setting out.
   * @param {string} key
   * @param {any} value
   */
  edit(key, value) {
    const last = this.#pending.at(-1);
    if (last?.key === key) this.#pending.pop();
    this.#pending.push({ key, value });
    return this.#ask();
  }

  async #ask() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#pending.length) await this.#next(/** @type {any} */ (this.#pending.shift()));
    this.#isAsking = false;
  }

  /** Ask, once nothing changes any more, what takes the server longer to find out. @param {number} ms */
  #askLater(ms) {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    if (this.answer && !this.answer.is_advised) this.#timer = setTimeout(() => void this.#advise(), ms);
  }

  async #advise() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const { yaml } = this;
    const answer = await post("/api/advice", { yaml }).catch(() => null);
    this.#isWaiting = false;
    const isSame = yaml === this.yaml && !this.#isAsking;
    if (answer && isSame) {
      this.answer = answer;
      this.changed();
    }
    this.#askLater(isSame ? LATER_MS : ADVICE_MS);
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** @param {{key: string, value: any} | null} edit */
  async #next(edit) {
    const before = this.#typed;
    try {
      const answer = await post("/api/experiment", edit ? { yaml: this.yaml, edit } : { yaml: this.yaml });
      if (before !== this.#typed) return;
      this.answer = answer;
      this.yaml = answer.yaml;
      this.error = "";
      this.#askLater(ADVICE_MS);
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
    }
    this.changed();
  }
}

/** Experiments to start from: the start of a path, not a list of what is possible. */
export const STARTS = [
  start("spiral_mlp", "Spiral", "Ten networks, alike but for the seed.", {
    dataset: { name: "spiral", num_samples: 600, noise: 0.2 }, model: { name: "mlp", hidden_sizes: "[32]", activation: "relu" },
    optimizer: { name: "adam", lr: 0.01 }, train: { epochs: 200, batch_size: "full", seeds: 10 },
  }),
  start("xor_mlp", "XOR", "Four hidden units, from most seeds.", {
    dataset: { name: "xor" }, model: { name: "mlp", hidden_sizes: "[4]", activation: "tanh" },
    optimizer: { name: "adam", lr: 0.03 }, train: { epochs: 100, batch_size: 32, seeds: 10 },
  }),
  start("blobs", "Blobs", "Straight borders are enough for blobs.", {
    dataset: { name: "blobs" }, model: { name: "logistic" }, optimizer: { name: "sgd", lr: 0.1 },
    train: { epochs: 60, batch_size: 32, seeds: 10 },
  }),
  start("regression_mlp", "Curve", "Where data are few, the seeds part.", {
    dataset: { name: "regression" }, model: { name: "mlp", hidden_sizes: "[20]", activation: "elu" },
    optimizer: { name: "adam", lr: 0.01 }, train: { epochs: 1000, batch_size: "full", eval_every: 10, seeds: 10 },
  }),
  start("digits_mlp", "Digits", "Draw a digit: do the seeds agree?", {
    dataset: { name: "digits" }, model: { name: "mlp", hidden_sizes: "[64]", activation: "relu" },
    optimizer: { name: "adam", lr: 0.001 }, train: { epochs: 20, batch_size: 32, seeds: 10 },
  }),
];

/**
 * @param {string} name
 * @param {string} title
 * @param {string} comment
 * @param {Record<string, Record<string, string | number>>} sections
 */
function start(name, title, comment, sections) {
  const lines = Object.entries(sections).flatMap(([key, settings]) => [`${key}:`, ...Object.entries(settings).map(([inner, value]) => `  ${inner}: ${value}`)]);
  return { name, title, yaml: [`# ${comment}`, `name: ${name}`, ...lines, ""].join("\n") };
}
