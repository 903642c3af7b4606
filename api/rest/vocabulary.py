"""The words of the ledger, for people and programs: what each is called in Chinese and in English."""

from functools import cache

from fastapi import APIRouter
from pydantic import BaseModel

from api.access.doors import asks, router
from api.locale import declared, texts
from domain.command import Action

made: APIRouter = router(tags=["questions"])


class Named(BaseModel):
    """`word` is what stands in requests and answers."""

    word: str
    zh: str
    en: str


class Vocabulary(BaseModel):
    """The words by what they are words for, in the order the program declares them (stages: in rank order)."""

    words: dict[str, list[Named]]


@made.get("/vocabulary", response_model=Vocabulary, operation_id="vocabulary", openapi_extra=asks(Action.DIRECTORY))
def vocabulary() -> Vocabulary:
    """Kinds of fact, nouns, roles, stages, measures, marks and the rest, in both languages."""
    return _vocabulary()


@cache
def _vocabulary() -> Vocabulary:
    zh, en = texts("zh"), texts("en")
    return Vocabulary(
        words={
            section: [Named(word=word, zh=zh[section][word], en=en[section][word]) for word in words]
            for section, words in declared().items()
        }
    )
