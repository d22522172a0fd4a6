import hashlib
import subprocess
import sys
import time
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.orchestrator import errors
from services.orchestrator.providers import speech_offline, speech_text
from services.orchestrator.providers.speech_offline import Speech, synthesise

ENGLISH = (
    "Don't worry, it's a well-known fact: in 1984 (or 3.14%) the U.S. e.g. Dr. Smith's co-op cost $5.50. 🎉 "
    'OK — yes… "quoted" A/B. See https://keyreel.org/docs, or write to me@example.com! Ready?'
)
FRENCH = (
    "C'est l'été 1984 : « déjà vu », dit-il à M. Dupont… 🎉 Oui ! Aujourd’hui, l’œuvre coûte 10 000 €, soit 3,5 % "
    "de plus qu’en 1999 ; peut-être. Qu'en pensez-vous ?"
)


def samples(path: Path) -> tuple[np.ndarray, int]:
    with wave.open(str(path)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth()) == (1, 2)
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(float) / 32768, wav.getframerate()


def assert_timed(speech: Speech) -> None:
    previous = 0.0
    for word in speech.words:
        assert previous <= word.start < word.end, word
        previous = word.end
    assert previous <= speech.seconds


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (FRENCH, "fr"), (ENGLISH, "en-GB"), (FRENCH, "fr-CA")])
def test_every_word_is_timed_once_in_order_as_it_is_written(text: str, language: str, tmp_path: Path) -> None:
    speech = synthesise(text, language=language, out=tmp_path / "a.wav")
    assert [w.text for w in speech.words] == speech_text.clean(text, language).replace("\n", " ").split(" ")
    assert " ".join(w.text for w in speech.words).split() == text.split()
    assert_timed(speech)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Green tea. Then water, poured slowly. Paper boats! A garden in the rain; gone. Better days."),
        ("fr", "Bonjour. Puis la pluie, doucement. Demain ! Un jardin sous la lune ; calme. Beaucoup de bruit."),
        ("de", "Guten Tag. Dann der Garten, ganz ruhig. Baden! Ein Boot im Regen; weit. Bald wird es Abend."),
    ],
)
def test_a_word_after_a_pause_begins_where_the_sound_begins(language: str, text: str, tmp_path: Path) -> None:
    speech = synthesise(text, language=language, out=tmp_path / "a.wav")
    sound, rate = samples(speech.path)
    window = rate // 200
    energy = np.sqrt(np.convolve(sound**2, np.ones(window) / window, "same"))
    loud = energy > 0.012
    checked = 0
    for before, word in pairwise(speech.words):
        if word.start - before.end < 0.1:
            continue
        middle = round((before.end + word.start) / 2 * rate)
        heard = (middle + int(np.argmax(loud[middle:]))) / rate
        ended = (middle - int(np.argmax(loud[:middle][::-1]))) / rate
        assert abs(heard - word.start) <= 0.06, (word, heard)
        assert abs(ended - before.end) <= 0.1, (before, ended)
        checked += 1
    assert checked >= 4


def test_the_pause_between_sentences_belongs_to_no_word(tmp_path: Path) -> None:
    speech = synthesise("First sentence. Second sentence.", language="en", out=tmp_path / "a.wav")
    assert speech.words[2].start - speech.words[1].end > 0.2


def test_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    def make(name: str) -> Speech:
        return synthesise(FRENCH, language="fr", voice="soft", speed=1.1, out=tmp_path / name)

    made = [make("1.wav")]
    time.sleep(1.1)  # left alone, the engine seeds its noise with the second of the day
    made.append(make("2.wav"))
    assert len({hashlib.sha256(m.path.read_bytes()).digest() for m in made}) == 1
    assert made[0].words == made[1].words


def test_the_engine_is_loaded_in_a_process_of_its_own_and_never_here(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from services.orchestrator.providers.speech_offline import synthesise\n"
        f"speech = synthesise('Hello there.', language='en', out=Path({str(tmp_path / 'a.wav')!r}))\n"
        "assert speech.seconds > 0.5\n"
        "assert 'espeak' not in Path('/proc/self/maps').read_text()\n"
        "assert not [name for name in sys.modules if 'espeak' in name]\n"
    )
    root = Path(speech_offline.__file__).parents[3]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)
    assert "espeak" not in Path("/proc/self/maps").read_text()


def test_markup_is_never_obeyed(tmp_path: Path) -> None:
    plain = synthesise("Tea is ready.", language="en", out=tmp_path / "plain.wav")
    marked = synthesise(
        '<speak>Tea <break time="9s"/> is\x01 **ready**.</speak>', language="en", out=tmp_path / "marked.wav"
    )
    assert marked.path.read_bytes() == plain.path.read_bytes()
    escaped = synthesise("Tea &lt;break time='9s'/&gt; is ready.", language="en", out=tmp_path / "escaped.wav")
    longest_gap = max(b.start - a.end for a, b in pairwise(escaped.words))
    assert longest_gap < 1


@pytest.mark.parametrize("text", ["", "  \n ", "🎉", "… — !", "<br/>"])
def test_a_text_with_nothing_to_pronounce_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(errors.SpeechTextEmpty):
        synthesise(text, language="en", out=tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_language_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(errors.SpeechLanguageUnavailable, match=r"en, .*fr, .*pl, "):
        synthesise("Hello", language="zz", out=tmp_path / "a.wav")


def test_an_unknown_voice_is_refused(tmp_path: Path) -> None:
    for voice in ("whale", "zz:warm", "fr-fr:whale"):
        with pytest.raises(errors.SpeechVoiceUnknown, match="warm, clear, soft, bright"):
            synthesise("Hello", language="en", voice=voice, out=tmp_path / "a.wav")


def test_a_text_over_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.SpeechTextTooLong, match="20,000"):
        synthesise("a " * 10_001, language="en", out=tmp_path / "a.wav")


def test_kanji_are_refused_rather_than_read_wrongly(tmp_path: Path) -> None:
    with pytest.raises(errors.SpeechTextUnreadable):
        synthesise("今日は晴れです。", language="ja", out=tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Über z.B. 12 Straßen, sagt Dr. Müller."),
        ("es", "¿Qué tal? El niño comió 3 manzanas."),
        ("it", "Perché l'acqua è così limpida?"),
        ("pt-BR", "São 10 ações, não é?"),
        ("nl", "Het is 's avonds mooi."),
        ("pl", "Zażółć gęślą jaźń."),
        ("ru", "Чай собирают весной."),
        ("ar", "مرحبا بالعالم، هذا اختبار."),
        ("hi", "नमस्ते दुनिया, यह एक परीक्षण है।"),
        ("zh", "你好，世界。今天天气很好，我们去公园。"),
        ("zh-TW", "你好，世界。"),
        ("ja", "こんにちは、せかい。「カタカナ」もよめます。"),
        ("th", "สวัสดีครับ วันนี้อากาศดีมากเลยนะครับผม"),
        ("ko", "안녕하세요, 세계!"),
        ("no", "Blåbærsyltetøy er godt."),
    ],
)
def test_the_voice_speaks_many_languages(language: str, text: str, tmp_path: Path) -> None:
    speech = synthesise(text, language=language, out=tmp_path / "a.wav")
    rebuilt = "".join((" " if w.space_before else "") + w.text for w in speech.words)
    assert rebuilt == speech_text.clean(text, language)
    assert_timed(speech)
    sound, _ = samples(speech.path)
    assert 0.02 < sound.std() < 0.3
    assert speech.seconds > 0.5


def test_text_without_spaces_is_cut_into_readable_units() -> None:
    def cut(text: str, language: str) -> list[str]:
        return [u.text for u in speech_text.units(speech_text.clean(text), language)]

    assert cut("今天天气很好，我们去公园。", "cmn") == ["今天", "天气", "很好，", "我们", "去公园。"]
    assert cut("今日は「東京」へ行く", "ja") == ["今日は", "「東京」", "へ", "行く"]
    assert cut("买 3 个 iPhone 吧", "cmn") == ["买", "3", "个", "iPhone", "吧"]


def test_a_text_of_twenty_thousand_characters_is_spoken_whole(tmp_path: Path) -> None:
    text = (
        "The tea is picked in spring, then 1,984 leaves are warmed. Doucement, the river carries the light. " * 300
    )[:20_000].rstrip()
    speech = synthesise(text, language="en", out=tmp_path / "a.wav")
    assert [w.text for w in speech.words] == text.split()
    assert_timed(speech)
    assert speech.seconds > 1000
    after_stops = [b.start - a.end for a, b in pairwise(speech.words) if a.text.endswith(".")]
    within = [b.start - a.end for a, b in pairwise(speech.words) if a.text[-1].isalpha()]
    assert min(after_stops) > 0.2, "times do not drift from their words"
    assert max(within) < 0.1


def test_speed_changes_the_pace(tmp_path: Path) -> None:
    slow, usual, fast = (
        synthesise(ENGLISH, language="en", speed=speed, out=tmp_path / "a.wav").seconds for speed in (0.7, 1.0, 1.5)
    )
    assert slow > usual * 1.25 and fast < usual * 0.8


@pytest.mark.parametrize("style", ["warm", "clear", "soft", "bright"])
def test_no_voice_clips(style: str, tmp_path: Path) -> None:
    for text, language in ((ENGLISH, "en"), (FRENCH, "fr")):
        sound, rate = samples(synthesise(text, language=language, voice=style, out=tmp_path / "a.wav").path)
        assert rate == 22050
        assert (np.abs(sound) > 0.999).sum() <= 3


def test_voices_can_be_asked_for_by_their_id(tmp_path: Path) -> None:
    ids = {voice.id for voice in speech_offline.voices()}
    assert {"fr-fr:warm", "en-us:soft", "cmn:clear"} <= ids
    by_id = synthesise("Bonjour à tous.", language="en", voice="fr-fr:soft", out=tmp_path / "a.wav")
    by_style = synthesise("Bonjour à tous.", language="fr", voice="soft", out=tmp_path / "b.wav")
    assert by_id.path.read_bytes() == by_style.path.read_bytes()
