"""Spanish."""

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
    "cero uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciseis diecisiete dieciocho diecinueve veinte veintiuno|veintiun|veintiuna veintidos veintitres "
    "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
)
_HUNDREDS = (
    "doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas quinientos|quinientas "
    "seiscientos|seiscientas setecientos|setecientas ochocientos|ochocientas novecientos|novecientas"
)

LANGUAGE = Language(
    numbers=NumberWords(
        words=counted(_UNITS, 0)
        | counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)
        | counted("cien|ciento", 100)
        | counted(_HUNDREDS, 200, 100),
        scales={
            "mil": 1000,
            "millon": 10**6,
            "millones": 10**6,
            "billon": 10**12,
            "billones": 10**12,
            "docena": 12,
            "docenas": 12,
            "decena": 10,
        }
        | {"k": 1000, "mln": 10**6},
        fraction_join_re=r"y|con",
        abbreviations=frozenset(["mln"]),
        articles=frozenset({"un", "una", "uno"}),
        groups={"par": 2},
        fractions={
            "medio": 0.5,
            "media": 0.5,
            "mitad": 0.5,
            "cuarto": 0.25,
            "cuartos": 0.25,
            "tercio": 1 / 3,
            "tercios": 1 / 3,
            "quintos": 0.2,
            "sextos": 1 / 6,
            "octavos": 0.125,
            "decimos": 0.1,
        },
        and_half_re=r"y medi[oa]",
        half_a_re=r"medi[oa]",
        minus_re=r"(?<!al )(?<!lo )menos",
        joins=frozenset({"y"}),
        tens_join=True,
        ordinals=counted(
            "primero|primer|primera segundo|segunda tercero|tercer|tercera cuarto|cuarta quinto|quinta "
            "sexto|sexta "
            "septimo|septima octavo|octava noveno|novena decimo|decima"
        ),
        ordinal_end_re=r"º|ª|°|o|a|er|ro|do|da|ra",
        last_re=r"ultim[oa]",
        label_re=r"numero|opcion",
        picking_articles=phrases("el la lo los las"),
        picking=phrases(
            "el la lo los las quiero quisiera elijo escojo tomo prefiero por favor gracias si ok dame "
            "deme me quedo con para mi seria es yo"
        ),
        picked=phrases("opcion eleccion respuesta de ellas ellos esas esos"),
        decimal_re=r"coma|punto|con",
        before_decimal_re=r"es|son|unos|solo",
        either_re=r"o|u|entre|mejor|quiero decir|espera|perdon|mejor dicho",
        alternative_re=r"quizas?|tal vez|a lo mejor|o mejor|o incluso|como mucho|maximo|"
        r"o|u|a|al|y|hasta|o quizas",
        bound_re=r"a partir de|desde|"
        r"mas de|menos de|al menos|por lo menos|como (?:maximo|minimo|mucho)|hasta|a lo sumo"
        r"|maximo|minimo",
        limit_re=r"en cualquier momento (?:despues|antes|a partir)|como (?:muy )?(?:pronto|tarde)(?: el)?|"
        r"antes de(?:l| la| las)?|despues de(?:l| la| las)?|mas tarde de|pasad[oa]s",
        limit_after_re=r"como (?:muy )?(?:pronto|tarde|minimo|maximo)|o (?:despues|antes|mas tarde)",
        bound_after_re=r"o mas|o menos|como (?:maximo|minimo)|maximo|minimo|en adelante",
    ),
    dates=DateWords(
        months=counted(
            "enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago "
            "septiembre|setiembre|sept|sep octubre|oct noviembre|nov diciembre|dic"
        ),
        weekdays=counted("lunes martes miercoles jueves viernes sabado domingo", 0),
        relative_days={
            "pasado manana": 2,
            "(?<!la )(?<!pasado )(?<!esta )manana": 1,
            "hoy|esta (?:noche|tarde|manana)": 0,
            "anteayer|antes de ayer": -2,
            "(?<!de )ayer": -1,
        },
        holidays={"nochebuena": (12, 24), "navidad": (12, 25), "nochevieja": (12, 31), "ano nuevo": (1, 1)},
        next_re=r"(?:el |la )?proxim[oa]",
        next_after_re=r"proxim[oa]|que viene|siguiente",
        this_re=r"est[ea]",
        last_re=r"(?:el |la )?ultim[oa]",
        last_after_re=r"pasad[oa]",
        week_re=r"(?:la )?semana",
        weekend_re=r"(?:el )?fin de semana",
        month_re=r"(?:el )?mes",
        year_re=r"(?:el )?ano",
        of_re=r"de|del",
        the_re=r"el|el dia|dia",
        day_end_re=r"",
        end_of_month_re=r"(?:a )?fin(?:al)?(?:es)? de(?:l)? mes",
        ahead_re=r"en|dentro de",
        ahead_after_re=r"mas tarde|despues",
        ago_re=r"hace",
        weekday_of_re=r"de la",
        weekday_gap_re=r"el|dia|de",
        weekend_lead_re=r"este",
        since_re=r"desde(?: el)?",
        later_re=r"despues de(?:l| la)?|tras(?: el)?|desde(?: el)?",
        sooner_re=r"antes de(?:l| la)?",
        vague_re=r"(?:de )?(?:manana|hoy) en (?:ocho|quince)|(?:la )?semana del|(?:el )?penultimo \w+|"
        r"(?:o|u|y) (?:el|al) (?:dia )?(?:siguiente|despues)|(?:la )?(?:primera|segunda|ultima) "
        r"(?:semana|quincena)|(?:el )?(?:primer|ultimo) fin de semana de|"
        r"(?:a |el )?(?:final(?:es)?|fines?|principios?|inicios?|mediados) de (?:la "
        r"|el )?(?:semana|ano)(?: (?:que viene|proxim[oa]|pasad[oa]))?|(?:a )?(?:final(?:es)?"
        r"|principios?|inicios?|mediados) de(?:l)? (?:proximo mes|mes que viene|mes pasado|enero"
        r"|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)",
    ),
    times=TimeWords(
        at_re=r"a las?|sobre las?|hacia las?|desde las?|las?|hasta las?",
        has_re=r"durante|por|tengo|tenemos|hay",
        oclock_re=r"horas?|h|en punto",
        noon_re=r"mediodia",
        midnight_re=r"medianoche",
        now_re=r"ahora(?: mismo)?|ya mismo",
        clock={
            "{h} (?:y )?treinta": (30, 0),
            "{h} (?:y )?quince": (15, 0),
            "{h} (?:y )?cuarenta y cinco": (45, 0),
            "(?:a )?las? {h} y media": (30, 0),
            "(?:a )?las? {h} y cuarto": (15, 0),
            "(?:a )?las? {h} menos cuarto": (-15, 0),
            "(?:a )?las? {h} menos {m}": (0, -1),
            "(?:a )?las? {h} y {m}": (0, 1),
            "{h} y media": (30, 0),
            "{h} y cuarto": (15, 0),
            "{h} menos cuarto": (-15, 0),
        },
        day_parts={
            "(?:de|por) la manana": "morning",
            "(?:de|por) la tarde|esta tarde": "afternoon",
            "(?:de|por) la noche|esta noche": "evening",
            "de la madrugada": "night",
        },
        filler_re=r"a|las|la|el|de|por|en|sobre|para|del|t|y|dia",
        counted_re=r"eur|euros?|dolar(?:es)?|personas?|km|kg|anos?|dias?|minutos?|semanas?|mes(?:es)?"
        r"|por ?ciento|grados?|veces",
        range_re=r"de|entre|desde",
    ),
    units=UnitWords(
        seconds={
            "segundos?|seg|s": 1,
            "minutos?|mins?|m": 60,
            "horas?|hrs?|h": 3600,
            "cuartos? de hora": 900,
            "dias?|d": 86400,
            "semanas?": 604800,
            "quincenas?": 1296000,
            "mes(?:es)?": 2592000,
            "anos?": 31536000,
        },
        spans={
            r"semana y media": 907200,
            r"dia y medio": 129600,
            r"mes y medio": 3888000,
            r"ano y medio": 47304000,
            r"(?:un )?cuarto de hora": 900,
            r"(?:tres|3) cuartos de hora": 2700,
            r"hora y media": 5400,
            r"hora y cuarto": 4500,
        },
        and_re=r"y|con",
        percent_re=r"%|por ?ciento",
        degree_re=r"°|º|grados?",
        distances={
            "kilometros?|km": "kilometre",
            "centimetros?|cm": "centimetre",
            "milimetros?|mm": "millimetre",
            "metros?|m": "metre",
            "millas? nauticas?": "nautical mile",
            "millas?": "mile",
            "pies?": "foot",
            "pulgadas?": "inch",
        },
        money={
            "euros?": "EUR",
            "dolar(?:es)?": "USD",
            "libras?(?: esterlinas?)?": "GBP",
            "francos?(?: suizos?)?": "CHF",
            "yen(?:es)?": "JPY",
            "pesos?": "",
        },
        cents_re=r"centimos?|centavos?|cts?",
        ages={"anos?": "year", "mes(?:es)?": "month", "semanas?": "week", "dias?": "day"},
        old_re=r"de edad",
        i_am_re=r"tengo|edad:?|mi edad es|tiene",
    ),
    yes_no=YesNoWords(
        yes=phrases(
            "si s sip yes ok okay vale claro correcto exacto exactamente cierto verdad seguro "
            "perfecto bueno dale efectivamente afirmativo sipi okey supongo",
            "he dicho que si|ya dije que si|me temo que si|si que tengo|si tengo|"
            "seria genial|seria perfecto|claro que si|seguro que si|por desgracia si|eso si|"
            "por supuesto|desde luego|de acuerdo|claro que si|como no|por que no|porque no|con gusto|"
            "esta bien|asi es|eso es|sin problema|nada mal|no hay problema|creo que si|sin duda|"
            "no hay duda|me parece bien|supongo que si|eso creo|ya lo creo|por mi bien|esta perfecto|"
            "estoy de acuerdo|sin problemas|ningun problema|no cabe duda",
        ),
        no=phrases(
            "ninguno ninguna no n nop nunca jamas falso incorrecto tampoco negativo",
            "no del todo|no exactamente|no creo|no pienso|"
            "ya no|he dicho que no|ya dije que no|no tengo|me temo que no|no tengo ninguna|no tengo ninguno|"
            "ni de broma|ni loco|ni loca|que yo sepa no|no que yo sepa|seguro que no|"
            "desde luego que no|no hace falta|eso no|ni en suenos|por desgracia no|de eso nada|"
            "para nada|claro que no|en absoluto|de ninguna manera|ni hablar|no gracias|todavia no|"
            "aun no|ahora no|creo que no|por supuesto que no|mejor no|no quiero|supongo que no|"
            "no lo creo|que va|no esta bien|no es correcto|no estoy de acuerdo|no es cierto|"
            "no es verdad",
        ),
        begins_yes=phrases(
            "si sip claro vale ok",
            "por supuesto|de acuerdo|desde luego|por que no|como no|no hay problema|sin duda|"
            "no hay duda|no cabe duda|ya lo creo|ningun problema",
        ),
        begins_no=phrases(
            "no nop nunca jamas",
            "claro que no|por supuesto que|para nada",
        ),
        polite=phrases(
            "hmm mmm "
            "lamentablemente desgraciadamente sinceramente afortunadamente "
            "gracias por favor pues eh ah muchas",
        ),
        approval=phrases(
            "bien bueno correcto cierto verdad acuerdo perfecto ok vale exacto asi",
        ),
        approving=phrases(
            "creo sea vaya no esta estoy es eso me parece de muy del todo lo nada para mi que tampoco",
        ),
        unsure_re=r"(?:me )?da igual|mas o menos|ni fu ni fa|si y no|(?:tengo|hay) que (?:pensar|"
        r"preguntar|mirar|ver)\w*|ojala|"
        r"no (?:lo )?se(?=\s*(?:$|[.,;:!?]| (?:si|que|cual|cuando|nada|muy|todavia|aun|la|el"
        r"|decir|bien|exactamente)))|no (?:lo |la |me |le |te |se )*(?:sabria|sabemos|entiendo"
        r"|entendi|entendemos|comprendo|comprendi|recuerdo|acuerdo|decido|puedo (?:decir|decidir"
        r"|asegurar))|no (?:estoy |estamos )?(?:muy |del todo |tan )?segur[oa]s?"
        r"|no (?:lo )?(?:tengo|esta) (?:muy )?clar[oa]|ni (?:idea|se)|no (?:tengo"
        r"|tenemos) (?:ni )?(?:la menor |la mas minima )?idea|quizas?|tal vez|a lo mejor|depende"
        r"|puede (?:ser|que)|indecis[oa]",
    ),
    negation=Negation(
        negators=phrases("odio detesto no ni sin ningun ninguna ninguno tampoco nunca jamas"),
        light=phrases(
            "yo tu el ella usted nosotros ellos me te se nos le les lo la las los un una de del al a "
            "en por para con es esta son soy estoy ser estar puedo puede podemos pueden podria "
            "quise falta "
            "quiero quiere queremos querria quisiera deseo necesito tengo tiene tenemos hay va voy "
            "vamos ir venir vengo viene bien bueno buena muy gusta gustan sirve conviene funciona "
            "posible disponible libre nada realmente lamentablemente siento que si ya y o dia hora "
            "hacer hago tomar tomo comer beber pedir reservar gracias"
        ),
        joins=phrases("o y ni el la los las de a"),
        turns=phrases("pero sino mejor"),
        bounds=phrases("antes despues hasta mas menos desde"),
        harmless_re=r"no (?:solo|solamente|unicamente)|por que no|no hay (?:ningun )?problema"
        r"|sin (?:ningun )?problema|ningun problema|no esta mal|nada mal|no (?:te )?olvides?"
        r"|no olvidar|sin duda|no hay duda|no importa|no pasa nada|como no|o no|si no|no antes"
        r"|no es problema|no sin",
        except_re=r"evit\w+|a menos que(?: sea)?|a no ser que(?: sea)?|"
        r"excepto|salvo|menos(?= (?:el|la|los|las|lunes|martes|miercoles|jueves|viernes|sabado"
        r"|domingo|manana|hoy|a|al|en) ?)|a excepcion de|aparte de|en (?:vez|lugar) de"
        r"|todo menos|cualquier \w+ menos|todos? (?:los \w+ )?menos|cualquier(?:a)? menos"
        r"|que no sea",
        unfit_re=r"ausente|"
        r"de (?:vacaciones|viaje|permiso)|olvidalo|ni sonarlo|"
        r"esta (?:ya )?(?:llen[oa]|complet[oa])|ni hablar|descartad[oa]|"
        r"(?:muy|bastante) (?:tarde|temprano|pronto|lejos|caro)|no hay manera|mal dia|"
        r"imposible|(?:me )?viene mal|ocupad[oa]|cerrad[oa]"
        r"|demasiado (?:tarde|temprano|pronto|lejos|caro"
        r"|largo|corto|grande|pequeno)",
        unable=phrases(
            "puedo puede podemos pueden podia pude se entiendo "
            "recuerdo encuentro encontrar veo seguro segura creo logro consigo "
            "funciona funcionan llega llegado llego recibido recibi"
        ),
        wanting=phrases("quiero queremos quiere quisiera queria quise deseo falta"),
        subjects=phrases("yo he ha hemos han esta estan fue es son era tengo tiene"),
        lacking_re=r"no ten\w+|sin",
    ),
    cues=SentenceCues(
        ands=phrases("y e ademas", "y tambien|y luego"),
        greetings=phrases(
            "hola buenas saludos",
            "buenos dias|buenas tardes|buenas noches|que tal|como estas",
        ),
        farewells=phrases(
            "adios chao chau",
            "hasta luego|hasta manana|hasta pronto|nos vemos",
        ),
        what=phrases(
            "que cuando donde quien quienes cual cuales cuanto cuanta cuantos cuantas",
            "por que",
        ),
        how=phrases(
            "como",
        ),
        whether=phrases(
            "es son esta estan puede puedo puedes pueden hay tiene tienen tienes hace has ha debo",
        ),
        commands=phrases(
            "dame deme muestra muestrame dime digame cancela cancele reserva envia enviame para "
            "busca abre cierra ayuda ayudame cambia anade explica pon quita",
        ),
        polite=phrases(
            "por favor y bueno pues ok hola",
        ),
        prepositions=phrases("a con para por de en"),
    ),
    answers=AnswerWords(
        name_lead_re=r"soy (?:el|la)|(?:hola|si|buenas|buenos dias)|(?:mi|el|su)(?: (?:nombre|apellido))? "
        r"(?:nombre|apellido) es|mi nombre es|(?:me llamo|yo soy|soy)"
        r"|(?:es|este es|esta es|llameme|llamame|nombre:?)|(?:es )?para (?:mi (?:hijo|hija|"
        r"mujer|esposa|marido|esposo|madre|padre|amigo|amiga))?"
        r"|mi (?:hijo|hija|mujer|esposa|marido|esposo|madre|padre|amigo|amiga)|se llama",
        name_tail_re=r"por favor|gracias",
        particles=phrases("de del la las los y van von"),
        no_names=phrases(
            "da igual cansado cansada perdido perdida listo lista "
            "si no ok vale que quien por como cuando donde nada nadie nunca "
            "quizas ayuda parar cancelar yo tu el ella "
            "me mi nombre gracias hola perdon bien bueno"
        ),
        night_re=r"noches?",
        out_of_re=r"de|sobre|/",
        to_re=r"al?|hasta(?: las?)?|a las?",
        after_re=r"despues (?:de(?: las?)?|del)|a partir (?:de(?: las?)?|del)|desde(?: las?)?|"
        r"no antes de(?: las?)?",
        before_re=r"antes (?:de(?: las?)?|del)|hasta(?: las?)?|no despues de(?: las?)?",
        how_many_re=r"cuant[oa]s|con que frecuencia",
        none_re=r"ningun[oa]?(?: vez)?|ni un[oa](?: vez)?|en absoluto|nunca|nadie",
        days_a_week_re=r"(?:dias?|veces) (?:(?:a|por|de|en) la|por|a) semana",
        every_day_re=r"todos los dias|cada dia|a diario|diariamente|todos",
    ),
    corrections=CorrectionWords(
        clear_re=r"(?:si|vale|ok|no) pero(?: mejor)?|no esper[ae]|esper[ae] no|no no|quiero decir"
        r"|quise decir|queria decir|mejor dicho|o mejor|no mejor|me equivoque"
        r"|me he equivocado|correccion|cambi(?:a|e)(?:lo|la)? (?:a|por|al)"
        r"|he cambiado de (?:idea|opinion)|rectifico",
        setting_re=r"pon(?:ga|me)?(?: mejor)?|que sean?|digamos",
        no_re=r"no",
        hinting_re=r"mejor|en realidad|esper[ae]|de hecho|mas bien|perdon|perdona|perdone"
        r"|lo siento|uy|no(?=\s*[,.!])",
        opening_re=r"oh|ah|ay|eh|h+m+|bueno",
        being_re=r"es|era|seria|debe ser",
        relative_re=r"mas|menos|antes|despues|otr[oa]s?",
    ),
    function_words=phrases(
        "yo mi mis nos nuestro tu usted su el los las una unos del al con para por y o es son "
        "estoy tengo ha puedo puede quiero quisiera"
    ),
    synonyms=groups(
        """
        cancel anul suspend elimin|no puedo ir|dar de baja
        mover cambi aplaz pospon reprogram modific otra otro|otro dia|otra hora|mas tarde
        compr pedir pedid orden
        devol devuel reembols retorn|mi dinero
        perd perdi extravi|no encuentro
        rob hurt
        roto rota estrope averi defectuos danad|no funciona|no va
        problema error fallo incorrect mal
        rechaz deneg fall
        esper retras tard lent demor|todavia no|aun no
        lleg entreg envi recib
        rastre seguimiento estado donde|donde esta
        paquete envio pedido
        precio cuest coste tarifa cuanto
        descuento cupon oferta rebaja
        factura recibo
        pag abon
        dinero efectivo
        cuenta saldo
        retir sac cajero
        pin clave contrasena codigo
        movil telefono celular
        abierto abren abr horario hora
        cerr cierr
        direccion ubicacion donde|como llego
        cita reserv turno hora
        medico doctor
        enferm fiebre gripe tos
        dolor duele
        medicamento receta pastilla
        ayud ayuda
        persona humano agente operador alguien
        llam contact
        queja reclam
        hola buenas buenos
        vacaciones libre permiso
        sueldo salario nomina
        vuelo avion vol
        equipaje maleta
        coche carro auto
        hotel habitacion
        comer comida menu
        talla grande pequen
        disponible stock
        internet wifi conexion
        contrato suscripcion
        renov prorrog extend
        registr inscrib
        nino hijo hija
        perro gato mascota
        extranjero viaj
        doble dos
        desconocid fraude
        urgente rapido
        """
    ),
    small_talk={
        "fragments": sentences(
            "qué|cuándo|dónde|quién|por qué|cómo|cuál|aquí|ahí|allí|genial|bien|mal|mucho|muchos|"
            "un poco|unos pocos|algunos|la mayoría|nada|nada especial|algo|otra cosa|todo|todos|"
            "nadie|otra persona|de verdad|no mucho|quizás|tal vez|probablemente|nunca|siempre|"
            "a veces|a menudo|todos los días|una vez por semana|dos veces|el primero|el último|"
            "el otro|los dos|ambos|ninguno|ni idea|no sé|no lo sé|depende|más o menos|unos cincuenta|"
            "da igual|me da igual|cualquiera|ese|este|así|porque sí|y qué|y luego|y ahora qué|"
            "qué más|yo también|todavía no|más tarde|creo que sí|es complicado|no estoy seguro|"
            "no me acuerdo|se me olvidó|no me lo sé de memoria|no lo tengo aquí|se puede sin eso|"
            "no está ahí|no lo encuentro|no lo veo|no hay nada|como dije|ya lo dije|hazlo|sigue|"
            "siguiente|más|vale entonces"
        ),
        "repetition": sentences(
            "repite|puede repetirlo|otra vez por favor|qué has dicho|perdón|cómo dices|"
            "no he entendido|no entiendo|qué quieres decir|qué significa eso|explícalo|"
            "cuál era la pregunta|eh"
        ),
        "presence": sentences(
            "estás ahí|sigues ahí|hay alguien|hola hay alguien ahí|me oyes|por qué no respondes|"
            "por qué tarda tanto|respóndeme|me estás escuchando"
        ),
        "pauses": sentences(
            "déjame ver|déjame comprobarlo|déjame pensar|un momento|un momento por favor|un segundo|"
            "espera|espere por favor|tengo que mirarlo|tengo que pensarlo|ahora vuelvo|ya estoy aquí|"
            "lo estoy buscando|le pregunto a mi mujer|estoy ocupado"
        ),
        "complaints": sentences(
            "esto es estúpido|es ridículo|es una pérdida de tiempo|qué molesto|no tiene sentido|"
            "eso está mal|eso no es lo que pregunté|no quería decir eso|eso no me ayuda|eres inútil|"
            "eres tonto|no me entiendes|es una broma|hablas en serio|estoy enfadado|odio esto|"
            "esto es horrible|mierda|cállate|vete|déjame en paz|idiota|qué aburrido|"
            "demasiadas preguntas|por qué preguntas|para qué lo quiere saber|eso no es asunto suyo"
        ),
        "praise": sentences(
            "buen trabajo|muy bien|perfecto|maravilloso|qué rápido|eso ayudó|me gusta|me caes bien|"
            "te quiero|qué amable|eres gracioso|jaja|vaya|interesante|es bueno saberlo|ya veo|"
            "entendido|está claro"
        ),
        "greetings": sentences("hola|buenos días|buenas tardes|buenas noches|buenas|hola otra vez"),
        "farewells": sentences("adiós|hasta luego|hasta pronto|chao|que tengas un buen día|eso es todo"),
        "thanks": sentences("gracias|muchas gracias|mil gracias|gracias por la ayuda|de nada"),
        "wellbeing": sentences(
            "cómo estás|qué tal|cómo está usted|qué pasa|estoy bien|estoy cansado|me aburro|"
            "estoy triste|tengo hambre|mi día fue terrible"
        ),
        "identity": sentences(
            "quién eres|qué eres|eres un robot|eres humano|eres real|cómo te llamas|"
            "cuántos años tienes|dónde vives|quién te hizo|tienes sentimientos|qué sabes hacer"
        ),
        "time": sentences("qué hora es|qué día es hoy|a qué fecha estamos"),
        "weather": sentences(
            "qué tiempo hace|va a llover mañana|está lloviendo|hace frío fuera|hace mucho calor"
        ),
        "chat": sentences(
            "cuéntame un chiste|cuéntame una historia|hazme reír|canta una canción|"
            "te gusta la música|te gusto|quieres casarte conmigo|cuál es el sentido de la vida|"
            "hablemos de otra cosa|tengo una pregunta|puedo preguntarte algo|qué opinas de eso|"
            "solo estoy probando|esto es una prueba|me llamo Juan|vivo en un pueblo|soy de Italia|"
            "me lo dijo mi madre|mi perro está enfermo|tengo dos hijos"
        ),
        "world": sentences(
            "quién ganó el partido|quién es el presidente|cuál es la capital de Francia|pon música|"
            "enciende la luz|recomiéndame una película|qué cocino esta noche|cómo se hace un pastel|"
            "traduce esto al inglés|cuánto es dos más dos|dónde compro zapatos|"
            "cómo llego al aeropuerto|qué hay en la tele|léeme las noticias|"
            "pon una alarma a las seis|tengo que ir a la peluquería|"
            "dónde está el supermercado más cercano"
        ),
    },
)
