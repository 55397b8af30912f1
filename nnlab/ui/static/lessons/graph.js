// @ts-check
/** The autograd graph of an expression at a point, and its derivative in three ways. */

import { get } from "../api.js";
import { number } from "../format.js";
import { html, nothing, render } from "../html.js";
import { tree } from "./tree.js";

class Graph extends HTMLElement {
  /** @type {any} */
  block = null;
  #theta = 1;
  /** @type {any} */
  #answer = null;
  #error = "";
  #isAsking = false;

  connectedCallback() {
    this.#draw();
  }

  async #ask() {
    [this.#isAsking, this.#error] = [true, ""];
    this.#draw();
    try {
      this.#answer = await get("/api/lesson-graph", { theta: this.#theta });
    } catch (error) {
      this.#error = /** @type {Error} */ (error).message;
    }
    this.#isAsking = false;
    this.#draw();
  }

  #draw() {
    const found = this.#answer;
    render(html`<section class="card" aria-label="Autograd graph">${tree(this.block.nodes)}
      <div class="tools"><label>theta <input type="number" min="-10" max="10" step="any" .value=${String(this.#theta)} @change=${(/** @type {any} */ event) => { this.#theta = Number(event.target.value); }}></label>
        <button type="button" class="primary" ?disabled=${this.#isAsking} @click=${() => void this.#ask()}>${this.#isAsking ? "Drawing…" : "Draw the graph"}</button></div>
      ${this.#error ? html`<p class="notice error" role="alert">${this.#error}</p>` : nothing}
      ${found ? html`<div class="side-by-side"><pre tabindex="0" aria-label="Graph">${found.graph}</pre>
        <dl class="facts"><dt>value</dt><dd class="number">${number(found.value, 6)}</dd><dt>autograd</dt><dd class="number">${number(found.autograd, 13)}</dd>
          <dt>by hand</dt><dd class="number">${number(found.symbolic, 13)}</dd><dt>finite difference</dt><dd class="number">${number(found.finite_difference, 13)}</dd></dl></div>` : nothing}</section>`, this);
  }
}

customElements.define("nn-graph", Graph);
