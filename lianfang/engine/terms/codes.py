"""Codes the rooms share; never bare strings. Chinese labels stand in `data/glossary.yaml`."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What a record is."""

    COMPLAINT = "complaint"
    CONTACT = "contact"
    POST = "post"
    APPLICATION = "application"
    OBJECTION = "objection"
    TIP = "tip"


class Activity(StrEnum):
    """The ten black and gray activities (domain sheet, part 6)."""

    AGENT_COMPLAINT = "BG01"
    ANTI_COLLECTION = "BG02"
    DEBT_EVASION = "BG03"
    ABNORMAL_COMPLAINT = "BG04"
    CREDIT_REPAIR = "BG05"
    PROXY_SURRENDER = "BG06"
    TELECOM_FRAUD = "BG07"
    LOAN_BROKER = "BG08"
    HANDLE_THEFT = "BG09"
    FAKE_APP = "BG10"


class Level(StrEnum):
    """How far a machine may go: nothing, a look, a person's review. There is no fourth."""

    NONE = "none"
    LOOK = "look"
    REVIEW = "review"

    @property
    def rank(self) -> int:
        """Give 0, 1 or 2, for comparing."""
        return ("none", "look", "review").index(self.value)


class Strength(StrEnum):
    """How much one clause weighs beside others."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class PersonalClass(StrEnum):
    """JR/T 0171 classes; C3 is refused at the door."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"


class IdentifierKind(StrEnum):
    """Numbers and names that point at a person, a firm or a thing."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    RESIDENT_ID = "resident_id"
    USCC = "uscc"
    BANK_CARD = "bank_card"
    BANK_ACCOUNT = "bank_account"
    WECHAT_ID = "wechat_id"
    QQ = "qq"
    ALIPAY = "alipay"
    DOUYIN = "douyin"
    KUAISHOU = "kuaishou"
    XIAOHONGSHU = "xiaohongshu"
    EMAIL = "email"
    URL = "url"
    DOMAIN = "domain"
    IP = "ip"
    DEVICE_ID = "device_id"
    PLATE = "plate"
    APP_PACKAGE = "app_package"
    SHA256 = "sha256"


class Role(StrEnum):
    """Whose identifier a column holds: it decides whether sharing it means anything."""

    PERSON = "person"  # the customer's own: joins a person's own records, never strangers
    AGENT = "agent"  # whoever acts for the customer
    PAYEE = "payee"  # where the fee goes
    DEVICE = "device"  # device, address, network
    POSTER = "poster"  # who advertises
    THING = "thing"  # site, app, plate, file


class Exit(IntEnum):
    """Process exit codes of the command line."""

    OK = 0
    FAILED = 1
    BAD_INPUT = 2
