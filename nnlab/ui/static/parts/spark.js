// @ts-check
/** Small pictures of a run in a row of a table: its curve with spread, and its seeds as dots. */

import { number } from "../format.js";
import { html, nothing, svg } from "../html.js";

const WIDTH = 120;
const HEIGHT = 34;

/** @typedef {{epochs: number[], mean: (number | null)[], low: (number | null)[], high: (number | null)[]}} Spark */

/**
 * Return the mean of a metric over epochs with its interval over seeds.
 * @param {Spark | null | undefined} spark
 */
export function sparkline(spark) {
  const points = (spark?.epochs ?? []).map((epoch, index) => at(/** @type {Spark} */ (spark), epoch, index)).filter(isDrawn);
  if (points.length < 2) return nothing;
  const place = scales(points);
  const upper = points.map((point) => place(point.epoch, point.high));
  const lower = points.map((point) => place(point.epoch, point.low)).reverse();
  const mean = points.map((point) => place(point.epoch, point.mean));
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">${svg`
    <path d="M${upper.join("L")}L${lower.join("L")}Z" fill="var(--c0)" fill-opacity=".2"></path>
    <path d="M${mean.join("L")}" fill="none" stroke="var(--c0)" stroke-width="1.8" vector-effect="non-scaling-stroke"></path>`}</svg>`;
}

/**
 * @param {Spark} spark
 * @param {number} epoch
 * @param {number} index
 */
function at(spark, epoch, index) {
  const mean = spark.mean[index];
  return { epoch, mean: mean ?? NaN, low: spark.low[index] ?? mean ?? NaN, high: spark.high[index] ?? mean ?? NaN };
}

/** @param {{mean: number}} point */
function isDrawn(point) {
  return Number.isFinite(point.mean);
}

/** @param {{epoch: number, low: number, high: number}[]} points */
function scales(points) {
  const [first, last] = [points[0].epoch, points[points.length - 1].epoch];
  const low = Math.min(...points.map((point) => point.low));
  const range = Math.max(...points.map((point) => point.high)) - low || 1;
  return (/** @type {number} */ epoch, /** @type {number} */ value) =>
    `${((WIDTH * (epoch - first)) / (last - first || 1)).toFixed(1)} ${(HEIGHT - 2 - ((HEIGHT - 4) * (value - low)) / range).toFixed(1)}`;
}

/**
 * Return each seed's value as a dot, over the interval of the mean.
 * @param {(number | null)[]} values
 * @param {number | null} low
 * @param {number | null} high
 */
export function strip(values, low, high) {
  const finite = /** @type {number[]} */ (values.filter((value) => value !== null && Number.isFinite(value)));
  if (finite.length < 2) return nothing;
  const all = [...finite, low ?? finite[0], high ?? finite[0]];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const x = (/** @type {number} */ value) => (most === least ? 60 : 6 + (108 * (value - least)) / (most - least));
  return html`<svg class="strip" viewBox="0 0 120 26" role="img"
    aria-label="${finite.length} seeds from ${number(least, 3)} to ${number(most, 3)}">${svg`
    <line x1="6" x2="114" y1="13" y2="13" stroke="var(--faint)"></line>
    ${low === null || high === null ? nothing : svg`<rect x=${x(low)} width=${Math.max(1, x(high) - x(low))} y="7" height="12" rx="3" fill="var(--c0)" fill-opacity=".2"></rect>`}
    ${finite.map((value) => svg`<circle cx=${x(value)} cy="13" r="3.2" fill="var(--c0)" fill-opacity=".75"></circle>`)}`}</svg>`;
}
