"""Texts in many scripts, and texts that try to be something else, for words.json."""

from __future__ import annotations

from vectors.boards import SCRIPTS, SPOKEN

TEXTS = [
    "",
    " \n\t ",
    "Hello",
    SPOKEN,
    *SCRIPTS.values(),
    "iPhoneを買う 今日は 世界",
    "\u8336\u5f88\u597d\u559d\uff01\u4f60\u559c\u6b22\u5417\uff1f\u662f\u7684\uff0c\u559c\u6b22\uff1b\u597d\uff1a\u518d\u89c1\uff0e",
    "\uff46\uff55\uff4c\uff4c\u3000\uff57\uff49\uff44\uff54\uff48\uff01",
    "「東京」へ行く。",
    "日本語とEnglishとmixed",
    "ສະບາຍດີ ຊາ",
    "តែក្តៅ",
    "Ngày mai trời sẽ mưa, phải không?",
    "Ça coûte 3,50 € — vraiment ?",
    "¿Qué? ¡No!",
    "3.14 is π; 1,000,000 % of $5 & more = £2 + ¥3 °C",
    "e\u0301 decomposed and é composed",
    "*bold* **strong** _italic_ ~~gone~~ `code` snake_case 2*3*4",
    "# Heading\ntext under it",
    "A [link](https://example.org/a_b) and ![picture](x.png)",
    "<b>bold</b> a < b > c <3 <script>alert(1)</script>",
    "{\\b1} ':[];,%{}\\ $(id)",
    "{{7*7}} {{config}} {{NAME}}",
    "😀",
    "😀 first emoji",
    "tea 🍵 time 👩‍👩‍👧 🇩🇪 ❤️ 1️⃣",
    "wait... what?! No… “Quoted.” (Really.)",
    "- - — … ! ? .",
    "ZWJ\u200dand ZWNJ\u200cand NBSP\u00a0here",
    "שלום hello مرحبا",
    "𝕸𝖆𝖙𝖍 𐍈 supplementary",
    "ｆｕｌｌ　ｗｉｄｔｈ！",
    "한국어와 English 섞기",
    "a" * 60,
    "word " * 30,
]
