"""The pages people read: the cover of an evidence package and its list of exhibits, as DOCX, in plain Chinese."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lianfang.engine.evidence import zips
from lianfang.engine.terms.clock import SHANGHAI

CATEGORY_ZH = {"web": "网页、博客、微博客等网络平台信息", "message": "短信、邮件、即时通信、群组等通信信息", "record": "注册、登录、交易、日志等信息",
               "file": "文档、图片、音频、视频、程序等文件", "other": "其他电子数据"}  # fmt: skip
ERASED_ZH = "已依法删除，完整性可验证"
_FONT = "宋体"


def cover(manifest: Mapping[str, Any], log_line: str) -> bytes:
    """Make the cover sheet: what this is, who made it, how to check it without us.

    Args:
        manifest: see `package.manifest`; its `files` may still be empty.
        log_line: the log's public key, to be compared with the published one.
    """
    page = _document(manifest)
    page.add_heading("电子数据证据包", 0)
    rows = [
        ("包编号", manifest["package_id"]), ("案件编号", manifest["case_id"]), ("用途", manifest["purpose"]), ("法律依据", manifest["legal_basis"]),
        ("调取文书号", manifest.get("requester_document", "无")), ("制作单位", manifest["unit"]), ("制作人", manifest["preparer"]),
        ("制作时间（北京）", manifest["created_at"]["beijing"]), ("证据件数", str(len(manifest["items"]))), ("份数", str(manifest["n_copies"])),
        ("证据根哈希", manifest["items_root"]), ("存证日志公钥", log_line), ("单位电子签章", "（盖章处）"),
    ]  # fmt: skip
    _table(page, ("项目", "内容"), rows, (4.0, 12.0))
    page.add_heading("这是什么", 1)
    page.add_paragraph("本包内的每件电子数据在取得时即计算 SHA-256 与 SM3 两种哈希，并将其加盐承诺写入只增不改的存证日志。"
                       "日志的检查点由日志方签名，并可由协会、监管机构、公证机构等见证方联名。事后改动任何一个字节，核验都会失败并指出位置。")
    page.add_heading("如何核验", 1)
    for line in ("在任何装有 Python 3.8 以上的电脑上，从包中取出 verify.py，运行：python3 verify.py 本包.zip。",
                 "显示“PASS 通过”即全部相符；显示“FAIL 不通过”则后面写明第一处不符。核验不联网，不需要制作方的任何系统。",
                 "核验所用公钥在 policy.txt；请与协会公布的公钥核对，或用 --policy 指定公布的文件。",
                 "时间戳文件在 stamps 目录，用 openssl ts -verify 及时间戳机构的根证书核验。"):  # fmt: skip
        page.add_paragraph(line, style="List Number")
    page.add_heading("它不说明什么", 1)
    page.add_paragraph("存证只证明内容自写入日志之时起未变，不证明此前的真实性，也不证明内容所述为真；取得过程见证据目录与保管链。")
    return _bytes(page)


def catalogue(manifest: Mapping[str, Any]) -> bytes:
    """Make 证据目录 and 电子数据清单: number, name, source, object of proof; then format and digests of each."""
    page = _document(manifest, wide=True)
    page.add_heading("证据目录", 0)
    page.add_paragraph(f"案件编号：{manifest['case_id']}    提交人：{manifest['unit']}    份数：{manifest['n_copies']}")
    head = ("序号", "证据名称", "类别", "来源", "取得人及时间", "证明对象", "备注")
    _table(page, head, [_listed(one) for one in manifest["items"]], (1.2, 4.2, 3.6, 4.2, 4.2, 4.6, 3.4))
    page.add_heading("电子数据清单", 1)
    rows = [_digested(one) for one in manifest["items"] if "erased" not in one]
    _table(page, ("序号", "文件名", "格式", "字节", "完整性校验值"), rows, (1.2, 5.0, 3.6, 2.6, 13.0))
    page.add_paragraph("提交人（签名或盖章）：                    日期：")
    return _bytes(page)


def _listed(item: Mapping[str, Any]) -> tuple[str, ...]:
    if "erased" in item:
        return str(item["item_no"]), ERASED_ZH, "", "", "", "", f"依据：{item['erased']['rule']}；{item['erased']['at']}"
    told = item["exhibit"]
    at = datetime.fromisoformat(told["captured_at"]).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    remarks = [told.get("remarks", ""), f"由 {told['parent']} 派生" if "parent" in told else "", f"遮盖 {len(told['redactions'])} 处" if "redactions" in told else ""]
    return (str(item["item_no"]), told["title"], CATEGORY_ZH[told["category"]], told["source"], f"{told['captured_by']}\n{at}",
            told["object_of_proof"], "；".join(filter(None, remarks)))  # fmt: skip


def _digested(item: Mapping[str, Any]) -> tuple[str, ...]:
    told = item["exhibit"]
    return str(item["item_no"]), told["file_name"], told.get("mime", ""), str(told["bytes"]), f"SHA-256 {told['sha256']}\nSM3 {told['sm3']}"


def _document(manifest: Mapping[str, Any], wide: bool = False) -> Any:
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn

    page = docx.Document()
    for name in ("Normal", "Title", "Heading 1", "List Number"):
        style = page.styles[name]
        style.font.name = _FONT
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _FONT)
    section = page.sections[0]
    section.page_width, section.page_height = docx.shared.Cm(21.0), docx.shared.Cm(29.7)
    if wide:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    section.left_margin = section.right_margin = docx.shared.Cm(2.0)
    at = datetime.fromisoformat(manifest["created_at"]["utc"]).replace(tzinfo=None)
    told = page.core_properties
    told.author, told.last_modified_by, told.title, told.comments = manifest["unit"], manifest["unit"], manifest["package_id"], ""
    told.created, told.modified, told.revision, told.language = at, at, 1, "zh-CN"
    return page


def _table(page: Any, head: Sequence[str], rows: Sequence[Sequence[str]], widths_cm: Sequence[float]) -> None:
    from docx.oxml import OxmlElement
    from docx.shared import Cm, Pt

    table = page.add_table(rows=1, cols=len(head), style="Table Grid")
    table.autofit = False
    for place, width in enumerate(widths_cm):
        table.columns[place].width = Cm(width)
    for _row in rows:
        table.add_row()
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # a digest is not torn over two pages
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for number, cells in enumerate((head, *rows)):
        for place, (cell, text) in enumerate(zip(table.rows[number].cells, cells, strict=True)):
            cell.width = Cm(widths_cm[place])
            cell.text = text
            for line in cell.paragraphs:
                for piece in line.runs:
                    piece.font.size, piece.font.bold = Pt(9.5), number == 0


def _bytes(page: Any) -> bytes:
    made, clean = io.BytesIO(), io.BytesIO()
    page.save(made)
    zips.again(made, clean)
    return clean.getvalue()
