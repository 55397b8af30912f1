// @ts-check
/** The playground: settings, YAML and command are one experiment; the real engine trains all its seeds at once. */

import { get, post } from "../api.js";
import { say } from "../announce.js";
import { html, render } from "../html.js";
import { shortcut } from "../keys.js";
import { controls, shownKeys } from "../parts/controls.js";
import { packed, unpacked } from "../parts/link.js";
import { Experiment, STARTS } from "../play/experiment.js";
import { nextSettings } from "../play/next.js";
import { unitsOf } from "../play/frame.js";
import { Player } from "../play/player.js";
import { bar, stage } from "../play/stage.js";
import { curves, side } from "../play/side.js";
import { Results } from "../play/results.js";
import { configKey, dataKey, Sample, tableOf } from "../play/sample.js";
import { Sketch } from "../play/sketch.js";
import { Training } from "../play/training.js";

const LINK_MS = 400;

/**
 * @param {HTMLElement} root
 * @param {URL} url
 */
export async function open(root, url) {
  const page = new Playground(root, url);
  await page.load(url);
  return { close: () => page.close() };
}

/** What the parts of the page show and do. */
export class Playground {
  /** @type {any[]} */
  sections = [];
  /** @type {number | null} */
  solo = null;
  points = "train";
  hasContours = true;
  hasHelp = false;
  /** @type {any} */
  probe = null;
  /** @type {{data: Uint8Array, widths: number[]} | null} Hidden units of the seed that is shown alone. */
  units = null;
  /** @type {any} What the seeds say of the drawn picture. */
  answer = null;
  /** Whether the seeds are being asked. */
  isAsking = false;
  /** @type {import("../play/frame.js").Frame | null} */
  frame = null;
  /** @type {Sketch | null} Data that are being drawn. */
  sketch = null;
  sketchError = "";
  /** How many frames were asked for, and which of them is shown: a late one replaces none that was asked for later. */
  #turns = { asked: 0, shown: 0 };
  /** @type {(() => void)[]} */
  #ends = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} root
   * @param {URL} url
   */
  constructor(root, url) {
    this.root = root;
    this.hidden = new Set((url.searchParams.get("hide") ?? "").split(",").filter(Boolean));
    this.experiment = new Experiment(() => this.#onExperiment());
    this.sample = new Sample(() => this.draw());
    this.results = new Results(() => this.draw());
    this.training = new Training((what) => this.#onTraining(what));
    this.player = new Player(() => this.training.frames.epochs, (epoch) => this.#show(epoch), () => this.draw());
  }

  /** @param {URL} url */
  async load(url) {
    this.root.className = "play-page";
    const [{ sections }, last] = await Promise.all([get("/api/schema"), get("/api/play").catch(() => ({ run: null }))]);
    this.sections = [...sections.filter((/** @type {any} */ one) => one.key !== "experiment"), ...sections.filter((/** @type {any} */ one) => one.key === "experiment")];
    this.#ends.push(
      shortcut(" ", "train, pause or go on", () => this.act()), shortcut(".", "train one epoch", () => void this.training.step()),
      shortcut("r", "replay the training", () => void this.player.play(true)),
    );
    const wanted = url.searchParams.get("run");
    const found = wanted ? await get(`/api/runs/${encodeURIComponent(wanted)}`).catch(() => null) : null;
    await this.#read(new URLSearchParams(url.hash.slice(1)), found?.yaml);
    const run = found?.id ?? last.run;
    if (run) this.training.follow(run);
    this.draw();
  }

  close() {
    for (const end of this.#ends) end();
    clearTimeout(this.#timer);
    this.player.pause();
    this.experiment.close();
    this.sample.close();
    this.training.close();
  }

  /** Take over the experiment of the address: its YAML, or changes of that of a run, or of a start. @param {URLSearchParams} hash @param {string} [yaml] */
  async #read(hash, yaml) {
    const code = hash.get("yaml");
    const start = STARTS.find(({ name }) => name === hash.get("start")) ?? STARTS[0];
    await this.experiment.write(code ? await unpacked(code) : (yaml ?? start.yaml));
    for (const [key, value] of hash) {
      if (key !== "yaml" && key !== "start") await this.experiment.edit(key, Number.isFinite(Number(value)) ? Number(value) : value);
    }
  }

  #onExperiment() {
    this.#writeAddress();
    this.sample.follow(this.experiment);
    this.draw();
  }

  /** Let the address lead here again: to this experiment, and to its training. */
  #writeAddress() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const code = await packed(this.experiment.yaml);
      const search = new URLSearchParams(location.search);
      if (this.training.run) search.set("run", this.training.run);
      history.replaceState(null, "", `${location.pathname}${search.size ? `?${search}` : ""}#yaml=${code}`);
    }, LINK_MS);
  }

  /** @param {string} what */
  #onTraining(what) {
    const { training } = this;
    this.results.follow(training);
    if (what === "status" || what === "start") this.#tell();
    this.player.follow(training.isRunning || training.isStarting, Boolean(this.frame));
    this.draw();
  }

  #tell() {
    const { status, epoch } = this.training;
    if (status) say(`${status}, epoch ${epoch}`);
  }

  /** @param {number} epoch */
  async #show(epoch) {
    const { run } = this.training;
    const turn = ++this.#turns.asked;
    const frame = await this.training.frame(epoch).catch(() => null);
    if (frame && run === this.training.run && turn > this.#turns.shown) [this.frame, this.#turns.shown] = [frame, turn];
    await this.#showUnits();
    this.draw();
  }

  /** Show one seed alone with its hidden units, or all. @param {number | null} solo */
  async showSeed(solo) {
    this.set({ solo, units: null });
    await this.#showUnits();
    this.draw();
  }

  async #showUnits() {
    const { frame, solo, training } = this;
    const seed = solo === null ? undefined : training.frames.seeds[solo];
    if (seed === undefined || !frame?.regions || !training.frames.has_units) return;
    const units = await unitsOf(training.path, frame.epoch, seed).catch(() => null);
    if (this.solo === solo) this.units = units;
  }

  /** Train, pause, or go on: whichever is possible. */
  act() {
    const { training } = this;
    if (training.isOrdering) return;
    if (training.isRunning) return void training.pause();
    if (training.isPaused) return void training.resume();
    return void this.start();
  }

  async start() {
    if (this.sketch && !(await this.useSketch())) return;
    this.player.pause();
    [this.frame, this.solo, this.units, this.probe, this.answer] = [null, null, null, null, null];
    await this.training.start(this.experiment.yaml);
    this.#writeAddress();
  }

  /** Whether data that nothing is trained on are shown. */
  get showsData() {
    const { isRunning, isStarting, isPaused, run } = this.training;
    if (isRunning || isStarting || isPaused || !(this.sample.answer || this.sample.error)) return false;
    return !run || (this.training.config !== null && dataKey(this.training.config) !== this.sample.key);
  }

  /** Draw data, beginning with those of the experiment if they were drawn or are a small table. */
  openSketch() {
    const { answer } = this.sample;
    const isTable = this.experiment.answer?.config["dataset.name"] === "csv" && answer?.inputs?.length === answer?.number;
    this.set({ sketch: new Sketch(isTable && answer ? tableOf(answer, this.experiment.answer?.config["dataset.target"]) : undefined), sketchError: "" });
  }

  /** Let the experiment read the drawn points from a new file; return whether it can be trained. */
  async useSketch() {
    try {
      const { path, dataset } = await post("/api/drawn", this.sketch?.body);
      await this.experiment.edit("dataset", dataset);
      const name = this.experiment.answer?.config.name;
      if (STARTS.some((start) => start.name === name) || /^points-\d+$/.test(name)) await this.experiment.edit("name", path.split("/").at(-1).replace(".csv", ""));
      this.set({ sketch: null, sketchError: "" });
    } catch (error) {
      this.set({ sketchError: /** @type {Error} */ (error).message });
    }
    return !this.sketch && Boolean(this.experiment.answer?.is_valid);
  }

  /** @param {string} yaml */
  choose(yaml) {
    this.sketch = null;
    void this.experiment.write(yaml);
  }

  /** @param {Partial<Playground>} changes */
  set(changes) {
    Object.assign(this, changes);
    this.draw();
  }

  /** Whether the settings are other than those of the training that is shown. */
  get isStale() {
    const { config } = this.training;
    return config !== null && configKey(config) !== configKey(this.experiment.answer?.config ?? {});
  }

  draw() {
    const { answer } = this.experiment;
    const edit = (/** @type {string} */ key, /** @type {any} */ value) => void this.experiment.edit(key, value);
    const context = { config: answer?.config ?? {}, findings: answer?.findings ?? [], errors: answer?.errors ?? [], edit, hidden: this.hidden };
    const placed = shownKeys(this.sections, context);
    render(html`<h1 class="unseen">Playground</h1>${bar(this)}
      <div class="play">
        <section class="card play-controls ${this.hasHelp ? "explained" : ""}" aria-label="Settings">
          <div class="head"><h2>Settings</h2><button type="button" class="quiet" aria-pressed=${this.hasHelp} @click=${() => this.set({ hasHelp: !this.hasHelp })}>Explain</button></div>
          <div role="status">${nextSettings(this)}</div>${controls(this.sections, context)}</section>
        <div class="stack play-middle">${stage(this)}${curves(this)}</div>
        ${side(this, placed)}
      </div>`, this.root);
  }
}
