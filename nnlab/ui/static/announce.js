// @ts-check
/** What a screen reader is told: one polite region, at most every five seconds for what changes by itself. */

const QUIET_MS = 5000;
let last = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Say the answer to something that the reader did.
 * @param {string} text
 */
export function say(text) {
  clearTimeout(timer);
  const region = document.getElementById("live");
  if (region) region.textContent = text;
  last = Date.now();
}

/**
 * Say what changed by itself; of several texts within five seconds, the newest.
 * @param {string} text
 */
export function report(text) {
  clearTimeout(timer);
  timer = setTimeout(() => say(text), Math.max(0, last + QUIET_MS - Date.now()));
}

/**
 * Show and say a short answer.
 * @param {string} text
 */
export function toast(text) {
  const box = document.getElementById("toast");
  if (!box) return;
  box.textContent = text;
  box.classList.add("shown");
  setTimeout(() => box.classList.remove("shown"), 1800);
  say(text);
}
