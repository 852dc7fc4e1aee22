"""Yes and no, by language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flowhook.i18n.normalize import fold_accents, language


@dataclass(frozen=True, slots=True)
class YesNoWords:
    """How a language says yes and no: whole answers, and words that say it in a longer one."""

    yes: frozenset[str]
    no: frozenset[str]
    begins_yes: frozenset[str]
    begins_no: frozenset[str]
    polite: frozenset[str] = frozenset()  #: words that change nothing: please, thanks

    def read(self, said: str) -> bool | None:
        """What a plain text says; None when it says neither, or both."""
        spoken = said.split()
        whole = _whole(spoken, self)
        if whole is not None:
            return whole
        kept = [word for word in spoken if word not in self.polite]
        whole = _whole(kept, self) if kept else None
        if whole is not None:
            return whole
        begins = _beginning(kept, self) if kept else None
        if begins is None:
            return None
        same, other = (self.yes, self.no) if begins else (self.no, self.yes)
        return None if _without_phrases(said, same) & other else begins


def _whole(spoken: list[str], words: YesNoWords) -> bool | None:
    said = " ".join(spoken)
    if said in words.yes or said in words.no:
        return said in words.yes
    once = list(dict.fromkeys(spoken))  # "yes yes yes"
    if len(once) == 1 and (once[0] in words.yes or once[0] in words.no):
        return once[0] in words.yes
    return None


def _without_phrases(said: str, phrases: frozenset[str]) -> frozenset[str]:
    """The words of a text that stand in none of the phrases: "why not" holds no "not"."""
    for phrase in phrases:
        if " " in phrase and phrase in said:
            said = f" {said} ".replace(f" {phrase} ", " ")
    return frozenset(said.split())


def _beginning(spoken: list[str], words: YesNoWords) -> bool | None:
    """Whether the first words, up to three, say yes or no."""
    for count in (3, 2, 1):
        first = " ".join(spoken[:count])
        if first in words.begins_yes or first in words.begins_no:
            return first in words.begins_yes
    return None


def _set(*lists: str) -> frozenset[str]:
    """Words parted by spaces, and expressions parted by ``|``."""
    single = {word for each in lists if "|" not in each for word in each.split()}
    return frozenset(
        single | {said.strip() for each in lists if "|" in each for said in each.split("|")} - {""}
    )


_EN = YesNoWords(
    yes=_set(
        "yes y yeah yea yep yup yah ya sure ok okay k correct right true definitely absolutely "
        "certainly exactly "
        "affirmative agreed indeed totally gladly fine alright perfect great confirmed confirm aye",
        "of course|go ahead|please do|that's right|thats right|that is right|why not|sounds good|all "
        "right|go for it|"
        "i do|i am|i would|i will|i think so|i guess so|do it|let's do it|for sure|by all means|not "
        "bad|no problem|"
        "no objections|it is|that's correct|thats correct|that is correct|you bet|with pleasure|very "
        "much|uh huh|"
        "i agree|sure thing|works for me",
    ),
    no=_set(
        "no n nope nah not never wrong false negative incorrect disagree nay neither none",
        "not really|don't|dont|do not|not at all|no way|not yet|not now|i don't|i dont|i do not|i'd "
        "rather not|"
        "rather not|i am not|i'm not|certainly not|of course not|absolutely not|definitely not|better not|"
        "i don't think so|i dont think so|not correct|not right|that's wrong|that is wrong|not ok|not okay|"
        "no chance|not today|no more|i would not|i wouldn't|please don't|please dont|not sure",
    )
    - {"not sure"},
    begins_yes=_set(
        "yes yeah yea yep yup sure okay ok absolutely definitely",
        "of course|why not|go ahead|yes please|no problem|",
    ),
    begins_no=_set(
        "no nope nah never",
        "not really|of course not|no thanks|no thank you|certainly not|absolutely not|definitely not|"
        "i don't|please don't|do not|don't|not now|not yet|",
    ),
    polite=_set("please thanks thank you so much oh well hm hmm um uh ah then"),
)
_DE = YesNoWords(
    yes=_set(
        "ja j jo jep jup jau joa yes jawohl klar sicher gern gerne ok okay okey richtig stimmt korrekt genau "
        "selbstverstandlich naturlich natuerlich logisch unbedingt einverstanden passt absolut "
        "definitiv bestatige "
        "bestatigt freilich doch perfekt super",
        "auf jeden fall|na klar|ja klar|ja gern|ja gerne|warum nicht|wieso nicht|sehr gern|sehr "
        "gerne|in ordnung|"
        "aber sicher|aber ja|alles klar|so ist es|das stimmt|ist richtig|das ist richtig|mach das|na "
        "gut|von mir aus|"
        "kein problem|geht klar|nicht schlecht|gern geschehen|das passt|ich denke schon|ich glaube schon|",
    )
    - {"gern geschehen"},
    no=_set(
        "nein n nee no nope no ne nicht niemals falsch keinesfalls keineswegs nie negativ nie",
        "auf keinen fall|lieber nicht|eher nicht|besser nicht|noch nicht|gar nicht|uberhaupt nicht|"
        "stimmt nicht|"
        "das stimmt nicht|ist falsch|das ist falsch|nicht richtig|nicht wirklich|bloß nicht|bloss "
        "nicht|keine lust|"
        "kein interesse|nicht heute|jetzt nicht|naturlich nicht|natuerlich nicht|sicher nicht|ganz "
        "sicher nicht|"
        "passt nicht|will ich nicht|mochte ich nicht|ich will nicht|ich mochte nicht|ich glaube "
        "nicht|warum auch nicht|",
    )
    - {"warum auch nicht"}
    | {"no"},
    begins_yes=_set(
        "ja jo jep jup jawohl klar gerne gern naturlich natuerlich okay ok",
        "auf jeden fall|na klar|warum nicht|kein problem|",
    ),
    begins_no=_set(
        "nein nee no ne niemals",
        "auf keinen fall|lieber nicht|naturlich nicht|natuerlich nicht|noch nicht|eher nicht|",
    ),
    polite=_set("bitte danke schon dankeschon vielen dank ach oh na hm ahm also dann"),
)
_FR = YesNoWords(
    yes=_set(
        "oui o ouais ouai ouep yes ok okay d'accord daccord exact exactement correct vrai "
        "certainement absolument "
        "volontiers parfait evidemment si",
        "bien sur|pourquoi pas|tout a fait|c'est ca|c'est exact|c'est bon|avec plaisir|bien entendu|"
        "je veux bien|"
        "ca marche|pas de probleme|mais oui|pas mal|sans probleme|en effet|je confirme|",
    ),
    no=_set(
        "non n nan jamais faux pas aucunement no",
        "pas du tout|pas vraiment|non merci|surtout pas|pas maintenant|pas encore|bien sur que non|"
        "je ne veux pas|"
        "ce n'est pas ca|c'est faux|certainement pas|absolument pas|je ne crois pas|",
    ),
    begins_yes=_set("oui ouais ok d'accord", "bien sur|pourquoi pas|avec plaisir|"),
    begins_no=_set(
        "non nan jamais", "bien sur que|pas du tout|pas vraiment|certainement pas|absolument pas|"
    ),
    polite=_set("merci", "s'il vous plait|s'il te plait|") | _set("svp stp euh ah bah ben alors"),
)
_ES = YesNoWords(
    yes=_set(
        "si s sip yes ok okay vale claro correcto exacto exactamente cierto verdad seguro desde "
        "perfecto bueno dale "
        "efectivamente afirmativo",
        "por supuesto|desde luego|de acuerdo|claro que si|como no|por que no|porque no|con gusto|"
        "esta bien|asi es|"
        "eso es|sin problema|nada mal|no hay problema|creo que si|",
    )
    - {"desde"},
    no=_set(
        "no n nop nunca jamas falso incorrecto tampoco negativo",
        "para nada|claro que no|en absoluto|de ninguna manera|ni hablar|no gracias|todavia no|aun no|"
        "ahora no|"
        "creo que no|por supuesto que no|mejor no|no quiero|",
    ),
    begins_yes=_set(
        "si sip claro vale ok", "por supuesto|de acuerdo|desde luego|por que no|como no|no hay problema|"
    ),
    begins_no=_set("no nop nunca jamas", "claro que no|por supuesto que|para nada|"),
    polite=_set("gracias por favor pues eh ah muchas"),
)
_IT = YesNoWords(
    yes=_set(
        "si s yes ok okay certo certamente esatto esattamente giusto corretto vero volentieri "
        "perfetto assolutamente "
        "sicuro ovviamente confermo",
        "va bene|d'accordo|perche no|come no|con piacere|di sicuro|certo che si|e giusto|non male|"
        "nessun problema|"
        "va benissimo|",
    ),
    no=_set(
        "no n mai falso sbagliato neanche nemmeno",
        "per niente|certo che no|assolutamente no|non ora|non ancora|non voglio|no grazie|meglio di "
        "no|credo di no|"
        "direi di no|per nulla|",
    ),
    begins_yes=_set("si certo ok", "va bene|d'accordo|perche no|con piacere|nessun problema|"),
    begins_no=_set("no mai", "certo che no|assolutamente no|per niente|"),
    polite=_set("grazie prego mille eh ah", "per favore|per piacere|") | _set("per favore piacere"),
)
_NL = YesNoWords(
    yes=_set(
        "ja j jawel jep jup yes ok oke okay zeker graag goed juist klopt correct natuurlijk prima "
        "akkoord absoluut "
        "inderdaad uiteraard precies jazeker",
        "ja hoor|waarom niet|in orde|dat klopt|heel graag|is goed|geen probleem|doe maar|niet slecht|"
        "zeker weten|"
        "vind ik goed|",
    ),
    no=_set(
        "nee n neen nope nooit fout onjuist niet geenszins no",
        "nee hoor|liever niet|echt niet|zeker niet|nog niet|helemaal niet|klopt niet|dat klopt niet|"
        "niet echt|"
        "natuurlijk niet|nu niet|absoluut niet|beter niet|",
    ),
    begins_yes=_set("ja jawel graag oke ok natuurlijk jazeker", "waarom niet|geen probleem|"),
    begins_no=_set("nee neen nooit", "liever niet|zeker niet|nog niet|natuurlijk niet|absoluut niet|"),
    polite=_set("alstublieft alsjeblieft dank je dankje bedankt u wel dankjewel hoor"),
)
_PT = YesNoWords(
    yes=_set(
        "sim s yes ok okay claro certo correto exato exatamente verdade certeza perfeito pode isso positivo",
        "com certeza|por que nao|porque nao|claro que sim|com prazer|esta bem|tudo bem|de acordo|isso mesmo|"
        "sem problema|pode ser|nada mal|",
    ),
    no=_set(
        "nao n nunca jamais falso errado negativo nem no",
        "de jeito nenhum|claro que nao|ainda nao|agora nao|melhor nao|nao obrigado|nao obrigada|de "
        "modo algum|"
        "nao quero|acho que nao|",
    ),
    begins_yes=_set("sim claro ok", "com certeza|por que nao|tudo bem|"),
    begins_no=_set("nao nunca jamais", "claro que nao|de jeito nenhum|"),
    polite=_set("obrigado obrigada por favor muito ah"),
)

YES_NO: Mapping[str, YesNoWords] = {
    "en": _EN, "de": _DE, "fr": _FR, "es": _ES, "it": _IT, "nl": _NL, "pt": _PT,
}  # fmt: skip

_EMOJI = {
    "👍": True,
    "👌": True,
    "✅": True,
    "✔": True,
    "☑": True,
    "🆗": True,
    "👎": False,
    "❌": False,
    "🚫": False,
}
_TOKENS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
LONGEST = 500  #: characters; what is longer is a story


def yes_no(text: str, locale: str) -> bool | None:
    """Whether a text says yes or no, in the locale's language or else in English; None: neither, or both.

    It reads whole answers ("why not", "lieber nicht"), answers that begin with a yes or no and hold
    no word of the other ("yes please, do it"), and thumbs.
    """
    if len(text) > LONGEST:
        return None
    signs = {_EMOJI[sign] for sign in text if sign in _EMOJI}
    said = " ".join(_TOKENS.findall(fold_accents(text)))
    if not said:
        return signs.pop() if len(signs) == 1 else None
    for code in dict.fromkeys((language(locale), "en")):
        answer = YES_NO[code].read(said) if code in YES_NO else None
        if answer is not None:
            return None if signs - {answer} else answer
    return None
