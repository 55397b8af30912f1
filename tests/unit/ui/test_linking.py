"""Modules as one script: what each imports is there before it, under its own names."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from nnlab.ui.linking import Linker
from nnlab.ui.one_file import INSTEAD
from nnlab.ui.routes.pages import files

MODULES = {
    "start.js": 'import { twice as double, NAME } from "./parts/sum.js";\nimport "./effect.js";\n'
    "console.log(double(4), NAME, globalThis.effects);\n",
    "effect.js": 'import { log } from "./log.js";\nglobalThis.effects = [...log, "effect"];\n',
    "log.js": 'export const log = ["log"];\n',
    "parts/sum.js": 'import{a as t}from"../minified.js";export { rest as NAME } from "../minified.js";\n'
    "export function twice(value) {\n  return t(value, value);\n}\n",
    "minified.js": '/* licence */\nconst s=(x,y)=>x+y,o="</script>";export{s as a,o as rest};\n',
    "other.js": 'export const log = ["other"];\n',
}


def run(script: str) -> str:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_linked_script_does_what_the_modules_do() -> None:
    script = Linker(MODULES, {}).link("start.js")

    assert "</script" not in script
    assert run(script) == "8 </script> [ 'log', 'effect' ]"


def test_a_module_can_take_the_place_of_another() -> None:
    assert "[ 'other', 'effect' ]" in run(Linker(MODULES, {"log.js": "other.js"}).link("start.js"))


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match=re.escape("parts/none.js")):
        Linker({"start.js": 'import "./parts/none.js";'}, {}).link("start.js")


def test_no_import_and_no_export_of_the_page_is_left() -> None:
    static = {name: file.content.decode() for name, file in files().items()}
    script = Linker(static, INSTEAD).link("alone/start.js")

    assert (
        script.count("const module")
        == len(re.findall(r"^const module\d+ = ", script, re.MULTILINE))
        > 20
    )
    assert re.findall(r"(?:^|[;\n}])(?:import|export)[ {\"].*", script) == []
    assert "fetch(" not in script
