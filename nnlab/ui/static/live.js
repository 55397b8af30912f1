// @ts-check
/** One stream of events for the whole tab: a browser allows six to a server, over all tabs. */

import { stream } from "./api.js";

/** @typedef {(kind: string, facts: any) => void} Handler */

/** @type {Map<string, {cursor: number, handlers: Set<Handler>}>} */
const watched = new Map();
/** @type {Record<string, Set<Handler>>} */
const listeners = { runs: new Set(), comparison: new Set() };
/** @type {EventSource | null} */
let source = null;
let is_due = false;
let numStreams = 1;
// Tabs that draw something live rest longer than they work, and the longer, the more they are: the training comes first.
const [MIN_REST_MS, MAX_REST_MS, REST] = [150, 3000, 4];

/**
 * Rest after a drawing, once it is painted.
 * @param {number} began When the work for it began, by `performance.now` [ms].
 */
export async function rest(began) {
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  const wanted = REST * numStreams ** 2 * (performance.now() - began);
  await new Promise((rested) => setTimeout(rested, Math.min(MAX_REST_MS, Math.max(MIN_REST_MS, wanted))));
}

/**
 * Call a function for what happens to a run: `records`, `reset`, `status`, `frame`.
 * @param {string} run
 * @param {number} cursor The byte of its metrics up to which it is known.
 * @param {Handler} handler
 * @returns {() => void} Ends the watching.
 */
export function watch(run, cursor, handler) {
  const entry = watched.get(run) ?? { cursor, handlers: new Set() };
  entry.handlers.add(handler);
  watched.set(run, entry);
  reopenSoon();
  return () => {
    entry.handlers.delete(handler);
    if (!entry.handlers.size) watched.delete(run);
    reopenSoon();
  };
}

/**
 * Call a function when the list of runs changed.
 * @param {Handler} handler
 * @returns {() => void} Ends the watching.
 */
export function watchList(handler) {
  return hear("runs", handler);
}

/**
 * Call a function when there is more to know of the comparison of this server.
 * @param {Handler} handler
 * @returns {() => void} Ends the watching.
 */
export function watchComparison(handler) {
  return hear("comparison", handler);
}

/**
 * @param {string} kind
 * @param {Handler} handler
 */
function hear(kind, handler) {
  listeners[kind].add(handler);
  reopenSoon();
  return () => {
    listeners[kind].delete(handler);
    reopenSoon();
  };
}

function reopenSoon() {
  if (is_due) return;
  is_due = true;
  queueMicrotask(() => {
    is_due = false;
    reopen();
  });
}

function reopen() {
  source?.close();
  source = null;
  if (document.hidden || (!watched.size && !Object.values(listeners).some((handlers) => handlers.size))) return;
  source = stream(new Map([...watched].map(([run, entry]) => [run, entry.cursor])));
  for (const kind of ["records", "reset", "status", "frame"]) {
    source.addEventListener(kind, (event) => deliver(kind, event));
  }
  for (const [kind, handlers] of Object.entries(listeners)) {
    source.addEventListener(kind, (event) => {
      for (const handler of handlers) handler(kind, JSON.parse(event.data));
    });
  }
}

/**
 * @param {string} kind
 * @param {MessageEvent} event
 */
function deliver(kind, event) {
  remember(event.lastEventId);
  const facts = JSON.parse(event.data);
  numStreams = facts.num_streams ?? numStreams;
  for (const handler of [...(watched.get(facts.run)?.handlers ?? [])]) handler(kind, facts);
}

/**
 * Remember how far each run is known, for when the stream is opened anew.
 * @param {string} cursors `run:byte,run:byte`
 */
function remember(cursors) {
  for (const word of cursors.split(",")) {
    const [run, cursor] = word.split(":");
    const entry = watched.get(run);
    if (entry) entry.cursor = Number(cursor);
  }
}

document.addEventListener("visibilitychange", reopenSoon);
