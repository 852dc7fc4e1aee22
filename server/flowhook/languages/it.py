"""Italian."""

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
    "zero uno|un|una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici "
    "quindici sedici diciassette diciotto diciannove"
)
_TENS = (
    "venti|vent trenta|trent quaranta|quarant cinquanta|cinquant sessanta|sessant settanta|settant "
    "ottanta|ottant novanta|novant"
)

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0) | counted(_TENS, 20, 10),
        scales={"cento": 100, "cent": 100, "mille": 1000, "mila": 1000, "milione": 10**6, "milioni": 10**6}
        | {
            "miliardo": 10**9,
            "miliardi": 10**9,
            "bilione": 10**12,
            "bilioni": 10**12,
            "dozzina": 12,
            "dozzine": 12,
            "decina": 10,
        }
        | {"k": 1000, "mln": 10**6, "mld": 10**9, "mrd": 10**9},
        fraction_join_re=r"e",
        abbreviations=frozenset(["mln", "mld", "mrd"]),
        articles=frozenset({"un", "uno", "una"}),
        groups={"paio": 2, "coppia": 2},
        fractions={
            "mezzo": 0.5,
            "mezza": 0.5,
            "meta": 0.5,
            "quarto": 0.25,
            "quarti": 0.25,
            "terzo": 1 / 3,
            "terzi": 1 / 3,
            "quinti": 0.2,
            "sesti": 1 / 6,
            "ottavi": 0.125,
            "decimi": 0.1,
        },
        and_half_re=r"e mezz[oa]",
        half_a_re=r"mezz['oa]|mezz'",
        minus_re=r"(?<!al )(?<!lo )meno",
        glued=True,
        ordinals=counted(
            "primo|prima secondo|seconda terzo|terza quarto|quarta quinto|quinta sesto|sesta "
            "settimo|settima "
            "ottavo|ottava nono|nona decimo|decima"
        ),
        ordinal_end_re=r"º|ª|°|o|a",
        last_re=r"ultim[oa]",
        label_re=r"numero|opzione",
        picking_articles=phrases("il lo la l i gli le"),
        picking=phrases(
            "il lo la l prendo vorrei voglio scelgo preferisco per favore piacere grazie si ok mi dia "
            "dammi io direi e"
        ),
        picked=phrases("opzione scelta risposta di quelle quelli"),
        decimal_re=r"virgola|punto",
        before_decimal_re=r"e|sono|circa|solo",
        either_re=r"o|oppure|tra|anzi|volevo dire|aspetta|piuttosto|scusa",
        alternative_re=r"forse|magari|o meglio|o anche|o magari|al massimo|massimo|"
        r"o|a|al|ai|agli|alle|ad|all'|e|oppure|fino a|fino al|o forse",
        bound_re=r"a partire da|"
        r"piu d'|meno d'|"
        r"piu di|meno di|almeno|al massimo|al minimo|fino a|oltre|massimo|minimo",
        limit_re=r"non prima di|al piu (?:presto|tardi)(?: il)?|in qualsiasi momento (?:dopo|prima|"
        r"dal|dalle)|"
        r"prima d(?:i|el|ella|elle|ell')|dopo(?! domani)|piu tardi di",
        limit_after_re=r"al piu (?:presto|tardi)|o (?:dopo|prima|piu tardi)",
        bound_after_re=r"o piu|o meno|al massimo|almeno|in su|massimo|minimo",
    ),
    dates=DateWords(
        months=counted(
            "gennaio|gen febbraio|feb marzo|mar aprile|apr maggio|mag giugno|giu luglio|lug agosto|ago "
            "settembre|set|sett ottobre|ott novembre|nov dicembre|dic"
        ),
        weekdays=counted("lunedi martedi mercoledi giovedi venerdi sabato domenica", 0),
        relative_days={
            "dopodomani|dopo domani": 2,
            "(?<!dopo )domani": 1,
            "oggi|stasera|stamattina|stanotte|questa sera|questo pomeriggio": 0,
            "l'altro ieri|ieri l'altro|altroieri": -2,
            "(?<!altro )ieri": -1,
        },
        holidays={
            "vigilia di natale": (12, 24),
            "natale": (12, 25),
            "capodanno": (1, 1),
            "ferragosto": (8, 15),
        },
        next_re=r"(?:il |la )?prossim[oa]",
        next_after_re=r"prossim[oa]|che viene",
        this_re=r"quest[oa]|quest'",
        last_re=r"(?:lo |la )?scors[oa]",
        last_after_re=r"scors[oa]|passat[oa]",
        week_re=r"(?:la )?settimana",
        weekend_re=r"(?:il )?(?:week-?end|fine settimana)",
        month_re=r"(?:il )?mese",
        year_re=r"(?:l')?anno",
        of_re=r"di|del|d'",
        the_re=r"il|l'|il giorno|giorno",
        day_end_re=r"",
        end_of_month_re=r"(?:a )?fine mese",
        ahead_re=r"tra|fra|entro|in",
        ahead_after_re=r"dopo|piu tardi",
        ago_after_re=r"fa",
        weekday_of_re=r"della",
        weekday_gap_re=r"il",
        later_re=r"dopo(?: il| la| l')?|da",
        sooner_re=r"prima d(?:i|el|ella|ell')",
        vague_re=r"(?:domani|oggi) a (?:otto|quindici)|(?:la )?settimana del|(?:il )?penultimo \w+|"
        r"(?:o|e) il giorno (?:dopo|seguente|successivo)|(?:la )?(?:prima|seconda|ultima) "
        r"(?:settimana|quindicina)|(?:il )?(?:primo|ultimo) (?:week-?end|fine settimana) di|"
        r"(?:alla |a )?(?:fine|inizio|meta)(?: del| della| dell'| di)? ?(?:la )?(?:settimana"
        r"|anno|mese)(?: (?:prossim[oa]|scors[oa]))(?!\w)|(?:fine|inizio|meta) (?:settimana|gennaio"
        r"|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre)",
    ),
    times=TimeWords(
        at_re=r"alle|all'|verso le|dalle|per le|le|entro le",
        has_re=r"durante|per|ho|abbiamo|ci sono",
        oclock_re=r"ore|h|in punto",
        noon_re=r"mezzogiorno",
        midnight_re=r"mezzanotte",
        now_re=r"adesso|ora|subito",
        clock={
            "{h} (?:e )?trenta": (30, 0),
            "{h} (?:e )?quindici": (15, 0),
            "{h} (?:e )?quarantacinque": (45, 0),
            "all' ?{h}": (0, 0),
            "{h} e mezz[oa]": (30, 0),
            "{h} e un quarto": (15, 0),
            "{h} e tre quarti": (45, 0),
            "{h} meno un quarto": (-15, 0),
            "(?:alle|le|all') {h} e {m}": (0, 1),
            "(?:alle|le|all') {h} meno {m}": (0, -1),
        },
        day_parts={
            "(?:di|del|la|al|questa )? ?mattin[oa]|stamattina": "morning",
            "(?:di|del|nel|questo )? ?pomeriggio": "afternoon",
            "(?:di|della|la|questa )? ?sera|stasera": "evening",
            "(?:di|della|la )? ?notte|stanotte": "night",
        },
        filler_re=r"alle|all'|le|il|la|di|del|verso|per|ore|t|e",
        counted_re=r"euro|dollar[oi]|person[ae]|km|kg|ann[oi]|giorn[oi]|minut[oi]|settiman[ae]"
        r"|mes[ei]|per ?cento|grad[oi]|volt[ae]",
        range_re=r"da|dalle|tra|fra",
    ),
    units=UnitWords(
        seconds={
            "second[oi]|sec|s": 1,
            "minut[oi]|min|m": 60,
            "or[ae]|h": 3600,
            "quart[oi] d'ora": 900,
            "giorn[oi]|gg|g": 86400,
            "settiman[ae]": 604800,
            "mes[ei]": 2592000,
            "ann[oi]": 31536000,
        },
        and_re=r"e",
        percent_re=r"%|per ?cento",
        degree_re=r"°|grad[oi]",
        distances={
            "chilometr[oi]|km": "kilometre",
            "centimetr[oi]|cm": "centimetre",
            "millimetr[oi]|mm": "millimetre",
            "metr[oi]|m": "metre",
            "migli[ao] marin[ei]": "nautical mile",
            "migli[ao]": "mile",
            "pied[ei]": "foot",
            "pollic[ei]": "inch",
        },
        money={
            "euro": "EUR",
            "dollar[oi]": "USD",
            "sterlin[ae]": "GBP",
            "franch?[oi](?: svizzer[oi])?": "CHF",
            "yen": "JPY",
        },
        cents_re=r"centesim[oi]|cents?|ct",
        ages={"ann[oi]": "year", "mes[ei]": "month", "settiman[ae]": "week", "giorn[oi]": "day"},
        i_am_re=r"ho|eta:?|la mia eta e|ha",
        spans={
            r"settimana e mezz[oa]": 907200,
            r"(?:una )?mezza giornata": 43200,
            r"(?:un )?quarto d'ora": 900,
            r"(?:tre|3) quarti d'ora": 2700,
            "mezz'?ora": 1800,
        },
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "sissi "
            "si s yes ok okay certo certamente esatto esattamente giusto corretto vero volentieri "
            "perfetto assolutamente sicuro ovviamente confermo d'accordo",
            "ho detto di si|temo di si|si ne ho|ne ho|"
            "ma certo|certo che si|ma si|penso di si|sarebbe perfetto|sarebbe bello|direi di si|eccome|"
            "va bene|perche no|come no|con piacere|di sicuro|certo che si|e giusto|non male|"
            "nessun problema|va benissimo|senza dubbio|nessun dubbio|non c'e dubbio|penso di si|"
            "credo di si|mi va bene|direi di si|suppongo di si|affare fatto|per me va bene|"
            "sono d'accordo",
        ),
        no=phrases(
            "non nessuno nessuna no n mai falso sbagliato neanche nemmeno macche",
            "non esattamente|non del tutto|non penso|"
            "non ne ho|non piu|ho detto di no|temo di no|non ce l'ho|non ho|"
            "non credo|non penso|credo proprio di no|ma no|ma certo che no|non che io sappia|"
            "che io sappia no|non serve|non occorre|neanche per idea|non proprio|mica tanto|"
            "figuriamoci|"
            "per niente|certo che no|assolutamente no|non ora|non ancora|non voglio|no grazie|"
            "meglio di no|credo di no|direi di no|per nulla|penso di no|non va bene|non direi|"
            "suppongo di no|neanche per sogno|non sono d'accordo|non e vero|non e giusto",
        ),
        begins_yes=phrases(
            "si certo ok d'accordo",
            "va bene|perche no|con piacere|nessun problema|senza dubbio|direi di si",
        ),
        begins_no=phrases(
            "no mai",
            "certo che no|assolutamente no|per niente|non voglio|non sono d'accordo|"
            "neanche per sogno|non direi",
        ),
        polite=phrases(
            "hmm mmm purtroppo sinceramente fortunatamente grazie prego mille eh ah per favore piacere",
            "per favore|per piacere",
        ),
        approval=phrases(
            "bene giusto corretto vero ok okay d'accordo accordo perfetto esatto buono",
        ),
        approving=phrases(
            "penso credo che sia vada "
            "non va e sono mi affatto per niente proprio molto cosi questo quello no tanto sta cio me",
        ),
        unsure_re=r"(?:mi )?e (?:uguale|indifferente)|fa lo stesso|piu o meno|cosi cosi|si e no|"
        r"(?:devo|dovrei|bisogna) (?:pensar\w*|chieder\w*|controllar\w*|veder\w*)|"
        r"non (?:lo |la |ne |mi |ci )*(?:so|saprei|capisco|ricordo|comprendo)|non (?:ho"
        r"|abbiamo) (?:\w+ )?(?:capito|idea|compreso|deciso)|non (?:\w+ ){0,2}?(?:sicur[oa]"
        r"|cert[oa])|nessuna idea|non ne ho idea|boh|bo|mah|forse|dipende|puo darsi|indecis[oa]",
    ),
    negation=Negation(
        negators=phrases(
            "niente odio detesto non senza nessun nessuna nessuno mai ne no nemmeno neanche neppure"
        ),
        light=phrases(
            "io tu lui lei noi voi loro mi ti ci vi si me te il lo la i gli le l un uno una di del "
            "della dei delle a al alla alle ai da dal in nel nella su per con e sono sei siamo "
            "essere ho hai ha abbiamo posso puo possiamo potrei riesco riesce voglio vuole vorrei "
            "vogliamo va vanno vado bene fare faccio prendere prendo venire vengo andare disponibile "
            "libero libera possibile molto tanto proprio davvero purtroppo piace piacciono serve "
            "giorno ora tempo grazie mangiare bere ordinare prenotare che se bisogno"
        ),
        joins=phrases("o e ne il la i le di"),
        turns=phrases("ma bensi invece piuttosto"),
        bounds=phrases("prima dopo fino piu meno entro"),
        harmless_re=r"non solo|non soltanto|perche no|come no|nessun problema|non c'e problema"
        r"|non e un problema|senza problemi|non male|non dimenticar\w*|non scordar\w*"
        r"|senza (?:alcun )?dubbio|o no|se no|non importa|non prima|non senza|no problem",
        except_re=r"evit\w+|a meno che(?: non)?(?: sia)?|"
        r"tranne|eccetto|salvo|a parte|ad eccezione d\w+|meno(?= (?:il|la|lunedi|martedi"
        r"|mercoledi|giovedi|venerdi|sabato|domenica) ?)|invece d\w+|al posto d\w+|fuorche"
        r"|tutto tranne|qualsiasi \w+ tranne",
        unfit_re=r"assente|"
        r"in (?:ferie|vacanza|viaggio|permesso)|lascia perdere|"
        r"e (?:gia )?(?:pien[oa]|al completo|complet[oa])|fuori discussione|e esclus[oa]|"
        r"(?:molto|abbastanza) (?:tardi|presto|lontano|caro)|"
        r"impossibile|occupat[oa]|impegnat[oa]|chius[oa]"
        r"|troppo (?:tardi|presto|lontano|caro|lungo|corto"
        r"|grande|piccolo)",
        unable=phrases(
            "posso puo possiamo potevo riesco riesce so "
            "capisco ricordo trovo trovare vedo sicuro sicura credo "
            "funziona funzionano arrivato arrivata ricevuto"
        ),
        wanting=phrases("voglio vogliamo vuole vorrei volevo"),
        subjects=phrases("io ho ha abbiamo hanno e sono stato stata era"),
        lacking_re=r"non (?:ho|abbiamo) (?:ancora |piu )?(?:un|una|il|la|l'|lo|i|le|gli|nessun\w*)",
    ),
    cues=SentenceCues(
        ands=phrases("e ed inoltre", "e anche|e poi"),
        greetings=phrases(
            "ciao salve buongiorno buonasera buondi",
            "buon giorno|buona sera|come stai|come va",
        ),
        farewells=phrases(
            "arrivederci addio",
            "a presto|buona notte|a domani|ci vediamo",
        ),
        what=phrases(
            "che cosa quando dove chi quale quali quanto quanta quanti quante perche cos'e",
            "che cosa",
        ),
        how=phrases(
            "come",
        ),
        whether=phrases(
            "e sono puo posso puoi potete c'e ci hai ha avete hanno devo",
        ),
        commands=phrases(
            "dammi mostra mostrami dimmi annulla prenota manda inviami ferma cerca apri chiudi "
            "aiuto aiutami cambia aggiungi spiega togli",
        ),
        polite=phrases(
            "per favore e allora ok ciao",
        ),
        prepositions=phrases("a da per su di con in"),
    ),
    answers=AnswerWords(
        name_lead_re=r"(?:ciao|salve|si|buongiorno)|(?:il mio|il|suo)(?: cog)? ?(?:nome|"
        r"cognome) e|(?:mi chiamo|io sono|sono)"
        r"|(?:questo e|questa e|chiamami|mi chiami|nome:?)|(?:e )?per (?:(?:mio|mia) "
        r"(?:figlio|figlia|moglie|marito|madre|padre|amico|amica))?"
        r"|(?:mio|mia) (?:figlio|figlia|moglie|marito|madre|padre|amico|amica)|si chiama",
        name_tail_re=r"per favore|grazie",
        particles=phrases("de del della di da lo la van von"),
        no_names=phrases(
            "fa stesso stanco stanca pronto pronta perso persa "
            "si no ok va che chi perche come quando dove niente nessuno mai "
            "forse aiuto stop annulla io tu lui lei mi mio "
            "nome grazie ciao salve scusa bene"
        ),
        night_re=r"nott[ei]",
        out_of_re=r"su|/",
        to_re=r"al?|alle|fino (?:al?|alle)",
        after_re=r"dopo(?: le)?|a partire (?:dal?|dalle)|dal?|dalle|non prima delle",
        before_re=r"prima (?:del?|delle)|entro(?: le)?|fino (?:al?|alle)",
        how_many_re=r"quant[ie]|quante volte",
        none_re=r"nessun[oa]?(?: volta)?|neanche un[oa](?: volta)?|per niente|mai",
        days_a_week_re=r"(?:giorni|volte) (?:(?:al)?la|a|per|della) settimana",
        every_day_re=r"tutti i giorni|ogni giorno|tutti",
    ),
    corrections=CorrectionWords(
        clear_re=r"(?:si|ok|va bene|no) ma(?: meglio| piuttosto)?|no (?:meglio|piuttosto)"
        r"|no aspett[ai]|aspett[ai] no|no no|volevo dire|voglio dire|intendevo|anzi"
        r"|no anzi|anzi no|o meglio|mi sono sbagliat[oa]|ho sbagliato|correzione"
        r"|cambi(?:a|alo|ala|i)? (?:in|a|con)|ho cambiato idea|rettifico",
        setting_re=r"facciamo|diciamo",
        no_re=r"no",
        hinting_re=r"piuttosto|meglio|in realta|aspett[ai]|invece|scus[ai]|mi scusi|ops|no(?=\s*[,.!])",
        opening_re=r"oh|ah|eh|ehm|h+m+|beh",
        being_re=r"e|era|sarebbe|deve essere",
        relative_re=r"piu|meno|prima|dopo(?! domani)|ancora|altr[ie]",
    ),
    function_words=phrases("io mio mia noi lei lo gli uno di da nel per e sono ho può posso vorrei voglio"),
    synonyms=groups(
        """
        annull cancell disdi revoc|non posso venire
        spost rimand cambi modific altr|altro giorno|altra ora|piu tardi
        compr acquist ordin
        rimbors restitu rend reso|soldi indietro
        pers perd smarri|non trovo
        rubat rub furto
        rott guast difett danneggi|non funziona|non va
        problema errore guasto sbagli
        rifiut respint fall
        aspett attes ritard lent|non ancora
        arriv consegn sped ricev
        tracc stato dove|dov e
        pacco spedizione ordine
        prezzo cost quanto tariffa
        sconto coupon buono
        fattura ricevuta
        pag vers bonifico
        soldi denaro contant
        conto saldo
        preliev bancomat ritir
        pin password codice
        cellulare telefono
        apert apr orari ora
        chius chiud
        indirizzo dove|come arrivo
        appuntament prenot
        medico dottor
        malat febbre influenza tosse
        dolore male
        farmac medicin ricetta
        persona umano operatore qualcuno
        chiam contatt
        ciao salve buongiorno
        ferie vacanza
        volo aereo
        bagagl valigia
        auto macchina
        hotel camera
        mangi menu
        tagli grande piccol
        internet wifi connession
        contratto abbonament
        rinnov prolung
        registr iscri
        bambin figli
        cane gatto animal
        estero viagg
        doppi due
        sconosciut frode
        urgent subito
        """
    ),
    small_talk={
        "fragments": sentences(
            "cosa|che|quando|dove|chi|perché|come|quale|qui|qua|lì|là|fantastico|bene|male|molto|"
            "molti|un po'|alcuni|la maggior parte|niente|niente di speciale|qualcosa|qualcos'altro|"
            "tutto|tutti|nessuno|qualcun altro|davvero|non proprio|forse|probabilmente|mai|sempre|"
            "a volte|spesso|ogni giorno|una volta alla settimana|due volte|il primo|l'ultimo|l'altro|"
            "tutti e due|entrambi|nessuno dei due|non ne ho idea|non lo so|non so|dipende|più o meno|"
            "non molto|circa cinquanta|non importa|per me è uguale|qualsiasi|quello|questo|così|"
            "perché sì|e allora|e poi|e adesso|cos'altro|anch'io|non ancora|più tardi|credo di sì|"
            "è complicato|non sono sicuro|non mi ricordo|l'ho dimenticato|non lo so a memoria|"
            "non ce l'ho qui|si può fare senza|non c'è scritto|non lo trovo|non lo vedo|"
            "non c'è niente|come ho detto|l'ho già detto|fallo|continua|avanti|ancora|va bene allora"
        ),
        "repetition": sentences(
            "ripeti|può ripetere|ancora una volta per favore|cosa hai detto|scusa cosa|come scusi|"
            "non ho capito|non capisco|cosa vuoi dire|cosa significa|spiegati|qual era la domanda|eh"
        ),
        "presence": sentences(
            "ci sei|sei ancora lì|c'è qualcuno|pronto|mi senti|perché non rispondi|"
            "perché ci vuole così tanto|rispondimi|mi stai ascoltando"
        ),
        "pauses": sentences(
            "fammi vedere|fammi controllare|fammi pensare|un momento|un attimo|un secondo|"
            "un attimo per favore|aspetta|aspetti|devo guardare|devo pensarci|torno subito|"
            "sono tornato|lo sto cercando|chiedo a mia moglie|sono occupato"
        ),
        "complaints": sentences(
            "è stupido|che stupidaggine|è ridicolo|è una perdita di tempo|che noia|che fastidio|"
            "non ha senso|è sbagliato|non è quello che ho chiesto|non intendevo questo|non mi aiuta|"
            "sei inutile|sei stupido|non mi capisci|è uno scherzo|sei serio|sono arrabbiato|"
            "odio tutto questo|è terribile|merda|stai zitto|vattene|lasciami in pace|idiota|"
            "troppe domande|perché lo chiedi|perché vuole saperlo|non sono affari suoi"
        ),
        "praise": sentences(
            "ottimo lavoro|bravo|benissimo|perfetto|meraviglioso|che veloce|è stato utile|mi piace|"
            "mi stai simpatico|ti amo|che gentile|sei divertente|ahah|wow|interessante|"
            "buono a sapersi|capisco|ho capito|chiaro"
        ),
        "greetings": sentences("ciao|salve|buongiorno|buonasera|buon pomeriggio|ciao di nuovo"),
        "farewells": sentences("arrivederci|a presto|a dopo|buonanotte|buona giornata|è tutto"),
        "thanks": sentences("grazie|grazie mille|molte grazie|grazie per l'aiuto|prego"),
        "wellbeing": sentences(
            "come stai|come va|come sta|che succede|sto bene|sono stanco|mi annoio|sono triste|"
            "ho fame|la mia giornata è stata terribile"
        ),
        "identity": sentences(
            "chi sei|cosa sei|sei un robot|sei umano|sei reale|come ti chiami|quanti anni hai|"
            "dove abiti|chi ti ha creato|hai sentimenti|cosa sai fare"
        ),
        "time": sentences("che ore sono|che ora è|che giorno è oggi|quanti ne abbiamo oggi"),
        "weather": sentences("che tempo fa|domani piove|sta piovendo|fa freddo fuori|fa troppo caldo"),
        "chat": sentences(
            "raccontami una barzelletta|raccontami una storia|fammi ridere|canta una canzone|"
            "ti piace la musica|ti piaccio|vuoi sposarmi|qual è il senso della vita|parliamo d'altro|"
            "ho una domanda|posso chiederti una cosa|cosa ne pensi|sto solo provando|"
            "questa è una prova|mi chiamo Giovanni|abito in un paese|vengo dalla Spagna|"
            "me l'ha detto mia madre|il mio cane sta male|ho due figli"
        ),
        "world": sentences(
            "chi ha vinto la partita|chi è il presidente|qual è la capitale della Francia|"
            "metti un po' di musica|accendi la luce|consigliami un film|cosa cucino stasera|"
            "come si fa una torta|traduci in inglese|quanto fa due più due|dove compro le scarpe|"
            "come arrivo all'aeroporto|cosa c'è in tv|leggimi le notizie|metti la sveglia alle sei|"
            "devo andare dal parrucchiere|dov'è il supermercato più vicino"
        ),
    },
)
