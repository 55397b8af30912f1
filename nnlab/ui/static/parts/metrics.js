// @ts-check
/** The metrics of a run as groups of lines: one chart for each, its splits together. */

import { categorical, DASHES, SPLITS } from "../colors.js";
import { count } from "../format.js";

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
 * Return what the lines and points of a chart stand for.
 * @param {any[]} all The series in it.
 */
export function captionOf(...all) {
  const sizes = all.map((series) => series.num_seeds ?? series.seeds?.length ?? 1);
  const seeds = between(sizes, "seed");
  const lines = all[0].seeds ? "thin lines are seeds, " : "";
  const band = Math.max(...sizes) > 1 ? "the band is the 95 % interval of their mean" : "one seed has no interval";
  const per = all.map((series) => series.epochs_per_bucket);
  const pixel = Math.max(...per) > 1 ? `; each point stands for ${between(per, "epoch")} × ${seeds}` : "";
  return `${seeds}: ${lines}${band}${pixel}.`;
}

/** @param {number[]} sizes @param {string} noun */
function between(sizes, noun) {
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return least === most ? count(most, noun) : `${least} to ${count(most, noun)}`;
}
