"""One matter through the whole office in a browser: second factor, upload, ring, judgement, case, self-check,
application, two reviewers, committee, decision, and a proof checked without the office."""

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = playwright.expect
expect.set_options(timeout=60_000)  # a busy machine signs people in slowly, by design

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "a-long-enough-one-26"
WIDE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
WHY = "核对了在案证据与客户本人陈述,结论与证据一致,理由如实写明"
NOTE = "已逐笔核对录音、账单和答复记录,未见此情形"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LETTER = "本人与贵行存在信用卡合同关系，因贵行未尽审慎义务，特此投诉。请贵行退还全部息费并停止一切催收，若七日内不答复将逐级反映直至问题解决。"
PREPARED = Path(__file__).with_name("prepared.py")


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIANFANG_", "DJANGO_"))}
    return kept | more


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office as people run it, with a second factor for everybody: its address, its folder, the secrets."""
    home, port = tmp_path_factory.mktemp("walk"), free_port()
    made = subprocess.run(
        [sys.executable, str(PREPARED)], env=environment(LIANFANG_HOME=str(home)), capture_output=True, text=True, check=True
    )
    served = subprocess.Popen(
        [sys.executable, "-m", "lianfang.cli.main", "serve", "--home", str(home), "--port", str(port)],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/health", served)
        yield f"http://127.0.0.1:{port}", json.loads(made.stdout.splitlines()[-1])
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
            time.sleep(0.2)
    raise AssertionError("the office did not answer in two minutes")


def code_of(secret):
    """Compute the code of a second factor, as an app on a phone does (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    made = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = made[-1] & 15
    return f"{(struct.unpack('>I', made[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(chromium, office):
    """Sign people in, each once, by password and second factor; nothing is fetched from elsewhere."""
    address, secrets = office
    pages, heard = {}, []

    def go(user):
        if user not in pages:
            page = chromium.new_context(viewport=WIDE, base_url=address).new_page()
            page.on("console", lambda said: heard.append(said.text))
            page.on("pageerror", lambda wrong: heard.append(str(wrong)))
            page.on("request", lambda asked: asked.url.startswith((address, "data:")) or heard.append(asked.url))
            page.goto("/account/login/")
            page.fill("#id_login", user)
            page.fill("#id_password", PASSWORD)
            page.keyboard.press("Enter")
            second_factor(page, secrets[user])
            pages[user] = page
        return pages[user]

    yield go
    assert heard == []


def second_factor(page, secret):
    """Type the code; one that ran out while a busy machine was reading it is typed anew."""
    for _ in range(3):
        page.locator("input[name=code]").fill(code_of(secret))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        if not page.locator("input[name=code]").count():
            break
    expect(page.locator("h1")).to_have_text("工作台")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture(scope="module")
def decided(signed_in, tmp_path_factory):
    """Walk one matter to its decision; give the address of the case."""
    page = signed_in("analyst")
    ring = found_ring(page, tmp_path_factory.mktemp("tables"))
    judge(page)
    page.goto(ring)
    case = opened(page)
    applied(signed_in, case)
    reviewed(signed_in, case)
    voted(signed_in, case)
    return case


def found_ring(page, folder):
    rows = "".join(f"B{n},客户{n},1380000{n:04d},13911110000,2026-01-{n + 1:02d},{LETTER}{n}\n" for n in range(8))
    (folder / "一月投诉.csv").write_text("投诉编号,姓名,手机号,代理人电话,投诉时间,投诉内容\n" + rows, "utf-8")
    page.goto("/runs")
    page.set_input_files("#id_files", folder / "一月投诉.csv")
    press(page, "上传并查看列")
    expect(page.locator("table.columns")).to_contain_text("代理人电话", timeout=120_000)
    press(page, "列没有问题,开始运行")
    expect(page.locator("h1 .tag.done")).to_be_visible(timeout=240_000)
    page.get_by_role("link", name="看团伙").click()
    page.locator("table.rings th a").first.click()
    expect(page.locator("#graph[data-drawn]")).to_be_attached()
    return page.url


def judge(page):
    page.locator("input[name=left]").first.check()
    page.locator("input[name=right]").nth(1).check()
    page.get_by_label("同一团伙").check()
    page.get_by_label("理由(至少 4 字)").fill("代理人电话相同,文字相同")
    press(page, "记下研判")
    expect(page.locator("[role=status]").first).to_contain_text("已记下")


def opened(page):
    page.get_by_role("link", name="立案", exact=True).click()
    page.select_option("#id_table", "application")
    page.fill("#id_grounds", "八名互不相识的客户的投诉用同一个代理电话")
    press(page, "立案")
    expect(page.locator("h1")).to_contain_text("草稿")
    expect(page.locator("main")).to_contain_text("没有任何动作会停止或推迟投诉本身的时限")
    return page.url


def applied(signed_in, case):
    page = signed_in("analyst")
    page.fill("#begin_self_check_complaint", "TS-2026-0001")
    page.fill("#begin_self_check_facts", "八名互不相识的客户的投诉用同一个代理电话,文字几乎相同,客户本人否认委托")
    press(page, "开始自查")
    expect(page.locator("h1")).to_contain_text("本机构自查")
    for n in range(1, 7):
        page.check(f"input[name=S{n}][value={'yes' if n == 6 else 'no'}]")
        page.fill(f"textarea[name=S{n}_note]", NOTE)
    press(page, "保存自查")
    exhibit(page, case)
    claims_and_guards(page)
    expect(page.locator(".offer .lacking").first).to_contain_text("没有由合规人员")
    assert violations(page, WIDE["width"]) == [], "the page as it is written on"
    signer = signed_in("rule")
    signer.goto(case)
    press(signer, "我已核对,签字")
    expect(signer.locator("main")).to_contain_text("合规已签字")
    page.goto(case)
    press(page, "提交")
    expect(page.locator("h1")).to_contain_text("已提交")


def exhibit(page, case):
    page.get_by_role("link", name="补充证据").click()
    page.set_input_files("#id_upload", {"name": "calls.csv", "mimeType": "text/csv", "buffer": b"agent,customers\n139****0000,8\n"})
    page.fill("#id_title", "代理电话对照表")
    page.fill("#id_purpose", "证明多名客户共用一个代理电话")
    page.fill("#id_source", "本机构投诉系统导出")
    page.fill("#id_n_people", "0")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("已入库")
    page.goto(case)


def claims_and_guards(page):
    for one in ("A4", "A5"):
        page.check(f"input[name={one}]")
        page.locator("summary", has_text=f"理由与证据 {one}").click()
        page.fill(f"textarea[name={one}_note]", "同一电话、同一文字,出自八名客户")
        page.locator(f"input[name={one}_exhibits]").first.check()
    press(page, "保存标准")
    expect(page.locator("#criteria .tag.done")).to_be_visible()
    for n in range(1, 9):
        page.check(f"input[name=G{n}][value=no]")
        page.fill(f"textarea[name=G{n}_note]", NOTE)
    press(page, "保存回答")
    expect(page.locator("main")).to_contain_text("已保存")


def reviewed(signed_in, case):
    office = signed_in("office")
    office.goto("/cases")
    press(office, "取下一件")
    assert office.url == case
    office.goto(case + "/group")
    for who in ("group1", "group2"):
        office.get_by_label(who).check()
    press(office, "组成")
    office.goto(case)
    press(office, "材料齐全，交工作组")
    for who in ("group1", "group2"):
        page = signed_in(who)
        page.goto(case + "/group")
        page.get_by_label("异常", exact=True).check()
        page.fill("#id_reason", WHY)
        press(page, "提交意见")
    office.goto(case + "/vote")
    for who in ("expert1", "expert2", "expert3"):
        office.get_by_label(who).check()
    press(office, "组成")
    page = signed_in("group1")
    page.goto(case)
    page.locator(".offer summary", has_text="提交委员会").click()
    page.fill("#refer_handling", "本人诉求照常受理并按期答复,不与代理人谈判费用")
    press(page, "提交委员会")
    expect(page.locator("h1")).to_contain_text("委员会评审")


def voted(signed_in, case):
    for who, choice in (("expert1", "异常"), ("expert2", "异常"), ("expert3", "不异常")):
        page = signed_in(who)
        page.goto(case + "/vote")
        page.get_by_label(choice, exact=True).check()
        page.fill("#id_reason", f"{WHY}({who})")
        press(page, "表决")
        expect(page.locator("main")).to_contain_text("已表决")
    office = signed_in("office")
    office.goto(case + "/vote")
    expect(office.locator("main")).to_contain_text("已投 3 / 3")
    assert "(expert3)" not in office.content(), "secret until closed, from the secretariat too"
    press(office, "封票")
    expect(office.locator("main")).to_contain_text("(expert3)")
    page = signed_in("expert1")
    page.goto(case)
    page.fill("#decide_abnormal_reasons", WHY)
    page.fill("#decide_abnormal_handling", "本人诉求照常受理并按期答复,不与代理人谈判费用")
    press(page, "决定:异常")
    expect(page.locator("h1")).to_contain_text("认定异常")


def test_a_matter_walks_from_upload_to_a_decision_proved_offline(signed_in, decided):
    from lianfang.engine.evidence import leaf, note, policy, proof

    page = signed_in("expert1")
    page.goto(decided)
    expect(page.locator(".past li").first).to_contain_text("决定:异常")
    wait_for_proof(page)
    step = page.locator(".past li").first
    proved, raw = (page.request.get(step.get_by_role("link", name=name).get_attribute("href")).body() for name in ("包含证明", "日志叶"))
    key = page.locator("#past ~ p code, .hint code").last.inner_text()
    # From here on nothing of the office is asked: three files and the engine.
    checked = proof.verify(proved, raw, policy.Policy(note.read_key(key)))
    assert checked.checkpoint.n_leaves > 20 and leaf.from_bytes(raw).type == "cases:case:moved"
    with pytest.raises(Exception, match="E-"):
        proof.verify(proved, raw.replace(b"moved", b"mover"), policy.Policy(note.read_key(key)))
    page.goto(decided + "/decision")
    expect(page.locator("main")).to_contain_text("不同意见(留存)")
    expect(page.locator("main")).to_contain_text("(expert3)")


def wait_for_proof(page):
    for _ in range(60):
        if page.locator(".past li").first.get_by_role("link", name="包含证明").count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("no checkpoint covered the decision in half a minute")


def test_the_lender_reads_the_decision_and_not_the_reviewers(signed_in, decided):
    page = signed_in("analyst")
    page.goto(decided + "/decision")
    expect(page.locator("h2").first).to_contain_text("异常")
    assert "expert" not in page.locator("main").inner_text()
    page.goto(decided)
    assert "expert" not in page.locator("main").inner_text() and "group" not in page.locator("main").inner_text()


PAGES = {"analyst": ("", "/decision"), "office": ("/group", "/vote", "/appeal")}
LISTS = {"analyst": ("/cases/precedents?criteria=A5", "/cases"), "office": ()}


def violations(page, width):
    found = axe.Axe().run(page).response
    assert len(found["passes"]) > 8
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} scrolls sideways"
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_a_reader_out_of_a_case(signed_in, decided, size):
    wrong = {}
    for user, parts in PAGES.items():
        page = signed_in(user)
        page.set_viewport_size(size)
        for address in [*(decided + part for part in parts), *LISTS[user]]:
            page.goto(address)
            if page.locator("details.more").count():
                page.locator("details.more > summary").last.click()
            wrong[address] = violations(page, size["width"])
    page = signed_in("office")
    page.goto("/cases")
    page.locator("input[name=codes]").first.check()
    page.select_option("select[name=act]", "claim")
    press(page, "逐件办理")
    wrong["bulk"] = violations(page, size["width"])
    page.set_viewport_size(WIDE)
    page = signed_in("analyst")
    page.goto(decided)
    page.goto(page.locator(".figures a").first.get_attribute("href") + "/case")
    wrong["open"] = violations(page, size["width"])
    assert {place: found for place, found in wrong.items() if found} == {}


def test_english_is_complete_on_the_pages_of_a_case(signed_in, decided):
    """Words of the office speak one language; what people wrote, names and the texts of exhibits stay as they are."""
    page = signed_in("office")
    page.goto("/cases")
    page.get_by_role("button", name="English").click()
    for part in ("", "/group", "/vote", "/appeal", "/decision"):
        page.goto(decided + part)
        shown = page.evaluate("""() => {
          const copy = document.body.cloneNode(true);
          copy.querySelectorAll('button[lang], .wrote, .answers dd, .given dd, .letter p:not(.meta), .exhibits, table, .past li > p').forEach((one) => one.remove());
          return copy.textContent; }""")
        assert [line.strip() for line in shown.split("\n") if CHINESE.search(line)] == [], part
    press(page, "中文")


def test_a_case_is_moved_by_keyboard_alone(signed_in, decided):
    page = signed_in("office")
    page.goto(decided)
    page.locator(".offer summary").first.focus()
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "publish_told_how":
            break
    page.keyboard.type("书面告知并附申诉办法")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "publish_expires_on"
    page.fill("#publish_expires_on", "2030-01-01")
    page.locator(".offer button.btn-primary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("已告知")
