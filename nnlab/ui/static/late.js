// @ts-check
/** Modules that are loaded when they are first needed: the first load of a page stays small. */

/**
 * Return a function that gives a module, or null until it is there and `changed` is called.
 * @template Module
 * @param {() => Promise<Module>} load
 * @returns {(changed: () => void) => Module | null}
 */
export function late(load) {
  /** @type {Module | null} */
  let found = null;
  /** @type {(() => void)[]} */
  const waiting = [];
  return (changed) => {
    if (!found && waiting.push(changed) === 1) {
      void load().then((module) => {
        found = module;
        for (const one of waiting.splice(0)) one();
      });
    }
    return found;
  };
}
