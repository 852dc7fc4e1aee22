"""Words that say little of what somebody wants, by language: their parts are no features where there
are few sentences, and they weigh half. Plain, with contractions written out."""

from __future__ import annotations

from typing import Final


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


FUNCTION_WORDS: Final = _words(
    # English
    "i me my we our us you your it its a an the to of in on at for from with by as and or is are am was",
    "were be been do does did have has had can could will would want like need please some any",
    # German
    "ich mich mir mein meine meinen meiner wir uns unser unsere ihr euch du dich dir dein sie es ein eine",
    "einen einem einer der die das den dem des zu von in im auf an am für mit bei und oder ist sind bin",
    "bist war habe hab hat haben kann können könnte möchte will wollen würde gern gerne bitte mal",
    # French
    "je me moi mon ma mes nous notre vous votre il elle le la les un une des du de à au aux en pour avec",
    "et ou est sont suis ai a avez peux puis voudrais veux plaît",
    # Spanish
    "yo mi mis nos nuestro tu usted su el los las una unos del al con para por y o es son estoy tengo ha",
    "puedo puede quiero quisiera",
    # Italian
    "io mio mia noi lei lo gli uno di da nel per e sono ho può posso vorrei voglio",
    # Dutch
    "ik mij mijn wij ons jij je jouw u uw het een van op aan voor met zijn ben heb kan wil graag",
    "alstublieft",
    # Portuguese
    "eu meu minha nós você os as um uma do dos da das no na com são estou tenho posso pode quero gostaria",
)
