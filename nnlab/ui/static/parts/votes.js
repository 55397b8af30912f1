// @ts-check
/** What R seeds say on a grid: how many agree, and in which colours that is shown. */

import { categorical, color, rgb } from "../colors.js";

/** @typedef {{seeds: number, height: number, width: number, data: Uint8Array, extent: number[]}} Regions */

/**
 * Return the class that most seeds say at each place, and how many say so.
 * @param {Regions} regions
 */
export function votes({ seeds, height, width, data }) {
  const size = height * width;
  const winner = new Uint8Array(size);
  const count = new Uint16Array(size);
  const tally = new Uint16Array(256);
  for (let place = 0; place < size; place++) {
    tally.fill(0);
    for (let seed = 0; seed < seeds; seed++) {
      const said = data[seed * size + place];
      tally[said] += 1;
      if (tally[said] > count[place]) [winner[place], count[place]] = [said, tally[said]];
    }
  }
  return { winner, count };
}

/**
 * Return the seeds' answers at a place.
 * @param {Regions} regions
 * @param {number} row
 * @param {number} column
 */
export function answersAt({ seeds, height, width, data }, row, column) {
  return Array.from({ length: seeds }, (_, seed) => data[seed * height * width + row * width + column]);
}

/**
 * Return the vote map as pixels: the more seeds agree, the further from the colour of the paper.
 * @param {Regions} regions
 * @param {number | null} solo One seed to show alone, or all.
 */
export function voteImage(regions, solo) {
  const one = solo === null ? regions : seedOf(regions, solo);
  const { winner, count } = votes(one);
  const image = new ImageData(one.width, one.height);
  const shades = palette(one.seeds, Math.max(1, ...winner) + 1);
  for (let place = 0; place < winner.length; place++) {
    image.data.set(shades[winner[place]][count[place]], place * 4);
  }
  return image;
}

/**
 * @param {Regions} regions
 * @param {number} seed
 * @returns {Regions}
 */
export function seedOf(regions, seed) {
  const size = regions.height * regions.width;
  return { ...regions, seeds: 1, data: regions.data.subarray(seed * size, (seed + 1) * size) };
}

/**
 * Return the colour of each class and each number of votes.
 * @param {number} seeds
 * @param {number} classes
 * @returns {number[][][]}
 */
export function palette(seeds, classes) {
  const paper = rgb(color("paper"));
  return Array.from({ length: classes }, (_, index) => {
    const full = rgb(categorical(index));
    return Array.from({ length: seeds + 1 }, (_, count) => [...mixed(paper, full, strength(count / seeds)), 255]);
  });
}

/**
 * Return how strong a share of the votes is shown: half of them as paper, all of them clearly.
 * @param {number} share
 */
export function strength(share) {
  return 0.03 + 0.45 * Math.max(0, (share - 0.34) / 0.66) ** 1.3;
}

/**
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} amount
 */
function mixed(from, to, amount) {
  return from.map((value, index) => Math.round(value + amount * (to[index] - value)));
}

/**
 * Say what a vote map shows.
 * @param {Regions} regions
 */
export function voteSentence(regions) {
  const { count } = votes(regions);
  let unanimous = 0;
  let divided = 0;
  for (const votes of count) {
    if (votes === regions.seeds) unanimous += 1;
    if (votes <= 0.6 * regions.seeds) divided += 1;
  }
  const percent = (/** @type {number} */ part) => `${Math.round((100 * part) / count.length)} %`;
  if (regions.seeds === 1) return "One seed; train more to see where they disagree.";
  return `All ${regions.seeds} seeds agree on ${percent(unanimous)} of the plane; on ${percent(divided)} no class has more than 60 % of their votes.`;
}
