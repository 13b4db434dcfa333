"""Passwords, card verification codes, biometrics: refused at the door, and loudly.

JR/T 0171 calls them C3. A column of them is never read into a record; one written out in a free
text is covered before the text is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.records import headers

_HEADER = re.compile(
    "密码|口令|密保|私钥|安全码|验证码|校验码|磁道|磁条|pin码|虹膜|人脸|面部|面容|声纹|掌纹|指静脉|"
    "(?<!设备)指纹|生物(?:识别|特征|信息)|卡片?有效期|信用卡有效期|"
    "passw|passwd|^pwd|pwd$|passphrase|passcode|cvv|cvc|cvn|^pin$|pincode|^otp$|smscode|"
    "verifycode|verificationcode|securitycode|privatekey|secretkey|^secret$|track[12]|"
    "(?<!device)fingerprint|iristemplate|irisscan|^iris$|voiceprint|faceid|faceimage|facefeature|"
    "facetemplate|facevector|faceembedding|biometric|cardexp|expirydate|expirationdate|validthru"
)
_PASSWORD_HASH = re.compile(r"\$(?:2[abxy]|argon2\w*|5|6|1|y|pbkdf2[\w-]*)\$.{8,}|\{SSHA\}.+")
_TRACK = re.compile(r"%?B\d{13,19}\^.*|;?\d{13,19}=\d{4,}.*")
_CODE = re.compile(r"\d{3}")
_EXPIRY = re.compile(r"(?:0[1-9]|1[0-2])/?(?:2[0-9]|3[0-9])")
_IN_TEXT = (
    r"((?:密码|口令|安全码|验证码|cvv2?|CVV2?|cvn2?|CVN2?|password|PASSWORD)"
    r"(?:是|为|:|:|=|\s){1,3})[A-Za-z@#$%!._-]{0,16}[0-9][0-9A-Za-z@#$%!._-]{2,31}"
)
"""A word for a secret, then something with a digit in it: a masked token or a plain word stays."""

_LEAST = 20
"""Values needed before a column is refused for what its values look like."""


def is_secret_header(raw: str) -> bool:
    """Say whether a header names something nobody may hand over."""
    return _HEADER.search(headers.read(raw).key) is not None


def is_secret_column(values: Sequence[str], has_bank_card: bool) -> bool:
    """Say whether a column nobody could name holds passwords, card tracks or card codes.

    Args:
        values: its cells that hold something.
        has_bank_card: whether the table has a column of card numbers, which alone makes three
            digits in every row a verification code.
    """
    if not values:
        return False
    if all(_PASSWORD_HASH.fullmatch(one) or _TRACK.fullmatch(one) for one in values[:_LEAST]):
        return True
    if not has_bank_card or len(values) < _LEAST or len(set(values)) < _LEAST // 2:
        return False
    return all(_CODE.fullmatch(one) for one in values) or all(_EXPIRY.fullmatch(one) for one in values)


def cover(texts: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Cover passwords and codes written out inside texts.

    Returns:
        The texts, and a mask of those that changed, or None where none did.
    """
    touched = pc.fill_null(pc.match_substring_regex(texts, _IN_TEXT), False)
    if not pc.any(touched).as_py():
        return texts, None
    covered = pc.replace_substring_regex(texts.filter(touched), _IN_TEXT, r"\1***")
    return pc.replace_with_mask(texts, touched, covered), touched
