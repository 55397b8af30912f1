// @ts-check
/** An experiment inside an address: deflated, in the letters that addresses allow. */

// Of an experiment; the server reads no more either.
const MAX_BYTES = 60_000;

/**
 * Return a text as it stands in an address.
 * @param {string} text
 */
export async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Return the text that stands in an address.
 * @param {string} code
 * @throws {Error} If there is none, or it is too long.
 */
export async function unpacked(code) {
  try {
    const binary = atob(code.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    return await inflated(new Blob([bytes]));
  } catch {
    throw new Error("the experiment in this address is damaged or too long: copy the whole link again");
  }
}

/** Inflate a text, and stop where it gets too long: a short address can hold gigabytes. @param {Blob} packed */
async function inflated(packed) {
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const chunks = [];
  for (let size = 0, part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > MAX_BYTES) throw new RangeError("too long");
    chunks.push(part.value);
  }
  return new Blob(chunks).text();
}
