"""French."""

from __future__ import annotations

from flowhook.languages.language import (
    AnswerWords,
    CorrectionWords,
    DateWords,
    Language,
    Negation,
    NumberWords,
    SentenceCues,
    TimeWords,
    UnitWords,
    YesNoWords,
    counted,
    groups,
    phrases,
    sentences,
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
        | {
            "milliard": 10**9,
            "milliards": 10**9,
            "billion": 10**12,
            "billions": 10**12,
            "douzaine": 12,
            "douzaines": 12,
            "dizaine": 10,
        }
        | {"k": 1000, "mio": 10**6, "mln": 10**6, "mrd": 10**9, "md": 10**9, "mds": 10**9},
        fraction_join_re=r"et",
        abbreviations=frozenset(["mio", "mln", "mrd", "md", "mds"]),
        articles=frozenset({"un", "une"}),
        groups={"paire": 2},
        fractions={"demi": 0.5, "demie": 0.5, "moitie": 0.5, "quart": 0.25, "quarts": 0.25, "tiers": 1 / 3}
        | {"cinquiemes": 0.2, "sixiemes": 1 / 6, "huitiemes": 0.125, "dixiemes": 0.1},
        and_half_re=r"et demie?",
        half_a_re=r"(?:une? )?demi[- ]?e?",
        minus_re=r"(?<!au )(?<!du )moins",
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
        picking_articles=phrases("le la les l"),
        picking=phrases(
            "le la les l je prends prendrai prendrais veux voudrais choisis s il vous te plait svp merci "
            "oui ok donnez donne moi alors pour c est plutot celui celle"
        ),
        picked=phrases("option choix reponse proposition de des ceux celles"),
        decimal_re=r"virgule|point",
        before_decimal_re=r"est|environ|seulement",
        either_re=r"ou|entre|plutot|je veux dire|attends|attendez|pardon|soit",
        alternative_re=r"peut-etre|voire|ou plutot|ou meme|au plus|maximum|"
        r"ou|a|au|et|jusqu'a|jusqu'au|ou bien|ou peut-etre",
        bound_re=r"a partir de|des|"
        r"plus d'|moins d'|"
        r"plus de|moins de|au moins|au plus|au maximum|au minimum|jusqu'a|minimum|maximum|max",
        limit_re=r"n'importe quand (?:apres|avant|a partir)|au plus (?:tot|tard)(?: le)?|"
        r"avant|apres(?! midi)|plus tard que|plus tot que|(?:lendemain|veille)(?: d[eu])?",
        limit_after_re=r"au plus (?:tot|tard)|ou (?:apres|avant|plus tard|plus tot)",
        bound_after_re=r"ou plus|ou moins|maximum|minimum|au plus|au moins|et plus|max",
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
        of_re=r"de|du|d'",
        the_re=r"le",
        day_end_re=r"(?:er)?",
        end_of_month_re=r"(?:a )?(?:la )?fin du mois",
        ahead_re=r"dans|d'ici|sous",
        ahead_after_re=r"plus tard",
        ago_re=r"il y a",
        weekday_of_re=r"de la",
        weekday_gap_re=r"le",
        since_re=r"depuis",
        weekday_week_re=r"en huit",
        later_re=r"apres|suivant",
        sooner_re=r"avant",
        vague_re=r"(?:demain|aujourd'hui) en (?:huit|quinze)|(?:la )?semaine du|avant-dernier \w+|"
        r"(?:ou|et) le (?:lendemain|jour suivant|jour d'apres)|(?:la )?(?:premiere|deuxieme|derniere) "
        r"(?:semaine|quinzaine)|(?:le )?(?:premier|dernier) week-?end (?:de|d')|"
        r"\w+ en quinze|(?:en |a la |au )?(?:fin|debut|milieu) (?:de )?(?:la )?(?:semaine|mois"
        r"|annee)(?: (?:prochaine?|derniere?))?(?<!fin du mois)|(?:debut|mi|fin)[- ](?:janvier"
        r"|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre)",
    ),
    times=TimeWords(
        at_re=r"a|vers|des|avant|apres|jusqu'a",
        oclock_re=r"heures?(?! d(?:e |')(?!l'|la ))|h",
        noon_re=r"midi",
        midnight_re=r"minuit",
        now_re=r"maintenant|tout de suite|immediatement",
        clock={
            "midi moins (?:le )?quart": (705, 0),
            "minuit et demie?": (30, 0),
            "minuit et quart": (15, 0),
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
        accented_at=True,
        has_re=r"pendant|durant|j'ai|il|elle|on|y|ca|cela|qui",
        articles=frozenset({"un", "une"}),
        range_re=r"de|entre",
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
        spans={
            r"(?:une )?demi[- ]journees?": 43200,
            r"(?:une )?journees?": 86400,
            r"(?:un )?quart d'heure": 900,
            r"(?:trois|3) quarts? d'heure": 2700,
            r"(?:une )?demi[- ]heure": 1800,
            "demi-heure": 1800,
        },
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "oui o ouais ouai ouep yes ok okay d'accord daccord exact exactement correct vrai "
            "certainement absolument volontiers parfait evidemment si carrement ouaip j'accepte",
            "que oui|j'ai dit oui|j'en ai|oui j'en ai|je crains que oui|"
            "bien sur que oui|mais bien sur|mais oui bien sur|oui bien sur|ce serait bien|"
            "ce serait parfait|evidemment que oui|ca oui|"
            "bien sur|pourquoi pas|tout a fait|c'est ca|c'est exact|c'est bon|avec plaisir|"
            "bien entendu|je veux bien|ca marche|pas de probleme|mais oui|pas mal|sans probleme|"
            "en effet|je confirme|sans aucun doute|aucun doute|ca me va|ca me convient|c'est parfait|"
            "c'est bien|je pense que oui|je crois que oui|ca va|tout a fait d'accord|"
            "je suis d'accord|pas de souci|aucun probleme",
        ),
        no=phrases(
            "non n nan jamais faux pas aucunement no",
            "je ne pense pas|je pense pas|pas exactement|pas entierement|pas tout a fait|"
            "je n'en ai pas|j'en ai pas|surement pas|j'ai dit non|que non|plus maintenant|"
            "je n'en ai plus|je crains que non|je n'ai rien|aucune|aucun|"
            "c'est pas ca|ce n'est pas ca|c'est pas bon|mais non|bien sur que non|evidemment que non|"
            "pas que je sache|pas a ma connaissance|pas la peine|ca non|plutot pas|plutot non|"
            "non plus|pas forcement|jamais de la vie|"
            "pas du tout|pas vraiment|non merci|surtout pas|pas maintenant|pas encore|"
            "bien sur que non|je ne veux pas|ce n'est pas ca|c'est faux|certainement pas|"
            "absolument pas|je ne crois pas|pas d'accord|je refuse|je crois que non|je pense que non|"
            "pas question|hors de question|pas bon|pas bien|pas exact|pas correct|pas aujourd'hui|"
            "non non",
        ),
        begins_yes=phrases(
            "oui ouais ok d'accord ouaip",
            "bien sur|pourquoi pas|avec plaisir|pas de probleme|sans aucun doute|je veux bien|tout a fait",
        ),
        begins_no=phrases(
            "non nan jamais",
            "bien sur que|pas du tout|pas vraiment|certainement pas|absolument pas|pas d'accord|"
            "pas question|hors de question|je ne veux pas|surtout pas",
        ),
        polite=phrases(
            "hmm hum "
            "malheureusement helas heureusement franchement desole desolee "
            "merci svp stp euh ah bah ben alors",
            "s'il vous plait|s'il te plait",
        ),
        approval=phrases(
            "bon bien ok okay exact correct vrai juste d'accord parfait possible va convient marche",
        ),
        approving=phrases(
            "pense crois que soit aille "
            "ce c'est c'etait n'est n'etait ca cela ne pas non je suis du tout vraiment tres me "
            "m'est a fait la trop est desole desolee",
        ),
        unsure_re=r"(?:oui et non|couci-?couca|moyen(?:nement)?|plus ou moins)|(?:dois|faut que je|"
        r"vais) (?:y )?(?:reflechir|demander|verifier|reflechisse|demande|verifie)|m'est egal|(?:en "
        r")?sais rien|"
        r"(?:sais|sait|savons|saurais) (?:\w+ ){0,2}?(?:pas|rien|plus|dire)|(?:comprends|compris"
        r"|comprend|souviens|rappelle) (?:\w+ ){0,2}?(?:pas|plus|rien)|pas (?:tres |vraiment "
        r"|tout a fait |si |bien |trop )?(?:sure?|certaine?|compris|decidee?)|aucune idee"
        r"|pas (?:la moindre |d')idee|peut[- ]etre|(?:ca|cela) depend|bof|j'hesite|incertaine?"
        r"|possible(?:ment)?",
    ),
    negation=Negation(
        negators=phrases("deteste pas sans ni non jamais aucun aucune nullement"),
        light=phrases(
            "je j tu il elle on nous vous ils elles me m te t se s lui leur ne n y en le la les l un "
            "une de d du des au aux a dans sur pour par ce c ca cela est sont suis etre ai as avons "
            "avez ont peux peut pouvons pouvez pourrai pourrais veux veut voulez voudrais souhaite "
            "va vais aller viens venir fait faire prendre prends convient conviennent arrange marche "
            "marchent disponible libre possible bon bien bonne vraiment trop plus tout "
            "malheureusement desole desolee merci moi toi jour temps svp jamais aime aimons besoin "
            "commander reserver manger boire si que qu"
        ),
        joins=phrases("ou et ni le la les de du"),
        turns=phrases("mais plutot"),
        bounds=phrases("avant apres jusque jusqu plus moins"),
        harmless_re=r"pas seulement|pourquoi pas|pas de (?:probleme|souci)s?|pas mal|sans (?:probleme|souci"
        r"|doute|faute)|n'oublie[zs]? pas|pas oublier|n'est-ce pas|n'est ce pas|ou pas|ou non"
        r"|si non|pas avant|pas sans",
        except_re=r"inutile de|evite[zr]?|eviter|evitons|a moins que ce (?:soit|ne soit)|sauf si|"
        r"sauf|excepte|hormis|a part|en dehors de|a l'exception (?:de|du)|plutot que"
        r"|au lieu (?:de|du)|tout(?:e|es)? sauf|n'importe quel \w+ sauf",
        unfit_re=r"absente?|"
        r"en (?:vacances|conges?|deplacement)|laisse tomber|laissez tomber|"
        r"est (?:deja )?(?:complete?|pleine?)|hors de question|"
        r"(?:tres|beaucoup trop) (?:tard|tot|cher|loin)|pas terrible|"
        r"impossible|indisponible|pris|fermee?|occupee?|trop (?:tard|tot|loin|cher|long|court|grand"
        r"|petit|peu)",
        around_re=r"(?<!\w)(?:ne |n')((?:\w+ ){1,3}?)(?:pas|plus|jamais|point)(?!\w)",
        unable=phrases(
            "peux peut pouvons pouvez pouvais arrive arrivons sais "
            "comprends souviens trouve trouver vois sur sure pense "
            "marche marchent fonctionne fonctionnent recu arrive"
        ),
        wanting=phrases("veux voulons veut voulais voudrais souhaite besoin"),
        subjects=phrases("je j tu il elle on ils elles ca cela est sont etait a ont suis"),
        lacking_re=r"(?:pas|plus|jamais) (?:encore |recu )?d[e']",
    ),
    cues=SentenceCues(
        ands=phrases("et puis", "et aussi|et puis"),
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
    answers=AnswerWords(
        name_lead_re=r"(?:bonjour|salut|oui|allo)|(?:mon|le|son|votre)(?: (?:pre)?nom)? "
        r"(?:nom|prenom) (?:est|c'est)|je (?:m'appelle|suis|me nomme)"
        r"|(?:(?:moi )?c'est|moi|ici|appelez-moi|appelle-moi|nom:?)|(?:c'est )?pour (?:(?:mon|ma) (?:fils|"
        r"fille|femme|mari|mere|pere|enfant|ami|amie))?"
        r"|(?:mon|ma) (?:fils|fille|femme|mari|mere|pere|enfant|ami|amie)|(?:il|elle) s'appelle|mon nom est",
        name_tail_re=r"s'il vous plait|svp|merci|a l'appareil",
        particles=phrases("de du des la le d van von"),
        no_names=phrases(
            "aucun aucune importance fatigue perdu pret prete "
            "oui non ok d'accord quoi qui pourquoi comment quand ou rien "
            "personne jamais peut-etre aide stop annuler "
            "je tu il elle moi mon ne pas nom merci bonjour salut desole bien"
        ),
        night_re=r"nuits?|nuitees?",
        out_of_re=r"sur|/",
        to_re=r"au?|jusqu'au?|jusque",
        after_re=r"apres|a partir (?:de|du)|des|depuis|pas avant|plus tard que",
        before_re=r"avant|jusqu'au?|au plus tard|pas apres|d'ici",
        how_many_re=r"combien",
        none_re=r"aucune?(?: fois)?|pas une? seule?(?: fois)?|pas du tout|jamais|personne",
        days_a_week_re=r"(?:jours?|fois) (?:par|dans la|de la) semaine",
        every_day_re=r"tous les jours|chaque jour|quotidiennement|tous",
    ),
    corrections=CorrectionWords(
        clear_re=r"(?:oui|ok|d'accord|non) mais(?: plutot)?|non attend(?:s|ez)|attend(?:s|ez) non"
        r"|non non|je voulais dire|je veux dire|ou plutot|non plutot|correction"
        r"|je me suis trompee?|en fait non|non en fait"
        r"|chang(?:e|ez)(?: le| la| ca)? (?:pour|en)|j'ai change d'avis|rectification",
        setting_re=r"met(?:s|tez)(?: plutot)?|disons",
        no_re=r"non",
        hinting_re=r"plutot|en fait|finalement|attend(?:s|ez)|mieux|a la place|pardon|oups"
        r"|desolee?|non(?=\s*[,.!])",
        opening_re=r"oh|ah|euh|h+m+|excuse[sz]? moi|bon"
        r"",
        being_re=r"est|etait|c'est|c'etait|serait|doit etre",
        relative_re=r"plus|moins|apres(?!.?(?:demain|midi))|avant|encore|autres?",
    ),
    function_words=phrases(
        "je me moi mon ma mes nous notre vous votre il elle le la les un une des du de à au aux "
        "en pour avec et ou est sont suis ai a avez peux puis voudrais veux plaît"
    ),
    synonyms=groups(
        """
        annul supprim resili arret stopp|ne peux pas venir|laisser tomber
        deplac report repouss chang modif autre|autre jour|autre heure|plus tard
        achet command acquer
        rembours rend retour renvoy restitu|rendre l argent
        perd perdu egar disparu introuvable|ne trouve plus
        vole vol derob
        casse brise abim defectueux endommag|en panne|ne marche pas|ne fonctionne pas
        probleme erreur panne souci bug incorrect faux
        refus rejet echou
        attend retard lent long|pas encore|toujours pas
        arriv livr recev recu expedi|est ou
        suivi suivre statut|ou est|ou en est
        colis paquet envoi commande livraison
        prix cout coute tarif frais combien|c est combien
        rabais remise reduction promo bon
        facture recu releve
        pay paie paiement regl vers virement
        argent espece liquide fonds
        carte cb visa bleue
        compte solde
        retir retrait distributeur
        code pin mot passe
        portable telephone mobile
        ouvert ouvr horaire heure|a quelle heure
        ferme fermeture
        adresse trouv situe lieu|ou etes|comment venir
        rendez rdv reserv creneau
        medecin docteur
        malade fievre grippe toux
        mal douleur
        medicament ordonnance comprime
        aide aid assist
        humain personne conseill agent operateur quelqu
        appel rappel contact
        plainte reclam mecontent
        merci remerci
        bonjour salut coucou
        conge vacances
        salaire paie bulletin
        vol avion
        bagage valise
        voiture auto
        hotel chambre
        manger repas menu
        table place
        taille grand petit
        disponible stock
        internet wifi connexion reseau
        contrat abonnement adhesion
        prolong renouvel
        inscri enregistr
        identit justif
        enfant fils fille
        chien chat animal
        supprim effac
        etranger voyage
        double deux
        inconnu fraude suspect
        nouveau nouvelle
        urgent vite rapidement
        """
    ),
    small_talk={
        "fragments": sentences(
            "quoi|quand|où|qui|pourquoi|comment|lequel|laquelle|ici|là|là-bas|génial|bien|mal|"
            "beaucoup|un peu|plusieurs|quelques-uns|la plupart|rien|rien de spécial|quelque chose|"
            "autre chose|tout|tous|personne|quelqu'un d'autre|vraiment|pas vraiment|peut-être|"
            "probablement|jamais|toujours|parfois|souvent|tous les jours|une fois par semaine|"
            "deux fois|le premier|le dernier|l'autre|les deux|aucun des deux|aucun|aucune idée|"
            "je ne sais pas|ça dépend|plus ou moins|pas grand-chose|environ cinquante|peu importe|"
            "ça m'est égal|n'importe quoi|celui-là|celui-ci|comme ça|parce que|et alors|et puis|"
            "et maintenant|quoi d'autre|moi aussi|pas encore|plus tard|je crois|c'est compliqué|"
            "je ne suis pas sûr|je ne me souviens pas|j'ai oublié|je ne le sais pas par cœur|"
            "je ne l'ai pas ici|est-ce possible sans|ce n'est pas dedans|je ne le trouve pas|"
            "je ne le vois pas|il n'y a rien|comme j'ai dit|je l'ai déjà dit|fais-le|continue|"
            "suivant|encore|d'accord alors"
        ),
        "repetition": sentences(
            "répète|pouvez-vous répéter|encore une fois s'il vous plaît|qu'est-ce que tu as dit|"
            "pardon|comment ça|je n'ai pas compris|je ne comprends pas|que veux-tu dire|"
            "qu'est-ce que ça veut dire|expliquez|quelle était la question|hein"
        ),
        "presence": sentences(
            "tu es là|vous êtes là|tu es toujours là|il y a quelqu'un|allô|tu m'entends|"
            "pourquoi tu ne réponds pas|pourquoi c'est si long|réponds-moi|tu m'écoutes"
        ),
        "pauses": sentences(
            "je vais voir|laisse-moi vérifier|laissez-moi réfléchir|un instant|un moment|une seconde|"
            "une minute s'il vous plaît|attends|attendez|je dois regarder|je dois réfléchir|"
            "je reviens|me revoilà|je suis en train de chercher|je demande à ma femme|je suis occupé"
        ),
        "complaints": sentences(
            "c'est stupide|c'est nul|c'est ridicule|c'est une perte de temps|c'est énervant|"
            "ça n'a pas de sens|c'est faux|ce n'est pas ce que j'ai demandé|"
            "ce n'est pas ce que je voulais dire|ça ne m'aide pas|tu es inutile|tu es bête|"
            "tu ne me comprends pas|c'est une blague|tu es sérieux|je suis en colère|je déteste ça|"
            "c'est horrible|merde|tais-toi|va-t'en|laisse-moi tranquille|idiot|c'est ennuyeux|"
            "trop de questions|pourquoi tu demandes|pourquoi voulez-vous savoir|"
            "ça ne vous regarde pas"
        ),
        "praise": sentences(
            "bien joué|super|parfait|merveilleux|c'était rapide|très bien|ça me plaît|je t'aime bien|"
            "je t'aime|c'est gentil|tu es drôle|haha|mdr|waouh|intéressant|bon à savoir|je vois|"
            "compris|c'est clair"
        ),
        "greetings": sentences("bonjour|salut|bonsoir|coucou|bonjour à tous|rebonjour"),
        "farewells": sentences("au revoir|à bientôt|à plus tard|bonne nuit|bonne journée|ciao|c'est tout"),
        "thanks": sentences("merci|merci beaucoup|mille mercis|merci pour votre aide|de rien"),
        "wellbeing": sentences(
            "comment ça va|ça va|comment allez-vous|quoi de neuf|je vais bien|je suis fatigué|"
            "je m'ennuie|je suis triste|j'ai faim|ma journée était affreuse"
        ),
        "identity": sentences(
            "qui es-tu|tu es un robot|êtes-vous un robot|tu es humain|comment tu t'appelles|"
            "quel âge as-tu|où habites-tu|qui t'a créé|as-tu des sentiments|que sais-tu faire"
        ),
        "time": sentences(
            "quelle heure est-il|il est quelle heure|quel jour sommes-nous|quelle est la date d'aujourd'hui"
        ),
        "weather": sentences(
            "quel temps fait-il|va-t-il pleuvoir demain|il pleut|il fait froid dehors|il fait trop chaud"
        ),
        "chat": sentences(
            "raconte-moi une blague|raconte une histoire|fais-moi rire|chante une chanson|"
            "tu aimes la musique|tu m'aimes|veux-tu m'épouser|quel est le sens de la vie|"
            "parlons d'autre chose|j'ai une question|puis-je te demander quelque chose|"
            "qu'en penses-tu|je teste|ceci est un test|je m'appelle Jean|j'habite dans un village|"
            "je viens d'Italie|ma mère me l'a dit|mon chien est malade|j'ai deux enfants"
        ),
        "world": sentences(
            "qui a gagné le match|qui est le président|quelle est la capitale de l'Espagne|"
            "mets de la musique|allume la lumière|recommande-moi un film|que cuisiner ce soir|"
            "comment faire un gâteau|traduis ça en anglais|combien font deux plus deux|"
            "où acheter des chaussures|comment aller à l'aéroport|qu'y a-t-il à la télé|"
            "lis-moi les nouvelles|mets un réveil à six heures|je dois aller chez le coiffeur|"
            "où est le supermarché le plus proche"
        ),
    },
)
