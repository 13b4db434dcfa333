"""Usage of the command line: help of every verb, refusals in the reader's language, exit codes."""

import os
import re
import subprocess
import sys
import time

import pytest

from lianfang.cli import verbs

CHINESE = re.compile("[一-鿿]")


def every_verb():
    def below(parser, words):
        for action in parser._subparsers._group_actions if parser._subparsers else ():
            for name, one in action.choices.items():
                yield (*words, name)
                yield from below(one, (*words, name))

    return list(below(verbs.parser(), ()))


@pytest.mark.parametrize("words", every_verb(), ids=" ".join)
def test_every_verb_explains_itself_in_both_languages(command, words):
    answer = command(*words, "--help")
    assert answer.code == 0 and answer.err == ""
    assert "usage: lianfang " + " ".join(words) in answer.out
    about = answer.out.split("\n\n")[1]
    assert CHINESE.search(about) and re.search(r"[a-z]{3}", about), about


@pytest.mark.parametrize("words", [
    ("run",), ("run", "a.csv"), ("run", "a.csv", "--out"), ("run", "a.csv", "--out", "o", "--kind", "letter"),
    ("run", "a.csv", "--out", "o", "--threads", "two"), ("nosuchverb",), ("run", "a.csv", "--out", "o", "--nosuch"),
    ("simulate", "--seed", "x", "--out", "o"), ("columns",), ("check", "--nosuch"),
], ids=" ".join)  # fmt: skip
def test_a_wrong_usage_is_refused_with_two(command, words):
    chinese, english = command(*words), command(*words, "--lang", "en")
    for answer in (chinese, english):
        assert answer.code == 2 and answer.out == "" and "Traceback" not in answer.err
    assert "用法" in chinese.err and "--help" in chinese.err
    if words[-1] != "--out":
        assert not CHINESE.search(english.err), english.err
        assert "--help" in english.err


@pytest.mark.parametrize("threads", ["0", "-3"])
def test_no_threads_are_refused(command, tmp_path, threads):
    (tmp_path / "a.csv").write_text("id,text\n1,好\n", "utf-8")
    answer = command("run", tmp_path / "a.csv", "--out", tmp_path / "out", "--threads", threads)
    assert answer.code == 2 and "--threads" in answer.err and not (tmp_path / "out").exists()


def test_no_verb_shows_the_help(command):
    assert command().code == 2 and "lianfang" in command().out


def test_the_language_may_stand_before_or_after_the_verb(command):
    for words in (("--lang", "en", "view", "/nowhere"), ("view", "/nowhere", "--lang", "en"), ("view", "/nowhere", "--lang=en")):
        answer = command(*words)
        assert answer.code == 2 and answer.err.startswith("error E-VIEW-01"), answer.err
    assert command("view", "/nowhere").err.startswith("错误 E-VIEW-01")


def test_a_trace_is_shown_only_when_asked(command):
    assert "Traceback" not in command("view", "/nowhere").err
    assert "Traceback" in command("view", "/nowhere", "--trace").err


def test_guides_can_be_begun_linted_and_tried(command, tmp_path):
    guides = tmp_path / "mine"
    assert command("guide", "new", "LF-G-9903", "--activity", "BG08", "--folder", guides).code == 0
    assert command("guide", "new", "LF-G-9903", "--activity", "BG08", "--folder", guides).code == 2
    tried = command("guide", "test", "LF-G-9903", "--guides", guides)
    assert tried.code == 0, tried.said
    assert command("guide", "show", "LF-G-9903", "--guides", guides).code == 0
    missing = command("guide", "show", "LF-G-0000")
    assert missing.code == 4 and "E-GUIDE" in missing.err


@pytest.mark.parametrize("content", ["", "{", "<html>", "{}"])
def test_view_refuses_a_folder_without_a_page(command, tmp_path, content):
    (tmp_path / "x.html").write_text(content)
    assert command("view", tmp_path).code == 2


def test_check_reads_standard_input_and_long_texts_are_refused(command):
    answer = command("check", stdin="专业停息挂账,不成功不收费,加薇信 abc12345")
    assert answer.code == 0 and "BG0" in answer.out
    assert command("check", "-", stdin="").code == 0
    assert command("check", "字" * 1_000_001).code == 2


def test_check_sends_no_control_sign_to_the_terminal(command):
    answer = command("check", "专业停息挂账\x1b]0;x\x07不成功不收费加微信abc12345\x1b[2J")
    assert answer.code == 0 and "\x1b" not in answer.out and "\x07" not in answer.out


def test_an_old_locale_does_not_die_on_chinese():
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ran = subprocess.run([sys.executable, "-m", "lianfang.cli.main", "view", "/nowhere"], capture_output=True, env=environment)
    assert ran.returncode == 2 and b"E-VIEW-01" in ran.stderr


def test_a_command_that_needs_no_kernel_loads_none():
    words = "import sys; from lianfang.cli import main; sys.argv = ['lianfang', 'version']\n" \
            "try: main.main()\nexcept SystemExit: pass\n" \
            "print(sorted({'numba', 'pyarrow', 'duckdb', 'splink', 'numpy'} & set(sys.modules)))"  # fmt: skip
    began = time.perf_counter()
    ran = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "[]", ran.stdout + ran.stderr
    assert time.perf_counter() - began < 10
