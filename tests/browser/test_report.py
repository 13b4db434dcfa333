"""The page of a run in a real browser: read, clicked, filtered, by mouse and by keyboard, offline."""

import pytest

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = playwright.expect

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE, PHONE = (1366, 768), (390, 844)
LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, small_run):
    """Open the page as a reader does, by double click; nothing may be fetched, nothing may complain."""
    heard, pages = [], []

    def go(size=WIDE, language="zh", anchor=""):
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        pages.append(page)
        page.on("console", lambda said: heard.append(said.text))
        page.on("pageerror", lambda wrong: heard.append(str(wrong)))
        page.on("request", lambda asked: asked.url.startswith("file:") or heard.append(asked.url))
        page.goto((small_run.results / "report.html").as_uri() + anchor)
        if language == "en":
            page.click("#language")
        return page

    yield go
    for page in pages:
        page.close()
    assert heard == []


def rings(page):
    return page.locator("#queue [data-ring]")


def test_the_first_ring_is_open(visit):
    page = visit()
    first = rings(page).first
    expect(first).to_have_attribute("aria-current", "true")
    expect(page.locator("#ring h2")).to_contain_text(first.get_attribute("data-ring"))
    assert page.locator("#ring .why li").count() > 0
    assert page.locator("#ring svg.graph [data-node]").count() > 3
    assert page.locator("#ring blockquote mark").count() > 0


def test_clicking_a_ring_shows_its_reasons(visit):
    page = visit()
    first = page.locator("#ring .why").inner_text()
    other = rings(page).nth(1)
    other.click()
    expect(page.locator("#ring h2")).to_contain_text(other.get_attribute("data-ring"))
    expect(other).to_have_attribute("aria-current", "true")
    assert page.locator("#ring .why").inner_text() not in ("", first)
    assert page.url.endswith("#" + other.get_attribute("data-ring"))
    again = visit(anchor="#" + other.get_attribute("data-ring"))
    expect(again.locator("#ring h2")).to_contain_text(other.get_attribute("data-ring"))


def test_clicking_a_reason_lights_its_line(visit):
    page = visit()
    assert page.locator("line.lit").count() == 0
    reason = page.locator(".edges tbody button").nth(2)
    said = reason.inner_text()
    reason.click()
    expect(page.locator("line.lit")).to_have_count(1)
    expect(page.locator("g.lit")).to_have_count(2)
    expect(page.locator("#said")).to_contain_text(said)
    page.locator("svg.graph [data-node]").first.click()
    expect(page.locator("line.lit")).to_have_count(1)


def test_a_name_of_the_graph_covers_no_other_name(visit):
    for language in LANGUAGES:
        page = visit(language=language)
        for n in range(min(6, rings(page).count())):
            rings(page).nth(n).click()
            covered = page.evaluate("""() => {
              const boxes = [...document.querySelectorAll('svg.graph text')].map((one) => one.getBoundingClientRect()).filter((box) => box.width);
              const meet = (a, b) => a.left < b.right - 1 && a.right > b.left + 1 && a.top < b.bottom - 4 && a.bottom > b.top + 4;
              return boxes.flatMap((a, n) => boxes.slice(n + 1).filter((b) => meet(a, b))).length;
            }""")
            assert covered == 0, f"{language}, ring {n}"


def test_the_language_switch_shows_one_language(visit):
    page = visit()
    expect(page.locator("#queue-name")).to_have_text("待看的团伙", use_inner_text=True)
    page.click("#language")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#queue-name")).to_have_text("Rings waiting", use_inner_text=True)
    shown = page.locator("#ring .why").inner_text() + page.locator("header").inner_text() + page.locator(".figures").inner_text()
    assert "团伙" not in shown and "机构" not in shown
    page.click("#language")
    expect(page.locator("#queue-name")).to_have_text("待看的团伙", use_inner_text=True)


def test_filters_narrow_the_queue_and_say_how_many(visit):
    page = visit()
    everything = rings(page).count()
    page.select_option("#level", "review")
    review = rings(page).count()
    assert 0 < review < everything
    assert page.locator("#queue .tag.look").count() == 0
    expect(page.locator("#found")).to_contain_text(str(review))
    page.select_option("#level", "")
    name = rings(page).nth(2).get_attribute("data-ring")
    page.fill("#find", name.lower())
    expect(rings(page)).to_have_count(1)
    page.fill("#find", "nobody is called so")
    expect(rings(page)).to_have_count(0)
    page.fill("#find", "")
    expect(rings(page)).to_have_count(everything)


def test_everything_can_be_reached_by_keyboard(visit):
    page = visit()
    seen, wanted = [], rings(page).nth(1).get_attribute("data-ring")
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.dataset.ring || document.activeElement.tagName"))
        if seen[-1] == wanted:
            break
    assert {"language", "level", "find"} <= set(seen) and seen[-1] == wanted
    page.keyboard.press("Enter")
    expect(page.locator("#ring h2")).to_contain_text(wanted)
    expect(page.locator("#ring")).to_be_focused()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tbody') !== null"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("line.lit")).to_have_count(1)


def test_a_guard_is_no_sign(visit):
    page = visit()
    told = 0
    for n in range(rings(page).count()):
        rings(page).nth(n).click()
        for article in page.locator("#ring article").all():
            guards = [one.inner_text() for one in article.locator("mark.guard").all()]
            told += len(guards)
            titles = {one.get_attribute("title").split(" / ")[0] for one in article.locator("mark.guard").all()}
            signs = article.locator("p.note").all_inner_texts()
            assert not [name for name in titles for line in signs if name in line.split(":")[-1].split(" · ")]
    assert told > 0, "some guard acted in the small world"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_keeps_a_reader_out(visit, size, language):
    page = visit(size, language)
    page.locator(".edges tbody button").first.click()
    found = axe.Axe().run(page).response
    assert len(found["passes"]) > 15
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "no sideways scrolling of the page"


def test_it_reads_without_a_script(chromium, small_run):
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((small_run.results / "report.html").as_uri())
    assert page.locator(".figures .card").count() >= 5 and page.locator(".chart svg").count() >= 2
    page.close()


def test_a_run_that_found_nothing_has_a_page(chromium, command, tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,今天天气很好\n", "utf-8")
    assert command("run", tmp_path / "a.csv", "--out", tmp_path / "out").code == 0
    page = chromium.new_page()
    wrong = []
    page.on("pageerror", lambda one: wrong.append(str(one)))
    page.goto((tmp_path / "out" / "report.html").as_uri())
    expect(page.locator("#ring")).to_contain_text("没有发现团伙")
    page.close()
    assert wrong == []
