"""French."""

from __future__ import annotations

from flowhook.languages.language import (
    DateWords,
    Language,
    Negation,
    NumberWords,
    SentenceCues,
    TimeWords,
    UnitWords,
    YesNoWords,
    counted,
    phrases,
)

_UNITS = (
    "zero un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    "dix-sept dix-huit dix-neuf"
)
_TENS = (
    "vingt|vingts trente quarante cinquante soixante|soixantes septante quatre-vingt|quatre-vingts nonante"
)

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0) | counted(_TENS, 20, 10) | {"huitante": 80, "octante": 80},
        scales={"cent": 100, "cents": 100, "mille": 1000, "million": 10**6, "millions": 10**6}
        | {"milliard": 10**9, "milliards": 10**9, "douzaine": 12, "douzaines": 12, "dizaine": 10},
        articles=frozenset({"un", "une"}),
        groups={"paire": 2},
        fractions={"demi": 0.5, "demie": 0.5, "moitie": 0.5, "quart": 0.25, "quarts": 0.25, "tiers": 1 / 3},
        and_half_re=r"et demie?",
        half_a_re=r"(?:une? )?demi[- ]?e?",
        minus_re=r"moins",
        joins=frozenset({"et"}),
        tens_join=True,
        ordinals=counted(
            "premier|premiere deuxieme|second|seconde troisieme quatrieme cinquieme sixieme septieme "
            "huitieme "
            "neuvieme dixieme onzieme douzieme"
        ),
        ordinal_end_re=r"er|ere|e|eme|nd|nde",
        last_re=r"derniere?",
        teens_follow=frozenset({60, 80}),
        four_twenties=frozenset({"vingt", "vingts"}),
        label_re=r"option|numero|choix",
    ),
    dates=DateWords(
        months=counted(
            "janvier|janv fevrier|fevr|fev mars avril|avr mai juin juillet|juil aout septembre|sept "
            "octobre|oct "
            "novembre|nov decembre|dec"
        ),
        weekdays=counted("lundi mardi mercredi jeudi vendredi samedi dimanche", 0),
        relative_days={
            "apres-demain|apres demain": 2,
            "(?<!apres )(?<!apres-)demain": 1,
            "aujourd'hui|ce soir|ce matin|cet apres-midi|cette nuit": 0,
            "avant-hier": -2,
            "(?<!avant-)hier": -1,
        },
        holidays={
            "(?:la )?veille de noel|reveillon de noel": (12, 24),
            "noel": (12, 25),
            "nouvel an|jour de l'an": (1, 1),
        },
        next_re=r"prochaine?",
        next_after_re=r"prochaine?|qui vient",
        this_re=r"ce|cette",
        this_after_re=r"en cours",
        last_after_re=r"derniere?|passee?",
        week_re=r"(?:la )?semaine",
        weekend_re=r"(?:le )?week-?end",
        month_re=r"(?:le )?mois",
        year_re=r"(?:l')?annee|an",
        of_re=r"de|du",
        the_re=r"le",
        day_end_re=r"(?:er)?",
        end_of_month_re=r"(?:a )?(?:la )?fin du mois",
        ahead_re=r"dans|d'ici|sous",
        ahead_after_re=r"plus tard",
        ago_re=r"il y a",
        weekday_of_re=r"de la",
        weekday_gap_re=r"le",
    ),
    times=TimeWords(
        at_re=r"a|vers|des|avant|apres|jusqu'a",
        oclock_re=r"heures?|h",
        noon_re=r"midi",
        midnight_re=r"minuit",
        now_re=r"maintenant|tout de suite|immediatement",
        clock={
            "{h} ?(?:heures?|h) et demie?": (30, 0),
            "{h} ?(?:heures?|h) et quart": (15, 0),
            "{h} ?(?:heures?|h) moins (?:le )?quart": (-15, 0),
            "{h} ?(?:heures?|h) moins {m}": (0, -1),
            "{h} ?(?:heures?|h) {m}": (0, 1),
            "midi et demie?": (750, 0),
            "midi et quart": (735, 0),
        },
        day_parts={
            "(?:du |le |au |ce )?matin": "morning",
            "(?:de l'|l'|cet |dans l')?apres-midi": "afternoon",
            "(?:du |le |au |ce )?soir": "evening",
            "(?:de la |la |cette )?nuit": "night",
        },
        filler_re=r"a|vers|le|la|du|de|au|des|pour|dans|l|t|et",
        counted_re=r"eur|euros?|dollars?|personnes?|km|kg|ans?|jours?|minutes?|semaines?|mois"
        r"|pour ?cent|degres?|fois",
    ),
    units=UnitWords(
        seconds={
            "secondes?|sec|s": 1,
            "minutes?|mins?|mn|m": 60,
            "heures?|h": 3600,
            "quarts? d'heure": 900,
            "demi-heures?|demi heures?": 1800,
            "jours?|j": 86400,
            "semaines?|sem": 604800,
            "quinzaine": 1209600,
            "mois": 2592000,
            "ans?|annees?": 31536000,
        },
        and_re=r"et",
        percent_re=r"%|pour ?cents?|pct",
        degree_re=r"°|degres?",
        distances={
            "kilometres?|km": "kilometre",
            "centimetres?|cm": "centimetre",
            "millimetres?|mm": "millimetre",
            "metres?|m": "metre",
            "milles? nautiques?": "nautical mile",
            "miles?|milles?": "mile",
            "pieds?": "foot",
            "pouces?": "inch",
        },
        money={
            "euros?|balles": "EUR",
            "dollars? canadiens?": "CAD",
            "dollars?": "USD",
            "livres?(?: sterling)?": "GBP",
            "francs?(?: suisses?)?": "CHF",
            "yens?": "JPY",
        },
        cents_re=r"centimes?|cts?|cents?",
        ages={"ans?": "year", "mois": "month", "semaines?": "week", "jours?": "day"},
        i_am_re=r"j'ai|ai|age:?|age[es]* de|mon age est|(?:il|elle) a",
        spans={"demi-heure": 1800},
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "oui o ouais ouai ouep yes ok okay d'accord daccord exact exactement correct vrai "
            "certainement absolument volontiers parfait evidemment si",
            "bien sur|pourquoi pas|tout a fait|c'est ca|c'est exact|c'est bon|avec plaisir|"
            "bien entendu|je veux bien|ca marche|pas de probleme|mais oui|pas mal|sans probleme|"
            "en effet|je confirme",
        ),
        no=phrases(
            "non n nan jamais faux pas aucunement no",
            "pas du tout|pas vraiment|non merci|surtout pas|pas maintenant|pas encore|"
            "bien sur que non|je ne veux pas|ce n'est pas ca|c'est faux|certainement pas|"
            "absolument pas|je ne crois pas",
        ),
        begins_yes=phrases(
            "oui ouais ok d'accord",
            "bien sur|pourquoi pas|avec plaisir",
        ),
        begins_no=phrases(
            "non nan jamais",
            "bien sur que|pas du tout|pas vraiment|certainement pas|absolument pas",
        ),
        polite=phrases(
            "merci svp stp euh ah bah ben alors",
            "s'il vous plait|s'il te plait",
        ),
    ),
    negation=Negation(
        particles=phrases("pas non"),
        before=phrases("pas sans ni non"),
        only=phrases("seulement"),
        why=phrases("pourquoi"),
        joins=phrases("ou et"),
        turn=phrases("mais"),
        articles=phrases("le la les a"),
    ),
    cues=SentenceCues(
        greetings=phrases(
            "bonjour salut bonsoir coucou allo",
            "comment ca va|bonjour a tous",
        ),
        farewells=phrases(
            "adieu ciao",
            "au revoir|a bientot|bonne nuit|a plus|bonne journee|a demain",
        ),
        what=phrases(
            "que quoi quand ou qui quel quelle quels quelles pourquoi lequel laquelle combien",
            "qu'est ce",
        ),
        how=phrases(
            "comment",
        ),
        whether=phrases(
            "est es sont peut peux puis pouvez avez as a ai y faut dois",
            "est ce que|est ce qu",
        ),
        commands=phrases(
            "donne donnez montre montrez dis dites annule annulez commande reserve reservez "
            "envoie envoyez arrete arretez cherche trouve ouvre ferme aide aidez change changez "
            "expliquez ajoute ajoutez",
        ),
        polite=phrases(
            "s'il te plait svp et alors ok bonjour",
        ),
        prepositions=phrases("a de pour avec par"),
    ),
    function_words=phrases(
        "je me moi mon ma mes nous notre vous votre il elle le la les un une des du de à au aux "
        "en pour avec et ou est sont suis ai a avez peux puis voudrais veux plaît"
    ),
)
