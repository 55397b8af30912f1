// @ts-check
/** The metrics of a run as groups of lines: one chart for each, its splits together. */

import { categorical, DASHES, SPLITS } from "../colors.js";
import { count, number } from "../format.js";

/**
 * Return the metrics that belong into one chart, by what they measure.
 * @param {string[]} metrics Such as `val.loss`.
 * @returns {Map<string, string[]>}
 */
export function grouped(metrics) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const metric of metrics) {
    const [split, ...rest] = metric.split(".");
    const name = split in SPLITS ? rest.join(".") : metric;
    groups.set(name, [...(groups.get(name) ?? []), metric]);
  }
  return groups;
}

/**
 * Return the line of a series that the server sent.
 * @param {any} series
 * @param {{label: string, color: string, dash: number[]}} look
 * @returns {import("./series.js").Line}
 */
export function lineOf(series, look) {
  const { mean, low, high } = series;
  return { ...look, x: series.epochs, mean, low, high, seeds: series.seeds ?? [], nonfinite: series.nonfinite ?? [] };
}

/**
 * Return how a metric of one run is drawn: by its split.
 * @param {string} metric
 */
export function lookOf(metric) {
  const split = metric.split(".")[0];
  const { color, dash } = SPLITS[split] ?? { color: 3, dash: 0 };
  return { label: split in SPLITS ? split : metric, color: categorical(color), dash: DASHES[dash] };
}

/**
 * Return what a pixel of the chart stands for.
 * @param {any} series
 */
export function captionOf(series) {
  const seeds = count(series.num_seeds ?? series.seeds?.length ?? 1, "seed");
  const lines = series.seeds ? "thin lines are seeds, " : "";
  const band = (series.num_seeds ?? 2) > 1 ? "the band is the 95 % interval of their mean" : "one seed has no interval";
  const per = series.epochs_per_bucket;
  const pixel = per > 1 ? `; each point stands for ${number(per, 3)} epochs × ${seeds}` : "";
  return `${seeds}: ${lines}${band}${pixel}.`;
}
