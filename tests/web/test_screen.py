"""The office in a real browser: served as people serve it, read by mouse and by keyboard, on a desk and on a phone."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
import zipfile
from datetime import timedelta

import pytest

from lianfang.engine.terms import clock

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = playwright.expect
expect.set_options(timeout=30_000)  # signing in hashes a password, which is slow on a busy machine by design

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
PASSWORD = "lianfang-demo-2026"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """`lianfang serve --demo`, as a user starts it, with its worker, in a home of its own."""
    home, port = tmp_path_factory.mktemp("office"), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIANFANG_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    served = subprocess.Popen(
        [sys.executable, "-m", "lianfang.cli.main", "serve", "--demo", "--people", "500", "--home", str(home), "--port", str(port)],
        env=kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/health", served)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait(30)


def wait_for(address, served):
    for _ in range(600):
        assert served.poll() is None, "the office did not start"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the office did not answer in five minutes")


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in():
    """Cookies of people who typed their password once: each has a session the others of the module may use."""
    return {}


@pytest.fixture
def visit(chromium, address, signed_in):
    """Sign in and open pages; nothing may be fetched from elsewhere, nothing may complain."""
    heard, contexts = [], []

    def go(user="jia.analyst", size=WIDE, english=False):
        context = chromium.new_context(viewport=size, base_url=address)
        contexts.append(context)
        page = context.new_page()
        if user in signed_in:
            context.add_cookies(signed_in[user])
            page.goto("/")
            if english:
                page.get_by_role("button", name="English").click()
            expect(page.locator("h1")).to_have_text("Desk" if english else "工作台")
            return listened(page)
        listened(page).goto("/account/login/")
        if english:
            page.get_by_role("button", name="English").click()
        if user:
            page.fill("#id_login", user)
            page.fill("#id_password", PASSWORD)
            page.keyboard.press("Enter")
            expect(page.locator("h1")).to_have_text("Desk" if english else "工作台")
            signed_in[user] = [one for one in context.cookies() if one["name"] != "lianfang_language"]
        return page

    def listened(page):
        page.on("console", lambda said: heard.append(said.text))
        page.on("pageerror", lambda wrong: heard.append(str(wrong)))
        page.on("request", lambda asked: asked.url.startswith((address, "data:")) or heard.append(asked.url))
        return page

    yield go
    for context in contexts:
        context.close()
    assert heard == []


def open_ring(page):
    page.goto("/rings")
    page.locator("table.rings th a").first.click()
    expect(page.locator("#graph[data-drawn]")).to_be_attached()


def violations(page):
    found = axe.Axe().run(page).response
    assert len(found["passes"]) > 8
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found["violations"]]


PAGES = {
    "jia.analyst": ("/", "/rings", "/runs", "/judgements", "/check", "/guides", "/guides/LF-G-0102",
                    "/guides/LF-G-0102/history", "/keys", "/me", "/account/password/", "/account/2fa/", "/account/sessions/", "/account/reauthenticate/"),
    "xie.admin": ("/", "/people", "/institutions", "/visits", "/log"),
    "jia.rule": ("/visits", "/log"),
}  # fmt: skip
RESHAPED = {"/", "/rings", "/guides", "/account/password/", "/people", "/cases", "/log"}


@pytest.mark.parametrize(("size", "english"), [(WIDE, False), (PHONE, True)], ids=["zh-wide", "en-phone"])
def test_nothing_keeps_a_reader_out(visit, size, english):
    """Each page on a desk in Chinese; on a phone in English those whose shape changes there, and the width of all."""
    wrong = {"login": violations(visit(None, size, english))}
    for user, paths in PAGES.items():
        page = visit(user, size, english)
        for path in paths:
            page.goto(path)
            if size is WIDE or path in RESHAPED:
                wrong[path] = violations(page)
            assert fits(page, size), f"{path} scrolls sideways"
    page = visit("jia.analyst", size, english)
    open_ring(page)
    wrong["ring"] = violations(page)
    assert fits(page, size)
    page.get_by_role("button", name=re.compile("说明用途|State a purpose")).first.click()
    wrong["unmask"] = violations(page)
    page.goto("/runs")
    page.locator("table th a").first.click()
    wrong["run"] = violations(page)
    open_record(page)
    wrong["record"] = violations(page)
    assert fits(page, size)
    assert {name: found for name, found in wrong.items() if found} == {}


def test_nothing_scrolls_sideways_on_a_phone_in_chinese(visit):
    for user, paths in PAGES.items():
        page = visit(user, PHONE)
        wide = [path for path in paths if page.goto(path) and not fits(page, PHONE)]
        assert wide == []


def fits(page, size):
    """Nothing is wider than the screen, and no entry of the menu stands out of sight."""
    hidden = "[...document.querySelectorAll('header nav ul')].some((one) => one.scrollWidth > one.clientWidth)"
    return page.evaluate("document.documentElement.scrollWidth") <= size["width"] and not page.evaluate(hidden)


def open_record(page):
    """From a ring's table of members to one of its records."""
    open_ring(page)
    page.locator("#judge tbody a").first.click()
    expect(page.locator("dl.sheet")).to_be_visible()


def test_english_is_complete(visit):
    """Words of the office speak one language; records, names and samples stay as they are."""
    page = visit("jia.boss", english=True)
    for path in ("/", "/rings?level=review", "/runs", "/judgements", "/check", "/guides", "/keys", "/visits", "/me", *linked(page)):
        page.goto(path)
        shown = page.evaluate("""() => {
          const copy = document.body.cloneNode(true);
          copy.querySelectorAll('button[lang], .raw, td.why, .queue p, th[scope=row], .why, .signs, #edges td, .sheet dd, .user').forEach((one) => one.remove());
          return copy.textContent; }""")
        left = [line.strip() for line in shown.split("\n") if CHINESE.search(line) and "demo tables" not in line]
        assert left == [], path


def linked(page):
    """Name the pages no menu leads to: a run, a ring, all its members, one of its records, a guide's history."""
    page.goto("/runs")
    run = page.locator("table th a").first.get_attribute("href")
    page.goto("/rings")
    ring = page.locator("table.rings th a").first.get_attribute("href")
    page.goto(ring)
    record = page.locator("#judge tbody a").first.get_attribute("href")
    return run, f"{run}/record", ring, f"{ring}/members", record, "/guides/LF-G-0102/history"


def test_a_ring_is_read_by_keyboard_alone(visit):
    page = visit()
    page.goto("/rings")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table.rings th a')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#graph[data-drawn]")).to_be_attached()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#edges tbody') !== null"):
            break
    reason = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(reason)
    expect(page.locator("#edges tr.lit")).to_have_count(1)


def test_clicking_the_graph_tells_a_reason(visit):
    page = visit()
    open_ring(page)
    box = page.locator("#graph").bounding_box()
    said = page.locator("#said")
    for x in range(2, 19):
        for y in range(2, 19):
            page.mouse.click(box["x"] + box["width"] * x / 20, box["y"] + box["height"] * y / 20)
            if said.inner_text():
                break
        if said.inner_text():
            break
    expect(said).to_contain_text(re.compile("共用|相近|雷同"))
    assert page.locator("#timeline canvas").count() == 1


def test_names_of_many_people_wait_until_the_reader_is_close(visit):
    page = visit()
    page.goto("/rings?order=people")
    page.locator("table.rings th a").first.click()
    expect(page.locator("#graph[data-people=unnamed]")).to_be_attached()
    page.evaluate("""() => {
        const canvas = document.querySelector("#graph canvas"), box = canvas.getBoundingClientRect();
        const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, deltaY: -300, bubbles: true, cancelable: true };
        for (let n = 0; n < 20; n += 1) canvas.dispatchEvent(new WheelEvent("wheel", at));
    }""")
    expect(page.locator("#graph[data-people=named]")).to_be_attached()


def test_filters_answer_while_typing(visit):
    page = visit()
    page.goto("/rings")
    everything = page.locator("table.rings tbody tr").count()
    page.select_option("select[name=level]", "review")
    expect(page).to_have_url(re.compile("level=review"))
    expect(page.locator("table.rings tbody .tag.look")).to_have_count(0)
    assert 0 < page.locator("table.rings tbody tr").count() < everything
    page.fill("#find", "nobody is called so")
    expect(page.locator("#found")).to_contain_text("没有符合条件的团伙")


def test_a_text_is_checked_without_leaving_the_page(visit):
    page = visit("jia.handler")
    page.goto("/check")
    page.fill("#id_text", "专业停息挂账,不成功不收费,加薇信 abc123")
    page.get_by_role("button", name="查", exact=True).click()
    expect(page.locator("#answer mark").first).to_be_visible()
    expect(page.locator("#answer")).to_contain_text("LF-G")
    assert page.url.endswith("/check")


def test_upload_to_ring_to_judgement_in_the_browser(visit, tmp_path):
    letter = "本人与贵行存在信用卡合同关系，因贵行未尽审慎义务，特此投诉。请贵行退还全部息费并停止一切催收，若七日内不答复将逐级反映直至问题解决。"
    rows = "".join(f"B{n},客户{n},1380000{n:04d},13911110000,2026-01-{n + 1:02d},{letter}{n}\n" for n in range(8))
    (tmp_path / "一月投诉.csv").write_text("投诉编号,姓名,手机号,代理人电话,投诉时间,投诉内容\n" + rows, "utf-8")
    page = visit("yi.analyst")
    page.goto("/runs")
    page.set_input_files("#id_files", tmp_path / "一月投诉.csv")
    page.get_by_role("button", name="上传并查看列").click()
    expect(page.locator("table.columns")).to_contain_text("代理人电话", timeout=60_000)
    assert "13911110000" not in page.content()
    page.get_by_role("button", name="列没有问题,开始运行").click()
    expect(page.locator("#progress, .tag.done").first).to_be_visible()
    expect(page.locator("h1 .tag.done")).to_be_visible(timeout=180_000)
    page.get_by_role("link", name="看团伙").click()
    ring = page.locator("table.rings th a").first.inner_text()
    page.locator("table.rings th a").first.click()
    expect(page.locator("#graph[data-drawn]")).to_be_attached()
    page.locator("input[name=left]").first.check()
    page.locator("input[name=right]").nth(1).check()
    page.get_by_label("不确定").check()
    page.get_by_label("理由(至少 4 字)").fill("证据还不够,再看看")
    page.get_by_role("button", name="记下研判").click()
    expect(page.locator("[role=status]").first).to_contain_text("已记下")
    page.goto("/judgements")
    page.get_by_role("button", name="收回").click()
    expect(page.locator("main")).to_contain_text("已收回")
    # Nothing of it is seen next door.
    other = visit("bing.analyst")
    other.goto("/rings")
    expect(other.locator("table.rings")).to_be_visible()  # its own of the demo
    expect(other.locator("main")).not_to_contain_text(ring)
    other.goto(f"/rings?find={ring}")
    expect(other.locator("main")).to_contain_text("没有符合条件的团伙")


@pytest.mark.parametrize(("size", "english"), [(WIDE, False), (PHONE, True)], ids=["zh-wide", "en-phone"])
def test_nothing_keeps_a_reader_out_of_the_evidence(visit, size, english):
    """Exhibits, packages, the log with its proofs, doors, and what an error says: once wide, once on a phone."""
    wrong = {}

    def seen(page, name, path=None):
        if path:
            page.goto(path)
        wrong[name] = violations(page) + ([] if fits(page, size) else ["scrolls sideways"])

    page = visit("jia.analyst", size, english)
    seen(page, "add", "/exhibits/add")
    page.set_input_files("#id_upload", {"name": "聊天.txt", "mimeType": "text/plain", "buffer": "加微信 abc12345".encode()})
    for name, words in {"title": "聊天记录", "purpose": "证明收费", "source": "手机", "expires_on": "2026-01-01"}.items():
        page.fill(f"#id_{name}", words)
    page.locator("main form button").click()
    expect(page.locator("h1")).to_contain_text("聊天记录")
    seen(page, "exhibit")
    page.fill("#id_covers", "abc12345 | 微信号 | 与本案无关")
    page.locator('form[action$="/redact"] button').click()
    expect(page.locator("h1")).to_contain_text("遮盖本")
    seen(page, "copy")
    page = visit("jia.rule", size, english)
    seen(page, "list", "/exhibits")
    seen(page, "packages", "/packages")
    page.locator("input[name=exhibits]").first.check()
    for name, words in {"case_name": "民初1号", "use": "举证", "legal_basis": "民诉法", "reason": "移送材料"}.items():
        page.fill(f"#id_{name}", words)
    page.locator("main form button").click()
    expect(page.locator("h1")).to_contain_text("P-")
    seen(page, "package")
    with page.expect_download() as taken:
        page.locator('form[action$="/zip"] button').click()
    assert zipfile.is_zipfile(taken.value.path())
    seen(page, "log", "/log")
    page = visit("xie.office", size, english)
    seen(page, "doors", "/doors")
    for name, words in {"document": f"监函{size['width']}号", "purpose": "查阅已报团伙", "expires_on": tomorrow()}.items():
        page.fill(f"#id_{name}", words)
    page.locator("main section form button").last.click()
    expect(page.locator("main")).to_contain_text(f"监函{size['width']}号")
    page.locator("td.n a").first.click()
    seen(page, "looks")
    seen(visit("jian.reader", size, english), "behind", "/door")
    assert {name: found for name, found in wrong.items() if found} == {}


def test_an_error_keeps_nobody_out(visit):
    """Not there, not yours, not allowed: each page reads well and says what next."""
    page = visit("jia.analyst", PHONE, english=True)
    told = {}
    for path in ("/nowhere", f"/exhibits/{uuid.uuid4()}", "/doors", f"/rings/{uuid.uuid4()}"):
        answer = page.context.request.get(path)
        assert answer.status in (403, 404), path
        page.set_content(answer.text())
        told[path] = violations(page)
    assert {path: found for path, found in told.items() if found} == {}


def tomorrow():
    return (clock.today() + timedelta(days=1)).isoformat()
