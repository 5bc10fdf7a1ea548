"""No reply lacks a value, on whatever way it is come to; and both languages say the same things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flows.engine.check import Problem
from flows.engine.model import Collect, Flow, FlowBook, Step, Tell
from flows.proving.claims import Claim, Claims, are_set, without
from flows.proving.paths import Paths
from flows.replies import NAME, Replies

_CHINESE, _LATIN = re.compile("[\u3400-\u9fff]"), re.compile("[A-Za-z]")
_WRITTEN: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {"zh": (_CHINESE, _LATIN), "en": (_LATIN, _CHINESE)}
"""What a language is written in, and what only the other one is."""
OTHER_LANGUAGE = "is not written in"
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


def said(book: FlowBook, replies: Replies, paths: Paths) -> Iterator[Problem]:
    """Yield the replies that cannot be said on some way, and those that one language has and another lacks."""
    for flow in book.flows.values():
        for step in flow.steps.values():
            before = paths.before(flow, step)
            if before is not None:
                yield from _step(flow, step, before, replies)
    yield from _in_both_languages(replies)
    yield from _unlike_words(replies)
    yield from _in_its_language(replies)


def _step(flow: Flow, step: Step, before: Claims, replies: Replies) -> Iterator[Problem]:
    if isinstance(step, Tell):
        yield from _reply(step.reply, step, before, replies)
    elif isinstance(step, Collect):
        # A question may be put again in a later turn, when the facts are others; its own slot is empty by then.
        facts = {claim.name for claim in before if claim.name[0] == "facts"}
        asked = without(before, {("slots", step.slot), *facts})
        again = f"{step.utter}_again"
        for reply in filter(None, (step.utter, again, step.help)):
            yield from _reply(reply, step, asked, replies)
        answered = asked | {Claim(("slots", step.slot), "set")}
        for rejection in step.rejections:
            yield from _reply(rejection.utter, step, answered, replies)


def _reply(reply: str, step: Step, claims: Claims, replies: Replies) -> Iterator[Problem]:
    """What a reply lacks; where a language has none of this name, the check of the flow says so."""
    known = {name for _, name in are_set(claims)} | {NAME}
    for language in replies.languages:
        wordings = replies.needs(reply, language)
        layout = replies.layout(reply, language)
        if wordings is None or layout is None:
            continue
        if not any(names <= known for _, names in wordings):
            place, names = min(wordings, key=lambda wording: len(wording[1] - known))
            lacking = ", ".join(f"{{{name}}}" for name in sorted(names - known))
            yield Problem(
                place.file,
                place.line,
                f'reply "{reply}" in {language}: a way leads to step "{step.id}" ({step.place.file}:{step.place.line}) '
                f"on which nothing has given {lacking}; add a wording without it, or give it on every way",
            )
        for title, payload, each in layout.buttons:
            if each is not None:
                continue  # what it names may stand in the items of the list
            told = set(_PLACEHOLDER.findall(title + payload))
            for name in sorted(told - known):
                yield Problem(
                    layout.place.file,
                    layout.place.line,
                    f'reply "{reply}" in {language}: a button needs {{{name}}}, and a way leads to step "{step.id}" '
                    f"({step.place.file}:{step.place.line}) on which nothing has given it",
                )


def _in_both_languages(replies: Replies) -> Iterator[Problem]:
    for language in replies.languages:
        for other in replies.languages:
            for name in sorted(replies.names(other) - replies.names(language)):
                layout = replies.layout(name, other)
                assert layout is not None, "it has a name, so it is there"
                place = layout.place
                yield Problem(
                    place.file, place.line, f'reply "{name}" is there in {other} and not in {language}; add it there'
                )


def _unlike_words(replies: Replies) -> Iterator[Problem]:
    """A word of ours that one language has and another lacks would be shown as its bare name."""
    for language in replies.languages:
        for other in replies.languages:
            mine, theirs = replies.words(language), replies.words(other)
            for table in sorted(theirs):
                for word in sorted(set(theirs[table]) - set(mine.get(table, {}))):
                    file = f"flows/replies/{language}.yml"
                    yield Problem(
                        file, 1, f'words: table "{table}" has no "{word}" in {language}, and has it in {other}; add it'
                    )


def _in_its_language(replies: Replies) -> Iterator[Problem]:
    """A wording or a button in the letters of the other language alone has been copied from there."""
    for language in replies.languages:
        own, other = _WRITTEN[language]
        for name in sorted(replies.names(language)):
            layout = replies.layout(name, language)
            assert layout is not None, "it has a name, so it is there"
            buttons = [(layout.place, title) for title, _, _ in layout.buttons]
            for place, text in (*replies.texts(name, language), *buttons):
                plain = _PLACEHOLDER.sub("", text)
                if other.search(plain) and not own.search(plain):
                    yield Problem(
                        place.file,
                        place.line,
                        f'reply "{name}": "{text[:40]}" {OTHER_LANGUAGE} {language}; translate it',
                    )
