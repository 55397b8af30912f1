// @ts-check
/** Takes the place of `router.js` in a file: its only page, with its view in the address where a browser allows it. */

import { changed } from "../address.js";

let url = new URL(location.href);

export function navigate() {}

/** Return the address of the view that is shown. */
export function address() {
  return url;
}

/**
 * Write changes into the query of the address; null takes a name out.
 * @param {Record<string, string | null>} changes
 * @returns {URL} The new address.
 */
export function setQuery(changes) {
  url = changed(url, changes);
  try {
    history.replaceState(null, "", url);
  } catch {
    // A browser may forbid it for files; the view changes all the same.
  }
  return url;
}
