// @ts-check
/** The start of a file that `nnlab report --interactive` writes: the only page that it has. */

import "../theme.js";
import { listen } from "../keys.js";
import { listenToTheme } from "../theme-button.js";
import { open as openComparison } from "../pages/comparison.js";
import { open as openRun } from "../pages/run.js";
import { open as openSeveral } from "../pages/several.js";
import { open as openSweep } from "../pages/sweep.js";
import { content } from "./api.js";
import { address, setQuery } from "./router.js";

async function start() {
  const root = document.createElement("div");
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  main.replaceChildren(root);
  const { kind, ids } = content;
  if (kind === "several") setQuery({ runs: ids.join(",") });
  if (kind === "run") await openRun(root, address(), ids);
  else if (kind === "several") await openSeveral(root, address());
  else await (kind === "sweep" ? openSweep : openComparison)(root, address(), ids);
  document.title = `${root.querySelector("h1")?.textContent} · nnlab`;
}

listen();
listenToTheme();
void start();
