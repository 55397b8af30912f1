// @ts-check
/** The templates of the page: lit-html, which escapes every text. */

/** @typedef {unknown} Template What `html` and `svg` return. */

export { html, noChange, nothing, render, svg } from "./vendor/lit-html-3.3.3/lit-html.js";
export { live } from "./vendor/lit-html-3.3.3/directives/live.js";
import { repeat as typed } from "./vendor/lit-html-3.3.3/directives/repeat.js";

/**
 * Return a template for each item; elements move with their key.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => unknown} key
 * @param {(item: T) => Template} template
 * @returns {Template}
 */
export function repeat(items, key, template) {
  return typed(items, key, template);
}
