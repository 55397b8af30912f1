// @ts-check
/** What the seeds of a run say after one of its epochs, and their curves, as the server computes them. */

import { bytes, get } from "../api.js";

/**
 * @typedef {object} Frame What the seeds say after one epoch.
 * @property {number} epoch The one before, if the weights of the asked one are kept no more.
 * @property {{seeds: number, height: number, width: number, data: Uint8Array, extent: number[]} | null} regions
 * @property {number[][][][]} contours Of each seed, its lines of points.
 * @property {any} bands
 */

/** @typedef {{epochs: number[], kind: string, seeds: number[], has_units: boolean, is_of_pictures: boolean, newest: number | null}} Frames Which epochs can be shown, and as what. */

const [COARSE, FINE] = [48, 96];
const [MAIN, BUCKETS] = [/^(train|val)\.(loss|accuracy|rmse|r2)$/, 400];
/** @type {Frames} */
export const NO_FRAMES = { epochs: [], kind: "none", seeds: [], has_units: false, is_of_pictures: false, newest: null };

/**
 * @param {string} path Of the run.
 * @param {string} kind Whether regions or bands are drawn.
 * @param {number} epoch
 * @returns {Promise<Frame>}
 */
export async function wholeFrame(path, kind, epoch) {
  if (kind === "bands") {
    const bands = await get(`${path}/bands`, { epoch });
    return { epoch: bands.epoch, regions: null, contours: [], bands };
  }
  const [frame, contours] = await Promise.all([regions(path, epoch, FINE), get(`${path}/contours`, { epoch })]);
  return { ...frame, contours: contours.seeds };
}

/** Return coarse regions, which come soonest. @param {string} path @param {number} epoch */
export function coarseFrame(path, epoch) {
  return regions(path, epoch, COARSE);
}

/** @param {string} path @param {number} epoch @param {number} size Points across and down. @returns {Promise<Frame>} */
async function regions(path, epoch, size) {
  const { data, headers } = await bytes(`${path}/regions`, { epoch, size });
  const numbers = (/** @type {string} */ name) => (headers.get(name) ?? "").split(",").map(Number);
  const [seeds, height, width] = numbers("X-Shape");
  const found = { seeds, height, width, data, extent: numbers("X-Extent") };
  return { epoch: Number(headers.get("X-Epoch")), regions: found, contours: [], bands: null };
}

/**
 * Return the maps of the hidden units of a seed, and how many each layer has.
 * @param {string} path Of the run.
 * @param {number} epoch
 * @param {number} seed
 */
export async function unitsOf(path, epoch, seed) {
  const { data, headers } = await bytes(`${path}/units`, { epoch, seed });
  return { data, widths: (headers.get("X-Layers") ?? "").split(",").filter(Boolean).map(Number) };
}

/** Return the curves that the playground draws. @param {string} path Of the run. @param {string[]} metrics All that it has. */
export async function curves(path, metrics) {
  const metric = metrics.filter((name) => MAIN.test(name));
  const answer = metric.length ? await get(`${path}/series`, { metric, buckets: BUCKETS }) : { series: [] };
  return answer.series ?? [answer];
}
