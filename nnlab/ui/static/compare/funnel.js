// @ts-check
/** The interval of the difference as it narrows, seed after seed. */

import { count } from "../format.js";
import { html, nothing, svg } from "../html.js";
import { plainTable } from "../parts/run-parts.js";
import { amount } from "./words.js";

/** @typedef {import("./live.js").State} State */
/** @typedef {import("./live.js").Look} Look */

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 310, 64, 16, 30, 48];

/** @param {State} state */
export function funnel(state) {
  const { looks, names, seeds } = state;
  const all = Math.max(2, state.status === "running" ? Math.min(seeds, Math.max(20, looks.length)) : looks.length);
  const most = reach(state);
  const x = (/** @type {number} */ seed) => LEFT + ((WIDTH - LEFT - RIGHT) * (seed - 0.5)) / all;
  const y = (/** @type {number} */ gain) => TOP + ((HEIGHT - TOP - BOTTOM) * (most - Math.max(-most, Math.min(most, gain)))) / (2 * most);
  return html`<section class="card"><h2>The interval as it narrows</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Interval by seeds"><svg class="funnel" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${sentence(state)}>
      <line x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(0)} y2=${y(0)} stroke="var(--line)" stroke-dasharray="5 4"></line>
      ${svg`<g font-size="12" fill="var(--soft)">${[most, 0, -most].map((value) => svg`<text x=${LEFT - 8} y=${y(value) + 4} text-anchor="end">${amount(state, value)}</text>`)}
        <text x=${LEFT} y="16">↑ ${names[0]} better</text><text x=${LEFT} y=${HEIGHT - 6}>↓ ${names[1]} better</text><text x=${WIDTH - RIGHT} y=${HEIGHT - 6} text-anchor="end">seeds of each</text>
        ${ticks(all).map((seed) => svg`<text x=${x(seed)} y=${HEIGHT - 26} text-anchor="middle">${seed}</text>`)}</g>`}
      ${looks.map((look) => bar(look, x(look.seeds), y, most))}
      ${gains(state).map((gain, index) => svg`<circle cx=${x(index + 1) + 7} cy=${y(gain)} r="2.6" fill="none" stroke="var(--soft)"></circle>`)}</svg></div>
    <p class="caption">Each bar holds the true difference for new seeds and new examples, all of them at once with 95 % certainty: look and stop when you like. Rings: the difference of each single seed; a dotted line: no bounds yet.</p>
    <details><summary>As a table</summary>${plainTable(table(state), "Intervals")}</details></section>`;
}

/** How far from zero the picture reaches: the seeds and the newest interval are whole, wider ones are cut off. @param {State} state */
function reach(state) {
  const last = state.looks.findLast((look) => look.low !== null);
  const ends = last ? [last.low, last.high] : [];
  const sizes = [...gains(state), ...ends].map((value) => Math.abs(value ?? 0));
  return 1.15 * Math.max(...sizes, 1e-9);
}

/**
 * By how much the first contender was better, seed by seed.
 * @param {State} state
 * @returns {number[]}
 */
export function gains({ found, names }) {
  if (!found) return [];
  const [first, second] = names.map((name) => found.contenders.find((/** @type {any} */ row) => row.name === name));
  const sign = found.lower_is_better ? -1 : 1;
  return first.per_seed.map((/** @type {number} */ value, /** @type {number} */ index) => sign * (value - second.per_seed[index]));
}

/**
 * @param {Look} look
 * @param {number} x
 * @param {(gain: number) => number} y
 * @param {number} most
 */
function bar(look, x, y, most) {
  const color = look.is_decided ? "var(--good)" : "var(--warn)";
  const [top, bottom] = [y(look.high ?? most), y(look.low ?? -most)];
  const isBound = look.low !== null;
  return svg`<g stroke=${color}><line x1=${x} x2=${x} y1=${top} y2=${bottom} stroke-width=${isBound ? 3 : 1} stroke-dasharray=${isBound ? nothing : "2 4"}></line>
    ${isBound ? [top, bottom].map((end) => svg`<line x1=${x - 5} x2=${x + 5} y1=${end} y2=${end} stroke-width="2"></line>`) : nothing}
    ${look.is_decided ? svg`<rect x=${x - 4.5} y=${y(look.gain) - 4.5} width="9" height="9" fill=${color}></rect>` : svg`<circle cx=${x} cy=${y(look.gain)} r="4" fill=${color}></circle>`}</g>`;
}

/** @param {number} all */
function ticks(all) {
  const step = Math.ceil(all / 20);
  return Array.from({ length: Math.floor(all / step) }, (_, index) => (index + 1) * step);
}

/** @param {State} state */
function sentence(state) {
  const last = state.looks.findLast((look) => look.low !== null);
  if (!last) return `Interval of the difference: no bounds after ${state.looks.length} of ${count(state.seeds, "seed")}.`;
  const first = /** @type {Look} */ (state.looks.find((look) => look.low !== null));
  const words = (/** @type {Look} */ look) => `from ${amount(state, look.low)} to ${amount(state, look.high)} after ${count(look.seeds, "seed")}`;
  return `By how much ${state.names[0]} is better than ${state.names[1]}: ${words(first)}, ${words(last)}; ${last.is_decided ? "zero is outside" : "zero is inside"}.`;
}

/** @param {State} state */
function table(state) {
  const rows = state.looks.map((look) => [String(look.seeds), amount(state, look.gain), amount(state, look.low), amount(state, look.high), look.is_decided ? "decided" : "no verdict yet"]);
  return { columns: ["seeds", `${state.names[0]} better by`, "from", "to", "verdict"], rows };
}
