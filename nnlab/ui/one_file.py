"""The page of a run, of several runs, of a comparison or of a sweep as one file that needs no server.

The file holds the modules that draw the page of ``nnlab ui``, and what the server would have answered
them. Nothing is drawn by other code, and no number is computed twice.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from nnlab.errors import RunError
from nnlab.storage.atomic import write_atomic
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.folders import Folders
from nnlab.storage.outputs import MARK, check_output
from nnlab.storage.registry import find_result
from nnlab.storage.run_dir import RunDir
from nnlab.ui.app import TABLE
from nnlab.ui.lab import Lab
from nnlab.ui.linking import Linker
from nnlab.ui.routes.pages import files
from nnlab.ui.routes.series import INKS
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.storage.registry import Result

# A chart of a file is not asked for anew when it is widened.
BUCKETS = 1_200
INSTEAD = {name: f"alone/{name}" for name in ("api.js", "live.js", "router.js")}
STYLES = ("vendor/uplot-1.6.32/uPlot.min.css", "app.css")
PLOT = "vendor/uplot-1.6.32/uPlot.iife.min.js"


def write_file(
    references: Sequence[str | RunDir],
    output: Path | None,
    folders: Folders,
    *,
    overwrite: bool = False,
) -> Path:
    """Write one HTML file with the page of a result, or of several runs side by side.

    Args:
        references: One run, several, one comparison, or one sweep.
        output: The file; default: report.html in the folder of the result, or in the current folder
            for several runs.
        folders: Folders of runs and data.
        overwrite: Whether to replace a file that nnlab did not write.

    Returns:
        Path of the file.

    Raises:
        ConfigError: If there is such a file.
        RunError: If there is no such result; of several, if one is not a run or lies elsewhere.
    """
    found = [
        one if isinstance(one, RunDir) else find_result(str(one), folders.runs)
        for one in references
    ]
    path = output or (found[0].report_path if len(found) == 1 else Path("report.html"))
    check_output(path, overwrite=overwrite)
    lab = Lab(Folders(_place_of(found), folders.data), port=0, token="")
    try:
        content = asyncio.run(_Answers(lab).of(found))
    finally:
        lab.close()
    write_atomic(path, _page(content, [result.id for result in found]).encode())
    return path


def _place_of(results: Sequence[Result]) -> Path:
    """Return the folder in which results lie.

    Raises:
        RunError: If they lie in several.
    """
    places = list(dict.fromkeys(result.path.resolve().parent for result in results))
    if len(places) == 1:
        return places[0]
    msg = f"the runs of one file must lie in one folder, and these lie in {' and '.join(map(str, places))}"
    raise RunError(msg)


class _Answers:
    """What the server answers to the questions of a page, by the question."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._app = Starlette(routes=TABLE)
        self._app.state.lab = lab
        self._found: dict[str, Any] = {}
        self._pictures: dict[str, str] = {}

    async def of(self, results: Sequence[Result]) -> dict[str, Any]:
        """Return the kind of page, the ids on it, and the answers.

        Raises:
            RunError: If one of several is no run, or a route refuses.
        """
        kind = await self._ask_all(results)
        ids = [result.id for result in results]
        return {
            "kind": kind,
            "ids": ids,
            "answers": self._found,
            "pictures": self._pictures,
            "inks": INKS,
        }

    async def _ask_all(self, results: Sequence[Result]) -> str:
        if len(results) > 1:
            await self._several([_run_of(result) for result in results])
            return "several"
        (result,) = results
        if isinstance(result, RunDir):
            await self._run(f"/api/runs/{result.id}")
            return "run"
        kind = "comparison" if isinstance(result, ComparisonDir) else "sweep"
        await self._get(f"/api/{kind}s/{result.id}")
        return kind

    async def _run(self, path: str) -> None:
        """Ask for one run: its facts, all of its curves, and its pictures.

        A file may be sent around: what says where the run lies on this computer stays out of it.
        """
        await self._ask(f"{path}/study")
        facts = await self._get(path)
        del facts["meta"]
        if facts["overview"] is not None:
            facts["command"] = facts["overview"]["command"]
        if facts["metrics"]:
            await self._get(f"{path}/series", metric=facts["metrics"])
        run = self._lab.run(facts["id"])
        for picture in facts["pictures"]:
            address = f"{path}/pictures/{picture['name']}.svg"
            self._pictures[address] = self._lab.studies.picture(run, picture["name"])

    async def _several(self, ids: list[str]) -> None:
        """Ask for several runs: each metric that all of them have, and where their settings differ."""
        first = await self._get("/api/series", run=ids)
        for metric in first["metrics"]:
            await self._get("/api/series", run=ids, metric=[metric])
        await self._get("/api/differences", runs=[",".join(ids)])

    async def _get(self, path: str, **query: list[str]) -> Any:
        """Return the JSON of a route, and keep it by what ``alone/api.js`` asks for."""
        buckets = {"buckets": [str(BUCKETS)]} if path.endswith("/series") else {}
        address = path + ("?" + urlencode(query | buckets, doseq=True) if query else "")
        answer = json.loads(await self._ask(address))
        values = [f"{name}={value}" for name, values in query.items() for value in values]
        self._found["&".join([path, *values])] = answer
        return answer

    async def _ask(self, address: str) -> bytes:
        """Return the body of a route's answer.

        Raises:
            RunError: If it refuses, with its reason.
        """
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [],
        }
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, _nothing, send)
        body = b"".join(message.get("body", b"") for message in sent)
        if sent[0]["status"] != HTTPStatus.OK:
            raise RunError(json.loads(body)["error"]["text"])
        return body


async def _nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def _run_of(result: Result) -> str:
    """Return the id of a run.

    Raises:
        RunError: If it is something else.
    """
    if isinstance(result, RunDir):
        return result.id
    msg = f"{result.id} is not a run: only runs are shown side by side"
    raise RunError(msg)


def _page(content: dict[str, Any], ids: list[str]) -> str:
    """Return the file: its policy allows exactly its own script and its own styles."""
    static = {name: file.content.decode() for name, file in files().items()}
    script = static[PLOT] + Linker(static, INSTEAD).link("alone/start.js")
    styles = "".join(static[name] for name in STYLES)
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(styles)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types lit-html"
    )
    return Template(static["alone/shell.html"]).substitute(
        policy=policy,
        mark=MARK,
        title=html.escape(" and ".join(ids)),
        styles=styles,
        version=__version__,
        content=json.dumps(content).replace("<", r"\u003c"),
        script=script,
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
