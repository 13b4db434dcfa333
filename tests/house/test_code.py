"""The house's own rules, read off the syntax trees."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "lianfang").rglob("*.py"))
ENGINE = [file for file in FILES if "engine" in file.parts]
BANNED_FILES = {"utils", "helpers", "helper", "common", "misc", "manager", "base", "util"}
# docs/decisions/0004: a compiled kernel is one loop and is not cut for the count of its lines.
LIMITS = {"file": 400, "function": 40, "kernel": 130, "arguments": 6, "kernel_arguments": 16, "hands_arrays": 8}


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def functions(module: ast.Module):
    return [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_kernel(node: ast.FunctionDef) -> bool:
    return any("njit" in ast.unparse(mark) or "kernel" in ast.unparse(mark) for mark in node.decorator_list)


def length(node: ast.FunctionDef) -> int:
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return node.end_lineno - first.lineno + 1


@pytest.mark.parametrize("file", FILES, ids=named)
def test_file_is_short_and_well_named(file):
    assert file.stem not in BANNED_FILES
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LIMITS["file"], f"{named(file)} has {lines} lines"


def test_functions_are_one_thought():
    wrong = []
    for file in FILES:
        for node in functions(tree(file)):
            kernel = is_kernel(node)
            limit = LIMITS["kernel" if kernel else "function"]
            if length(node) > limit:
                wrong.append(
                    f"{named(file)}:{node.lineno} {node.name} has {length(node)} lines, {limit} allowed"
                )
            arguments = node.args.args + node.args.kwonlyargs + node.args.posonlyargs
            count = len([one for one in arguments if one.arg not in ("self", "cls")])
            most = LIMITS["kernel_arguments" if kernel else "arguments"]
            if "linkage" in file.parts and not kernel:
                most = LIMITS["hands_arrays"]
            if count > most:
                wrong.append(
                    f"{named(file)}:{node.lineno} {node.name} takes {count} arguments, {most} allowed"
                )
    assert not wrong, "\n".join(wrong)


def test_public_engine_functions_say_what_they_do():
    wrong = []
    for file in ENGINE:
        module = tree(file)
        if not ast.get_docstring(module) and module.body:
            wrong.append(f"{named(file)}:1 the file says nothing about itself")
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                text = ast.get_docstring(node)
                if not text:
                    wrong.append(f"{named(file)}:{node.lineno} {node.name} has no docstring")
                elif len(first := text.splitlines()[0]) > 100 or not first.rstrip().endswith((".", ":")):
                    wrong.append(f"{named(file)}:{node.lineno} {node.name}: first line is a short sentence")
    assert not wrong, "\n".join(wrong)


def test_user_faults_are_told_with_the_house_errors():
    wrong = []
    for file in ENGINE:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Raise) and node.exc is not None:
                text = ast.unparse(node.exc)
                if re.match(r"(ValueError|Exception|RuntimeError|KeyError)\b", text):
                    wrong.append(f"{named(file)}:{node.lineno} raises {text[:60]}")
            if isinstance(node, ast.Assert):
                wrong.append(f"{named(file)}:{node.lineno} asserts")
    assert not wrong, "\n".join(wrong)


def test_only_the_clock_reads_the_time():
    pattern = re.compile(r"datetime\.now\(|date\.today\(|time\.time\(\)|utcnow\(")
    wrong = [
        f"{named(file)}:{n}"
        for file in FILES
        if file.name != "clock.py"
        for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not wrong, wrong


BANNED_WORDS = {
    "blacklist", "gang", "cluster", "community", "tenant", "ticket", "alert", "heihui", "flag", "malicious_complaint",
    "malicious_agent", "black_industry", "phone", "data_dict", "process_data",
}  # fmt: skip


def test_one_word_per_thing():
    wrong = []
    for file in FILES:
        for node in ast.walk(tree(file)):
            names = []
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.append(node.name)
            if isinstance(node, ast.arg):
                names.append(node.arg)
            for name in names:
                if name.lower() in BANNED_WORDS:
                    wrong.append(f"{named(file)}:{node.lineno} {name}: the glossary has another word")
    assert not wrong, "\n".join(wrong)
