"""The process that speaks: the only place where eSpeak NG is loaded.

Licence notice. eSpeak NG (https://github.com/espeak-ng/espeak-ng) is free software under the GNU General
Public License, version 3 or later; it comes from the `espeakng-loader` wheel. Keyreel does not link it:
`speech_offline` starts this module as a program of its own and talks to it through a pipe and a file, and
nothing else in Keyreel may import it. Without the wheel only offline speech is missing.

Protocol: one JSON request on standard input, one JSON answer on standard output.

    {"do": "voices"}
      → {"voices": [{"language": "fr-fr", "name": "French (France)", "file": "fr"}, …]}
    {"do": "speak", "text": "…", "voice": "fr+m7", "rate": 160, "pitch": 50, "range": 60, "wordGap": 1,
     "out": "/…/speech.wav"}
      → {"rate": 22050, "samples": n, "words": [[position, sample], …], "pauses": [[first, last], …]}
        position: index of the character in `text` where the word begins, from 0; a number read as several
        words gives several of them. samples and pauses: sample indices into the WAV; a pause is a stretch
        without sound.

A request that cannot be done ends with exit code 2 and {"error": code}.
"""

from __future__ import annotations

import ctypes
import json
import sys
import wave
from typing import Any

import espeakng_loader

# speak_lib.h of eSpeak NG 1.52
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_PHONEME_EVENTS = 0x0001
_CHARS_UTF8 = 1  # and neither espeakSSML nor espeakPHONEMES: markup in the text stays text
_EVENT_LIST_TERMINATED, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7
_RATE, _PITCH, _RANGE, _WORD_GAP = 1, 3, 4, 7


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),  # a priority byte, then the language tag; only the first is read
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class RequestRefused(Exception):
    """The engine does not know what it was asked for; the message is the code of the answer."""


class _Engine:
    def __init__(self) -> None:
        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate = self._lib.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_PHONEME_EVENTS)
        if self.rate <= 0:
            raise RequestRefused("engine_unavailable")
        # the engine seeds the noise of its breath from the clock, and then no two recordings are the same
        self._lib.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
        self._lib.espeak_ng_SetRandSeed(1)

    def voices(self) -> list[dict[str, str]]:
        list_voices = self._lib.espeak_ListVoices
        list_voices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        found = []
        for pointer in list_voices(None):
            if not pointer:
                break
            voice = pointer.contents
            tag = ctypes.string_at(voice.languages + 1).decode()
            file = voice.identifier.decode().rpartition("/")[2]
            found.append({"language": tag, "name": voice.name.decode().strip(), "file": file})
        return found

    def speak(self, request: dict[str, Any]) -> dict[str, Any]:
        pcm = bytearray()
        words: list[tuple[int, int]] = []
        phonemes: list[tuple[int, bool]] = []  # first sample, is it silence

        def receive(samples: Any, count: int, events: Any) -> int:
            if samples and count:
                pcm.extend(ctypes.string_at(samples, count * 2))
            index = 0
            while (event := events[index]).type != _EVENT_LIST_TERMINATED:
                if event.type == _EVENT_WORD:
                    words.append((event.text_position - 1, event.sample))
                elif event.type == _EVENT_PHONEME:
                    phonemes.append((event.sample, event.id.string.startswith(b"_")))
                index += 1
            return 0

        callback = _Callback(receive)  # a name of its own: the engine holds no reference to it

        if self._lib.espeak_SetVoiceByName(request["voice"].encode()) != 0:
            raise RequestRefused("unknown_voice")
        self._lib.espeak_SetSynthCallback(callback)
        for parameter, key in ((_RATE, "rate"), (_PITCH, "pitch"), (_RANGE, "range"), (_WORD_GAP, "wordGap")):
            self._lib.espeak_SetParameter(parameter, int(request[key]), 0)
        text = request["text"].encode()
        # position 0 of type POS_CHARACTER, no end: the whole text
        if self._lib.espeak_Synth(text, len(text) + 1, 0, 1, 0, _CHARS_UTF8, None, None) != 0:
            raise RequestRefused("not_spoken")
        self._lib.espeak_Synchronize()
        with wave.open(request["out"], "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(self.rate)
            out.writeframes(pcm)
        count = len(pcm) // 2
        return {"rate": self.rate, "samples": count, "words": words, "pauses": _pauses(phonemes, count)}


def _pauses(phonemes: list[tuple[int, bool]], total: int) -> list[tuple[int, int]]:
    """Runs of silent phonemes as [first, last) sample pairs."""
    runs: list[tuple[int, int]] = []
    began: int | None = None
    for sample, silent in phonemes:
        if silent and began is None:
            began = sample
        elif not silent and began is not None:
            if sample > began:
                runs.append((began, sample))
            began = None
    if began is not None and total > began:
        runs.append((began, total))
    return runs


def main() -> int:
    request = json.load(sys.stdin)
    try:
        engine = _Engine()
        answer = {"voices": engine.voices()} if request["do"] == "voices" else engine.speak(request)
    except RequestRefused as refused:
        json.dump({"error": str(refused)}, sys.stdout)
        return 2
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
