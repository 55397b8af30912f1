// @ts-check
/** The colours of the theme, for what is drawn on a canvas. */

export const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [12, 4]];

/**
 * Return a colour of the theme.
 * @param {string} name Of the custom property, without dashes: "ink", "c0".
 */
export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * Return the colour of a class, a run or a split.
 * @param {number} index
 */
export function categorical(index) {
  return color(`c${index % 10}`);
}

/**
 * Return a colour's red, green and blue [0 to 255].
 * @param {string} text "#rgb" or "#rrggbb".
 * @returns {[number, number, number]}
 */
export function rgb(text) {
  const digits = text.length === 4 ? [...text.slice(1)].map((digit) => digit + digit).join("") : text.slice(1, 7);
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/**
 * Return a colour with an opacity.
 * @param {string} text "#rrggbb".
 * @param {number} alpha From 0 to 1.
 */
export function faded(text, alpha) {
  return `rgb(${rgb(text).join(" ")} / ${alpha})`;
}

/** Return the theme that is seen, of the reader or of the system. */
export function theme() {
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  return document.documentElement.dataset.theme ?? (isDark ? "dark" : "light");
}

/** Of each split: its colour, and its dash as the second sign. */
export const SPLITS = /** @type {Record<string, {color: number, dash: number}>} */ ({
  train: { color: 0, dash: 1 },
  val: { color: 1, dash: 0 },
  test: { color: 2, dash: 2 },
});
