"""States of an exhibit and sorts of evidence, in words."""

from __future__ import annotations

from lianfang.engine.terms.errors import Say

HELD, DAMAGED, FORGOTTEN = "held", "damaged", "forgotten"
STATES = {
    HELD: Say("在库", "held"),
    DAMAGED: Say("已损坏,不得使用", "damaged, not to be used"),
    FORGOTTEN: Say("已依法删除,完整性可验证", "removed by law, still provable"),
}
SORTS = {
    "file": Say("文档、图片、音频、视频", "documents, pictures, sound, video"),
    "message": Say("短信、邮件、聊天", "SMS, e-mail, chats"),
    "web": Say("网页、帖子", "pages and posts"),
    "record": Say("登录、交易、通话等记录", "records of log-in, payment, calls"),
    "other": Say("其他电子数据", "other electronic evidence"),
}
ACTS = {
    "capture": Say("入库", "taken in"),
    "view": Say("查看", "read"),
    "copy": Say("复制", "copied"),
    "transfer": Say("移交", "handed over"),
    "redact": Say("遮盖", "redacted"),
    "export": Say("导出", "exported"),
    "return": Say("归还", "returned"),
    "destroy": Say("删除", "removed"),
    "hold": Say("法律保全", "held by law"),
    "release": Say("解除保全", "hold released"),
    "verify": Say("核验", "verified"),
    "stamp": Say("加盖时间戳", "time-stamped"),
}
