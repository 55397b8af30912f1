// @ts-check
/** What the seeds get wrong of pictures, and the weights of their first layer. */

import { count } from "../format.js";
import { html, nothing } from "../html.js";
import "../parts/grey.js";

/** @typedef {import("../pages/play.js").Playground} Playground */
/** @typedef {import("./results.js").Weights} Weights */

const MAX_UNITS = 64;

/** @param {Playground} page */
export function results(page) {
  const { mistakes, weights } = page.results;
  return html`${mistakes ? wrong(mistakes) : nothing}${weights ? first(page, weights) : nothing}`;
}

/** @param {any} found */
function wrong(found) {
  const { accuracies, num_seeds: seeds, worst, pictures } = found;
  const ends = [Math.min(...accuracies), Math.max(...accuracies)].map((value) => `${(100 * value).toFixed(1)} %`);
  const range = ends[0] === ends[1] ? ends[0] : `${ends[0]} to ${ends[1]}`;
  return html`<section class="results" aria-label="What the seeds get wrong"><h3>What the seeds get wrong</h3>
    <p>${accuracies.length === 1 ? "One seed is" : `The ${accuracies.length} seeds are`} right about ${range} of the test pictures.
      ${worst ? html`The most frequent mistake takes ${worst.true} for ${worst.predicted}: ${times(worst.each)}.` : "None makes a mistake."}</p>
    <div class="wrong">${pictures.map((/** @type {any} */ picture, /** @type {number} */ index) => one(found, picture, index))}</div>
    ${pictures.length ? html`<p class="caption">The test pictures that most of ${count(seeds, "seed")} get wrong.</p>` : nothing}
    <details><summary>Confusion matrix</summary>${matrix(found)}</details></section>`;
}

/** Say how often the seeds make a mistake. @param {number[]} each */
function times(each) {
  const total = each.reduce((sum, many) => sum + many, 0);
  const [least, most] = [Math.min(...each), Math.max(...each)];
  if (each.length === 1) return count(total, "time");
  return `${count(total, "time")} by all seeds together, ${least === most ? count(least, "time") : `${least} to ${count(most, "time")}`} by each`;
}

/** @param {any} found @param {{true: string, votes: [string, number][]}} picture @param {number} index */
function one({ shape, pixels, num_seeds: seeds }, picture, index) {
  const [channels, height, width] = shape;
  const size = channels * height * width;
  const data = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0)).subarray(index * size, (index + 1) * size);
  const [[best, most], ...others] = picture.votes;
  const says = (/** @type {number} */ many) => (many === 1 ? "says" : "say");
  const rest = others.map(([name, many]) => `${many} ${says(many)} ${name}`).join(", ");
  const said = `${most} of ${count(seeds, "seed")} ${says(most)} ${best}`;
  return html`<figure><nn-grey .picture=${{ channels, height, width, pixels: data, label: `A ${picture.true}` }}></nn-grey>
    <figcaption><strong>${said}</strong>${rest ? `, ${rest}` : ""}<br>true: ${picture.true}</figcaption></figure>`;
}

/** @param {any} found */
function matrix({ classes, confusion, num_seeds: seeds }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion"><caption>Test examples of ${count(seeds, "seed")} together: rows are true classes, columns are answers.</caption>
    <thead><tr><th scope="col">true</th>${classes.map((/** @type {string} */ name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
    <tbody>${confusion.map((/** @type {number[]} */ row, /** @type {number} */ index) => html`<tr><th scope="row">${classes[index]}</th>${row.map((many, column) => cell(many, row, index === column))}</tr>`)}</tbody></table></div>`;
}

/** @param {number} many @param {number[]} row @param {boolean} isRight */
function cell(many, row, isRight) {
  const share = Math.sqrt(many / Math.max(1, row.reduce((sum, one) => sum + one, 0)));
  const background = many ? `color-mix(in srgb, var(--${isRight ? "c0" : "c1"}) ${Math.round(35 * share)}%, transparent)` : "none";
  return html`<td class="number" .style=${`background:${background}`}>${many || html`<span class="soft">0</span>`}</td>`;
}

/** @param {Playground} page @param {Weights} weights */
function first(page, { epoch, units, height, width, data }) {
  const { results, training } = page;
  const size = height * width;
  const shown = Math.min(units, MAX_UNITS);
  return html`<section class="results" aria-label="First-layer weights"><h3>First-layer weights <span class="soft number">after ${count(epoch, "epoch")}</span></h3>
    <p><label>of seed <select @change=${(/** @type {any} */ event) => void results.show(Number(event.target.value))}>${training.seeds.map((seed) => html`<option value=${seed} ?selected=${seed === results.seed}>${seed}</option>`)}</select></label></p>
    <div class="unit-grid">${Array.from({ length: shown }, (_, unit) => html`<nn-grey .picture=${{ height, width, pixels: data.subarray(unit * size, (unit + 1) * size), label: `Weights of unit ${unit + 1}` }}></nn-grey>`)}</div>
    <p class="caption">${shown < units ? `The first ${shown} of ${units} units` : count(units, "unit")}: white excites, black inhibits, grey is 0; each unit to its own scale.</p></section>`;
}
