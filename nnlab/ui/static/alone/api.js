// @ts-check
/** Takes the place of `api.js` in a file: what a server answered when the file was written. */

/** @typedef {Record<string, string | number | string[] | null | undefined>} Query */

/** @type {{kind: string, ids: string[], answers: Record<string, any>, pictures: Record<string, string>, inks: Record<string, string[]>}} */
export const content = JSON.parse(document.getElementById("content")?.textContent ?? "");

export const isServed = false;

/**
 * Return what the server answered.
 * @param {string} path
 * @param {Query} [query] However many points are asked for, the file has as many as it has.
 */
export async function get(path, query = {}) {
  const values = Object.entries(query).filter(([name, value]) => name !== "buckets" && value !== null && value !== undefined)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => `${name}=${one}`));
  const address = [path, ...values].join("&");
  if (!(address in content.answers)) throw new Error(`this file has no answer to ${address}`);
  return content.answers[address];
}

export async function post() {
  throw new Error("nothing can be changed in a file");
}

/**
 * Return the address of a picture, in the colours of a theme.
 * @param {string} address
 * @param {string} theme
 */
export function picture(address, theme) {
  const [ink, faint] = content.inks[theme];
  const svg = content.pictures[address].replaceAll("currentColor", ink).replaceAll("var(--faint)", faint);
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
