// @ts-check
/** Addresses with a readable query. */

/**
 * Return an address with changes in its query.
 * @param {URL} from
 * @param {Record<string, string | null>} changes null or nothing takes a name out.
 */
export function changed(from, changes) {
  const url = new URL(from);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  url.search = url.search.replaceAll("%2C", ",");
  return url;
}
