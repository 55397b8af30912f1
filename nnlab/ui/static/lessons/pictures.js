// @ts-check
/** Pictures of lessons: curves of activations, the spread through ten layers, and a convolution by number. */

import { get } from "../api.js";
import { DASHES, categorical } from "../colors.js";
import { number } from "../format.js";
import { html, nothing, render, svg } from "../html.js";
import { tree } from "./tree.js";
import "../parts/chart.js";

const CELL = 22;

class Picture extends HTMLElement {
  /** @type {any} */
  block = null;
  /** @type {Record<string, string | number>} */
  #query = {};
  /** @type {any} */
  #answer = null;
  #error = "";
  #place = [3, 3];

  connectedCallback() {
    void this.#ask();
  }

  async #ask() {
    try {
      this.#answer = await get(`/api/lesson-pictures/${this.block.picture}`, this.#query);
      this.#error = "";
    } catch (error) {
      this.#error = /** @type {Error} */ (error).message;
    }
    this.#draw();
  }

  /** @param {Record<string, string | number>} changes */
  #change(changes) {
    this.#query = { ...this.#query, ...changes };
    void this.#ask();
  }

  #draw() {
    const draw = { activations: () => activations(this.#answer), initialisation: () => this.#initialisation(), convolution: () => this.#convolution() }[/** @type {"activations"} */ (this.block.picture)];
    render(html`<section class="card lesson-picture" aria-label=${`Picture: ${this.block.picture}`}>${tree(this.block.nodes)}
      ${this.#error ? html`<p class="notice error">${this.#error}</p>` : nothing}${this.#answer ? draw() : nothing}</section>`, this);
  }

  /** @param {string} label @param {string} key @param {number} high */
  #whole(label, key, high) {
    return html`<label>${label} <input type="number" min="0" max=${high} .value=${String(this.#query[key] ?? 0)} @change=${(/** @type {any} */ event) => this.#change({ [key]: Math.min(high, Math.max(0, Math.round(Number(event.target.value)) || 0)) })}></label>`;
  }

  #initialisation() {
    const spec = { title: "Spread of the activations", x: "layer", isLogY: true, lines: lines(this.#answer, "value"), caption: "Standard deviation over 200 random inputs and 100 tanh units." };
    return html`<div class="tools">${this.#whole("seed", "seed", 9999)}</div><nn-chart .spec=${spec}></nn-chart>`;
  }

  #convolution() {
    const found = this.#answer;
    const point = (/** @type {number[]} */ place) => { this.#place = place; this.#draw(); };
    const [row, column] = this.#place;
    return html`<div class="tools">${this.#whole("digit", "digit", 99)}
        <label>kernel <select @change=${(/** @type {any} */ event) => this.#change({ kernel: event.target.value })}>${found.kernels.map((/** @type {string} */ name) => html`<option ?selected=${name === this.#query.kernel}>${name}</option>`)}</select></label>
        <label>row <input type="number" min="0" max="7" .value=${String(row)} @change=${(/** @type {any} */ event) => point([bounded(event.target.value), column])}></label>
        <label>column <input type="number" min="0" max="7" .value=${String(column)} @change=${(/** @type {any} */ event) => point([row, bounded(event.target.value)])}></label></div>
      <div class="grids">${grid(`a handwritten ${found.label}`, found.image, [row, column, 1], point)}${grid("convolved", found.convolved, [row, column, 0], point)}
        ${grid("after ReLU", found.rectified, [row, column, 0], point)}${grid("largest of 2 × 2", found.pooled, [Math.floor(row / 2), Math.floor(column / 2), 0], ([r, c]) => point([2 * r, 2 * c]))}</div>
      <p class="reading number" aria-live="polite">${sum(found, row, column)}</p>`;
  }
}

/** @param {any} found */
function activations(found) {
  return html`<div class="side-by-side"><nn-chart .spec=${{ title: "Activation", x: "z", lines: lines(found, "value") }}></nn-chart>
    <nn-chart .spec=${{ title: "Slope", x: "z", lines: lines(found, "slope") }}></nn-chart></div>`;
}

/**
 * @param {any} found
 * @param {string} key
 */
function lines(found, key) {
  return found.lines.map((/** @type {any} */ one, /** @type {number} */ index) => ({ label: one.name, color: categorical(index), dash: DASHES[index], x: found.x, mean: one[key], low: one[key], high: one[key], seeds: [] }));
}

/** @param {string} text */
function bounded(text) {
  return Math.min(7, Math.max(0, Math.round(Number(text)) || 0));
}

/**
 * @param {string} title
 * @param {number[][]} values
 * @param {number[]} mark Row, column, and how many cells around it belong to it.
 * @param {(place: number[]) => void} point
 */
function grid(title, values, [row, column, around], point) {
  const size = values.length * CELL;
  const most = Math.max(1e-9, ...values.flat().map(Math.abs));
  return html`<figure><svg viewBox="0 0 ${size} ${size}" width=${size} height=${size} role="img" aria-label=${`${title}; ${values.length} by ${values.length} numbers, at row ${row}, column ${column}: ${number(values[row][column], 3)}`}>
    ${values.map((line, r) => line.map((value, c) => svg`<rect x=${c * CELL} y=${r * CELL} width=${CELL} height=${CELL} fill=${value < 0 ? "var(--c1)" : "var(--c0)"} fill-opacity=${Math.abs(value) / most} stroke="var(--faint)" @pointerenter=${() => point([r, c])}></rect>`))}
    ${svg`<rect x=${(column - around) * CELL} y=${(row - around) * CELL} width=${(1 + 2 * around) * CELL} height=${(1 + 2 * around) * CELL} fill="none" stroke="var(--ink)" stroke-width="2" pointer-events="none"></rect>`}</svg>
    <figcaption>${title}</figcaption></figure>`;
}

/** The sum behind one number. @param {any} found @param {number} row @param {number} column */
function sum(found, row, column) {
  const terms = found.kernel.flatMap((/** @type {number[]} */ line, /** @type {number} */ i) => line.map((weight, j) => [weight, found.image[row + i - 1]?.[column + j - 1] ?? 0])).filter((/** @type {number[]} */ [weight, pixel]) => weight && pixel);
  const text = terms.map((/** @type {number[]} */ [weight, pixel]) => `${number(weight, 2)} × ${number(pixel, 2)}`).join(" + ") || "0";
  return `Row ${row}, column ${column}: ${text} = ${number(found.convolved[row][column], 3)}`;
}

customElements.define("nn-picture", Picture);
