// @ts-check
/** A question: choose, or think, and then read the answer. */

import { say } from "../announce.js";
import { html, nothing, render } from "../html.js";
import { tree } from "./tree.js";

/** How many there are: each has a name of its own, for its group of choices and for screen readers. */
let count = 0;

class Question extends HTMLElement {
  /** @type {any} */
  block = null;
  hasAnswer = true;
  /** @type {number | null} */
  #chosen = null;
  #name = `question ${++count}`;

  connectedCallback() {
    this.#draw();
  }

  #draw() {
    const { nodes, choices } = this.block;
    render(html`<section class="card question" aria-label=${this.#name}>${tree(nodes)}
      ${choices.length ? this.#choices() : this.hasAnswer ? html`<details><summary>Show an answer</summary>${tree(this.block.answer)}</details>` : nothing}</section>`, this);
  }

  #choices() {
    const { choices, answer } = this.block;
    const isChosen = this.#chosen !== null;
    return html`<fieldset><legend class="unseen">Choose one</legend>${choices.map((/** @type {any} */ choice, /** @type {number} */ index) => html`
        <label class=${this.#chosen === index && this.hasAnswer ? (choice.is_right ? "right" : "wrong") : ""}>
          <input type="radio" name=${this.#name} .checked=${this.#chosen === index} @change=${() => this.#choose(index)}><span>${tree(choice.nodes)}</span>
          ${this.#chosen === index && this.hasAnswer ? html`<strong>${choice.is_right ? "✓ right" : "✗ not this one"}</strong>` : nothing}</label>`)}</fieldset>
      ${isChosen && this.hasAnswer ? html`<div class="why">${tree(answer)}</div>` : nothing}`;
  }

  /** @param {number} index */
  #choose(index) {
    this.#chosen = index;
    this.#draw();
    if (this.hasAnswer) say(this.block.choices[index].is_right ? "Right." : "Not this one.");
  }
}

customElements.define("nn-question", Question);
