from itertools import pairwise

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from services.orchestrator.providers.script_offline import MAX_SCENES, length, split_script

ARTICLE = """# Why tea?

Tea is the most popular drink after water. It's grown in over 30 countries, e.g. China, India and Kenya, and
Dr. Smith says that 3.14 million tons are drunk each year! "Really?" Yes.

## Facts
- Green tea isn't fermented
- Black tea is; it takes 2.5 hours... and then it rests.
1. First, warm the pot.
2. Then pour.

Sources
=======
See https://example.com/a.b?c=d for more.
"""


def words(text: str) -> list[str]:
    return regex.findall(r"[\p{L}\p{N}]+", text)


def texts(source: str, language: str = "en") -> list[str]:
    return [scene.text for scene in split_script(source, language=language)]


def test_an_article_becomes_scenes_under_its_headings() -> None:
    scenes = split_script(ARTICLE)
    assert [scene.heading for scene in scenes if scene.heading] == ["Why tea?", "Facts", "Sources"]
    assert words(" ".join(scene.text for scene in scenes)) == words(ARTICLE)
    assert scenes[-1].text == "Sources. See https://example.com/a.b?c=d for more."
    assert not any(regex.search(r"[#=]{2}|^[-*] ", scene.text) for scene in scenes)


def test_sentences_end_neither_at_abbreviations_nor_in_numbers() -> None:
    source = (
        "Dr. Smith paid $3.50 to J. K. Jones at 5 p.m. yesterday for the U.S. edition of Vol. 2, which he had wanted. "
        "He then walked home very slowly through the old part of the town, e.g. past the mill."
    )
    assert texts(source) == [
        "Dr. Smith paid $3.50 to J. K. Jones at 5 p.m. yesterday for the U.S. edition of Vol. 2, which he had wanted.",
        "He then walked home very slowly through the old part of the town, e.g. past the mill.",
    ]


def test_french_quotations_and_spaced_punctuation_stay_whole() -> None:
    source = (
        "« Pourquoi donc partir si tôt ce matin, alors que la pluie tombe encore sur la ville ? » demanda M. Dupont. "
        "« Parce que… le train de huit heures n'attend jamais les voyageurs en retard ! » Il coûte 10 000 €."
    )
    made = texts(source, "fr")
    assert words(" ".join(made)) == words(source)
    for scene in made:
        assert scene.count("«") == scene.count("»")
        assert not scene.startswith(("?", "!", "»"))
        assert "M. Dupont" in scene or "Dupont" not in scene


def test_long_sentences_are_cut_at_commas_and_conjunctions() -> None:
    source = (
        "When the first light came over the hills, the old farmer opened the wooden gate, and his three dogs ran down "
        "to the river, where the fishermen had already pulled their small blue boats onto the sand."
    )
    made = texts(source)
    assert len(made) >= 2
    for scene, following in pairwise(made):
        assert scene.endswith((",", ".")) or regex.match(r"(?:and|where) ", following)
    assert all(6 <= length(scene) <= 22 for scene in made)


def test_chinese_is_split_at_its_own_full_stops_and_joined_without_spaces() -> None:
    source = (
        "今天天气很好。我们去公园散步，看到了很多花。「真的吗？」她问。"
        "孩子们在草地上跑来跑去，老人们坐在长椅上聊天，大家都很开心，一直到太阳下山才回家。"
    )
    made = texts(source, "zh")
    assert "".join(made) == source
    assert len(made) >= 2 and all(scene.endswith(("。", "，")) for scene in made)


def test_a_plain_article_gives_scenes_of_a_few_seconds() -> None:
    sentence = "The river carries the light of the morning down to the harbour. Boats wait there. "
    lengths = [length(text) for text in texts((sentence * 6 + "\n\n") * 5)]
    assert sum(8 <= n <= 22 for n in lengths) >= 0.9 * len(lengths)


def test_the_target_sets_the_length() -> None:
    source = "One small step, then another, and so on for a while. " * 40
    short, long = (split_script(source, target_seconds=seconds) for seconds in (4, 12))
    assert len(short) > 1.8 * len(long)


def test_no_words_give_no_scenes() -> None:
    for source in ("", "  \n\n ", "---\n***\n", "🎉"):
        assert split_script(source) == []


def test_more_than_five_hundred_scenes_are_merged_and_nothing_is_lost() -> None:
    source = "\n\n".join(f"Paragraph number {n} says something new about the garden in the rain." for n in range(1300))
    scenes = split_script(source)
    assert len(scenes) == MAX_SCENES
    assert words(" ".join(scene.text for scene in scenes)) == words(source)


def test_a_sentence_without_any_mark_is_still_cut() -> None:
    assert all(length(scene) <= 24 for scene in texts("word " * 400))


LINES = st.lists(
    st.text(alphabet="abcdéÀ 019.,;:!?…«»\"'’()-–—\u00a0语文。，かな", max_size=160)
    | st.sampled_from(
        ["", "# Title here", "- item one", "2. item two", "Dr. Who said so.", "see https://a.example/b.c"]
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(lines=LINES, seconds=st.floats(3, 12))
def test_every_word_is_kept_in_order(lines: list[str], seconds: float) -> None:
    source = "\n".join(lines)
    scenes = split_script(source, target_seconds=seconds)
    kept = words(" ".join(scene.text for scene in scenes))
    # a run of Chinese characters has no words to keep apart and may be cut anywhere
    assert "".join(kept) == "".join(words(source))
    if not regex.search(r"\p{Han}|\p{Hiragana}", source):
        assert kept == words(source)
    assert all(scene.text.strip() for scene in scenes)
    assert split_script(source, target_seconds=seconds) == scenes
