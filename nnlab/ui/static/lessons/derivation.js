// @ts-check
/** One training step, forward and backward, section by section, with the numbers of the engine. */

import { get } from "../api.js";
import { number } from "../format.js";
import { html, nothing, render } from "../html.js";
import { network } from "./network.js";
import { formula, tree } from "./tree.js";

class Derivation extends HTMLElement {
  /** @type {any} */
  block = null;
  /** @type {string | null} The reader's own run. */
  #run = null;
  #seed = 0;
  #example = 0;
  #index = 0;
  /** @type {any} */
  #answer = null;
  #error = "";
  #isAsking = false;

  set run(/** @type {string | null} */ run) {
    this.#run = run;
    if (this.isConnected) this.#draw();
  }

  connectedCallback() {
    this.#draw();
  }

  async #ask() {
    [this.#isAsking, this.#error] = [true, ""];
    this.#draw();
    try {
      this.#answer = await get("/api/lesson-derivation", { seed: this.#seed, example: this.#example, run: this.#run });
      this.#index = 0;
    } catch (error) {
      this.#error = /** @type {Error} */ (error).message;
    }
    this.#isAsking = false;
    this.#draw();
  }

  #draw() {
    const field = (/** @type {string} */ label, /** @type {number} */ value, /** @type {(value: number) => void} */ set) => html`<label>${label}
      <input type="number" min="0" max="1000000" .value=${String(value)} @change=${(/** @type {any} */ event) => set(Math.max(0, Math.round(Number(event.target.value)) || 0))}></label>`;
    render(html`<section class="card derivation" aria-label="Derivation">${tree(this.block.nodes)}
      <div class="tools">${field("seed", this.#seed, (value) => { this.#seed = value; })}${field("point", this.#example, (value) => { this.#example = value; })}
        <button type="button" class="primary" ?disabled=${this.#isAsking} @click=${() => void this.#ask()}>${this.#isAsking ? "Deriving…" : "Derive"}</button>
        <span class="soft">${this.#run ? "with the settings of your run" : "the 2-2-2 network of this lesson"}</span></div>
      ${this.#error ? html`<p class="notice error" role="alert">${this.#error}</p>` : nothing}${this.#answer ? this.#shown() : nothing}</section>`, this);
  }

  #shown() {
    const { trace, gradcheck } = this.#answer;
    const { sections } = trace;
    const section = sections[this.#index];
    const go = (/** @type {number} */ index) => { this.#index = index; this.#draw(); };
    return html`${network(sections, this.#index)}
      <div class="tools"><button type="button" ?disabled=${this.#index === 0} @click=${() => go(this.#index - 1)}>Back</button>
        <button type="button" ?disabled=${this.#index === sections.length - 1} @click=${() => go(this.#index + 1)}>Next</button>
        <span class="soft number">${this.#index + 1} of ${sections.length}</span></div>
      <div aria-live="polite"><h3>${section.title}</h3><div class="quantities">${section.quantities.map(quantity)}</div></div>
      <p>The loss is ${number(trace.loss_before, 6)} before this step and ${number(trace.loss_after, 6)} after it. The largest difference from autograd's gradients is ${number(trace.gradient_difference, 2)}.</p>
      ${checks(gradcheck)}`;
  }
}

/** @param {any} one A quantity of a section. */
function quantity(one) {
  const rows = one.values === null ? [] : [one.values].flat().length && Array.isArray(one.values[0]) ? one.values : [[one.values].flat()];
  const matrix = { tag: "mtable", children: rows.map((/** @type {number[]} */ row) => ({ tag: "mtr", children: row.map((value) => ({ tag: "mtd", children: [{ tag: "mn", children: [number(value, 4)] }] })) })) };
  const bracket = (/** @type {string} */ sign) => ({ tag: "mo", children: [sign] });
  const shown = formula({ tag: "math", children: [{ tag: "mrow", children: [bracket("["), matrix, bracket("]")] }] });
  return html`<div class="quantity"><p><code>${one.name}${one.formula ? ` = ${one.formula}` : ""}</code> <span class="soft">${one.meaning}</span></p><div class="scroll">${shown}</div></div>`;
}

/** @param {any} gradcheck */
function checks(gradcheck) {
  const engines = Object.keys(gradcheck.parameters[0]?.learners ?? {});
  return html`<details><summary>${gradcheck.failures.length ? `✗ ${gradcheck.failures[0]}` : "✓ Every gradient agrees: engines, autograd and finite differences"}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Gradients compared"><table><thead><tr><th scope="col">gradient of</th>${engines.map((name) => html`<th scope="col" class="number">${name}</th>`)}<th scope="col" class="number">finite differences</th></tr></thead>
      <tbody>${gradcheck.parameters.map((/** @type {any} */ row) => html`<tr><th scope="row">${row.name}</th>${engines.map((name) => html`<td class="number">${number(row.learners[name], 2)}</td>`)}<td class="number">${number(row.differences, 2)}</td></tr>`)}</tbody></table></div>
    <p class="caption">Relative differences from autograd; engines may differ by ${gradcheck.tolerances.learners}, finite differences by ${gradcheck.tolerances.differences}.</p></details>`;
}

customElements.define("nn-derivation", Derivation);
