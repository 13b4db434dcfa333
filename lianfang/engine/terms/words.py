"""Words of levels and strengths: every page, file and command takes them from here, and reads no file for them."""

from __future__ import annotations

from lianfang.engine.terms.codes import Level, Strength
from lianfang.engine.terms.errors import Say

LEVELS = {
    Level.NONE: Say("无", "none"),
    Level.LOOK: Say("看一看", "to look at"),
    Level.REVIEW: Say("请人审核", "for review"),
}
STRENGTHS = {
    Strength.STRONG: Say("强", "strong"),
    Strength.MEDIUM: Say("中", "medium"),
    Strength.WEAK: Say("弱", "weak"),
}
GUARD = Say("护栏", "guard")
