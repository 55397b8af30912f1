// @ts-check
/** The training that the playground started: its state, and its kept frames. A change of settings never touches it. */

import { get, post } from "../api.js";
import { rest, watch } from "../live.js";
import { coarseFrame, curves, NO_FRAMES, wholeFrame } from "./frame.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./frame.js").Frames} Frames */

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
  /** @type {Frames} */
  frames = NO_FRAMES;
  /** @type {any[]} */
  series = [];
  /** @type {number[]} The seeds of the run. */
  seeds = [];
  /** @type {Record<string, any> | null} The settings of the run, once they are known; the page may show others. */
  config = null;
  error = "";
  /** Whether an order is on its way, and its outcome not known yet. */
  isOrdering = false;
  /** @type {Map<number, Promise<Frame>>} */
  #kept = new Map();
  /** @type {Frames | null} What is known of a training as soon as it has begun. */
  #first = null;
  /** @type {(() => void) | null} */
  #stop = null;
  #isAsking = false;
  #wake = () => {};
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
      const { frames, ...state } = await post("/api/play/start", { yaml });
      this.follow(state.run, frames);
      this.#take(state);
    });
  }

  pause = () => this.#order(() => this.#go("pause"));
  resume = () => this.#order(() => this.#go("resume"));
  step = () => this.#order(() => this.#go("step"));

  /** @param {"pause" | "resume" | "step"} how */
  async #go(how) {
    await post(`/api/play/${how}`, { run: this.run });
    await this.#state();
  }

  /** @param {() => Promise<void>} act */
  async #order(act) {
    this.error = "";
    this.isOrdering = true;
    this.changed("order");
    try {
      await act();
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
   * @param {Frames | null} [frames] Those that are known already.
   */
  follow(run, frames = null) {
    this.#leave();
    this.#forget(run);
    this.#first = frames;
    void this.#renew("start"); // goes on as long as there is news
  }

  /** Hear what happens to the run; it is listened to once its first picture is there, which that would hold up. */
  #listen() {
    this.#stop ??= watch(this.run ?? "", 0, (kind, facts) => {
      if (kind === "status") this.#isEnding = facts.status !== "running";
      void this.#renew(kind);
    });
  }

  /** Forget the run that was shown. @param {string | null} run The one to show instead. */
  #forget(run) {
    [this.run, this.examples, this.series, this.seconds] = [run, null, [], null];
    [this.seeds, this.config, this.epoch, this.epochs] = [[], null, 0, 0];
    this.frames = NO_FRAMES;
    this.#kept.clear();
  }

  close() {
    this.#leave();
    this.run = null;
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#stop?.();
    this.#stop = null;
  }

  get path() {
    return `/api/runs/${encodeURIComponent(this.run ?? "")}`;
  }

  async #state() {
    this.#take(await get("/api/play"));
  }

  /** @param {any} state What the server says of its training. */
  #take(state) {
    if (state.run !== this.run) return;
    [this.status, this.epoch, this.epochs, this.seconds, this.error] = [state.status, state.epoch, state.epochs, state.seconds, state.error ?? ""];
  }

  /** @param {string} kind */
  async #renew(kind) {
    this.#isStale = true;
    if (kind === "start" || kind === "status") this.#wake();
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (this.#isStale) {
      this.#isStale = false;
      const began = performance.now();
      if (this.run) await this.#ask();
      this.changed(kind);
      if (this.isRunning && (this.frames.kind === "none" || this.#kept.size)) await this.#rest(began);
    }
    this.#isAsking = false;
    clearTimeout(this.#timer);
    if (this.isRunning) this.#timer = setTimeout(() => void this.#renew("status"), this.#isEnding ? ENDING_LOOK_MS : LOOK_MS);
  }

  /** Rest after a drawing; what was ordered ends it. @param {number} began */
  async #rest(began) {
    const woken = new Promise((wake) => { this.#wake = () => wake(undefined); });
    await Promise.race([rest(began), woken]);
  }

  /** Ask what the seeds say, and once that is shown, for the rest. */
  async #ask() {
    const note = (/** @type {Error} */ error) => { this.error = error.message; };
    await this.#askFrames().catch(note);
    if (this.run) this.#listen();
    await this.#askFacts().catch(note);
  }

  async #askFrames() {
    const { run } = this;
    const path = this.path;
    const frames = this.#first ?? (await get(`${path}/frames`));
    if (run !== this.run) return; // another training has begun meanwhile
    this.#first = null;
    this.frames = frames;
    const [first] = frames.epochs;
    if (first !== undefined && !this.#kept.size) {
      this.changed("frames");
      await this.frame(first).catch(() => null);
    }
  }

  async #askFacts() {
    const { run } = this;
    if (!run) return;
    const path = this.path;
    const [facts] = await Promise.all([get(path), this.#state(), this.#askExamples(path)]);
    const series = await curves(path, facts.metrics);
    if (run !== this.run) return; // another one meanwhile
    this.#fill(facts);
    this.series = series;
  }

  /** Take from the files what the process that trains does not know: it may have trained another run since. @param {any} facts */
  #fill({ seeds, status, config, summary }) {
    [this.seeds, this.config] = [seeds, config];
    this.status ||= status;
    this.epochs ||= config["train.epochs"] ?? 0;
    this.epoch ||= summary?.epochs ?? 0;
    this.seconds ??= summary?.train_seconds ?? null;
  }

  /** @param {string} path */
  async #askExamples(path) {
    if (this.examples || this.frames.kind === "none") return;
    const examples = await get(`${path}/examples`);
    if (path === this.path) this.examples = examples;
  }

  /** Return what the seeds say after an epoch. @param {number} epoch */
  frame(epoch) {
    const known = this.#kept.get(epoch);
    if (known) return known;
    const frame = this.#load(epoch);
    this.#kept.set(epoch, frame);
    frame.catch(() => this.#kept.delete(epoch));
    return frame;
  }

  /** Of the first picture of all, what is fine in it comes a moment later. @param {number} epoch @returns {Promise<Frame>} */
  async #load(epoch) {
    const { kind } = this.frames;
    const whole = () => wholeFrame(this.path, kind, epoch);
    if (this.#kept.size || kind === "bands") return whole();
    const frame = await coarseFrame(this.path, epoch);
    void whole().then((fine) => { Object.assign(frame, fine); this.changed("frame"); }, () => {});
    return frame;
  }
}
