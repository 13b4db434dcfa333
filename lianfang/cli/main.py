"""The command `lianfang`: one door in, every error answered in three lines and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from itertools import zip_longest
from types import FrameType

from lianfang.cli import show, verbs
from lianfang.engine.terms.errors import InputError, LianfangError, Say

_SERVERS = {"serve", "worker", "witness"}  # stopping these is how their work ends


def main() -> None:
    """Run the command line; every error of the house becomes three lines and an exit code."""
    # An old locale must never die on a Chinese sentence.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # Read the language first: a refused command line must be refused in it.
    for word, after in zip_longest(sys.argv[1:], sys.argv[2:], fillvalue=""):
        if word == "--lang" or word.startswith("--lang="):
            os.environ["LIANFANG_LANG"] = word.partition("=")[2] or after
    top = verbs.parser()
    asked = top.parse_args()
    if not hasattr(asked, "do"):
        top.print_help()
        sys.exit(2)
    # Only a main thread may listen; elsewhere a signal ends the process as it always did.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, _ended)
    sys.exit(_guarded(asked))


def _ended(number: int, _: FrameType | None) -> None:
    """Leave as Ctrl-C leaves, so that nothing half-written stays when a machine shuts down."""
    raise KeyboardInterrupt(number)


def _guarded(asked: argparse.Namespace) -> int:
    trace = bool(asked.trace)
    try:
        return int(asked.do(asked) or 0)
    except LianfangError as wrong:
        show.error(wrong, trace)
        return wrong.exit_code
    except KeyboardInterrupt as stopped:
        show.Progress.leave()
        if asked.verb in _SERVERS:
            show.line("已停止", "stopped", sys.stderr)
        else:
            show.line("已中断,没有留下半成品", "interrupted; nothing half-written was left", sys.stderr)
        return 128 + (stopped.args[0] if stopped.args else signal.SIGINT)
    except BrokenPipeError:
        # The reader went away (`| head`): give the rest to nobody, so that no trace follows at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except MemoryError:
        show.error(_memory(), trace)
        return 2
    except OSError as wrong:
        show.error(_disk(wrong), trace)
        return 2
    except Exception as wrong:  # the CLI's last line: nothing may reach a user as a bare trace
        show.Progress.leave()
        show.line(
            f"内部错误:{type(wrong).__name__}:{wrong}",
            f"internal fault: {type(wrong).__name__}: {wrong}",
            sys.stderr,
        )
        show.line(
            "加 --trace 重跑并把输出发给维护者", "run again with --trace and send the output", sys.stderr
        )
        if trace:
            raise
        return 1


def _disk(wrong: OSError) -> InputError:
    said = wrong.strerror or str(wrong)
    return InputError(
        Say(f"读写失败:{said}", f"reading or writing failed: {said}"),
        code="E-DISK-01",
        where=str(wrong.filename) if wrong.filename else None,
        fix=Say("检查路径、权限和剩余空间", "check the path, permissions and free space"),
    )


def _memory() -> InputError:
    return InputError(
        Say("内存不够", "out of memory"),
        code="E-DISK-02",
        fix=Say("把输入拆小,或用 --on spark", "split the input, or use --on spark"),
    )


if __name__ == "__main__":
    main()
