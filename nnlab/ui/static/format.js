// @ts-check
/** Numbers, times and counts as people read them. */

const DASH = "–";

/**
 * Return a number in at most `digits` significant digits.
 * @param {number | null | undefined} value null stands for what is not finite or not there.
 * @param {number} [digits]
 * @returns {string}
 */
export function number(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace("-", "−");
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-4 || size >= 1e6) ? value.toExponential(digits - 2) : trimmed(value, digits);
  return text.replace("-", "−").replace(/\.?0*e\+?/, "e");
}

/**
 * @param {number} value
 * @param {number} digits
 */
function trimmed(value, digits) {
  return String(Number(value.toPrecision(digits)));
}

/**
 * Return a mean and half of its interval with the digits that the interval leaves.
 * @param {number | null | undefined} mean
 * @param {number | null | undefined} low
 * @param {number | null | undefined} high
 */
export function spread(mean, low, high) {
  const half = halfWidth(low, high);
  if (mean === null || mean === undefined || half === null || half === 0) return number(mean);
  const decimals = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(half))));
  if (decimals === 8 || Math.abs(mean) >= 1e6) return `${number(mean)} ± ${number(half, 2)}`;
  return `${mean.toFixed(decimals).replace("-", "−")} ± ${half.toFixed(decimals)}`;
}

/**
 * @param {number | null | undefined} low
 * @param {number | null | undefined} high
 * @returns {number | null}
 */
export function halfWidth(low, high) {
  if (low === null || low === undefined || high === null || high === undefined) return null;
  return (high - low) / 2;
}

/**
 * Return a sentence whose numbers stay with their percent signs at the end of a line.
 * @param {string | null | undefined} text
 */
export function tied(text) {
  return (text ?? "").replaceAll(" %", "\u00a0%");
}

/**
 * Return the value of a setting as an experiment writes it.
 * @param {unknown} value
 */
export function setting(value) {
  if (value === null || value === undefined) return DASH;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Return a duration, "0.6 s", "12 min 5 s".
 * @param {number | null | undefined} seconds
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return DASH;
  if (seconds < 10) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Return how long ago a moment was.
 * @param {string | null | undefined} when In ISO 8601.
 */
export function ago(when) {
  const then = Date.parse(when ?? "");
  if (Number.isNaN(then)) return DASH;
  const seconds = (Date.now() - then) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86400) return count(Math.floor(seconds / 86400), "day") + " ago";
  return new Date(then).toISOString().slice(0, 10);
}

/**
 * Return bytes in the unit that fits.
 * @param {number} size
 */
export function bytes(size) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, size < 1 ? 0 : Math.floor(Math.log10(size) / 3));
  return `${number(size / 1000 ** power, 3)} ${units[power]}`;
}

/**
 * Return a number of things: "1 seed", "10 seeds".
 * @param {number} size
 * @param {string} noun
 */
export function count(size, noun) {
  return `${size.toLocaleString("en")} ${noun}${size === 1 ? "" : "s"}`;
}
