// @ts-check
/** The training that the playground started: its state, and its kept frames. A change of settings never touches it. */

import { bytes, get, post } from "../api.js";
import { rest, watch } from "../live.js";

/**
 * @typedef {object} Frame What the seeds say after one epoch.
 * @property {number} epoch The one before, if the weights of the asked one are kept no more.
 * @property {{seeds: number, height: number, width: number, data: Uint8Array, extent: number[]} | null} regions
 * @property {number[][][][]} contours Of each seed, its lines of points.
 * @property {any} bands
 */

// The process that trains ends a little after its files say so, and no file changes then.
const [LOOK_MS, ENDING_LOOK_MS] = [1000, 100];

export class Training {
  /** @type {string | null} */
  run = null;
  status = "";
  epoch = 0;
  epochs = 0;
  /** @type {number | null} */
  seconds = null;
  /** @type {any} */
  examples = null;
  /** @type {{epochs: number[], kind: string, seeds: number[], has_units: boolean, is_of_pictures: boolean, newest: number | null}} */
  frames = { epochs: [], kind: "none", seeds: [], has_units: false, is_of_pictures: false, newest: null };
  /** @type {any[]} */
  series = [];
  /** @type {number[]} The seeds of the run. */
  seeds = [];
  yaml = "";
  error = "";
  /** Whether an order is on its way, and its outcome not known yet. */
  isOrdering = false;
  /** @type {Map<number, Promise<Frame>>} */
  #kept = new Map();
  #stop = () => {};
  #isAsking = false;
  #isStale = false;
  /** Whether the files say that the run has ended; the process may still be busy with it. */
  #isEnding = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(what: string) => void} changed */
  constructor(changed) {
    this.changed = changed;
  }

  get isRunning() {
    return this.status === "running";
  }

  get isStarting() {
    return this.status === "starting";
  }

  get isPaused() {
    return this.status === "interrupted";
  }

  /** @param {string} yaml */
  async start(yaml) {
    this.#forget(null);
    this.status = "starting";
    this.changed("starting");
    await this.#order(async () => {
      const { run } = await post("/api/play/start", { yaml });
      this.yaml = yaml;
      this.follow(run);
    });
  }

  pause = () => this.#order(() => post("/api/play/pause"));
  resume = () => this.#order(() => post("/api/play/resume", { run: this.run }));
  step = () => this.#order(() => post("/api/play/step", { run: this.run }));

  /** @param {() => Promise<any>} act */
  async #order(act) {
    this.error = "";
    this.isOrdering = true;
    this.changed("order");
    try {
      await act();
      await this.#state();
    } catch (error) {
      this.error = /** @type {Error} */ (error).message;
      if (this.status === "starting") this.status = "";
    }
    this.isOrdering = false;
    this.changed("status");
    void this.#renew("status");
  }

  /**
   * Show a run from now on.
   * @param {string} run
   */
  follow(run) {
    this.#forget(run);
    this.#stop = watch(run, 0, (kind, facts) => {
      if (kind === "status") this.#isEnding = facts.status !== "running";
      void this.#renew(kind);
    });
    void this.#renew("start"); // goes on as long as there is news
  }

  /** Forget the run that was shown. @param {string | null} run The one to show instead. */
  #forget(run) {
    this.close();
    [this.run, this.examples, this.series, this.seconds] = [run, null, [], null];
    this.seeds = [];
    this.frames = { epochs: [], kind: "none", seeds: [], has_units: false, is_of_pictures: false, newest: null };
    this.#kept.clear();
  }

  close() {
    clearTimeout(this.#timer);
    this.#stop();
  }

  get #path() {
    return `/api/runs/${encodeURIComponent(this.run ?? "")}`;
  }

  async #state() {
    const state = await get("/api/play");
    if (state.run !== this.run) return;
    [this.status, this.epoch, this.epochs, this.seconds, this.error] = [state.status, state.epoch, state.epochs, state.seconds, state.error ?? ""];
  }

  /** @param {string} kind */
  async #renew(kind) {
    this.#isStale = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      const began = performance.now();
      if (this.run) await this.#ask().catch((error) => { this.error = error.message; });
      this.changed(kind);
      if (this.isRunning && (this.frames.kind === "none" || this.#kept.size)) await rest(began);
    }
    this.#isAsking = false;
    clearTimeout(this.#timer);
    if (this.isRunning) this.#timer = setTimeout(() => void this.#renew("status"), this.#isEnding ? ENDING_LOOK_MS : LOOK_MS);
  }

  /** Ask what the seeds say, and once that is shown, for the rest. */
  async #ask() {
    const { run } = this;
    const path = this.#path;
    const frames = await get(`${path}/frames`);
    if (run !== this.run) return; // another training has begun meanwhile
    this.frames = frames;
    const [first] = frames.epochs;
    if (first !== undefined && !this.#kept.size) {
      this.changed("frames");
      await this.frame(first).catch(() => null);
    }
    const [facts] = await Promise.all([get(path), this.#state(), this.#askExamples(path)]);
    const wanted = facts.metrics.filter((/** @type {string} */ name) => /^(train|val)\.(loss|accuracy|rmse|r2)$/.test(name));
    const answer = wanted.length ? await get(`${path}/series`, { metric: wanted, buckets: 400 }) : null;
    if (run !== this.run) return; // another one meanwhile
    this.seeds = facts.seeds;
    this.status ||= facts.status;
    if (answer) this.series = answer.series ?? [answer];
  }

  /** @param {string} path */
  async #askExamples(path) {
    if (this.examples || this.frames.kind === "none") return;
    const examples = await get(`${path}/examples`);
    if (path === this.#path) this.examples = examples;
  }

  /**
   * Return the maps of the hidden units of a seed, and how many each layer has.
   * @param {number} epoch
   * @param {number} seed
   */
  async units(epoch, seed) {
    const { data, headers } = await bytes(`${this.#path}/units`, { epoch, seed });
    return { data, widths: (headers.get("X-Layers") ?? "").split(",").filter(Boolean).map(Number) };
  }

  /**
   * Return what the seeds say after an epoch.
   * @param {number} epoch
   */
  frame(epoch) {
    const known = this.#kept.get(epoch);
    if (known) return known;
    const frame = this.#load(epoch);
    this.#kept.set(epoch, frame);
    frame.catch(() => this.#kept.delete(epoch));
    return frame;
  }

  /**
   * @param {number} epoch
   * @returns {Promise<Frame>}
   */
  async #load(epoch) {
    if (this.frames.kind === "bands") {
      const bands = await get(`${this.#path}/bands`, { epoch });
      return { epoch: bands.epoch, regions: null, contours: [], bands };
    }
    if (this.#kept.size) {
      const [frame, contours] = await Promise.all([this.#regions(epoch), this.#contours(epoch)]);
      return { ...frame, contours };
    }
    const frame = await this.#regions(epoch); // the first picture comes at once, its lines a moment later
    void this.#contours(epoch).then((contours) => { frame.contours = contours; this.changed("frame"); }, () => {});
    return frame;
  }

  /** @param {number} epoch @returns {Promise<Frame>} */
  async #regions(epoch) {
    const { data, headers } = await bytes(`${this.#path}/regions`, { epoch, size: 96 });
    const numbers = (/** @type {string} */ name) => (headers.get(name) ?? "").split(",").map(Number);
    const [seeds, height, width] = numbers("X-Shape");
    const regions = { seeds, height, width, data, extent: numbers("X-Extent") };
    return { epoch: Number(headers.get("X-Epoch")), regions, contours: [], bands: null };
  }

  /** @param {number} epoch @returns {Promise<number[][][][]>} */
  async #contours(epoch) {
    return (await get(`${this.#path}/contours`, { epoch })).seeds;
  }
}
