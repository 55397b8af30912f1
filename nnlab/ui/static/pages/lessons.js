// @ts-check
/** Lessons: their list, and one of them with its experiments, questions and steps. */

import { get } from "../api.js";
import { count } from "../format.js";
import { html, nothing, render } from "../html.js";
import { tree } from "../lessons/tree.js";
import "../lessons/bench.js";
import "../lessons/derivation.js";
import "../lessons/graph.js";
import "../lessons/pictures.js";
import "../lessons/question.js";
import "../lessons/teacher.js";

/**
 * @param {HTMLElement} root
 * @param {URL} url
 * @param {string[]} parts
 */
export async function open(root, url, [name]) {
  addSheet();
  const { lessons } = await get("/api/lessons");
  if (!name) {
    void showList(root, lessons);
    return {};
  }
  if (!lessons.some((/** @type {any} */ one) => one.name === name)) throw new Error(`There is no lesson ${name}. Those that exist: ${lessons.map((/** @type {any} */ one) => one.name).join(", ")}`);
  const page = new LessonPage(root, url, name, lessons);
  await page.load();
  return {};
}

function addSheet() {
  if (document.querySelector("link[href='/static/lessons.css']")) return;
  const link = document.createElement("link");
  [link.rel, link.href] = ["stylesheet", "/static/lessons.css"];
  document.head.append(link);
}

/**
 * Show the list at once, and then how much of each lesson is done.
 * @param {HTMLElement} root
 * @param {any[]} lessons
 */
async function showList(root, lessons) {
  /** @type {Map<string, number>} */
  const done = new Map();
  render(list(lessons, done), root);
  for (const { name } of lessons) {
    const { steps } = await get(`/api/lessons/${name}/progress`).catch(() => ({ steps: null }));
    if (steps) done.set(name, steps.filter((/** @type {any} */ step) => step.is_done).length);
    render(list(lessons, done), root);
  }
}

/**
 * @param {any[]} lessons
 * @param {Map<string, number>} done Steps by lesson, as far as they are known.
 */
function list(lessons, done) {
  return html`<div class="lesson"><h1>Lessons</h1><p>Each lesson is worked with your own runs: a step is done when your seeds look like the reference, not when one number matches.</p>
    <ol class="lessons">${lessons.map((one) => html`<li class="card"><h2><a href="/lessons/${one.name}">${one.title}</a></h2><p>${one.lead}</p>${progress(one.rows.length, done.get(one.name) ?? null)}</li>`)}</ol></div>`;
}

/**
 * @param {number} all
 * @param {number | null} done null if it is not known yet.
 */
function progress(all, done) {
  return html`<p class="progress"><progress max=${all} value=${done ?? 0} aria-label="Steps done"></progress> <span class="number">${done === null ? count(all, "step") : `${done} of ${all} steps done`}</span></p>`;
}

class LessonPage {
  /** @type {any} */
  lesson = null;
  /** @type {any[]} */
  sections = [];
  /** @type {Map<string, any>} By row. */
  steps = new Map();
  /** @type {Map<string, string>} The newest run trained here, by experiment. */
  runs = new Map();

  /**
   * @param {HTMLElement} root
   * @param {URL} url
   * @param {string} name
   * @param {any[]} lessons
   */
  constructor(root, url, name, lessons) {
    this.root = root;
    this.name = name;
    this.lessons = lessons;
    this.hidden = new Set((url.searchParams.get("hide") ?? "").split(",").filter(Boolean));
    root.addEventListener("trained", (event) => void this.#onTrained(/** @type {CustomEvent} */ (event).detail));
  }

  async load() {
    const path = `/api/lessons/${encodeURIComponent(this.name)}`;
    [this.lesson, { sections: this.sections }] = await Promise.all([get(path), get("/api/schema").catch(() => ({ sections: [] }))]);
    this.draw();
    await this.#renew();
  }

  /** @param {{config: string, run: string}} trained */
  async #onTrained({ config, run }) {
    this.runs.set(config, run);
    await this.#renew();
  }

  async #renew() {
    const { steps } = await get(`/api/lessons/${encodeURIComponent(this.name)}/progress`).catch(() => ({ steps: [] }));
    this.steps = new Map(steps.map((/** @type {any} */ step) => [step.row, step]));
    this.draw();
  }

  draw() {
    const { title, lead, blocks } = this.lesson;
    const done = [...this.steps.values()].filter((step) => step.is_done).length;
    const all = blocks.filter((/** @type {any} */ one) => one.kind === "step").length;
    render(html`<article class="lesson"><p><a href="/lessons">All lessons</a></p><h1>${title}</h1><p class="lead">${lead}</p>
      ${progress(all, done)}
      ${blocks.map((/** @type {any} */ block) => this.#block(block))}${this.#others()}</article>`, this.root);
  }

  /** @param {any} block */
  #block(block) {
    if (this.hidden.has(block.kind)) return nothing;
    switch (block.kind) {
      case "text": return tree(block.nodes);
      case "step":
      case "experiment": return html`<nn-bench .block=${block} .sections=${this.sections} .hiddenParts=${this.hidden} .state=${this.steps.get(block.row) ?? null}></nn-bench>`;
      case "question": return html`<nn-question .block=${block} .hasAnswer=${!this.hidden.has("answers")}></nn-question>`;
      case "derivation": return html`<nn-derivation .block=${block} .run=${this.runs.get("d4_xor_mlp") ?? null}></nn-derivation>`;
      case "graph": return html`<nn-graph .block=${block}></nn-graph>`;
      case "picture": return html`<nn-picture .block=${block}></nn-picture>`;
      default: return html`<nn-teacher .block=${block}></nn-teacher>`;
    }
  }

  #others() {
    const index = this.lessons.findIndex(({ name }) => name === this.name);
    const [before, after] = [this.lessons[index - 1], this.lessons[index + 1]];
    return html`<nav class="tools" aria-label="Other lessons">${before ? html`<a class="button" href="/lessons/${before.name}">← ${before.title}</a>` : nothing}
      ${after ? html`<a class="button end" href="/lessons/${after.name}">${after.title} →</a>` : nothing}</nav>`;
  }
}
