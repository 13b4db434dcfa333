"""The demo in one command, and results shown on localhost."""

from __future__ import annotations

import http.server
import shutil
import socket
import sys
from functools import partial
from pathlib import Path

from lianfang.cli import show
from lianfang.engine.terms.errors import InputError, Say


def demo(out: Path, port: int, serve: bool) -> int:
    """Make demo tables, run the engine on them, show the page.

    Args:
        out: folder for tables and results; made anew.
        port: where to show it.
        serve: stay and serve; otherwise stop when the page is written.
    """
    from lianfang.cli import run, warm

    # Compiling begins here, beside the making of tables; the run below waits for it.
    warm.prepared([])
    from lianfang.simulate import demo as made

    tables, results = out / "tables", out / "results"
    if out.exists() and not (out / ".lianfang-demo").exists() and any(out.iterdir()):
        raise InputError(
            Say("这个文件夹不是演示文件夹", "this folder is not a demo folder"),
            code="E-DEMO-01",
            where=str(out),
            fix=Say("换一个 --out", "name another --out"),
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / ".lianfang-demo").touch()
    show.line("做演示数据 …", "making demo tables …", sys.stderr)
    made.demo(tables)
    # Truth belongs to the judge of a run, never to its input.
    code = run.run(run.asked([tables / "tables"] if (tables / "tables").is_dir() else [tables], results))
    if code or not serve:
        return code
    warm.beside()
    return view(results, port)


def view(folder: Path, port: int) -> int:
    """Serve one results folder's page on localhost until interrupted.

    Raises:
        InputError: no page stands in the folder, or no port is free.
    """
    page = folder / "report.html"
    if not page.is_file():
        raise InputError(
            Say("这个文件夹里没有 report.html", "no report.html stands in this folder"),
            code="E-VIEW-01",
            where=str(folder),
            fix=Say("先运行 lianfang run … --out 这个文件夹", "run `lianfang run … --out` this folder first"),
        )
    server = _server(page, port)
    show.line(
        f"打开 http://localhost:{server.server_port} 看结果;Ctrl-C 结束",
        f"open http://localhost:{server.server_port} to see the results; Ctrl-C ends",
    )
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def _server(page: Path, port: int) -> http.server.ThreadingHTTPServer:
    # A port in use must not end a first try: the next free one does as well, and is told.
    for one in range(port, port + 20):
        try:
            return http.server.ThreadingHTTPServer(("127.0.0.1", one), partial(_OnePage, page))
        except OSError:
            continue
    raise InputError(
        Say(f"端口 {port} 到 {port + 19} 都被占用", f"ports {port} to {port + 19} are all in use"),
        code="E-VIEW-02",
        fix=Say("用 --port 指定一个空闲端口", "name a free one with --port"),
    )


class _OnePage(http.server.BaseHTTPRequestHandler):
    """Serve the page and nothing else: the folder beside it holds unmasked tables."""

    def __init__(self, page: Path, *rest: object) -> None:
        self._page = page
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if not self._is_local() or self.path.split("?")[0] not in ("/", "/report.html"):
            self.send_error(404)
            return
        body = self._page.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def _is_local(self) -> bool:
        # A page of another site may point its own name at this machine: only our names are answered.
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0].strip("[]")
        return host in ("localhost", "127.0.0.1", "::1", socket.gethostname())

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: paths of pages are nobody's business."""
