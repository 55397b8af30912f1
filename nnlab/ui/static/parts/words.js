// @ts-check
/** What a chart or data show, as a sentence and as a table. */

import { count, number, spread } from "../format.js";
import { html } from "../html.js";

const ROWS = 12;

/**
 * Return a chart as a sentence.
 * @param {import("./chart.js").Spec} spec
 */
export function sentence(spec) {
  const parts = spec.lines.filter((line) => line.x.length).map((line) => told(line, spec.x));
  return parts.length ? `${spec.title}. ${parts.join(" ")}` : `${spec.title}: no values yet.`;
}

/**
 * @param {import("./series.js").Line} line
 * @param {string} axis
 */
function told(line, axis) {
  const last = line.x.length - 1;
  const range = spread(line.mean[last], line.low[last], line.high[last]);
  const lost = line.nonfinite?.length ? ` ${line.nonfinite.length} values are not finite.` : "";
  return `${line.label}: mean ${number(line.mean[0], 3)} at ${axis} ${number(line.x[0])}, ${range} at ${axis} ${number(line.x[last])}.${lost}`;
}

/**
 * Say how many points there are, and of which class.
 * @param {number[]} targets
 * @param {string[]} classes No names for numbers.
 */
export function dataSentence(targets, classes) {
  const all = count(targets.length, "point");
  if (!classes.length || !targets.length) return all;
  const sizes = classes.map((name, index) => ({ name, size: targets.filter((target) => target === index).length })).filter(({ size }) => size);
  return `${all}: ${sizes.map(({ name, size }, place) => `${size} of ${place ? "" : "class "}${name}`).join(", ")}`;
}

/**
 * Return the values of a chart at up to a dozen places.
 * @param {import("./chart.js").Spec} spec
 */
export function valueTable(spec) {
  const places = chosen([...new Set(spec.lines.flatMap((line) => line.x))].sort((a, b) => a - b));
  return html`<table><thead><tr><th scope="col">${spec.x}</th>${spec.lines.map((line) => html`<th scope="col" class="number">${line.label}</th>`)}</tr></thead>
    <tbody>${places.map((x) => html`<tr><th scope="row">${number(x)}</th>${spec.lines.map((line) => cell(line, x))}</tr>`)}</tbody></table>`;
}

/** @param {number[]} all */
function chosen(all) {
  if (all.length <= ROWS) return all;
  const step = (all.length - 1) / (ROWS - 1);
  return Array.from({ length: ROWS }, (_, row) => all[Math.round(row * step)]);
}

/**
 * @param {import("./series.js").Line} line
 * @param {number} x
 */
function cell(line, x) {
  const index = line.x.indexOf(x);
  return html`<td class="number">${index < 0 ? number(null) : spread(line.mean[index], line.low[index], line.high[index])}</td>`;
}
