"""Composes complaints from stories: who says what, where, when, over which channel, and what is true of it."""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.sample.people import Person, make_people, spell_id_card, spell_phone, spell_plate
from analysis.sample.texts import Fillings, Story

TICKET_COUNT, POST_COUNT = 2534, 24
# One ticket in twenty is in scope; the mailbox of 2023 gets a few more, as people were asked to write to it.
_IN_SCOPE_TICKETS, _IN_SCOPE_POSTS = 124, 8
_PERSON_COUNT = 2050
_START, _DAYS = datetime(2022, 1, 3, 8), 546  # noqa: DTZ001  # local time, as exports write it
_SHARE_WITH_PERSONAL_DATA = 0.35
_SHARE_REPEATED = 0.12
_SHARE_WITH_PLACE_NOTE = 0.5


@dataclass(frozen=True)
class Complaint:
    """One invented complaint with its truth; `planted` are the personal data as they stand in the text."""

    person: Person
    at: datetime
    title: str
    text: str
    place: str
    story: Story
    matter: str
    planted: tuple[str, ...]
    is_post: bool


def compose(stories: list[Story], fillings: Fillings, rng: random.Random) -> list[Complaint]:
    """Return 2,534 tickets and 24 posts, in order of time."""
    people = make_people(_PERSON_COUNT, fillings, rng)
    composer = _Composer(fillings, rng)
    in_scope = [s for s in stories if s.codes]
    others = [s for s in stories if not s.codes]
    posts = _draw([s for s in in_scope if s.voice == "citizen"], _IN_SCOPE_POSTS, rng)
    posts += _draw([s for s in others if s.voice == "citizen"], POST_COUNT - _IN_SCOPE_POSTS, rng)
    tickets = _draw([s for s in in_scope if s not in posts], _IN_SCOPE_TICKETS, rng)
    first_count = int(TICKET_COUNT * (1 - _SHARE_REPEATED))
    tickets += _draw([s for s in others if s not in posts], first_count - len(tickets), rng)
    complaints = [composer.first(story, rng.choice(people), is_post=True) for story in posts]
    complaints += [composer.first(story, rng.choice(people), is_post=False) for story in tickets]
    originals = complaints[:]
    while len(complaints) < TICKET_COUNT + POST_COUNT:
        original = rng.choice(originals)
        same_person = rng.random() < 0.5
        complaints.append(composer.again(original, original.person if same_person else rng.choice(people)))
    return sorted(complaints, key=lambda c: (c.at, c.matter, c.person.person_id))


def _draw(stories: list[Story], count: int, rng: random.Random) -> list[Story]:
    """Return `count` stories, each as often as the next, in random order."""
    drawn: list[Story] = []
    while len(drawn) < count:
        drawn += rng.sample(stories, min(len(stories), count - len(drawn)))
    return drawn


class _Composer:
    def __init__(self, fillings: Fillings, rng: random.Random) -> None:
        self._fillings, self._rng, self._matters = fillings, rng, 0

    def first(self, story: Story, person: Person, *, is_post: bool) -> Complaint:
        """Return a story told for the first time, at a place and time of its own."""
        rng = self._rng
        self._matters += 1
        at = _START + timedelta(days=rng.randrange(_DAYS), minutes=rng.randrange(14 * 60))
        blanks = self._blanks(person, at)
        text = self._shorten(story.text) if rng.random() < 0.3 else story.text
        if rng.random() < _SHARE_WITH_PLACE_NOTE:
            text += rng.choice(self._fillings.phrases["place_note"])
        place = f"{blanks['road']}{rng.choice(['', f'{rng.randint(1, 400)}号', '与' + blanks['road2'] + '路口'])}"
        return self._finish(story, person, at, text, place, blanks, f"S{self._matters:04d}", is_post=is_post)

    def again(self, original: Complaint, person: Person) -> Complaint:
        """Return the same matter told once more, by the same person or by a neighbour."""
        rng = self._rng
        kind = "repeat_opening" if person is original.person else "retold_opening"
        at = original.at + timedelta(days=rng.randint(2, 60), minutes=rng.randrange(600))
        body = original.text
        for words in original.planted:
            body = body.replace(words, "")
        text = rng.choice(self._fillings.phrases[kind]) + self._shorten(body)
        blanks = self._blanks(person, at)
        return self._finish(original.story, person, at, text, original.place, blanks, original.matter, is_post=False)

    def _finish(
        self, story: Story, person: Person, at: datetime, text: str, place: str, blanks: dict[str, str],
        matter: str, *, is_post: bool,
    ) -> Complaint:  # fmt: skip
        rng, planted = self._rng, list[str]()
        text += rng.choice(self._fillings.phrases["ending"])
        if rng.random() < _SHARE_WITH_PERSONAL_DATA:
            text += self._personal(rng.choice(self._fillings.phrases["contact"]), person, planted)
        if "{plate}" in text + story.title:
            planted.append(blanks["plate"])
        return Complaint(
            person, at, _fill(story.title, blanks), _fill(text, blanks), place, story, matter, tuple(planted), is_post
        )

    def _personal(self, phrase: str, person: Person, planted: list[str]) -> str:
        rng = self._rng
        spelled = {
            "phone": spell_phone(person.phone, rng), "name": person.name, "title": person.title,
            "wechat": person.wechat, "qq": person.qq, "email": person.email, "landline": person.landline,
            "id_card": spell_id_card(person.id_card, rng), "own_plate": spell_plate(person.plate, rng),
            "home": person.home,
        }  # fmt: skip
        planted += [value for name, value in spelled.items() if f"{{{name}}}" in phrase and name != "title"]
        return _fill(phrase, spelled | {"community": person.community})

    def _blanks(self, person: Person, at: datetime) -> dict[str, str]:
        rng, slots = self._rng, self._fillings.slots
        blanks = {name: rng.choice(words) for name, words in slots.items()}
        blanks["road2"] = rng.choice([r for r in slots["road"] if r != blanks["road"]])
        blanks["crossing"] = f"{blanks['road']}与{blanks['road2']}路口"
        told = at - timedelta(days=rng.randint(0, 9))
        return blanks | {
            "plate": spell_plate(person.plate, rng),
            "other_plate": f"湘A{rng.choice('BCDEFGHJK')}{rng.randrange(10000):04d}",
            "date": f"{told.month}月{told.day}日",
            "surname": rng.choice(self._fillings.people["surnames"]),
            "number": str(rng.randint(1, 400)),
        }

    def _shorten(self, text: str) -> str:
        """Leave out a sentence or two from the middle, as a second telling or a hurried call-taker does."""
        sentences = re.findall(r"[^。！？!?\n]+[。！？!?\n]*", text)
        for _ in range(min(2, max(0, len(sentences) - 3))):
            del sentences[self._rng.randrange(1, len(sentences) - 1)]
        return "".join(sentences)


def _fill(text: str, words: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: words.get(match[1], match[0]), text)
