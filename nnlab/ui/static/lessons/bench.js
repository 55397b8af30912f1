// @ts-check
/** An experiment inside a lesson: a few of its controls, its training, and what its seeds say. */

import { duration } from "../format.js";
import { html, nothing, render } from "../html.js";
import { controls } from "../parts/controls.js";
import { copyable } from "../parts/copy.js";
import { finding } from "../parts/findings.js";
import { packed } from "../parts/link.js";
import { Experiment } from "../play/experiment.js";
import { Player } from "../play/player.js";
import { curves } from "../play/side.js";
import { stage } from "../play/stage.js";
import { Training } from "../play/training.js";
import { criterion } from "./criterion.js";
import { tree } from "./tree.js";

/** How many there are: screen readers tell them apart. */
let count = 0;

/** What the playground's stage asks of its page is what this element offers. */
class Bench extends HTMLElement {
  /** @type {any} */
  block = null;
  /** @type {any[]} */
  sections = [];
  /** @type {Set<string>} */
  hiddenParts = new Set();
  /** @type {any} What is known of the step. */
  #state = null;
  /** @type {any} */
  frame = null;
  /** @type {number | null} */
  solo = null;
  /** @type {any} */
  probe = null;
  points = "train";
  hasContours = true;
  isStale = false;
  link = "/play";
  #name = `Experiment ${++count}`;
  #isBegun = false;
  /** Whether every edit of the lesson is in the experiment: before that, another one would be trained. */
  #isSet = false;
  /** @type {string | null} The finished run that the lesson has been told of. */
  #told = null;
  experiment = new Experiment(() => void this.#onExperiment());
  training = new Training(() => this.#onTraining());
  player = new Player(() => this.training.frames.epochs, (epoch) => this.#show(epoch), () => this.draw());
  #watcher = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) void this.#begin(); }, { rootMargin: "300px" });

  set state(/** @type {any} */ state) {
    this.#state = state;
    if (this.isConnected) this.draw();
  }

  connectedCallback() {
    this.draw();
    this.#watcher.observe(this);
  }

  disconnectedCallback() {
    this.#watcher.disconnect();
    this.player.pause();
    this.training.close();
  }

  /** Have the server read the experiment when the reader comes near. */
  async #begin() {
    if (this.#isBegun) return;
    this.#isBegun = true;
    await this.experiment.write(this.block.yaml);
    for (const { key, value } of this.block.edits) await this.experiment.edit(key, value);
    this.#isSet = true;
    this.draw();
  }

  async #onExperiment() {
    this.draw();
    this.link = `/play#yaml=${await packed(this.experiment.yaml)}`;
    this.draw();
  }

  #onTraining() {
    const { training, player } = this;
    player.follow(training.isRunning || training.isStarting, Boolean(this.frame));
    if (training.status === "finished" && training.run !== this.#told) {
      this.#told = training.run;
      this.dispatchEvent(new CustomEvent("trained", { detail: { config: this.block.config, run: training.run }, bubbles: true }));
    }
    this.draw();
  }

  /** @param {number} epoch */
  async #show(epoch) {
    const frame = await this.training.frame(epoch).catch(() => null);
    if (frame) this.frame = frame;
    this.draw();
  }

  /** @param {any} changes */
  set(changes) {
    Object.assign(this, changes);
    this.draw();
  }

  act() {
    const { training } = this;
    if (training.isRunning) return void training.pause();
    if (training.isPaused) return void training.resume();
    [this.frame, this.solo, this.probe] = [null, null, null];
    training.status = "";
    return void training.start(this.experiment.yaml);
  }

  draw() {
    if (!this.block) return;
    const { block } = this;
    const title = block.kind === "step" ? html`<p class="step-name">${this.#state?.is_done ? html`<strong class="done">✓ Done</strong>` : html`<strong>Step</strong>`} ${block.row}</p>` : nothing;
    render(html`<section class="card bench" aria-label=${block.kind === "step" ? `Step ${block.row}` : this.#name}>${title}<div class="bench-text">${tree(block.nodes)}</div>
      ${this.#controls()}${this.#bar()}${this.#said()}
      ${this.training.run ? html`${stage(/** @type {any} */ (this))}${curves(/** @type {any} */ (this))}` : nothing}
      ${block.kind === "step" && this.#state ? criterion(this.#state) : nothing}
      <details class="more"><summary>The same from the command line</summary>${copyable(this.experiment.answer?.command ?? block.command, "command")}</details></section>`, this);
  }

  #controls() {
    const wanted = new Set(this.block.controls);
    if (!wanted.size || !this.sections.length) return nothing;
    const sections = this.sections.map((section) => ({ ...section, fields: section.fields.filter((/** @type {any} */ control) => wanted.has(control.key)) }));
    const { answer } = this.experiment;
    const edit = (/** @type {string} */ key, /** @type {any} */ value) => void this.experiment.edit(key, value);
    return html`<div class="play-controls bench-controls">${controls(sections, { config: answer?.config ?? {}, findings: answer?.findings ?? [], errors: answer?.errors ?? [], edit, hidden: this.hiddenParts })}</div>`;
  }

  #bar() {
    const { training, experiment } = this;
    const seeds = experiment.answer?.config["train.seeds"] ?? this.block.edits.find((/** @type {any} */ one) => one.key === "train.seeds")?.value;
    const seconds = experiment.answer?.price?.seconds;
    const text = training.isRunning ? "Pause" : training.isPaused ? "Resume" : `Train ${seeds} ${seeds === 1 ? "seed" : "seeds"}`;
    const isReady = training.isRunning || training.isPaused || (this.#isSet && experiment.answer?.is_valid && !experiment.answer.price?.refused);
    return html`<div class="tools"><button type="button" class="primary" ?disabled=${!isReady} @click=${() => this.act()}>${text}</button>
      ${training.isRunning ? html`<span class="number soft">epoch ${training.epoch} of ${training.epochs || "…"}</span>` : typeof seconds === "number" ? html`<span class="soft">about ${duration(seconds)}</span>` : nothing}
      <a class="end" href=${this.link}>Open in the playground</a></div>`;
  }

  #said() {
    const { answer, error } = this.experiment;
    const shown = new Set(this.block.controls);
    const edit = (/** @type {string} */ key, /** @type {any} */ value) => void this.experiment.edit(key, value);
    const said = [this.training.error, error, answer?.price?.refused, ...(answer?.errors ?? []).map(({ text }) => text)].filter(Boolean);
    const others = (answer?.findings ?? []).filter(({ key }) => !shown.has(key));
    return html`${said.map((text) => html`<p class="notice error" role="alert">${text}</p>`)}
      ${others.length ? html`<details class="more"><summary>What the linter says (${others.length})</summary>${others.map((item) => finding(item, edit))}</details>` : nothing}`;
  }
}

customElements.define("nn-bench", Bench);
