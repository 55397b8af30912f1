// @ts-check
/** Everything that the page asks the server: no other module fetches. */

/** What the server refused, in its own words. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{text?: string, key?: string, place?: string}} facts
   */
  constructor(status, facts) {
    super(facts.text ?? `the server answered ${status}`);
    this.status = status;
    this.key = facts.key ?? null;
    this.place = facts.place ?? null;
  }
}

/** Whether a server answers, and can be told to change something; a file has none. */
export const isServed = true;

/**
 * Return the address of a picture, in the colours of a theme.
 * @param {string} address
 * @param {string} theme
 */
export function picture(address, theme) {
  return `${address}?theme=${theme}`;
}

/**
 * @typedef {Record<string, string | number | string[] | null | undefined>} Query
 */

/**
 * Return what a route answers to GET.
 * @param {string} path
 * @param {Query} [query] Values that are null or empty are left out.
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, query = {}, signal) {
  return (await ask(path + written(query), { signal })).json();
}

/**
 * Return what a route answers to POST.
 * @param {string} path
 * @param {object} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function post(path, body = {}, signal) {
  const headers = { "Content-Type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body), signal })).json();
}

/**
 * Return the bytes that a route answers, and its headers.
 * @param {string} path
 * @param {Query} [query]
 * @param {AbortSignal} [signal]
 */
export async function bytes(path, query = {}, signal) {
  const answer = await ask(path + written(query), { signal });
  return { data: new Uint8Array(await answer.arrayBuffer()), headers: answer.headers };
}

/**
 * Return the stream of what happens to runs and to the list.
 * @param {Map<string, number>} cursors Of each watched run, the byte up to which it is known.
 */
export function stream(cursors) {
  const watch = [...cursors].map(([run, cursor]) => `${run}:${cursor}`).join(",");
  return new EventSource("/api/events" + written({ watch }));
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, credentials: "same-origin" });
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new ApiError(0, { text: "the server does not answer: is nnlab ui still running?" });
  }
  if (!answer.ok) throw new ApiError(answer.status, await reason(answer));
  return answer;
}

/** @param {Response} answer */
async function reason(answer) {
  if (answer.status === 401 || answer.status === 403) {
    return { text: "this browser has no key to this server, or an old one: open the address that nnlab ui has printed" };
  }
  try {
    return (await answer.json()).error ?? {};
  } catch {
    return {};
  }
}

/** @param {Query} query */
function written(query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") search.append(name, String(one));
    }
  }
  return search.size ? `?${search}` : "";
}
